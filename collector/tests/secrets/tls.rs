//! TLS in front of a server that has none, with a certificate made for the test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What speaks TLS on `localhost`; it serves as long as the test runs.
pub(crate) struct Front {
    port: u16,
}

/// Makes the certificate `NAME.pem` for `localhost` in `folder`, with its key.
pub(crate) fn certificate(folder: &Path, name: &str) {
    let made = Command::new("openssl")
        .current_dir(folder)
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
                .split(' '),
        )
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

impl Front {
    /// TLS under `server.pem` of `folder`, in front of `address`, `http://127.0.0.1:PORT`.
    pub(crate) fn before(address: &str, folder: &Path) -> Self {
        let backend = address.strip_prefix("http://").unwrap().to_owned();
        let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let backend = backend.clone();
                std::thread::spawn(move || serve(StreamOwned::new(connection, client), &backend));
            }
        });
        Self { port }
    }

    pub(crate) fn address(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

/// Hands over one request and its answer; a client that does not trust the certificate never gets so far.
fn serve(mut client: StreamOwned<ServerConnection, TcpStream>, backend: &str) {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    while !is_whole(&request) {
        match client.read(&mut buffer) {
            Ok(count @ 1..) => request.extend_from_slice(&buffer[..count]),
            _ => return,
        }
    }
    let end = request.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    let mut server = TcpStream::connect(backend).unwrap();
    let whole = [&request[..end], b"connection: close\r\n", &request[end..]].concat();
    server.write_all(&whole).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    // The client may have gone away.
    let _ = client.write_all(&answer);
    client.conn.send_close_notify();
    let _ = client.flush();
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        body.len() >= length.map_or(0, |length| length.parse().unwrap())
    })
}
