//! Signed checkpoints as the collector makes and carries them, judged from the files alone: roots are
//! computed anew from RFC 6962's definition, signatures by `openssl`, failures by a signer that fails.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use collector::demo::runner::{Demo, DemoError, demo_key};
use collector::nonce::GeneratedNonces;
use collector::notes::{HeldNote, NotesError, stand};
use collector::session::SessionError;
use collector::signing::{KeyMismatch, Keyring, LocalSigner, SignError, Signer};
use collector::store::{Attachment, DirStore, Store};
use verify_core::checkpoint::{SignatureState, SignedNote, VerifierKey};
use verify_core::digest::{Digest, Hasher};
use verify_core::limits::Limits;
use verify_core::model::{Manifest, Proof, Sequence};
use verify_core::package::{Inflater, scan};

#[path = "support/runs.rs"]
mod support;

use support::{against, files, plan, play, runtime, verified};

/// Seed of the plans of these tests, and so of the demo's key.
const SEED: u64 = 7;

fn key() -> VerifierKey {
    demo_key(SEED).unwrap().key().clone()
}

/// The first days of the default month in a folder of their own.
fn days(number: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut demo = Demo::begin(plan(root.clone(), number)).unwrap();
    play(&mut demo);
    demo.end().unwrap();
    (folder, root)
}

fn manifests(root: &Path) -> Vec<Vec<u8>> {
    let store = DirStore::new(root);
    (0..store.records().unwrap()).map(|sequence| store.manifest(Sequence(sequence)).unwrap()).collect()
}

fn note(root: &Path, sequence: u64) -> SignedNote {
    let bytes = DirStore::new(root).attachment(Sequence(sequence), Attachment::Checkpoint).unwrap().unwrap();
    SignedNote::parse(&bytes).unwrap()
}

/// A member of the package of record `sequence`.
fn member(root: &Path, sequence: u64, name: &str) -> Option<Vec<u8>> {
    let store = DirStore::new(root);
    let manifest: Manifest = serde_json::from_slice(&store.manifest(Sequence(sequence)).unwrap()).unwrap();
    let package = store.package(&manifest.payload_path).unwrap();
    let container = scan(&package, &Limits::default()).unwrap();
    container.member(name).map(|member| Inflater::new().read(member).unwrap().0)
}

/// RFC 6962, section 2.1, as it is written there: the largest power of two below the number splits.
fn merkle_tree_hash(manifests: &[Vec<u8>]) -> Digest {
    let mut hasher = Hasher::new();
    if let [manifest] = manifests {
        hasher.update(&[0]);
        hasher.update(manifest);
    } else {
        let split = manifests.len().next_power_of_two() / 2;
        let (left, right) = manifests.split_at(split);
        hasher.update(&[1]);
        hasher.update(merkle_tree_hash(left).as_bytes());
        hasher.update(merkle_tree_hash(right).as_bytes());
    }
    hasher.finish().0
}

#[test]
fn every_record_has_its_note_and_carries_that_of_the_record_before() {
    let (_folder, root) = days(4);
    let manifests = manifests(&root);
    assert_eq!(manifests.len(), 6);
    for sequence in 0..6_u64 {
        let note = note(&root, sequence);
        let known = manifests.get(..=usize::try_from(sequence).unwrap()).unwrap();
        assert_eq!(note.checkpoint().size, sequence + 1);
        assert_eq!(note.checkpoint().root, merkle_tree_hash(known), "record {sequence}");
        assert_eq!(note.check(&key()), SignatureState::Signed);
        assert_eq!(note.lines().len(), 1);
        let carried = member(&root, sequence, "checkpoint");
        let before = sequence.checked_sub(1).map(|before| self::note(&root, before).to_bytes());
        assert_eq!(carried, before, "record {sequence}");
        assert_eq!(member(&root, sequence, "checkpoint.tsr"), None);
    }
    let genesis: serde_json::Value =
        serde_json::from_slice(&member(&root, 0, "genesis.json").unwrap()).unwrap();
    assert_eq!(genesis.pointer("/genesis/log_key").unwrap(), &key().to_string());
    assert_eq!(against(&verified(&root)), [""; 0]);
}

