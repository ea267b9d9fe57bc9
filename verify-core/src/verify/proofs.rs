//! Notes, tokens, anchors and witnesses over a whole chain, in the order in which one rests on the other.
//!
//! What a package carries is judged with its record; here it meets the files beside the chain, and what the
//! reader brought from outside.

use std::collections::{BTreeMap, BTreeSet};

use super::anchors::{self, Ground};
use super::assemble::Plan;
use super::bundle::{self, Bundle, check_digits};
use super::forks;
use super::history::History;
use super::keys::ChainKeys;
use super::members::{CHECKPOINT, TOKEN};
use super::notes::{self, Note};
use super::open::{self, Opened};
use super::options::Options;
use super::record::{Carried, Shared, Verified};
use super::signers::{self, Held, Owner, Signers};
use super::survey::{described, numbered, unstable};
use super::tally::Tally;
use super::times::{self, Stamped};
use super::witnesses::Seen;
use crate::checkpoint::SignedNote;
use crate::checkpoint::note::NOTE_BYTES;
use crate::finding::{Code, Finding, Place};
use crate::report::{AnchorOutcome, CheckpointRow, KeyRow, Proofs, StampRow};
use crate::source::{Item, Source};
use crate::time::UtcTime;

/// Proofs that lie beside the chain, and what they are held against.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) notes: Vec<Item>,
    pub(super) tokens: Vec<Item>,
    pub(super) history: History,
    pub(super) keys: ChainKeys,
    pub(super) bundle: Option<Bundle>,
}

/// How far the proofs reach.
#[derive(Debug, Default)]
pub(super) struct Proven {
    /// Rows for the report.
    pub(super) proofs: Proofs,
    /// Records below this size are covered by a sound note of a reader's key.
    pub(super) signed: u64,
    /// Valid tokens over such notes: size and time.
    pub(super) stamps: Vec<(u64, UtcTime)>,
    /// Records below this size are covered by a kept checkpoint that this chain extends, or whose leaves they are.
    pub(super) anchored: u64,
}

/// What a package carries about the records before it.
pub(super) fn carried(plan: &Plan, opened: &Opened<'_>, shared: &Shared<'_>, tally: &mut Tally) -> Carried {
    let listed = |name: &str| opened.manifest.files.iter().any(|entry| entry.path == name);
    let place = opened.place_of(CHECKPOINT);
    let note = opened.read(CHECKPOINT).and_then(|bytes| {
        let note = notes::parse(&bytes, &place, tally)?;
        notes::judge(&note, &place, plan.sequence(), &shared.beside.keys, &shared.beside.history, tally)
    });
    let stamped = opened.read(TOKEN).and_then(|bytes| {
        let place = opened.place_of(TOKEN);
        times::judge(&bytes, note.as_ref(), &place, Some(plan), shared.plans, shared.options, tally)
    });
    Carried { note_listed: listed(CHECKPOINT), token_listed: listed(TOKEN), note, stamped }
}

