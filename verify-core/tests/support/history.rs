//! Notes over a chain, key changes, and history rewritten by somebody who holds the key.

use std::collections::BTreeMap;

use serde_json::json;
use verify_core::checkpoint::{Checkpoint, InclusionProof, SignedNote, tree};
use verify_core::digest::Digest;
use verify_core::model::{Kind, Manifest};

use super::documents::{self, Documents};
use super::signing::{Signer, signed};
use super::{Chain, Link, origin, time, with_standard_records};

impl Chain {
    /// As [`Self::start`], signed from the genesis on by the key made from `seed`.
    pub(crate) fn start_signed(documents: Documents, subdomain: &str, sealed: &str, seed: u8) -> Self {
        Self::start_with(documents, subdomain, sealed, Some(Signer::log(&origin(subdomain), seed)))
    }

    /// The key becomes `new` with this record (F-128). The note over it bears both signatures, unless it is an
    /// emergency.
    pub(crate) fn change_key(&mut self, new: Signer, emergency: bool, sealed: &str) {
        let old = self.signer.take();
        let keys = (old.as_ref().map(|signer| signer.key.to_string()), new.key.to_string());
        let sequence = self.links.len();
        self.signer.clone_from(&old);
        self.seal_record(Kind::KeyChange, None, time(sealed), |_| {
            let change = json!({"old_key": keys.0, "new_key": keys.1, "first_sequence": sequence,
                "emergency": emergency, "approved_by": "ciso@example.com", "ticket": "CHG-9",
                "reason": "yearly change", "approved_utc": sealed});
            (json!({"key_change": change}), BTreeMap::new())
        });
        let signers: Vec<&Signer> = old.iter().filter(|_| !emergency).chain([&new]).collect();
        let note = signed(&self.checkpoint(self.links.len() as u64), &signers);
        self.notes.insert(self.links.len() as u64, note);
        self.signer = Some(new);
    }

    /// What pins the first `size` records.
    pub(crate) fn checkpoint(&self, size: u64) -> Checkpoint {
        let leaves = self.leaves();
        let root = tree::root(&leaves[..usize::try_from(size).unwrap()]).unwrap();
        Checkpoint { origin: self.links[0].manifest.origin.clone(), size, root }
    }

    /// The leaf hashes of all records.
    pub(crate) fn leaves(&self) -> Vec<Digest> {
        self.links.iter().map(Link::leaf).collect()
    }

    /// The proof that a record is in the tree of a note.
    pub(crate) fn proof(&self, sequence: u64, note: &SignedNote) -> InclusionProof {
        let leaves = self.leaves();
        let size = usize::try_from(note.checkpoint().size).unwrap();
        let hashes = tree::inclusion_proof(&leaves[..size], sequence).unwrap();
        InclusionProof { index: sequence, hashes, note: note.clone() }
    }

    /// Rewrites history from record `first` on with the right keys and perfect hashes: `change` edits each manifest
    /// before it is linked, sealed and signed again.
    pub(crate) fn rewrite_from(&mut self, first: usize, mut change: impl FnMut(&mut Manifest)) {
        let old: Vec<Link> = self.links.drain(first..).collect();
        self.notes.retain(|size, _| *size <= first as u64);
        for mut link in old {
            change(&mut link.manifest);
            link.manifest.chain_id = self.links.first().map(Link::digest);
            link.manifest.previous_manifest_sha256 = self.links.last().map(Link::digest);
            link.manifest.previous_snapshot_sha256 =
                self.previous_snapshot().map(|link| link.manifest.payload_sha256);
            if link.members.contains_key("checkpoint") {
                let note = &self.notes[&(self.links.len() as u64)];
                link.members.insert("checkpoint".to_owned(), note.to_bytes());
            }
            link.reseal();
            self.links.push(link);
            self.sign();
        }
    }

    /// Makes the note after the newest record, if the chain is signed.
    pub(crate) fn sign(&mut self) {
        let size = self.links.len() as u64;
        if let Some(signer) = &self.signer {
            let note = signed(&self.checkpoint(size), &[signer]);
            self.notes.insert(size, note);
        }
    }
}

/// As [`standard`], signed from the genesis on by the key made from `seed`.
pub(crate) fn standard_signed(seed: u8) -> Chain {
    let mut chain = Chain::start_signed(documents::usual(), "acme", "2026-05-01T00:00:00Z", seed);
    with_standard_records(&mut chain);
    chain
}