#[test]
fn openssl_verifies_a_checkpoint_and_refuses_a_changed_one() {
    let (folder, root) = days(1);
    let note = note(&root, 2);
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("key.pem"), key().public_pem()).unwrap();
    std::fs::write(place("signature"), &note.lines().first().unwrap().signature).unwrap();
    let verify = |text: &str| {
        std::fs::write(place("text"), text).unwrap();
        Command::new("openssl")
            .current_dir(folder.path())
            .args("pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature".split(' '))
            .output()
            .unwrap()
    };
    let good = verify(note.text());
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    assert!(!verify(&note.text().replace("\n3\n", "\n4\n")).status.success());
}

/// Signs but when it is told to fail.
struct Failing {
    inner: LocalSigner,
    /// Failures left.
    failures: AtomicU32,
    /// Whether it signs wrongly instead of not at all.
    wrongly: bool,
}

impl Failing {
    fn times(failures: u32) -> Arc<Self> {
        let inner = LocalSigner::new(demo_key(SEED).unwrap());
        Arc::new(Self { inner, failures: AtomicU32::new(failures), wrongly: false })
    }
}

impl Signer for Failing {
    fn key(&self) -> &VerifierKey {
        self.inner.key()
    }
    fn sign(&self, text: &[u8]) -> Result<[u8; 64], SignError> {
        let left = self.failures.load(Ordering::SeqCst);
        if left == 0 {
            return self.inner.sign(text);
        }
        self.failures.store(left - 1, Ordering::SeqCst);
        if self.wrongly {
            return self.inner.sign(b"something else");
        }
        Err(SignError::Service { service: "the test", message: "answers 503".to_owned(), passing: true })
    }
}

#[test]
fn a_cycle_is_sealed_with_a_declared_omission_while_the_key_cannot_sign() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("evidence");
    let mut demo = Demo::begin(plan(root.clone(), 4)).unwrap();
    runtime().block_on(demo.play(1)).unwrap();
    // Fails for the note of record 3 after its commit, and again before record 4 is sealed.
    demo.set_keys(Keyring::of(Failing::times(2)));
    let second = runtime().block_on(demo.play(2)).unwrap();
    let second = second.report().unwrap();
    assert_eq!((second.sequence, second.checkpoint.as_deref()), (Sequence(3), None));
    assert_eq!(second.omissions, []);
    assert!(second.warnings.iter().any(|told| told.contains("answers 503") && told.contains("next run")));
    assert_eq!(collector::exit::Ending::Attention, second.ending(&[]));
    let third = runtime().block_on(demo.play(3)).unwrap();
    let third = third.report().unwrap();
    assert_eq!(third.checkpoint.as_deref(), Some("chain/0000000004.checkpoint"));
    let omission = third.omissions.first().unwrap();
    assert_eq!((third.omissions.len(), omission.proof), (1, Proof::Checkpoint));
    assert!(omission.reason.contains("answers 503"), "{}", omission.reason);
    let fourth = runtime().block_on(demo.play(4)).unwrap();
    assert_eq!((&fourth.report().unwrap().omissions, &fourth.report().unwrap().warnings), (&vec![], &vec![]));
    demo.end().unwrap();
    // Record 4 carries the newest note there was, and the note that failed was never made up for.
    assert_eq!(member(&root, 4, "checkpoint"), Some(note(&root, 2).to_bytes()));
    assert_eq!(member(&root, 5, "checkpoint"), Some(note(&root, 4).to_bytes()));
    let notes = DirStore::new(&root).attachments(Attachment::Checkpoint).unwrap();
    assert_eq!(notes, [0, 1, 2, 4, 5].map(Sequence));
    let manifest: Manifest =
        serde_json::from_slice(&DirStore::new(&root).manifest(Sequence(4)).unwrap()).unwrap();
    assert_eq!(manifest.omissions, third.omissions);
    assert_eq!(against(&verified(&root)), [""; 0]);
}

/// The one cause of a refused demo.
fn refusal(error: DemoError) -> NotesError {
    match error {
        DemoError::Session(error) => match *error {
            SessionError::Notes(error) => *error,
            other => panic!("{other}"),
        },
        other => panic!("{other}"),
    }
}

/// Goes on with the chain at `root` as a later run with these keys would.
fn go_on(root: &Path, keys: &Keyring) -> Result<Option<HeldNote>, NotesError> {
    let store = DirStore::new(root);
    let mut chain = collector::chain::ChainState::replay(&store)?.unwrap();
    stand(&store, &mut chain, keys).map(|standing| standing.newest().cloned())
}

fn on(root: &Path, days: u32) -> Result<Demo, DemoError> {
    let store = Arc::new(DirStore::new(root));
    Demo::on(plan(root.to_owned(), days), store, Arc::new(GeneratedNonces::from_seed(9)))
}

