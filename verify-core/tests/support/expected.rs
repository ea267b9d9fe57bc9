//! `expected.toml` of a fixture: what is asked of its evidence, what must be found, and what has to be set
//! up first in a copy, because a version control system cannot hold it.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Deserialize;

/// One fixture's expectation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// What is attacked and how, in one sentence.
    pub(crate) hazard: String,
    /// Rules of the format that refuse it.
    pub(crate) rule: Vec<String>,
    /// Arguments beside the path; paths in them are relative to the folder of the fixture.
    pub(crate) args: Vec<String>,
    /// The codes of all findings, ascending, one for each finding.
    pub(crate) codes: Vec<String>,
    /// Exit code.
    pub(crate) exit: i32,
    /// What is done in a copy of the folder before it is verified, in this order.
    #[serde(default)]
    pub(crate) setup: Vec<Step>,
}

/// One thing that is done in a copy of the folder. Paths are relative to that folder.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Step {
    /// Makes an empty folder.
    Folder { path: String },
    /// Makes a symbolic link.
    Link { path: String, to: String },
    /// Makes a named pipe.
    Pipe { path: String },
    /// Makes a socket.
    Socket { path: String },
    /// Makes a file of so many bytes that takes no space.
    Sparse { path: String, bytes: u64 },
    /// Gives a file another name in its folder.
    Rename { path: String, to: String },
    /// Gives a file a name of these bytes in its folder.
    RenameBytes { path: String, to: Vec<u8> },
    /// Lets a file grow for as long as it is verified.
    Grow { path: String },
    /// Takes everybody's permission to read; root does not need any, so the reader must be somebody else.
    Unreadable { path: String },
}

/// What goes on until it is dropped.
#[derive(Default)]
pub(crate) struct Running(Vec<(Arc<AtomicBool>, JoinHandle<()>)>);

impl Drop for Running {
    fn drop(&mut self) {
        for (stop, thread) in self.0.drain(..) {
            stop.store(true, Ordering::Relaxed);
            thread.join().unwrap();
        }
    }
}

impl Expected {
    /// Reads `expected.toml` of the fixture in `folder`.
    pub(crate) fn read(folder: &Path) -> Self {
        let path = folder.join("expected.toml");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Whether the reader must not be root.
    pub(crate) fn needs_another_user(&self) -> bool {
        self.setup.iter().any(|step| matches!(step, Step::Unreadable { .. }))
    }

    /// The arguments that the second implementation knows too: each option with its value.
    pub(crate) fn common_args(&self) -> Vec<&str> {
        let known = ["--from", "--to", "--head", "--key", "--checkpoint", "--pin"];
        self.args
            .chunks(2)
            .filter(|pair| known.contains(&pair[0].as_str()))
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// Carries the steps out in `folder`, a copy.
    pub(crate) fn set_up(&self, folder: &Path) -> Running {
        let mut running = Running::default();
        for step in &self.setup {
            carry_out(step, folder, &mut running);
        }
        running
    }
}

fn carry_out(step: &Step, folder: &Path, running: &mut Running) {
    match step {
        Step::Folder { path } => fs::create_dir_all(folder.join(path)).unwrap(),
        Step::Link { path, to } => std::os::unix::fs::symlink(to, folder.join(path)).unwrap(),
        Step::Pipe { path } => {
            let made = std::process::Command::new("mkfifo").arg(folder.join(path)).status().unwrap();
            assert!(made.success(), "{path}");
        }
        // The name stays when the listener is gone.
        Step::Socket { path } => drop(std::os::unix::net::UnixListener::bind(folder.join(path)).unwrap()),
        Step::Sparse { path, bytes } => File::create(folder.join(path)).unwrap().set_len(*bytes).unwrap(),
        Step::Rename { path, to } => rename(&folder.join(path), to.as_bytes()),
        Step::RenameBytes { path, to } => rename(&folder.join(path), to),
        Step::Grow { path } => running.0.push(grow(&folder.join(path))),
        Step::Unreadable { path } => {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(folder.join(path), fs::Permissions::from_mode(0o0)).unwrap();
        }
    }
}

fn rename(path: &Path, to: &[u8]) {
    use std::os::unix::ffi::OsStrExt as _;
    fs::rename(path, path.with_file_name(std::ffi::OsStr::from_bytes(to))).unwrap();
}

/// The file is made so large that it cannot be read without growing meanwhile.
fn grow(path: &Path) -> (Arc<AtomicBool>, JoinHandle<()>) {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.set_len(64 << 20).unwrap();
    let thread = std::thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            file.write_all(b"\0").unwrap();
            std::thread::sleep(Duration::from_micros(50));
        }
    });
    (stop, thread)
}

/// Copies a folder to its depths; it holds regular files alone.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
