//! A small chain that keeps every rule of the format, to be tampered with.
//!
//! [`standard`] holds a genesis, three snapshots, an approval, a failure, and one day without any
//! record (2026-05-04). Records stay editable: change the manifest or the members, then call
//! [`Link::reseal`] for an honest package or [`Link::set_manifest`] for a forged one. A chain with a
//! [`Chain::signer`] makes a note after every record, which the next record carries (F-126, F-127);
//! [`Chain::rewrite_from`] rewrites history with all the right keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use verify_core::canon;
use verify_core::checkpoint::{SignedNote, tree};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::model::{Baseline, Kind, Manifest, Omission, Proof, Sequence, Tenant};
use verify_core::package::PackageWriter;
use verify_core::time::UtcTime;

use super::documents::{self, Documents};

#[allow(dead_code, reason = "each test crate that shares this file needs a part of it")]
mod history;
#[allow(dead_code, reason = "each test crate that shares this file needs a part of it")]
pub(crate) mod signing;

#[allow(unused_imports, reason = "each test crate that shares this file needs a part of it")]
pub(crate) use history::standard_signed;
use signing::Signer;

/// One record: its members, its manifest, and the two files they become.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) manifest: Manifest,
    /// Every member but the manifest and the sums.
    pub(crate) members: BTreeMap<String, Vec<u8>>,
    /// Place of the package relative to the root.
    pub(crate) place: String,
    /// The committed manifest.
    pub(crate) commit: Vec<u8>,
    /// The package.
    pub(crate) package: Vec<u8>,
}

impl Link {
    /// Makes manifest and package follow from the members again (F-33, F-34, F-36).
    pub(crate) fn reseal(&mut self) {
        let writer = self.writer();
        let under = |folder: &str| {
            let below = writer.entries().filter(|entry| entry.path.starts_with(folder));
            canon::digest_map(below.map(|entry| (entry.path.as_str(), entry.sha256)))
        };
        self.manifest.policies_sha256 = under("policies/");
        self.manifest.schemas_sha256 = under("schemas/");
        self.manifest.profile_sha256 = under("profile/");
        self.manifest.inputs_sha256 = under("inputs/");
        self.manifest.files = writer.entries().cloned().collect();
        let payload = self.manifest.kind.payload_member();
        self.manifest.payload_sha256 = Digest::of(&self.members[&payload]);
        let manifest = canon::to_vec_of(&self.manifest).unwrap();
        self.set_manifest(manifest);
    }

    /// Packs the members under these manifest bytes, whatever they say.
    pub(crate) fn set_manifest(&mut self, manifest: Vec<u8>) {
        let writer = self.writer();
        let sums = writer.sums(&manifest);
        self.package.clear();
        writer.finish(&manifest, &sums, &mut self.package).unwrap();
        self.commit = manifest;
    }

    /// Digest of the manifest.
    pub(crate) fn digest(&self) -> Digest {
        Digest::of(&self.commit)
    }

    /// Hash of the manifest as a leaf (F-120).
    pub(crate) fn leaf(&self) -> Digest {
        tree::leaf(&self.commit)
    }

    /// Name of the committed manifest below the root.
    pub(crate) fn commit_place(&self) -> String {
        format!("chain/{}", self.manifest.sequence.commit_name())
    }

    fn writer(&self) -> PackageWriter {
        let mut writer = PackageWriter::new(&Limits::default());
        for (path, bytes) in &self.members {
            writer.add(path, bytes).unwrap();
        }
        writer
    }
}

/// A chain under construction; its records in order.
#[derive(Clone)]
pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    /// What the next record is made from.
    pub(crate) documents: Documents,
    pub(crate) baseline: Option<Baseline>,
    /// The key in force; none in a chain that is not signed.
    pub(crate) signer: Option<Signer>,
    /// The notes made after the records, by size: `chain/<size - 1>.checkpoint`.
    pub(crate) notes: BTreeMap<u64, SignedNote>,
    /// The tokens over them, by size: `chain/<size - 1>.tsr`.
    pub(crate) tokens: BTreeMap<u64, Vec<u8>>,
    /// What the next record declares that it should have carried (F-129); forgotten once it is sealed.
    pub(crate) omissions: Vec<Proof>,
    tenant: Tenant,
}

