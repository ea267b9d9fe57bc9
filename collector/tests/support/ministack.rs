//! `MiniStack`, an emulation of AWS that signs and keeps secrets for real: installed from `PyPI` below the
//! target folder, once; a process of its own on a loopback port for every test.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography==50.0.2"];
/// The region of its keys and secrets, as the template of the configuration names one.
pub(crate) const REGION: &str = "eu-central-1";
const PATIENCE: Duration = Duration::from_mins(1);
/// Serves until its standard input ends, so that it never outlives the test, however that one ends.
const PROGRAM: &str = "
import os, sys, threading
def gone():
    while os.read(0, 1):
        pass
    os._exit(0)
threading.Thread(target=gone, daemon=True).start()
from hypercorn.__main__ import main
sys.exit(main(['ministack.app:app', '-w', '0'] + sys.argv[1:]))
";

/// A running server; dropping it ends it.
pub(crate) struct MiniStack {
    child: Child,
    port: u16,
}

impl MiniStack {
    pub(crate) fn start() -> Self {
        Self::start_with(|port| vec!["-b".to_owned(), format!("127.0.0.1:{port}")])
    }

    /// A server that speaks TLS on `tls` with the certificate and key in `folder`, besides.
    pub(crate) fn start_with_tls(tls: u16, folder: &Path) -> Self {
        let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let (certificate, key) = (file("server.pem"), file("server.key"));
        Self::start_with(|port| {
            let (plain, tls) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{tls}"));
            let (certificate, key) = (certificate.clone(), key.clone());
            ["--insecure-bind", &plain, "-b", &tls, "--certfile", &certificate, "--keyfile", &key]
                .map(str::to_owned)
                .into()
        })
    }

    fn start_with(arguments: impl Fn(u16) -> Vec<String>) -> Self {
        let site = installed();
        // The port is free when it is picked and may be taken a moment later: then another one.
        for _ in 0..3 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let child = Command::new("python3")
                .args(["-c", PROGRAM])
                .args(arguments(port))
                .env("PYTHONPATH", &site)
                .env("GATEWAY_PORT", port.to_string())
                .env("MINISTACK_REGION", REGION)
                .env("IOT_MTLS_ENABLED", "0")
                .env("LOG_LEVEL", "ERROR")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut server = Self { child, port };
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE && server.child.try_wait().unwrap().is_none() {
                if server
                    .try_call("TrentService.ListKeys", "{}")
                    .is_some_and(|answer| answer.get("Keys").is_some())
                {
                    return server;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("MiniStack does not start; it is needed for this test");
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// One call of the JSON protocol, which must succeed.
    pub(crate) fn call(&self, action: &str, body: &Value) -> Value {
        let answer = self.try_call(action, &body.to_string()).unwrap();
        assert!(answer.get("__type").is_none(), "{action}: {answer}");
        answer
    }

    fn try_call(&self, action: &str, body: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Amz-Target: {action}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let text = String::from_utf8(answer).ok()?;
        let (_, body) = text.split_once("\r\n\r\n")?;
        if body.is_empty() { Some(Value::Null) } else { serde_json::from_str(body).ok() }
    }

    /// Makes a key of `spec`; its id.
    pub(crate) fn make_key(&self, spec: &str, usage: &str) -> String {
        let made =
            self.call("TrentService.CreateKey", &serde_json::json!({"KeySpec": spec, "KeyUsage": usage}));
        made.pointer("/KeyMetadata/KeyId").unwrap().as_str().unwrap().to_owned()
    }

    /// Makes the kind of key that signs a chain.
    pub(crate) fn make_signing_key(&self) -> String {
        self.make_key("ECC_NIST_EDWARDS25519", "SIGN_VERIFY")
    }
}

impl Drop for MiniStack {
    fn drop(&mut self) {
        // Either fails only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The folder with the installed packages; made once, by whichever test program comes first.
fn installed() -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(base).unwrap();
    let lock = File::create(base.join("ministack.lock")).unwrap();
    lock.lock().unwrap();
    let python = Command::new("python3")
        .args(["-c", "import sys; print(sys.implementation.cache_tag)"])
        .output()
        .expect("python3 is needed to run MiniStack");
    let site = base.join(format!("{}-{}", PACKAGES[0], String::from_utf8(python.stdout).unwrap().trim()));
    if site.is_dir() {
        return site;
    }
    let partial = base.join("ministack.partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial).unwrap();
    }
    let done = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
        .arg(&partial)
        .args(PACKAGES)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "MiniStack cannot be installed: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    std::fs::rename(&partial, &site).unwrap();
    site
}
