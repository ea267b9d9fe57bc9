//! The assurance ladder: how far records are proven, rung by rung, always with what is missing (F-136).

use serde::{Deserialize, Serialize};

/// One rung. Each is stated on its own: an anchored record need not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// Its bytes are those its manifest names.
    Hashed,
    /// It is linked to its neighbours, or proven a member of a vouched-for tree.
    Chained,
    /// A checkpoint signed by a key given from outside covers it.
    Signed,
    /// A valid token over such a checkpoint was issued soon after its sealing.
    Timestamped,
    /// A checkpoint kept outside covers it, and this chain extends that checkpoint.
    Anchored,
    /// The store was seen to lock its version.
    Locked,
    /// Policies, drift and normalization were replayed with equal results.
    RePerformed,
}

impl Rung {
    /// Every rung, the lowest first.
    pub const ALL: [Self; 7] = [
        Self::Hashed,
        Self::Chained,
        Self::Signed,
        Self::Timestamped,
        Self::Anchored,
        Self::Locked,
        Self::RePerformed,
    ];

    /// The rung as written in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hashed => "hashed",
            Self::Chained => "chained",
            Self::Signed => "signed",
            Self::Timestamped => "timestamped",
            Self::Anchored => "anchored",
            Self::Locked => "locked",
            Self::RePerformed => "re_performed",
        }
    }

    /// The rung as people read it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RePerformed => "re-performed",
            other => other.as_str(),
        }
    }
}

/// One rung over all records to which it applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// Which rung.
    pub rung: Rung,
    /// Whether every record it applies to stands on it, and there is at least one.
    pub reached: bool,
    /// Records that stand on it.
    pub records: u64,
    /// Records it applies to: all, or for *re-performed* the snapshots, if there are any.
    pub of: u64,
    /// The record up to which all stand on it, if they are the first ones of the chain and not all.
    pub up_to: Option<u64>,
    /// Why it is not reached; null when it is.
    pub why: Option<String>,
}

/// The ladder in words: what is reached, what is reached in part, what is not, e.g.
/// `signed and re-performed; anchored up to record 28; not timestamped, not locked`.
#[must_use]
pub fn ladder_words(steps: &[LadderStep]) -> String {
    let reached = |rung: Rung| steps.iter().any(|step| step.rung == rung && step.reached);
    // A higher rung of these three says the lower ones with it.
    let implied = |rung: Rung| match rung {
        Rung::Hashed => reached(Rung::Chained) || reached(Rung::Signed),
        Rung::Chained => reached(Rung::Signed),
        _ => false,
    };
    let whole: Vec<_> = steps
        .iter()
        .filter(|step| step.reached && !implied(step.rung))
        .map(|step| step.rung.word().to_owned())
        .collect();
    let in_part = steps.iter().filter(|step| !step.reached && step.records > 0).map(|step| {
        let word = step.rung.word();
        match step.up_to {
            Some(record) => format!("{word} up to record {record}"),
            None => format!("{word} {} of {}", step.records, step.of),
        }
    });
    let missing =
        steps.iter().filter(|step| step.records == 0).map(|step| format!("not {}", step.rung.word()));
    let parts =
        [joined(&whole), in_part.collect::<Vec<_>>().join(", "), missing.collect::<Vec<_>>().join(", ")];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// `a`, `a and b`, `a, b and c`.
fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(counts: [(u64, u64, Option<u64>); 7]) -> Vec<LadderStep> {
        Rung::ALL
            .into_iter()
            .zip(counts)
            .map(|(rung, (records, of, up_to))| {
                let reached = records == of && of > 0;
                let why = (!reached).then(|| "because".to_owned());
                LadderStep { rung, reached, records, of, up_to, why }
            })
            .collect()
    }

    #[test]
    fn a_higher_rung_says_the_lower_ones_with_it_and_what_is_missing_is_always_said() {
        let none = (0, 35, None);
        let all = (35, 35, None);
        let words = ladder_words(&steps([all, all, none, none, none, none, (30, 30, None)]));
        assert_eq!(words, "chained and re-performed; not signed, not timestamped, not anchored, not locked");
        let words = ladder_words(&steps([all, all, all, none, (28, 35, Some(27)), none, (30, 30, None)]));
        assert_eq!(words, "signed and re-performed; anchored up to record 27; not timestamped, not locked");
        let words = ladder_words(&steps([all, all, all, (32, 35, None), all, none, (30, 30, None)]));
        assert_eq!(words, "signed, anchored and re-performed; timestamped 32 of 35; not locked");
        let words =
            ladder_words(&steps([(34, 35, None), (34, 35, None), none, none, none, none, (29, 30, None)]));
        let expected = "hashed 34 of 35, chained 34 of 35, re-performed 29 of 30; \
                        not signed, not timestamped, not anchored, not locked";
        assert_eq!(words, expected);
        assert!(ladder_words(&steps([(0, 0, None); 7])).starts_with("not hashed, not chained"));
    }
}
