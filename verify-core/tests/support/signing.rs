//! Keys of logs and witnesses for tests, made from one byte, and what they sign.

use ed25519_dalek::{Signer as _, SigningKey};
use verify_core::checkpoint::{
    Checkpoint, KeyKind, SignedNote, VerifierKey, cosignature_line, cosigned_message, log_signature_line,
};
use verify_core::time::UtcTime;

/// A key pair with its name.
#[derive(Clone)]
pub(crate) struct Signer {
    secret: SigningKey,
    pub(crate) key: VerifierKey,
}

impl Signer {
    /// The key of the log `origin`.
    pub(crate) fn log(origin: &str, seed: u8) -> Self {
        Self::of(KeyKind::Log, origin, seed)
    }

    /// The key of a witness.
    pub(crate) fn witness(name: &str, seed: u8) -> Self {
        Self::of(KeyKind::Witness, name, seed)
    }

    fn of(kind: KeyKind, name: &str, seed: u8) -> Self {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let key = VerifierKey::new(kind, name, secret.verifying_key().to_bytes()).unwrap();
        Self { secret, key }
    }

    /// Adds the log's line.
    pub(crate) fn sign(&self, note: &mut SignedNote) {
        let signature = self.secret.sign(note.text().as_bytes());
        note.add(log_signature_line(&self.key, signature.to_bytes()));
    }

    /// Adds the witness's line.
    pub(crate) fn cosign(&self, note: &mut SignedNote, time: UtcTime) {
        let seconds = u64::try_from(time.unix()).unwrap();
        let signature = self.secret.sign(&cosigned_message(note.text(), seconds));
        note.add(cosignature_line(&self.key, seconds, signature.to_bytes()));
    }
}

/// The note of `checkpoint`, signed by each of the keys.
pub(crate) fn signed(checkpoint: &Checkpoint, signers: &[&Signer]) -> SignedNote {
    let mut note = SignedNote::new(checkpoint);
    for signer in signers {
        signer.sign(&mut note);
    }
    note
}
