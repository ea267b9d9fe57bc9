//! From verified records to the report: what needs the whole chain, and what is claimed in the end.

use std::collections::BTreeMap;

use super::CANCELLED;
use super::assemble::{Assembly, Plan};
use super::explanations::check_explanations;
use super::ladder::{self, Delivery};
use super::locks;
use super::options::{Group, LEFT_OUT, Options};
use super::payload::Payload;
use super::pins;
use super::proofs::{self, Beside};
use super::record::Verified;
use super::summary;
use super::tally::Tally;
use super::whole::{check_exceptions, judge_rules_and_cycles};
use crate::finding::{ExitClass, Finding};
use crate::model::Kind;
use crate::report::{BundleSummary, ChainSummary, Grounds, Head, Proofs, REPORT_VERSION, Report, judge};
use crate::source::Source;

/// Judges what needs the whole chain and puts the report together.
pub(super) fn build_report(
    source: &dyn Source,
    options: &Options,
    assembly: &Assembly,
    beside: &Beside,
    verified: &[Verified],
    mut tally: Tally,
    mut missing: Vec<String>,
) -> Report {
    let plans = &assembly.plans;
    let payloads: Vec<Option<&Payload>> = (0..plans.len())
        .map(|index| {
            let at = verified.binary_search_by_key(&index, |verified| verified.index).ok()?;
            verified.get(at)?.payload.as_ref()
        })
        .collect();
    let mut later = Tally::default();
    let delivery = match &beside.bundle {
        _ if assembly.alone => Delivery::OnePackage,
        Some(_) => Delivery::Bundle,
        None => Delivery::Chain,
    };
    check_exceptions(plans, verified, &payloads, &mut later);
    if matches!(delivery, Delivery::Chain) {
        check_explanations(plans, &payloads, &mut later);
    }
    let (coverage, uncovered) = judge_rules_and_cycles(assembly, delivery, &payloads, options, &mut later);
    let proven = proofs::judge(source, beside, plans, verified, options, &mut missing, &mut later);
    let pinned = pins::check(plans, options, &mut later);
    let stopped = missing.iter().any(|reason| reason == CANCELLED);
    let locked = locks::check(source, plans, beside, options, stopped, &mut later);
    let mut report = Report {
        report_version: REPORT_VERSION.to_owned(),
        tool: options.tool.clone(),
        source: source.describe(),
        mode: options.mode.as_str().to_owned(),
        verdict: judge(Grounds::nothing(&coverage)),
        assurance: Vec::new(),
        proofs: Proofs::default(),
        chain: chain_summary(assembly),
        bundle: (delivery == Delivery::Bundle)
            .then_some(BundleSummary { records: plans.len() as u64, of: beside.history.count }),
        rules: pins::rules(plans),
        pins: pinned,
        locks: locked.summary,
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
    tally.leave_out(|code| options.asks(code), LEFT_OUT);
    let by_record = by_record(tally.findings(), plans);
    let mut controls = summary::ControlIndex::default();
    for verified in verified {
        let Some(plan) = plans.get(verified.index) else { continue };
        let own = by_record.get(&plan.sequence()).map_or(&[][..], Vec::as_slice);
        report.records.push(summary::record_summary(plan, verified, own));
        summary::add_snapshot(&mut report, &mut controls, plan, verified.recorded.as_ref());
    }
    ladder::raise(&mut report.records, delivery, &proven, &locked.records, options);
    report.proofs = proven.proofs;
    report.assurance = ladder::steps(&report, delivery, options);
    missing.extend(ladder::unmet(&report.assurance, options));
    let claims_cycles = delivery == Delivery::Chain && options.runs(Group::Coverage);
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

/// The findings about each record. One about a file alone is about the record whose package it was listed as.
fn by_record<'a>(findings: &'a [Finding], plans: &[Plan]) -> BTreeMap<u64, Vec<&'a Finding>> {
    let packages: BTreeMap<&str, u64> = plans
        .iter()
        .filter_map(|plan| Some((plan.package.as_ref()?.name.as_str(), plan.sequence())))
        .collect();
    let mut by_record: BTreeMap<u64, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let of_file = || packages.get(finding.place.file.as_deref()?).copied();
        if let Some(sequence) = finding.place.sequence.or_else(of_file) {
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

/// Reasons for an inconclusive verdict that are told one by one.
const MOST_MISSING: usize = 100;

/// What the report does not say, so that nobody reads it into it.
fn not_claimed(report: &Report, options: &Options, missing: &[String]) -> Vec<String> {
    let mut sentences: Vec<String> =
        missing.iter().take(MOST_MISSING).map(|reason| format!("Inconclusive: {reason}.")).collect();
    if missing.len() > MOST_MISSING {
        sentences.push(format!("Inconclusive for {} more reasons like these.", missing.len() - MOST_MISSING));
    }
    sentences.extend(ladder::not_claimed(&report.assurance, report.bundle));
    sentences.push(
        "The evidence shows what the platform answered, not whether the platform told the truth.".to_owned(),
    );
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
    if options.only.is_some() || options.structural {
        sentences.push("Checks were left out with --only; nothing is said about them.".to_owned());
    }
    sentences
}