impl Chain {
    /// Starts the chain of the tenant `subdomain`, whose records are made from `documents`.
    pub(crate) fn start(documents: Documents, subdomain: &str, sealed: &str) -> Self {
        Self::start_with(documents, subdomain, sealed, None)
    }

    fn start_with(documents: Documents, subdomain: &str, sealed: &str, signer: Option<Signer>) -> Self {
        let tenant = Tenant {
            platform: "reference".to_owned(),
            region: "eu-1".to_owned(),
            organization_id: format!("org-{subdomain}"),
            subdomain: subdomain.to_owned(),
        };
        let log_key = signer.as_ref().map(|signer| signer.key.to_string());
        let mut chain = Self {
            links: Vec::new(),
            documents,
            baseline: None,
            signer,
            notes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            omissions: Vec::new(),
            tenant,
        };
        chain.seal(Kind::Genesis, None, time(sealed), |manifest| {
            let payload = json!({"genesis": {
                "origin": manifest.origin, "tenant": manifest.tenant, "log_key": log_key, "approved_by": "ciso@example.com",
                "ticket": "CHG-1", "reason": "start of the audit period", "approved_utc": sealed,
                "rules": {
                    "policies_sha256": manifest.policies_sha256, "schemas_sha256": manifest.schemas_sha256,
                    "profile_sha256": manifest.profile_sha256,
                    "schedule_sha256": Digest::of(&canon::to_vec_of(&manifest.schedule).unwrap())
                },
                "schedule": manifest.schedule
            }});
            (payload, BTreeMap::new())
        });
        chain
    }

    /// The newest record.
    pub(crate) fn head(&self) -> &Link {
        self.links.last().unwrap()
    }

    /// A complete snapshot for `slot`.
    pub(crate) fn snapshot(&mut self, slot: &str) {
        let baseline = self.baseline.as_ref().map(|baseline| baseline.sequence.0);
        let previous = self.previous_snapshot().map(|link| link.manifest.sequence.0);
        let slot = time(slot);
        let documents = self.documents.clone();
        self.seal(Kind::Snapshot, Some(slot), slot.plus_seconds(360), |manifest| {
            let members = BTreeMap::from([
                ("validation.json".to_owned(), documents::bytes(&documents.validation(manifest))),
                ("drift.json".to_owned(), documents::bytes(&documents.drift(previous, baseline))),
                ("transcript.jsonl".to_owned(), documents.transcript(manifest.started_utc, 200)),
            ]);
            (documents.snapshot(manifest), members)
        });
    }

    /// A cycle that could not be collected.
    pub(crate) fn failure(&mut self, slot: &str) {
        let slot = time(slot);
        let documents = self.documents.clone();
        self.seal(Kind::Failure, Some(slot), slot.plus_seconds(360), |manifest| {
            let failure =
                json!({"stage": "extract", "code": "http_503", "message": "503 five times", "attempts": 5});
            let payload = json!({"extraction_metadata": documents::metadata(manifest), "failure": failure});
            let transcript = documents.transcript(manifest.started_utc, 503);
            (payload, BTreeMap::from([("transcript.jsonl".to_owned(), transcript)]))
        });
    }

    /// The snapshot with this sequence becomes the baseline.
    pub(crate) fn approve_baseline(&mut self, sequence: u64, sealed: &str) {
        let approved = self.links.iter().find(|link| link.manifest.sequence.0 == sequence).unwrap();
        let baseline = Baseline {
            collection_id: approved.manifest.collection_id.clone(),
            sequence: approved.manifest.sequence,
            state_sha256: approved.manifest.state_sha256.unwrap(),
            approval_sequence: self.head().manifest.sequence.next(),
        };
        let before = self.baseline.as_ref().map(|baseline| baseline.state_sha256);
        self.approval(sealed, "baseline", &json!(before), baseline.state_sha256, &json!({
            "collection_id": baseline.collection_id, "sequence": baseline.sequence, "state_sha256": baseline.state_sha256
        }));
        self.baseline = Some(baseline);
    }

