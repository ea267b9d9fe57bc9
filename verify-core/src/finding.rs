//! Findings: what the verifier says when evidence is wrong.
//!
//! An *error* means we could not do the job. A *finding* means the evidence is wrong: a stable
//! code, a severity, a place, what was expected and what was found. Codes are never reused or
//! renamed; `docs/format.md` section 9 lists each with the rule it guards.

use serde::{Deserialize, Serialize};

/// How much a finding weighs for the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A note.
    Low,
    /// To be explained in the working papers.
    Medium,
    /// The package or the claim is unusable.
    High,
    /// The evidence is unusable.
    Critical,
}

/// Which exit code a finding of a code leads to (design: integrity 1, replay 4, cadence 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitClass {
    /// Exit 1: the evidence is not what was sealed.
    Integrity,
    /// Exit 4: whole, but a replay differs from what was recorded.
    Replay,
    /// Exit 3: whole, but cycles are missing or later records may have been cut.
    Cadence,
    /// Does not change the exit code.
    Note,
}

macro_rules! codes {
    ($( $variant:ident $text:literal $severity:ident $class:ident $meaning:literal; )+) => {
        /// A stable finding code. One check answers for each code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $( #[doc = $meaning] #[serde(rename = $text)] $variant, )+
        }

        impl Code {
            /// Every code, in the order in which the checks run.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The code as it is written in reports and documents, e.g. `CHAIN-LINK`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $text, )+ }
            }

            /// How much a finding with this code weighs.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $( Self::$variant => Severity::$severity, )+ }
            }

            /// Which exit code a finding with this code leads to.
            #[must_use]
            pub const fn exit_class(self) -> ExitClass {
                match self { $( Self::$variant => ExitClass::$class, )+ }
            }

            /// What a failure means to the auditor, one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $( Self::$variant => $meaning, )+ }
            }
        }
    };
}

