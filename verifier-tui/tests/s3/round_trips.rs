//! Over a slow line: every object is asked for once, and many at the same time.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::seaweed::{AUDITOR, SERVER};
use super::{compliance, locked, parsed, verifier};

/// What every request waits for.
const DELAY: Duration = Duration::from_millis(20);
/// Objects up to this size are fetched whole when they are looked at first.
const SMALL: usize = 64 << 10;

/// What went through.
#[derive(Default)]
struct Seen {
    /// First line of every request.
    requests: Vec<String>,
    /// Requests on the way.
    now: usize,
    /// Most of them at the same time.
    most: usize,
}

/// A line to the server on which every request takes longer.
fn slow_line() -> (String, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::<Mutex<Seen>>::default();
    let all = Arc::clone(&seen);
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, seen) = (client.unwrap(), Arc::clone(&all));
            let server = TcpStream::connect(SERVER.address().trim_start_matches("http://")).unwrap();
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ended = std::io::copy(&mut from, &mut to);
                let _closed = to.shutdown(Shutdown::Both);
            });
            std::thread::spawn(move || forward(client, server, &seen));
        }
    });
    (address, seen)
}

fn forward(mut client: TcpStream, mut server: TcpStream, seen: &Mutex<Seen>) {
    let mut block = [0; 16 << 10];
    while let Ok(length @ 1..) = client.read(&mut block) {
        let text = String::from_utf8_lossy(&block[..length]).into_owned();
        {
            let mut seen = seen.lock().unwrap();
            seen.requests.extend(text.lines().next().map(str::to_owned));
            seen.now += 1;
            seen.most = seen.most.max(seen.now);
        }
        std::thread::sleep(DELAY);
        seen.lock().unwrap().now -= 1;
        if server.write_all(&block[..length]).is_err() {
            return;
        }
    }
}

#[test]
fn every_object_is_asked_for_once_and_many_at_the_same_time() {
    let files = locked("COMPLIANCE", None);
    let bucket = SERVER.bucket(&files, Some(&compliance()));
    let (address, seen) = slow_line();
    let place = format!("s3://{bucket}/acme");
    let arguments =
        ["verify", &place, "--to", "2026-05-03", "--require", "locked", "--format", "json", "--threads", "4"];
    let (exit, report) = parsed(&verifier(&arguments, AUDITOR, &address));
    assert_eq!(exit, 0, "{report:#}");
    let seen = seen.lock().unwrap();
    let requests = |part: &str| seen.requests.iter().filter(|line| line.contains(part)).count();
    assert!(seen.requests.iter().all(|line| line.starts_with("GET ")), "{:?}", seen.requests);
    assert_eq!(requests("?versions"), 1, "{:?}", seen.requests);
    for (name, bytes) in &files {
        // The start of a large package is looked at before it is read.
        let expected = if bytes.len() <= SMALL { 1 } else { 2 };
        assert_eq!(requests(&format!("/acme/{name}?")), expected, "{name}: {:?}", seen.requests);
    }
    assert!(seen.most >= 4, "{} at the same time", seen.most);
}
