//! A forger: takes records in memory apart, changes them, and puts them together again as well as somebody
//! could who controls the store. Consistent forgeries are packed by the writer that packs real evidence.

use std::collections::BTreeMap;

use serde_json::Value;
use verify_core::canon::{self, CanonError};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::package::{
    Container, Inflater, MANIFEST, PackError, PackageWriter, PackedMember, SUMS, scan,
};
use verify_core::source::Overlay;

use super::evidence::Evidence;

/// Why an attack was not committed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// The evidence holds nothing that could be attacked in this way.
    #[error("{0}")]
    Absent(String),
    /// Nothing inside of the evidence shows it; one of these options would.
    #[error("needs {}: {why}", either(options))]
    Needs {
        /// What to give, the likeliest first.
        options: &'static [&'static str],
        /// Why, one sentence.
        why: &'static str,
    },
    /// The drill could not do what it set out to do.
    #[error("{0}")]
    Failed(String),
}

/// `a`, `a or b`, `a, b or c`.
#[must_use]
pub fn either(options: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = options.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

impl From<CanonError> for Obstacle {
    fn from(error: CanonError) -> Self {
        Self::Failed(format!("a forged document cannot be written: {error}"))
    }
}

impl From<PackError> for Obstacle {
    fn from(error: PackError) -> Self {
        Self::Failed(format!("a forged package cannot be written: {error}"))
    }
}

/// The value at a JSON pointer, or why the attack has nothing to change there.
pub(super) fn at<'v>(value: &'v mut Value, pointer: &str) -> Result<&'v mut Value, Obstacle> {
    value.pointer_mut(pointer).ok_or_else(|| Obstacle::Absent(format!("the document has no {pointer}")))
}

fn refused(evidence: &Evidence, index: usize, why: &str) -> Obstacle {
    let sequence = evidence.entries.get(index).map_or(0, |entry| entry.sequence);
    Obstacle::Absent(format!("record {sequence} cannot be attacked: {why}"))
}

/// One record, taken apart.
#[derive(Debug)]
pub(super) struct Record<'a> {
    /// Its manifest, as a tree: fields this program does not know are kept.
    pub(super) manifest: Value,
    /// Where its package goes.
    pub(super) package: Option<String>,
    /// Where its committed manifest goes.
    pub(super) commit: Option<String>,
    container: Option<Container<'a>>,
    /// Members with other bytes than in the container; `None` for a member that is left out.
    changed: BTreeMap<String, Option<Vec<u8>>>,
}

impl<'a> Record<'a> {
    /// Takes apart the record at `index` of the evidence.
    pub(super) fn open(evidence: &'a Evidence, index: usize) -> Result<Self, Obstacle> {
        let record = Self::open_for_links(evidence, index)?;
        if record.package.is_some() && record.container.is_none() {
            return Err(refused(evidence, index, "the container of its package is not accepted"));
        }
        Ok(record)
    }

