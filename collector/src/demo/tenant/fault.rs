//! The ways one resource of the tenant can misbehave: each is one switch on an otherwise green run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::listing::{self, Style};

/// How a resource misbehaves. The text form is the name in snake case.
///
/// | fault | what the tenant does | a careful reader |
/// | --- | --- | --- |
/// | `repeated_page` | the last page is the one before it again (a list of one page: page 1 twice) | is not complete |
/// | `repeated_page_once` | the same, in the day's first reading only | re-reads, complete |
/// | `short_page` | page 1 lacks one entity, the total stays | is not complete |
/// | `duplicate_id` | page 1 ends with its first entity again, in place of its last | is not complete |
/// | `wrong_total` | the total is seven too high on every page | is not complete |
/// | `moving_total` | the total is too high by the page number | is not complete |
/// | `moving_total_once` | the same, in the day's first reading only | re-reads, complete |
/// | `page_count_changes` | from page 2 on, one page more is announced | is not complete |
/// | `endless_next` | there is always a next page, the last page's entities again | is not complete |
/// | `empty_next_loop` | there is always a next page, without entities | is not complete |
/// | `cross_host_next` | the next page is said to be on another host | never goes there |
/// | `redirect` | 302 to another host | never goes there |
/// | `no_content` | 204 without a body | is not complete |
/// | `truncated_body` | the connection closes after half of `Content-Length` | is not complete |
/// | `invalid_json` | 200 with the second half of the JSON missing | is not complete |
/// | `duplicate_key_json` | 200 with a member of the root object named twice | is not complete |
/// | `null_container` | the array of entities is null | is not complete |
/// | `breaking_schema` | a text field is an object | quarantines |
/// | `html_body` | 200 with an HTML page | is not complete |
/// | `wrong_content` | 200 with JSON of another kind | is not complete |
/// | `not_found` | 404 | is not complete |
/// | `forbidden` | 403 | reports denied |
/// | `server_error` | 500, always | is not complete |
/// | `server_error_once` | 500 for the day's first request | tries again, complete |
/// | `slow_then_ok` | the day's first answer comes late | waits, complete |
/// | `huge_retry_after` | 429 with `Retry-After: 86400`, always | gives up, is not complete |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the table above documents every variant by its text form")]
pub enum Fault {
    RepeatedPage,
    RepeatedPageOnce,
    ShortPage,
    DuplicateId,
    WrongTotal,
    MovingTotal,
    MovingTotalOnce,
    PageCountChanges,
    EndlessNext,
    EmptyNextLoop,
    CrossHostNext,
    Redirect,
    NoContent,
    TruncatedBody,
    InvalidJson,
    DuplicateKeyJson,
    NullContainer,
    BreakingSchema,
    HtmlBody,
    WrongContent,
    NotFound,
    Forbidden,
    ServerError,
    ServerErrorOnce,
    SlowThenOk,
    HugeRetryAfter,
}

impl Fault {
    /// Every fault with its text form, in the order of the table.
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::RepeatedPage, "repeated_page"),
        (Self::RepeatedPageOnce, "repeated_page_once"),
        (Self::ShortPage, "short_page"),
        (Self::DuplicateId, "duplicate_id"),
        (Self::WrongTotal, "wrong_total"),
        (Self::MovingTotal, "moving_total"),
        (Self::MovingTotalOnce, "moving_total_once"),
        (Self::PageCountChanges, "page_count_changes"),
        (Self::EndlessNext, "endless_next"),
        (Self::EmptyNextLoop, "empty_next_loop"),
        (Self::CrossHostNext, "cross_host_next"),
        (Self::Redirect, "redirect"),
        (Self::NoContent, "no_content"),
        (Self::TruncatedBody, "truncated_body"),
        (Self::InvalidJson, "invalid_json"),
        (Self::DuplicateKeyJson, "duplicate_key_json"),
        (Self::NullContainer, "null_container"),
        (Self::BreakingSchema, "breaking_schema"),
        (Self::HtmlBody, "html_body"),
        (Self::WrongContent, "wrong_content"),
        (Self::NotFound, "not_found"),
        (Self::Forbidden, "forbidden"),
        (Self::ServerError, "server_error"),
        (Self::ServerErrorOnce, "server_error_once"),
        (Self::SlowThenOk, "slow_then_ok"),
        (Self::HugeRetryAfter, "huge_retry_after"),
    ];

    /// Every fault, for tests that try them all.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().map(|(fault, _)| *fault)
    }

    /// Whether a careful reader still ends with a complete resource.
    #[must_use]
    pub const fn heals(self) -> bool {
        matches!(
            self,
            Self::RepeatedPageOnce | Self::MovingTotalOnce | Self::ServerErrorOnce | Self::SlowThenOk
        )
    }

    /// Whether the fault can be seen on `resource` of either dialect: a list of one answer has no
    /// next page and no total, a root object has no list.
    #[must_use]
    pub fn applies_to(self, resource: &str) -> bool {
        listing::LISTINGS
            .iter()
            .filter(|listing| listing.resource == resource)
            .any(|listing| self.applies_to_style(listing.style))
    }

    pub(super) const fn applies_to_style(self, style: Style) -> bool {
        match self {
            Self::RepeatedPage | Self::RepeatedPageOnce | Self::EndlessNext | Self::EmptyNextLoop => {
                matches!(style, Style::Token | Style::NextUri | Style::PageNumber)
            }
            Self::CrossHostNext => matches!(style, Style::Token | Style::NextUri),
            Self::PageCountChanges => matches!(style, Style::NextUri | Style::PageNumber),
            // A list of one answer reports no total: that an entity is missing cannot be seen in it.
            Self::ShortPage | Self::WrongTotal | Self::MovingTotal | Self::MovingTotalOnce => {
                !matches!(style, Style::Single | Style::Root)
            }
            Self::DuplicateId | Self::NullContainer => !matches!(style, Style::Root),
            _ => true,
        }
    }
}

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault of this name.
    #[error("unknown fault {found:?}: expected one of {}", names())]
    Kind {
        /// The text found.
        found: String,
    },
    /// No resource of this name in either dialect.
    #[error("unknown resource {found:?}: expected one of {}", listing::resource_names().join(", "))]
    Resource {
        /// The text found.
        found: String,
    },
    /// The fault cannot be seen on this resource.
    #[error("fault {fault} cannot be seen on {resource}, which is not paged that way")]
    Unseen {
        /// The fault.
        fault: Fault,
        /// The resource.
        resource: String,
    },
    /// Not of the form of a switch.
    #[error("expected RESOURCE=FAULT or RESOURCE=FAULT@DAY, found {found:?}")]
    Form {
        /// The text found.
        found: String,
    },
}

