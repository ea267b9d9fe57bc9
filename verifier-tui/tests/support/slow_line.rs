//! A line to a server on which every request takes longer, and which remembers what went through.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What went through.
#[derive(Default)]
pub(crate) struct Seen {
    /// First line of every request.
    pub(crate) requests: Vec<String>,
    /// Requests on the way.
    now: usize,
    /// Most of them at the same time.
    pub(crate) most: usize,
}

impl Seen {
    /// Requests that begin with `method` and name `part`.
    pub(crate) fn count(&self, method: &str, part: &str) -> usize {
        self.requests.iter().filter(|line| line.starts_with(method) && line.contains(part)).count()
    }
}

/// A line; it stays open until the test program ends.
#[derive(Clone)]
pub(crate) struct SlowLine {
    pub(crate) address: String,
    seen: Arc<Mutex<Seen>>,
}

impl SlowLine {
    /// A line to the server at `server` (host and port) that delays every request.
    pub(crate) fn to(server: &str, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let line = Self { address, seen: Arc::default() };
        let (server, seen) = (server.to_owned(), Arc::clone(&line.seen));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, seen) = (client.unwrap(), Arc::clone(&seen));
                let server = TcpStream::connect(&server).unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ended = std::io::copy(&mut from, &mut to);
                    let _closed = to.shutdown(Shutdown::Both);
                });
                std::thread::spawn(move || forward(client, server, delay, &seen));
            }
        });
        line
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// Forgets what went through; what is still on the way stays so.
    pub(crate) fn forget(&self) {
        let mut seen = self.seen();
        seen.requests.clear();
        seen.most = seen.now;
    }
}

/// A client sends its next request when it has the answer to the one before, so a block is a request.
fn forward(mut client: TcpStream, mut server: TcpStream, delay: Duration, seen: &Mutex<Seen>) {
    let mut block = [0; 16 << 10];
    while let Ok(length @ 1..) = client.read(&mut block) {
        let Some(bytes) = block.get(..length) else { return };
        let line = String::from_utf8_lossy(bytes).lines().next().map(str::to_owned);
        {
            let mut seen = seen.lock().unwrap();
            seen.requests.extend(line);
            seen.now += 1;
            seen.most = seen.most.max(seen.now);
        }
        std::thread::sleep(delay);
        seen.lock().unwrap().now -= 1;
        if server.write_all(bytes).is_err() {
            return;
        }
    }
    let _closed = server.shutdown(Shutdown::Both);
}
