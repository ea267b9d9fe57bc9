//! Why a list is not proven complete, always with the figures.

use std::fmt;

use super::pager::{MOST_EMPTY, MOST_PAGES};

/// Longest next link or token, in bytes.
pub(super) const LONGEST_NEXT: usize = 8_192;

/// A figure that every page of a list reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Number of entities in the list.
    Total,
    /// Number of pages in the list.
    PageCount,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Total => "total",
            Self::PageCount => "page count",
        })
    }
}

/// Why a list is not proven complete. Pages count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PagingFault {
    /// A page came before.
    #[error("page {page} repeats page {earlier}")]
    RepeatedPage {
        /// The page.
        page: u64,
        /// The page it repeats.
        earlier: u64,
    },
    /// A next link or token came before: the list runs in a circle.
    #[error("page {page} leads back to page {earlier}")]
    RepeatedNext {
        /// The page whose link it is.
        page: u64,
        /// The page that the link led to before.
        earlier: u64,
    },
    /// A figure differs from what earlier pages reported.
    #[error("page {page} reports a {figure} of {found}, earlier pages {expected}")]
    Moved {
        /// Which figure.
        figure: Figure,
        /// The page.
        page: u64,
        /// What earlier pages reported.
        expected: Told,
        /// What this page reports.
        found: Told,
    },
    /// A figure is not reported although the profile says where.
    #[error("page {page} reports no {figure}")]
    Untold {
        /// Which figure.
        figure: Figure,
        /// The page.
        page: u64,
    },
    /// The list ended before its total was reached.
    #[error("the list ended after {read} entities on {pages} pages, but its reported total is {total}")]
    Short {
        /// Entities read.
        read: u64,
        /// Total reported.
        total: u64,
        /// Pages read.
        pages: u64,
    },
    /// More entities came than the list is said to have.
    #[error("{read} entities came on {pages} pages, but the reported total is {total}")]
    Surplus {
        /// Entities read.
        read: u64,
        /// Total reported.
        total: u64,
        /// Pages read.
        pages: u64,
    },
    /// Pages follow each other without entities.
    #[error("more than {MOST_EMPTY} pages in a row hold nothing, up to page {page}, and the list goes on")]
    EmptyPages {
        /// The last page.
        page: u64,
    },
    /// The list has no end.
    #[error("the list goes on after {MOST_PAGES} pages")]
    Endless,
    /// A next link or token is no text of reasonable length.
    #[error("the link to the next page is neither absent nor a string of at most {LONGEST_NEXT} bytes")]
    NextForm,
    /// A page was handed in after the end.
    #[error("page {page} came after the end of the list")]
    AfterEnd {
        /// The page.
        page: u64,
    },
}

/// A figure that may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told(pub Option<u64>);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(figure) => figure.fmt(f),
            None => f.write_str("none"),
        }
    }
}

impl PagingFault {
    /// Whether a list that was changed while it was read looks like this, so that reading it again
    /// from the start may go better.
    #[must_use]
    pub const fn may_be_movement(&self) -> bool {
        matches!(
            self,
            Self::RepeatedPage { .. }
                | Self::RepeatedNext { .. }
                | Self::Moved { .. }
                | Self::Short { .. }
                | Self::Surplus { .. }
        )
    }
}
