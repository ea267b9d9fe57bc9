//! The locks of the store against what the manifests say of them (F-150 to F-155).
//!
//! A lock protects a version, not a name: another version or a delete marker can still be put over it, so
//! both are looked for. What the store does not tell is never taken for a "no", nor for a "yes".

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::Plan;
use super::options::{Group, LEFT_OUT, Options};
use super::proofs::Beside;
use super::tally::Tally;
use crate::finding::{Code, Finding, Place};
use crate::model::Manifest;
use crate::report::LockSummary;
use crate::source::{Kept, LockFacts, LockMode, Locks, Retention, Source, Told};
use crate::time::UtcTime;

const DAY: i64 = 86_400;

/// Which records the store was seen to lock.
#[derive(Debug, Default)]
pub(super) struct Locked {
    /// Their sequences.
    pub(super) records: BTreeSet<u64>,
    /// For the report; `None` where nothing could be asked.
    pub(super) summary: Option<LockSummary>,
}

/// Judges every record, every proof beside them, and what a receipt names. Nothing more is read once a
/// verification was `stopped`.
pub(super) fn check(
    source: &dyn Source,
    plans: &[Plan],
    beside: &Beside,
    options: &Options,
    stopped: bool,
    tally: &mut Tally,
) -> Locked {
    check_declared(plans, options, tally);
    let locked = match source.locks() {
        Some(locks) if options.runs(Group::Locks) => {
            let received = locks.received(options.limits.package_bytes, !stopped);
            check_received(&received, beside.bundle.is_some(), tally);
            judge(locks, plans, beside, options, tally)
        }
        _ => Locked::default(),
    };
    let why = match source.locks() {
        _ if !options.runs(Group::Locks) => LEFT_OUT,
        None => "a folder has no locks to show; the store, or a receipt (--receipt), has",
        Some(_) => "the store holds no record that could be asked about",
    };
    for code in [Code::LockRetention, Code::LockVersions, Code::LockKey] {
        tally.skip_if_unasked(code, why);
    }
    let why = if options.runs(Group::Locks) { "no receipt was given (--receipt)" } else { LEFT_OUT };
    tally.skip_if_unasked(Code::LockReceipt, why);
    locked
}

/// F-154. What every manifest must demand, if the reader says so.
fn check_declared(plans: &[Plan], options: &Options, tally: &mut Tally) {
    let Some(days) = options.lock_days else {
        let why = if options.runs(Group::Locks) {
            "nothing was said about how long evidence must be locked (--lock-days)"
        } else {
            LEFT_OUT
        };
        tally.skip(Code::LockDeclared, why);
        return;
    };
    for plan in plans {
        let manifest = &plan.manifest;
        let least = manifest.sealed_utc.plus_seconds(i64::from(days).saturating_mul(DAY));
        let at = |pointer: &str| Place { pointer: Some(pointer.to_owned()), ..plan.place() };
        let wanted = LockMode::Compliance.as_str();
        let mode = manifest.object_lock_mode.as_deref();
        if mode != Some(wanted) {
            let message = "the record was not sealed for a lock that nobody can end";
            let found = mode.unwrap_or("none");
            tally.fail(Finding::new(Code::LockDeclared, at("/object_lock_mode"), wanted, found, message));
        } else if manifest.retention_until.is_none_or(|until| until < least) {
            let message = "the record was not sealed for a lock as long as was asked for";
            let expected = format!("{least} or later, {days} days after the sealing");
            let found = shown_time(manifest.retention_until);
            tally.fail(Finding::new(Code::LockDeclared, at("/retention_until"), expected, found, message));
        } else {
            tally.pass(Code::LockDeclared);
        }
    }
    tally.skip_if_unasked(Code::LockDeclared, "no record could be read");
}