fn names() -> String {
    Fault::NAMES.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(fault, _)| fault == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        Self::NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(fault, _)| *fault)
            .ok_or_else(|| FaultError::Kind { found: text.chars().take(60).collect() })
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One fault on one resource, always or on one day: `users=short_page`, `users=short_page@12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSwitch {
    /// Resource name, of either dialect.
    pub resource: String,
    /// How it misbehaves.
    pub fault: Fault,
    /// The only day it does, or every day.
    pub day: Option<u32>,
}

impl FaultSwitch {
    /// Checks that the resource exists and that the fault can be seen on it.
    pub fn new(resource: &str, fault: Fault, day: Option<u32>) -> Result<Self, FaultError> {
        if !listing::resource_names().contains(&resource) {
            return Err(FaultError::Resource { found: resource.chars().take(60).collect() });
        }
        if !fault.applies_to(resource) {
            return Err(FaultError::Unseen { fault, resource: resource.to_owned() });
        }
        Ok(Self { resource: resource.to_owned(), fault, day })
    }

    pub(super) fn acts(&self, resource: &str, day: u32) -> bool {
        self.resource == resource && self.day.is_none_or(|only| only == day)
    }
}

impl FromStr for FaultSwitch {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let form = || FaultError::Form { found: text.chars().take(80).collect() };
        let (resource, rest) = text.split_once('=').ok_or_else(form)?;
        let (fault, day) = match rest.split_once('@') {
            Some((fault, day)) => {
                let day = day.parse().ok().filter(|day| *day > 0).ok_or_else(form)?;
                (fault, Some(day))
            }
            None => (rest, None),
        };
        Self::new(resource, fault.parse()?, day)
    }
}

impl fmt::Display for FaultSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.resource, self.fault)?;
        self.day.map_or(Ok(()), |day| write!(f, "@{day}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_what_it_prints() {
        assert_eq!(Fault::all().count(), 26);
        for fault in Fault::all() {
            assert_eq!(fault.to_string().parse::<Fault>(), Ok(fault));
        }
    }

    #[test]
    fn switches_are_read_and_wrong_ones_named() {
        let switch: FaultSwitch = "users=short_page@12".parse().unwrap();
        assert_eq!(switch.to_string(), "users=short_page@12");
        assert!(switch.acts("users", 12) && !switch.acts("users", 13) && !switch.acts("groups", 12));
        assert!(matches!("users".parse::<FaultSwitch>(), Err(FaultError::Form { .. })));
        assert!(matches!("users=short_page@x".parse::<FaultSwitch>(), Err(FaultError::Form { .. })));
        assert!(matches!("users=short_page@0".parse::<FaultSwitch>(), Err(FaultError::Form { .. })));
        assert!(matches!("user=short_page".parse::<FaultSwitch>(), Err(FaultError::Resource { .. })));
        assert!(matches!("users=shortpage".parse::<FaultSwitch>(), Err(FaultError::Kind { .. })));
        assert!(matches!("group_members=short_page".parse::<FaultSwitch>(), Err(FaultError::Unseen { .. })));
    }
}
