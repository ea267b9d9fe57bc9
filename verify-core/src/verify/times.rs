//! Time-stamp tokens: over the right note, from an authority that was given, at a time that fits (F-130 to F-132).

use super::assemble::Plan;
use super::members::TOKEN;
use super::notes::Note;
use super::options::Options;
use super::record::Verified;
use super::signers::{omission, omits};
use super::tally::Tally;
use crate::finding::{Code, Finding, Place};
use crate::model::Proof;
use crate::time::UtcTime;
use crate::timestamp::{self, Token};

/// Seconds by which two honest clocks may differ.
const CLOCKS: i64 = 300;

/// What is kept of a token over the right note.
#[derive(Debug, Clone)]
pub(super) struct Stamped {
    /// Size of the note it is over.
    pub(super) size: u64,
    /// The time it states.
    pub(super) time: UtcTime,
    /// The authority, if it is one that was given; else the time is only a claim.
    pub(super) authority: Option<String>,
}

/// Judges one token. `note` is the one it must be over, if that can be read; `carrier` the record whose member it is.
pub(super) fn judge(
    bytes: &[u8],
    note: Option<&Note>,
    place: &Place,
    carrier: Option<&Plan>,
    plans: &[Plan],
    options: &Options,
    tally: &mut Tally,
) -> Option<Stamped> {
    let token = match Token::parse(bytes, &options.limits) {
        Ok(token) => token,
        Err(fault) => {
            let message = "the token cannot be read, so it is nobody's";
            let expected = "a time-stamp response (F-130)";
            tally.fail(Finding::new(Code::TsValid, place.clone(), expected, fault.to_string(), message));
            return None;
        }
    };
    let over = is_over(&token, note, place, tally);
    let authority = authority(&token, place, options, tally);
    let note = note.filter(|_| over)?;
    let stamped = Stamped { size: note.size, time: token.time(), authority };
    if stamped.authority.is_none() {
        tally.skip(Code::TsSkew, "the token is of no authority that was given");
    } else if note.sound {
        check_times(&stamped, place, carrier, plans, options, tally);
    } else {
        tally.skip(Code::TsSkew, "the checkpoint is not one of this history");
    }
    Some(stamped)
}

fn is_over(token: &Token, note: Option<&Note>, place: &Place, tally: &mut Tally) -> bool {
    let Some(note) = note else {
        tally.skip(Code::TsImprint, "the checkpoint it should be over cannot be read");
        return false;
    };
    let over = token.imprint() == Some(note.imprint);
    if over {
        tally.pass(Code::TsImprint);
    } else {
        let message = "the token is over something else than its checkpoint";
        let found =
            token.imprint().map_or_else(|| "another kind of digest".to_owned(), |found| found.to_string());
        tally.fail(Finding::new(Code::TsImprint, place.clone(), note.imprint.to_string(), found, message));
    }
    over
}

/// The authority of a token that leads to one that was given, whatever it is over.
fn authority(token: &Token, place: &Place, options: &Options, tally: &mut Tally) -> Option<String> {
    if options.authorities.is_empty() {
        tally.skip(Code::TsValid, "no authority was given (--tsa)");
        return None;
    }
    let Some(imprint) = token.imprint() else {
        tally.skip(Code::TsValid, "the token is over another kind of digest");
        return None;
    };
    match timestamp::verify(token, &imprint, &options.authorities) {
        Ok(stamp) => {
            tally.pass(Code::TsValid);
            Some(stamp.authority)
        }
        Err(fault) => {
            let message = "the token does not lead to an authority that was given";
            let expected = "a token of an authority that was given";
            tally.fail(Finding::new(Code::TsValid, place.clone(), expected, fault.to_string(), message));
            None
        }
    }
}

fn check_times(
    stamped: &Stamped,
    place: &Place,
    carrier: Option<&Plan>,
    plans: &[Plan],
    options: &Options,
    tally: &mut Tally,
) {
    let record = |sequence: u64| {
        plans.binary_search_by_key(&sequence, Plan::sequence).ok().and_then(|at| plans.get(at))
    };
    let time = stamped.time;
    let mut findings = Vec::new();
    let mut skew = |expected: String, message: &str| {
        let found = format!("stamped {time}");
        findings.push(Finding::new(Code::TsSkew, place.clone(), expected, found, message));
    };
    if let Some(carrier) = carrier.filter(|carrier| carrier.manifest.sealed_utc < time.plus_seconds(-CLOCKS))
    {
        let expected = format!("at most five minutes after {}", carrier.manifest.sealed_utc);
        skew(expected, "the record carries a token that is younger than itself: back-dated");
    }
    let Some(newest) = stamped.size.checked_sub(1).and_then(record) else {
        tally.skip(Code::TsSkew, "the newest record under the checkpoint is not at hand");
        tally.fail_all(findings);
        return;
    };
    let sealed = newest.manifest.sealed_utc;
    let latest = sealed.plus_seconds(options.time_lag_seconds);
    if time < sealed.plus_seconds(-CLOCKS) {
        skew(format!("{sealed} or later"), "the checkpoint was stamped before its newest record was sealed");
    }
    if time > latest {
        // The next record says why; while there is none, nobody could have said it yet.
        let next = record(stamped.size);
        let declared = next.is_none_or(|next| {
            omits(&next.manifest, Proof::Timestamp) || omits(&next.manifest, Proof::Checkpoint)
        });
        let expected = format!("{latest} or earlier (sealed {sealed})");
        let message = "the checkpoint was stamped later than the allowed lag";
        if declared {
            let found = format!("stamped {time}");
            tally.fail(Finding::new(Code::TsLate, place.clone(), expected, found, message));
        } else {
            skew(expected, message);
        }
    } else {
        tally.pass(Code::TsLate);
    }
    tally.all(Code::TsSkew, findings);
}

/// F-130: from the first record that carries a token or declares that it could not, every record that carries a note
/// does one of the two. Each declaration is shown; a reader who gave an authority is owed one token at least.
pub(super) fn check_presence(
    plans: &[Plan],
    verified: &[Verified],
    any: bool,
    options: &Options,
    tally: &mut Tally,
) {
    let (mut begun, mut any) = (false, any);
    for verified in verified {
        let Some(plan) = plans.get(verified.index) else { continue };
        let reason = omission(&plan.manifest, Proof::Timestamp);
        let omitted = reason.is_some();
        if let Some(reason) = reason {
            let place = Place { member: Some(TOKEN.to_owned()), ..plan.place() };
            let message = "no token over the checkpoint could be had when the record was sealed";
            let found = format!("declared: {reason}");
            tally.fail(Finding::new(Code::TsLate, place, "a token over its checkpoint", found, message));
        }
        let Some(carried) = &verified.carried else {
            begun |= omitted;
            tally.skip(Code::TsPresent, "the package is missing or was not accepted");
            continue;
        };
        if carried.token_listed || omitted {
            begun = true;
            any |= carried.token_listed;
            tally.pass(Code::TsPresent);
        } else if begun && carried.note_listed {
            let place = Place { member: Some(TOKEN.to_owned()), ..plan.place() };
            let message = "earlier records carry a token, this one neither does nor says why";
            tally.fail(Finding::new(Code::TsPresent, place, "a token over its checkpoint", "none", message));
        } else {
            tally.skip(Code::TsPresent, "no record before it carries a token");
        }
    }
    if !any && !options.authorities.is_empty() && !plans.is_empty() {
        let message = "authorities were given, but no record carries a token";
        tally.fail(Finding::new(Code::TsPresent, Place::default(), "tokens", "none", message));
    }
}
