//! A sorted, bounded list of statements about places.

use std::collections::BTreeSet;

use crate::model::SchemaNotice;

/// Most entries of one finished list.
pub const MOST_NOTICES: usize = 100;

/// Longest message and longest path, in characters.
const LONGEST_TEXT: usize = 200;

/// Distinct statements that are told apart; a hostile body could bring millions.
const MOST_DISTINCT: usize = 10_000;

/// Collects statements over many pages or entities, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notices {
    sorted: BTreeSet<SchemaNotice>,
    overflowed: bool,
}

impl Notices {
    /// Adds one statement; long texts are cut.
    pub fn add(&mut self, notice: SchemaNotice) {
        self.sorted.insert(SchemaNotice {
            instance_path: shortened(notice.instance_path),
            schema_path: shortened(notice.schema_path),
            message: shortened(notice.message),
        });
        // The last ones go, so the list does not depend on the order of arrival.
        if self.sorted.len() > MOST_DISTINCT {
            self.sorted.pop_last();
            self.overflowed = true;
        }
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The statements in order. Of more than [`MOST_NOTICES`] the first ones, and as the last entry,
    /// with both paths empty, how many more there are.
    #[must_use]
    pub fn finish(self) -> Vec<SchemaNotice> {
        let total = self.sorted.len();
        if total <= MOST_NOTICES {
            return self.sorted.into_iter().collect();
        }
        let shown = MOST_NOTICES - 1;
        let at_least = if self.overflowed { "at least " } else { "" };
        let mut list: Vec<_> = self.sorted.into_iter().take(shown).collect();
        list.push(SchemaNotice {
            instance_path: String::new(),
            schema_path: String::new(),
            message: format!("and {at_least}{} more", total - shown),
        });
        list
    }
}

/// The text, or its beginning and an ellipsis.
pub(super) fn shortened(text: String) -> String {
    match text.chars().nth(LONGEST_TEXT) {
        None => text,
        Some(_) => text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect(),
    }
}