#[test]
fn without_any_note_nothing_is_sealed_and_the_next_run_makes_up_for_it() {
    let (_folder, root) = days(1);
    // As a run leaves it that committed a genesis and could not sign.
    for name in ["0000000000.checkpoint", "0000000001.checkpoint", "0000000002.checkpoint"] {
        std::fs::remove_file(root.join("chain").join(name)).unwrap();
    }
    let before = files(&root);
    let error = go_on(&root, &Keyring::of(Failing::times(1))).unwrap_err();
    assert!(matches!(&error, NotesError::NoNote { reason } if reason.contains("answers 503")), "{error}");
    let unreachable = go_on(&root, &Keyring::unreachable("nobody answers".to_owned())).unwrap_err();
    assert!(matches!(unreachable, NotesError::NoNote { .. }), "{unreachable}");
    assert!(files(&root) == before, "a refused run wrote something");
    let made = go_on(&root, &Keyring::of(Failing::times(0))).unwrap().unwrap();
    assert_eq!(made.sequence, Sequence(2));
}

#[test]
fn a_signature_that_does_not_verify_is_never_stored() {
    let (_folder, root) = days(1);
    std::fs::remove_file(root.join("chain/0000000002.checkpoint")).unwrap();
    let inner = LocalSigner::new(demo_key(SEED).unwrap());
    let wrong = Arc::new(Failing { inner, failures: AtomicU32::new(1), wrongly: true });
    let newest = go_on(&root, &Keyring::of(wrong.clone())).unwrap().unwrap();
    assert_eq!(newest.sequence, Sequence(1), "the newest sound note");
    assert!(!root.join("chain/0000000002.checkpoint").exists());
    assert_eq!(go_on(&root, &Keyring::of(wrong)).unwrap().unwrap().sequence, Sequence(2));
}

#[test]
fn a_chain_is_never_continued_with_another_key() {
    let (_folder, root) = days(1);
    let other = demo_key(SEED + 1).unwrap();
    let other_key = other.key().clone();
    let error = go_on(&root, &Keyring::of(Arc::new(LocalSigner::new(other)))).unwrap_err();
    let expected = KeyMismatch::Other { in_force: key().to_string(), configured: other_key.to_string() };
    assert!(matches!(&error, NotesError::Keys(found) if *found == expected), "{error}");
    let error = go_on(&root, &Keyring::none()).unwrap_err();
    assert!(matches!(&error, NotesError::Keys(KeyMismatch::NoKey { .. })), "{error}");
}

#[test]
fn notes_that_contradict_the_chain_stop_every_writing() {
    // A note of another chain of the same key.
    let (_folder, root) = days(2);
    let (_other_folder, other) = days(1);
    let place = root.join("chain/0000000003.checkpoint");
    let own = std::fs::read(&place).unwrap();
    let exchange = |bytes: &[u8]| {
        std::fs::remove_file(&place).unwrap();
        std::fs::write(&place, bytes).unwrap();
        refusal(on(&root, 2).map(|_| ()).unwrap_err())
    };
    let older = std::fs::read(other.join("chain/0000000002.checkpoint")).unwrap();
    let error = exchange(&older);
    assert!(matches!(error, NotesError::Foreign { field: "size", .. }), "{error}");
    // The right text under a signature of nobody, and half a note.
    let text = note(&other, 1).text().to_owned();
    let error = exchange(format!("{text}\n— someone AAAAAAAA\n").as_bytes());
    assert!(matches!(error, NotesError::Foreign { .. }), "{error}");
    let own_text = SignedNote::parse(&own).unwrap().text().to_owned();
    let error = exchange(format!("{own_text}\n— someone AAAAAAAA\n").as_bytes());
    assert!(matches!(error, NotesError::NotSigned { source: None, .. }), "{error}");
    let error = exchange(own.get(..own.len() / 2).unwrap());
    assert!(matches!(error, NotesError::Note { .. }), "{error}");
    // A chain that was cut behind its newest note.
    std::fs::remove_file(&place).unwrap();
    std::fs::write(&place, &own).unwrap();
    std::fs::remove_file(root.join("chain/0000000003.json")).unwrap();
    let error = refusal(on(&root, 2).map(|_| ()).unwrap_err());
    assert!(
        matches!(&error, NotesError::Foreign { field: "root", expected, .. } if expected == "absent"),
        "{error}"
    );
}
