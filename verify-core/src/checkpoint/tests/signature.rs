//! Ed25519, strictly: known signatures verify, and no second form of one ever does (F-124).

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};

use super::{hex, key::PETER, pair};
use crate::checkpoint::{KeyKind, VerifierKey, base64};

/// Group order L of RFC 8032 section 5.1, least significant byte first.
const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

/// The points of small order in every encoding that decodes, canonical or not.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

fn key(public: &str) -> VerifierKey {
    VerifierKey::new(KeyKind::Log, "test", hex(public).try_into().unwrap()).unwrap()
}

#[test]
fn signatures_of_rfc_8032_verify_and_no_flipped_bit_does() {
    // Section 7.1, tests 1 to 3: public key, message, signature.
    let cases = [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ];
    for (public, message, signature) in cases {
        let (key, message, signature) = (key(public), hex(message), hex(signature));
        assert!(key.verify(&message, &signature), "{public}");
        for bit in 0..512 {
            let mut flipped = signature.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verify(&message, &flipped), "{public} with bit {bit} flipped");
        }
        assert!(!key.verify(&[message.as_slice(), b"x"].concat(), &signature));
        for length in [0, 63, 65] {
            let resized: Vec<u8> = signature.iter().copied().cycle().take(length).collect();
            assert!(!key.verify(&message, &resized), "{length} bytes");
        }
    }
}

#[test]
fn the_example_of_the_go_checksum_database_verifies() {
    let key: VerifierKey = PETER.parse().unwrap();
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    // Key id and signature of its published note.
    let bytes = base64::decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=",
    )
    .unwrap();
    let (id, signature) = bytes.split_at(4);
    assert_eq!(id, key.id().as_bytes());
    assert!(key.verify(text.as_bytes(), signature));
    assert!(!key.verify(text.trim_end().as_bytes(), signature), "the last newline is signed too");
}

/// "Taming the many `EdDSAs`" (Chalkias, Garillot, Nikolaenko 2020), cases 0 to 9: what strict verification says.
#[test]
fn malleable_signatures_are_refused() {
    // Public key, message, signature, verdict, and what is odd about it.
    let cases = [
        (
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
            false,
            "key and R of small order, S = 0",
        ),
        (
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
            false,
            "key of small order",
        ),
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
            false,
            "R of small order",
        ),
        (
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
            "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
            true,
            "key and R of mixed order, and the equation holds without cofactor",
        ),
        (
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
            false,
            "the equation holds with cofactor only",
        ),
        (
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
            "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
            "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
            false,
            "the equation holds with cofactor only, R of order L",
        ),
        (
            "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
            "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
            false,
            "S above L",
        ),
        (
            "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
            "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
            "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
            false,
            "S far above L",
        ),
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
            false,
            "R in a second encoding, reduced before hashing",
        ),
        (
            "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
            "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09",
            false,
            "R in a second encoding",
        ),
    ];
    for (public, message, signature, verdict, oddity) in cases {
        assert_eq!(key(public).verify(&hex(message), &hex(signature)), verdict, "{oddity}");
    }
}

/// With the neutral point as key, R = S·B verifies over every message for whoever checks leniently.
#[test]
fn a_key_of_small_order_signs_nothing() {
    let (signing, honest) = pair(KeyKind::Log, "test", 1);
    let any = signing.sign(b"").to_bytes();
    // S·B for a known S: the honest public key is the base point times its scalar, reduced below L.
    let scalar = signing.to_scalar().to_bytes();
    let forged: Vec<u8> = [honest.public().as_slice(), &scalar].concat();
    for public in SMALL_ORDER {
        let bytes: [u8; 32] = hex(public).try_into().unwrap();
        let lenient = VerifyingKey::from_bytes(&bytes).unwrap();
        assert!(lenient.is_weak(), "{public}");
        for message in [b"one".as_slice(), b"two"] {
            assert!(!key(public).verify(message, &forged), "{public}");
            assert!(!key(public).verify(message, &any), "{public}");
        }
    }
    let neutral = VerifyingKey::from_bytes(&hex(SMALL_ORDER[0]).try_into().unwrap()).unwrap();
    let forged = Signature::from_slice(&forged).unwrap();
    assert!(neutral.verify(b"one", &forged).is_ok(), "the forgery is real: a lenient check accepts it");
    assert!(neutral.verify(b"two", &forged).is_ok(), "for every message");
}

#[test]
fn a_signature_has_no_second_form() {
    let (signing, public) = pair(KeyKind::Log, "test", 2);
    let signature = signing.sign(b"message").to_bytes();
    assert!(public.verify(b"message", &signature));
    let mut carried = 0_u16;
    let mut altered = signature;
    for (byte, order) in altered.iter_mut().skip(32).zip(hex(ORDER)) {
        carried += u16::from(*byte) + u16::from(order);
        *byte = carried.to_le_bytes()[0];
        carried >>= 8;
    }
    assert_eq!(carried, 0, "S + L fits its 32 bytes");
    assert!(!public.verify(b"message", &altered), "S + L");
}

#[test]
fn bytes_that_are_no_point_verify_nothing() {
    // 2 is the y of no point of the curve.
    let public = [[2].as_slice(), &[0; 31]].concat().try_into().unwrap();
    assert!(VerifyingKey::from_bytes(&public).is_err());
    let key = VerifierKey::new(KeyKind::Log, "test", public).unwrap();
    let signature = SigningKey::from_bytes(&[3; 32]).sign(b"").to_bytes();
    assert!(!key.verify(b"", &signature));
}