/// Judges everything that needs the whole chain.
pub(super) fn judge(
    source: &dyn Source,
    beside: &Beside,
    plans: &[Plan],
    verified: &[Verified],
    options: &Options,
    missing: &mut Vec<String>,
    tally: &mut Tally,
) -> Proven {
    let mut reader = Files { source, options, missing, tally };
    let mut held = Vec::new();
    for verified in verified {
        let note = verified.carried.as_ref().and_then(|carried| carried.note.clone());
        held.extend(note.map(|note| Held { note, owner: Owner::Record(verified.index) }));
    }
    for (index, item) in beside.notes.iter().enumerate() {
        let note = reader.note(item, beside);
        held.extend(note.map(|note| Held { note, owner: Owner::File(index) }));
    }
    if let Some(bundle) = &beside.bundle {
        let judged = bundle.note.as_ref().and_then(|note| {
            notes::judge(
                note,
                &bundle.place,
                beside.history.count,
                &beside.keys,
                &beside.history,
                reader.tally,
            )
        });
        bundle::check_members(bundle, plans, judged.is_some(), reader.tally);
        held.extend(judged.map(|note| Held { note, owner: Owner::Bundle }));
    }
    let place = |held: &Held| signers::place(held, plans, &beside.notes, beside.bundle.as_ref());
    let told = forks::check(&mut held, &beside.notes, place, reader.tally);
    let loose = loose_stamps(beside, &held, plans, &mut reader);
    let any_token = !beside.tokens.is_empty();
    let mut signers = Signers {
        plans,
        files: &beside.notes,
        bundle: beside.bundle.as_ref(),
        keys: &beside.keys,
        notes: &held,
        trusted: options.keys.clone(),
        alone: beside.history.is_one_package(),
    };
    if beside.history.is_one_package() {
        for code in [Code::SigPresent, Code::SigRotate, Code::SigLate, Code::TsPresent] {
            tally.skip(code, "one package alone is not held against its neighbours");
        }
    } else {
        signers.check_changes(tally);
        signers.check_presence(verified, tally);
        times::check_presence(plans, verified, any_token, options, tally);
    }
    signers.check_signers(tally);
    skip_what_never_came(tally, held.is_empty(), any_token);
    let ground = Ground { history: &beside.history, keys: &beside.keys, told };
    let rows = anchors::check(&options.anchors, &ground, tally);
    let extended = || {
        let pairs = options.anchors.iter().zip(&rows);
        pairs.filter(|(_, row)| row.outcome == AnchorOutcome::Extends).map(|(anchor, _)| anchor.note())
    };
    let covering = rows
        .iter()
        .filter(|row| matches!(row.outcome, AnchorOutcome::Extends | AnchorOutcome::Members))
        .map(|row| row.size);
    let anchored = covering.max().unwrap_or(0);
    let mut seen = Seen::default();
    for held in held.iter().filter(|held| held.note.bound) {
        for (witness, time) in &held.note.cosigned {
            seen.add(held.note.size, witness, *time);
        }
    }
    for note in extended() {
        for witness in &options.witnesses {
            if let Ok(Some(time)) = note.cosignature(witness) {
                seen.add(note.checkpoint().size, witness, time);
            }
        }
    }
    let vouched: BTreeSet<u64> = held
        .iter()
        .filter(|held| held.note.bound && signers.is_vouched(&held.note))
        .map(|held| held.note.size)
        .collect();
    let carried = verified.iter().filter_map(|verified| verified.carried.as_ref()?.stamped.as_ref());
    let stamps: Vec<&Stamped> = carried.chain(&loose).collect();
    Proven {
        signed: if beside.history.is_one_package() { 0 } else { vouched.last().copied().unwrap_or(0) },
        stamps: stamps
            .iter()
            .filter(|stamp| stamp.authority.is_some() && vouched.contains(&stamp.size))
            .map(|stamp| (stamp.size, stamp.time))
            .collect(),
        anchored,
        proofs: Proofs {
            keys: key_rows(options, &beside.keys),
            checkpoint: newest(source, beside, plans, &held, &signers, options),
            anchors: rows,
            stamps: stamp_row(&stamps),
            witnesses: seen.check(options, tally),
        },
    }
}

/// A check that had nothing to be asked of is listed with why.
fn skip_what_never_came(tally: &mut Tally, no_note: bool, any_token: bool) {
    if no_note {
        for code in [Code::SigKey, Code::SigValid, Code::SigBind] {
            tally.skip_if_unasked(code, "the evidence holds no checkpoint that could be read");
        }
    }
    if !any_token {
        for code in [Code::TsValid, Code::TsImprint, Code::TsSkew, Code::TsLate] {
            tally.skip_if_unasked(code, "the evidence holds no token");
        }
    }
}

/// Reads files that lie beside the chain.
struct Files<'a> {
    source: &'a dyn Source,
    options: &'a Options,
    missing: &'a mut Vec<String>,
    tally: &'a mut Tally,
}

impl Files<'_> {
    fn read(&mut self, item: &Item, limit: u64) -> Option<Vec<u8>> {
        match self.source.read(item, limit) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                match unstable(&error, &item.name) {
                    Some(finding) => self.tally.fail(finding),
                    None => self.missing.push(described(&error)),
                }
                None
            }
        }
    }

    fn signed_note(&mut self, item: &Item) -> Option<SignedNote> {
        let place = Place { file: Some(item.name.clone()), ..Place::default() };
        if item.size > NOTE_BYTES as u64 {
            let message = "the checkpoint cannot be read";
            let (expected, found) = (format!("at most {NOTE_BYTES} bytes"), format!("{} bytes", item.size));
            self.tally.fail(Finding::new(Code::SigValid, place, expected, found, message));
            return None;
        }
        let bytes = self.read(item, NOTE_BYTES as u64)?;
        notes::parse(&bytes, &place, self.tally)
    }

    fn note(&mut self, item: &Item, beside: &Beside) -> Option<Note> {
        let note = self.signed_note(item)?;
        let sequence = note.checkpoint().size.saturating_sub(1);
        check_digits(item, ".checkpoint", sequence, self.tally);
        let place = Place { sequence: Some(sequence), file: Some(item.name.clone()), ..Place::default() };
        let (keys, history) = (&beside.keys, &beside.history);
        notes::judge(&note, &place, history.count, keys, history, self.tally)
    }
}

