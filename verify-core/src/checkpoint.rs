//! Checkpoints: one short signed text that pins a whole chain (F-120 to F-124, F-133 to F-135).
//!
//! Nothing here is of our own making. The tree is that of RFC 6962, the texts are C2SP
//! `tlog-checkpoint`, `signed-note`, `tlog-cosignature` and `tlog-proof`, the signature is Ed25519
//! (RFC 8032), so every one of them can be read and checked by other tools.
//!
//! Each text is accepted in exactly one spelling: what was parsed is written back byte for byte, or
//! it was refused. Signatures are judged strictly ([`VerifierKey::verify`]). This module holds no
//! private key, signs nothing, and says nothing about which key is good for which record: it only
//! tells whether a text is well formed and whether a given key signed it.

mod base64;
pub mod error;
pub mod key;
pub mod leaves;
pub mod note;
pub mod proof;
mod read;
pub mod text;
pub mod tree;
pub mod witness;

#[cfg(test)]
mod tests;

pub use error::{BadSignature, NoteError};
pub use key::{KeyError, KeyId, KeyKind, VerifierKey};
pub use leaves::{parse_leaves, write_leaves};
pub use note::{SignatureLine, SignatureState, SignedNote, log_signature_line};
pub use proof::InclusionProof;
pub use text::Checkpoint;
pub use witness::{cosignature_line, cosigned_message};
