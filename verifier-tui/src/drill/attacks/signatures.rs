//! Attacks on signed chains: on checkpoints and on the key. The forger holds no key of the chain, only one of
//! their own making; on a chain without checkpoints these attacks are not evaluated.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use verify_core::checkpoint::{
    Checkpoint, KeyKind, SignatureLine, SignedNote, VerifierKey, log_signature_line, tree,
};
use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::model::{Kind, Origin};
use verify_core::source::Overlay;
use verify_core::verify::Group;

use super::super::attack::{Attack, Attempt};
use super::super::evidence::{Entry, Evidence};
use super::super::forge::{Obstacle, Record, at};
use super::super::rewrite::Links;
use super::documents::{attempt, place_of, rewritten, sequence};
use super::manifest::{change, later};

const SIGNATURES: &[Group] = &[Group::Signatures];

pub(in super::super) const ALTERED_SIGNATURE: Attack = Attack {
    name: "altered-signature",
    title: "one bit of a checkpoint's signature is flipped",
    wants: "a checkpoint that a lenient reader takes for signed",
    expects: &[Code::SigValid],
    groups: SIGNATURES,
    commit: altered_signature,
};
pub(in super::super) const REWRITTEN_UNDER_SIGNATURE: Attack = Attack {
    name: "rewritten-under-signature",
    title: "history is rewritten beneath its checkpoints, which stay as they were",
    wants: "genuine signatures over another history",
    expects: &[Code::SigBind],
    groups: SIGNATURES,
    commit: |evidence| {
        newest_note(evidence)?;
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        let field = "/retention_until";
        let done = change(&mut record, field, |value| later(value).into())?;
        rewritten(evidence, index, record, "manifest.json", field, done)
    },
};
pub(in super::super) const REMOVED_CHECKPOINT: Attack = Attack {
    name: "removed-checkpoint",
    title: "a record's checkpoint is taken out, every hash repaired and the chain rewritten",
    wants: "a record that nobody signed for, in a chain that looks signed",
    expects: &[Code::SigPresent],
    groups: SIGNATURES,
    commit: |evidence| {
        newest_note(evidence)?;
        let index = evidence.ordinary()?;
        let mut record = Record::open(evidence, index)?;
        record.read(CHECKPOINT)?;
        record.remove(CHECKPOINT);
        record.remove(TOKEN);
        *at(&mut record.manifest, "/omissions")? = json!([]);
        record.repair()?;
        let done = "the member checkpoint was taken out".to_owned();
        rewritten(evidence, index, record, CHECKPOINT, "", done)
    },
};
pub(in super::super) const ANOTHER_KEY: Attack = Attack {
    name: "another-key",
    title: "the whole chain is made anew and signed with a key of the forger's own",
    wants: "a chain that agrees with the key found in it",
    expects: &[Code::SigKey],
    groups: SIGNATURES,
    commit: another_key,
};
/// Member with the note over the records before (F-127).
const CHECKPOINT: &str = "checkpoint";
/// Member with the token over that note (F-130).
pub(super) const TOKEN: &str = "checkpoint.tsr";

fn unsigned() -> Obstacle {
    Obstacle::Absent("the chain is not signed: it has no checkpoints".to_owned())
}

fn newest_note(evidence: &Evidence) -> Result<(&Entry, &str, SignedNote), Obstacle> {
    let notes = evidence.entries.iter().rev().filter_map(|entry| {
        let name = entry.note.as_deref()?;
        let note = SignedNote::parse(evidence.base.files.get(name)?).ok()?;
        Some((entry, name, note))
    });
    notes.into_iter().next().ok_or_else(unsigned)
}

