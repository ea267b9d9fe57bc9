//! The containers of the double: blobs, their versions, and what keeps a version from being deleted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use md5::{Digest as _, Md5};

use super::Reply;

/// How a container is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    /// Versions, and policies on each of them.
    VersionLevel,
    /// As above, open to everybody and in a scope of its own.
    Public,
    /// Neither versions nor policies: the way a container is made if nobody says anything.
    Plain,
}

/// One version of a blob.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) bytes: Vec<u8>,
    /// What it answers to Get Blob Properties, besides.
    pub(crate) told: BTreeMap<&'static str, String>,
    pub(crate) deleted: bool,
}

impl Version {
    fn until(&self) -> Option<Timestamp> {
        date(self.told.get("x-ms-immutability-policy-until-date")?)
    }

    fn locked(&self) -> bool {
        self.told.get("x-ms-immutability-policy-mode").is_some_and(|mode| mode == "locked")
    }

    fn is_kept(&self) -> bool {
        let held = self.told.get("x-ms-legal-hold").is_some_and(|hold| hold == "true");
        held || self.until().is_some_and(|until| until > Timestamp::now())
    }
}

#[derive(Debug, Default)]
struct Blob {
    versions: Vec<Version>,
    /// Whether the newest version is the current one.
    current: bool,
    blocks: BTreeMap<String, Vec<u8>>,
}

/// A container.
#[derive(Debug)]
pub(crate) struct Container {
    setup: Setup,
    blobs: BTreeMap<String, Blob>,
    last: i128,
}

type Given<'a> = dyn Fn(&str) -> Option<&'a str> + 'a;
type Text<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

impl Container {
    pub(crate) fn new(setup: Setup) -> Self {
        Self { setup, blobs: BTreeMap::new(), last: 0 }
    }

    /// The versions under a name, first to last.
    pub(crate) fn versions(&self, key: &str) -> Vec<Version> {
        self.blobs.get(key).map(|blob| blob.versions.clone()).unwrap_or_default()
    }

    /// Every name and how many versions stand under it.
    pub(crate) fn names(&self) -> Vec<(String, usize)> {
        let held = self.blobs.iter().filter(|(_, blob)| !blob.versions.is_empty());
        held.map(|(name, blob)| (name.clone(), blob.versions.len())).collect()
    }

    /// Get Container Properties and List Blobs.
    pub(crate) fn whole(&self, method: &str, given: &Given<'_>) -> Reply {
        match (method, given("restype"), given("comp")) {
            ("GET", Some("container"), None) => {
                let versions = (self.setup != Setup::Plain).to_string();
                let mut headers = vec![("x-ms-immutable-storage-with-versioning-enabled", versions)];
                let scope = if self.setup == Setup::Public { "evidence" } else { "$account-encryption-key" };
                headers.push(("x-ms-default-encryption-scope", scope.to_owned()));
                headers
                    .push(("x-ms-deny-encryption-scope-override", (self.setup == Setup::Public).to_string()));
                if self.setup == Setup::Public {
                    headers.push(("x-ms-blob-public-access", "container".to_owned()));
                }
                Reply { status: 200, headers, body: Vec::new() }
            }
            ("GET", Some("container"), Some("list")) => self.list(given),
            _ => Reply::error(501, "NotImplemented"),
        }
    }