/// Tokens in files. One whose name has ten digits belongs to the note of that name, any other to the note it is over.
fn loose_stamps(beside: &Beside, held: &[Held], plans: &[Plan], reader: &mut Files<'_>) -> Vec<Stamped> {
    let by_imprint: BTreeMap<_, &Note> = held.iter().map(|held| (held.note.imprint, &held.note)).collect();
    let by_name: BTreeMap<u64, &Note> = held
        .iter()
        .filter_map(|held| {
            let Owner::File(index) = held.owner else { return None };
            Some((numbered(&beside.notes.get(index)?.name, ".checkpoint")?, &held.note))
        })
        .collect();
    let limit = reader.options.limits.token_bytes as u64;
    let mut stamps = Vec::new();
    for item in &beside.tokens {
        let named = numbered(&item.name, ".tsr");
        let place = Place { sequence: named, file: Some(item.name.clone()), ..Place::default() };
        if item.size > limit {
            let message = "the token is too large to be read, so it is nobody's";
            let (expected, found) = (format!("at most {limit} bytes"), format!("{} bytes", item.size));
            reader.tally.fail(Finding::new(Code::TsValid, place, expected, found, message));
            continue;
        }
        let Some(bytes) = reader.read(item, limit) else { continue };
        let own = named.and_then(|named| by_name.get(&named)).copied();
        let imprint = || crate::timestamp::Token::parse(&bytes, &reader.options.limits).ok()?.imprint();
        let over = || imprint().and_then(|imprint| by_imprint.get(&imprint).copied());
        let Some(note) = own.or_else(over) else {
            stray(&bytes, place, reader);
            continue;
        };
        stamps.extend(times::judge(&bytes, Some(note), &place, None, plans, reader.options, reader.tally));
    }
    stamps
}

/// A token that is over no note of the evidence, and beside none.
fn stray(bytes: &[u8], place: Place, reader: &mut Files<'_>) {
    let before = reader.tally.failures(Code::TsValid);
    times::judge(bytes, None, &place, None, &[], reader.options, reader.tally);
    if reader.tally.failures(Code::TsValid) == before || !reader.options.authorities.is_empty() {
        let message = "the token is over no checkpoint of this evidence";
        reader.tally.fail(Finding::new(Code::TsImprint, place, "a checkpoint it is over", "none", message));
    }
}

fn key_rows(options: &Options, keys: &ChainKeys) -> Vec<KeyRow> {
    let given = options.keys.iter().map(|given| KeyRow {
        key: given.key.to_string(),
        from: given.from,
        to: given.to,
        given: true,
    });
    let mut rows: Vec<KeyRow> = given.chain(keys.rows()).collect();
    rows.sort_by_key(|row| (row.from, !row.given));
    rows
}

fn stamp_row(stamps: &[&Stamped]) -> Option<StampRow> {
    if stamps.is_empty() {
        return None;
    }
    let sizes: BTreeMap<u64, bool> = stamps.iter().fold(BTreeMap::new(), |mut sizes, stamp| {
        *sizes.entry(stamp.size).or_default() |= stamp.authority.is_some();
        sizes
    });
    let valid = || stamps.iter().filter(|stamp| stamp.authority.is_some());
    let newest = valid().max_by_key(|stamp| stamp.time);
    Some(StampRow {
        tokens: sizes.len() as u64,
        valid: sizes.values().filter(|valid| **valid).count() as u64,
        newest_utc: newest.map(|stamp| stamp.time),
        authority: newest.and_then(|stamp| stamp.authority.clone()),
    })
}

/// The largest note that holds, one that the reader's keys vouch for before any other.
fn newest(
    source: &dyn Source,
    beside: &Beside,
    plans: &[Plan],
    held: &[Held],
    signers: &Signers<'_>,
    options: &Options,
) -> Option<CheckpointRow> {
    let in_file = |held: &Held| !matches!(held.owner, Owner::Record(_));
    let best = held
        .iter()
        .filter(|held| held.note.bound)
        .max_by_key(|held| (signers.is_vouched(&held.note), held.note.size, in_file(held)))?;
    let note = match best.owner {
        Owner::Bundle => beside.bundle.as_ref()?.note.clone()?,
        Owner::File(index) => {
            SignedNote::parse(&source.read(beside.notes.get(index)?, NOTE_BYTES as u64).ok()?).ok()?
        }
        Owner::Record(index) => {
            let plan = plans.get(index)?;
            let bytes = source.read(plan.package.as_ref()?, options.limits.package_bytes).ok()?;
            let opened = open::open(&bytes, plan, &options.limits, &mut Tally::default())?;
            SignedNote::parse(&opened.read(CHECKPOINT)?).ok()?
        }
    };
    // Read again: it must still be the one that was judged.
    let (size, root) = (note.checkpoint().size, note.checkpoint().root);
    let same = size == best.note.size && beside.history.root(size).is_none_or(|computed| computed == root);
    let note = String::from_utf8(note.to_bytes()).ok().filter(|_| same)?;
    Some(CheckpointRow { size, root, note })
}
