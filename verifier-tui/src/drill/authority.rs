//! The forger's own time-stamping authority: tokens of RFC 3161 that hold in every respect but one, that nobody
//! has a reason to trust their signer.
//!
//! The key lies open here and is worth nothing. It is of RSA because such signatures are the same each time, so two
//! drills of the same evidence differ in nothing but milliseconds.

use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use verify_core::digest::Digest;
use verify_core::time::UtcTime;

use super::forge::Obstacle;

/// The key, PKCS #8 in DER.
const KEY: &[u8] = include_bytes!("authority/key.der");
/// Its certificate for time stamping alone, by itself, valid from 2000 to 2099.
const CERTIFICATE: &[u8] = include_bytes!("authority/certificate.der");
/// Its subject and issuer, and its serial number.
const NAME: &[u8] = b"Time of the forger";
const SERIAL: &[u8] = &[0x66];

// DER: tags, and object identifiers with theirs.
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const UTF8: u8 = 0x0c;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT_0: u8 = 0xa0;
/// `id-signedData`, 1.2.840.113549.1.7.2.
const SIGNED_DATA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// `id-ct-TSTInfo`, 1.2.840.113549.1.9.16.1.4.
const TST_INFO: &[u8] = &[0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
/// `contentType`, 1.2.840.113549.1.9.3.
const CONTENT_TYPE: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
/// `messageDigest`, 1.2.840.113549.1.9.4.
const MESSAGE_DIGEST: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
/// `signingCertificateV2`, 1.2.840.113549.1.9.16.2.47.
const SIGNING_CERTIFICATE: &[u8] = &[0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
/// `sha256` with NULL, 2.16.840.1.101.3.4.2.1.
const SHA256: &[u8] = &[SEQUENCE, 13, 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 0x05, 0];
/// `rsaEncryption` with NULL, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[SEQUENCE, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0];
/// `commonName`, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];
/// The policy 1.2.3.4.1.
const POLICY: &[u8] = &[0x06, 4, 0x2a, 3, 4, 1];

/// One element of DER.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let short: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut bytes = vec![tag];
    match short.as_slice() {
        [] => bytes.push(0),
        [one @ 0..=0x7f] => bytes.push(*one),
        // At most eight octets tell a length.
        more => {
            bytes.push(0x80 | u8::try_from(more.len()).unwrap_or(8));
            bytes.extend_from_slice(more);
        }
    }
    bytes.extend(content);
    bytes
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

/// A token over `imprint` that states `time`.
pub(super) fn stamp(imprint: &Digest, time: UtcTime) -> Result<Vec<u8>, Obstacle> {
    let statement = statement(imprint, time);
    let attributes = attributes(&statement);
    let signature = sign(&element(SET, &[&attributes]))?;
    let name = sequence(&[&element(SET, &[&sequence(&[COMMON_NAME, &element(UTF8, &[NAME])])])]);
    let signer = sequence(&[
        &element(INTEGER, &[&[1]]),
        &sequence(&[&name, &element(INTEGER, &[SERIAL])]),
        SHA256,
        &element(CONTEXT_0, &[&attributes]),
        RSA,
        &element(OCTETS, &[&signature]),
    ]);
    let signed_data = sequence(&[
        &element(INTEGER, &[&[3]]),
        &element(SET, &[SHA256]),
        &sequence(&[TST_INFO, &element(CONTEXT_0, &[&element(OCTETS, &[&statement])])]),
        &element(CONTEXT_0, &[CERTIFICATE]),
        &element(SET, &[&signer]),
    ]);
    let granted = sequence(&[&element(INTEGER, &[&[0]])]);
    Ok(sequence(&[&granted, &sequence(&[SIGNED_DATA, &element(CONTEXT_0, &[&signed_data])])]))
}

/// `TSTInfo` (RFC 3161, section 2.4.2).
fn statement(imprint: &Digest, time: UtcTime) -> Vec<u8> {
    let digits: String = time.to_string().chars().filter(char::is_ascii_digit).collect();
    sequence(&[
        &element(INTEGER, &[&[1]]),
        POLICY,
        &sequence(&[SHA256, &element(OCTETS, &[imprint.as_bytes()])]),
        &element(INTEGER, &[&[7]]),
        &element(TIME, &[digits.as_bytes(), b"Z"]),
    ])
}

/// The content of the signed attributes, sorted as DER sorts a set.
fn attributes(statement: &[u8]) -> Vec<u8> {
    let digest = Digest::of(statement);
    let certificate = element(OCTETS, &[Digest::of(CERTIFICATE).as_bytes()]);
    let mut all = [
        sequence(&[CONTENT_TYPE, &element(SET, &[TST_INFO])]),
        sequence(&[MESSAGE_DIGEST, &element(SET, &[&element(OCTETS, &[digest.as_bytes()])])]),
        sequence(&[
            SIGNING_CERTIFICATE,
            &element(SET, &[&sequence(&[&sequence(&[&sequence(&[&certificate])])])]),
        ]),
    ];
    all.sort_unstable();
    all.concat()
}

fn sign(message: &[u8]) -> Result<Vec<u8>, Obstacle> {
    let failed = |what: &str| Obstacle::Failed(format!("the forger's authority cannot {what}"));
    let key = RsaKeyPair::from_pkcs8(KEY).map_err(|_| failed("read its key"))?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| failed("sign"))?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use verify_core::limits::Limits;
    use verify_core::timestamp::{Authorities, Token, verify};

    use super::*;

    // Else the attack would be caught for a flaw, and not because nobody trusts its authority.
    #[test]
    fn a_token_holds_for_whoever_trusts_the_forger_and_for_nobody_else() {
        let (imprint, time) = (Digest::of(b"a checkpoint"), "2026-05-09T08:01:00Z".parse().unwrap());
        let bytes = stamp(&imprint, time).unwrap();
        assert_eq!(bytes, stamp(&imprint, time).unwrap(), "two drills differ in nothing");
        let token = Token::parse(&bytes, &Limits::default()).unwrap();
        assert_eq!((token.imprint(), token.time()), (Some(imprint), time));
        let forger = Authorities::from_pem(CERTIFICATE).unwrap();
        assert_eq!(verify(&token, &imprint, &forger).unwrap().authority, "CN=Time of the forger");
        let honest = super::super::tests::authority::Authority::start();
        let honest = Authorities::from_pem(&honest.pem("root")).unwrap();
        let refused = verify(&token, &imprint, &honest).unwrap_err().to_string();
        assert!(refused.contains("path"), "{refused}");
    }
}
