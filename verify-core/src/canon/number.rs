//! Numbers: the text RFC 8785 section 3.2.2.3 demands (ECMAScript `Number::toString`), and the exact
//! range this format keeps.

/// The largest integer that every reader of doubles keeps apart from its neighbours: 2^53 - 1.
pub(super) const MAX_EXACT: u64 = (1 << 53) - 1;

/// From here on ECMAScript writes an exponent, never a plain integer.
const EXPONENT_FROM: f64 = 1e21;

/// Room for the canonical text of any double; the longest have 25 bytes, like `-0.0000033333333333333333`.
const MAX_TEXT: usize = 32;

/// Significant digits that a double always keeps apart (C's `DBL_DIG`).
const EXACT_DIGITS: usize = 15;

/// True if `value` would be written as a plain integer beyond the exact range.
pub(super) fn is_inexact_integer(value: f64) -> bool {
    let magnitude = value.abs();
    // 2^53 is a double; each larger one is an integer too.
    (9_007_199_254_740_992.0..EXPONENT_FROM).contains(&magnitude)
}

/// Length of the canonical number at the start of `bytes`, or `None` if there is none.
///
/// What follows the number is the caller's business: any wrong continuation (`1.`, `1e5`) is refused
/// here or leaves bytes that cannot follow a value.
pub(super) fn canonical_length(bytes: &[u8]) -> Option<usize> {
    let negative = usize::from(bytes.first() == Some(&b'-'));
    let unsigned = bytes.get(negative..)?;
    let integer = digits(unsigned);
    let whole = unsigned.get(..integer)?;
    let leads_with_zero = match whole {
        [b'0'] => true,
        [] | [b'0', ..] => return None,
        _ => false,
    };
    match unsigned.get(integer) {
        Some(b'.') if integer < EXACT_DIGITS => {
            let fraction = unsigned.get(integer + 1..)?;
            let places = digits(fraction);
            if short_fraction(fraction.get(..places)?, integer, leads_with_zero)
                && !matches!(fraction.get(places), Some(b'e' | b'E'))
            {
                return Some(negative + integer + 1 + places);
            }
            by_printing(bytes)
        }
        Some(b'.' | b'e') => by_printing(bytes),
        _ => {
            let minus_zero = leads_with_zero && negative == 1;
            (!minus_zero && is_exact(whole)).then_some(negative + integer)
        }
    }
}

/// Number of decimal digits at the start of `bytes`.
pub(super) fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// True if these decimal digits, without leading zeros, are at most 2^53 - 1.
pub(super) fn is_exact(whole: &[u8]) -> bool {
    whole.len() <= EXACT_DIGITS
        || (whole.len() == 16
            && whole.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0')) <= MAX_EXACT)
}

/// True if a plain decimal is canonical for certain, without computing the double.
///
/// Two different decimals of up to 15 significant digits never mean one double, so such a decimal is
/// the shortest text of its double as soon as it has no zero at its end. Below 1e-6 an exponent is due.
fn short_fraction(fraction: &[u8], integer: usize, leads_with_zero: bool) -> bool {
    let small = leads_with_zero && fraction.iter().take_while(|digit| **digit == b'0').count() > 5;
    !small && integer + fraction.len() <= EXACT_DIGITS && !matches!(fraction.last(), None | Some(b'0'))
}

/// Reads the number at the start of `bytes`, has the canonicalizer print it and compares.
///
/// Slow, and seldom needed: numbers with an exponent or more than 15 digits.
fn by_printing(bytes: &[u8]) -> Option<usize> {
    let length = bytes
        .iter()
        .take(MAX_TEXT)
        .take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e'))
        .count();
    let text = std::str::from_utf8(bytes.get(..length)?).ok()?;
    let value: f64 = text.parse().ok()?;
    if !value.is_finite() || is_inexact_integer(value) {
        return None;
    }
    let mut printed = [0_u8; MAX_TEXT];
    let mut room = printed.as_mut_slice();
    serde_json_canonicalizer::to_writer(&value, &mut room).ok()?;
    let unused = room.len();
    let printed = printed.get(..MAX_TEXT - unused)?;
    (printed == text.as_bytes()).then_some(length)
}
