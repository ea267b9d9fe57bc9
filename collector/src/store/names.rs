//! Names inside a store, the same in every kind of store: what may be one, and what it says.

use verify_core::model::Sequence;

/// Folder of the commits and of what stands beside them.
pub(super) const CHAIN: &str = "chain";
/// Folder of the packages.
pub(super) const PACKAGES: &str = "packages";
/// Ending of a commit.
pub(super) const COMMIT_ENDING: &str = ".json";

/// Place of the commit with which every chain begins.
pub(super) fn first_commit() -> String {
    format!("{CHAIN}/{}", Sequence(0).commit_name())
}

/// Whether `place` lies below `packages/`, in parts that mean the same to every store and file system.
pub(super) fn is_package_place(place: &str) -> bool {
    place
        .strip_prefix(PACKAGES)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|inside| inside.split('/').all(is_plain))
}

/// Whether `part` is a name without hidden meaning: not empty, not hidden, no odd characters.
pub(super) fn is_plain(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with('.')
        && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// The sequence of a name under `chain/`: ten digits and `ending`, nothing else.
pub(super) fn sequence_of(name: &str, ending: &str) -> Option<Sequence> {
    let digits = name.strip_suffix(ending)?;
    let plain = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok().map(Sequence) } else { None }
}

/// The first number missing from `found`, ascending, if it does not run from 0 without a hole.
pub(super) fn hole(found: &[Sequence]) -> Option<u64> {
    (0_u64..).zip(found).find(|(expected, found)| *expected != found.0).map(|(expected, _)| expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_has_ten_digits_and_the_ending() {
        assert_eq!(sequence_of("0000000012.json", ".json"), Some(Sequence(12)));
        for name in ["12.json", "0000000012.jsonx", "+000000012.json", "0000000012.tsr", ".json", ""] {
            assert_eq!(sequence_of(name, ".json"), None, "{name}");
        }
    }

    #[test]
    fn a_hole_is_the_first_missing_number() {
        let of = |numbers: &[u64]| hole(&numbers.iter().copied().map(Sequence).collect::<Vec<_>>());
        assert_eq!((of(&[]), of(&[0, 1, 2])), (None, None));
        assert_eq!((of(&[1]), of(&[0, 1, 3, 4])), (Some(0), Some(2)));
    }
}
