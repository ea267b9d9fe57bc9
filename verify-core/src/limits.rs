//! Limits that hold before anything is allocated or inflated. Evidence is hostile input (F-12).
//!
//! Each value says which attack it stops. All are adjustable by the caller; none is read from
//! the evidence or the environment.

/// Upper bounds for one package and for every document in it.
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
    /// Bytes of one manifest: it is read before anything is known about its record.
    pub manifest_bytes: u64,
    /// Bytes of one JSON Schema: compiling costs far more memory than its text.
    pub schema_bytes: u64,
    /// Bytes of one time-stamp response: it is parsed before anything in it is trusted.
    pub token_bytes: usize,
    /// Files in one source: stops directory floods.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            package_bytes: 1 << 30,
            members: 10_000,
            member_bytes: 1 << 30,
            total_bytes: 4 << 30,
            expansion: 200,
            expansion_floor: 1 << 20,
            json_depth: 64,
            manifest_bytes: 16 << 20,
            schema_bytes: 1 << 20,
            token_bytes: 64 << 10,
            files: 1_000_000,
        }
    }
}
