//! Evidence held in memory: copies that are to be changed without touching the original.

use std::collections::BTreeMap;
use std::io;

use super::{Item, ItemKind, Source, SourceError};

/// Named byte strings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Content by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// Copies every regular file of another source, each at most `limit` bytes.
    pub fn copy_of(source: &dyn Source, files: usize, limit: u64) -> Result<Self, SourceError> {
        let mut copy = Self::default();
        for item in source.list(files)? {
            if item.kind == ItemKind::File {
                let bytes = source.read(&item, limit)?;
                copy.files.insert(item.name, bytes);
            }
        }
        Ok(copy)
    }

    fn bytes(&self, item: &Item) -> Result<&[u8], SourceError> {
        self.files.get(&item.name).map(Vec::as_slice).ok_or_else(|| SourceError::Read {
            name: item.name.clone(),
            source: io::Error::from(io::ErrorKind::NotFound),
        })
    }
}

impl Source for Memory {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn list(&self, limit: usize) -> Result<Vec<Item>, SourceError> {
        if self.files.len() > limit {
            return Err(SourceError::TooMany { place: self.describe(), limit });
        }
        Ok(self
            .files
            .iter()
            .map(|(name, bytes)| Item {
                name: name.clone(),
                exact: true,
                kind: ItemKind::File,
                size: bytes.len() as u64,
                stamp: None,
            })
            .collect())
    }

    fn read(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.bytes(item)?;
        let size = bytes.len() as u64;
        if size > limit {
            return Err(SourceError::TooLarge { name: item.name.clone(), size, limit });
        }
        Ok(bytes.to_vec())
    }

    fn read_start(&self, item: &Item, limit: u64) -> Result<Vec<u8>, SourceError> {
        let bytes = self.bytes(item)?;
        let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.get(..end).unwrap_or_default().to_vec())
    }
}
