//! Everything below a root, by versions: what a plain listing hides is what matters here.
//!
//! Listings are read to their end; one that breaks off is no listing. Names are opaque.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_s3::types::EncodingType;
use verify_core::source::MOST_OTHERS;

use super::fault::Fault;
use super::get::Bucket;
use super::place::S3Place;

/// Versions and delete markers that are listed at most, for every name that may be.
const VERSIONS_PER_NAME: usize = 4;

/// One name, and the version of it that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// Name below the root; empty if the root itself is an object.
    pub(super) name: String,
    /// Whether the name is text; else it is only a likeness.
    pub(super) exact: bool,
    /// Its key.
    pub(super) key: String,
    /// The first version.
    pub(super) version: String,
    /// Bytes of that version.
    pub(super) size: u64,
    /// What S3 calls its content; opaque.
    pub(super) tag: String,
    /// Some later versions, the newest first.
    pub(super) others: Vec<String>,
    /// How many there are.
    pub(super) other_versions: u64,
    /// Delete markers.
    pub(super) markers: u64,
}

/// Everything below the root, by name.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) objects: Vec<Object>,
    /// Names under which only delete markers stand.
    pub(super) emptied: Vec<String>,
    places: HashMap<String, usize>,
}

impl Listing {
    /// Where the object of this name stands.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}

/// One version under a key.
#[derive(Debug)]
struct Version {
    id: String,
    size: u64,
    tag: String,
}

/// What stands under one key, while it is listed.
#[derive(Debug, Default)]
struct Standing {
    /// Versions, the newest first. Of many the newest ones and the last.
    versions: Vec<Version>,
    count: u64,
    markers: u64,
}

/// Lists what is below the root, at most `limit` names; or the root, if it is one object.
pub(super) async fn list(bucket: &Bucket, place: &S3Place, limit: usize) -> Result<Listing, Fault> {
    let found = standing(bucket, &place.prefix(), limit).await?;
    if !found.is_empty() || place.root().is_empty() {
        return Ok(listing(found, &place.prefix()));
    }
    let mut alone = standing(bucket, place.root(), limit).await?;
    alone.retain(|key, _| key == place.root());
    Ok(listing(alone, place.root()))
}

async fn standing(bucket: &Bucket, prefix: &str, limit: usize) -> Result<BTreeMap<String, Standing>, Fault> {
    let mut found: BTreeMap<String, Standing> = BTreeMap::new();
    let mut listed = 0_usize;
    let mut next: (Option<String>, Option<String>) = (None, None);
    loop {
        let page = bucket
            .client
            .list_object_versions()
            .bucket(&bucket.name)
            .prefix(prefix)
            .encoding_type(EncodingType::Url)
            .set_key_marker(next.0.clone())
            .set_version_id_marker(next.1.clone())
            .send()
            .await
            .map_err(|error| Fault::of(&error))?;
        let encoded = page.encoding_type() == Some(&EncodingType::Url);
        for version in page.versions() {
            let key = decoded(version.key().ok_or(Fault::Form)?, encoded);
            let size = version.size().and_then(|size| u64::try_from(size).ok()).ok_or(Fault::Form)?;
            let id = version.version_id().unwrap_or("null").to_owned();
            let tag = version.e_tag().unwrap_or_default().to_owned();
            found.entry(key).or_default().add(Version { id, size, tag });
        }
        for marker in page.delete_markers() {
            let key = decoded(marker.key().ok_or(Fault::Form)?, encoded);
            found.entry(key).or_default().markers += 1;
        }
        listed = listed.saturating_add(page.versions().len()).saturating_add(page.delete_markers().len());
        if found.len() > limit || listed > limit.saturating_mul(VERSIONS_PER_NAME) {
            return Err(Fault::TooMany);
        }
        if page.is_truncated() != Some(true) {
            return Ok(found);
        }
        let key = page.next_key_marker().map(|key| decoded(key, encoded));
        let following = (key, page.next_version_id_marker().map(str::to_owned));
        if following.0.is_none() || following == next {
            return Err(Fault::Listing);
        }
        next = following;
    }
}

impl Standing {
    fn add(&mut self, version: Version) {
        self.count += 1;
        // The last one that is listed is the first that was written; it is always kept.
        if self.versions.len() > MOST_OTHERS {
            self.versions.pop();
        }
        self.versions.push(version);
    }
}

fn listing(found: BTreeMap<String, Standing>, prefix: &str) -> Listing {
    let mut listing = Listing::default();
    for (key, mut standing) in found {
        // Only a source that is itself a file has an item without a name.
        let name = match key.strip_prefix(prefix) {
            Some("") if prefix.ends_with('/') => "/".to_owned(),
            Some(name) => name.to_owned(),
            None => key.clone(),
        };
        let Some(Version { id, size, tag }) = standing.versions.pop() else {
            listing.emptied.push(name);
            continue;
        };
        listing.places.insert(name.clone(), listing.objects.len());
        listing.objects.push(Object {
            exact: !name.contains(char::REPLACEMENT_CHARACTER),
            name,
            key,
            version: id,
            size,
            tag,
            others: standing.versions.into_iter().map(|version| version.id).collect(),
            other_versions: standing.count - 1,
            markers: standing.markers,
        });
    }
    listing
}

/// A key as it was before it was written into a listing.
fn decoded(text: &str, encoded: bool) -> String {
    if !encoded {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| behind.get(..2)).flatten().and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok().filter(|text| !text.contains('+'))?;
            u8::from_str_radix(digits, 16).ok()
        });
        match (escaped, first) {
            (Some(byte), _) => bytes.push(byte),
            (None, b'+') => bytes.push(b' '),
            (None, byte) => bytes.push(*byte),
        }
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(versions: usize, markers: u64) -> Standing {
        let mut standing = Standing { markers, ..Standing::default() };
        // As S3 lists them: the newest first.
        for number in (1..=versions).rev() {
            standing.add(Version { id: format!("v{number}"), size: number as u64, tag: String::new() });
        }
        standing
    }

    #[test]
    fn the_first_version_is_read_and_everything_else_is_told() {
        let found = BTreeMap::from([
            ("r/".to_owned(), standing(1, 0)),
            ("r/a".to_owned(), standing(3, 1)),
            ("r/b".to_owned(), standing(0, 2)),
            ("r/c".to_owned(), standing(1_000, 0)),
        ]);
        let listing = listing(found, "r/");
        let names: Vec<&str> = listing.objects.iter().map(|object| object.name.as_str()).collect();
        assert_eq!(names, ["/", "a", "c"]);
        assert_eq!(listing.emptied, ["b"]);
        let a = &listing.objects[listing.index("a").unwrap()];
        assert_eq!((a.version.as_str(), a.size, a.other_versions, a.markers), ("v1", 1, 2, 1));
        assert_eq!(a.others, ["v3", "v2"]);
        let c = &listing.objects[2];
        assert_eq!(
            (c.version.as_str(), c.size, c.other_versions, c.others.len()),
            ("v1", 1, 999, MOST_OTHERS)
        );
    }

    #[test]
    fn keys_are_read_as_they_were_encoded() {
        for (text, key) in [
            ("a%2Fb+c%0A", "a/b c\n"),
            ("%C3%A9", "\u{e9}"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(decoded(text, true), key, "{text}");
            assert_eq!(decoded(text, false), text);
        }
    }
}
