//! Signed notes: a checkpoint with the lines of those who signed it (C2SP `signed-note`, F-122, F-124).
//!
//! Reading a note proves nothing about it. [`SignedNote::check`] asks for one key at a time, and
//! its answer is about that key alone: lines of other keys say nothing, for or against.

use super::base64;
use super::error::{BadSignature, NoteError, shortened};
use super::key::{KeyId, KeyKind, VerifierKey, is_name};
use super::read::{Lines, plain_text, refused};
use super::text::Checkpoint;
use super::witness;

/// Most bytes of a note (F-122).
pub const NOTE_BYTES: usize = 64 << 10;
/// Most signature lines of a note (F-122).
pub const SIGNATURE_LINES: usize = 100;

const SIGNATURE: &str = "a signature line `— <name> <base64 of key id and signature>`";

/// One signature line. Made by reading a note, from a key, or by [`SignatureLine::new`], so that it
/// can always be written and read again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureLine {
    /// Name of the key that is said to have signed.
    pub name: String,
    /// Id of that key.
    pub key_id: KeyId,
    /// What follows the key id: 64 bytes of a log, 72 of a witness, anything from unknown keys.
    pub signature: Vec<u8>,
}

impl SignatureLine {
    /// A line of any key, known or not. The signature is not checked, but must not be empty.
    pub fn new(name: &str, key_id: KeyId, signature: Vec<u8>) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Name { found: shortened(name) });
        }
        if signature.is_empty() {
            return Err(NoteError::NoSignature);
        }
        Ok(Self { name: name.to_owned(), key_id, signature })
    }

    /// A line of `key` with the bytes that follow the key id.
    pub(super) fn of(key: &VerifierKey, signature: Vec<u8>) -> Self {
        Self { name: key.name().to_owned(), key_id: key.id(), signature }
    }

    fn parse(line: usize, text: &str) -> Result<Self, NoteError> {
        let (name, encoded) = text
            .strip_prefix("— ")
            .and_then(|rest| rest.split_once(' '))
            .filter(|(name, _)| is_name(name))
            .ok_or_else(|| refused(line, SIGNATURE, text))?;
        let bytes = base64::decode(encoded).map_err(|source| NoteError::Base64 { line, source })?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => Ok(Self {
                name: name.to_owned(),
                key_id: KeyId::from_bytes(*id),
                signature: signature.to_vec(),
            }),
            _ => Err(refused(line, SIGNATURE, text)),
        }
    }

    fn write(&self, out: &mut String) {
        let bytes = [self.key_id.as_bytes().as_slice(), &self.signature].concat();
        for part in ["— ", &self.name, " ", &base64::encode(&bytes), "\n"] {
            out.push_str(part);
        }
    }

    fn is_of(&self, key: &VerifierKey) -> bool {
        self.key_id == key.id() && self.name == key.name()
    }
}

/// The line of a log's key with its Ed25519 signature over [`SignedNote::text`].
#[must_use]
pub fn log_signature_line(key: &VerifierKey, signature: [u8; 64]) -> SignatureLine {
    SignatureLine::of(key, signature.to_vec())
}

/// What a note says about one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureState {
    /// The key signed this checkpoint.
    Signed,
    /// There is no line of this key.
    NotSigned,
    /// There is a line of this key, and it is bad: the whole note is refused.
    Bad(BadSignature),
}

/// A checkpoint and its signature lines, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    checkpoint: Checkpoint,
    text: String,
    lines: Vec<SignatureLine>,
}

impl SignedNote {
    /// Reads a note with at least one signature line; `to_bytes()` of the result is `bytes` again.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        Self::read(&mut Lines::new(plain_text(bytes, NOTE_BYTES)?, 1), true)
    }

    /// Reads a checkpoint that the reader kept: as [`Self::parse`], but it needs no signature line (F-133).
    pub fn parse_kept(bytes: &[u8]) -> Result<Self, NoteError> {
        Self::read(&mut Lines::new(plain_text(bytes, NOTE_BYTES)?, 1), false)
    }

    /// Reads all that is left of a text already known to be plain.
    pub(super) fn read(lines: &mut Lines<'_>, signed: bool) -> Result<Self, NoteError> {
        let mut note = Self::new(&Checkpoint::read(lines)?);
        lines.exactly("", "an empty line")?;
        while !lines.is_empty() || (signed && note.lines.is_empty()) {
            let (line, text) = lines.next(SIGNATURE)?;
            if note.lines.len() == SIGNATURE_LINES {
                return Err(NoteError::TooMany { what: "signature lines", limit: SIGNATURE_LINES });
            }
            note.lines.push(SignatureLine::parse(line, text)?);
        }
        Ok(note)
    }

    /// The note of `checkpoint`, which nobody has signed yet.
    #[must_use]
    pub fn new(checkpoint: &Checkpoint) -> Self {
        Self { checkpoint: checkpoint.clone(), text: checkpoint.text(), lines: Vec::new() }
    }

    /// Adds a line at the end. Beyond [`SIGNATURE_LINES`] and [`NOTE_BYTES`] nobody will read the note.
    pub fn add(&mut self, line: SignatureLine) {
        self.lines.push(line);
    }

    /// The checkpoint's three lines: what a log's key signs.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is pinned.
    #[must_use]
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signature lines in their order, none of them checked.
    #[must_use]
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// The whole note: text, empty line, signature lines.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.written(|_| true)
    }

    /// What a timestamp is taken over: as [`Self::to_bytes`], but only the lines whose name is the
    /// origin, so that cosignatures added later do not change it (F-130).
    #[must_use]
    pub fn imprint_bytes(&self) -> Vec<u8> {
        self.written(|line| line.name == self.checkpoint.origin.as_str())
    }

    fn written(&self, chosen: impl Fn(&SignatureLine) -> bool) -> Vec<u8> {
        let mut out = format!("{}\n", self.text);
        self.lines.iter().filter(|line| chosen(line)).for_each(|line| line.write(&mut out));
        out.into_bytes()
    }

    /// Whether `key`, of a log or of a witness, signed this note (F-124, F-134).
    ///
    /// The name of the key is not compared with the origin: a note may carry lines of others.
    #[must_use]
    pub fn check(&self, key: &VerifierKey) -> SignatureState {
        let judged = self.line_of(key).map(|found| match (found, key.kind()) {
            (None, _) => Ok(false),
            (Some(line), KeyKind::Log) => self.check_log(key, line).map(|()| true),
            (Some(line), KeyKind::Witness) => witness::check(self.text(), key, line).map(|_| true),
        });
        match judged.and_then(|result| result) {
            Ok(true) => SignatureState::Signed,
            Ok(false) => SignatureState::NotSigned,
            Err(reason) => SignatureState::Bad(reason),
        }
    }

    fn check_log(&self, key: &VerifierKey, line: &SignatureLine) -> Result<(), BadSignature> {
        match line.signature.len() {
            64 if key.verify(self.text.as_bytes(), &line.signature) => Ok(()),
            64 => Err(BadSignature::Equation),
            found => Err(BadSignature::Length { expected: 64, found }),
        }
    }

    /// The one line of `key`, if there is one: a key never signs twice.
    pub(super) fn line_of(&self, key: &VerifierKey) -> Result<Option<&SignatureLine>, BadSignature> {
        let mut found = self.lines.iter().filter(|line| line.is_of(key));
        match (found.next(), found.count()) {
            (_, more @ 1..) => Err(BadSignature::Repeated { found: more + 1 }),
            (line, _) => Ok(line),
        }
    }
}
