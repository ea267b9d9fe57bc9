//! A forger for tests: takes real evidence apart, changes it, and puts it together again as well as
//! somebody could who holds everything but the auditor's memory.

use std::collections::BTreeMap;

use collector::demo::runner::demo_key;
use collector::signing::{LocalSigner, Signer};
use verify_core::canon;
use verify_core::checkpoint::{Checkpoint, SignedNote, log_signature_line, tree};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{Kind, Manifest};
use verify_core::package::{Container, Inflater, MANIFEST, PackageWriter, SUMS, scan};
use verify_core::source::{Folder, Memory};

/// Evidence in memory, one entry per record, and the notes beside the chain by their file name.
#[derive(Clone)]
pub(crate) struct Forge {
    pub(crate) records: Vec<Record>,
    pub(crate) notes: BTreeMap<String, Vec<u8>>,
    /// Seed of the demo, from which its key follows: this forger holds the key too.
    seed: u64,
}

/// One record, taken apart.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) package_name: String,
    pub(crate) manifest: Manifest,
    /// Every member but the manifest and the sums.
    pub(crate) members: BTreeMap<String, Vec<u8>>,
}

impl Forge {
    /// Takes apart a folder that `collector` wrote.
    pub(crate) fn open(folder: &std::path::Path) -> Self {
        let memory = Memory::copy_of(&Folder::new(folder), 100_000, 1 << 30).unwrap();
        let mut records: Vec<Record> = memory
            .files
            .iter()
            .filter(|(name, _)| name.ends_with(".zip"))
            .map(|(name, bytes)| Record::open(name, bytes))
            .collect();
        records.sort_by_key(|record| record.manifest.sequence);
        let notes = memory.files.into_iter().filter(|(name, _)| name.ends_with(".checkpoint")).collect();
        let genesis: serde_json::Value = serde_json::from_slice(&records[0].members["genesis.json"]).unwrap();
        // Tests play the demo with small seeds, and one story with another.
        let fits = |seed: &u64| genesis["genesis"]["log_key"] == demo_key(*seed).unwrap().key().to_string();
        let seed = (0..100).chain([90_210]).find(fits).unwrap();
        Self { records, notes, seed }
    }

    /// The first snapshot whose collection id holds `text`.
    pub(crate) fn index_of(&self, text: &str) -> usize {
        let fits = |record: &Record| record.manifest.collection_id.as_str().contains(text);
        self.records.iter().position(fits).unwrap_or_else(|| panic!("no record named like {text}"))
    }

    /// Puts it together as it is: nothing is made to fit.
    pub(crate) fn as_is(&self) -> Memory {
        let mut memory = Memory { files: self.notes.clone() };
        for record in &self.records {
            let (manifest, package) = record.pack();
            memory.files.insert(format!("chain/{}", record.manifest.sequence.commit_name()), manifest);
            memory.files.insert(record.package_name.clone(), package);
        }
        memory
    }

    /// Rewrites history from record `first` on: every digest and every link follows from the members again, and
    /// every note is signed anew with the right key.
    pub(crate) fn rewrite_from(mut self, first: usize) -> Memory {
        let signer = LocalSigner::new(demo_key(self.seed).unwrap());
        let mut frontier = tree::Frontier::default();
        for record in &self.records[..first] {
            frontier.push(tree::leaf(&record.manifest_bytes()));
        }
        for index in first..self.records.len() {
            if self.records[index].members.contains_key("checkpoint") {
                let note = signed(&self.records[0], &frontier, &signer);
                self.records[index].members.insert("checkpoint".to_owned(), note);
            }
            let (before, rest) = self.records.split_at_mut(index);
            let record = &mut rest[0];
            record.rehash();
            record.manifest.previous_manifest_sha256 = before.last().map(|r| Digest::of(&r.manifest_bytes()));
            record.manifest.chain_id = before.first().map(|r| Digest::of(&r.manifest_bytes()));
            record.manifest.previous_snapshot_sha256 = before
                .iter()
                .rev()
                .find(|r| r.manifest.kind == Kind::Snapshot)
                .map(|r| r.manifest.payload_sha256);
            frontier.push(tree::leaf(&record.manifest_bytes()));
            let (name, note) =
                (format!("chain/{index:010}.checkpoint"), signed(&self.records[0], &frontier, &signer));
            self.notes.insert(name, note);
        }
        self.as_is()
    }
}

