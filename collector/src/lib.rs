//! Headless evidence collection: reads, validates, judges and seals one tenant's configuration.
//!
//! The binary is thin; everything stands here, so that tests and the embedded demo use the very
//! code that speaks to a real platform.

pub mod aws;
pub mod azure;
pub mod chain;
pub mod cli;
pub mod clock;
pub mod command;
pub mod config;
pub mod cycle;
pub mod demo;
pub mod exit;
pub mod extract;
pub mod http;
pub mod judge;
pub mod nonce;
pub mod notes;
pub mod paging;
pub mod platform;
pub mod process;
pub mod progress;
pub mod registers;
pub mod rules;
pub mod seal;
pub mod secret;
pub mod session;
pub mod signing;
pub mod slot;
pub mod snapshot;
pub mod spool;
pub mod store;
mod thread;
pub mod timestamp;
