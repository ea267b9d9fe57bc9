use super::super::{LockMode, StorageClass};
use super::*;

fn settings(key: Option<&str>) -> S3Settings {
    S3Settings {
        location: "s3://evidence.acme/soc2".parse().unwrap(),
        mode: LockMode::Compliance,
        retention_days: 400,
        legal_hold: false,
        storage_class: StorageClass::STANDARD,
        encryption_key: key.map(|key| key.parse().unwrap()),
    }
}

fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap();
    let lists = statements.iter().map(|statement| statement["Action"].as_array().unwrap());
    lists.flatten().map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn no_policy_can_delete_shorten_or_bypass() {
    for role in [Role::Collector, Role::Auditor] {
        let policy = policy(&settings(None), role, "arn:aws:kms:x");
        for action in actions(&policy) {
            assert!(
                !action.contains('*') && !action.contains("Delete") && !action.contains("Bypass"),
                "{action}"
            );
        }
        assert_eq!(policy["Statement"][2]["Resource"], "arn:aws:s3:::evidence.acme/soc2/*");
        assert_eq!(policy["Statement"][3]["Resource"], "arn:aws:kms:x");
    }
    let auditor = actions(&policy(&settings(None), Role::Auditor, "x"));
    assert!(
        auditor
            .iter()
            .all(|action| ["s3:Get", "s3:List", "kms:Decrypt"].iter().any(|kind| action.starts_with(kind))),
        "{auditor:?}"
    );
}

#[test]
fn both_forms_make_the_same_things_and_a_configured_key_is_not_made_again() {
    for (key, made) in [(None, true), (Some("1234abcd-12ab-34cd-56ef-1234567890ab"), false)] {
        let settings = settings(key);
        let terraform = plan(&settings, "eu-central-1", Form::Terraform);
        let script = plan(&settings, "eu-central-1", Form::Cli);
        assert_eq!(terraform.contains("resource \"aws_kms_key\""), made);
        assert_eq!(script.contains("aws kms create-key"), made);
        for text in [&terraform, &script] {
            for word in [
                "evidence.acme",
                "COMPLIANCE",
                "400",
                "aws:kms",
                "aws:SecureTransport",
                "eu-central-1",
                "evidence-acme-auditor",
            ] {
                assert!(text.contains(word), "{word}");
            }
            assert!(!text.contains("force_destroy") && !text.contains("delete-") && !text.contains('@'));
        }
        assert_eq!(terraform.matches('{').count(), terraform.matches('}').count());
    }
    let plain = plan(&settings(None), "us-east-1", Form::Cli);
    assert!(!plain.contains("LocationConstraint"), "{plain}");
}
