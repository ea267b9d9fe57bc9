//! The client against a scripted server on loopback: what it sends, repeats, waits for and writes down.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use collector::clock::{Clock, SimulatedClock, stamp};
use collector::http::{
    ApiClient, Broken, ClientSettings, Endpoints, Place, ReadFault, ReadRequest, SignInFault,
};
use collector::secret::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use verify_core::model::Exchange;
use verify_core::profile::Profile;

const SECRET: &str = "s3cr3t-of-the-client";
const TOKEN: &str = "t0ken-of-the-client";
const START: &str = "2026-05-01T08:00:00Z";
const USERS: Place<'static> = Place { resource: "users", parent: None, page: 1, round: 1 };

/// Answers each connection with the next scripted answer and remembers the requests.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    async fn with(answers: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut answers = VecDeque::from(answers);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                seen.lock().unwrap().push(request);
                let answer = answers.pop_front().unwrap_or_else(|| answer(500, "", "script is at its end"));
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { address, requests, task }
    }

    fn lines(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| request.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        if count == 0 {
            return text;
        }
    }
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn token(lifetime: u64) -> String {
    let body = format!(r#"{{"access_token":"{TOKEN}","expires_in":{lifetime},"token_type":"bearer"}}"#);
    answer(200, "", &body)
}

fn profile() -> Profile {
    let text = r#"
        id = "reference"
        platform = "reference"
        api_version = "v2"
        api_base = "https://api.{domain}"
        resources = []
        [sign_in]
        url = "https://login.{domain}/oauth/token"
        client_auth = "body"
        [pacing]
        attempts_per_page = 4
        cycle_wait_budget_seconds = 300
        used_header = "X-Used"
        allowed_header = "X-Allowed"
        reset_header = "X-Reset"
        correlation_header = "X-Correlation"
        [organization]
        path = "/v2/me"
        id = "/id"
        subdomain = "/name"
    "#;
    Profile::from_toml(text).unwrap()
}

fn client(server: &Server) -> (ApiClient, Arc<SimulatedClock>) {
    let clock = Arc::new(SimulatedClock::starting_at(START.parse().unwrap()));
    let address = Some(server.address.as_str());
    let endpoints = Endpoints { domain: "example.com", api_base: address, sign_in_base: address };
    let secret = Secret::new(SECRET.to_owned());
    let mut settings = ClientSettings::new(&profile(), endpoints, "client", secret, 1).unwrap();
    settings.limits.body_bytes = 10_000;
    (ApiClient::new(settings, Arc::<SimulatedClock>::clone(&clock)).unwrap(), clock)
}

fn users() -> ReadRequest {
    ReadRequest::new("/v2/users", &[("state".to_owned(), "any".to_owned())]).unwrap()
}

fn waited(clock: &SimulatedClock) -> u64 {
    let start: jiff::Timestamp = START.parse().unwrap();
    collector::clock::between(start, clock.now()).as_secs()
}

fn lines(exchanges: &[Exchange]) -> Vec<(String, u64, Option<u16>)> {
    exchanges.iter().map(|line| (line.resource.clone(), line.attempt, line.status)).collect()
}

#[tokio::test]
async fn a_read_signs_in_once_and_leaves_no_credential_behind() {
    let page = answer(200, "X-Correlation: abc\r\nX-Used: 1\r\nX-Allowed: 300\r\nX-Reset: 60\r\n", "{}");
    let server = Server::with(vec![token(3_600), page.clone(), page]).await;
    let (mut client, _clock) = client(&server);
    for _ in 0..2 {
        let answer = client.read(&users(), USERS).await.unwrap();
        assert_eq!(answer.body, b"{}");
    }
    let sent = [
        "POST /oauth/token HTTP/1.1",
        "GET /v2/users?state=any HTTP/1.1",
        "GET /v2/users?state=any HTTP/1.1",
    ];
    assert_eq!(server.lines(), sent);
    let requests = server.requests.lock().unwrap().join("\n").to_ascii_lowercase();
    assert!(requests.contains(&format!("authorization: bearer {TOKEN}")));
    assert!(requests.contains(&format!("client_secret={SECRET}")));
    assert!(!requests.contains("accept-encoding"));

    let exchanges = client.take_transcript().into_exchanges();
    let written = serde_json::to_string(&exchanges).unwrap();
    for hidden in [SECRET, TOKEN, "127.0.0.1", "http:"] {
        assert!(!written.contains(hidden), "{hidden}: {written}");
    }
    let shown = format!("{client:?}");
    for hidden in [SECRET, TOKEN] {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert_eq!(exchanges[0].received_sha256, None, "the digest of an answer that holds a token");
    assert_eq!(exchanges[1].target, "/v2/users?state=any");
    assert_eq!(exchanges[1].correlation_id.as_deref(), Some("abc"));
    assert_eq!(exchanges[1].rate_limit["x-allowed"], "300");
    // `printf '{}' | sha256sum`
    assert_eq!(
        exchanges[1].received_sha256.unwrap().to_string(),
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
    assert_eq!(exchanges[0].started_utc, "2026-05-01T08:00:00.000Z");
    assert!(exchanges.is_sorted_by(|left, right| left.started_utc < right.started_utc));
}

#[tokio::test]
async fn a_401_mints_one_new_token_and_no_more() {
    let refused = answer(401, "", r#"{"code":"bad.credentials"}"#);
    let answers = vec![token(3_600), refused.clone(), token(3_600), answer(200, "", "{}")];
    let server = Server::with(answers).await;
    let (mut client_of_dead_token, _clock) = client(&server);
    assert!(client_of_dead_token.read(&users(), USERS).await.is_ok());
    assert_eq!(
        lines(client_of_dead_token.transcript().exchanges()),
        [
            ("sign_in".to_owned(), 1, Some(200)),
            ("users".to_owned(), 1, Some(401)),
            ("sign_in".to_owned(), 1, Some(200)),
            ("users".to_owned(), 2, Some(200)),
        ]
    );

    let server = Server::with(vec![token(3_600), refused.clone(), token(3_600), refused]).await;
    let (mut client, _clock) = client(&server);
    let fault = client.read(&users(), USERS).await.unwrap_err();
    assert_eq!(fault.to_string(), "HTTP 401 (bad.credentials) after 2 attempts");
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn a_token_is_renewed_before_the_window_and_before_its_end() {
    let server = Server::with(vec![token(600), token(600), token(600), answer(200, "", "{}")]).await;
    let (mut client, clock) = client(&server);
    client.sign_in(Duration::from_mins(5)).await.unwrap();
    client.sign_in(Duration::from_mins(5)).await.unwrap();
    assert_eq!(server.lines().len(), 1, "it lasts for the window");
    clock.advance(Duration::from_mins(6));
    client.sign_in(Duration::from_mins(5)).await.unwrap();
    assert_eq!(server.lines().len(), 2, "it would end within the window");
    clock.advance(Duration::from_secs(541));
    client.read(&users(), USERS).await.unwrap();
    assert_eq!(server.lines().len(), 4, "it is within its margin");
}

#[tokio::test]
async fn the_platform_is_given_the_time_it_asks_for() {
    let answers = vec![
        token(3_600),
        answer(429, "Retry-After: 7\r\n", ""),
        answer(503, "Retry-After: Fri, 01 May 2026 08:00:30 GMT\r\n", ""),
        answer(200, "X-Used: 300\r\nX-Allowed: 300\r\nX-Reset: 45\r\n", "{}"),
        answer(200, "", "{}"),
    ];
    let server = Server::with(answers).await;
    let (mut client, clock) = client(&server);
    client.read(&users(), USERS).await.unwrap();
    assert_eq!(waited(&clock), 30, "until the date");
    client.read(&users(), USERS).await.unwrap();
    assert_eq!(waited(&clock), 75, "until the window ends");
    let exchanges = client.transcript().exchanges();
    assert_eq!(exchanges[1].rate_limit["retry-after"], "7");
    assert_eq!(lines(&exchanges[1..4]).iter().map(|line| line.1).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn attempts_waits_and_budget_end() {
    let busy = |headers: &str| answer(503, headers, "");
    let server = Server::with(vec![token(3_600), busy(""), busy(""), busy(""), busy("")]).await;
    let (mut client_of_outage, clock) = client(&server);
    let fault = client_of_outage.read(&users(), USERS).await.unwrap_err();
    assert_eq!(
        (fault.to_string().as_str(), fault.code().as_str()),
        ("HTTP 503 after 4 attempts", "http_503")
    );
    // 1 + 2 + 4 seconds at most, half of it at least.
    assert!((3..=8).contains(&waited(&clock)), "{}", stamp(clock.now()));

    let server = Server::with(vec![token(3_600), busy("Retry-After: 86400\r\n")]).await;
    let (mut client_of_long_wait, clock) = client(&server);
    let fault = client_of_long_wait.read(&users(), USERS).await.unwrap_err();
    assert_eq!(fault, ReadFault::LongWait { asked: 86_400, followed: 600 });
    assert_eq!(waited(&clock), 0);

    let server =
        Server::with(vec![token(3_600), busy("Retry-After: 200\r\n"), busy("Retry-After: 200\r\n")]).await;
    let (mut client, clock) = client(&server);
    let fault = client.read(&users(), USERS).await.unwrap_err();
    assert_eq!(fault.code(), "wait_budget");
    assert_eq!(waited(&clock), 200);
}

#[tokio::test]
async fn broken_answers_are_told_apart() {
    let cut = "HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: 10\r\n\r\n{\"a\"";
    let cases = [
        (vec![cut; 4], ReadFault::Broken { broken: Broken::Truncated, attempts: 4 }),
        (vec![""; 4], ReadFault::Broken { broken: Broken::Connection, attempts: 4 }),
        (
            vec!["HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: 10001\r\n\r\n{"],
            ReadFault::Broken { broken: Broken::TooLarge(10_000), attempts: 1 },
        ),
        (
            vec![
                "HTTP/1.1 200 X\r\nconnection: close\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx",
            ],
            ReadFault::Broken { broken: Broken::Encoded, attempts: 1 },
        ),
    ];
    for (answers, expected) in cases {
        let script = std::iter::once(token(3_600)).chain(answers.into_iter().map(str::to_owned)).collect();
        let server = Server::with(script).await;
        let (mut client, _clock) = client(&server);
        assert_eq!(client.read(&users(), USERS).await.unwrap_err(), expected);
        let exchanges = client.transcript().exchanges();
        assert!(exchanges.last().unwrap().error.is_some());
        assert_eq!(exchanges.last().unwrap().received_sha256, None);
    }
    // An endless body without a length is cut off at the limit too.
    let long = format!("HTTP/1.1 200 X\r\nconnection: close\r\n\r\n{}", "x".repeat(20_000));
    let server = Server::with(vec![token(3_600), long]).await;
    let (mut client, _clock) = client(&server);
    let expected = ReadFault::Broken { broken: Broken::TooLarge(10_000), attempts: 1 };
    assert_eq!(client.read(&users(), USERS).await.unwrap_err(), expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::with(vec![answer(200, "", "{}")]).await;
    let redirect = answer(302, &format!("location: {}/v2/users\r\n", elsewhere.address), "");
    let server = Server::with(vec![token(3_600), redirect]).await;
    let (mut client, _clock) = client(&server);
    assert_eq!(client.read(&users(), USERS).await.unwrap_err().code(), "http_302");
    assert!(elsewhere.lines().is_empty());
}

#[tokio::test]
async fn sign_in_is_repeated_only_where_that_helps() {
    let limited = answer(400, "", r#"{"error":"invalid_request","description":"Rate limit exceeded"}"#);
    let server = Server::with(vec![answer(500, "", ""), limited, token(3_600)]).await;
    let (mut client_with_patience, _clock) = client(&server);
    client_with_patience.sign_in(Duration::ZERO).await.unwrap();
    assert_eq!(server.lines().len(), 3);

    let server = Server::with(vec![answer(400, "", r#"{"error":"invalid_client"}"#)]).await;
    let (mut client_refused, _clock) = client(&server);
    let fault = client_refused.sign_in(Duration::ZERO).await.unwrap_err();
    assert_eq!(fault.to_string(), "HTTP 400 (invalid_client) after 1 attempt");
    assert_eq!(fault.code(), "sign_in_refused");

    let server = Server::with(vec![answer(200, "", "<html>")]).await;
    let (mut client, _clock) = client(&server);
    let fault = client.sign_in(Duration::ZERO).await.unwrap_err();
    assert!(matches!(fault, SignInFault::Answer(_)), "{fault}");
}

#[tokio::test]
async fn nobody_listening_is_a_connection_fault_without_an_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut server = Server::with(Vec::new()).await;
    server.address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (mut client, _clock) = client(&server);
    let fault = client.sign_in(Duration::ZERO).await.unwrap_err();
    assert_eq!(
        (fault.to_string().as_str(), fault.code().as_str()),
        ("no connection could be made after 4 attempts", "connection")
    );
    assert_eq!(client.transcript().exchanges().len(), 4);
}
