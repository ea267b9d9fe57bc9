//! What holds between records: sequence, links, identity, times, and the head kept outside.

use std::collections::BTreeMap;

use super::assemble::{Plan, missing_sequences};
use super::tally::Tally;
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::model::Kind;

/// A record the auditor kept from outside: sequence and manifest digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRecord {
    /// Its sequence.
    pub sequence: u64,
    /// SHA-256 of its manifest.
    pub manifest_sha256: Digest,
}

/// Checks everything that needs only the manifests. `partial` says why nothing may be called absent.
pub(super) fn check_links(plans: &[Plan], partial: Option<&str>, tally: &mut Tally) {
    let Some(first) = plans.first() else {
        let message = "the source holds no record";
        tally.fail(Finding::new(Code::ChainEmpty, Place::default(), "at least one record", "none", message));
        return;
    };
    tally.pass(Code::ChainEmpty);
    check_genesis(first, partial, tally);
    check_gaps(plans, partial, tally);
    let by_digest: BTreeMap<Digest, u64> = plans.iter().map(|plan| (plan.sha256, plan.sequence())).collect();
    let mut before: Option<&Plan> = None;
    let mut snapshot: Option<&Plan> = None;
    let mut gap_since_snapshot = false;
    for plan in plans {
        let manifest = &plan.manifest;
        gap_since_snapshot |=
            before.map_or(plan.sequence() > 0, |before| before.sequence() + 1 != plan.sequence());
        check_link(plan, before, &by_digest, tally);
        if gap_since_snapshot {
            tally.skip(Code::ChainLink, "the nearest earlier snapshot may be among the missing records");
        } else {
            check_snapshot_link(plan, snapshot, tally);
        }
        check_identity(plan, first, tally);
        check_times(plan, before, tally);
        if manifest.kind == Kind::Snapshot {
            snapshot = Some(plan);
            gap_since_snapshot = false;
        }
        before = Some(plan);
    }
}

/// One package alone says nothing about its neighbours.
pub(super) fn skip_links(tally: &mut Tally) {
    for code in [
        Code::ChainGenesis,
        Code::ChainGap,
        Code::ChainLink,
        Code::ChainTime,
        Code::ChainOrigin,
        Code::ChainId,
    ] {
        tally.skip(code, "one package alone is not held against its neighbours");
    }
}

fn check_genesis(first: &Plan, partial: Option<&str>, tally: &mut Tally) {
    if let Some(reason) = partial.filter(|_| first.sequence() != 0) {
        tally.skip(Code::ChainGenesis, reason);
        return;
    }
    let message = "the chain does not start at its genesis";
    tally.equal(Code::ChainGenesis, &first.place(), &0, &first.sequence(), message);
}

fn check_gaps(plans: &[Plan], partial: Option<&str>, tally: &mut Tally) {
    let missing = missing_sequences(plans);
    if let Some(reason) = partial.filter(|_| !missing.is_empty()) {
        tally.skip(Code::ChainGap, reason);
        return;
    }
    let findings = missing
        .iter()
        .map(|range| {
            let place = Place { sequence: Some(*range.start()), ..Place::default() };
            let (expected, message) = if range.start() == range.end() {
                (format!("record {}", range.start()), "a record is missing")
            } else {
                (format!("records {} to {}", range.start(), range.end()), "records are missing")
            };
            Finding::new(Code::ChainGap, place, expected, "none", message)
        })
        .collect();
    tally.all(Code::ChainGap, findings);
}

fn shown(digest: Option<Digest>) -> String {
    digest.map_or_else(|| "null".to_owned(), |digest| digest.to_string())
}

/// The record names the one before it. If it names another record of this chain, its number is wrong.
fn check_link(plan: &Plan, before: Option<&Plan>, by_digest: &BTreeMap<Digest, u64>, tally: &mut Tally) {
    let sequence = plan.sequence();
    let named = plan.manifest.previous_manifest_sha256.and_then(|named| by_digest.get(&named));
    if let Some(other) = named.filter(|named| named.checked_add(1) != Some(sequence)) {
        let place = Place { pointer: Some("/previous_manifest_sha256".to_owned()), ..plan.place() };
        let (expected, found) = (format!("record {}", sequence.saturating_sub(1)), format!("record {other}"));
        let message = "the record follows another one than its own number says";
        tally.fail(Finding::new(Code::ChainSeq, place, expected, found, message));
        return;
    }
    tally.pass(Code::ChainSeq);
    let adjacent = before.filter(|before| before.sequence() + 1 == sequence);
    if sequence > 0 && adjacent.is_none() {
        tally.skip(Code::ChainLink, "the record before it is missing");
        return;
    }
    let mut place = plan.place();
    place.pointer = Some("/previous_manifest_sha256".to_owned());
    let (expected, found) = (adjacent.map(|plan| plan.sha256), plan.manifest.previous_manifest_sha256);
    let message = "the record does not name the manifest before it";
    tally.equal(Code::ChainLink, &place, &shown(expected), &shown(found), message);
}