codes! {
    SrcType "SRC-TYPE" High Integrity "a link, pipe or device lies among the evidence: not delivered as claimed";
    SrcName "SRC-NAME" Medium Note "a file name is not printable UTF-8 and may mislead; the package is still judged by its content";
    SrcStray "SRC-STRAY" Low Note "a file was not verified because it belongs to no record: ask why it is there";
    SrcLimits "SRC-LIMITS" High Integrity "a file exceeds the size limits and was not read: it could hide something";
    SrcStable "SRC-STABLE" High Integrity "a file changed while it was read: repeat on a copy";
    PkgZipStruct "PKG-ZIP-STRUCT" Critical Integrity "the zip is damaged or crafted; nothing in it counts";
    PkgZipPrefix "PKG-ZIP-PREFIX" High Integrity "bytes stand before the first member: hidden or unauthenticated data";
    PkgZipTrailer "PKG-ZIP-TRAILER" High Integrity "bytes stand after the end record: hidden or unauthenticated data";
    PkgZipGap "PKG-ZIP-GAP" High Integrity "bytes stand between members: hidden or unauthenticated data";
    PkgZipComment "PKG-ZIP-COMMENT" High Integrity "the zip carries a comment: unauthenticated text";
    PkgZipHeaders "PKG-ZIP-HEADERS" Critical Integrity "local and central headers differ: two tools can show two contents";
    PkgZipHidden "PKG-ZIP-HIDDEN" Critical Integrity "a member is missing from the directory: two tools can show two contents";
    PkgZipDup "PKG-ZIP-DUP" Critical Integrity "two members have one name: two tools can show two contents";
    PkgZipCollide "PKG-ZIP-COLLIDE" Critical Integrity "two member names differ only by case: two systems can show two contents";
    PkgZipOverlap "PKG-ZIP-OVERLAP" Critical Integrity "members overlap: a crafted archive";
    PkgZipName "PKG-ZIP-NAME" Critical Integrity "a member name is no plain path: an attack on the reader's machine";
    PkgZipType "PKG-ZIP-TYPE" Critical Integrity "a member is no regular file: an attack on the reader's machine";
    PkgZipMethod "PKG-ZIP-METHOD" High Integrity "a compression method or flag the collector never writes";
    PkgZipExtra "PKG-ZIP-EXTRA" High Integrity "an extra field the collector never writes";
    PkgZipZip64 "PKG-ZIP-ZIP64" High Integrity "a zip64 structure the collector never writes";
    PkgZipSizes "PKG-ZIP-SIZES" Critical Integrity "a member's sizes are not what they claim: damaged or hostile";
    PkgZipCrc "PKG-ZIP-CRC" Critical Integrity "a member's CRC-32 is wrong: damaged";
    PkgZipLimits "PKG-ZIP-LIMITS" Critical Integrity "the package exceeds the limits: a decompression bomb or a wrong limit";
    PkgMissing "PKG-MISSING" Critical Integrity "a committed record has no package: it was removed or replaced";
    PkgMembers "PKG-MEMBERS" Critical Integrity "members and manifest list differ: something was added or removed";
    PkgHashPayload "PKG-HASH-PAYLOAD" Critical Integrity "the payload is not the one that was sealed";
    PkgHashMember "PKG-HASH-MEMBER" Critical Integrity "a member is not the one that was sealed: result or rule swapped";
    PkgHashState "PKG-HASH-STATE" Critical Integrity "a resource or the state digest does not follow from the snapshot";
    PkgHashRules "PKG-HASH-RULES" Critical Integrity "a digest over policies, schemas, profile or inputs does not follow from the members";
    PkgSums "PKG-SUMS" High Integrity "SHA256SUMS is not what the manifest implies";
    JsonUtf8 "JSON-UTF8" High Integrity "a document is not UTF-8: two readers may differ";
    JsonSyntax "JSON-SYNTAX" High Integrity "a document is not JSON";
    JsonTrailing "JSON-TRAILING" High Integrity "bytes follow the document";
    JsonDupkey "JSON-DUPKEY" High Integrity "an object has one key twice: two readers may differ";
    JsonNumber "JSON-NUMBER" High Integrity "a number is outside the exact range: two readers may differ";
    JsonLimits "JSON-LIMITS" High Integrity "a document exceeds the size or depth limit";
    JsonCanon "JSON-CANON" High Integrity "a document is not in RFC 8785 form: not written by the collector, or edited";
    SchemaVersion "SCHEMA-VERSION" Critical Integrity "the format version is unknown: downgrade or newer format";
    SchemaRequired "SCHEMA-REQUIRED" High Integrity "a field of the format is missing";
    SchemaType "SCHEMA-TYPE" High Integrity "a field of the format has the wrong type or value";
    SchemaUnknown "SCHEMA-UNKNOWN" High Integrity "a field is not part of the format: its meaning is unknown";
    SchemaDigest "SCHEMA-DIGEST" Critical Integrity "a digest is not 64 lower-case hex digits: weak or ambiguous hash";
    SchemaId "SCHEMA-ID" Medium Note "an identifier is unsafe as a reference";
    SchemaTime "SCHEMA-TIME" High Integrity "a time is not RFC 3339 UTC in whole seconds";
    SchemaBind "SCHEMA-BIND" Critical Integrity "a document contradicts its manifest about cycle, tenant, record or time";
    SchemaSnapshot "SCHEMA-SNAPSHOT" Medium Note "a resource does not fit its state schema, or that schema cannot be applied (missing, remote, recursive, runaway): scope limitation";
    CollectComplete "COLLECT-COMPLETE" High Integrity "a resource is called complete but its figures say otherwise";
    CollectTranscript "COLLECT-TRANSCRIPT" High Integrity "the transcript of requests contradicts the recorded resources or bodies";
    ChainEmpty "CHAIN-EMPTY" Critical Note "there is no evidence";
    ChainGenesis "CHAIN-GENESIS" High Integrity "the chain does not start at its genesis: early history withheld";
    ChainLink "CHAIN-LINK" Critical Integrity "a record does not name the one before it: history edited at this point";
    ChainSeq "CHAIN-SEQ" Critical Integrity "a sequence number contradicts its place in the chain";
    ChainGap "CHAIN-GAP" Critical Integrity "a sequence number is missing: a record was removed";
    ChainDup "CHAIN-DUP" Medium Note "a record was delivered twice";
    ChainFork "CHAIN-FORK" Critical Integrity "two records share one sequence number: two histories exist";
    ChainCopy "CHAIN-COPY" Critical Integrity "manifest in the package and committed manifest differ, or one of them is missing";
    ChainOrder "CHAIN-ORDER" Low Note "file names contradict the signed order and may mislead";
    ChainTime "CHAIN-TIME" High Integrity "times run backwards: clock wrong or back-dated";
    ChainOrigin "CHAIN-ORIGIN" Critical Integrity "a record is of another origin or tenant: foreign evidence mixed in";
    ChainId "CHAIN-ID" Critical Integrity "a record belongs to another chain: foreign evidence mixed in";
    ChainCadence "CHAIN-CADENCE" High Cadence "a scheduled cycle has no record: the control did not operate then";
    ChainPeriod "CHAIN-PERIOD" High Cadence "the requested period is not covered to its end: later records may have been cut";
    ChainTruncated "CHAIN-TRUNCATED" High Cadence "the chain ends before the record that was named as its head";
    AnchorHead "ANCHOR-HEAD" Critical Integrity "the record kept from outside is not in this chain: history rewritten";
    SigPresent "SIG-PRESENT" Critical Integrity "a record of a signed chain carries no checkpoint: anyone could have written it";
    SigKey "SIG-KEY" Critical Integrity "a checkpoint is not signed by the key that was given for it: unknown author";
    SigValid "SIG-VALID" Critical Integrity "a checkpoint or its signature does not hold: forged or altered";
    SigBind "SIG-BIND" Critical Integrity "a checkpoint is of another history than the records it came with";
    SigRotate "SIG-ROTATE" High Integrity "the signing key changed without the old key's word";
    SigLate "SIG-LATE" Low Note "a record was sealed before its predecessor could be signed";
    AnchorCheckpoint "ANCHOR-CHECKPOINT" Critical Integrity "the chain does not extend a checkpoint kept outside: history rewritten or cut since then";
    AnchorWitness "ANCHOR-WITNESS" High Integrity "too few witnesses saw this history: others may have been shown another one";
    TsPresent "TS-PRESENT" High Integrity "a token that should be there is missing: time is only a claim";
    TsValid "TS-VALID" High Integrity "a token does not lead to a time-stamping authority that was given: time is only a claim";
    TsImprint "TS-IMPRINT" Critical Integrity "a token is over another checkpoint: it says nothing about this one";
    TsSkew "TS-SKEW" High Integrity "the authority's time contradicts the recorded time: back-dated, or stamped too late";
    TsLate "TS-LATE" Low Note "a token was obtained late or not at all, as declared: the time between is only a claim";
    LockDeclared "LOCK-DECLARED" High Integrity "a record was sealed for a weaker or shorter lock than was asked for";
    LockRetention "LOCK-RETENTION" High Integrity "the store locks a version weaker or shorter than its manifest states, or not at all: evidence can be deleted";
    LockVersions "LOCK-VERSIONS" Critical Integrity "another version or a delete marker was put over evidence: replaced or hidden, examine the first version";
    LockKey "LOCK-KEY" Medium Note "the store encrypts a version with another key than its manifest states: ask who can read it, and who can make it unreadable";
    LockReceipt "LOCK-RECEIPT" High Integrity "the copy is not what its receipt names: evidence was lost or changed since it was copied";
    RulesUnapproved "RULES-UNAPPROVED" Critical Integrity "policies, schemas, profile or schedule changed without an approval record";
    RulesBaseline "RULES-BASELINE" Critical Integrity "the baseline used is not the one that was approved";
    PolicyPin "POLICY-PIN" Critical Integrity "policies, schemas, profile or baseline are not those that were pinned: judged by other rules, results void";
    ExceptionExpired "EXCEPTION-EXPIRED" Medium Note "an exception was relied on after its expiry";
    PolicyBind "POLICY-BIND" Critical Integrity "recorded results name another payload or baseline: results of another day";
    PolicyParse "POLICY-PARSE" High Replay "a policy cannot be parsed: results cannot be re-performed";
    PolicyBuiltin "POLICY-BUILTIN" High Replay "a policy calls a function that is not deterministic";
    PolicyLimits "POLICY-LIMITS" High Replay "a policy ran out of its time or memory limit";
    PolicyReplay "POLICY-REPLAY" Critical Replay "replaying a policy gives another result than recorded";
    DriftReplay "DRIFT-REPLAY" Critical Replay "recomputed drift differs from the recorded drift: hidden or invented";
    NormReplay "NORM-REPLAY" Critical Replay "normalizing the kept bodies gives another state than recorded";
    OutEscape "OUT-ESCAPE" Medium Note "a text could act on a terminal or mislead who reads it: every view shows it escaped, ask who put it there";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in the evidence a finding lies. Everything here is untrusted text: escape it for display.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Sequence number of the record, when it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// File the bytes came from, as the source names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Member inside the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// JSON pointer (RFC 6901), resource, slot or byte offset inside the member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// One failed check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// The stable code.
    pub code: Code,
    /// Severity of the code, written out so that a reader of the JSON needs no table.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What was expected there; digests in full.
    pub expected: String,
    /// What was found there; digests in full.
    pub found: String,
    /// One sentence: what is wrong, lower case, no full stop.
    pub message: String,
}

