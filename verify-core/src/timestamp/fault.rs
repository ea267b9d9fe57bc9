//! Why a response is not a token of this checkpoint (F-130, F-131).

use crate::digest::Digest;
use crate::finding::Code;

/// What is wrong with a time-stamp response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The token is over other bytes.
    #[error("expected the imprint {expected}, found {found}")]
    Imprint {
        /// SHA-256 of the bytes the token should be over.
        expected: Digest,
        /// What the token is over.
        found: Digest,
    },
    /// The imprint is not a SHA-256, so it cannot be the expected one.
    #[error("expected the imprint {expected} (SHA-256), found one of {algorithm}")]
    ImprintAlgorithm {
        /// SHA-256 of the bytes the token should be over.
        expected: Digest,
        /// Object identifier of the algorithm found, and the length of its value.
        algorithm: String,
    },
    /// More bytes than the limit allows.
    #[error("expected at most {limit} bytes, found {found}")]
    Size {
        /// Limit in bytes.
        limit: usize,
        /// Length in bytes.
        found: usize,
    },
    /// The authority refused.
    #[error("expected status 0 (granted) or 1 (granted with modifications), found {status}{text}")]
    Status {
        /// `PKIStatus` in decimal, or its bytes where it is not a small number.
        status: String,
        /// What the authority says about it, in brackets after a space; empty where it says nothing.
        text: String,
    },
    /// The answer is not to this request.
    #[error("expected the nonce {expected}, found {}", found.map_or_else(|| "none".to_owned(), |nonce| nonce.to_string()))]
    Nonce {
        /// Nonce of the request.
        expected: u64,
        /// Nonce of the token, if it has one of at most 64 bits.
        found: Option<u64>,
    },
    /// The bytes are not a response of RFC 3161 in DER.
    #[error("in {place}: {problem}")]
    Structure {
        /// Which structure, by its name in the RFC.
        place: &'static str,
        /// Expected and found.
        problem: String,
    },
    /// The signature, or what it must cover, does not hold.
    #[error("signature: {problem}")]
    Signature {
        /// Expected and found.
        problem: String,
    },
    /// The signer's certificate may not sign tokens.
    #[error("certificate of the signer: {problem}")]
    Signer {
        /// Expected and found.
        problem: String,
    },
    /// No path leads from the signer to a certificate the reader was given.
    #[error("certificate path: {problem}")]
    Path {
        /// Expected and found.
        problem: String,
    },
}

impl TokenFault {
    /// The finding code: `TS-IMPRINT` for a token over other bytes, `TS-VALID` for everything else.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Imprint { .. } | Self::ImprintAlgorithm { .. } => Code::TsImprint,
            _ => Code::TsValid,
        }
    }

    pub(super) const fn structure(place: &'static str, problem: String) -> Self {
        Self::Structure { place, problem }
    }

    pub(super) fn signature(problem: impl Into<String>) -> Self {
        Self::Signature { problem: problem.into() }
    }

    pub(super) fn signer(problem: impl Into<String>) -> Self {
        Self::Signer { problem: problem.into() }
    }

    pub(super) fn path(problem: impl Into<String>) -> Self {
        Self::Path { problem: problem.into() }
    }
}
