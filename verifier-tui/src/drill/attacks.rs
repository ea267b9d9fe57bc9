//! The attacks themselves, by what they are aimed at. Each changes a copy in memory and says what it changed;
//! whether it is caught is judged elsewhere.

pub(super) mod chain;
pub(super) mod container;
pub(super) mod documents;
pub(super) mod manifest;
pub(super) mod outside;
pub(super) mod results;
pub(super) mod rules;
pub(super) mod signatures;
pub(super) mod source;
pub(super) mod time;