fn check_snapshot_link(plan: &Plan, snapshot: Option<&Plan>, tally: &mut Tally) {
    let place = Place { pointer: Some("/previous_snapshot_sha256".to_owned()), ..plan.place() };
    let expected = snapshot.map(|snapshot| snapshot.manifest.payload_sha256);
    let message = "the record does not name the payload of the nearest earlier snapshot";
    tally.equal(
        Code::ChainLink,
        &place,
        &shown(expected),
        &shown(plan.manifest.previous_snapshot_sha256),
        message,
    );
}

fn check_identity(plan: &Plan, first: &Plan, tally: &mut Tally) {
    let place = plan.place();
    let message = "the origin is not that of the chain";
    tally.equal(Code::ChainOrigin, &place, &first.manifest.origin, &plan.manifest.origin, message);
    let tenant = |plan: &Plan| {
        let tenant = &plan.manifest.tenant;
        format!("{} {} {} {}", tenant.platform, tenant.region, tenant.organization_id, tenant.subdomain)
    };
    let message = "the tenant is not that of the chain";
    tally.equal(Code::ChainOrigin, &place, &tenant(first), &tenant(plan), message);
    let chain = if first.sequence() == 0 { Some(first.sha256) } else { first.manifest.chain_id };
    let expected = if plan.sequence() == 0 { None } else { chain };
    let message = "the chain id is not the digest of the genesis";
    tally.equal(Code::ChainId, &place, &shown(expected), &shown(plan.manifest.chain_id), message);
}

fn check_times(plan: &Plan, before: Option<&Plan>, tally: &mut Tally) {
    let manifest = &plan.manifest;
    let mut steps = vec![
        ("started_utc", manifest.started_utc),
        ("finished_utc", manifest.finished_utc),
        ("sealed_utc", manifest.sealed_utc),
    ];
    if let Some(slot) = manifest.scheduled_utc {
        steps.insert(0, ("scheduled_utc", slot));
    }
    let mut findings = Vec::new();
    let mut fail = |field: &str, expected: String, found: String, message: &str| {
        let place = Place { pointer: Some(format!("/{field}")), ..plan.place() };
        findings.push(Finding::new(Code::ChainTime, place, expected, found, message));
    };
    for pair in steps.windows(2) {
        if let [(early, at), (late, then)] = pair
            && then < at
        {
            fail(
                late,
                format!("{at} ({early}) or later"),
                then.to_string(),
                "times of a record run backwards",
            );
        }
    }
    let collects = matches!(manifest.kind, Kind::Snapshot | Kind::Failure);
    if !collects && manifest.started_utc != manifest.finished_utc {
        let (expected, found) = (manifest.started_utc.to_string(), manifest.finished_utc.to_string());
        fail("finished_utc", expected, found, "a record without collection has two times");
    }
    if let Some(before) = before.filter(|before| manifest.sealed_utc < before.manifest.sealed_utc) {
        let expected =
            format!("{} (sealing of record {}) or later", before.manifest.sealed_utc, before.sequence());
        fail("sealed_utc", expected, manifest.sealed_utc.to_string(), "sealed before the record it follows");
    }
    if manifest.audit_log_entry.timestamp_utc != manifest.sealed_utc {
        let expected = manifest.sealed_utc.to_string();
        let found = manifest.audit_log_entry.timestamp_utc.to_string();
        fail(
            "audit_log_entry/timestamp_utc",
            expected,
            found,
            "the upload is logged at another time than the sealing",
        );
    }
    tally.all(Code::ChainTime, findings);
}

/// Holds the chain against a record kept from outside.
pub(super) fn check_known_record(
    plans: &[Plan],
    known: Option<KnownRecord>,
    partial: Option<&str>,
    tally: &mut Tally,
) {
    let Some(known) = known else {
        tally.skip(Code::AnchorHead, "no record kept from outside was given (--head)");
        tally.skip(Code::ChainTruncated, "no record kept from outside was given (--head)");
        return;
    };
    let newest = plans.last().map(Plan::sequence);
    let place = Place { sequence: Some(known.sequence), ..Place::default() };
    match plans.iter().find(|plan| plan.sequence() == known.sequence) {
        Some(plan) => {
            let message = "the record kept from outside is not the one in this chain";
            tally.equal(Code::AnchorHead, &plan.place(), &known.manifest_sha256, &plan.sha256, message);
            tally.pass(Code::ChainTruncated);
        }
        None if partial.is_some() => {
            let reason = partial.unwrap_or_default();
            tally.skip(Code::AnchorHead, reason);
            tally.skip(Code::ChainTruncated, reason);
        }
        None if newest.is_none_or(|newest| newest < known.sequence) => {
            let message = "the chain ends before the record kept from outside";
            let found = newest.map_or_else(|| "none".to_owned(), |newest| format!("newest record {newest}"));
            let expected = format!("record {} {}", known.sequence, known.manifest_sha256);
            tally.fail(Finding::new(Code::ChainTruncated, place, expected, found, message));
            tally.skip(Code::AnchorHead, "the chain ends before the record kept from outside");
        }
        None => tally.skip(Code::AnchorHead, "the record kept from outside is missing in this chain"),
    }
}