    fn list(&self, given: &Given<'_>) -> Reply {
        let (prefix, include) = (given("prefix").unwrap_or_default(), given("include").unwrap_or_default());
        let (versions, deleted) = (include.contains("versions"), include.contains("deleted"));
        let all = self.blobs.iter().filter(|(name, _)| name.starts_with(prefix)).flat_map(|(name, blob)| {
            let newest = blob.versions.len().saturating_sub(1);
            blob.versions
                .iter()
                .enumerate()
                .map(move |(at, version)| (name, version, blob.current && at == newest))
        });
        let shown: Vec<_> = all
            .filter(|(_, version, current)| (versions || *current) && (deleted || !version.deleted))
            .collect();
        let from: usize = given("marker").map_or(0, |marker| marker.parse().unwrap());
        let count: usize = given("maxresults").map_or(5_000, |count| count.parse().unwrap());
        let mut text =
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>".to_owned();
        for (name, version, current) in shown.iter().skip(from).take(count) {
            let name = name.replace('&', "&amp;").replace('<', "&lt;");
            let _ = write!(text, "<Blob><Name>{name}</Name>");
            if self.setup != Setup::Plain {
                let _ = write!(text, "<VersionId>{}</VersionId>", version.id);
            }
            let _ = write!(text, "<IsCurrentVersion>{current}</IsCurrentVersion>");
            if version.deleted {
                text.push_str("<Deleted>true</Deleted>");
            }
            let _ = write!(
                text,
                "<Properties><Content-Length>{}</Content-Length></Properties></Blob>",
                version.bytes.len()
            );
        }
        let next = if from + count < shown.len() { (from + count).to_string() } else { String::new() };
        let _ = write!(text, "</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>");
        Reply::plain(200, text)
    }

    /// Everything that names one blob.
    pub(crate) fn blob(
        &mut self,
        method: &str,
        key: &str,
        given: &Given<'_>,
        text: &Text<'_>,
        body: &[u8],
    ) -> Reply {
        match (method, given("comp")) {
            ("PUT", None) if text("x-ms-blob-type").as_deref() == Some("BlockBlob") => {
                self.put(key, body, body.to_vec(), text)
            }
            ("PUT", Some("block")) => {
                if let Err(reply) = intact(body, text) {
                    return reply;
                }
                let id = given("blockid").unwrap_or_default().to_owned();
                self.blobs.entry(key.to_owned()).or_default().blocks.insert(id, body.to_vec());
                Reply::plain(201, String::new())
            }
            ("PUT", Some("blocklist")) => {
                let list = String::from_utf8_lossy(body).into_owned();
                let held = self.blobs.entry(key.to_owned()).or_default();
                let ids = list.split("<Uncommitted>").skip(1).map(|rest| rest.split('<').next().unwrap());
                match ids.map(|id| held.blocks.get(id).cloned()).collect::<Option<Vec<_>>>() {
                    Some(blocks) => self.put(key, body, blocks.concat(), text),
                    None if held.current => Reply::error(409, "BlobAlreadyExists"),
                    None => Reply::error(400, "InvalidBlockList"),
                }
            }
            ("GET" | "HEAD", None) => self.get(key, given),
            ("DELETE", None) => self.delete(key, given),
            ("PUT" | "DELETE", Some("immutabilityPolicies")) => self.policy(method, key, given, text),
            ("PUT", Some("legalhold")) => self.hold(key, given, text),
            _ => Reply::error(501, "NotImplemented"),
        }
    }

    fn put(&mut self, key: &str, sent: &[u8], bytes: Vec<u8>, text: &Text<'_>) -> Reply {
        if let Err(reply) = intact(sent, text) {
            return reply;
        }
        let blob = self.blobs.entry(key.to_owned()).or_default();
        if blob.current && text("if-none-match").as_deref() == Some("*") {
            return Reply::error(409, "BlobAlreadyExists");
        }
        let mut told = BTreeMap::from([("x-ms-access-tier", "Hot".to_owned())]);
        for name in [
            "x-ms-access-tier",
            "x-ms-encryption-scope",
            "x-ms-legal-hold",
            "x-ms-meta-sha256",
            "x-ms-immutability-policy-mode",
            "x-ms-immutability-policy-until-date",
        ] {
            told.extend(text(name).map(|value| (name, value)));
        }
        if let Some(until) = told.get("x-ms-immutability-policy-until-date") {
            let later = date(until).is_some_and(|until| until > Timestamp::now());
            if self.setup == Setup::Plain || !later {
                return Reply::error(400, "InvalidHeaderValue");
            }
        }
        // Ids are times in steps of 100 ns, never the same twice.
        self.last = (Timestamp::now().as_nanosecond() / 100).max(self.last + 1);
        let time = Timestamp::from_nanosecond(self.last * 100).unwrap();
        let id = format!("{time:.7}");
        if self.setup == Setup::Plain {
            blob.versions.clear();
        }
        blob.versions.push(Version { id: id.clone(), bytes, told, deleted: false });
        blob.current = true;
        blob.blocks.clear();
        let headers = if self.setup == Setup::Plain { Vec::new() } else { vec![("x-ms-version-id", id)] };
        Reply { status: 201, headers, body: Vec::new() }
    }