impl Finding {
    /// Makes a finding with the severity of its code.
    #[must_use]
    pub fn new(
        code: Code,
        place: Place,
        expected: impl Into<String>,
        found: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: code.severity(),
            place,
            expected: expected.into(),
            found: found.into(),
            message: message.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_serialize_as_written() {
        let mut texts: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
        }
    }

    #[test]
    fn medium_and_low_codes_never_change_the_exit_code() {
        for code in Code::ALL {
            if code.severity() <= Severity::Medium {
                assert_eq!(code.exit_class(), ExitClass::Note, "{code}");
            }
        }
    }

    // The document people read and the table the program uses must say the same.
    #[test]
    fn the_format_document_lists_every_code_as_it_is() {
        let document = include_str!("../docs/format.md");
        let listed: Vec<&str> = document.lines().filter(|line| line.starts_with("| `")).collect();
        for code in Code::ALL {
            let severity = serde_json::to_string(&code.severity()).unwrap();
            let exit = match code.exit_class() {
                ExitClass::Integrity => "1",
                ExitClass::Replay => "4",
                ExitClass::Cadence => "3",
                ExitClass::Note => "none",
            };
            let start = format!("| `{code}` | {} | {exit} | ", severity.trim_matches('"'));
            let end = format!(" | {} |", code.meaning());
            let line = listed.iter().filter(|line| line.starts_with(&start) && line.ends_with(&end));
            assert_eq!(line.count(), 1, "{code}");
        }
        let codes = listed.iter().filter(|line| line.matches(" | ").count() == 5).count();
        assert_eq!(codes, Code::ALL.len());
    }
}
