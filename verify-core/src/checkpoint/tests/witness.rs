//! Cosignatures: one of a witness in public service verifies, and each way to forge one fails.

use ed25519_dalek::Signer as _;

use super::{pair, signed_note};
use crate::checkpoint::{
    BadSignature, KeyKind, NoteError, SignatureLine, SignatureState, SignedNote, VerifierKey,
    cosignature_line, cosigned_message,
};
use crate::time::UtcTime;

const WITNESS: &str = "witness.example.com/w1";

#[test]
fn a_cosignature_of_a_public_witness_verifies() {
    let witness: VerifierKey =
        "witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G"
            .parse()
            .unwrap();
    // The first line is of a kind of key this format does not use.
    let note = "coachandhorses2026h1.staging.certificate.transparency.goog\n185550722\n\
        YXAM0VmnrfvLaBCOOYSJhCaE5F10oGBOo+hkbDa1kng=\n\n\
        — coachandhorses2026h1.staging.certificate.transparency.goog MpXgsHy8ZwxXnO+WjtVrPxAzL49Rs1gWTkNVNeEa//5peAzaocRCB3qt3EaibjzY5GILLtGgBP7dBhgcSHy+JQh0OAc=\n\
        — witness.navigli.sunlight.geomys.org o+AP4gAAAABqb7DzNrGFRJnQ9vrJ8xpnwZytnr/ZYczDIsvwvouiSjwOjn7a72ccxBk+lKnZ7dKqkYKER1s/KxLTaVwQD7lJZTC/CQ==\n";
    let parsed = SignedNote::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.check(&witness), SignatureState::Signed);
    // 0x6a6fb0f3 seconds, as `date -u -d @1785704691` prints them.
    assert_eq!(parsed.cosignature(&witness), Ok(Some("2026-08-02T21:04:51Z".parse().unwrap())));

    let larger = SignedNote::parse(note.replace("185550722", "185550723").as_bytes()).unwrap();
    assert!(matches!(
        larger.cosignature(&witness),
        Err(NoteError::Signature { source: BadSignature::Equation, .. })
    ));
}

#[test]
fn the_message_is_that_of_the_specification() {
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let expected = "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert_eq!(cosigned_message(text, 1_679_315_147), expected.as_bytes());
    // The line of the specification's example: where its parts stand.
    let line = "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let note = SignedNote::parse(format!("{text}\n{line}").as_bytes()).unwrap();
    let found = &note.lines()[0];
    assert_eq!((found.name.as_str(), found.key_id.to_string().as_str()), (WITNESS, "8d66cf3f"));
    assert_eq!(found.signature.len(), 72);
    assert_eq!(found.signature[..8], 1_679_315_147_u64.to_be_bytes());
}

/// A note of the log with a cosignature stating `stated` whose signature is over `signed`.
fn cosigned(stated: u64, signed: u64) -> SignedNote {
    let (signing, witness) = pair(KeyKind::Witness, WITNESS, 5);
    let mut note = signed_note(7, 1);
    let signature = signing.sign(&cosigned_message(note.text(), signed)).to_bytes();
    note.add(cosignature_line(&witness, stated, signature));
    SignedNote::parse(&note.to_bytes()).unwrap()
}

fn judged(note: &SignedNote) -> Result<Option<UtcTime>, BadSignature> {
    let (_, witness) = pair(KeyKind::Witness, WITNESS, 5);
    let time = note.cosignature(&witness).map_err(|error| match error {
        NoteError::Signature { name, key_id, source } => {
            assert_eq!((name.as_str(), key_id), (WITNESS, witness.id()));
            source
        }
        other => panic!("{other:?}"),
    });
    let state = match time {
        Ok(Some(_)) => SignatureState::Signed,
        Ok(None) => SignatureState::NotSigned,
        Err(reason) => SignatureState::Bad(reason),
    };
    assert_eq!(note.check(&witness), state, "both questions have one answer");
    time
}

#[test]
fn the_stated_time_is_signed() {
    let time: UtcTime = "2024-05-15T08:00:00Z".parse().unwrap();
    assert_eq!(judged(&cosigned(1_715_760_000, 1_715_760_000)), Ok(Some(time)));
    assert_eq!(judged(&cosigned(1_715_760_001, 1_715_760_000)), Err(BadSignature::Equation));
    assert_eq!(judged(&cosigned(0, 0)), Ok(Some(UtcTime::from_unix(0))));
    let last = u64::try_from(i64::MAX).unwrap();
    assert_eq!(judged(&cosigned(last, last)), Ok(Some(UtcTime::from_unix(i64::MAX))));
    assert_eq!(judged(&cosigned(last + 1, last + 1)), Err(BadSignature::Time { found: last + 1 }));
}

#[test]
fn absence_is_no_error_and_a_bad_line_is_no_absence() {
    assert_eq!(judged(&signed_note(7, 1)), Ok(None));
    let (signing, witness) = pair(KeyKind::Witness, WITNESS, 5);
    for length in [1, 8, 64, 71, 73] {
        let mut note = signed_note(7, 1);
        note.add(SignatureLine::new(WITNESS, witness.id(), vec![0; length]).unwrap());
        assert_eq!(judged(&note), Err(BadSignature::Length { expected: 72, found: length }));
    }
    let mut twice = cosigned(1, 1);
    let later = signing.sign(&cosigned_message(twice.text(), 2)).to_bytes();
    twice.add(cosignature_line(&witness, 2, later));
    assert_eq!(judged(&twice), Err(BadSignature::Repeated { found: 2 }));
}

#[test]
fn a_log_signature_is_no_cosignature_and_the_reverse() {
    let (signing, witness) = pair(KeyKind::Witness, WITNESS, 5);
    let mut note = signed_note(7, 1);
    let plain = signing.sign(note.text().as_bytes()).to_bytes();
    note.add(cosignature_line(&witness, 1, plain));
    assert_eq!(judged(&note), Err(BadSignature::Equation), "signed without its time");

    let (_, log) = pair(KeyKind::Log, WITNESS, 5);
    assert_eq!(
        cosigned(1, 1).cosignature(&log),
        Ok(None),
        "the same 32 bytes as a log's key are another key"
    );
    assert_eq!(cosigned(1, 1).check(&log), SignatureState::NotSigned);
}
