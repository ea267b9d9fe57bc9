//! The demo: an embedded tenant, and the story of the month it lives through.

pub mod scenario;
pub mod tenant;
