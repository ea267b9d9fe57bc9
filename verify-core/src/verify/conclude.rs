//! From verified records to the report: what needs the whole chain, and what is claimed in the end.

use std::collections::BTreeMap;

use super::assemble::{Assembly, Plan};
use super::ladder;
use super::options::{Group, LEFT_OUT, Options};
use super::payload::Payload;
use super::record::Verified;
use super::summary;
use super::tally::Tally;
use crate::approvals::{Approving, InForce};
use crate::coverage::{self, CoverageError};
use crate::finding::{Code, ExitClass, Finding, Place};
use crate::model::{Exception, Kind, Sequence};
use crate::report::{
    ChainSummary, Coverage, Grounds, Head, Proofs, REPORT_VERSION, Report, Rung, SlotStatus, judge,
};
use crate::source::Source;

/// Judges what needs the whole chain and puts the report together.
pub(super) fn build_report(
    source: &dyn Source,
    options: &Options,
    assembly: &Assembly,
    verified: &[Verified],
    mut tally: Tally,
    missing: &[String],
) -> Report {
    let plans = &assembly.plans;
    let payloads: Vec<Option<&Payload>> = (0..plans.len())
        .map(|index| {
            let at = verified.binary_search_by_key(&index, |verified| verified.index).ok()?;
            verified.get(at)?.payload.as_ref()
        })
        .collect();
    let mut later = Tally::default();
    check_approvals(plans, &payloads, options, &mut later);
    check_exceptions(plans, verified, &payloads, &mut later);
    let mut uncovered = None;
    let coverage = if assembly.alone {
        later.skip(Code::ChainCadence, "one package alone has no population of cycles");
        later.skip(Code::ChainPeriod, "one package alone has no population of cycles");
        Coverage::default()
    } else {
        check_coverage(assembly, &payloads, options, &mut later).unwrap_or_else(|reason| {
            uncovered = Some(reason);
            Coverage::default()
        })
    };
    let mut report = Report {
        report_version: REPORT_VERSION.to_owned(),
        tool: options.tool.clone(),
        source: source.describe(),
        mode: options.mode.as_str().to_owned(),
        verdict: judge(Grounds::nothing(&coverage)),
        assurance: Vec::new(),
        proofs: Proofs::default(),
        chain: chain_summary(assembly),
        bundle: None,
        coverage,
        checks: Vec::new(),
        records: Vec::new(),
        controls: Vec::new(),
        violations: Vec::new(),
        drift: Vec::new(),
        drift_rows_omitted: 0,
        incomplete: Vec::new(),
        findings: Vec::new(),
        findings_omitted: 0,
        not_claimed: Vec::new(),
    };
    for verified in verified {
        tally.merge(verified.tally.clone());
    }
    tally.merge(later);
    let by_record = by_record(tally.findings());
    let mut controls = summary::ControlIndex::default();
    for verified in verified {
        let Some(plan) = plans.get(verified.index) else { continue };
        let own = by_record.get(&plan.sequence()).map_or(&[][..], Vec::as_slice);
        let mut record = summary::record_summary(plan, verified, own);
        if assembly.alone {
            record.rungs.retain(|rung| *rung == Rung::Hashed);
        }
        report.records.push(record);
        summary::add_snapshot(&mut report, &mut controls, plan, verified.recorded.as_ref());
    }
    report.assurance = ladder::steps(&report.records, |rung, _, _| format!("not {}", rung.word()));
    let mut missing = missing.to_vec();
    let claims_cycles = !assembly.alone && report.bundle.is_none() && options.runs(Group::Coverage);
    missing.extend(uncovered.or_else(|| covers_nothing(&report).filter(|_| claims_cycles)));
    let violations = report.violations.iter().filter(|row| row.exception_sequence.is_none()).count() as u64;
    report.verdict = judge(Grounds {
        findings: tally.findings(),
        omitted: tally.omitted(ExitClass::Integrity),
        coverage: &report.coverage,
        assurance: &report.assurance,
        bundle: report.bundle,
        records: report.records.len() as u64,
        evaluated: tally.evaluated(),
        required_but_missing: &missing,
        accept_explained: options.accept_explained,
        fail_on_violations: options.fail_on_violations,
        violations,
    });
    (report.checks, report.findings) = tally.finish();
    let failed: u64 = report.checks.iter().map(|check| check.failed).sum();
    report.findings_omitted = failed.saturating_sub(report.findings.len() as u64);
    report.not_claimed = not_claimed(&report, options, &missing);
    report.findings.sort_by(|a, b| {
        (std::cmp::Reverse(a.severity), a.place.sequence, a.code, &a.place, &a.expected).cmp(&(
            std::cmp::Reverse(b.severity),
            b.place.sequence,
            b.code,
            &b.place,
            &b.expected,
        ))
    });
    report
}

