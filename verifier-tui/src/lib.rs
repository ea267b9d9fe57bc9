//! The auditor's own tool: re-proves evidence headless or on terminal screens.
//!
//! It only reads. It opens no socket for a folder, writes nothing beside the evidence, and gives every mode the same
//! answer: one [`Report`](verify_core::report::Report), shown as text, JSON or screens, and its exit code.

pub mod app;
pub mod cache;
pub mod checkpoint;
pub mod cli;
pub mod display;
pub mod drill;
pub mod exit;
pub mod export;
pub mod fetch;
pub mod output;
pub mod print;
pub mod progress;
pub mod prove;
pub mod records;
pub mod refusal;
pub mod run;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(test)]
mod sample;
pub mod screens;
mod source;
pub mod stop;
pub mod story;
pub mod term;
pub mod trust;
pub mod ui;
pub mod words;
pub mod worker;
