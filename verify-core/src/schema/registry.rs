//! Several schema versions of one resource are live at once; the newest that fits is used.

use serde_json::Value;

use super::Schema;
use crate::model::SchemaNotice;

/// The live schemas of one resource, newest first, each with its member path.
#[derive(Debug, Default)]
pub struct Registry {
    candidates: Vec<(String, Schema)>,
}

/// Which schema a body keeps.
#[derive(Debug)]
pub enum Choice<'r> {
    /// The newest schema that the body keeps.
    Matched {
        /// Its member path.
        path: &'r str,
        /// The schema.
        schema: &'r Schema,
    },
    /// No live schema fits: the body belongs in quarantine (F-52).
    Refused {
        /// Member paths of the schemas tried, newest first. Empty if there is none at all, which is
        /// not the same as a body without errors.
        tried: Vec<String>,
        /// Errors of the newest one.
        errors: Vec<SchemaNotice>,
    },
}

impl Registry {
    /// Takes the schemas, newest first.
    #[must_use]
    pub const fn new(candidates: Vec<(String, Schema)>) -> Self {
        Self { candidates }
    }

    /// Whether the resource has no schema.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The schema with this member path.
    #[must_use]
    pub fn schema(&self, path: &str) -> Option<&Schema> {
        self.candidates.iter().find(|(candidate, _)| candidate == path).map(|(_, schema)| schema)
    }

    /// Chooses the newest schema that `body` keeps.
    #[must_use]
    pub fn choose(&self, body: &Value) -> Choice<'_> {
        match self.candidates.iter().find(|(_, schema)| schema.is_valid(body)) {
            Some((path, schema)) => Choice::Matched { path, schema },
            None => Choice::Refused {
                tried: self.candidates.iter().map(|(path, _)| path.clone()).collect(),
                errors: self.candidates.first().map(|(_, schema)| schema.errors(body)).unwrap_or_default(),
            },
        }
    }
}
