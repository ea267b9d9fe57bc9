//! The tamper drill: the auditor's own proof that the verifier notices.
//!
//! The evidence is copied into memory and verified as it is. Then every known class of attack is committed on
//! a fresh copy, and the attacked copy is verified again. An attack counts as caught only if a check that
//! names it fails at a place where it held before; an attack that changed no byte is an error of the drill.
//! The folder on disk is read once and never written.

pub mod arguments;
pub mod attack;
mod attacks;
mod authority;
mod claims;
pub mod command;
pub mod evidence;
pub mod forge;
pub mod known;
pub mod meter;
pub mod print;
pub mod report;
mod rewrite;
pub mod run;
mod zip;

#[cfg(test)]
mod tests;

pub use attack::ATTACKS;
pub use evidence::Evidence;
pub use report::DrillReport;
pub use run::{Watch, run};
