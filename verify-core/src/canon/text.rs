//! Strings: finding their end eight bytes at a time, unescaping, and the key order of RFC 8785
//! section 3.2.3 (UTF-16 code units, which is not the order of UTF-8 bytes above U+FFFF).

use std::borrow::Cow;
use std::cmp::Ordering;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Advances over bytes that neither end a string nor need a look; returns how many.
///
/// `seen` collects all bytes passed, so that its high bits tell whether any was not ASCII. The bytes
/// that stop the run are `"`, `\` and the control characters below U+0020.
#[inline]
pub(super) fn plain_run(bytes: &[u8], seen: &mut u64) -> usize {
    let mut at = 0;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let stops = stops(word);
        if stops != 0 {
            let bits = stops.trailing_zeros() & !7;
            *seen |= word & !(u64::MAX << bits);
            return at + (bits / 8) as usize;
        }
        *seen |= word;
        at += 8;
        rest = after;
    }
    for byte in rest {
        if matches!(byte, b'"' | b'\\' | 0..0x20) {
            break;
        }
        *seen |= u64::from(*byte);
        at += 1;
    }
    at
}

/// True if a byte collected by [`plain_run`] was not ASCII.
#[inline]
pub(super) const fn any_non_ascii(seen: u64) -> bool {
    seen & HIGH != 0
}

/// Sets the high bit of the first byte of `word` that is `"`, `\` or a control character.
///
/// A borrow may also set bits after that first one, never before it; so only the lowest bit counts.
#[inline]
const fn stops(word: u64) -> u64 {
    // Flipping bit 1 puts `"` (0x22) at 0x20, just above the control characters, and what stood there above it.
    let quote_or_control = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21) & !word;
    let backslash = word ^ (ONES * b'\\' as u64);
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (quote_or_control | backslash) & HIGH
}

/// Length of the canonical escape at the start of `bytes`, backslash included, if it is one.
///
/// RFC 8785 section 3.2.2.2: the two-letter escapes where they exist, else `\u00` and lower-case hex
/// for control characters, and nothing else is escaped.
pub(super) fn canonical_escape(bytes: &[u8]) -> Option<usize> {
    match *bytes.first_chunk::<2>()? {
        [b'\\', b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't'] => Some(2),
        [b'\\', b'u'] => match *bytes.get(2..6)? {
            [b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f']
            | [b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f'] => Some(6),
            _ => None,
        },
        _ => None,
    }
}

/// Order of two keys by UTF-16 code units, both unescaped.
pub(super) fn utf16_order(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        return left.cmp(right);
    }
    left.encode_utf16().cmp(right.encode_utf16())
}

/// The text of a string that was checked before, `raw` being what stands between its quotes.
///
/// `None` only if it was not checked. Allocates only where there is something to unescape.
pub(super) fn unescape(raw: &[u8]) -> Option<Cow<'_, str>> {
    let raw = std::str::from_utf8(raw).ok()?;
    if !raw.contains('\\') {
        return Some(Cow::Borrowed(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let (character, length) = unescape_one(escape)?;
        text.push(character);
        rest = escape.get(length..)?;
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}

/// The character of one escape and its length, `escape` starting after the backslash.
///
/// `None` for an unknown escape, for missing digits and for half a surrogate pair.
pub(super) fn unescape_one(escape: &str) -> Option<(char, usize)> {
    let character = match escape.bytes().next()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = code_unit(escape.get(1..5)?)?;
            if let Some(Ok(character)) = char::decode_utf16([first]).next() {
                return Some((character, 5));
            }
            let second = code_unit(escape.get(5..)?.strip_prefix("\\u")?.get(..4)?)?;
            return Some((char::decode_utf16([first, second]).next()?.ok()?, 11));
        }
        _ => return None,
    };
    Some((character, 1))
}

/// Four hex digits as a UTF-16 code unit.
pub(super) fn code_unit(digits: &str) -> Option<u16> {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// Writes a string with its quotes, escaped as RFC 8785 demands.
pub(super) fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                continue;
            }
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(&[b'\\', short]);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_at_every_stop_in_every_lane() {
        for stop in 0..=u8::MAX {
            for lane in 0..20 {
                for filler in [b'a', b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                    let mut bytes = [filler; 24];
                    bytes[lane] = stop;
                    let stops = stop < 0x20 || stop == b'"' || stop == b'\\';
                    let mut seen = 0;
                    let expected = if stops { lane } else { bytes.len() };
                    assert_eq!(plain_run(&bytes, &mut seen), expected, "{stop:#x} in {lane}");
                    let non_ascii = bytes[..expected].iter().any(|byte| *byte >= 0x80);
                    assert_eq!(any_non_ascii(seen), non_ascii, "{stop:#x} in {lane} after {filler:#x}");
                }
            }
        }
    }
}
