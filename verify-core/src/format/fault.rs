//! From an error of a schema to a finding code, the same way every time.
//!
//! | the schema says | code |
//! | --- | --- |
//! | a member is missing | `SCHEMA-REQUIRED` |
//! | a member is not described | `SCHEMA-UNKNOWN` |
//! | a text does not have the shape of a digest | `SCHEMA-DIGEST` |
//! | a text does not have the shape of a time, or there is no such moment | `SCHEMA-TIME` |
//! | the manifest is of another version | `SCHEMA-VERSION` |
//! | anything else | `SCHEMA-TYPE` |

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use crate::canon::pointer;
use crate::digest::Digest;
use crate::finding::Code;
use crate::model::FORMAT_VERSION;
use crate::time::UtcTime;

/// Most faults that are listed of one document: a hostile one can have millions.
pub const MOST_FAULTS: usize = 100;

/// The shapes by which a schema file marks digests; `sha256:` stands before those of the guide's fields.
const DIGEST_SHAPES: [&str; 2] = ["^[0-9a-f]{64}$", "^sha256:[0-9a-f]{64}$"];

/// How every shape of a time begins.
const TIME_SHAPE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T";

/// Longest message of a schema error that is taken over, in characters.
const LONGEST_MESSAGE: usize = 200;

/// One place where a document breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DocumentFault {
    /// JSON pointer into the document; for a missing member, where it should stand.
    pub pointer: String,
    /// One of the `SCHEMA-…` codes.
    pub code: Code,
    /// What is wrong there, one sentence, lower case, no full stop.
    pub message: String,
}

impl DocumentFault {
    pub(super) fn version(found: &str) -> Self {
        let found: String = found.chars().take(40).collect();
        Self {
            pointer: "/manifest_version".to_owned(),
            code: Code::SchemaVersion,
            message: format!("expected format version {FORMAT_VERSION:?}, found {found:?}"),
        }
    }

    /// Never silence: a document that cannot be judged has not passed.
    pub(super) fn unusable(reason: &str) -> Self {
        Self {
            pointer: String::new(),
            code: Code::SchemaType,
            message: format!("the schema of this document cannot be used: {reason}"),
        }
    }
}

/// Whether `text` is a moment that exists, with or without milliseconds. Its shape is the pattern's.
pub(super) fn is_time(text: &str) -> bool {
    let seconds = match text.split_at_checked(19) {
        Some((seconds, rest)) if rest.starts_with('.') => format!("{seconds}Z"),
        _ => text.to_owned(),
    };
    seconds.parse::<UtcTime>().is_ok()
}

/// Sorted by place, each place and code once.
pub(super) fn in_order(faults: impl Iterator<Item = DocumentFault>) -> Vec<DocumentFault> {
    let mut faults: Vec<_> = faults.collect();
    faults.sort_unstable();
    faults.dedup_by(|later, earlier| (&later.pointer, later.code) == (&earlier.pointer, earlier.code));
    faults.truncate(MOST_FAULTS);
    faults
}

pub(super) fn faults_of(error: &ValidationError<'_>) -> Vec<DocumentFault> {
    let place = error.instance_path().to_string();
    let fault = |code, message| vec![DocumentFault { pointer: place.clone(), code, message }];
    match error.kind() {
        ValidationErrorKind::Required { property } => vec![DocumentFault {
            pointer: pointer::join(&place, property.as_str().unwrap_or_default()),
            code: Code::SchemaRequired,
            message: "the field is missing".to_owned(),
        }],
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .take(MOST_FAULTS)
            .map(|name| DocumentFault {
                pointer: pointer::join(&place, name),
                code: Code::SchemaUnknown,
                message: "the field is not part of the format".to_owned(),
            })
            .collect(),
        ValidationErrorKind::FalseSchema => {
            fault(Code::SchemaUnknown, "the field is not part of the format here".to_owned())
        }
        ValidationErrorKind::Pattern { pattern } if DIGEST_SHAPES.contains(&pattern.as_str()) => {
            fault(Code::SchemaDigest, digest_message(error.instance()))
        }
        ValidationErrorKind::Pattern { pattern } if pattern.starts_with(TIME_SHAPE) => {
            fault(Code::SchemaTime, time_message(error.instance()))
        }
        ValidationErrorKind::Format { .. } => fault(Code::SchemaTime, time_message(error.instance())),
        _ => fault(Code::SchemaType, shortened(&error.masked_with("the value").to_string())),
    }
}

fn digest_message(found: &Value) -> String {
    let text = found.as_str().unwrap_or_default();
    match text.strip_prefix("sha256:").unwrap_or(text).parse::<Digest>() {
        Err(error) => error.to_string(),
        Ok(_) => "the prefix sha256: is missing, or stands where none belongs".to_owned(),
    }
}

fn time_message(found: &Value) -> String {
    let found: String = found.as_str().unwrap_or_default().chars().take(40).collect();
    format!("expected a UTC time that exists, like 2024-05-15T08:00:00Z, found {found:?}")
}

fn shortened(message: &str) -> String {
    message.chars().take(LONGEST_MESSAGE).collect()
}
