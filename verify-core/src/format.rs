//! Checks of documents against the schemas of the format. (The helper `profiles` replaces this file: keep these signatures.)
use crate::finding::Code;
/// x
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum DocumentKind {
    Manifest,
    Validation,
    Drift,
    Genesis,
    Approval,
    Failure,
    Exception,
    Explanation,
}
impl DocumentKind {
    /// x
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        "document"
    }
}
/// x
#[allow(missing_docs)]
pub struct DocumentFault {
    pub code: Code,
    pub pointer: String,
    pub message: String,
}
/// x
#[must_use]
pub fn check_document(_: DocumentKind, _: &serde_json::Value) -> Vec<DocumentFault> {
    Vec::new()
}
