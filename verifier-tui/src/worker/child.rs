//! The parent's side of policy replay: one child process per verification thread, kept alive between
//! evaluations, watched by a clock, and killed when an evaluation takes too long.

use std::io;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use verify_core::limits::Limits;
use verify_core::policy::Evaluator;
use verify_core::policy::child::{ChildEvaluator, Spawn};
use verify_core::verify::Evaluators;

use super::REPLAY_WORKER;

/// Makes evaluators whose policies run in child processes of this very program.
#[derive(Debug, Clone)]
pub struct Children {
    program: Option<PathBuf>,
    /// Wall-clock time of one evaluation.
    longest: Duration,
    /// Bytes of memory of one child.
    memory: u64,
}

impl Children {
    /// Children of the running program.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let longest = Duration::from_secs(limits.policy_seconds);
        Self { program: std::env::current_exe().ok(), longest, memory: limits.policy_bytes }
    }

    /// Children of another copy of the program, with another time limit. For tests.
    #[must_use]
    pub fn of(program: impl Into<PathBuf>, longest: Duration) -> Self {
        Self { program: Some(program.into()), longest, memory: Limits::default().policy_bytes }
    }
}

impl Evaluators for Children {
    fn make(&self) -> Box<dyn Evaluator + Send> {
        Box::new(ChildEvaluator::new(Watched::new(self.clone())))
    }
}

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    deadline: Option<Instant>,
    /// Nobody needs the watching thread any more.
    over: bool,
}

/// One child and the thread that watches its clock.
#[derive(Debug)]
struct Watched {
    kind: Children,
    shared: Arc<(Mutex<State>, Condvar)>,
    watching: bool,
}

/// A poisoned lock holds a state that is still good for killing.
fn locked(mutex: &Mutex<State>) -> MutexGuard<'_, State> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end(child: &mut Option<Child>) {
    if let Some(mut child) = child.take() {
        // It may have ended by itself; waiting takes its entry out of the process table either way.
        let _killed = child.kill();
        let _waited = child.wait();
    }
}

impl Watched {
    fn new(kind: Children) -> Self {
        Self { kind, shared: Arc::default(), watching: false }
    }

    fn watch(&mut self) -> io::Result<()> {
        if !self.watching {
            let shared = Arc::clone(&self.shared);
            std::thread::Builder::new().name("replay-clock".to_owned()).spawn(move || clock(&shared))?;
            self.watching = true;
        }
        Ok(())
    }

    fn set_deadline(&self, deadline: Option<Instant>) {
        let (state, changed) = &*self.shared;
        locked(state).deadline = deadline;
        changed.notify_all();
    }
}

/// Kills the child whose deadline passes. Its pipes close, and the waiting parent learns of it.
fn clock(shared: &(Mutex<State>, Condvar)) {
    let (mutex, changed) = shared;
    let mut state = locked(mutex);
    while !state.over {
        let now = Instant::now();
        state = match state.deadline {
            Some(deadline) if deadline <= now => {
                state.deadline = None;
                end(&mut state.child);
                state
            }
            Some(deadline) => {
                changed.wait_timeout(state, deadline - now).unwrap_or_else(PoisonError::into_inner).0
            }
            None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
    }
}

/// An interrupt typed on the terminal reaches every process of a group. A child that it ended would look like a policy
/// that exceeds its limits.
#[cfg(unix)]
fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn apart(_: &mut Command) {}

impl Spawn for Watched {
    type Input = ChildStdin;
    type Output = ChildStdout;

    fn spawn(&mut self) -> io::Result<(ChildStdin, ChildStdout)> {
        self.watch()?;
        let program = self
            .kind
            .program
            .as_ref()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "this program cannot find itself"))?;
        let mut command = Command::new(program);
        apart(&mut command);
        let mut child = command
            .arg(REPLAY_WORKER)
            .arg(self.kind.memory.to_string())
            .env_clear()
            // One arena: glibc would reserve address space for every thread, and that is what is limited.
            .env("MALLOC_ARENA_MAX", "1")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (state, _) = &*self.shared;
        locked(state).child = Some(child);
        pipes.ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }

    fn begun(&mut self) {
        self.set_deadline(Some(Instant::now() + self.kind.longest));
    }

    fn ended(&mut self) {
        self.set_deadline(None);
    }

    fn kill(&mut self) {
        let (state, _) = &*self.shared;
        end(&mut locked(state).child);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let (state, changed) = &*self.shared;
        let mut state = locked(state);
        end(&mut state.child);
        state.over = true;
        changed.notify_all();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_interrupt_of_this_program_does_not_reach_its_children() {
        let mut watched = Watched::new(Children::of("/bin/cat", Duration::from_mins(1)));
        let _pipes = watched.spawn().unwrap();
        let id = locked(&watched.shared.0).child.as_ref().unwrap().id();
        let id = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
        let group = rustix::process::getpgid(Some(id)).unwrap();
        assert_eq!(group, id);
        assert_ne!(group, rustix::process::getpgrp());
        watched.kill();
    }
}
