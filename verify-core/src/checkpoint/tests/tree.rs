//! The tree against the known answers of certificate transparency, and against itself for every size.

use proptest::prelude::*;

use crate::checkpoint::tree::{
    Frontier, consistency_proof, inclusion_proof, leaf, node, root, verify_consistency, verify_inclusion,
};
use crate::digest::Digest;

/// The eight leaves with which certificate transparency tests its trees, in hexadecimal.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

/// The roots over the first one, two, … eight of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaves() -> Vec<Digest> {
    LEAVES.iter().map(|hex| leaf(&super::hex(hex))).collect()
}

/// Leaves of a chain of `count` records that differ from each other.
fn numbered(count: usize) -> Vec<Digest> {
    (0..count).map(|number| leaf(number.to_string().as_bytes())).collect()
}

fn digests(hex: &[&str]) -> Vec<Digest> {
    hex.iter().map(|digest| digest.parse().unwrap()).collect()
}

fn flipped(digest: &Digest, bit: usize) -> Digest {
    let mut bytes = *digest.as_bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Digest::from_bytes(bytes)
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    let (leaves, roots) = (leaves(), digests(&ROOTS));
    let mut frontier = Frontier::default();
    assert_eq!((frontier.root(), root(&[])), (None, None));
    for (number, (leaf, expected)) in leaves.iter().zip(&roots).enumerate() {
        frontier.push(*leaf);
        assert_eq!(frontier.root().as_ref(), Some(expected), "root of {} leaves", number + 1);
        assert_eq!(root(&leaves[..=number]).as_ref(), Some(expected));
        assert_eq!(frontier.size(), number as u64 + 1);
    }
}

#[test]
fn inclusion_proofs_are_those_of_certificate_transparency() {
    let cases: [(u64, usize, &[&str]); 5] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    let (leaves, roots) = (leaves(), digests(&ROOTS));
    for (index, size, expected) in cases {
        let expected = digests(expected);
        let place = usize::try_from(index).unwrap();
        assert_eq!(inclusion_proof(&leaves[..size], index), Some(expected.clone()), "{index} of {size}");
        assert!(verify_inclusion(&leaves[place], index, size as u64, &expected, &roots[size - 1]));
    }
}

