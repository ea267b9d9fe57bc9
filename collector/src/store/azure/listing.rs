//! One page of a listing (List Blobs, XML): names, versions, and what was deleted. Everything else is left unread.

use roxmltree::{Document, Node, ParsingOptions};

use super::fault::BlobFault;

/// Elements of a page at most: 5,000 blobs of fewer than 80 elements each.
const NODES: u32 = 1_000_000;

/// One version under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// When it was written; none where the account keeps no versions.
    pub(super) version: Option<String>,
    pub(super) deleted: bool,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    /// Where the listing goes on; none at its end.
    pub(super) next: Option<String>,
}

/// Reads a page.
pub(super) fn read(body: &[u8]) -> Result<Page, BlobFault> {
    let text = std::str::from_utf8(body).map_err(|_odd| BlobFault::Listing)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let text = text.trim_start_matches('\u{feff}');
    let document = Document::parse_with_options(text, options).map_err(|_odd| BlobFault::Listing)?;
    let root = document.root_element();
    if !root.has_tag_name("EnumerationResults") {
        return Err(BlobFault::Listing);
    }
    let blobs = child(root, "Blobs").ok_or(BlobFault::Listing)?;
    let entries = blobs.children().filter(|node| node.has_tag_name("Blob")).map(entry);
    let entries = entries.collect::<Option<Vec<Entry>>>().ok_or(BlobFault::Listing)?;
    Ok(Page { entries, next: content(root, "NextMarker").filter(|marker| !marker.is_empty()) })
}

fn entry(blob: Node<'_, '_>) -> Option<Entry> {
    Some(Entry {
        name: content(blob, "Name")?,
        version: content(blob, "VersionId").filter(|version| !version.is_empty()),
        deleted: content(blob, "Deleted").is_some_and(|deleted| deleted == "true"),
    })
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn content(node: Node<'_, '_>, name: &str) -> Option<String> {
    child(node, name).map(|child| child.text().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_versions_and_deletions_are_read_and_the_rest_is_not() {
        let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\">\
                    <Prefix>p/</Prefix><Blobs>\
                    <Blob><Name>p/a&amp;b</Name><VersionId>2026-11-24T01:02:03.0000004Z</VersionId>\
                    <IsCurrentVersion>true</IsCurrentVersion><Properties><Content-Length>1</Content-Length></Properties></Blob>\
                    <Blob><Name>p/c</Name><Deleted>true</Deleted></Blob></Blobs><NextMarker>2!92!x</NextMarker></EnumerationResults>";
        let page = read(body.as_bytes()).unwrap();
        assert_eq!(page.next.as_deref(), Some("2!92!x"));
        assert_eq!(
            page.entries,
            [
                Entry {
                    name: "p/a&b".to_owned(),
                    version: Some("2026-11-24T01:02:03.0000004Z".to_owned()),
                    deleted: false
                },
                Entry { name: "p/c".to_owned(), version: None, deleted: true },
            ]
        );
        let empty = read(b"<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>").unwrap();
        assert_eq!(empty, Page { entries: Vec::new(), next: None });
    }

    #[test]
    fn what_is_no_listing_is_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><EnumerationResults><Blobs><Blob><Name>&b;</Name></Blob></Blobs></EnumerationResults>";
        for body in [
            "",
            "<html/>",
            "<EnumerationResults/>",
            "<EnumerationResults><Blobs><Blob/></Blobs></EnumerationResults>",
            "<EnumerationResults><Blobs>",
            bomb,
        ] {
            assert_eq!(read(body.as_bytes()), Err(BlobFault::Listing), "{body}");
        }
        assert_eq!(read(&[0xff, 0xfe]), Err(BlobFault::Listing));
    }
}
