//! The tenant over real HTTP, seen with a plain client.

mod client;
mod listing;