    /// One policy file is changed, with an approval.
    pub(crate) fn approve_policy(&mut self, member: &str, content: &Value, sealed: &str) {
        let before = json!(self.head().manifest.policies_sha256);
        self.documents.rules.insert(member.to_owned(), documents::bytes(content));
        let policies = self.documents.rules.iter().filter(|(path, _)| path.starts_with("policies/"));
        let after = canon::digest_map(policies.map(|(path, bytes)| (path.as_str(), Digest::of(bytes))));
        self.approval(sealed, "policies", &before, after, &Value::Null);
    }

    /// A slot without record is explained.
    pub(crate) fn explanation(&mut self, slot: &str, sealed: &str) {
        let written_after = self.head().manifest.sequence;
        self.seal(Kind::Explanation, None, time(sealed), |_| {
            let explanation = json!({"scheduled_utc": slot, "explained_by": "ops@example.com", "ticket": "INC-7",
                "reason": "power cut", "written_after": written_after});
            (json!({"explanation": explanation}), BTreeMap::new())
        });
    }

    /// All files of an evidence root: `chain/` and `packages/`.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let commits = self.links.iter().map(|link| (link.commit_place(), link.commit.clone()));
        let packages = self.links.iter().map(|link| (link.place.clone(), link.package.clone()));
        let beside = |size: u64, ending: &str| format!("chain/{:010}.{ending}", size - 1);
        let notes = self.notes.iter().map(|(size, note)| (beside(*size, "checkpoint"), note.to_bytes()));
        let tokens = self.tokens.iter().map(|(size, token)| (beside(*size, "tsr"), token.clone()));
        commits.chain(packages).chain(notes).chain(tokens).collect()
    }

    fn approval(&mut self, sealed: &str, subject: &str, before: &Value, after: Digest, baseline: &Value) {
        self.seal(Kind::Approval, None, time(sealed), |_| {
            let approval = json!({"subject": subject, "approved_by": "ciso@example.com", "ticket": "CHG-2",
                "reason": "reviewed", "approved_utc": sealed, "before_sha256": before, "after_sha256": after,
                "baseline": baseline});
            (json!({"approval": approval}), BTreeMap::new())
        });
    }

    fn previous_snapshot(&self) -> Option<&Link> {
        self.links.iter().rev().find(|link| link.manifest.kind == Kind::Snapshot)
    }

    /// Appends a record; `documents` gives its payload and further members from the manifest so far.
    pub(crate) fn seal<F>(&mut self, kind: Kind, slot: Option<UtcTime>, sealed: UtcTime, documents: F)
    where
        F: FnOnce(&Manifest) -> (Value, BTreeMap<String, Vec<u8>>),
    {
        self.seal_record(kind, slot, sealed, documents);
        self.sign();
    }

    fn seal_record<F>(&mut self, kind: Kind, slot: Option<UtcTime>, sealed: UtcTime, documents: F)
    where
        F: FnOnce(&Manifest) -> (Value, BTreeMap<String, Vec<u8>>),
    {
        let mut manifest = self.draft(kind, slot, sealed);
        let reason = "out of reach".to_owned();
        manifest.omissions =
            self.omissions.drain(..).map(|proof| Omission { proof, reason: reason.clone() }).collect();
        let place = place(&manifest);
        let mut link = Link {
            manifest,
            members: self.documents.rules.clone(),
            place,
            commit: Vec::new(),
            package: Vec::new(),
        };
        link.members.insert("verify.py".to_owned(), self.documents.verify_py.clone());
        // The newest note there is: a note or token that is taken away before stays away.
        if let Some((size, note)) = self.notes.last_key_value() {
            link.members.insert("checkpoint".to_owned(), note.to_bytes());
            if let Some(token) = self.tokens.get(size) {
                link.members.insert("checkpoint.tsr".to_owned(), token.clone());
            }
        }
        // Once for the digests of the rules, which the payload of a genesis repeats, once for all.
        link.members.insert(kind.payload_member(), b"{}".to_vec());
        link.reseal();
        let (payload, members) = documents(&link.manifest);
        link.members.extend(members);
        link.members.insert(kind.payload_member(), documents::bytes(&payload));
        link.reseal();
        self.links.push(link);
    }

    /// The manifest without what follows from the members.
    fn draft(&self, kind: Kind, slot: Option<UtcTime>, sealed: UtcTime) -> Manifest {
        let started = slot.map_or(sealed, |slot| slot.plus_seconds(60));
        let finished = slot.map_or(sealed, |slot| slot.plus_seconds(300));
        let snapshot = kind == Kind::Snapshot;
        let sequence = Sequence(self.links.len() as u64);
        let id = collection_id(kind, slot.unwrap_or(sealed));
        let action = match kind {
            Kind::Genesis => "CHAIN_STARTED",
            Kind::Snapshot => "EVIDENCE_UPLOADED",
            Kind::Failure => "FAILURE_RECORDED",
            Kind::Approval => "APPROVAL_RECORDED",
            Kind::Explanation => "EXPLANATION_RECORDED",
            Kind::Exception => "EXCEPTION_RECORDED",
            Kind::KeyChange => "KEY_CHANGE_RECORDED",
            Kind::Revalidation => panic!("no revalidation is made here"),
        };
        let unset = Digest::of(b"");
        serde_json::from_value(json!({
            "manifest_version": "1.0", "kind": kind,
            "origin": origin(&self.tenant.subdomain),
            "collection_id": id, "collection_cycle": if slot.is_some() { "daily_0800" } else { kind.as_str() },
            "sequence": sequence, "chain_id": self.links.first().map(Link::digest), "tenant": self.tenant,
            "payload_path": "", "payload_sha256": unset,
            "previous_snapshot_sha256": self.previous_snapshot().map(|link| link.manifest.payload_sha256),
            "previous_manifest_sha256": self.links.last().map(Link::digest),
            "state_sha256": snapshot.then(|| self.documents.state_sha256()),
            "policies_sha256": unset, "schemas_sha256": unset, "profile_sha256": unset, "inputs_sha256": unset,
            "resources": if snapshot { self.documents.records() } else { json!({}) },
            "baseline": if snapshot { json!(self.baseline) } else { Value::Null },
            "files": [], "schedule": self.documents.schedule, "scheduled_utc": slot, "started_utc": started,
            "finished_utc": finished, "sealed_utc": sealed, "storage_class": null, "object_lock_mode": null,
            "retention_until": null, "encryption_key_id": null, "omissions": [],
            "audit_log_entry": {"action": action, "actor": "svc-evidence", "timestamp_utc": sealed},
            "tool": {"name": "collector", "version": "0.1.0", "source_revision": "unreleased", "policy_engine": "none"}
        }))
        .map(|mut manifest: Manifest| {
            manifest.payload_path = format!("{}#{}", place(&manifest), kind.payload_member());
            manifest
        })
        .unwrap()
    }
}

