//! What this process forbids the system to do with its memory, which holds secrets while it runs.
//!
//! A crashed process must leave no image of itself: its core size is zero for good (a soft and hard limit, which
//! children inherit), and on Linux it is marked as not dumpable besides. The mark is what counts where the system
//! pipes images to a program, since the limit does not hold there; it also keeps other processes of the same user
//! from attaching a debugger or reading its memory. Elsewhere than on Unix there is nothing of the kind to set.

/// Forbids images of this process. What the system refuses is left: it is no reason not to collect.
#[cfg(unix)]
pub fn forbid_images() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // Lowering one's own limit needs no right, and nothing else depends on it.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Nothing: this system has no such settings.
#[cfg(not(unix))]
pub fn forbid_images() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn neither_a_file_nor_a_program_gets_an_image() {
        super::forbid_images();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
