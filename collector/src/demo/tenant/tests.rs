//! The tenant over real HTTP, seen with a plain client.

mod client;
mod determinism;
mod events;
mod faults;
mod listing;
mod sign_in;
