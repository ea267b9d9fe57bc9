//! The child's side of policy replay: sets its own limits, then answers until its input ends.
//!
//! Policies out of evidence can abort the engine, eat memory or never end. Whatever happens here ends
//! this process only; the parent takes a dead child for a policy that exceeds its limits.

use std::io;

use verify_core::policy::child::serve;

use crate::exit::Ending;
use crate::refusal::Refusal;

/// Seconds of processor time of one child over its life; one evaluation is limited by the parent's clock.
const PROCESSOR_SECONDS: u64 = 4 * 3600;

/// Standard input, output and error; nothing else can be opened.
const OPEN_FILES: u64 = 3;

/// Serves requests on standard input and output, within `memory` bytes of address space: the input of a large
/// tenant as the engine holds it fits, a runaway policy does not.
pub fn run(memory: u64) -> Result<u8, Refusal> {
    let defect = |what: &str, error: &io::Error| {
        Refusal::new(Ending::Internal, format!("{what}: {error}"), "this command is for the verifier itself")
    };
    follow_parent().map_err(|error| defect("the watching thread cannot start", &error))?;
    set_limits(memory).map_err(|error| defect("the limits cannot be set", &error))?;
    serve(&mut io::stdin().lock(), &mut io::stdout().lock())
        .map_err(|error| defect("the conversation with the verifier broke", &error))?;
    Ok(Ending::Done.code())
}

/// Ends this process when its parent is gone, also in the middle of an endless evaluation.
#[cfg(unix)]
fn follow_parent() -> io::Result<()> {
    let parent = rustix::process::getppid();
    std::thread::Builder::new().name("parent".to_owned()).stack_size(64 << 10).spawn(move || {
        while rustix::process::getppid() == parent {
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        std::process::abort();
    })?;
    Ok(())
}

#[cfg(unix)]
fn set_limits(memory: u64) -> io::Result<()> {
    use rlimit::Resource;

    // A limit below ours stays; raising is neither needed nor allowed.
    let lower = |resource: Resource, wanted: u64| -> io::Result<()> {
        let (_, hard) = resource.get()?;
        let limit = wanted.min(hard);
        resource.set(limit, limit)
    };
    lower(Resource::AS, memory)?;
    lower(Resource::CPU, PROCESSOR_SECONDS)?;
    lower(Resource::NOFILE, OPEN_FILES)?;
    lower(Resource::FSIZE, 0)?;
    lower(Resource::CORE, 0)
}

#[cfg(not(unix))]
fn follow_parent() -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "a parent cannot be followed on this system"))
}

#[cfg(not(unix))]
fn set_limits(_: u64) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "no limits on this system"))
}
