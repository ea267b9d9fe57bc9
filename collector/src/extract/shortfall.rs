//! Why a resource is not complete, and which outcome that is.

use std::fmt::Write as _;

use verify_core::model::{Outcome, SchemaNotice};
use verify_core::normalize::NormalizeError;

use crate::http::ReadFault;
use crate::paging::PagingFault;

/// Why a reading stopped short. The sentence ends up in the manifest: it names figures, never values.
#[derive(Debug)]
pub(super) enum Shortfall {
    /// No usable answer.
    Read(ReadFault),
    /// Success, but no JSON in it.
    NotJson {
        /// What is wrong with it.
        problem: String,
    },
    /// Success without a body.
    NoBody {
        /// HTTP status.
        status: u16,
    },
    /// The list contradicts itself.
    Paging(PagingFault),
    /// A key occurs twice.
    Twice {
        /// The key.
        key: String,
    },
    /// The body breaks its schemas, or has not the shape that the profile describes.
    Breaks {
        /// Schemas tried, newest first.
        tried: Vec<String>,
        /// What is wrong.
        errors: Vec<SchemaNotice>,
    },
    /// More than a snapshot can hold.
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        most: u64,
    },
    /// The profile cannot be followed for this resource.
    Rules {
        /// Why.
        problem: String,
    },
    /// The parent is not complete.
    Parent {
        /// The parent resource.
        parent: String,
        /// How its reading ended.
        outcome: Outcome,
    },
}

impl Shortfall {
    /// Whether reading the list again from the start may go better: a list that is changed while it
    /// is read contradicts itself.
    pub(super) const fn may_be_movement(&self) -> bool {
        match self {
            Self::Paging(fault) => fault.may_be_movement(),
            Self::Twice { .. } => true,
            _ => false,
        }
    }

    /// The outcome, given how many pages were read before.
    pub(super) fn outcome(&self, pages: u64) -> Outcome {
        let partly = if pages == 0 { Outcome::Failed } else { Outcome::Partial };
        match self {
            Self::Read(fault) => match fault.refusal() {
                Some(refusal) if is_about_a_licence(refusal.word.as_deref()) => Outcome::NotLicensed,
                Some(refusal) if matches!(refusal.status, 401 | 403) => Outcome::Denied,
                // In the midst of a list it says that a page or a parent has gone, not the resource.
                Some(refusal) if refusal.status == 404 && pages == 0 => Outcome::NotLicensed,
                _ => partly,
            },
            Self::NotJson { .. } | Self::NoBody { .. } => partly,
            Self::Paging(_) | Self::Twice { .. } | Self::TooMuch { .. } => Outcome::Partial,
            Self::Breaks { .. } => Outcome::Quarantined,
            Self::Rules { .. } | Self::Parent { .. } => Outcome::Failed,
        }
    }

    /// Short stable word.
    pub(super) fn code(&self) -> String {
        let word = match self {
            Self::Read(fault) => return fault.code(),
            Self::NotJson { .. } => "not_json",
            Self::NoBody { .. } => "no_body",
            Self::Paging(fault) => match fault {
                PagingFault::RepeatedPage { .. } => "repeated_page",
                PagingFault::RepeatedNext { .. } => "repeated_link",
                PagingFault::Moved { .. } => "moving_figure",
                PagingFault::Untold { .. } => "missing_figure",
                PagingFault::Short { .. } => "short_list",
                PagingFault::Surplus { .. } => "long_list",
                PagingFault::EmptyPages { .. } | PagingFault::Endless => "endless_list",
                PagingFault::NextForm | PagingFault::AfterEnd { .. } => "paging",
            },
            Self::Twice { .. } => "duplicate_key",
            Self::Breaks { .. } => "schema",
            Self::TooMuch { .. } => "too_much",
            Self::Rules { .. } => "profile",
            Self::Parent { .. } => "parent",
        };
        word.to_owned()
    }

    /// The sentence, without what was read before.
    fn sentence(&self) -> String {
        match self {
            Self::Read(fault) => fault.to_string(),
            Self::NotJson { problem } => format!("an answer is no strict JSON: {problem}"),
            Self::NoBody { status } => format!("HTTP {status} without a body"),
            Self::Paging(fault) => fault.to_string(),
            Self::Twice { key } => {
                format!("key {:?} occurs twice", key.chars().take(100).collect::<String>())
            }
            Self::Rules { problem } => problem.clone(),
            Self::Breaks { tried, errors } => match errors.first() {
                Some(first) => format!(
                    "an answer breaks {}: {} at {:?}{}",
                    tried.first().map_or("the shape that the profile describes", String::as_str),
                    first.message,
                    first.instance_path,
                    others(errors.len() - 1)
                ),
                None => "an answer keeps no schema that all earlier pages keep".to_owned(),
            },
            Self::TooMuch { what, most } => format!("more than {most} {what}"),
            Self::Parent { parent, outcome } => {
                format!("not read, because its parent {parent} is {}", outcome.as_str())
            }
        }
    }