fn altered_signature(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (entry, name, note) = newest_note(evidence)?;
    let mut altered = SignedNote::new(note.checkpoint());
    let wrong = |error| Obstacle::Failed(format!("a signature line cannot be written: {error}"));
    for (index, line) in note.lines().iter().enumerate() {
        let mut signature = line.signature.clone();
        if let (0, Some(byte)) = (index, signature.first_mut()) {
            *byte ^= 1;
        }
        altered.add(SignatureLine::new(&line.name, line.key_id, signature).map_err(wrong)?);
    }
    let mut overlay = Overlay::new(&evidence.base);
    overlay.put(name, altered.to_bytes());
    let done = "the lowest bit of the first byte of the first signature was flipped".to_owned();
    Ok(attempt(overlay, entry.sequence, name.to_owned(), "", "", done))
}

/// The forger's key, under the chain's own name.
struct Forger {
    secret: SigningKey,
    key: VerifierKey,
    origin: Origin,
}

impl Forger {
    fn of(origin: Origin) -> Result<Self, Obstacle> {
        let secret = SigningKey::from_bytes(&[0x66; 32]);
        let key = VerifierKey::new(KeyKind::Log, origin.as_ref(), secret.verifying_key().to_bytes())
            .map_err(|error| Obstacle::Failed(format!("a key cannot be made: {error}")))?;
        Ok(Self { secret, key, origin })
    }

    /// The note over the first `size` leaves.
    fn note(&self, leaves: &[Digest], size: u64) -> Result<Vec<u8>, Obstacle> {
        let under = usize::try_from(size).ok().and_then(|size| leaves.get(..size));
        let root = under.and_then(tree::root);
        let root = root.ok_or_else(|| Obstacle::Absent(format!("a checkpoint covers {size} records")))?;
        let mut note = SignedNote::new(&Checkpoint { origin: self.origin.clone(), size, root });
        let signature = self.secret.sign(note.text().as_bytes()).to_bytes();
        note.add(log_signature_line(&self.key, signature));
        Ok(note.to_bytes())
    }
}

fn another_key(evidence: &Evidence) -> Result<Attempt<'_>, Obstacle> {
    let (_, _, note) = newest_note(evidence)?;
    if evidence.options.keys.is_empty() {
        return Err(Obstacle::Needs {
            options: &["--key"],
            why: "evidence alone cannot tell another key from the right one; give the key that you were handed",
        });
    }
    if evidence.entries.iter().any(|entry| entry.kind == Kind::KeyChange) {
        return Err(Obstacle::Absent("the chain changes its key, which this forger cannot".to_owned()));
    }
    let forger = Forger::of(note.checkpoint().origin.clone())?;
    let mut overlay = Overlay::new(&evidence.base);
    let (mut links, mut leaves) = (Links::default(), Vec::new());
    let mut file = None;
    for (index, entry) in evidence.entries.iter().enumerate() {
        let mut record = Record::open(evidence, index)?;
        if entry.kind == Kind::Genesis {
            let mut genesis = record.json("genesis.json")?;
            *at(&mut genesis, "/genesis/log_key")? = forger.key.to_string().into();
            record.put_json("genesis.json", &genesis)?;
            file = Some(place_of(&record)?);
        }
        if let Ok(carried) = record.read(CHECKPOINT) {
            let carried = SignedNote::parse(&carried).map_err(|_| unsigned())?;
            record.put(CHECKPOINT, forger.note(&leaves, carried.checkpoint().size)?);
            record.remove(TOKEN);
        }
        record.repair()?;
        links.set(&mut record)?;
        let manifest = record.write(&mut overlay)?;
        links.pass(&record, &manifest);
        leaves.push(tree::leaf(&manifest));
        if let Some(name) = &entry.note {
            overlay.put(name.as_str(), forger.note(&leaves, entry.sequence + 1)?);
        }
        if let Some(name) = &entry.token {
            overlay.remove(name.as_str());
        }
    }
    let file = file.ok_or_else(|| Obstacle::Absent("the genesis is not there as it is".to_owned()))?;
    let done = format!("every record was linked and signed again with {}", forger.key);
    Ok(attempt(overlay, sequence(evidence, 0), file, "genesis.json", "/genesis/log_key", done))
}
