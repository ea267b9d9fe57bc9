//! Both implementations over the same evidence, finding for finding. Needs `python3` on the path.
//!
//! A test program of its own: its many cases must not take the time that others measure.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends at the first surprise"
)]

#[allow(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/chain.rs"]
mod chain;
#[path = "agreement/compare.rs"]
mod compare;
#[allow(dead_code, reason = "other tests tamper with more of it")]
#[path = "support/documents.rs"]
mod documents;
#[allow(dead_code, reason = "other tests run one case at a time")]
#[path = "support/python.rs"]
mod python;
#[path = "agreement/random.rs"]
mod random;
#[path = "agreement/signed.rs"]
mod signed;
#[path = "agreement/tampered.rs"]
mod tampered;
