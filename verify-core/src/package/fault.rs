//! What is wrong with a container: a code, where, what was expected and what was found.

use crate::finding::{Code, Finding, Place};

/// Most characters of a hostile name that a fault repeats.
const SHOWN_NAME: usize = 128;

/// One deviation from the container profile or from the manifest's list.
///
/// It becomes a [`Finding`] as soon as the record and the file are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFault {
    /// The stable code.
    pub code: Code,
    /// The member concerned. A name that is not plain is shown with its bytes escaped.
    pub member: Option<String>,
    /// The byte of the package file at which the deviation stands.
    pub offset: Option<u64>,
    /// What was expected there; digests in full.
    pub expected: String,
    /// What was found there; digests in full.
    pub found: String,
    /// One sentence: what is wrong, lower case, no full stop.
    pub message: &'static str,
}

impl ContainerFault {
    /// A fault without a place.
    pub(super) fn new(
        code: Code,
        expected: impl Into<String>,
        found: impl Into<String>,
        message: &'static str,
    ) -> Self {
        Self { code, member: None, offset: None, expected: expected.into(), found: found.into(), message }
    }

    /// The same fault at a byte of the package file.
    pub(super) fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The same fault in the member with these name bytes.
    pub(super) fn of(mut self, name: &[u8]) -> Self {
        self.member = Some(shown(name));
        self
    }

    /// The finding at `place`, which says record and file; member and offset come from here.
    #[must_use]
    pub fn into_finding(self, place: Place) -> Finding {
        let place = Place {
            member: self.member.or(place.member),
            pointer: self.offset.map(|offset| format!("byte {offset}")).or(place.pointer),
            ..place
        };
        Finding::new(self.code, place, self.expected, self.found, self.message)
    }
}

/// A name as it may be shown: bytes outside printable ASCII escaped, cut to a fixed length.
pub(super) fn shown(name: &[u8]) -> String {
    let mut text: String = name.escape_ascii().take(SHOWN_NAME).map(char::from).collect();
    if name.escape_ascii().nth(SHOWN_NAME).is_some() {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_the_record_and_adds_member_and_offset() {
        let place = Place { sequence: Some(7), file: Some("a.zip".into()), ..Place::default() };
        let fault =
            ContainerFault::new(Code::PkgZipName, "a plain path", "..", "no path").at(30).of(b"..\x1b");
        let finding = fault.into_finding(place);
        assert_eq!(finding.code, Code::PkgZipName);
        assert_eq!(finding.place.sequence, Some(7));
        assert_eq!(finding.place.file.as_deref(), Some("a.zip"));
        assert_eq!(finding.place.member.as_deref(), Some("..\\x1b"));
        assert_eq!(finding.place.pointer.as_deref(), Some("byte 30"));
    }

    #[test]
    fn a_huge_name_is_cut() {
        assert_eq!(shown(&vec![b'a'; 60_000]).len(), SHOWN_NAME + 3);
    }
}