    fn version(&mut self, key: &str, given: &Given<'_>) -> Option<&mut Version> {
        let blob = self.blobs.get_mut(key)?;
        match given("versionid") {
            Some(id) => blob.versions.iter_mut().find(|version| version.id == id && !version.deleted),
            None if blob.current => blob.versions.last_mut(),
            None => None,
        }
    }

    fn get(&mut self, key: &str, given: &Given<'_>) -> Reply {
        let plain = self.setup == Setup::Plain;
        let Some(version) = self.version(key, given) else { return Reply::error(404, "BlobNotFound") };
        let mut headers: Vec<_> = version.told.iter().map(|(name, value)| (*name, value.clone())).collect();
        headers.push(("content-length", version.bytes.len().to_string()));
        headers.push(("content-md5", STANDARD.encode(Md5::digest(&version.bytes))));
        if !plain {
            headers.push(("x-ms-version-id", version.id.clone()));
        }
        Reply { status: 200, headers, body: version.bytes.clone() }
    }

    fn delete(&mut self, key: &str, given: &Given<'_>) -> Reply {
        let by_version = given("versionid").is_some();
        let Some(version) = self.version(key, given) else { return Reply::error(404, "BlobNotFound") };
        if !by_version {
            // The blob is gone, and its current version becomes an earlier one.
            self.blobs.get_mut(key).unwrap().current = false;
            return Reply::plain(202, String::new());
        }
        if version.is_kept() {
            return Reply::error(409, "BlobImmutableDueToPolicy");
        }
        version.deleted = true;
        Reply::plain(202, String::new())
    }

    fn policy(&mut self, method: &str, key: &str, given: &Given<'_>, text: &Text<'_>) -> Reply {
        const NAMES: [&str; 2] = ["x-ms-immutability-policy-mode", "x-ms-immutability-policy-until-date"];
        let Some(version) = self.version(key, given) else { return Reply::error(404, "BlobNotFound") };
        if method == "DELETE" {
            if version.locked() {
                return Reply::error(409, "BlobImmutableDueToPolicy");
            }
            version.told.retain(|name, _| !NAMES.contains(name));
            return Reply::plain(200, String::new());
        }
        let [mode, until] = NAMES.map(|name| text(name).unwrap_or_default());
        let shorter = date(&until) < version.until();
        if version.locked() && (shorter || mode != "locked") {
            return Reply::error(409, "BlobImmutableDueToPolicy");
        }
        version.told.extend(NAMES.into_iter().zip([mode, until]));
        Reply::plain(200, String::new())
    }

    fn hold(&mut self, key: &str, given: &Given<'_>, text: &Text<'_>) -> Reply {
        let Some(version) = self.version(key, given) else { return Reply::error(404, "BlobNotFound") };
        version.told.insert("x-ms-legal-hold", text("x-ms-legal-hold").unwrap_or_default());
        Reply::plain(200, String::new())
    }
}

/// Refuses bytes that arrived as others.
fn intact(body: &[u8], text: &Text<'_>) -> Result<(), Reply> {
    match text("content-md5") {
        Some(md5) if md5 != STANDARD.encode(Md5::digest(body)) => Err(Reply::error(400, "Md5Mismatch")),
        _ => Ok(()),
    }
}
