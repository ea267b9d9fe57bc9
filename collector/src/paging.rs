//! How pages follow each other, as a pure state machine: no request is made here.
//!
//! A [`Pager`] says what to ask for next and judges what every page says about the list. It refuses
//! whatever could hide a short list: a page that came before, a link that came before, pages without
//! end, a page count or a total that moves, an end before the reported total is reached.

use serde_json::Value;
use verify_core::digest::Digest;
use verify_core::profile::Paging;

mod fault;
mod pager;
#[cfg(test)]
mod tests;

pub use fault::{Figure, PagingFault, Told};
pub use pager::{MOST_PAGES, Pager};

/// What to ask for next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageRequest {
    /// The list's own path with these parameters after its fixed ones.
    Query(Vec<(String, String)>),
    /// The link out of the last answer.
    Link(String),
}

/// What follows a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Another page.
    More,
    /// The list was read to its end, and its figures agree.
    End,
}

/// What one page says about its list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFacts {
    /// Digest of the body.
    pub digest: Digest,
    /// Entities on the page.
    pub entities: u64,
    /// Key of its first entity.
    pub first_key: Option<String>,
    /// Total it reports.
    pub total: Option<u64>,
    /// Page count it reports.
    pub page_count: Option<u64>,
    /// Link or token of the next page.
    pub next: Option<String>,
}

impl PageFacts {
    /// Reads the facts out of an answer's body, where the profile says they stand.
    ///
    /// A figure that stands there but is no whole number is as good as none. A link or token that is no
    /// string is refused: it would end the list.
    pub fn of(
        paging: &Paging,
        body: &Value,
        digest: Digest,
        entities: u64,
        first_key: Option<String>,
    ) -> Result<Self, PagingFault> {
        let (total, page_count, next) = match paging {
            Paging::Single { total } => (total.as_deref(), None, None),
            Paging::PageNumber { total, page_count, .. } => {
                (total.as_deref(), Some(page_count.as_str()), None)
            }
            Paging::NextUri { total, page_count, next, .. } => {
                (total.as_deref(), page_count.as_deref(), Some(next.as_str()))
            }
            Paging::NextPageToken { total, next, .. } => (total.as_deref(), None, Some(next.as_str())),
        };
        let number = |pointer: Option<&str>| body.pointer(pointer?)?.as_u64();
        let next = match next.and_then(|pointer| body.pointer(pointer)) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.is_empty() => None,
            Some(Value::String(text)) if text.len() <= fault::LONGEST_NEXT => Some(text.clone()),
            Some(_) => return Err(PagingFault::NextForm),
        };
        Ok(Self { digest, entities, first_key, total: number(total), page_count: number(page_count), next })
    }
}
