//! JSON Schema (draft 2020-12) over responses, states and the documents of the format.
//!
//! A schema may come out of evidence, so it is judged before it is used: no reference leaves the
//! document, none is recursive, and what the references expand to is bounded. Patterns run on an
//! engine whose time is linear in the text. `format` is an annotation, as the draft says.
//!
//! Errors and notices name places and rules, never values of the instance: a body in quarantine may
//! hold what the profile redacts.

use std::fmt;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use crate::canon::{self, CanonError};
use crate::limits::Limits;
use crate::model::SchemaNotice;

mod guard;
mod notices;
mod registry;
mod shape;
#[cfg(test)]
mod tests;

pub use guard::{MOST_EXPANDED, MOST_NESTED, MOST_PATTERNS, SchemaFault};
pub use notices::{MOST_NOTICES, Notices};
pub use registry::{Choice, Registry};

use shape::Shapes;

/// Bytes of the compiled form of one pattern, and of its cache while matching.
const PATTERN_BYTES: usize = 1 << 20;

/// What stands for a value of the instance in every message.
const PLACEHOLDER: &str = "the value";

/// Why a schema is not used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The text is no strict JSON within the limits.
    #[error("schema is not readable")]
    Json(#[source] CanonError),
    /// The schema uses what this project refuses.
    #[error("schema is refused at {pointer:?}: {fault}")]
    Refused {
        /// JSON pointer into the schema.
        pointer: String,
        /// What is refused there.
        fault: SchemaFault,
    },
    /// The schema is no valid schema of the draft.
    #[error("schema is not valid at {pointer:?}: {message}")]
    Invalid {
        /// JSON pointer into the schema.
        pointer: String,
        /// What is wrong there.
        message: String,
    },
}

/// A compiled schema.
pub struct Schema {
    validator: Validator,
    shapes: Shapes,
}

impl Schema {
    /// Reads, judges and compiles the text of a schema.
    pub fn compile(bytes: &[u8], limits: &Limits) -> Result<Self, SchemaError> {
        let limits = Limits { member_bytes: limits.schema_bytes.min(limits.member_bytes), ..*limits };
        let document = canon::read(bytes, &limits).map_err(SchemaError::Json)?;
        let positions = guard::judge(&document)?;
        let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .with_pattern_options(patterns)
            .build(&document)
            .map_err(|error| SchemaError::Invalid {
                pointer: error.instance_path().to_string(),
                message: notices::shortened(error.to_string()),
            })?;
        Ok(Self { validator, shapes: Shapes::new(&document, &positions) })
    }

    /// Whether `instance` keeps the schema.
    #[must_use]
    pub fn is_valid(&self, instance: &Value) -> bool {
        self.validator.is_valid(instance)
    }

    /// Every error, sorted, at most [`MOST_NOTICES`] (see [`Notices::finish`]). Empty if and only if
    /// `instance` keeps the schema.
    #[must_use]
    pub fn errors(&self, instance: &Value) -> Vec<SchemaNotice> {
        let mut notices = Notices::default();
        for error in self.validator.iter_errors(instance) {
            notices.add(SchemaNotice {
                instance_path: error.instance_path().to_string(),
                schema_path: error.schema_path().to_string(),
                message: error.masked_with(PLACEHOLDER).to_string(),
            });
        }
        notices.finish()
    }

    /// Members of `instance` that the schema does not describe: news, not errors. Every array
    /// position is written `*`, so that each place stands once.
    #[must_use]
    pub fn unknown_fields(&self, instance: &Value) -> Vec<SchemaNotice> {
        let mut notices = Notices::default();
        self.add_unknown_fields(instance, &mut notices);
        notices.finish()
    }

    /// [`unknown_fields`](Self::unknown_fields) of one of many pages, collected in `notices`.
    pub fn add_unknown_fields(&self, instance: &Value, notices: &mut Notices) {
        self.shapes.unknown_fields(instance, notices);
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").finish_non_exhaustive()
    }
}
