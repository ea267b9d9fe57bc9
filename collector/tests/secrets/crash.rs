//! A process that is killed while it holds secrets leaves no image of its memory, and shows them in no file of
//! `/proc` that others can read.

use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::search::Search;
use super::{SECRET, Stage};

/// A platform that takes a sign-in and never answers it; whoever waits there holds the secret.
struct Silence(TcpListener);

impl Silence {
    fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn address(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Waits until somebody has sent the secret.
    fn has_it(&self) -> std::net::TcpStream {
        let (mut stream, _) = self.0.accept().unwrap();
        let mut seen = Vec::new();
        let mut buffer = [0; 4_096];
        while Search::of(&[("secret", SECRET)]).found_in(&seen).is_empty() {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the secret never came");
            seen.extend_from_slice(&buffer[..count]);
        }
        stream
    }
}

/// Runs `program` where images of processes are allowed, in `folder`.
fn with_images(program: &str, arguments: &[&str], folder: &Path) -> Child {
    // The hard limit may be lower than that: then the control below says so.
    Command::new("sh")
        .args(["-c", "ulimit -c unlimited 2>/dev/null || ulimit -c hard; exec \"$@\"", "sh", program])
        .args(arguments)
        .current_dir(folder)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

fn core_limit(child: &Child) -> String {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// A stage whose sign-in is never answered.
fn waiting() -> (Stage, Silence) {
    let stage = Stage::new();
    let silence = Silence::start();
    stage.platform_at(&silence.address());
    stage.in_a_file(SECRET);
    (stage, silence)
}

#[test]
fn a_crash_leaves_no_image_of_the_memory() {
    let (stage, silence) = waiting();
    let folder = stage.place.folder();
    let program = env!("CARGO_BIN_EXE_collector");
    for signal in [Signal::ABORT, Signal::ILL] {
        let child = with_images(program, &["collect", "--config", "collector.toml"], folder);
        let stream = silence.has_it();
        #[cfg(target_os = "linux")]
        {
            assert_eq!(core_limit(&child), "0 0 bytes");
            let shown =
                |name: &str| std::fs::read(format!("/proc/{}/{name}", child.id())).unwrap_or_default();
            let search = Search::of(&[("secret", SECRET)]);
            for name in ["cmdline", "environ", "status", "maps"] {
                assert!(search.found_in(&shown(name)).is_empty(), "{name}");
            }
            assert!(
                String::from_utf8_lossy(&shown("cmdline")).contains("collector.toml"),
                "so cmdline is read"
            );
            let children = shown(&format!("task/{}/children", child.id()));
            assert_eq!(String::from_utf8_lossy(&children), "", "nobody inherits anything");
        }
        kill_process(pid(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        drop(stream);
        assert_eq!(output.status.signal(), Some(signal.as_raw()));
        assert!(!output.status.core_dumped(), "{signal:?}");
        let told = [output.stdout, output.stderr].concat();
        assert!(Search::of(&[("secret", SECRET)]).found_in(&told).is_empty());
    }
    assert_eq!(Search::of(&[("secret", SECRET)]).places(&stage.place, &["client-secret"]), [""; 0]);
    let left: Vec<PathBuf> = files(folder)
        .into_iter()
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("core"))
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());

    // The control: another program is allowed an image where this one is not, as far as this machine allows any.
    let elsewhere = tempfile::tempdir().unwrap();
    let child = with_images("sleep", &["60"], elsewhere.path());
    while std::fs::read_to_string(format!("/proc/{}/comm", child.id())).unwrap() != "sleep\n" {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let allowed = core_limit(&child);
    kill_process(pid(&child), Signal::ABORT).unwrap();
    let ended = child.wait_with_output().unwrap().status;
    let hard_limit_forbids = allowed.starts_with("0 ");
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    if !hard_limit_forbids && pattern.trim() == "core" {
        assert!(ended.core_dumped(), "an image was allowed ({allowed}) and there is none");
        let images = files(elsewhere.path());
        assert!(images.iter().any(|path| path.file_name().unwrap() == "core"), "{images:?}");
    }
}

/// The limit does not hold where images are piped to a program; this does. That the mark is set is what the unit test
/// of the module asks the kernel; here, that a run sets it: files of such a process belong to root (`proc_pid(5)`), and
/// not to the user who runs it, who is another one here.
#[cfg(target_os = "linux")]
#[test]
fn a_run_is_marked_as_not_dumpable() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    use std::os::unix::process::CommandExt as _;

    let (stage, silence) = waiting();
    let folder = stage.place.folder();
    let mut user = rustix::process::geteuid().as_raw();
    let program = folder.join("collector");
    let built = Path::new(env!("CARGO_BIN_EXE_collector"));
    if std::fs::hard_link(built, &program).is_err() {
        std::fs::copy(built, &program).unwrap();
    }
    let mut command = Command::new(&program);
    command.args(["collect", "--config", "collector.toml"]).current_dir(folder);
    if user == 0 {
        // To root everything belongs anyway: somebody else runs it.
        user = 65_534;
        command.uid(user);
        for path in files(folder).iter().filter(|path| **path != program) {
            chown(path, Some(user), None).unwrap();
        }
        chown(folder, Some(user), None).unwrap();
    }
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _stream = silence.has_it();
    let owner = |name: &str| std::fs::metadata(format!("/proc/{}/{name}", child.id())).unwrap().uid();
    assert_eq!((owner(""), owner("environ")), (user, 0));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_interrupt_ends_a_run_that_waits_and_shows_nothing() {
    let (stage, silence) = waiting();
    let program = env!("CARGO_BIN_EXE_collector");
    let child = with_images(program, &["collect", "--config", "collector.toml"], stage.place.folder());
    let stream = silence.has_it();
    kill_process(pid(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stream);
    let told = [output.stdout, output.stderr].concat();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&told));
    assert!(Search::of(&[("secret", SECRET)]).found_in(&told).is_empty());
    assert_eq!(Search::of(&[("secret", SECRET)]).places(&stage.place, &["client-secret"]), [""; 0]);
}
