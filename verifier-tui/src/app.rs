//! The screens' state and how it changes: model, message, update. No I/O, no terminal, no clock in here.

pub mod keys;
pub mod message;
pub mod model;
pub mod overview;
pub mod rows;
pub mod update;

pub use keys::Action;
pub use message::{Command, Message};
pub use model::{List, Model, OpenPackage, Overlay, Phase, Screen};
pub use update::update;