/// The signed note over the records in `frontier`.
fn signed(genesis: &Record, frontier: &tree::Frontier, signer: &LocalSigner) -> Vec<u8> {
    let origin = genesis.manifest.origin.clone();
    let (size, root) = (frontier.size(), frontier.root().unwrap());
    let mut note = SignedNote::new(&Checkpoint { origin, size, root });
    let signature = signer.sign(note.text().as_bytes()).unwrap();
    note.add(log_signature_line(signer.key(), signature));
    note.to_bytes()
}

impl Record {
    pub(crate) fn open(name: &str, bytes: &[u8]) -> Self {
        let container = scan(bytes, &Limits::default()).unwrap();
        let mut inflater = Inflater::new();
        let mut members: BTreeMap<String, Vec<u8>> = container
            .members()
            .iter()
            .map(|member| (member.name().as_str().to_owned(), inflater.read(member).unwrap().0))
            .collect();
        let manifest = serde_json::from_slice(&members.remove(MANIFEST).unwrap()).unwrap();
        members.remove(SUMS);
        Self { package_name: name.to_owned(), manifest, members }
    }

    pub(crate) fn manifest_bytes(&self) -> Vec<u8> {
        canon::to_vec_of(&self.manifest).unwrap()
    }

    /// One JSON member, changed in place and written back canonically.
    pub(crate) fn edit(&mut self, member: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let bytes = self.members.get_mut(member).unwrap_or_else(|| panic!("no member {member}"));
        let mut value = serde_json::from_slice(bytes).unwrap();
        change(&mut value);
        *bytes = canon::to_vec(&value).unwrap();
    }

    /// Makes list, payload, state and rule digests of the manifest follow from the members.
    pub(crate) fn rehash(&mut self) {
        let mut writer = PackageWriter::new(&Limits::default());
        for (path, bytes) in &self.members {
            writer.add(path, bytes).unwrap();
        }
        self.manifest.files = writer.entries().cloned().collect();
        let below = |folder: &str| {
            let entries = self.manifest.files.iter().filter(|entry| entry.path.starts_with(folder));
            canon::digest_map(entries.map(|entry| (entry.path.as_str(), entry.sha256)))
        };
        let (policies, schemas, profile, inputs) =
            (below("policies/"), below("schemas/"), below("profile/"), below("inputs/"));
        self.manifest.policies_sha256 = policies;
        self.manifest.schemas_sha256 = schemas;
        self.manifest.profile_sha256 = profile;
        self.manifest.inputs_sha256 = inputs;
        if let Some(payload) = self.members.get(&self.manifest.kind.payload_member()) {
            self.manifest.payload_sha256 = Digest::of(payload);
        }
        if self.manifest.kind == Kind::Snapshot {
            self.rehash_state();
        }
    }

    fn rehash_state(&mut self) {
        let snapshot: serde_json::Value = serde_json::from_slice(&self.members["snapshot.json"]).unwrap();
        let mut digests = Vec::new();
        for (name, record) in &mut self.manifest.resources {
            if let Some(resource) = snapshot.get(name.as_str()) {
                let digest = Digest::of(&canon::to_vec(resource).unwrap());
                record.sha256 = Some(digest);
                record.count = resource.as_array().map_or(0, |entities| entities.len() as u64);
                digests.push((name.as_str().to_owned(), digest));
            }
        }
        let state = canon::digest_map(digests.iter().map(|(name, digest)| (name.as_str(), *digest)));
        self.manifest.state_sha256 = Some(state);
        if self.members.contains_key("validation.json") {
            self.edit("validation.json", |value| {
                value["validation_results"]["current_hash"] = format!("sha256:{state}").into();
            });
            let mut writer = PackageWriter::new(&Limits::default());
            for (path, bytes) in &self.members {
                writer.add(path, bytes).unwrap();
            }
            self.manifest.files = writer.entries().cloned().collect();
        }
    }

