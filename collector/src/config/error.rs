//! Refusals of a configuration: where, what, and what to do about it.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::string::FromUtf8Error;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("configuration {place}: {message}")]
pub struct ConfigError {
    /// File, and line and column when they are known.
    pub place: String,
    /// What is wrong there.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// The system's answer, when a call failed.
    #[source]
    pub source: Option<io::Error>,
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, source: io::Error) -> Self {
        let hint = if source.kind() == io::ErrorKind::NotFound {
            "create one with `collector init`, then name it with --config".to_owned()
        } else {
            "check the path and its permissions".to_owned()
        };
        Self {
            place: path.display().to_string(),
            message: "cannot be read".to_owned(),
            hint,
            source: Some(source),
        }
    }

    pub(super) fn too_large(path: &Path, found: usize, limit: usize) -> Self {
        Self {
            place: path.display().to_string(),
            message: format!("{found} bytes, the limit is {limit}"),
            hint: "name the TOML file that `collector init` wrote, not something else".to_owned(),
            source: None,
        }
    }

    pub(super) fn not_utf8(path: &Path, error: &FromUtf8Error) -> Self {
        Self {
            place: path.display().to_string(),
            message: format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to()),
            hint: "save the file as UTF-8".to_owned(),
            source: None,
        }
    }

    pub(super) fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().lines().collect::<Vec<_>>().join("; ");
        let hint = if message.contains("unknown field") {
            "remove the key or correct its spelling; `collector init` writes every known key with a comment"
        } else if message.contains("missing field") {
            "add the key; `collector init` writes every known key with a comment"
        } else {
            "correct the line; values are TOML, texts stand in double quotes"
        };
        Self { place: place(path, text, error.span().as_ref()), message, hint: hint.to_owned(), source: None }
    }

    pub(super) fn value(
        path: &Path,
        text: &str,
        span: &Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            place: place(path, text, Some(span)),
            message: message.into(),
            hint: hint.into(),
            source: None,
        }
    }
}

/// `file, line 3, column 5`, counted from 1 in characters.
fn place(path: &Path, text: &str, span: Option<&Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return path.display().to_string();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
    format!("{}, line {line}, column {column}", path.display())
}