    /// As [`Record::open`], but of a package that is damaged already only the commit is written again.
    pub(super) fn open_for_links(evidence: &'a Evidence, index: usize) -> Result<Self, Obstacle> {
        let gone = || Obstacle::Absent("the record is not there".to_owned());
        let entry = evidence.entries.get(index).ok_or_else(gone)?;
        let limits = &evidence.options.limits;
        let file = |name: &Option<String>| name.as_ref().and_then(|name| evidence.base.files.get(name));
        let container = file(&entry.package).and_then(|bytes| scan(bytes, limits).ok());
        let manifest = match (file(&entry.commit), container.as_ref().and_then(|it| it.member(MANIFEST))) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some(member)) => {
                let read = Inflater::new().read(member);
                read.map_err(|_| refused(evidence, index, "its manifest is damaged"))?.0
            }
            (None, None) => return Err(refused(evidence, index, "its manifest cannot be read")),
        };
        let manifest = canon::read(&manifest, limits)
            .map_err(|_| refused(evidence, index, "its manifest is not JSON"))?;
        let (package, commit) = (entry.package.clone(), entry.commit.clone());
        Ok(Self { manifest, package, commit, container, changed: BTreeMap::new() })
    }

    /// Every member but the manifest and the sums, by name.
    pub(super) fn members(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .container
            .iter()
            .flat_map(Container::members)
            .map(|member| member.name().as_str().to_owned())
            .filter(|name| name != MANIFEST && name != SUMS)
            .filter(|name| !self.changed.contains_key(name))
            .chain(self.changed.iter().filter(|(_, bytes)| bytes.is_some()).map(|(name, _)| name.clone()))
            .collect();
        names.sort_unstable();
        names
    }

    /// The bytes of a member as they stand now.
    pub(super) fn read(&self, name: &str) -> Result<Vec<u8>, Obstacle> {
        let absent = || Obstacle::Absent(format!("the package has no sound member {name}"));
        if let Some(bytes) = self.changed.get(name) {
            return bytes.clone().ok_or_else(absent);
        }
        let member = self.container.as_ref().and_then(|container| container.member(name));
        let (bytes, _) = Inflater::new().read(member.ok_or_else(absent)?).map_err(|_| absent())?;
        Ok(bytes)
    }

    /// A member as a JSON tree.
    pub(super) fn json(&self, name: &str) -> Result<Value, Obstacle> {
        canon::read(&self.read(name)?, &Limits::default())
            .map_err(|_| Obstacle::Absent(format!("{name} is not JSON")))
    }

    /// Gives a member these bytes.
    pub(super) fn put(&mut self, name: &str, bytes: Vec<u8>) {
        self.changed.insert(name.to_owned(), Some(bytes));
    }

    /// Gives a member this content, in canonical form.
    pub(super) fn put_json(&mut self, name: &str, value: &Value) -> Result<(), Obstacle> {
        self.put(name, canon::to_vec(value)?);
        Ok(())
    }

    /// Leaves a member out.
    pub(super) fn remove(&mut self, name: &str) {
        self.changed.insert(name.to_owned(), None);
    }

    /// Makes everything the manifest says of the members follow from them again: list, payload, rules, and
    /// for a changed snapshot counts and state, in the results too.
    pub(super) fn repair(&mut self) -> Result<(), Obstacle> {
        if self.changed.get("snapshot.json").is_some_and(Option::is_some) {
            self.repair_state()?;
        }
        let writer = self.writer()?;
        let below = |folder: &str| {
            let inside = writer.entries().filter(|entry| entry.path.starts_with(folder));
            canon::digest_map(inside.map(|entry| (entry.path.as_str(), entry.sha256))).to_string()
        };
        let payload = format!("{}.json", self.manifest.get("kind").and_then(Value::as_str).unwrap_or("none"));
        let payload = writer.entries().find(|entry| entry.path == payload).map(|entry| entry.sha256);
        let rules = ["policies", "schemas", "profile", "inputs"]
            .map(|folder| (format!("/{folder}_sha256"), below(&format!("{folder}/"))));
        let files = serde_json::to_value(writer.entries().collect::<Vec<_>>())
            .map_err(|error| Obstacle::Failed(format!("the list of members cannot be written: {error}")))?;
        for (pointer, digest) in rules {
            *at(&mut self.manifest, &pointer)? = digest.into();
        }
        if let Some(payload) = payload {
            *at(&mut self.manifest, "/payload_sha256")? = payload.to_string().into();
        }
        *at(&mut self.manifest, "/files")? = files;
        Ok(())
    }

    fn repair_state(&mut self) -> Result<(), Obstacle> {
        let snapshot = self.json("snapshot.json")?;
        let mut digests = BTreeMap::new();
        let resources = at(&mut self.manifest, "/resources")?.as_object_mut();
        for (name, record) in resources.into_iter().flatten() {
            // A manifest that contradicts itself would be refused for that alone (F-25).
            let Some(entities) = snapshot.get(name) else {
                *at(record, "/outcome")? = "partial".into();
                *at(record, "/reason")? = "the list broke off".into();
                *at(record, "/sha256")? = Value::Null;
                continue;
            };
            let digest = Digest::of(&canon::to_vec(entities)?);
            *at(record, "/outcome")? = "complete".into();
            *at(record, "/reason")? = Value::Null;
            *at(record, "/sha256")? = digest.to_string().into();
            *at(record, "/count")? = entities.as_array().map_or(0, Vec::len).into();
            digests.insert(name.clone(), digest);
        }
        let state = canon::digest_map(digests.iter().map(|(name, digest)| (name.as_str(), *digest)));
        *at(&mut self.manifest, "/state_sha256")? = state.to_string().into();
        if let Ok(mut results) = self.json("validation.json") {
            *at(&mut results, "/validation_results/current_hash")? = format!("sha256:{state}").into();
            self.put_json("validation.json", &results)?;
        }
        Ok(())
    }

    fn writer(&self) -> Result<PackageWriter, Obstacle> {
        let limits = Limits { expansion: u64::MAX, ..Limits::default() };
        let mut writer = PackageWriter::new(&limits);
        let listed: BTreeMap<&str, Digest> = self
            .manifest
            .get("files")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                Some((entry.get("path")?.as_str()?, entry.get("sha256")?.as_str()?.parse().ok()?))
            })
            .collect();
        for name in self.members() {
            let kept = self.container.as_ref().and_then(|container| container.member(&name));
            match (self.changed.get(&name), kept, listed.get(name.as_str())) {
                (None, Some(member), Some(sha256)) => writer.push(PackedMember::copied(member, *sha256))?,
                _ => writer.add(&name, &self.read(&name)?)?,
            }
        }
        Ok(writer)
    }

    /// Puts the record together as it is, whether it fits together or not, into the overlay. Returns the
    /// manifest's bytes.
    pub(super) fn write(&self, overlay: &mut Overlay<'_>) -> Result<Vec<u8>, Obstacle> {
        let manifest = canon::to_vec(&self.manifest)?;
        if let (Some(place), true) = (&self.package, self.container.is_some()) {
            overlay.put(place.clone(), self.pack(&manifest)?);
        }
        if let Some(place) = &self.commit {
            overlay.put(place.clone(), manifest.clone());
        }
        Ok(manifest)
    }

    /// The package with this manifest and the sums that belong to it.
    pub(super) fn pack(&self, manifest: &[u8]) -> Result<Vec<u8>, Obstacle> {
        let writer = self.writer()?;
        let sums = writer.sums(manifest);
        let mut package = Vec::new();
        writer.finish(manifest, &sums, &mut package)?;
        Ok(package)
    }
}