    /// Manifest bytes and package of what stands here, whether it fits together or not.
    pub(crate) fn pack(&self) -> (Vec<u8>, Vec<u8>) {
        let manifest = self.manifest_bytes();
        let mut writer = PackageWriter::new(&Limits::default());
        for (path, bytes) in &self.members {
            writer.add(path, bytes).unwrap();
        }
        let sums = writer.sums(&manifest);
        let mut package = Vec::new();
        writer.finish(&manifest, &sums, &mut package).unwrap();
        (manifest, package)
    }
}

/// One member of a zip as raw parts: name, method, CRC-32, inflated size, stored bytes.
pub(crate) type RawMember = (String, u16, u32, u32, Vec<u8>);

/// The members of an accepted container as raw parts.
pub(crate) fn raw_members(bytes: &[u8]) -> Vec<RawMember> {
    let container: Container<'_> = scan(bytes, &Limits::default()).unwrap();
    container
        .members()
        .iter()
        .map(|member| {
            let name = member.name().as_str().to_owned();
            let method = if name == MANIFEST || name == SUMS { 0 } else { 8 };
            let size = u32::try_from(member.size()).unwrap();
            (name, method, member.crc32(), size, member.stored().to_vec())
        })
        .collect()
}

/// A zip with exactly these members in this order, with the format's header constants.
pub(crate) fn raw_zip(members: &[RawMember]) -> Vec<u8> {
    let mut zip = Vec::new();
    let mut directory = Vec::new();
    for (name, method, crc, size, stored) in members {
        let mut shared = Vec::new();
        for field in [20_u16, 0, *method, 0, 0x0021] {
            shared.extend(field.to_le_bytes());
        }
        for field in [*crc, u32::try_from(stored.len()).unwrap(), *size] {
            shared.extend(field.to_le_bytes());
        }
        shared.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        shared.extend(0_u16.to_le_bytes());
        let offset = u32::try_from(zip.len()).unwrap();
        zip.extend(0x0403_4b50_u32.to_le_bytes());
        zip.extend(&shared);
        zip.extend(name.as_bytes());
        zip.extend(stored);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(0x0314_u16.to_le_bytes());
        directory.extend(&shared);
        directory.extend([0_u8; 6]);
        directory.extend((0o100_644_u32 << 16).to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, length) = (u32::try_from(zip.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(members.len()).unwrap();
    zip.extend(&directory);
    zip.extend(0x0605_4b50_u32.to_le_bytes());
    zip.extend([0_u8; 4]);
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(length.to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0_u8; 2]);
    zip
}

/// Changes one field of a manifest to another value that still has its form.
pub(crate) fn change_field(manifest: &mut serde_json::Value, field: &str) {
    use serde_json::Value;
    let digest = Digest::of(b"another").to_string();
    let value = &mut manifest[field];
    *value = match (&*value, field) {
        (Value::String(text), _) if text.len() == 64 => digest.into(),
        (Value::String(text), _) if field.ends_with("_utc") => text.replace("05-06", "05-07").into(),
        (Value::String(text), "kind") => Value::from(if text == "snapshot" { "failure" } else { "snapshot" }),
        (Value::String(text), _) => format!("{text}x").into(),
        (Value::Number(number), _) => (number.as_u64().unwrap() + 1_000).into(),
        (Value::Null, "retention_until") => "2033-01-01T00:00:00Z".into(),
        (Value::Null, _) => "another".into(),
        (Value::Array(_), "omissions") => {
            serde_json::json!([{"proof": "timestamp", "reason": "out of reach"}])
        }
        (Value::Array(items), _) => items.iter().skip(1).cloned().collect(),
        (Value::Object(object), _) => {
            let mut object = object.clone();
            let first = object.keys().next().unwrap().clone();
            let mut inner = Value::Object(object.clone());
            change_field(&mut inner, &first);
            object.insert(first.clone(), inner[&first].clone());
            Value::Object(object)
        }
        (Value::Bool(flag), _) => (!flag).into(),
    };
}
