//! What checkpoints accept, refuse and prove: known answers from RFC 8032, from certificate
//! transparency, from public logs and witnesses and from the Go checksum database, then attacks on each text.

mod key;
mod note;
mod openssl;
mod proof;
mod signature;
mod tree;
mod witness;

use ed25519_dalek::{Signer as _, SigningKey};

use super::{Checkpoint, KeyKind, SignedNote, VerifierKey, log_signature_line};
use crate::digest::Digest;

const ORIGIN: &str = "evidence.example.com/acme/production";

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2));
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// A private key and its public half under `name`.
fn pair(kind: KeyKind, name: &str, seed: u8) -> (SigningKey, VerifierKey) {
    let signing = SigningKey::from_bytes(&[seed; 32]);
    let public = VerifierKey::new(kind, name, signing.verifying_key().to_bytes()).unwrap();
    (signing, public)
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint { origin: ORIGIN.parse().unwrap(), size, root: Digest::of(&size.to_be_bytes()) }
}

/// A note that the log's key number `seed` signed.
fn signed_note(size: u64, seed: u8) -> SignedNote {
    let mut note = SignedNote::new(&checkpoint(size));
    let (signing, public) = pair(KeyKind::Log, ORIGIN, seed);
    note.add(log_signature_line(&public, signing.sign(note.text().as_bytes()).to_bytes()));
    note
}
