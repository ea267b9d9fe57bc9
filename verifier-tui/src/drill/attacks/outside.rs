//! Attacks that leave evidence without any contradiction in itself: only something kept outside shows them.
//! Where nothing was given, they are not evaluated, and the reason says what to give.

use verify_core::finding::Code;
use verify_core::model::Kind;
use verify_core::source::Overlay;
use verify_core::verify::Group;

use super::super::attack::{Attack, Attempt};
use super::super::claims::SAMPLE;
use super::super::evidence::Evidence;
use super::super::forge::{Obstacle, Record};
use super::documents::{attempt, rewritten, sequence};
use super::manifest::{change, later};

pub(in super::super) const CUT_TAIL: Attack = Attack {
    name: "cut-tail",
    title: "the newest records are cut off",
    wants: "an audit that ends before the bad day",
    expects: &[Code::ChainPeriod, Code::ChainTruncated, Code::AnchorCheckpoint],
    groups: &[Group::Coverage, Group::Anchors],
    commit: cut_tail,
};
pub(in super::super) const PERFECT_REWRITE: Attack = Attack {
    name: "perfect-rewrite",
    title: "history is rewritten from one record on, contradicting nothing",
    wants: "another history by whoever controls the store",
    expects: &[Code::AnchorCheckpoint, Code::AnchorHead],
    groups: &[Group::Anchors],
    commit: |evidence| {
        let index = evidence.ordinary()?;
        if knows(evidence, sequence(evidence, index)) {
            return rewritten_without_contradiction(evidence, index);
        }
        Err(Obstacle::Needs {
            options: &["--checkpoint", "--head"],
            why: "evidence alone cannot show a rewrite that contradicts nothing; give a checkpoint or record kept last time \
                  that covers this record",
        })
    },
};
pub(in super::super) const NEW_GENESIS: Attack = Attack {
    name: "new-genesis",
    title: "the whole chain is made anew from its first record on",
    wants: "a chain that was never seen by anybody",
    expects: &[Code::AnchorCheckpoint, Code::AnchorHead, Code::AnchorWitness],
    groups: &[Group::Signatures, Group::Anchors],
    commit: |evidence| {
        if knows(evidence, sequence(evidence, 0)) || is_witnessed(evidence) {
            return rewritten_without_contradiction(evidence, 0);
        }
        Err(Obstacle::Needs {
            options: &["--checkpoint", "--head", "--witness"],
            why: "evidence alone cannot show that another chain was there before; give a checkpoint or record kept last \
                  time, or the key of a witness that cosigned",
        })
    },
};

/// Whether something kept outside speaks of this record or a later one.
fn knows(evidence: &Evidence, sequence: u64) -> bool {
    let covers = |size: u64| size > sequence;
    evidence.options.head.is_some_and(|head| head.sequence >= sequence)
        || evidence.options.anchors.iter().any(|anchor| covers(anchor.note().checkpoint().size))
}

/// Whether witnesses that were given saw the untouched evidence, as many as were asked for.
fn is_witnessed(evidence: &Evidence) -> bool {
    let lacking = evidence.report.findings.iter().any(|finding| finding.code == Code::AnchorWitness);
    !evidence.report.proofs.witnesses.is_empty() && !lacking
}

fn cut_tail(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    if evidence.is_sample() {
        return Err(Obstacle::Absent(SAMPLE.to_owned()));
    }
    let is_cycle = |kind: Kind| matches!(kind, Kind::Snapshot | Kind::Failure);
    let cut = evidence.entries.iter().rposition(|entry| is_cycle(entry.kind)).filter(|cut| *cut > 0);
    let cut = cut.ok_or_else(|| Obstacle::Absent("no cycle stands behind another record".to_owned()))?;
    let remaining = sequence(evidence, cut - 1);
    let known = knows(evidence, remaining + 1);
    let slot = evidence.report.records.get(cut).and_then(|record| record.scheduled_utc);
    let covered = evidence.options.period.to_utc.is_some_and(|to| slot.is_some_and(|slot| slot <= to));
    if !known && !covered {
        return Err(Obstacle::Needs {
            options: &["--to", "--head", "--checkpoint"],
            why: "evidence alone cannot show that its end was cut off; give the end of the audited period, or a record or \
                  checkpoint kept last time that covers the newest cycle",
        });
    }
    let mut overlay = Overlay::new(&evidence.base);
    let mut file = String::new();
    for entry in evidence.entries.iter().skip(cut) {
        for name in entry.files() {
            overlay.remove(name.as_str());
            if file.is_empty() {
                file.clone_from(name);
            }
        }
    }
    let done = format!("every record from {} on was removed", sequence(evidence, cut));
    Ok(attempt(overlay, sequence(evidence, cut), file, "", "", done))
}

/// Changes what nothing else in the evidence speaks of, and rewrites everything after it.
fn rewritten_without_contradiction(evidence: &Evidence, index: usize) -> Result<Attempt<'_>, Obstacle> {
    let mut record = Record::open(evidence, index)?;
    let field = "/retention_until";
    let done = change(&mut record, field, |value| later(value).into())?;
    rewritten(evidence, index, record, "manifest.json", field, done)
}
