//! A copy of evidence in memory with a few items exchanged, without copying the rest.
//!
//! The base is shared and never changed, so any number of overlays cost only what they change. What
//! differs is found by comparing bytes, never taken from whoever made the change.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::{Item, ItemKind, Memory, Source, SourceError};
use crate::digest::Digest;

/// What stands at a name instead of what the base holds there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Instead {
    Bytes(Vec<u8>),
    Nothing,
    /// A thing that is no regular file, such as a symbolic link.
    Other(&'static str),
}

/// One name at which an overlay differs from its base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The name. Untrusted text.
    pub name: String,
    /// SHA-256 of the file in the base; `None` where there is none.
    pub before: Option<Digest>,
    /// SHA-256 of the file in the overlay; `None` where there is no regular file.
    pub after: Option<Digest>,
    /// What stands there now, if it is no regular file.
    pub other: Option<&'static str>,
}

/// Evidence in memory as it would be with some items exchanged, added or removed.
#[derive(Debug, Clone)]
pub struct Overlay<'a> {
    base: &'a Memory,
    instead: BTreeMap<String, Instead>,
}

impl<'a> Overlay<'a> {
    /// The base, unchanged.
    #[must_use]
    pub fn new(base: &'a Memory) -> Self {
        Self { base, instead: BTreeMap::new() }
    }

    /// A regular file with these bytes, new or in place of what was there.
    pub fn put(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.instead.insert(name.into(), Instead::Bytes(bytes));
    }

    /// Nothing at this name any more.
    pub fn remove(&mut self, name: impl Into<String>) {
        self.instead.insert(name.into(), Instead::Nothing);
    }

    /// Something at this name that is no regular file; `kind` says what, e.g. `symbolic link`.
    pub fn put_other(&mut self, name: impl Into<String>, kind: &'static str) {
        self.instead.insert(name.into(), Instead::Other(kind));
    }

    /// The bytes of the regular file at this name.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.instead.get(name) {
            None => self.base.files.get(name).map(Vec::as_slice),
            Some(Instead::Bytes(bytes)) => Some(bytes),
            Some(Instead::Nothing | Instead::Other(_)) => None,
        }
    }

    /// Every name at which something else stands than in the base, by name.
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        let changed = |(name, instead): (&String, &Instead)| {
            let before = self.base.files.get(name);
            let (after, other) = match instead {
                Instead::Bytes(bytes) => (Some(bytes), None),
                Instead::Nothing => (None, None),
                Instead::Other(kind) => (None, Some(*kind)),
            };
            (before != after || other.is_some()).then(|| Difference {
                name: name.clone(),
                before: before.map(|bytes| Digest::of(bytes)),
                after: after.map(|bytes| Digest::of(bytes)),
                other,
            })
        };
        self.instead.iter().filter_map(changed).collect()
    }

    fn item(&self, name: &str) -> Option<Item> {
        let (kind, size) = match self.instead.get(name) {
            Some(Instead::Other(kind)) => (ItemKind::Other(kind), 0),
            _ => (ItemKind::File, self.bytes(name)?.len() as u64),
        };
        Some(Item { name: name.to_owned(), exact: true, kind, size, stamp: None })
    }

    fn file(&self, item: &Item) -> Result<&[u8], SourceError> {
        self.bytes(&item.name).ok_or_else(|| SourceError::Read {
            name: item.name.clone(),
            source: io::Error::from(io::ErrorKind::NotFound),
        })
    }
}

impl Source for Overlay<'_> {
    fn describe(&self) -> String {
        self.base.describe()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        let names: BTreeSet<&String> = self.base.files.keys().chain(self.instead.keys()).collect();
        let items: Vec<Item> = names.into_iter().filter_map(|name| self.item(name)).collect();
        if items.len() > limit {
            return Err(SourceError::TooMany { place: self.describe(), limit });
        }
        Ok(items)
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.file(item)?;
        let size = bytes.len() as u64;
        if size > limit {
            return Err(SourceError::TooLarge { name: item.name.clone(), size, limit });
        }
        Ok(bytes.to_vec())
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.file(item)?;
        let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(..end).unwrap_or_default().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Memory {
        let files = [("a", "one"), ("b", "two"), ("c", "three")];
        Memory {
            files: files
                .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
                .into_iter()
                .collect(),
        }
    }

    fn names(source: &dyn Source) -> Vec<(String, ItemKind, u64)> {
        source.list(10).unwrap().into_iter().map(|item| (item.name, item.kind, item.size)).collect()
    }

    #[test]
    fn unchanged_it_is_its_base() {
        let base = base();
        let overlay = Overlay::new(&base);
        assert_eq!(names(&overlay), names(&base));
        assert_eq!(overlay.differences(), []);
        for item in base.list(10).unwrap() {
            assert_eq!(overlay.read(&item, 100).unwrap(), base.read(&item, 100).unwrap());
        }
    }

    #[test]
    fn items_are_exchanged_added_removed_and_made_links() {
        let base = base();
        let mut overlay = Overlay::new(&base);
        overlay.put("a", b"1".to_vec());
        overlay.put("d", b"four".to_vec());
        overlay.remove("b");
        overlay.put_other("c", "symbolic link");
        let expected = [
            ("a".to_owned(), ItemKind::File, 1),
            ("c".to_owned(), ItemKind::Other("symbolic link"), 0),
            ("d".to_owned(), ItemKind::File, 4),
        ];
        assert_eq!(names(&overlay), expected);
        let read: Vec<_> =
            overlay.list(10).unwrap().iter().map(|item| overlay.read(item, 100).ok()).collect();
        assert_eq!(read, [Some(b"1".to_vec()), None, Some(b"four".to_vec())]);
        let digest = |text: &str| Some(Digest::of(text.as_bytes()));
        let found: Vec<_> = overlay
            .differences()
            .into_iter()
            .map(|difference| (difference.name, difference.before, difference.after, difference.other))
            .collect();
        let expected = [
            ("a".to_owned(), digest("one"), digest("1"), None),
            ("b".to_owned(), digest("two"), None, None),
            ("c".to_owned(), digest("three"), None, Some("symbolic link")),
            ("d".to_owned(), None, digest("four"), None),
        ];
        assert_eq!(found, expected);
        assert_eq!(base, self::base(), "the base is never changed");
    }

    #[test]
    fn equal_bytes_and_absent_names_are_no_difference() {
        let base = base();
        let mut overlay = Overlay::new(&base);
        overlay.put("a", b"one".to_vec());
        overlay.remove("never there");
        assert_eq!(overlay.differences(), []);
        assert_eq!(names(&overlay), names(&base));
    }

    #[test]
    fn limits_hold() {
        let base = base();
        let mut overlay = Overlay::new(&base);
        overlay.put("a", vec![0; 50]);
        assert!(matches!(overlay.list(2), Err(SourceError::TooMany { limit: 2, .. })));
        let item = overlay.list(3).unwrap().remove(0);
        assert!(matches!(overlay.read(&item, 49), Err(SourceError::TooLarge { size: 50, limit: 49, .. })));
        assert_eq!(overlay.read_start(&item, 7).unwrap().len(), 7);
    }
}