fn judge(locks: &dyn Locks, plans: &[Plan], beside: &Beside, options: &Options, tally: &mut Tally) -> Locked {
    let asked_utc = locks.asked_utc();
    // What was locked when the store was asked may be over since.
    let judged_utc = options.now_utc.map_or(asked_utc, |now| now.max(asked_utc));
    let mut records = BTreeSet::new();
    let mut first_end: Option<UtcTime> = None;
    let mut open: BTreeMap<String, u64> = BTreeMap::new();
    for plan in plans {
        let files = [&plan.package, &plan.commit].into_iter().flatten();
        let mut faults = BTreeSet::new();
        if plan.package.is_none() {
            faults.insert("its package is absent".to_owned());
        }
        for item in files {
            let place =
                Place { sequence: Some(plan.sequence()), file: Some(item.name.clone()), ..Place::default() };
            match locks.of(item) {
                Told::Unknown(why) => {
                    for code in [Code::LockRetention, Code::LockVersions, Code::LockKey] {
                        tally.skip(code, &why);
                    }
                    faults.insert(why);
                }
                Told::Is(facts) => {
                    if !check_versions(&facts, &place, tally) {
                        faults.insert("other versions or delete markers stand over it".to_owned());
                    }
                    check_key(&plan.manifest, &facts, &place, tally);
                    faults.extend(check_retention(&plan.manifest, &facts, &place, judged_utc, tally));
                    if let Told::Is(Some(retention)) = facts.retention {
                        let end = retention.until_utc;
                        first_end = Some(first_end.map_or(end, |before| before.min(end)));
                    }
                }
            }
        }
        if faults.is_empty() {
            records.insert(plan.sequence());
        }
        for fault in faults {
            *open.entry(fault).or_default() += 1;
        }
    }
    check_others(locks, beside, tally);
    let summary = LockSummary {
        told_by: locks.told_by(),
        asked_utc,
        first_end_utc: first_end,
        days_left: first_end.map(|end| days_left(end, asked_utc, judged_utc)),
        open,
    };
    Locked { records, summary: Some(summary) }
}

/// Whole days from the asking to the end of a lock; of one that is over, since then, and less than 0.
fn days_left(end: UtcTime, asked_utc: UtcTime, judged_utc: UtcTime) -> i64 {
    let days = |from: UtcTime| (end.unix() - from.unix()).div_euclid(DAY);
    if end <= judged_utc { days(judged_utc).min(-1) } else { days(asked_utc) }
}

