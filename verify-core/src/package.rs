//! The container of one record: a zip of which no byte is free (F-100 to F-103).
//!
//! A zip can be read in many ways: two directories, comments, extra fields, gaps, overlapping
//! members. This module accepts one narrow form, the *container profile*, and refuses everything
//! else before a single byte is inflated. Writing and reading share the constants of
//! [`constants`]; the profile is checked on the raw bytes by [`scan()`], never by a general zip
//! reader, because those are lenient by design.
//!
//! What the container alone cannot prove is proven by comparison with the manifest's list
//! ([`compare`]): which members there must be, their digests, and the digests of their
//! compressed form.
//!
//! Nothing here ever extracts to a path.

pub mod compare;
pub mod constants;
pub mod container;
mod end;
pub mod fault;
mod headers;
pub mod inflate;
mod layout;
pub mod name;
pub mod pack;
mod placement;
pub mod scan;
pub mod write;

#[cfg(test)]
mod tests;

pub use container::{Container, Member};
pub use fault::ContainerFault;
pub use inflate::Inflater;
pub use name::{MANIFEST, MemberName, SUMS, sums_text};
pub use pack::{PackedMember, Packer};
pub use scan::scan;
pub use write::{PackError, PackageWriter};
