//! Text in documents that could mislead whoever looks at it: said once for each document (F-142).
//!
//! Every view of this program shows such characters escaped; other tools may not, and somebody put them there.

use super::open::TRANSCRIPT;
use super::tally::Tally;
use crate::canon::misleading::{Misleading, misleading};
use crate::finding::{Code, Finding, Place};

/// Looks through one document that is canonical.
pub(super) fn check(path: &str, bytes: &[u8], place: &Place, tally: &mut Tally) {
    let found = if path == TRANSCRIPT { in_lines(bytes) } else { misleading(bytes) };
    let Some(Misleading { pointer, first, count }) = found else {
        tally.pass(Code::OutEscape);
        return;
    };
    let place = Place { pointer: Some(pointer), ..place.clone() };
    let characters =
        if count == 1 { "1 such character".to_owned() } else { format!("{count} such characters") };
    let found = format!("{characters}, the first U+{:04X}", u32::from(first));
    let message = "a text in the document acts on a terminal, hides or reorders what is shown";
    let expected = "no control, invisible or reordering character";
    tally.fail(Finding::new(Code::OutEscape, place, expected, found, message));
}

/// The place of a line of the transcript is its number.
fn in_lines(bytes: &[u8]) -> Option<Misleading> {
    // Most transcripts hold none at all; the newlines between the lines are not among these characters.
    let Misleading { first, count, .. } = misleading(bytes)?;
    let line = bytes.split(|byte| *byte == b'\n').position(|line| misleading(line).is_some())?;
    Some(Misleading { pointer: format!("line {}", line + 1), first, count })
}