/// The findings about each record.
fn by_record(findings: &[Finding]) -> BTreeMap<u64, Vec<&Finding>> {
    let mut by_record: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        if let Some(sequence) = finding.place.sequence {
            by_record.entry(sequence).or_default().push(finding);
        }
    }
    by_record
}

/// Never green on nothing: a whole chain over which no cycle was due says nothing about any day (F-63).
fn covers_nothing(report: &Report) -> Option<String> {
    if report.coverage.expected > 0 || report.records.is_empty() {
        return None;
    }
    if report.coverage.requested {
        return Some("no cycle was due in the requested period".to_owned());
    }
    let no_snapshot = !report.records.iter().any(|record| record.kind == Kind::Snapshot);
    no_snapshot.then(|| "no cycle was due yet and no snapshot was taken".to_owned())
}

fn chain_summary(assembly: &Assembly) -> Option<ChainSummary> {
    let (first, last) = (assembly.plans.first()?, assembly.plans.last()?);
    Some(ChainSummary {
        origin: first.manifest.origin.to_string(),
        tenant: first.manifest.tenant.clone(),
        chain_id: if first.sequence() == 0 { Some(first.sha256) } else { first.manifest.chain_id },
        records: assembly.plans.len() as u64,
        head: Head {
            sequence: last.sequence(),
            manifest_sha256: last.sha256,
            sealed_utc: last.manifest.sealed_utc,
        },
        uncommitted: assembly.uncommitted,
    })
}

fn check_approvals(plans: &[Plan], payloads: &[Option<&Payload>], options: &Options, tally: &mut Tally) {
    if !options.runs(Group::Rules) {
        tally.skip(Code::RulesUnapproved, LEFT_OUT);
        tally.skip(Code::RulesBaseline, LEFT_OUT);
        return;
    }
    let mut in_force = InForce::new();
    let complete_start = plans.first().is_some_and(|plan| plan.sequence() == 0);
    for (plan, payload) in plans.iter().zip(payloads) {
        let approving = match payload {
            Some(Payload::Genesis(genesis)) => Some(Approving::Genesis(genesis)),
            Some(Payload::Approval(approval)) => Some(Approving::Approval(approval)),
            _ => None,
        };
        let faults = in_force.apply(&plan.manifest, approving);
        if !complete_start || in_force.is_unknown() {
            for code in [Code::RulesUnapproved, Code::RulesBaseline] {
                tally.skip(code, "an approving record before it is missing or damaged");
            }
            continue;
        }
        for code in [Code::RulesUnapproved, Code::RulesBaseline] {
            let findings = faults
                .iter()
                .filter(|fault| fault.code == code)
                .map(|fault| {
                    let place = Place { pointer: Some(fault.pointer.to_owned()), ..plan.place() };
                    let (expected, found) = (fault.expected.clone(), fault.found.clone());
                    Finding::new(code, place, expected, found, fault.message.clone())
                })
                .collect();
            tally.all(code, findings);
        }
    }
}

fn check_exceptions(plans: &[Plan], verified: &[Verified], payloads: &[Option<&Payload>], tally: &mut Tally) {
    let exceptions: Vec<(Sequence, Exception)> = plans
        .iter()
        .zip(payloads)
        .filter_map(|(plan, payload)| match payload {
            Some(Payload::Exception(exception)) => Some((plan.manifest.sequence, exception.clone())),
            _ => None,
        })
        .collect();
    for verified in verified {
        if let (Some(plan), Some(recorded)) = (plans.get(verified.index), &verified.recorded) {
            tally.all(Code::ExceptionExpired, summary::expired_exceptions(plan, recorded, &exceptions));
        }
    }
}

