//! Rewriting history: from one record to the end, every link is made to fit again, so that the chain holds in
//! itself. Hashing needs no secret; what still shows is shown by what the records say, or by what was kept
//! outside.

use serde_json::Value;
use verify_core::digest::Digest;
use verify_core::source::Overlay;

use super::evidence::Evidence;
use super::forge::{Obstacle, Record, at};

/// What the next record must name.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Links {
    genesis: Option<Digest>,
    manifest: Option<Digest>,
    snapshot: Option<Digest>,
}

impl Links {
    /// What the record at `index` must name.
    pub(super) fn before(evidence: &Evidence, index: usize) -> Result<Self, Obstacle> {
        let mut links = Self::default();
        for (place, entry) in evidence.entries.iter().take(index).enumerate() {
            links.genesis = links.genesis.or(Some(entry.sha256));
            links.manifest = Some(entry.sha256);
            if evidence.snapshots().any(|snapshot| snapshot == place) {
                let record = Record::open_for_links(evidence, place)?;
                links.snapshot = payload(&record.manifest).or(links.snapshot);
            }
        }
        Ok(links)
    }

    /// Makes the record name what stands before it.
    pub(super) fn set(&self, record: &mut Record<'_>) -> Result<(), Obstacle> {
        let shown = |digest: Option<Digest>| digest.map_or(Value::Null, |digest| digest.to_string().into());
        *at(&mut record.manifest, "/chain_id")? = shown(self.genesis);
        *at(&mut record.manifest, "/previous_manifest_sha256")? = shown(self.manifest);
        *at(&mut record.manifest, "/previous_snapshot_sha256")? = shown(self.snapshot);
        Ok(())
    }

    /// Moves on past a record with these manifest bytes.
    pub(super) fn pass(&mut self, record: &Record<'_>, manifest: &[u8]) {
        let digest = Digest::of(manifest);
        self.genesis = self.genesis.or(Some(digest));
        self.manifest = Some(digest);
        if record.manifest.get("kind").and_then(Value::as_str) == Some("snapshot") {
            self.snapshot = payload(&record.manifest);
        }
    }
}

fn payload(manifest: &Value) -> Option<Digest> {
    manifest.get("payload_sha256")?.as_str()?.parse().ok()
}

/// Replaces the record at `index` and makes every later link fit.
pub(super) fn rewrite<'a>(
    evidence: &'a Evidence,
    index: usize,
    record: Record<'a>,
) -> Result<Overlay<'a>, Obstacle> {
    let rest = (index + 1..evidence.entries.len()).map(|later| Record::open_for_links(evidence, later));
    let mut overlay = Overlay::new(&evidence.base);
    let links = Links::before(evidence, index)?;
    write_linked(std::iter::once(Ok(record)).chain(rest), links, &mut overlay)?;
    Ok(overlay)
}

/// Writes records one after the other, each linked to the one before.
pub(super) fn write_linked<'a>(
    records: impl Iterator<Item = Result<Record<'a>, Obstacle>>,
    mut links: Links,
    overlay: &mut Overlay<'_>,
) -> Result<(), Obstacle> {
    for record in records {
        let mut record = record?;
        links.set(&mut record)?;
        let manifest = record.write(overlay)?;
        links.pass(&record, &manifest);
    }
    Ok(())
}
