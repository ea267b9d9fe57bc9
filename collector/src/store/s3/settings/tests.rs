use super::*;

#[test]
fn the_roots_around_a_root_are_known() {
    let around = |text: &str| text.parse::<S3Location>().unwrap().around();
    assert_eq!(around("s3://acme-evidence"), [""; 0]);
    assert_eq!(around("s3://acme-evidence/soc2"), [""]);
    assert_eq!(around("s3://acme-evidence/soc2/prod/a"), ["soc2/prod/", "soc2/", ""]);
}

#[test]
fn a_place_is_a_bucket_and_a_root() {
    let location: S3Location = "s3://evidence.acme/soc2/prod/".parse().unwrap();
    assert_eq!((location.bucket(), location.prefix().as_str()), ("evidence.acme", "soc2/prod/"));
    assert_eq!(location.to_string(), "s3://evidence.acme/soc2/prod");
    assert_eq!(location.url_of(&location.key("chain/x")), "s3://evidence.acme/soc2/prod/chain/x");
    let bare: S3Location = "s3://abc".parse().unwrap();
    assert_eq!((bare.prefix().as_str(), bare.key("chain/x").as_str()), ("", "chain/x"));
    for refused in [
        "",
        "abc",
        "https://abc/x",
        "s3://",
        "s3://ab",
        "s3://Abc",
        "s3://a_b_c",
        "s3://-abc",
        "s3://a..c",
        "s3://abc//x",
        "s3://abc/x//y",
        "s3://abc/../y",
        "s3://abc/.x",
        "s3://abc/x y",
        "s3://abc/\u{e9}",
        "s3://abc/x#y",
        "s3://abc/x?y",
    ] {
        assert!(refused.parse::<S3Location>().is_err(), "{refused}");
    }
}

#[test]
fn classes_that_must_be_thawed_first_are_refused() {
    for known in StorageClass::KNOWN {
        assert_eq!(known.parse::<StorageClass>().unwrap().as_str(), known);
    }
    for refused in ["GLACIER", "DEEP_ARCHIVE", "ONEZONE_IA", "standard", "S3_GLACIER_IR", ""] {
        assert!(refused.parse::<StorageClass>().is_err(), "{refused}");
    }
}

#[test]
fn a_key_is_named_by_id_or_arn_and_recognised_by_either() {
    let (id, arn) = (
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    );
    let (by_id, by_arn): (KmsKeyId, KmsKeyId) = (id.parse().unwrap(), arn.parse().unwrap());
    assert!(by_id.is(id) && by_id.is(arn) && by_arn.is(id) && by_arn.is(arn));
    assert!(!by_arn.is(&arn.replace("1111", "9999")) && !by_id.is("1234abcd"));
    for refused in ["alias/evidence", "arn:aws:kms:eu-central-1:1:alias/evidence", "", "x", "a b c d e f g"] {
        assert!(refused.parse::<KmsKeyId>().is_err(), "{refused}");
    }
}
