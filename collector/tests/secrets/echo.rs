//! A platform that repeats whatever it is told, in headers and bodies: the worst error page there can be.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it gives out as a token.
pub(crate) const TOKEN: &str = "t0ken-of-the-echo.that.must-not-show";

/// Status of the answer to a sign-in, and of that to a read.
pub(crate) type Answers = (u16, u16);

/// A running platform; it serves as long as the test runs.
pub(crate) struct Echo {
    port: u16,
    answers: Arc<Mutex<Answers>>,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Echo {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answers = Arc::new(Mutex::new((200, 200)));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (set, kept) = (Arc::clone(&answers), Arc::clone(&seen));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let request = request(&stream);
                kept.lock().unwrap().extend_from_slice(request.as_bytes());
                let answers = *set.lock().unwrap();
                // The program may have gone away.
                let _ = (&stream).write_all(answer(&request, answers).as_bytes());
            }
        });
        Self { port, answers, seen }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, answers: Answers) {
        *self.answers.lock().unwrap() = answers;
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<u8> {
        self.seen.lock().unwrap().clone()
    }
}

fn request(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        bytes.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let head = head.to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            body.len() >= length.map_or(0, |length| length.parse().unwrap())
        });
        if whole || count == 0 {
            return text;
        }
    }
}

fn answer(request: &str, (sign_in, read): Answers) -> String {
    let is_sign_in = request.starts_with("POST ");
    let status = if is_sign_in { sign_in } else { read };
    let presented = request.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or("none");
    let credential = presented.rsplit(' ').next().unwrap();
    let mut body = serde_json::json!({
        "code": credential, "error": credential, "message": presented, "echo": request, "id": credential,
    });
    if is_sign_in && status == 200 {
        body = serde_json::json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600, "echo": request});
    }
    let body = body.to_string();
    let names = [
        "x-correlation-id",
        "x-ratelimit-used",
        "x-ratelimit-allowed",
        "x-ratelimit-reset",
        "www-authenticate",
    ];
    let headers: Vec<String> = names.iter().map(|name| format!("{name}: {presented}\r\n")).collect();
    let headers = headers.concat();
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: \
         {}\r\n\r\n{body}",
        body.len()
    )
}
