//! Evaluation in a child process, as pure building blocks: frames, the child's loop, the parent's side.
//!
//! The program that uses this starts itself with a hidden subcommand, sets the child's limits, gives
//! its pipes to a [`ChildEvaluator`] and kills it when an evaluation takes too long. The child calls
//! [`serve`] on its standard input and output. A child that dies in any way is a policy that
//! exceeds its limits.
//!
//! A frame is its length as four big-endian bytes, then so many bytes. The parent sends a request
//! (JSON) followed by a frame with the bytes it announces; the child answers with one frame.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::outcome::PolicyOutcome;
use super::{Evaluator, InProcess, PolicyError, PolicyErrorKind, PolicyFiles};
use crate::digest::Digest;
use crate::limits::option;
use crate::model::Control;

/// Bytes of one frame: an input of all resources of a large tenant fits.
pub const FRAME_BYTES: usize = 1 << 30;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
enum Request {
    /// The next frame is a JSON object of policy files, path to text.
    Load,
    /// The next frame is the input document of this control's policy.
    Evaluate { control: Box<Control> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
enum Answer {
    Loaded,
    Outcome { outcome: PolicyOutcome },
    Refused { error: PolicyError },
}

/// Writes one frame.
pub fn write_frame(writer: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len())
        .ok()
        .filter(|_| bytes.len() <= FRAME_BYTES)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "frame too long"))?;
    writer.write_all(&length.to_be_bytes())?;
    writer.write_all(bytes)?;
    writer.flush()
}

/// Reads one frame; `None` at the end of the stream. Memory grows with what arrives, not with what
/// the length claims.
pub fn read_frame(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0_u8; 4];
    let mut first = [0_u8; 1];
    if reader.read(&mut first)? == 0 {
        return Ok(None);
    }
    let [head, rest @ ..] = &mut length;
    *head = first[0];
    reader.read_exact(rest)?;
    let length = u32::from_be_bytes(length);
    if length as usize > FRAME_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame too long"));
    }
    let mut bytes = Vec::new();
    reader.take(u64::from(length)).read_to_end(&mut bytes)?;
    if bytes.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(bytes))
}

/// The child's loop: answers requests until its input ends.
///
/// # Errors
/// When the pipes fail or the parent speaks another protocol.
pub fn serve(reader: &mut impl Read, writer: &mut impl Write) -> io::Result<()> {
    let mut evaluator = InProcess::new();
    let mut policies: Option<PolicyFiles> = None;
    while let Some(request) = read_frame(reader)? {
        let request = serde_json::from_slice(&request)?;
        let body = read_frame(reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let answer = match request {
            Request::Load => match files_of(&body) {
                Ok(files) => {
                    policies = Some(files);
                    Answer::Loaded
                }
                Err(error) => Answer::Refused { error },
            },
            Request::Evaluate { control } => match &policies {
                Some(policies) => match evaluator.evaluate(policies, &control, &body) {
                    Ok(outcome) => Answer::Outcome { outcome },
                    Err(error) => Answer::Refused { error },
                },
                None => return Err(io::Error::new(io::ErrorKind::InvalidData, "no policies were sent")),
            },
        };
        write_frame(writer, &serde_json::to_vec(&answer)?)?;
    }
    Ok(())
}

fn files_of(body: &[u8]) -> Result<PolicyFiles, PolicyError> {
    let texts: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(body).map_err(|error| {
            PolicyError::new(PolicyErrorKind::Parse, super::POLICIES_FOLDER, error.to_string())
        })?;
    PolicyFiles::new(texts.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())
}

/// How children are started, watched and ended.
pub trait Spawn {
    /// The child's standard input.
    type Input: Write;
    /// The child's standard output.
    type Output: Read;

    /// Starts a child with its limits.
    fn spawn(&mut self) -> io::Result<(Self::Input, Self::Output)>;

    /// A request begins: the child is to be killed if [`Spawn::ended`] does not follow in time.
    fn begun(&mut self);

    /// The request has been answered, or the child is gone.
    fn ended(&mut self);

    /// The child is not needed any more, or misbehaves: kill it and wait for it.
    fn kill(&mut self);
}

/// Evaluates in child processes: one at a time, a new one after each death.
pub struct ChildEvaluator<S: Spawn> {
    spawn: S,
    child: Option<(S::Input, S::Output)>,
    loaded: Option<Digest>,
}

impl<S: Spawn> std::fmt::Debug for ChildEvaluator<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChildEvaluator").field("loaded", &self.loaded).finish_non_exhaustive()
    }
}

impl<S: Spawn> ChildEvaluator<S> {
    /// An evaluator that starts its first child when it is needed.
    pub fn new(spawn: S) -> Self {
        Self { spawn, child: None, loaded: None }
    }

    fn exchange(&mut self, request: &Request, body: &[u8]) -> Result<Answer, PolicyError> {
        self.spawn.begun();
        let answer = self.talk(request, body);
        self.spawn.ended();
        answer.map_err(|error| {
            self.child = None;
            self.loaded = None;
            self.spawn.kill();
            PolicyError::new(
                PolicyErrorKind::Limits,
                super::POLICIES_FOLDER,
                format!(
                    "the evaluating process died or was stopped ({}, {}): {error}",
                    option::POLICY_SECONDS,
                    option::POLICY_MEMORY
                ),
            )
        })
    }

    fn talk(&mut self, request: &Request, body: &[u8]) -> io::Result<Answer> {
        let (input, output) = match &mut self.child {
            Some(child) => child,
            empty => empty.insert(self.spawn.spawn()?),
        };
        write_frame(input, &serde_json::to_vec(request)?)?;
        write_frame(input, body)?;
        let answer = read_frame(output)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(serde_json::from_slice(&answer)?)
    }

    fn load(&mut self, policies: &PolicyFiles) -> Result<(), PolicyError> {
        let mut texts = std::collections::BTreeMap::new();
        for (path, bytes) in policies.files() {
            let text = std::str::from_utf8(bytes).map_err(|error| {
                PolicyError::new(PolicyErrorKind::Parse, path.as_str(), format!("not UTF-8: {error}"))
            })?;
            texts.insert(path, text);
        }
        let body = serde_json::to_vec(&texts).map_err(|error| {
            PolicyError::new(PolicyErrorKind::Parse, super::POLICIES_FOLDER, error.to_string())
        })?;
        match self.exchange(&Request::Load, &body)? {
            Answer::Loaded => {
                self.loaded = Some(policies.digest());
                Ok(())
            }
            Answer::Refused { error } => Err(error),
            Answer::Outcome { .. } => Err(unexpected()),
        }
    }
}

impl<S: Spawn> Evaluator for ChildEvaluator<S> {
    fn evaluate(
        &mut self,
        policies: &PolicyFiles,
        control: &Control,
        input_json: &[u8],
    ) -> Result<PolicyOutcome, PolicyError> {
        if self.loaded != Some(policies.digest()) {
            self.load(policies)?;
        }
        match self.exchange(&Request::Evaluate { control: Box::new(control.clone()) }, input_json)? {
            Answer::Outcome { outcome } => Ok(outcome),
            Answer::Refused { error } => Err(error),
            Answer::Loaded => Err(unexpected()),
        }
    }
}

impl<S: Spawn> Drop for ChildEvaluator<S> {
    fn drop(&mut self) {
        if self.child.take().is_some() {
            self.spawn.kill();
        }
    }
}

fn unexpected() -> PolicyError {
    PolicyError::new(
        PolicyErrorKind::Limits,
        super::POLICIES_FOLDER,
        "the evaluating process answered out of turn",
    )
}
