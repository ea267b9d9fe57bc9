//! Why Azure Blob Storage did not do what it was asked, and what to do about it.

use crate::azure::CallFault;
use crate::store::objects::WriteFault;

/// Why a call to Azure Blob Storage had no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobFault {
    /// The call failed.
    #[error("Azure Blob Storage {0}")]
    Call(CallFault),
    /// A listing is in no known form, or says that it goes on and not where.
    #[error("Azure Blob Storage answers a listing that cannot be read")]
    Listing,
    /// The answer lacks what identifies the blob.
    #[error("Azure Blob Storage names no version of the blob: the account keeps none")]
    NoVersion,
    /// There is no blob of that name.
    #[error("Azure Blob Storage has no blob of that name")]
    Absent,
    /// The address of the blob is none.
    #[error("the name of the blob makes no address")]
    Name,
}

impl From<CallFault> for BlobFault {
    fn from(fault: CallFault) -> Self {
        match fault {
            CallFault::Refused { status: 404, ref code } if code != "ContainerNotFound" => Self::Absent,
            fault => Self::Call(fault),
        }
    }
}

impl BlobFault {
    /// The error code of the service.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Call(call) => call.code(),
            _ => None,
        }
    }

    fn status(&self) -> Option<u16> {
        match self {
            Self::Call(call) => call.status(),
            _ => None,
        }
    }

    /// Whether the same request may be answered later: time-outs, overload, no network, no token to be had. A
    /// missing permission, a refused signature or a wrong container do not pass.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Call(CallFault::Refused { status, .. }) => *status >= 500 || matches!(*status, 408 | 429),
            Self::Call(
                CallFault::Late
                | CallFault::Unreachable
                | CallFault::Cut
                | CallFault::Form
                | CallFault::NoIdentity
                | CallFault::NoToken(_),
            ) => true,
            Self::Call(CallFault::TooLarge(_) | CallFault::PlainHttp)
            | Self::Listing
            | Self::NoVersion
            | Self::Absent
            | Self::Name => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Call(CallFault::Refused { code, status }) => refusal_hint(code, *status),
            Self::NoVersion => {
                "`collector doctor` names what the container lacks and the command that mends it"
            }
            Self::Listing | Self::Absent | Self::Call(CallFault::TooLarge(_)) => {
                "run `verifier verify` on the evidence: it names what is wrong"
            }
            Self::Name => "correct [store] root",
            Self::Call(call @ (CallFault::NoIdentity | CallFault::NoToken(_) | CallFault::PlainHttp)) => {
                call.hint()
            }
            Self::Call(_) => {
                "run again when Azure can be reached; what was committed is not affected, and nothing is written twice"
            }
        }
    }
}

impl WriteFault for BlobFault {
    fn is_taken(&self) -> bool {
        match (self.status(), self.code()) {
            (Some(412), _) => true,
            // A blob under a policy is not written over, whatever the condition was.
            (Some(409), Some(code)) => matches!(code, "BlobAlreadyExists" | "BlobImmutableDueToPolicy"),
            _ => false,
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Call(CallFault::Refused { code, status }) => {
                // The blocks are gone because somebody has put a list of blocks under this name.
                *status >= 500 || matches!(*status, 408 | 409 | 429) || code == "InvalidBlockList"
            }
            Self::Call(CallFault::Late | CallFault::Unreachable | CallFault::Cut | CallFault::Form)
            | Self::NoVersion => true,
            _ => false,
        }
    }

    fn absent() -> Self {
        Self::Absent
    }
}

fn refusal_hint(code: &str, status: u16) -> &'static str {
    match (code, status) {
        ("AuthenticationFailed" | "InvalidAuthenticationInfo" | "NoAuthenticationInformation", _) => {
            "the token or signature is not taken: it has expired, is for another account, or this machine's clock is wrong (NTP)"
        }
        ("ContainerNotFound", _) => "make the container, or correct [store] root",
        ("AccountIsDisabled" | "AccountBeingCreated", _) => {
            "the storage account is not in service: look at it in Azure"
        }
        ("ServerBusy" | "InternalError" | "OperationTimedOut", _) | (_, 429 | 500..) => {
            "Azure is overloaded or down: run again later; what was committed is not affected, and nothing is written twice"
        }
        (code, _) if code.starts_with("KeyVault") || code.contains("Encryption") => {
            "the encryption scope or its key cannot be used: look at its state, then run again"
        }
        (_, 401 | 403) => {
            "the collector lacks a permission: it needs to read, list and write blobs and to set immutability policies"
        }
        _ => "`collector doctor` names what the container lacks and the command that mends it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, status: u16) -> BlobFault {
        CallFault::Refused { code: code.to_owned(), status }.into()
    }

    #[test]
    fn only_a_clear_refusal_says_that_nothing_was_written() {
        for open in [
            refused("ServerBusy", 503),
            refused("InternalError", 500),
            refused("OperationTimedOut", 408),
            refused("SomeConflict", 409),
            refused("InvalidBlockList", 400),
            BlobFault::Call(CallFault::Late),
            BlobFault::Call(CallFault::Cut),
            BlobFault::NoVersion,
        ] {
            assert!(open.is_open() && !open.is_taken(), "{open}");
        }
        for closed in [
            refused("AuthorizationFailure", 403),
            refused("Md5Mismatch", 400),
            refused("ContainerNotFound", 404),
            BlobFault::Call(CallFault::NoIdentity),
        ] {
            assert!(!closed.is_open() && !closed.is_taken(), "{closed}");
        }
        for taken in [
            refused("BlobAlreadyExists", 409),
            refused("BlobImmutableDueToPolicy", 409),
            refused("ConditionNotMet", 412),
        ] {
            assert!(taken.is_taken(), "{taken}");
        }
    }

    #[test]
    fn every_refusal_has_a_hint_of_its_own_kind() {
        for (code, status, words) in [
            ("AuthenticationFailed", 403, "expired"),
            ("ContainerNotFound", 404, "make the container"),
            ("ServerBusy", 503, "run again later"),
            ("AuthorizationPermissionMismatch", 403, "permission"),
            ("KeyVaultEncryptionKeyNotFound", 409, "key"),
            ("InvalidHeaderValue", 400, "doctor"),
        ] {
            let fault = refused(code, status);
            assert!(fault.hint().contains(words), "{code}: {}", fault.hint());
        }
    }
}
