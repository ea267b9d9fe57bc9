//! `s3://BUCKET/ROOT`: where evidence lies.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// What every place in S3 begins with.
const SCHEME: &str = "s3://";
/// Longest key of S3, in bytes.
const LONGEST_KEY: usize = 1_024;

/// A bucket and a root in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    bucket: String,
    /// Without a slash at its end; empty for the whole bucket.
    root: String,
}

/// A text that names no place in S3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not a bucket.
    #[error("expected a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens, found {0:?}")]
    Bucket(String),
    /// Not a root.
    #[error("expected a root of at most {LONGEST_KEY} bytes, found {0}")]
    Root(usize),
}

impl S3Place {
    /// Whether a path means S3.
    #[must_use]
    pub fn is_meant_by(path: &Path) -> bool {
        path.to_str().is_some_and(|text| text.starts_with(SCHEME))
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The root as it was given, without a slash at its end; empty for the whole bucket.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// What every key below the root begins with.
    #[must_use]
    pub fn prefix(&self) -> String {
        if self.root.is_empty() { String::new() } else { format!("{}/", self.root) }
    }
}

impl FromStr for S3Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let rest = text.strip_prefix(SCHEME).unwrap_or_default();
        let (bucket, root) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let edges = bucket.starts_with(['.', '-']) || bucket.ends_with(['.', '-']) || bucket.contains("..");
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(plain) || edges {
            return Err(PlaceError::Bucket(bucket.chars().take(100).collect()));
        }
        let root = root.strip_suffix('/').unwrap_or(root);
        if root.len() >= LONGEST_KEY {
            return Err(PlaceError::Root(root.len()));
        }
        Ok(Self { bucket: bucket.to_owned(), root: root.to_owned() })
    }
}

impl fmt::Display for S3Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.bucket)?;
        if self.root.is_empty() { Ok(()) } else { write!(f, "/{}", self.root) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_bucket_and_a_root() {
        let place: S3Place = "s3://evidence.acme/soc2/prod/".parse().unwrap();
        assert_eq!(
            (place.bucket(), place.root(), place.prefix().as_str()),
            ("evidence.acme", "soc2/prod", "soc2/prod/")
        );
        assert_eq!(place.to_string(), "s3://evidence.acme/soc2/prod");
        let whole: S3Place = "s3://abc".parse().unwrap();
        assert_eq!((whole.prefix().as_str(), whole.to_string().as_str()), ("", "s3://abc"));
        for refused in ["s3://", "s3://ab", "s3://Abc", "s3://a_b_c", "s3://-abc", "s3://a..c", "s3:///x"] {
            assert!(refused.parse::<S3Place>().is_err(), "{refused}");
        }
        assert!(format!("s3://abc/{}", "x".repeat(1_024)).parse::<S3Place>().is_err());
        assert!(S3Place::is_meant_by(Path::new("s3://abc/x")) && !S3Place::is_meant_by(Path::new("s3/abc")));
    }
}
