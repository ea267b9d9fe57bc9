//! A key whose text this process holds: `PRIVATE+KEY+<name>+<key id>+<base64(0x01 ‖ seed)>`.
//!
//! It is the form of Go's `golang.org/x/mod/sumdb/note`, which other tools of transparency logs read
//! and write too. The text and everything made of it is wiped from memory when it is dropped.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use verify_core::checkpoint::{KeyError, KeyKind, VerifierKey};
use zeroize::Zeroizing;

use super::{KeyTextError, SignError, Signer};
use crate::secret::Secret;

/// Type and seed.
const KEY_BYTES: usize = 33;

/// A private Ed25519 key with its name. `Debug` shows the public half alone.
pub struct PrivateKey {
    key: VerifierKey,
    signing: SigningKey,
}

impl PrivateKey {
    /// The key named `name` that `seed` makes (RFC 8032 section 5.1.5).
    pub fn from_seed(name: &str, seed: &Zeroizing<[u8; 32]>) -> Result<Self, KeyError> {
        let signing = SigningKey::from_bytes(seed);
        let key = VerifierKey::new(KeyKind::Log, name, signing.verifying_key().to_bytes())?;
        Ok(Self { key, signing })
    }

    /// Reads the text form.
    pub fn parse(text: &Secret) -> Result<Self, KeyTextError> {
        let mut parts = text.expose().splitn(5, '+');
        let (Some("PRIVATE"), Some("KEY"), Some(name), Some(id), Some(encoded)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(KeyTextError::Parts);
        };
        let mut bytes = Zeroizing::new([0_u8; KEY_BYTES]);
        match STANDARD.decode_slice(encoded, bytes.as_mut_slice()) {
            Ok(KEY_BYTES) => {}
            Ok(_) | Err(base64::DecodeSliceError::OutputSliceTooSmall) => return Err(KeyTextError::Kind),
            Err(base64::DecodeSliceError::DecodeError(_)) => return Err(KeyTextError::Base64),
        }
        let [kind, seed @ ..] = &*bytes;
        if *kind != KeyKind::Log.type_byte() {
            return Err(KeyTextError::Kind);
        }
        let private = Self::from_seed(name, &Zeroizing::new(*seed)).map_err(KeyTextError::Name)?;
        let expected = private.key.id().to_string();
        if id == expected {
            Ok(private)
        } else {
            Err(KeyTextError::Id { expected, found: id.chars().take(8).collect() })
        }
    }

    /// The text form, for a file only its owner may read.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        let mut bytes = Zeroizing::new([KeyKind::Log.type_byte(); KEY_BYTES]);
        let (_, seed) = bytes.split_at_mut(1);
        seed.copy_from_slice(Zeroizing::new(self.signing.to_bytes()).as_slice());
        let mut text = Zeroizing::new(String::with_capacity(self.key.name().len() + 96));
        for part in ["PRIVATE+KEY+", self.key.name(), "+", &self.key.id().to_string(), "+"] {
            text.push_str(part);
        }
        STANDARD.encode_string(bytes.as_slice(), &mut text);
        Secret::new(std::mem::take(&mut text))
    }

    /// The public half.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// Signs in this process.
#[derive(Debug)]
pub struct LocalSigner(PrivateKey);

impl LocalSigner {
    /// A signer with `key`.
    #[must_use]
    pub const fn new(key: PrivateKey) -> Self {
        Self(key)
    }
}

impl Signer for LocalSigner {
    fn key(&self) -> &VerifierKey {
        &self.0.key
    }

    fn sign(&self, text: &[u8]) -> Result<[u8; 64], SignError> {
        Ok(self.0.signing.sign(text).to_bytes())
    }
}

/// Writes the text of `private` to a new file that only its owner may read; an existing one is never touched.
///
/// A missing folder is made. A file that could not be written to its end is removed: half a key is none.
pub fn write_key_file(path: &Path, private: &PrivateKey) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let text = private.to_text();
    let written = file
        .write_all(text.expose().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all());
    if written.is_err() {
        drop(file);
        // The first error is the one to tell; what is left of the file is no key either way.
        let _ = std::fs::remove_file(path);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key pair and signature of the package documentation of `golang.org/x/mod/sumdb/note`.
    const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNATURE: &str =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    fn parse(text: &str) -> Result<PrivateKey, KeyTextError> {
        PrivateKey::parse(&Secret::new(text.to_owned()))
    }

    #[test]
    fn the_key_and_signature_of_another_implementation_are_ours() {
        let private = parse(PRIVATE).unwrap();
        assert_eq!(private.key().to_string(), PUBLIC);
        assert_eq!(private.to_text().expose(), PRIVATE);
        let signature = LocalSigner::new(private).sign(TEXT.as_bytes()).unwrap();
        let expected = STANDARD.decode(SIGNATURE).unwrap();
        assert_eq!(signature.as_slice(), &expected[4..]);
    }

    #[test]
    fn nothing_of_the_private_half_is_shown() {
        let private = parse(PRIVATE).unwrap();
        let shown = format!("{private:?} {:?}", private.to_text());
        assert!(shown.contains(PUBLIC) && !shown.contains("AYEK"), "{shown}");
    }

    #[test]
    fn texts_that_are_no_key_are_refused_without_being_repeated() {
        let cases = [
            ("", "expected PRIVATE+KEY"),
            (PUBLIC, "expected PRIVATE+KEY"),
            ("PRIVATE+KEY+PeterNeumann+c74f20a3", "expected PRIVATE+KEY"),
            (&PRIVATE.replace("c74f", "c74e"), "expected key id c74f20a3"),
            (&PRIVATE.replace("AYEK", "AYEL"), "expected key id"),
            (&PRIVATE.replace("AYEK", "AoEK"), "expected an Ed25519 key"),
            (&PRIVATE.replace("KDFz", ""), "expected an Ed25519 key"),
            (&format!("{PRIVATE}AAAA"), "expected an Ed25519 key"),
            (&PRIVATE.replace("KDFz", "KD!z"), "not base64"),
            (&PRIVATE.replace("PeterN", "Peter N"), "name of the private key is refused"),
        ];
        for (text, words) in cases {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(words), "{words}: {error}");
            assert!(!format!("{error:?}").contains("FALVFGyN"), "{error:?}");
        }
    }
}
