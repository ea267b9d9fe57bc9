//! The documents of the evidence format as Rust types, one file per document.
//!
//! Types only: no judgement, no I/O. Every type refuses unknown fields, so a document that says
//! more than the format knows is never half understood. A value that does not exist is written
//! `null`, never left out, so every field must be there: serde would otherwise read an absent `Option`
//! as null, which is why those fields name their `deserialize_with`. The matching JSON Schemas stand
//! in `fixtures/schemas/` ([`crate::format`]).

mod approval;
mod controls;
mod drift;
mod ids;
mod manifest;
mod records;
mod snapshot;
mod transcript;
mod validation;

pub use approval::{
    Approval, ApprovalDocument, ApprovedBaseline, Genesis, GenesisDocument, RuleDigests, Subject,
};
pub use controls::{Control, Controls, Reads};
pub use drift::{Change, ChangeKind, Comparison, DriftDocument, ResourceDrift, Side};
pub use ids::{CollectionId, IdError, Origin, ResourceName, Sequence};
pub use manifest::{
    AuditLogEntry, Baseline, FORMAT_VERSION, FileEntry, Kind, Manifest, Omission, Outcome, Proof,
    ResourceRecord, Schedule, Tenant, Tool,
};
pub use records::{
    Exception, ExceptionDocument, Explanation, ExplanationDocument, Failure, FailureDocument, FailureStage,
    KeyChange, KeyChangeDocument,
};
pub use snapshot::{ExtractionMetadata, RESERVED_KEYS};
pub use transcript::Exchange;
pub use validation::{
    ControlResult, ControlStatus, Quarantined, SchemaNotice, SchemaResult, ValidationDocument,
    ValidationResults, Violation,
};
