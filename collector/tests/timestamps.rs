//! Tokens of a real authority (`openssl ts` behind HTTP) as the collector has, lacks and makes up for them.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use verify_core::checkpoint::VerifierKey;
use verify_core::digest::Digest;
use verify_core::finding::{Code, ExitClass};
use verify_core::limits::Limits;
use verify_core::model::Proof;
use verify_core::package::{Inflater, scan};
use verify_core::source::Folder;
use verify_core::timestamp::Authorities;
use verify_core::verify::{InProcessEvaluators, Options, Silent, TrustedKey, verify};

#[expect(dead_code, clippy::expect_used, clippy::format_collect, reason = "made for more tests than these")]
#[path = "../../verify-core/tests/support/authority.rs"]
mod authority;

#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/place.rs"]
mod place;

use authority::Authority;
use place::Place;

/// How the authority behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Good,
    Unavailable,
    Garbage,
    /// A real token over something else.
    OtherImprint,
    Silent,
}

struct Server {
    authority: Authority,
    mood: Mutex<Mood>,
    asked: Mutex<u32>,
}

async fn answer(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    query: Bytes,
) -> (StatusCode, Vec<u8>) {
    assert_eq!(headers.get("content-type").unwrap(), "application/timestamp-query");
    *server.asked.lock().unwrap() += 1;
    let mood = *server.mood.lock().unwrap();
    match mood {
        Mood::Good => (StatusCode::OK, server.authority.answer(&query)),
        Mood::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, b"later".to_vec()),
        Mood::Garbage => (StatusCode::OK, b"<html>sign in first</html>".to_vec()),
        Mood::OtherImprint => (StatusCode::OK, server.authority.stamp(&[7; 32])),
        Mood::Silent => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            (StatusCode::OK, Vec::new())
        }
    }
}

/// Serves until the returned runtime is dropped.
fn serve() -> (tokio::runtime::Runtime, Arc<Server>, u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = Arc::new(Server {
        authority: Authority::start(),
        mood: Mutex::new(Mood::Unavailable),
        asked: Mutex::new(0),
    });
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&server));
    runtime.spawn(async { axum::serve(listener, router).await });
    (runtime, server, port)
}

/// A signed chain whose cycles are sealed failures, stamped by the authority at `port`.
fn stamped_by(port: u16) -> (Place, VerifierKey) {
    let place = Place::new();
    place.edit("# key = ", "key = ");
    place.edit(
        "# url = \"http://timestamp.example.com\"",
        &format!("url = \"http://127.0.0.1:{port}/stamp\""),
    );
    place.edit("# timeout_seconds = 10", "timeout_seconds = 2");
    let key = place.generate("keys/log.key");
    (place, key)
}

/// The token beside a record's checkpoint.
fn token(place: &Place, sequence: u64) -> Option<Vec<u8>> {
    std::fs::read(place.path(&format!("evidence/chain/{sequence:010}.tsr"))).ok()
}

fn imprint(place: &Place, sequence: u64) -> Digest {
    Digest::of(&place.note(sequence).imprint_bytes())
}

/// Member `checkpoint.tsr` of a record.
fn carried(place: &Place, sequence: u64) -> Option<Vec<u8>> {
    let payload = place.manifest(sequence).payload_path;
    let (zip, _) = payload.split_once('#').unwrap();
    let package = std::fs::read(place.path("evidence").join(zip)).unwrap();
    let container = scan(&package, &Limits::default()).unwrap();
    container.member("checkpoint.tsr").map(|member| Inflater::new().read(member).unwrap().0)
}

#[test]
fn an_authority_that_fails_is_declared_and_made_up_for() {
    let (runtime, server, port) = serve();
    let (place, key) = stamped_by(port);
    let failures = [
        (Mood::Unavailable, "HTTP status 503"),
        (Mood::Garbage, "answer is refused"),
        (Mood::OtherImprint, "answer is refused"),
        (Mood::Silent, "does not answer"),
    ];
    for (sequence, (mood, words)) in (1..).zip(failures) {
        *server.mood.lock().unwrap() = mood;
        let told = place.collect();
        assert!(told.contains("warning: ") && told.contains(words), "{mood:?}: {told}");
        let omissions = place.manifest(sequence).omissions;
        assert_eq!(omissions.len(), 1, "{mood:?}");
        let omission = omissions.first().unwrap();
        assert!(omission.proof == Proof::Timestamp && omission.reason.contains(words), "{omission:?}");
        assert!(carried(&place, sequence).is_none());
        assert!(token(&place, sequence - 1).is_none(), "nothing that was refused is ever stored");
    }
    *server.mood.lock().unwrap() = Mood::Good;
    let told = place.collect();
    assert!(!told.contains("time-stamp"), "{told}");
    // The new record carries the token over the note it carries, and every older note has its own by now.
    assert_eq!(place.manifest(5).omissions, []);
    assert_eq!(carried(&place, 5), token(&place, 4));
    for sequence in 0..=5 {
        let token = token(&place, sequence).unwrap();
        assert!(server.authority.openssl_accepts(&token, imprint(&place, sequence).as_bytes()), "{sequence}");
        let other = imprint(&place, (sequence + 1) % 6);
        assert!(!server.authority.openssl_accepts(&token, other.as_bytes()), "{sequence}");
    }
    let asked = *server.asked.lock().unwrap();
    place.collect();
    assert_eq!(*server.asked.lock().unwrap(), asked + 1, "what is there is not asked for again");

    let options = Options {
        keys: vec![TrustedKey { key, from: 0, to: None }],
        authorities: Authorities::from_pem(&server.authority.pem("root")).unwrap(),
        ..Options::default()
    };
    let report = verify(&Folder::new(place.path("evidence")), &options, &InProcessEvaluators, &Silent);
    let against: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.code.exit_class() == ExitClass::Integrity)
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect();
    assert_eq!(against, [""; 0]);
    let stamps = report.checks.iter().find(|check| check.code == Code::TsValid).unwrap();
    assert_eq!((stamps.passed, stamps.failed), (9, 0), "seven beside the chain and two carried");
    runtime.shutdown_background();
}

#[test]
fn a_chain_with_tokens_says_so_when_no_authority_is_configured_any_more() {
    let (runtime, server, port) = serve();
    *server.mood.lock().unwrap() = Mood::Good;
    let (place, _) = stamped_by(port);
    place.collect();
    assert!(carried(&place, 1).is_some() && token(&place, 1).is_some());
    let path = place.path("collector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\nurl = ", "\n# url = ")).unwrap();
    std::fs::remove_file(place.path("evidence/chain/0000000001.tsr")).unwrap();
    let told = place.collect();
    assert!(told.contains("no time-stamping authority is configured"), "{told}");
    assert_eq!(place.manifest(2).omissions.first().unwrap().proof, Proof::Timestamp);
    runtime.shutdown_background();
}

#[test]
fn notes_whose_next_record_stayed_silent_are_not_stamped_afterwards() {
    let (runtime, server, port) = serve();
    *server.mood.lock().unwrap() = Mood::Good;
    let (place, _) = stamped_by(port);
    let path = place.path("collector.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\nurl = ", "\n# url = ")).unwrap();
    place.collect();
    place.collect();
    assert_eq!(place.manifest(2).omissions, [], "a chain that never had tokens promises none");
    std::fs::write(&path, text).unwrap();
    place.collect();
    let stamped: Vec<bool> = (0..=3).map(|sequence| token(&place, sequence).is_some()).collect();
    assert_eq!(stamped, [false, false, true, true]);
    assert_eq!(carried(&place, 3), token(&place, 2));
    runtime.shutdown_background();
}
