//! The report of a drill: plain data with one JSON form, drawn as text by [`super::print`].
//!
//! Strings that come out of evidence are untrusted. `fixtures/schemas/drill.schema.json` is its schema. Only
//! `milliseconds` differs between two drills of the same evidence with the same program.

use serde::Serialize;
use verify_core::canon::{self, CanonError};
use verify_core::digest::Digest;
use verify_core::finding::{Code, Finding};
use verify_core::report::{Head, VerdictWord};
use verify_core::time::UtcTime;

/// Version of the JSON form.
pub const DRILL_VERSION: &str = "1.0";

/// Everything one drill showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrillReport {
    /// [`DRILL_VERSION`].
    pub drill_version: String,
    /// Name and version of the verifier.
    pub tool: String,
    /// What was copied, as the user named it.
    pub source: String,
    /// The copy.
    pub copy: CopySummary,
    /// Whose evidence it is and how far it reaches; null when no record could be read.
    pub chain: Option<ChainLine>,
    /// What was known from outside of the evidence.
    pub outside: Outside,
    /// What the untouched copy shows.
    pub untouched: Untouched,
    /// One entry per attack, in the order in which they were committed.
    pub attacks: Vec<AttackResult>,
    /// The figures and the sentence.
    pub summary: Summary,
    /// What the drill proves, in plain sentences.
    pub proves: Vec<String>,
    /// What it does not prove.
    pub does_not_prove: Vec<String>,
}

/// The copy in memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopySummary {
    /// Regular files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Things in the source that could not be copied.
    pub left_out: u64,
}

/// Whose evidence it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLine {
    /// Origin line.
    pub origin: String,
    /// Records found.
    pub records: u64,
    /// The newest record.
    pub head: Head,
}

/// What was known from outside of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outside {
    /// Start of the audited period.
    pub from_utc: Option<UtcTime>,
    /// Its end.
    pub to_utc: Option<UtcTime>,
    /// A record kept from an earlier report, as `sequence:sha256`.
    pub head: Option<String>,
    /// Verifier keys of the log, each with the records it is good for if these are not all.
    pub keys: Vec<String>,
    /// Checkpoints kept outside.
    pub checkpoints: Vec<KeptLine>,
    /// Verifier keys of witnesses.
    pub witnesses: Vec<String>,
    /// How many of them must have cosigned; 0 without any.
    pub quorum: u64,
    /// SHA-256 of the certificate of each time-stamping authority.
    pub authorities: Vec<Digest>,
    /// Seconds after a sealing within which a time-stamp is in time.
    pub time_lag_seconds: i64,
    /// Rungs that were demanded of every record.
    pub required: Vec<String>,
}

/// A checkpoint kept outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptLine {
    /// What the user called it.
    pub name: String,
    /// Records it covers.
    pub size: u64,
    /// The root over them.
    pub root_sha256: Digest,
    /// Whether the leaf hashes were kept with it.
    pub leaves: bool,
}

/// What the untouched copy shows: the background that attacked copies are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untouched {
    /// The verdict in one word.
    pub word: VerdictWord,
    /// Its exit code.
    pub exit_code: u8,
    /// Its sentence.
    pub sentence: String,
    /// Findings by code.
    pub findings: Vec<CodeCount>,
}

/// How often one code was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeCount {
    /// The code.
    pub code: Code,
    /// Places.
    pub count: u64,
}

/// How an attack ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttackOutcome {
    /// A check that names it failed where it held before.
    Caught,
    /// No such check failed.
    Missed,
    /// It could not be committed on this evidence, or nothing inside of it could show it.
    NotEvaluated,
    /// The drill itself failed.
    Error,
}

/// One attack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttackResult {
    /// Its number in the list of all attacks, from 1.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// What is done.
    pub title: String,
    /// What somebody would want with it.
    pub wants: String,
    /// Checks that name it: one of them must fail.
    pub expected: Vec<Code>,
    /// Groups of checks that ran.
    pub groups: Vec<String>,
    /// How it ended.
    pub outcome: AttackOutcome,
    /// Why it was not evaluated, or what went wrong.
    pub reason: Option<String>,
    /// Options of which one would have shown it; empty unless it needs what was not given.
    pub needs: Vec<String>,
    /// What was changed; null when nothing was.
    pub change: Option<ChangeSummary>,
    /// The finding that names it.
    pub caught_by: Option<Finding>,
    /// Every code found at a place where it held before.
    pub new_codes: Vec<Code>,
    /// Exit code of the verification of the attacked copy; null when there was none.
    pub exit_code: Option<u8>,
    /// Time for forging and verifying.
    pub milliseconds: u64,
}