/// Counts the cycles; an error says why the evidence cannot be said to cover anything.
fn check_coverage(
    assembly: &Assembly,
    payloads: &[Option<&Payload>],
    options: &Options,
    tally: &mut Tally,
) -> Result<Coverage, String> {
    if !options.runs(Group::Coverage) {
        tally.skip(Code::ChainCadence, LEFT_OUT);
        tally.skip(Code::ChainPeriod, LEFT_OUT);
        return Ok(Coverage::default());
    }
    let records: Vec<_> = assembly
        .plans
        .iter()
        .zip(payloads)
        .map(|(plan, payload)| summary::cycle_record(plan, *payload))
        .collect();
    let coverage = match coverage::count(&records, options.period, options.limits.cycles) {
        Ok(coverage) => coverage,
        Err(error @ CoverageError::TooMany { .. }) => {
            tally.skip(Code::ChainCadence, &error.to_string());
            tally.skip(Code::ChainPeriod, &error.to_string());
            return Err(error.to_string());
        }
        Err(CoverageError::Schedule(error)) => {
            let message = "the schedule cannot be understood, so no cycle can be counted";
            let place = Place { pointer: Some("/schedule/cron".to_owned()), ..Place::default() };
            tally.fail(Finding::new(
                Code::SchemaType,
                place,
                "a schedule (F-61)",
                error.to_string(),
                message,
            ));
            tally.skip(Code::ChainCadence, "the schedule cannot be understood");
            return Ok(Coverage::default());
        }
    };
    if let Some(reason) = assembly.partial.as_deref().filter(|_| coverage.missing > 0) {
        tally.skip(Code::ChainCadence, reason);
        tally.skip(Code::ChainPeriod, reason);
        return Ok(coverage);
    }
    let newest = coverage::newest_slot(&records);
    let (inside, after): (Vec<_>, Vec<_>) =
        coverage.rows.iter().partition(|row| newest.is_some_and(|newest| row.scheduled_utc <= newest));
    for row in inside {
        if row.status == SlotStatus::Missing {
            let place = Place { pointer: Some(row.scheduled_utc.to_string()), ..Place::default() };
            let message = "a scheduled cycle has neither a snapshot nor a failure record";
            tally.fail(Finding::new(Code::ChainCadence, place, "a record", "none", message));
        } else {
            tally.pass(Code::ChainCadence);
        }
    }
    let uncovered: Vec<_> = after.iter().filter(|row| row.status == SlotStatus::Missing).collect();
    if let (Some(first), Some(last)) = (uncovered.first(), uncovered.last()) {
        let place = Place {
            pointer: Some(format!("{} to {}", first.scheduled_utc, last.scheduled_utc)),
            ..Place::default()
        };
        let message = "the newest record lies before the end of the requested period";
        let expected = format!("{} more cycles", uncovered.len());
        let found = newest.map_or_else(|| "none".to_owned(), |newest| format!("newest cycle {newest}"));
        tally.fail(Finding::new(Code::ChainPeriod, place, expected, found, message));
    } else if options.period.to_utc.is_some() {
        tally.pass(Code::ChainPeriod);
    } else {
        tally.skip(Code::ChainPeriod, "no end of the period was requested (--to)");
    }
    Ok(coverage)
}

/// Reasons for an inconclusive verdict that are told one by one.
const MOST_MISSING: usize = 100;

/// What the report does not say, so that nobody reads it into it.
fn not_claimed(report: &Report, options: &Options, missing: &[String]) -> Vec<String> {
    let mut sentences: Vec<String> =
        missing.iter().take(MOST_MISSING).map(|reason| format!("Inconclusive: {reason}.")).collect();
    if missing.len() > MOST_MISSING {
        sentences.push(format!("Inconclusive for {} more reasons like these.", missing.len() - MOST_MISSING));
    }
    sentences.extend([
        "Signatures, time stamps and write-once locks are not part of this evidence: whoever controls the store \
         could have rewritten it as a whole. Compare the head record with one kept from outside (--head)."
            .to_owned(),
        "The evidence shows what the platform answered, not whether the platform told the truth.".to_owned(),
    ]);
    if let Some(chain) = &report.chain
        && options.period.to_utc.is_none()
        && options.head.is_none()
    {
        sentences.push(format!(
            "This report speaks up to record {} (sealed {}); later records may exist or may have been cut. \
             Ask for the end of the period with --to, or for a known record with --head.",
            chain.head.sequence, chain.head.sealed_utc
        ));
    }
    if report.coverage.rows.is_empty() && report.records.len() == 1 {
        sentences.push(
            "One package was judged alone: nothing is said about the records before and after it, about the \
             approval of its rules and baseline, or about scheduled days."
                .to_owned(),
        );
    }
    if report.findings_omitted > 0 {
        sentences.push(format!(
            "{} findings are counted under the checks and not listed one by one.",
            report.findings_omitted
        ));
    }
    if options.only.is_some() {
        sentences.push("Checks were left out with --only; nothing is said about them.".to_owned());
    }
    sentences
}
