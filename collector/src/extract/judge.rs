//! Which schema all pages of one resource keep.

use serde_json::Value;
use verify_core::model::SchemaResult;
use verify_core::schema::{Choice, Notices, Registry};

use super::shortfall::Shortfall;

/// Judges page after page. One schema must fit them all: a list whose pages keep different versions
/// keeps none.
#[derive(Clone)]
pub(super) struct Judge<'s> {
    registry: Option<&'s Registry>,
    /// Schemas that every page so far keeps, newest first; `None` before the first page.
    fitting: Option<Vec<&'s str>>,
    live: &'s [String],
    validated: u64,
    notices: Notices,
}

impl<'s> Judge<'s> {
    /// A judge for the pages of one resource; `live` are the profile's schemas, newest first.
    pub(super) fn new(registry: Option<&'s Registry>, live: &'s [String]) -> Self {
        let registry = registry.filter(|registry| !registry.is_empty());
        Self { registry, fitting: None, live, validated: 0, notices: Notices::default() }
    }

    /// Judges one body.
    pub(super) fn page(&mut self, body: &Value) -> Result<(), Shortfall> {
        let Some(registry) = self.registry else {
            return Ok(());
        };
        let so_far = self.fitting.take();
        let candidates = so_far.unwrap_or_else(|| self.live.iter().map(String::as_str).collect());
        let fitting: Vec<_> = candidates
            .into_iter()
            .filter(|path| registry.schema(path).is_some_and(|schema| schema.is_valid(body)))
            .collect();
        let Some(newest) = fitting.first().and_then(|path| registry.schema(path)) else {
            self.fitting = Some(Vec::new());
            return Err(match registry.choose(body) {
                Choice::Refused { tried, errors } => Shortfall::Breaks { tried, errors },
                Choice::Matched { .. } => Shortfall::Breaks { tried: self.live.to_vec(), errors: Vec::new() },
            });
        };
        newest.add_unknown_fields(body, &mut self.notices);
        self.fitting = Some(fitting);
        self.validated += 1;
        Ok(())
    }

    /// What the schemas said.
    pub(super) fn result(self) -> SchemaResult {
        SchemaResult {
            schema: self.fitting.unwrap_or_default().first().map(|path| (*path).to_owned()),
            validated: self.validated,
            notices: self.notices.finish(),
        }
    }
}
