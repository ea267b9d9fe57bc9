//! Where everything stands: the checked pass that also keeps the place of every top-level member and
//! of every element of a top-level array.
//!
//! In canonical text elements follow each other with one comma between, so a single offset per element
//! is enough: four bytes for an entity of any size.

use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

use serde_json::Value;

use super::check::{Checker, Fault, Over};
use super::text::{unescape, utf16_order};
use super::{CanonClass, CanonError, diagnose, parse_checked, scan};
use crate::limits::{Limits, option};

/// The places of a canonical object's members and of the elements of those that are arrays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    members: Vec<Member>,
    /// Offsets just after each element, of all arrays one after another.
    element_ends: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    name: String,
    value: Range<u32>,
    /// Which `element_ends` are its own; `None` if the value is no array.
    elements: Option<Range<usize>>,
}

/// Makes the pass of [`check`](super::check) over a document whose root is an object and keeps the places.
///
/// Refuses what `check` refuses, a root that is no object, and texts of 4 GiB and more.
pub fn layout(bytes: &[u8], limits: &Limits) -> Result<Layout, CanonError> {
    scan::within_size(bytes, limits)?;
    if u32::try_from(bytes.len()).is_err() {
        return Err(CanonError::new(CanonClass::Limits, 0, "expected less than 4 GiB"));
    }
    let mut layout = Layout::default();
    let most = limits.json_values;
    let whole = Limits { json_values: limits.snapshot_values, ..*limits };
    layout.record(Checker::of_snapshot(bytes, limits), most).map_err(|fault| {
        match diagnose(bytes, &whole, fault) {
            error if error.class == CanonClass::NotCanonical && !bytes.starts_with(b"{") => {
                CanonError::new(CanonClass::NotCanonical, 0, "expected an object as the root of the document")
            }
            error => error,
        }
    })?;
    Ok(layout)
}

impl Layout {
    /// `most` is the number of values that one element, or one member that is no array, may have.
    fn record(&mut self, mut checker: Checker<'_>, most: usize) -> Result<(), Fault> {
        let within = |checker: &Checker<'_>, before: usize| {
            let over = Over { most, option: option::VALUES };
            let fits = checker.values() - before <= most;
            fits.then_some(()).ok_or(Fault { at: checker.position(), over: Some(over) })
        };
        if checker.peek() != Some(b'{') {
            return checker.fault();
        }
        checker.object(|checker, key| {
            let start = checker.position();
            let elements = if checker.peek() == Some(b'[') {
                let first = self.element_ends.len();
                let mut before = checker.values();
                checker.array(|checker| {
                    within(checker, before)?;
                    before = checker.values();
                    self.element_ends.push(offset(checker.position())?);
                    Ok(())
                })?;
                Some(first..self.element_ends.len())
            } else {
                let before = checker.values();
                checker.value()?;
                within(checker, before)?;
                None
            };
            let name = unescape(key.raw).ok_or(Fault::at(start))?.into_owned();
            let value = offset(start)?..offset(checker.position())?;
            self.members.push(Member { name, value, elements });
            Ok(())
        })?;
        checker.end()
    }
}

/// An offset into a text whose length is known to fit.
fn offset(at: usize) -> Result<u32, Fault> {
    u32::try_from(at).map_err(|_| Fault::at(at))
}

fn slice(bytes: &[u8], range: Range<u32>) -> &[u8] {
    bytes.get(range.start as usize..range.end as usize).unwrap_or_default()
}

/// A canonical document whose root is an object, with the place of everything in it.
///
/// Only this type hands out parts, so a layout can never meet other bytes than its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    bytes: Vec<u8>,
    layout: Layout,
}

impl Document {
    /// Checks `bytes` as [`layout`] does and keeps them.
    pub fn new(bytes: Vec<u8>, limits: &Limits) -> Result<Self, CanonError> {
        let layout = layout(&bytes, limits)?;
        Ok(Self { bytes, layout })
    }

    /// The whole text.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the text back.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// All top-level members, in the order of the text.
    #[must_use]
    pub fn members(&self) -> impl ExactSizeIterator<Item = MemberRef<'_>> {
        self.layout.members.iter().map(|member| MemberRef { document: self, member })
    }

    /// The top-level member `name`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<MemberRef<'_>> {
        // Canonical text has its members in this very order.
        let found = self.layout.members.binary_search_by(|member| utf16_order(&member.name, name));
        self.layout.members.get(found.ok()?).map(|member| MemberRef { document: self, member })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Content may be confidential and large: only its shape is shown.
        f.debug_struct("Document")
            .field("bytes", &self.bytes.len())
            .field("members", &self.layout.members.len())
            .finish_non_exhaustive()
    }
}

/// One top-level member of a [`Document`].
#[derive(Clone, Copy)]
pub struct MemberRef<'a> {
    document: &'a Document,
    member: &'a Member,
}

impl<'a> MemberRef<'a> {
    /// The key, unescaped.
    #[must_use]
    pub fn name(self) -> &'a str {
        &self.member.name
    }

    /// Where the value stands in the document.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.member.value.start as usize..self.member.value.end as usize
    }

    /// The canonical text of the value.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        slice(&self.document.bytes, self.member.value.clone())
    }

    /// The elements, if the value is an array.
    #[must_use]
    pub fn elements(self) -> Option<Elements<'a>> {
        let ends = self.document.layout.element_ends.get(self.member.elements.clone()?)?;
        // The first element starts after the bracket.
        Some(Elements { bytes: &self.document.bytes, start: self.member.value.start + 1, ends })
    }

    /// The value as a tree.
    pub fn value(self) -> Result<Value, CanonError> {
        parse_checked(self.bytes())
    }
}

/// The elements of a top-level array, each as its canonical text.
#[derive(Clone)]
pub struct Elements<'a> {
    bytes: &'a [u8],
    start: u32,
    ends: &'a [u32],
}

impl<'a> Elements<'a> {
    /// The element at `index` among those that remain.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            // One comma separates an element from the one before.
            Some(before) => self.ends.get(before)? + 1,
            None => self.start,
        };
        Some(slice(self.bytes, start..end))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (end, ends) = self.ends.split_first()?;
        let element = slice(self.bytes, self.start..*end);
        self.start = end + 1;
        self.ends = ends;
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.ends.len(), Some(self.ends.len()))
    }
}

impl ExactSizeIterator for Elements<'_> {}
impl FusedIterator for Elements<'_> {}
