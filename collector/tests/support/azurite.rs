//! Azurite, Microsoft's emulator of Blob Storage: installed from npm below the target folder, once; one process on a
//! loopback port for a whole test program. It has no versions, policies and holds: only plain blob calls count here.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use collector::config::AzureConfig;
use collector::secret::SecretSource;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::azure_double::{call, write_secret};

const PACKAGE: &str = "azurite@3.35.0";
const PATIENCE: Duration = Duration::from_mins(1);
/// The account of every Azurite and its key, both published by Microsoft.
pub(crate) const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// Runs the server until standard input ends, so that it never outlives the test, however that one ends.
const PROGRAM: &str = "
const { spawn } = require('child_process');
const child = spawn(process.execPath, process.argv.slice(1), { stdio: 'ignore' });
const gone = () => { child.kill('SIGKILL'); process.exit(0); };
child.on('exit', () => process.exit(0));
process.stdin.on('end', gone).on('close', gone).resume();
";

/// The server of this test program.
pub(crate) static AZURITE: LazyLock<Azurite> = LazyLock::new(Azurite::start);

/// A running server.
pub(crate) struct Azurite {
    _watch: Child,
    port: u16,
    folder: tempfile::TempDir,
    signature: String,
    containers: AtomicU32,
}

impl Azurite {
    fn start() -> Self {
        let program = installed();
        let signature = signature();
        // The port is free when it is picked and may be taken a moment later: then another one.
        for _ in 0..3 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let folder = tempfile::Builder::new().prefix("azurite").tempdir().unwrap();
            write_secret(&folder.path().join("sas"), &signature);
            let watch = Command::new("node")
                .args(["-e", PROGRAM, "--"])
                .arg(&program)
                .args(["--silent", "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort"])
                .arg(port.to_string())
                .current_dir(folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("node is needed to run Azurite");
            let server = Self {
                _watch: watch,
                port,
                folder,
                signature: signature.clone(),
                containers: AtomicU32::new(0),
            };
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() && server.made("ready") {
                    return server;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        panic!("Azurite does not start; it is needed for this test");
    }

    fn made(&self, container: &str) -> bool {
        let path = format!("/{ACCOUNT}/{container}?restype=container&{}", self.signature);
        call(self.port, "PUT", &path, &[], b"").0 == 201
    }

    /// A call of the tests' own: status and body.
    pub(crate) fn put(&self, container: &str, headers: &[&str], body: &[u8]) -> (u16, String) {
        call(self.port, "PUT", &format!("/{ACCOUNT}/{container}/blob?{}", self.signature), headers, body)
    }

    /// A new container.
    pub(crate) fn container(&self) -> String {
        let name = format!("evidence-{}", self.containers.fetch_add(1, Ordering::Relaxed));
        assert!(self.made(&name), "a container is made");
        name
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A signature for the whole account, in a file.
    pub(crate) fn config(&self) -> AzureConfig {
        AzureConfig {
            sas: Some(SecretSource::File(self.folder.path().join("sas"))),
            ..AzureConfig::default()
        }
    }
}

/// A shared access signature of the account, as the REST reference says how to make one.
fn signature() -> String {
    let (version, permissions, services, types) = ("2022-11-02", "rwdlac", "b", "sco");
    let expiry = "2099-01-01T00:00:00Z";
    let signed =
        format!("{ACCOUNT}\n{permissions}\n{services}\n{types}\n\n{expiry}\n\nhttps,http\n{version}\n\n");
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(KEY).unwrap()).unwrap();
    mac.update(signed.as_bytes());
    let sum = STANDARD.encode(mac.finalize().into_bytes());
    let sum = sum.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("sv={version}&ss={services}&srt={types}&sp={permissions}&se={expiry}&spr=https,http&sig={sum}")
}

/// The program; installed once, by whichever test program comes first.
fn installed() -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(base).unwrap();
    let lock = File::create(base.join("azurite.lock")).unwrap();
    lock.lock().unwrap();
    let site = base.join(PACKAGE);
    if !site.is_dir() {
        let partial = base.join("azurite.partial");
        if partial.exists() {
            std::fs::remove_dir_all(&partial).unwrap();
        }
        std::fs::create_dir_all(&partial).unwrap();
        let done = Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", "--prefix"])
            .arg(&partial)
            .arg(PACKAGE)
            .output()
            .expect("npm is needed to install Azurite");
        assert!(
            done.status.success(),
            "Azurite cannot be installed: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        std::fs::rename(&partial, &site).unwrap();
    }
    site.join("node_modules/azurite/dist/src/blob/main.js")
}
