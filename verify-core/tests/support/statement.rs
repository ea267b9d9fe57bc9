//! What a time-stamping authority signs, at any time that a test wants.

use verify_core::digest::Digest;
use verify_core::time::UtcTime;

/// `TSTInfo` version 1: policy 1.2.3.4.1, SHA-256 imprint, a serial number, a time (RFC 3161 section 2.4.2).
pub(crate) fn statement(imprint: &Digest, at: UtcTime) -> Vec<u8> {
    let sha256 = [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
    let imprint = [&[0x30, 0x31][..], &sha256, &[0x04, 0x20], imprint.as_bytes()].concat();
    let digits: String = at.to_string().chars().filter(char::is_ascii_digit).collect();
    let time = [&[0x18, 0x0f], digits.as_bytes(), b"Z"].concat();
    let policy = [0x06, 0x04, 0x2a, 0x03, 0x04, 0x01];
    let fields = [&[0x02, 0x01, 0x01][..], &policy, &imprint, &[0x02, 0x01, 0x07], &time].concat();
    [&[0x30, u8::try_from(fields.len()).unwrap()], &fields[..]].concat()
}