/// What an attack changed, from a comparison of both copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangeSummary {
    /// One sentence.
    pub done: String,
    /// Sequence of the attacked record.
    pub record: Option<u64>,
    /// The attacked file.
    pub file: String,
    /// The member in it.
    pub member: Option<String>,
    /// The field in that.
    pub field: Option<String>,
    /// SHA-256 of the file before; null if it was not there.
    pub before_sha256: Option<Digest>,
    /// SHA-256 of the file afterwards; null if no regular file is there any more.
    pub after_sha256: Option<Digest>,
    /// What stands there instead of a regular file.
    pub now: Option<String>,
    /// Further files that differ, e.g. later records that were linked again.
    pub other_files: u64,
}

/// The figures and the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Attacks asked for.
    pub asked: u64,
    /// Attacks by outcome.
    pub caught: u64,
    /// See `caught`.
    pub missed: u64,
    /// See `caught`.
    pub not_evaluated: u64,
    /// Of those not evaluated: only something from outside of the evidence shows them, and it was not given.
    pub needing: u64,
    /// See `caught`.
    pub errors: u64,
    /// Whether every attack asked for was tried.
    pub complete: bool,
    /// The exit code.
    pub exit_code: u8,
    /// One sentence.
    pub sentence: String,
}

impl Summary {
    /// Counts, decides and says it.
    #[must_use]
    pub fn of(asked: usize, attacks: &[AttackResult]) -> Self {
        let count = |outcome| attacks.iter().filter(|attack| attack.outcome == outcome).count() as u64;
        let (caught, missed) = (count(AttackOutcome::Caught), count(AttackOutcome::Missed));
        let (not_evaluated, errors) = (count(AttackOutcome::NotEvaluated), count(AttackOutcome::Error));
        let needing = attacks.iter().filter(|attack| !attack.needs.is_empty()).count() as u64;
        let complete = attacks.len() == asked;
        // Never green on nothing, nor on a part.
        let exit_code = match (missed, errors, complete) {
            (1.., _, _) => 1,
            (0, 0, true) if caught > 0 => 0,
            _ => 5,
        };
        let mut parts = vec![format!("{caught} of {} attacks were caught", caught + missed + errors)];
        if not_evaluated > needing {
            let number = not_evaluated - needing;
            parts.push(format!("{number} could not be evaluated on this evidence"));
        }
        if needing > 0 {
            let verb = if needing == 1 { "needs" } else { "need" };
            parts.push(format!("{needing} {verb} what was not given from outside the evidence"));
        }
        if errors > 0 {
            parts.push(format!("in {errors} the drill itself failed"));
        }
        if !complete {
            parts.push(format!("stopped after {} of {asked}", attacks.len()));
        }
        let sentence = parts.join("; ");
        Self {
            asked: asked as u64,
            caught,
            missed,
            not_evaluated,
            needing,
            errors,
            complete,
            exit_code,
            sentence,
        }
    }
}

impl DrillReport {
    /// The report's one JSON form: RFC 8785, without a final newline.
    pub fn to_json(&self) -> Result<Vec<u8>, CanonError> {
        canon::to_vec_of(self)
    }
}

/// What a drill proves.
pub const PROVES: [&str; 3] = [
    "On this evidence, this program names each attack that is listed as caught, at the place that is shown.",
    "No finding of the untouched evidence was counted: what caught an attack did not fail there before.",
    "Each attack changed the copy: the digests before and after were computed from the bytes, not taken from the attack.",
];

/// What it does not prove.
pub const DOES_NOT_PROVE: [&str; 4] = [
    "That the evidence is sound: that is what verifier verify says.",
    "That there are no other attacks, or that every variant of these is caught at every place.",
    "That nobody rewrote the evidence before it was delivered: only what you keep outside of it shows that.",
    "That the platform told the truth when the evidence was collected.",
];
