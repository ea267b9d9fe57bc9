//! Objects that an earlier, interrupted run fetched already.
//!
//! Before one is handed out S3 is asked whether it still holds that very version, and what SHA-256 it knows of it:
//! what is kept here never answers for what S3 would not answer, and its locks are asked for each time.

use std::sync::Arc;

use aws_sdk_s3::types::ChecksumMode;
use aws_smithy_types::base64;
use verify_core::digest::Digest;
use verify_core::source::Told;

use super::get::{Bucket, Fetched, Heard, lock};
use super::listing::Object;
use crate::cache::Cache;

impl Bucket {
    /// What names these bytes in a cache.
    fn named(&self, object: &Object, start: Option<u64>) -> Digest {
        let Object { key, version, tag, size, .. } = object;
        let end = start.unwrap_or(*size).min(*size);
        Digest::of(format!("{}\0{key}\0{version}\0{tag}\0{size}\0{end}", self.name).as_bytes())
    }

    /// What is kept, if S3 still has it so.
    pub(super) async fn kept(&self, object: &Object, start: Option<u64>, ask: bool) -> Option<Fetched> {
        let cache = self.cache.as_ref()?;
        let name = self.named(object, start);
        let (bytes, sha256) = blocking(cache, move |cache| cache.get(&name)).await.flatten()?;
        let answer = self
            .client
            .head_object()
            .bucket(&self.name)
            .key(&object.key)
            .version_id(&object.version)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .ok()?;
        let size = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let whole = bytes.len() as u64 == object.size;
        let known = answer.checksum_sha256().and_then(digest).filter(|_| whole);
        if size != Some(object.size) || known.is_some_and(|known| known != sha256) {
            blocking(cache, move |cache| cache.remove(&name)).await;
            return None;
        }
        let heard = if ask {
            let stated = lock(answer.object_lock_mode(), answer.object_lock_retain_until_date());
            let retention = match stated {
                Some(stated) => Told::Is(Some(stated)),
                None => self.retention(object).await,
            };
            Some(Heard { retention, key: Told::Is(answer.ssekms_key_id().map(str::to_owned)) })
        } else {
            None
        };
        Some(Fetched { bytes: Arc::new(bytes), heard })
    }

    /// Keeps what was fetched, if there is a place for it.
    pub(super) async fn keep(&self, object: &Object, start: Option<u64>, bytes: &Arc<Vec<u8>>) {
        if let Some(cache) = &self.cache {
            let (name, bytes) = (self.named(object, start), Arc::clone(bytes));
            blocking(cache, move |cache| cache.put(&name, &bytes)).await;
        }
    }
}

/// Work with files, away from the threads that receive.
async fn blocking<T: Send + 'static>(
    cache: &Arc<Cache>,
    work: impl FnOnce(&Cache) -> T + Send + 'static,
) -> Option<T> {
    let cache = Arc::clone(cache);
    tokio::task::spawn_blocking(move || work(&cache)).await.ok()
}

/// A SHA-256 of a whole object; of one that was put in parts S3 knows another sum, with a hyphen in it.
fn digest(text: &str) -> Option<Digest> {
    base64::decode(text).ok()?.try_into().ok().map(Digest::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sum_of_a_whole_object_is_one() {
        let nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(digest(nothing), Some(Digest::of(b"")));
        for other in ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=-3", "", "47DEQpj8", "AAAAAA=="] {
            assert_eq!(digest(other), None, "{other}");
        }
    }
}