/// Genesis, three snapshots, an approval of the first, a failure, and 2026-05-04 without a record.
pub(crate) fn standard() -> Chain {
    let mut chain = Chain::start(documents::usual(), "acme", "2026-05-01T00:00:00Z");
    with_standard_records(&mut chain);
    chain
}

fn with_standard_records(chain: &mut Chain) {
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.approve_baseline(1, "2026-05-01T12:00:00Z");
    chain.snapshot("2026-05-02T08:00:00Z");
    chain.failure("2026-05-03T08:00:00Z");
    chain.snapshot("2026-05-05T08:00:00Z");
}

/// Writes files below `folder`, by their names relative to it.
pub(crate) fn write_files(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// The origin of a tenant's chain.
pub(crate) fn origin(subdomain: &str) -> String {
    format!("evidence.example.com/{subdomain}/production")
}

pub(crate) fn time(text: &str) -> UtcTime {
    text.parse().unwrap()
}

/// F-21.
fn collection_id(kind: Kind, moment: UtcTime) -> String {
    let name = if kind == Kind::Snapshot { "evidence" } else { kind.as_str() };
    let moment = moment.to_string();
    format!("{name}-{}-{}{}", &moment[..10], &moment[11..13], &moment[14..16])
}

/// F-20, with a nonce that only depends on the sequence.
fn place(manifest: &Manifest) -> String {
    let date = manifest.scheduled_utc.unwrap_or(manifest.sealed_utc).to_string()[..10].replace('-', "/");
    format!(
        "packages/{date}/{}-{}-{:08x}.zip",
        manifest.collection_id,
        manifest.sequence,
        manifest.sequence.0 + 0xa0
    )
}