#[test]
fn consistency_proofs_are_those_of_certificate_transparency() {
    let cases: [(u64, usize, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    let (leaves, roots) = (leaves(), digests(&ROOTS));
    for (old, size, expected) in cases {
        let expected = digests(expected);
        let old_root = roots[usize::try_from(old).unwrap() - 1];
        assert_eq!(consistency_proof(&leaves[..size], old), Some(expected.clone()), "{old} to {size}");
        assert!(verify_consistency(old, &old_root, size as u64, &roots[size - 1], &expected));
    }
}

#[test]
fn every_proof_of_every_small_tree_holds_for_its_place_alone() {
    let leaves = numbered(40);
    for size in 1..=leaves.len() {
        let tree = &leaves[..size];
        let top = root(tree).unwrap();
        for (index, leaf) in tree.iter().enumerate() {
            let proof = inclusion_proof(tree, index as u64).unwrap();
            for claimed in 0..size + 2 {
                let holds = verify_inclusion(leaf, claimed as u64, size as u64, &proof, &top);
                assert_eq!(holds, claimed == index, "leaf {index} of {size} shown as {claimed}");
            }
        }
        for old in 1..=size {
            let proof = consistency_proof(tree, old as u64).unwrap();
            let old_root = root(&leaves[..old]).unwrap();
            assert!(verify_consistency(old as u64, &old_root, size as u64, &top, &proof), "{old} to {size}");
            let foreign = root(&numbered(old + 1)[1..]).unwrap();
            assert!(!verify_consistency(old as u64, &foreign, size as u64, &top, &proof), "{old} to {size}");
        }
    }
}

#[test]
fn there_is_no_proof_of_what_is_not_there() {
    let leaves = numbered(5);
    for index in [5, 6, u64::MAX] {
        assert_eq!(inclusion_proof(&leaves, index), None);
        assert_eq!(consistency_proof(&leaves, index + u64::from(index == 5)), None);
    }
    assert_eq!((inclusion_proof(&[], 0), consistency_proof(&leaves, 0)), (None, None));
    let top = root(&leaves).unwrap();
    assert!(!verify_inclusion(&leaves[0], 0, 0, &[], &leaves[0]), "a tree of no leaves");
    assert!(!verify_consistency(0, &top, 5, &top, &[]), "from nothing");
    assert!(!verify_consistency(6, &top, 5, &top, &[]), "truncation");
    assert!(!verify_consistency(5, &leaves[0], 5, &top, &[]), "a fork of equal size");
    assert!(!verify_consistency(5, &top, 5, &top, &[top]), "a hash too many");
    assert!(!verify_consistency(4, &top, 5, &top, &[]), "no proof");
}

#[test]
fn the_largest_numbers_neither_overflow_nor_pass() {
    let hash = leaf(b"");
    let proof = vec![hash; 64];
    for (index, size) in [(u64::MAX - 1, u64::MAX), (0, u64::MAX), (1 << 63, u64::MAX), (u64::MAX, u64::MAX)]
    {
        assert!(!verify_inclusion(&hash, index, size, &proof, &hash));
        assert!(!verify_consistency(index.max(1), &hash, size, &leaf(b"1"), &proof));
    }
}

#[test]
fn a_node_cannot_be_shown_as_a_leaf() {
    let leaves = numbered(2);
    let inside = [leaves[0].as_bytes().as_slice(), leaves[1].as_bytes()].concat();
    assert_ne!(leaf(&inside), node(&leaves[0], &leaves[1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Larger trees than can be tried in full: the proof holds, and no other hash, bit or length does.
    #[test]
    fn a_proof_holds_and_no_altered_one(size in 1_usize..600, place in any::<prop::sample::Index>(), bit in any::<u16>()) {
        let leaves = numbered(size);
        let index = place.index(size);
        let (top, bit) = (root(&leaves).unwrap(), usize::from(bit));
        let holds = |leaf: &Digest, proof: &[Digest], top: &Digest| {
            verify_inclusion(leaf, index as u64, size as u64, proof, top)
        };
        let proof = inclusion_proof(&leaves, index as u64).unwrap();
        prop_assert!(holds(&leaves[index], &proof, &top));
        prop_assert!(!holds(&flipped(&leaves[index], bit), &proof, &top));
        prop_assert!(!holds(&leaves[index], &proof, &flipped(&top, bit)));
        for changed in 0..proof.len() {
            let mut altered = proof.clone();
            altered[changed] = flipped(&altered[changed], bit);
            prop_assert!(!holds(&leaves[index], &altered, &top));
        }
        let longer = [proof.as_slice(), &[top]].concat();
        prop_assert!(!holds(&leaves[index], &longer, &top));
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(!holds(&leaves[index], shorter, &top));
        }
    }

    /// The same for extensions.
    #[test]
    fn an_extension_holds_and_no_altered_one(size in 2_usize..600, place in any::<prop::sample::Index>(), bit in any::<u16>()) {
        let leaves = numbered(size);
        let old = place.index(size - 1) + 1;
        let (before, after) = (root(&leaves[..old]).unwrap(), root(&leaves).unwrap());
        let holds = |before: &Digest, after: &Digest, proof: &[Digest]| {
            verify_consistency(old as u64, before, size as u64, after, proof)
        };
        let (proof, bit) = (consistency_proof(&leaves, old as u64).unwrap(), usize::from(bit));
        prop_assert!(holds(&before, &after, &proof));
        prop_assert!(!holds(&flipped(&before, bit), &after, &proof));
        prop_assert!(!holds(&before, &flipped(&after, bit), &proof));
        for changed in 0..proof.len() {
            let mut altered = proof.clone();
            altered[changed] = flipped(&altered[changed], bit);
            prop_assert!(!holds(&before, &after, &altered));
        }
        let longer = [proof.as_slice(), &[after]].concat();
        prop_assert!(!holds(&before, &after, &longer));
    }
}
