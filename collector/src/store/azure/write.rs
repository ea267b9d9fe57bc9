//! Writing to Azure: what is wanted, and what the end of a write means for the record.

use std::sync::{Arc, PoisonError};

use super::AzureStore;
use super::container::{Container, Version};
use super::fault::BlobFault;
use super::settings::AccessTier;
use crate::store::names::CHAIN;
use crate::store::objects::{self, Deviation, Failure, Lasting, Objects, Outcome, Wanted, Written};
use crate::store::{StoreError, Terms};

impl AzureStore {
    /// Writes a blob, finds out how that ended, and has Azure show how the blob is kept.
    pub(super) fn write(&self, wanted: Wanted) -> Result<Written, StoreError> {
        self.fit()?;
        let key = wanted.key.clone();
        let place = || self.settings.location.url_of(&key);
        // Every block is sent, and the whole is read back.
        let blocks = wanted.body.len().div_ceil(self.container.limits.block_bytes.max(1)).saturating_mul(2);
        let container = Arc::clone(&self.container);
        match self.wait(blocks, async move { objects::write(container.as_ref(), &wanted).await })? {
            Ok(Outcome::Kept) => Ok(Written::Ours),
            Ok(Outcome::Other) => Ok(Written::Other),
            Ok(Outcome::Deviates(deviation)) => Err(StoreError::NotKept {
                place: place(),
                what: deviation.what,
                expected: deviation.expected,
                found: deviation.found,
            }),
            Err(Failure { fault, open: true }) => {
                Err(StoreError::Open { place: place(), source: Box::new(fault) })
            }
            Err(Failure { fault, open: false }) => Err(self.failed("store", &key)(fault)),
        }
    }

    /// Whether the container can hold evidence; asked once, before the first write.
    fn fit(&self) -> Result<(), StoreError> {
        let mut fit = self.fit.lock().unwrap_or_else(PoisonError::into_inner);
        if !*fit {
            if self.settings.immutability.is_some() {
                self.must_have()?;
            }
            *fit = true;
        }
        Ok(())
    }

    pub(super) fn wanted(&self, place: &str, terms: Terms, body: Vec<u8>) -> Wanted {
        let legal_hold = self.settings.immutability.is_some_and(|terms| terms.legal_hold);
        Wanted { key: self.settings.location.key(place), body, terms, legal_hold, lasting: Lasting::AsAsked }
    }

    /// A small blob beside the packages: the same terms, in the tier that is read at once and often.
    pub(super) fn wanted_in_chain(&self, name: &str, terms: &Terms, body: &[u8]) -> Wanted {
        let tier = AccessTier::HOT.as_str().to_owned();
        let terms = Terms { storage_class: Some(tier), ..terms.clone() };
        self.wanted(&format!("{CHAIN}/{name}"), terms, body.to_vec())
    }
}

impl Objects for Container {
    type Fault = BlobFault;
    type Version = Version;

    async fn create(&self, wanted: &Wanted) -> Result<Version, BlobFault> {
        self.put(wanted).await
    }

    async fn first(&self, key: &str) -> Result<Option<Version>, BlobFault> {
        Ok(self.at(key).await?.first)
    }

    async fn has_bytes(&self, wanted: &Wanted, version: &Version) -> Result<bool, BlobFault> {
        self.holds(wanted, version).await
    }

    async fn differs(
        &self,
        wanted: &Wanted,
        version: &Version,
        lasting: Lasting,
    ) -> Result<Option<Deviation>, BlobFault> {
        self.deviation(wanted, version, lasting).await
    }
}
