//! What checkpoints accept, refuse and prove: known answers from RFC 8032, from certificate
//! transparency, from C2SP and from the Go checksum database, then attacks on each text.

mod tree;

/// Bytes from hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    assert!(digits.len().is_multiple_of(2));
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
