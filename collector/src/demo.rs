//! The demo: an embedded tenant, the story of the month it lives through, and the run over it.

pub mod runner;
pub mod scenario;
pub mod summary;
pub mod tenant;
