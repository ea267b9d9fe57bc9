//! Which other records a sample needs, so that its replays give the same results as in the whole chain.
//!
//! A snapshot is compared, per resource, with the nearest earlier snapshot in which that resource was
//! complete. Where a snapshot between the two is absent, nobody can say that it did not hold a nearer one:
//! so the snapshots between are needed as well.

use std::collections::{BTreeMap, BTreeSet};

use verify_core::digest::Digest;
use verify_core::model::{Kind, Manifest, Outcome, ResourceName};

/// The sample and everything it needs. `chain` holds the manifests from record 0 on.
pub(super) fn of(chain: &[Manifest], sampled: &BTreeSet<u64>) -> BTreeSet<u64> {
    let mut needed = sampled.clone();
    let mut latest: BTreeMap<&ResourceName, u64> = BTreeMap::new();
    for manifest in chain {
        let sequence = manifest.sequence.0;
        // Who may sign is told by the genesis and by every change of the key.
        if matches!(manifest.kind, Kind::Genesis | Kind::KeyChange) {
            needed.insert(sequence);
        }
        if manifest.kind != Kind::Snapshot {
            continue;
        }
        if sampled.contains(&sequence) {
            let first = compared_with(manifest, &latest);
            let earlier = || chain.iter().take_while(|earlier| earlier.sequence < manifest.sequence);
            let between = |earlier: &&Manifest| earlier.kind == Kind::Snapshot && earlier.sequence.0 >= first;
            needed.extend(earlier().filter(between).map(|earlier| earlier.sequence.0));
            if let Some(baseline) = &manifest.baseline {
                needed.extend([baseline.sequence.0, baseline.approval_sequence.0]);
            }
            needed
                .extend(earlier().filter(|earlier| earlier.kind == Kind::Exception).map(|it| it.sequence.0));
            needed.extend(rules_in_force(manifest, earlier));
        }
        for (name, record) in &manifest.resources {
            if record.outcome == Outcome::Complete {
                latest.insert(name, sequence);
            }
        }
    }
    needed
}

/// The first snapshot that the replay of `manifest` needs for its earlier states.
fn compared_with(manifest: &Manifest, latest: &BTreeMap<&ResourceName, u64>) -> u64 {
    let sides = manifest.resources.keys().map(|name| latest.get(name).copied());
    // A resource that never was complete needs every earlier snapshot to show just that.
    sides.map(|side| side.unwrap_or(0)).min().unwrap_or(manifest.sequence.0)
}

/// The records from which on the rules of `manifest` were in force: approvals, or the genesis.
fn rules_in_force<'a, I: Iterator<Item = &'a Manifest>>(
    manifest: &Manifest,
    earlier: impl Fn() -> I,
) -> BTreeSet<u64> {
    let rules: [fn(&Manifest) -> Digest; 3] =
        [|it| it.policies_sha256, |it| it.schemas_sha256, |it| it.profile_sha256];
    let since = |same: &dyn Fn(&Manifest) -> bool| {
        let mut first = None;
        for record in earlier() {
            first = if same(record) { first.or(Some(record)) } else { None };
        }
        first
            .filter(|record| matches!(record.kind, Kind::Approval | Kind::Genesis))
            .map(|record| record.sequence.0)
    };
    let mut found: BTreeSet<u64> =
        rules.iter().filter_map(|rule| since(&|record| rule(record) == rule(manifest))).collect();
    found.extend(since(&|record| record.schedule == manifest.schedule));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A manifest with the outcomes of `users` and `trunks`, as letters: c complete, d denied; empty: no snapshot.
    fn manifest(
        sequence: u64,
        kind: &str,
        outcomes: &str,
        rules: &str,
        baseline: Option<(u64, u64)>,
    ) -> Manifest {
        let digest = |text: &str| Digest::of(text.as_bytes());
        let outcome = |letter: char| if letter == 'c' { "complete" } else { "denied" };
        let resources: BTreeMap<&str, serde_json::Value> = ["users", "trunks"]
            .into_iter()
            .zip(outcomes.chars())
            .map(|(name, letter)| {
                let record = json!({"outcome": outcome(letter), "reason": null, "count": 1, "reported_total": null,
                    "pages": 1, "sha256": null, "schema": null});
                (name, record)
            })
            .collect();
        let baseline = baseline.map(|(sequence, approval)| {
            json!({"collection_id": "evidence-2026-05-01-0800", "sequence": sequence, "state_sha256": digest("b"),
                "approval_sequence": approval})
        });
        serde_json::from_value(json!({
            "manifest_version": "1.0", "kind": kind, "origin": "evidence.example.com/acme/production",
            "collection_id": "evidence-2026-05-01-0800", "collection_cycle": "daily", "sequence": sequence,
            "chain_id": digest("g"), "tenant": {"platform": "reference", "region": "eu", "organization_id": "o",
            "subdomain": "acme"}, "payload_path": "p", "payload_sha256": digest("p"),
            "previous_snapshot_sha256": null, "previous_manifest_sha256": null, "state_sha256": null,
            "policies_sha256": digest(rules), "schemas_sha256": digest("s"), "profile_sha256": digest("f"),
            "inputs_sha256": digest("i"), "resources": resources, "baseline": baseline, "files": [],
            "schedule": {"cron": "0 8 * * *", "timezone": "UTC", "tolerance_seconds": 14400},
            "scheduled_utc": null, "started_utc": "2026-05-01T08:00:00Z", "finished_utc": "2026-05-01T08:00:00Z",
            "sealed_utc": "2026-05-01T08:00:00Z", "storage_class": null, "object_lock_mode": null,
            "retention_until": null, "encryption_key_id": null, "omissions": [],
            "audit_log_entry": {"action": "a", "actor": "b", "timestamp_utc": "2026-05-01T08:00:00Z"},
            "tool": {"name": "collector", "version": "0", "source_revision": "r", "policy_engine": "e"}
        }))
        .unwrap()
    }

    fn chain() -> Vec<Manifest> {
        vec![
            manifest(0, "genesis", "", "one", None),
            manifest(1, "snapshot", "cc", "one", None),
            manifest(2, "approval", "", "one", None),
            manifest(3, "snapshot", "cc", "one", Some((1, 2))),
            manifest(4, "exception", "", "one", None),
            manifest(5, "snapshot", "cd", "one", Some((1, 2))),
            manifest(6, "approval", "", "two", None),
            manifest(7, "snapshot", "cd", "two", Some((1, 2))),
            manifest(8, "key_change", "", "two", None),
            manifest(9, "snapshot", "cc", "two", Some((1, 2))),
        ]
    }

    fn needed(sampled: &[u64]) -> Vec<u64> {
        of(&chain(), &sampled.iter().copied().collect()).into_iter().collect()
    }

    #[test]
    fn earlier_states_baseline_rules_exceptions_and_keys_are_needed() {
        // Genesis and key change always; trunks were last complete in 3, so the snapshot between is needed, too.
        assert_eq!(needed(&[7]), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(needed(&[3]), [0, 1, 2, 3, 8]);
        assert_eq!(needed(&[1]), [0, 1, 8]);
        assert_eq!(needed(&[4]), [0, 4, 8]);
    }

    #[test]
    fn a_resource_that_never_was_complete_needs_every_earlier_snapshot() {
        let mut chain = chain();
        for manifest in &mut chain {
            manifest.resources.values_mut().for_each(|record| record.outcome = Outcome::Denied);
        }
        let needed: Vec<_> = of(&chain, &BTreeSet::from([5])).into_iter().collect();
        assert_eq!(needed, [0, 1, 2, 3, 4, 5, 8]);
    }
}