    /// One sentence with the figures, as the manifest states it.
    pub(super) fn reason(&self, parent: Option<&str>, count: u64, pages: u64, rounds: u64) -> String {
        let mut text = self.sentence();
        if let Some(parent) = parent {
            let shown: String = parent.chars().take(100).collect();
            let _ = write!(text, "; in the list of parent {shown:?}");
        }
        if pages > 0 {
            let (entity, page) = (plural(count, "entity", "entities"), plural(pages, "page", "pages"));
            let _ = write!(text, "; {count} {entity} on {pages} {page} were read");
        }
        if rounds > 1 {
            let _ = write!(text, " in the last of {rounds} rounds");
        }
        text
    }
}

impl From<ReadFault> for Shortfall {
    fn from(fault: ReadFault) -> Self {
        Self::Read(fault)
    }
}

impl From<PagingFault> for Shortfall {
    fn from(fault: PagingFault) -> Self {
        Self::Paging(fault)
    }
}

/// A body that cannot be normalized is one that has not the shape which the profile describes.
impl From<NormalizeError> for Shortfall {
    fn from(error: NormalizeError) -> Self {
        match &error {
            NormalizeError::Pattern { .. } | NormalizeError::Rules { .. } => {
                Self::Rules { problem: with_sources(&error) }
            }
            NormalizeError::Twice { key, .. } => Self::Twice { key: key.clone() },
            _ => Self::Breaks {
                tried: Vec::new(),
                errors: vec![SchemaNotice {
                    instance_path: String::new(),
                    schema_path: String::new(),
                    message: with_sources(&error),
                }],
            },
        }
    }
}

fn is_about_a_licence(word: Option<&str>) -> bool {
    word.is_some_and(|word| word.contains("license") || word.contains("licence"))
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let _ = write!(text, ": {inner}");
        source = inner.source();
    }
    text
}

fn others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", and 1 other error".to_owned(),
        more => format!(", and {more} other errors"),
    }
}

const fn plural<'a>(count: u64, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Refusal;

    fn refused(status: u16, word: Option<&str>) -> Shortfall {
        let refusal = Refusal { status, word: word.map(str::to_owned) };
        Shortfall::Read(ReadFault::Refused { refusal, attempts: 1 })
    }

    #[test]
    fn outcomes_follow_the_status_and_what_was_read() {
        let cases = [
            (refused(403, Some("missing.permissions")), 0, Outcome::Denied),
            (refused(403, None), 4, Outcome::Denied),
            (refused(401, None), 0, Outcome::Denied),
            (refused(403, Some("license.missing")), 0, Outcome::NotLicensed),
            (refused(404, None), 0, Outcome::NotLicensed),
            (refused(404, None), 2, Outcome::Partial),
            (refused(503, None), 0, Outcome::Failed),
            (refused(503, None), 2, Outcome::Partial),
            (Shortfall::NoBody { status: 204 }, 0, Outcome::Failed),
            (Shortfall::Paging(PagingFault::Endless), 3, Outcome::Partial),
        ];
        for (shortfall, pages, outcome) in cases {
            assert_eq!(shortfall.outcome(pages), outcome, "{shortfall:?} after {pages} pages");
        }
    }

    #[test]
    fn reasons_state_the_figures() {
        let short = Shortfall::Paging(PagingFault::Short { read: 249, total: 250, pages: 3 });
        assert_eq!(
            short.reason(None, 249, 3, 3),
            "the list ended after 249 entities on 3 pages, but its reported total is 250; 249 entities on 3 pages \
             were read in the last of 3 rounds"
        );
        assert_eq!(refused(503, None).reason(None, 0, 0, 1), "HTTP 503 after 1 attempt");
        assert_eq!(
            refused(404, None).reason(Some("group-1"), 1, 1, 1),
            "HTTP 404 after 1 attempt; in the list of parent \"group-1\"; 1 entity on 1 page were read"
        );
    }
}