/// F-156. What was copied must still be there, with the same bytes.
fn check_received(received: &[Kept<'_>], bundle: bool, tally: &mut Tally) {
    for kept in received {
        let found = match &kept.found {
            Told::Unknown(why) => {
                tally.skip(Code::LockReceipt, why);
                continue;
            }
            Told::Is(None) if bundle => {
                tally.skip(Code::LockReceipt, "a bundle holds only some of what was copied");
                continue;
            }
            Told::Is(Some(sha256)) if *sha256 == kept.sha256 => {
                tally.pass(Code::LockReceipt);
                continue;
            }
            Told::Is(found) => found,
        };
        let (found, message) = match found {
            None => ("nothing".to_owned(), "the receipt names it, and the copy does not hold it"),
            Some(sha256) => (sha256.to_string(), "the receipt names other bytes than the copy holds"),
        };
        let place = Place { file: Some(kept.name.to_owned()), ..Place::default() };
        tally.fail(Finding::new(Code::LockReceipt, place, kept.sha256.to_string(), found, message));
    }
}

/// F-151 for what is no record: notes and tokens beside the chain, and names that were emptied.
fn check_others(locks: &dyn Locks, beside: &Beside, tally: &mut Tally) {
    let at = |name: &str| Place { file: Some(name.to_owned()), ..Place::default() };
    for item in beside.notes.iter().chain(&beside.tokens) {
        match locks.of(item) {
            Told::Is(facts) => {
                check_versions(&facts, &at(&item.name), tally);
            }
            Told::Unknown(why) => tally.skip(Code::LockVersions, &why),
        }
    }
    for name in locks.emptied() {
        let message = "a delete marker stands where no version is left: what was here is gone";
        let (expected, found) = ("one version and no delete marker", "no version, a delete marker");
        tally.fail(Finding::new(Code::LockVersions, at(&name), expected, found, message));
    }
}

/// F-151.
fn check_versions(facts: &LockFacts, place: &Place, tally: &mut Tally) -> bool {
    if facts.other_versions == 0 && facts.delete_markers == 0 {
        tally.pass(Code::LockVersions);
        return true;
    }
    let message = match (facts.other_versions, facts.delete_markers) {
        (0, _) => {
            "a delete marker hides it from whoever does not ask for versions; the version under it was read"
        }
        (_, 0) => "another version was put over it; the first one was read",
        _ => "other versions and delete markers were put over it; the first one was read",
    };
    let mut found =
        format!("{} further version(s), {} delete marker(s)", facts.other_versions, facts.delete_markers);
    if !facts.others.is_empty() {
        found.push_str(": ");
        found.push_str(&facts.others.join(", "));
    }
    let expected = format!("version {} alone", facts.version);
    tally.fail(Finding::new(Code::LockVersions, place.clone(), expected, found, message));
    false
}

/// F-152, and what keeps the record from being *locked* (F-155).
fn check_retention(
    manifest: &Manifest,
    facts: &LockFacts,
    place: &Place,
    judged_utc: UtcTime,
    tally: &mut Tally,
) -> Option<String> {
    let stated = manifest.object_lock_mode.as_deref();
    let retention = match &facts.retention {
        Told::Is(retention) => *retention,
        Told::Unknown(why) => {
            tally.skip(Code::LockRetention, why);
            return Some(why.clone());
        }
    };
    let fits = match (stated.map(LockMode::named), retention) {
        (None, _) => {
            tally.skip(Code::LockRetention, "the manifest states no lock");
            true
        }
        (Some(Some(mode)), Some(found)) => {
            found.mode >= mode && manifest.retention_until.is_none_or(|until| until <= found.until_utc)
        }
        // No lock, or a mode of which nobody knows how strong it is.
        (Some(_), _) => false,
    };
    if stated.is_some() && fits {
        tally.pass(Code::LockRetention);
    } else if stated.is_some() {
        let message = match retention {
            None => "the store does not lock it: it can be deleted",
            Some(_) => "the store locks it weaker or shorter than the manifest states",
        };
        let stated =
            format!("{} until {} or later", stated.unwrap_or("none"), shown_time(manifest.retention_until));
        let found = retention.map_or_else(|| "no lock".to_owned(), shown);
        tally.fail(Finding::new(Code::LockRetention, place.clone(), stated, found, message));
    }
    let fault = match retention {
        None => "the store does not lock it",
        _ if !fits => "the store locks it weaker or shorter than its manifest states",
        Some(Retention { until_utc, .. }) if until_utc <= judged_utc => "its lock has ended",
        Some(Retention { mode: LockMode::Governance, .. }) => {
            "its lock is of mode GOVERNANCE, which whoever may bypass it can end"
        }
        Some(_) => return None,
    };
    Some(fault.to_owned())
}

/// F-153.
fn check_key(manifest: &Manifest, facts: &LockFacts, place: &Place, tally: &mut Tally) {
    let Some(stated) = manifest.encryption_key_id.as_deref() else {
        tally.skip(Code::LockKey, "the manifest states no encryption key");
        return;
    };
    match &facts.encryption_key {
        Told::Unknown(why) => tally.skip(Code::LockKey, why),
        Told::Is(Some(found)) if is_same_key(stated, found) => tally.pass(Code::LockKey),
        Told::Is(found) => {
            let message = "the store encrypts it with another key than the manifest states";
            let found = found.as_deref().unwrap_or("no key of a key service");
            tally.fail(Finding::new(Code::LockKey, place.clone(), stated, found, message));
        }
    }
}

/// Two ARNs are one key if they are equal; an id alone has no account or region to compare.
fn is_same_key(stated: &str, found: &str) -> bool {
    let is_arn = |text: &str| text.starts_with("arn:");
    let id = |text: &'_ str| text.rsplit_once(":key/").map_or(text, |(_, id)| id).to_owned();
    stated == found || !(is_arn(stated) && is_arn(found)) && id(stated) == id(found)
}

fn shown(retention: Retention) -> String {
    format!("{} until {}", retention.mode.as_str(), retention.until_utc)
}

fn shown_time(time: Option<UtcTime>) -> String {
    time.map_or_else(|| "none".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_id_unless_two_arns_differ() {
        let (id, arn) = ("1234abcd", "arn:aws:kms:eu-central-1:111122223333:key/1234abcd");
        assert!(is_same_key(id, arn) && is_same_key(arn, id) && is_same_key(arn, arn));
        assert!(!is_same_key(arn, &arn.replace("1111", "9999")) && !is_same_key("12", arn));
    }
}
