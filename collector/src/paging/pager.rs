//! The state machine of one list.

use std::collections::HashMap;

use verify_core::digest::Digest;
use verify_core::profile::Paging;

use super::fault::Told;
use super::{Figure, PageFacts, PageRequest, PagingFault, Step};

/// Pages of one list at most, whatever it reports.
pub const MOST_PAGES: u64 = 100_000;

/// Pages in a row without an entity that are put up with: filtered lists do hand out some.
pub(super) const MOST_EMPTY: u64 = 2;

/// Follows one list from its first page to its proven end.
#[derive(Debug)]
pub struct Pager<'a> {
    paging: &'a Paging,
    ended: bool,
    /// Link or token of the next page.
    next: Option<String>,
    pages: u64,
    read: u64,
    empty_in_a_row: u64,
    total: Option<u64>,
    page_count: Option<u64>,
    /// Pages by body, by first key, and by the link or token that led to them.
    bodies: HashMap<Digest, u64>,
    first_keys: HashMap<String, u64>,
    led_to: HashMap<String, u64>,
}

impl<'a> Pager<'a> {
    /// Stands before the first page.
    #[must_use]
    pub fn new(paging: &'a Paging) -> Self {
        Self {
            paging,
            ended: false,
            next: None,
            pages: 0,
            read: 0,
            empty_in_a_row: 0,
            total: None,
            page_count: None,
            bodies: HashMap::new(),
            first_keys: HashMap::new(),
            led_to: HashMap::new(),
        }
    }

    /// What to ask for next; `None` after the end.
    #[must_use]
    pub fn next_request(&self) -> Option<PageRequest> {
        if self.ended {
            return None;
        }
        let size = |parameter: &String, size: &u32| (parameter.clone(), size.to_string());
        Some(match (self.paging, &self.next) {
            (Paging::Single { .. }, _) => PageRequest::Query(Vec::new()),
            (Paging::PageNumber { page_parameter, size_parameter, page_size, .. }, _) => {
                PageRequest::Query(vec![
                    size(size_parameter, page_size),
                    (page_parameter.clone(), (self.pages + 1).to_string()),
                ])
            }
            (Paging::NextUri { .. }, Some(link)) => PageRequest::Link(link.clone()),
            (Paging::NextPageToken { token_parameter, size_parameter, page_size, .. }, Some(token)) => {
                PageRequest::Query(vec![
                    size(size_parameter, page_size),
                    (token_parameter.clone(), token.clone()),
                ])
            }
            (
                Paging::NextUri { size_parameter, page_size, .. }
                | Paging::NextPageToken { size_parameter, page_size, .. },
                None,
            ) => PageRequest::Query(vec![size(size_parameter, page_size)]),
        })
    }

    /// Takes note of the page that answered the last request.
    pub fn accept(&mut self, page: PageFacts) -> Result<Step, PagingFault> {
        let number = self.pages + 1;
        if self.ended {
            return Err(PagingFault::AfterEnd { page: number });
        }
        self.pages = number;
        self.read = self.read.saturating_add(page.entities);
        self.refuse_repetition(&page)?;
        self.refuse_movement(&page)?;
        if let Some(total) = self.total
            && self.read > total
        {
            return Err(PagingFault::Surplus { read: self.read, total, pages: number });
        }
        if !self.goes_on(page.next)? {
            self.ended = true;
            return self.proven();
        }
        self.empty_in_a_row = if page.entities == 0 { self.empty_in_a_row + 1 } else { 0 };
        if self.empty_in_a_row > MOST_EMPTY {
            return Err(PagingFault::EmptyPages { page: number });
        }
        if number >= MOST_PAGES {
            return Err(PagingFault::Endless);
        }
        Ok(Step::More)
    }

    /// Pages read.
    #[must_use]
    pub const fn pages(&self) -> u64 {
        self.pages
    }

    /// Entities read.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.read
    }

    /// Total the list reports.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    fn refuse_repetition(&mut self, page: &PageFacts) -> Result<(), PagingFault> {
        // Pages without entities look alike; they are counted instead.
        if page.entities == 0 {
            return Ok(());
        }
        let number = self.pages;
        let by_body = self.bodies.insert(page.digest, number);
        let by_key = page.first_key.clone().and_then(|key| self.first_keys.insert(key, number));
        match by_body.or(by_key) {
            Some(earlier) => Err(PagingFault::RepeatedPage { page: number, earlier }),
            None => Ok(()),
        }
    }

    fn refuse_movement(&mut self, page: &PageFacts) -> Result<(), PagingFault> {
        let number = self.pages;
        let (total_told, count_told) = match self.paging {
            Paging::PageNumber { total, .. } => (total.is_some(), true),
            Paging::NextUri { total, .. } | Paging::NextPageToken { total, .. } => (total.is_some(), false),
            // One answer that is everything has no paging to go wrong: a total is compared if it is there.
            Paging::Single { .. } => (false, false),
        };
        let figures = [
            (Figure::Total, total_told, &mut self.total, page.total),
            (Figure::PageCount, count_told, &mut self.page_count, page.page_count),
        ];
        for (figure, must_be_told, known, found) in figures {
            if must_be_told && found.is_none() {
                return Err(PagingFault::Untold { figure, page: number });
            }
            if number == 1 {
                *known = found;
            } else if *known != found {
                return Err(PagingFault::Moved {
                    figure,
                    page: number,
                    expected: Told(*known),
                    found: Told(found),
                });
            }
        }
        Ok(())
    }

    /// Whether another page follows; remembers how it is asked for.
    fn goes_on(&mut self, next: Option<String>) -> Result<bool, PagingFault> {
        let number = self.pages;
        match self.paging {
            Paging::Single { .. } => Ok(false),
            Paging::PageNumber { .. } => Ok(self.page_count.is_some_and(|count| number < count)),
            Paging::NextUri { .. } | Paging::NextPageToken { .. } => {
                if let Some(next) = &next
                    && let Some(earlier) = self.led_to.insert(next.clone(), number + 1)
                {
                    return Err(PagingFault::RepeatedNext { page: number, earlier });
                }
                self.next = next;
                Ok(self.next.is_some())
            }
        }
    }

    fn proven(&self) -> Result<Step, PagingFault> {
        match self.total {
            Some(total) if self.read != total => {
                Err(PagingFault::Short { read: self.read, total, pages: self.pages })
            }
            _ => Ok(Step::End),
        }
    }
}
