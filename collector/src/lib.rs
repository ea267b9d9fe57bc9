//! Headless evidence collection: reads, validates, judges and seals one tenant's configuration.

pub mod clock;
pub mod secret;
