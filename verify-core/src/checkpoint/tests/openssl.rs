//! Both directions with an independent implementation, and the steps by which a person checks a chain by hand.

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "../../../tests/support/by_hand.rs"]
mod by_hand;

use by_hand::Block;

use super::{ORIGIN, checkpoint, pair, signed_note};
use crate::checkpoint::tree::{leaf, root};
use crate::checkpoint::{
    Checkpoint, KeyKind, SignatureState, SignedNote, VerifierKey, cosignature_line, log_signature_line,
};

/// Runs `openssl` in `folder`; whether it succeeded. A machine without it fails the test.
fn openssl(folder: &Path, arguments: &[&str]) -> bool {
    Command::new("openssl").current_dir(folder).args(arguments).output().unwrap().status.success()
}

const VERIFY: [&str; 10] =
    ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "key.pem", "-sigfile", "sig.bin", "-in", "text.bin"];

#[test]
fn openssl_verifies_what_this_format_signs() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let (_, key) = pair(KeyKind::Log, ORIGIN, 1);
    let note = signed_note(7, 1);
    write("key.pem", key.public_pem().as_bytes());
    write("sig.bin", &note.lines()[0].signature);
    write("text.bin", note.text().as_bytes());
    assert!(openssl(folder.path(), &VERIFY));
    write("text.bin", checkpoint(8).text().as_bytes());
    assert!(!openssl(folder.path(), &VERIFY), "another checkpoint");
}

#[test]
fn what_openssl_signs_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(openssl(folder.path(), &["genpkey", "-algorithm", "ed25519", "-out", "private.pem"]));
    let export = ["pkey", "-in", "private.pem", "-pubout", "-out", "public.pem"];
    assert!(openssl(folder.path(), &export));
    assert!(openssl(
        folder.path(),
        &[&export[..3], &["-pubout", "-outform", "DER", "-out", "public.der"]].concat()
    ));
    let der = fs::read(path("public.der")).unwrap();
    let public: [u8; 32] = *der.last_chunk().unwrap();
    let sign = |message: &[u8]| -> [u8; 64] {
        fs::write(path("message"), message).unwrap();
        let arguments =
            ["pkeyutl", "-sign", "-rawin", "-inkey", "private.pem", "-in", "message", "-out", "signature"];
        assert!(openssl(folder.path(), &arguments));
        fs::read(path("signature")).unwrap().try_into().unwrap()
    };

    let log = VerifierKey::new(KeyKind::Log, ORIGIN, public).unwrap();
    assert_eq!(log.public_pem(), fs::read_to_string(path("public.pem")).unwrap());
    let witness = VerifierKey::new(KeyKind::Witness, "witness.example.com", public).unwrap();
    let mut note = SignedNote::new(&checkpoint(7));
    note.add(log_signature_line(&log, sign(note.text().as_bytes())));
    let message = format!("cosignature/v1\ntime 1715760000\n{}", note.text());
    note.add(cosignature_line(&witness, 1_715_760_000, sign(message.as_bytes())));
    assert_eq!(note.check(&log), SignatureState::Signed);
    assert_eq!(note.cosignature(&witness), Ok(Some("2024-05-15T08:00:00Z".parse().unwrap())));
}

#[test]
fn a_chain_is_checked_by_hand_with_a_shell() {
    use ed25519_dalek::Signer as _;

    let folder = tempfile::tempdir().unwrap();
    let chain = folder.path().join("chain");
    fs::create_dir(&chain).unwrap();
    let manifests: Vec<String> = (0..4).map(|number| format!("{{\"sequence\":{number}}}")).collect();
    for (number, manifest) in manifests.iter().enumerate() {
        fs::write(chain.join(format!("{number:010}.json")), manifest).unwrap();
    }
    let leaves: Vec<_> = manifests.iter().map(|manifest| leaf(manifest.as_bytes())).collect();
    let pinned = Checkpoint { root: root(&leaves).unwrap(), ..checkpoint(4) };
    let (signing, key) = pair(KeyKind::Log, ORIGIN, 1);
    let mut note = SignedNote::new(&pinned);
    note.add(log_signature_line(&key, signing.sign(note.text().as_bytes()).to_bytes()));
    fs::write(chain.join("0000000003.checkpoint"), note.to_bytes()).unwrap();

    let block = Block::checkpoint().with_key(&key.to_string());
    let run = || block.run(folder.path());
    let expected = format!("{}\nSignature Verified Successfully\nsame\n", key.id());
    assert_eq!(block.printed(), expected);
    assert_eq!(run(), (true, expected));

    fs::write(chain.join("0000000001.json"), "{\"sequence\":9}").unwrap();
    let (_, altered) = run();
    assert!(altered.contains("Verified Successfully"), "{altered}");
    assert!(!altered.contains("same"), "a changed record changes the root: {altered}");
    let forged = String::from_utf8(note.to_bytes()).unwrap().replacen("\n4\n", "\n5\n", 1);
    fs::write(chain.join("0000000003.checkpoint"), forged).unwrap();
    assert!(!run().1.contains("Verified Successfully"), "a changed checkpoint is not signed");
}
