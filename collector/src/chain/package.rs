//! Packages that are already in the chain, read back for comparison.
//!
//! What is read back is proven against the digest its manifest recorded before it is used: a
//! baseline or an earlier state that was exchanged in the store can never become a silent "no drift".

use verify_core::digest::Digest;
use verify_core::finding::Code;
use verify_core::limits::Limits;
use verify_core::package::{Inflater, scan};

use crate::store::{Store, StoreError};

/// Why a package cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The store failed.
    #[error("the package cannot be read")]
    Store(#[from] StoreError),
    /// The container is damaged or crafted.
    #[error("{place}: {code} {message}")]
    Container {
        /// Where the package is.
        place: String,
        /// Finding code of the fault.
        code: Code,
        /// What is wrong.
        message: &'static str,
    },
    /// A member is not there.
    #[error("{place} has no member {member}")]
    Absent {
        /// Where the package is.
        place: String,
        /// The member.
        member: String,
    },
    /// A member is not the one that was sealed.
    #[error("{place}: {member} was exchanged: expected {expected}, found {found}")]
    Exchanged {
        /// Where the package is.
        place: String,
        /// The member.
        member: String,
        /// Digest in the manifest.
        expected: Digest,
        /// Digest of the bytes.
        found: Digest,
    },
}

/// The bytes of one package.
pub struct StoredPackage {
    place: String,
    bytes: Vec<u8>,
}

impl StoredPackage {
    /// Reads the package that holds the payload at `payload_path`.
    pub fn open(store: &dyn Store, payload_path: &str) -> Result<Self, PackageError> {
        Ok(Self { place: payload_path.to_owned(), bytes: store.package(payload_path)? })
    }

    /// Inflates `member` and proves that it has the digest `expected`.
    pub fn payload(&self, member: &str, expected: Digest) -> Result<Vec<u8>, PackageError> {
        let container = scan(&self.bytes, &Limits::default()).map_err(|faults| {
            let first = faults.into_iter().next();
            PackageError::Container {
                place: self.place.clone(),
                code: first.as_ref().map_or(Code::PkgZipStruct, |fault| fault.code),
                message: first.map_or("the container is refused", |fault| fault.message),
            }
        })?;
        let found = container
            .member(member)
            .ok_or_else(|| PackageError::Absent { place: self.place.clone(), member: member.to_owned() })?;
        let (bytes, digest) = Inflater::new().read(found).map_err(|fault| PackageError::Container {
            place: self.place.clone(),
            code: fault.code,
            message: fault.message,
        })?;
        if digest == expected {
            return Ok(bytes);
        }
        Err(PackageError::Exchanged {
            place: self.place.clone(),
            member: member.to_owned(),
            expected,
            found: digest,
        })
    }
}
