//! Packages too large for one request: sent in blocks, and a blob only once the list of them is put.
//!
//! Policy, tier and hold are asked for with the list and hold for the finished blob; the name is claimed there, with
//! the same condition as for a small package. A block's name holds the digest of the whole package, so writers of
//! different packages never mix their blocks. Blocks that no list names are dropped by Azure after a week.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verify_core::digest::Digest;

use super::container::Container;
use super::fault::BlobFault;
use crate::azure::Answer;
use crate::store::objects::Wanted;

impl Container {
    /// Writes the blob in blocks if no other stands under its name.
    pub(super) async fn put_blocks(&self, wanted: &Wanted) -> Result<Answer, BlobFault> {
        let digest = Digest::of(&wanted.body).to_string();
        let mut list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>".to_owned();
        for (number, block) in wanted.body.chunks(self.limits.block_bytes.max(1)).enumerate() {
            let id = block_id(&digest, number);
            let mut url = Self::url(&self.location.url_of(&wanted.key))?;
            url.query_pairs_mut().append_pair("comp", "block").append_pair("blockid", &id);
            let ask = Self::in_scope(Self::put_ask(url, block.to_vec()), wanted);
            self.ask(ask, self.limits.upload()).await?;
            // Writing to a text cannot fail.
            let _ = write!(list, "<Uncommitted>{id}</Uncommitted>");
        }
        list.push_str("</BlockList>");
        let mut url = Self::url(&self.location.url_of(&wanted.key))?;
        url.query_pairs_mut().append_pair("comp", "blocklist");
        let ask = self.on_terms(Self::put_ask(url, list.into_bytes()), wanted);
        let ask = ask
            .with("content-type", "application/xml")
            .with("x-ms-blob-content-type", "application/octet-stream");
        self.ask(ask, self.limits.upload()).await
    }
}

/// Ids of one blob must be equally long, and at most 64 bytes before their encoding.
fn block_id(digest: &str, number: usize) -> String {
    STANDARD.encode(format!("{}-{number:08}", digest.get(..32).unwrap_or(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_equally_long_and_name_the_package() {
        let (one, two) = (Digest::of(b"one").to_string(), Digest::of(b"two").to_string());
        let (first, last) = (block_id(&one, 0), block_id(&one, 49_999));
        assert_eq!(first.len(), last.len());
        assert!(STANDARD.decode(&last).unwrap().len() <= 64);
        assert!(first != last && first != block_id(&two, 0));
    }
}
