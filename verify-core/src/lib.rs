//! The evidence format and the judgement over it.
//!
//! Everything here is synchronous and pure: no clock, no network, no terminal, no environment.
//! The binding text is `docs/format.md`, whose rule numbers (`F-10`) are quoted where the code
//! performs them.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod approvals;
pub mod canon;
pub mod checkpoint;
pub mod coverage;
pub mod digest;
pub mod drift;
pub mod finding;
pub mod format;
pub mod limits;
pub mod model;
pub mod normalize;
pub mod package;
pub mod policy;
pub mod profile;
pub mod report;
pub mod schedule;
pub mod schema;
pub mod source;
pub mod time;
pub mod timestamp;
pub mod verify;

/// `verify.py`, the second implementation in Python's standard library that every package carries (F-104).
pub const VERIFY_PY: &str = include_str!("../python/verify.py");
