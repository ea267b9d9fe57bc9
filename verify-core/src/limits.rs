//! Limits that hold before anything is allocated or inflated. Evidence is hostile input (F-12).
//!
//! Each value says which attack it stops. All are adjustable by the caller; none is read from
//! the evidence or the environment. With the values given here, whatever is read, one verification
//! stays below 1 GiB of memory.

/// Upper bounds for everything that is read, and for everything that evidence can make the reader do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one package file: stops sparse files and endless downloads.
    pub package_bytes: u64,
    /// Members of one package: stops directories with millions of empty entries.
    pub members: usize,
    /// Inflated bytes of one member: stops a single decompression bomb.
    pub member_bytes: u64,
    /// Inflated bytes of all members together: stops many medium bombs.
    pub total_bytes: u64,
    /// Inflated over stored size of one member, above `expansion_floor`: stops bombs early.
    pub expansion: u64,
    /// Members up to this inflated size may expand by any ratio (short repetitive texts do).
    pub expansion_floor: u64,
    /// Nesting depth of a JSON document: stops stack exhaustion.
    pub json_depth: usize,
    /// Values of one JSON document, and of one entity or other top-level member of a snapshot: a tree of
    /// them takes some hundred times the bytes of its text. Counted by the commas and colons outside of
    /// strings; of `transcript.jsonl`, also its lines.
    pub json_values: usize,
    /// Values of a whole snapshot, counted in the same way: it is never held as one tree by this crate, but
    /// by other readers.
    pub snapshot_values: usize,
    /// Bytes of one manifest: it is read before anything is known about its record.
    pub manifest_bytes: u64,
    /// Bytes of one JSON Schema or profile: compiling costs far more memory than its text.
    pub schema_bytes: u64,
    /// Bytes of one time-stamp response: it is parsed before anything in it is trusted.
    pub token_bytes: usize,
    /// Bytes of the states that are held for comparison, over all threads: stops chains in which every
    /// resource was last complete in another snapshot.
    pub states_bytes: u64,
    /// Bytes of a store's objects that are fetched before they are asked for: stops a fast store from filling the
    /// memory of a slow reader.
    pub ahead_bytes: u64,
    /// Files and folders in one source: stops directory floods.
    pub files: usize,
    /// Cycles that the schedules promise over the period: stops a schedule for every minute until year 9999.
    pub cycles: usize,
    /// Seconds of one evaluation of a policy: stops policies that run for ever.
    pub policy_seconds: u64,
    /// Bytes of memory of a process that evaluates policies: stops policies that double texts.
    pub policy_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            package_bytes: 1 << 30,
            members: 10_000,
            member_bytes: 256 << 20,
            total_bytes: 1 << 30,
            expansion: 200,
            expansion_floor: 1 << 20,
            json_depth: 64,
            json_values: 1_000_000,
            snapshot_values: 4_000_000,
            manifest_bytes: 16 << 20,
            schema_bytes: 1 << 20,
            token_bytes: 64 << 10,
            states_bytes: 256 << 20,
            ahead_bytes: 64 << 20,
            files: 1_000_000,
            cycles: 1_000_000,
            policy_seconds: 5,
            policy_bytes: 640 << 20,
        }
    }
}

/// How both programs call the option that raises a limit: a message about a limit names it.
pub mod option {
    /// [`Limits::package_bytes`](super::Limits::package_bytes).
    pub const PACKAGE: &str = "--max-package";
    /// [`Limits::members`](super::Limits::members).
    pub const MEMBERS: &str = "--max-members";
    /// [`Limits::member_bytes`](super::Limits::member_bytes).
    pub const MEMBER: &str = "--max-member";
    /// [`Limits::total_bytes`](super::Limits::total_bytes).
    pub const INFLATED: &str = "--max-inflated";
    /// [`Limits::expansion`](super::Limits::expansion).
    pub const EXPANSION: &str = "--max-expansion";
    /// [`Limits::json_depth`](super::Limits::json_depth).
    pub const DEPTH: &str = "--max-depth";
    /// [`Limits::json_values`](super::Limits::json_values).
    pub const VALUES: &str = "--max-values";
    /// [`Limits::snapshot_values`](super::Limits::snapshot_values).
    pub const SNAPSHOT_VALUES: &str = "--max-snapshot-values";
    /// [`Limits::manifest_bytes`](super::Limits::manifest_bytes).
    pub const MANIFEST: &str = "--max-manifest";
    /// [`Limits::files`](super::Limits::files).
    pub const FILES: &str = "--max-files";
    /// [`Limits::cycles`](super::Limits::cycles).
    pub const CYCLES: &str = "--max-cycles";
    /// [`Limits::policy_seconds`](super::Limits::policy_seconds).
    pub const POLICY_SECONDS: &str = "--max-policy-seconds";
    /// [`Limits::policy_bytes`](super::Limits::policy_bytes).
    pub const POLICY_MEMORY: &str = "--max-policy-memory";
}
