//! Stores, against real ones: one suite for all of them, locks that really hold, answers that get lost, and evidence
//! that is the same wherever it lies.
//!
//! S3 is `SeaweedFS`, which enforces Object Lock; the examination of a bucket is also held against `MiniStack`,
//! which has a key service. Azure is Azurite for plain blob calls, and for versions and immutability policies a double of
//! ours, written from the published reference.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[path = "stores/azure.rs"]
mod azure;
#[path = "stores/azure_demo.rs"]
mod azure_demo;
#[path = "support/azure_double.rs"]
mod azure_double;
#[path = "stores/azure_faults.rs"]
mod azure_faults;
#[path = "stores/azure_tokens.rs"]
mod azure_tokens;
#[path = "support/azurite.rs"]
mod azurite;
#[path = "stores/demo.rs"]
mod demo;
#[path = "stores/doctor.rs"]
mod doctor;
#[path = "stores/faults.rs"]
mod faults;
#[path = "stores/locks.rs"]
mod locks;
#[path = "support/memory.rs"]
mod memory;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/ministack.rs"]
mod ministack;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/place.rs"]
mod place;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/runs.rs"]
mod runs;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/seaweed.rs"]
mod seaweed;
#[path = "stores/spool.rs"]
mod spool;
#[path = "stores/suite.rs"]
mod suite;

use std::time::Duration;

use collector::store::s3::{LockMode, S3Limits, S3Settings, StorageClass};
use collector::store::{S3Store, Store, StoreError, Terms};

use seaweed::Seaweed;

/// Terms like those of a real chain, in a bucket of the test's server.
fn settings(bucket: &str) -> S3Settings {
    S3Settings {
        location: format!("s3://{bucket}/acme/prod").parse().unwrap(),
        mode: LockMode::Compliance,
        retention_days: 2,
        legal_hold: false,
        storage_class: StorageClass::STANDARD,
        encryption_key: None,
    }
}

/// Limits that make small things large and nothing last long.
fn limits() -> S3Limits {
    S3Limits {
        attempt: Duration::from_secs(10),
        first_pause: Duration::from_millis(10),
        part_bytes: 5 << 20,
        page_keys: 3,
        ..S3Limits::default()
    }
}

/// A store in `bucket`, reached at `address`.
fn open(settings: S3Settings, address: &str) -> S3Store {
    S3Store::over(Seaweed::access(address), settings, limits()).unwrap()
}

/// Puts a package on the terms of a record that is sealed now.
fn put(store: &dyn Store, place: &str, bytes: &[u8]) -> Result<(), StoreError> {
    store.put_package(place, &now(store), &mut |sink| Ok(sink.write_all(bytes)?))
}

/// The terms of a record that is sealed now.
fn now(store: &dyn Store) -> Terms {
    use collector::clock::{Clock, SystemClock, utc};
    store.terms(utc(SystemClock.now()))
}
