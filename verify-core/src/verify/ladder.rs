//! From records to the assurance ladder: how many stand on each rung, and why not all (F-136).

use crate::model::Kind;
use crate::report::{LadderStep, RecordSummary, Rung};

/// One step per rung, over all records. `why` says for a rung that is not reached what is missing.
pub(super) fn steps(records: &[RecordSummary], why: impl Fn(Rung, u64, u64) -> String) -> Vec<LadderStep> {
    Rung::ALL
        .into_iter()
        .map(|rung| {
            let applies =
                |record: &&RecordSummary| rung != Rung::RePerformed || record.kind == Kind::Snapshot;
            let stands = |record: &RecordSummary| record.rungs.contains(&rung);
            let all: Vec<_> = records.iter().filter(applies).collect();
            let standing = all.iter().filter(|record| stands(record)).count() as u64;
            let of = all.len() as u64;
            let first_ones = all.iter().take_while(|record| stands(record));
            let up_to = first_ones.clone().last().map(|record| record.sequence);
            let reached = standing == of && of > 0;
            LadderStep {
                rung,
                reached,
                records: standing,
                of,
                up_to: up_to.filter(|_| !reached && first_ones.count() as u64 == standing),
                why: (!reached).then(|| why(rung, standing, of)),
            }
        })
        .collect()
}
