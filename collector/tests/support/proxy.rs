//! A proxy of ours in front of a real server: it drops, delays, truncates, repeats or answers by itself.
//!
//! Requests pass byte for byte, so their signatures hold. Each connection carries one request.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is done to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request never reaches the server.
    DropBefore,
    /// The request is carried out, and its answer is lost.
    DropAfter,
    /// Half of the answer arrives.
    Truncate,
    /// The request reaches the server twice.
    Twice,
    /// The answer comes this many milliseconds late.
    Delay(u64),
    /// The server is not asked: an error of this status and code comes back.
    Answer(u16, &'static str),
}

type Choose = Box<dyn FnMut(&str, usize) -> Option<Fault> + Send>;

struct State {
    choose: Mutex<Choose>,
    heads: Mutex<Vec<String>>,
    upstream: u16,
}

/// A running proxy; it ends with the test program.
pub(crate) struct Proxy {
    state: Arc<State>,
    port: u16,
}

impl Proxy {
    /// A proxy to `upstream` that changes nothing yet.
    pub(crate) fn start(upstream: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state =
            Arc::new(State { choose: Mutex::new(Box::new(|_, _| None)), heads: Mutex::default(), upstream });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // A connection that breaks is what this proxy is for.
                std::thread::spawn(move || drop(serve(client, &state)));
            }
        });
        Self { state, port }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on `choose` says what is done to a request, by its first line and its number since now.
    pub(crate) fn set(&self, choose: impl FnMut(&str, usize) -> Option<Fault> + Send + 'static) {
        *self.state.choose.lock().unwrap() = Box::new(choose);
        self.forget();
    }

    /// Forgets the heads of requests, and numbers the following ones from 0.
    pub(crate) fn forget(&self) {
        self.state.heads.lock().unwrap().clear();
    }

    /// The heads of all requests since the last [`set`](Self::set).
    pub(crate) fn heads(&self) -> Vec<String> {
        self.state.heads.lock().unwrap().clone()
    }
}

fn serve(mut client: TcpStream, state: &State) -> io::Result<()> {
    let (head, body) = request(&mut client)?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    let number = {
        let mut heads = state.heads.lock().unwrap();
        heads.push(head.clone());
        heads.len() - 1
    };
    let fault = state.choose.lock().unwrap()(&line, number);
    let ask = || exchange(state.upstream, &head, &body);
    match fault {
        Some(Fault::DropBefore) => return Ok(()),
        Some(Fault::DropAfter) => {
            ask()?;
            return Ok(());
        }
        Some(Fault::Truncate) => {
            let answer = ask()?;
            client.write_all(answer.get(..answer.len() / 2).unwrap_or_default())?;
        }
        Some(Fault::Twice) => {
            ask()?;
            client.write_all(&ask()?)?;
        }
        Some(Fault::Delay(milliseconds)) => {
            let answer = ask()?;
            std::thread::sleep(Duration::from_millis(milliseconds));
            client.write_all(&answer)?;
        }
        Some(Fault::Answer(status, code)) => {
            let text = format!("<Error><Code>{code}</Code><Message>CANARY</Message></Error>");
            let length = text.len();
            write!(
                client,
                "HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{text}"
            )?;
        }
        None => client.write_all(&ask()?)?,
    }
    client.flush()
}

/// A whole request: its head, as it came, and its body.
fn request(client: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0_u8; 1];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let field = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
    };
    if field("expect").is_some() {
        client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let length = field("content-length").map_or(0, |(_, value)| value.trim().parse().unwrap_or(0));
    assert!(field("transfer-encoding").is_none(), "a body of known length: {head}");
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    Ok((head, body))
}

/// Asks the server on a connection of its own, and reads its answer to the end.
fn exchange(upstream: u16, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(("127.0.0.1", upstream))?;
    let kept: Vec<&str> = head
        .trim_end()
        .lines()
        .filter(|line| !line.to_ascii_lowercase().starts_with("connection:"))
        .collect();
    write!(server, "{}\r\nConnection: close\r\n\r\n", kept.join("\r\n"))?;
    server.write_all(body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    Ok(answer.strip_prefix(interim.as_slice()).map_or(answer.clone(), <[u8]>::to_vec))
}
