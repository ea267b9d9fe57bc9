//! Noise that only looks random: every value is a pure function of numbers the caller names.
//!
//! Two tenants with one seed therefore answer byte for byte alike, on whatever port they listen.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Folds `parts` into one well-spread number (the finalizer of `SplitMix64` after each part).
pub(super) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, part| {
        let mut value = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    })
}

/// A number for a text (FNV-1a), so that names can be parts of [`mix`].
pub(super) fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A generator that starts from `parts`.
pub(super) fn generator(parts: &[u64]) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(mix(parts))
}

/// A version-4-shaped UUID for `parts`; equal parts give equal ids.
pub(super) fn uuid(parts: &[u64]) -> String {
    uuid_from(mix(parts), mix(&[mix(parts), 1]))
}

fn uuid_from(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_parts_give_equal_ids_and_other_parts_other_ids() {
        assert_eq!(uuid(&[7, 1]), uuid(&[7, 1]));
        assert_ne!(uuid(&[7, 1]), uuid(&[1, 7]));
        assert_eq!(uuid(&[7, 1]).len(), 36);
        assert_eq!(uuid(&[7, 1]).as_bytes()[14], b'4');
    }

    #[test]
    fn the_text_hash_is_fnv_1a() {
        // Published FNV-1a test value for the text "foobar".
        assert_eq!(number_of("foobar"), 0x8594_4171_f739_67e8);
    }
}
