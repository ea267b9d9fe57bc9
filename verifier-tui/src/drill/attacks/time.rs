//! Attacks on trusted time. The forger holds no key of an authority that the reader trusts, only one of their own;
//! on a chain without time-stamps these attacks are not evaluated.

use verify_core::finding::Code;
use verify_core::source::Overlay;
use verify_core::timestamp::Token;
use verify_core::verify::Group;

use super::super::attack::{Attack, Attempt};
use super::super::authority;
use super::super::evidence::{Entry, Evidence};
use super::super::forge::{Obstacle, Record};
use super::documents::{attempt, rewritten};
use super::signatures::TOKEN;

const TIME: &[Group] = &[Group::Signatures, Group::Time];

pub(in super::super) const EXCHANGED_TOKEN: Attack = Attack {
    name: "exchanged-token",
    title: "the time-stamps of two checkpoints are exchanged",
    wants: "a record that seems to have existed earlier",
    expects: &[Code::TsImprint],
    groups: TIME,
    commit: exchanged_token,
};
pub(in super::super) const REMOVED_TOKEN: Attack = Attack {
    name: "removed-token",
    title: "a record's time-stamp is taken out, every hash repaired and the chain rewritten",
    wants: "a record that nobody can say the age of, in a chain that looks stamped",
    expects: &[Code::TsPresent],
    groups: TIME,
    commit: removed_token,
};
pub(in super::super) const BACK_DATED_TOKEN: Attack = Attack {
    name: "back-dated-token",
    title: "the time that a time-stamp states is set back",
    wants: "a checkpoint that seems to have existed a year before it was made",
    expects: &[Code::TsValid],
    groups: TIME,
    commit: back_dated_token,
};
pub(in super::super) const FOREIGN_TOKEN: Attack = Attack {
    name: "foreign-token",
    title: "a time-stamp is replaced by a sound one from an authority of the forger's own",
    wants: "any time that the forger likes, under a signature that holds",
    expects: &[Code::TsValid],
    groups: TIME,
    commit: foreign_token,
};

/// The time-stamps beside the chain, the oldest first.
fn tokens(evidence: &Evidence) -> impl DoubleEndedIterator<Item = (&Entry, &str, &Vec<u8>)> {
    evidence.entries.iter().filter_map(|entry| {
        let name = entry.token.as_deref()?;
        Some((entry, name, evidence.base.files.get(name)?))
    })
}

fn exchanged_token(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let mut tokens = tokens(evidence);
    let absent = || Obstacle::Absent("the chain has fewer than two time-stamps beside it".to_owned());
    let (one, first, early) = tokens.next().ok_or_else(absent)?;
    let (two, second, late) = tokens.next_back().ok_or_else(absent)?;
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put(first, late.clone());
    overlay.put(second, early.clone());
    let (one, two) = (one.sequence, two.sequence);
    let done = format!("the time-stamps over records 0 to {one} and 0 to {two} were exchanged");
    Ok(attempt(overlay, two, second.to_owned(), "", "", done))
}

fn removed_token(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let is_stamped = |index: &usize| Record::open(evidence, *index).is_ok_and(|it| it.read(TOKEN).is_ok());
    // The first one that carries a token begins the duty to do so: it has to be a later one.
    let mut carriers = (0..evidence.entries.len()).rev().filter(is_stamped);
    let (Some(index), Some(_)) = (carriers.next(), carriers.next()) else {
        return Err(Obstacle::Absent("fewer than two records carry a time-stamp".to_owned()));
    };
    let mut record = Record::open(evidence, index)?;
    record.remove(TOKEN);
    record.repair()?;
    let done = format!("the member {TOKEN} was taken out");
    rewritten(evidence, index, record, TOKEN, "", done)
}

/// The newest time-stamp, where an authority was given that it has to lead to.
fn newest(evidence: &Evidence) -> Result<(&Entry, &str, &[u8], Token), Obstacle> {
    let absent = || Obstacle::Absent("the chain has no time-stamp beside it".to_owned());
    let (entry, name, bytes) = tokens(evidence).next_back().ok_or_else(absent)?;
    if evidence.options.authorities.is_empty() {
        return Err(Obstacle::Needs {
            options: &["--tsa"],
            why: "evidence alone cannot tell one time-stamping authority from another; give the certificate of the one you \
                  trust",
        });
    }
    let token = Token::parse(bytes, &evidence.options.limits)
        .map_err(|_| Obstacle::Absent("the newest time-stamp cannot be read".to_owned()))?;
    Ok((entry, name, bytes, token))
}

fn back_dated_token(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (entry, name, bytes, token) = newest(evidence)?;
    let digits = |text: String| text.bytes().filter(u8::is_ascii_digit).collect::<Vec<u8>>();
    let (before, after) = (token.time(), token.time().plus_seconds(-365 * 86_400));
    let (old, new) = (digits(before.to_string()), digits(after.to_string()));
    // The statement stands before every certificate, so the first such time is the token's own.
    let at = bytes.windows(old.len()).position(|window| window == old);
    let at =
        at.ok_or_else(|| Obstacle::Failed("the time is not where the time-stamp states it".to_owned()))?;
    let mut altered = bytes.to_vec();
    altered.splice(at..at + old.len(), new);
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put(name, altered);
    let done = format!("the time it states was changed from {before} to {after}");
    Ok(attempt(overlay, entry.sequence, name.to_owned(), "", "", done))
}

fn foreign_token(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (entry, name, _, token) = newest(evidence)?;
    let imprint = token.imprint();
    let imprint = imprint.ok_or_else(|| Obstacle::Absent("the time-stamp is over no SHA-256".to_owned()))?;
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put(name, authority::stamp(&imprint, token.time())?);
    let done =
        "it was replaced by one over the same checkpoint and of the same time, signed by another authority";
    Ok(attempt(overlay, entry.sequence, name.to_owned(), "", "", done.to_owned()))
}
