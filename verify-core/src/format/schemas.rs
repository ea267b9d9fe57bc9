//! The embedded schema files, one per document of the format.

use crate::model::Kind;

macro_rules! documents {
    ($( $(#[$doc:meta])* $variant:ident $file:literal; )+) => {
        /// A document of the evidence format that has a schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DocumentKind {
            $( $(#[$doc])* $variant, )+
        }

        impl DocumentKind {
            /// Every document.
            pub const ALL: [Self; [$( $file ),+].len()] = [ $( Self::$variant ),+ ];

            /// The document in one word, as its schema file is named.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $file, )+
                }
            }

            /// File of its schema below `fixtures/schemas/`.
            #[must_use]
            pub const fn schema_file(self) -> &'static str {
                match self {
                    $( Self::$variant => concat!($file, ".schema.json"), )+
                }
            }
        }

        /// The JSON Schema (draft 2020-12) of a document, as it stands in `fixtures/schemas/`.
        #[must_use]
        pub const fn format_schema(document: DocumentKind) -> &'static str {
            match document {
                $( DocumentKind::$variant => {
                    include_str!(concat!("../../../fixtures/schemas/", $file, ".schema.json"))
                } )+
            }
        }
    };
}

documents! {
    /// `manifest.json` and `chain/<sequence>.json`.
    Manifest "manifest";
    /// `snapshot.json`. Only for small ones: a snapshot of a real tenant is judged entity by entity.
    Snapshot "snapshot";
    /// `validation.json`.
    Validation "validation";
    /// `drift.json`.
    Drift "drift";
    /// One line of `transcript.jsonl`.
    TranscriptLine "transcript-line";
    /// `genesis.json`.
    Genesis "genesis";
    /// `approval.json`.
    Approval "approval";
    /// `failure.json`.
    Failure "failure";
    /// `exception.json`.
    Exception "exception";
    /// `explanation.json`.
    Explanation "explanation";
    /// `policies/controls.json`.
    Controls "controls";
    /// `revalidation.json`, reserved.
    Revalidation "revalidation";
    /// `key_change.json`.
    KeyChange "key-change";
}

impl DocumentKind {
    /// The payload document of a record (F-31).
    #[must_use]
    pub const fn payload_of(kind: Kind) -> Self {
        match kind {
            Kind::Genesis => Self::Genesis,
            Kind::Snapshot => Self::Snapshot,
            Kind::Approval => Self::Approval,
            Kind::Failure => Self::Failure,
            Kind::Revalidation => Self::Revalidation,
            Kind::Exception => Self::Exception,
            Kind::Explanation => Self::Explanation,
            Kind::KeyChange => Self::KeyChange,
        }
    }
}
