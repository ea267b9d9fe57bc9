//! Payloads of the records that are not snapshots: read, held against their manifest, kept for the chain.

use serde::de::DeserializeOwned;

use super::manifest::document_findings;
use super::open::Opened;
use super::tally::Tally;
use crate::approvals::{rules_of, schedule_digest};
use crate::checkpoint::{KeyKind, VerifierKey};
use crate::finding::{Code, Finding, Place};
use crate::format::DocumentKind;
use crate::model::{
    Approval, ApprovalDocument, Exception, ExceptionDocument, Explanation, ExplanationDocument,
    ExtractionMetadata, Failure, FailureDocument, Genesis, GenesisDocument, KeyChange, KeyChangeDocument,
    Kind, Manifest, Origin,
};

/// What a record says, kept for the checks over the whole chain.
#[derive(Debug, Clone)]
pub(super) enum Payload {
    Genesis(Box<Genesis>),
    Approval(Box<Approval>),
    Failure(Failure),
    Exception(Exception),
    Explanation(Explanation),
    KeyChange(Box<KeyChange>),
    /// A snapshot, or a kind whose payload is reserved.
    Other,
}

/// Reads the payload of a record that is no snapshot.
pub(super) fn read_payload(opened: &Opened<'_>, tally: &mut Tally) -> Option<Payload> {
    let manifest = &opened.manifest;
    Some(match manifest.kind {
        Kind::Genesis => {
            let GenesisDocument { genesis } = document(opened, DocumentKind::Genesis, tally)?;
            bind_genesis(&genesis, opened, tally);
            Payload::Genesis(Box::new(genesis))
        }
        Kind::Approval => {
            let ApprovalDocument { approval } = document(opened, DocumentKind::Approval, tally)?;
            Payload::Approval(Box::new(approval))
        }
        Kind::Failure => {
            let FailureDocument { extraction_metadata, failure } =
                document(opened, DocumentKind::Failure, tally)?;
            let place = opened.place_of(&manifest.kind.payload_member());
            bind_metadata(&extraction_metadata, manifest, &place, tally);
            Payload::Failure(failure)
        }
        Kind::Exception => {
            let ExceptionDocument { exception } = document(opened, DocumentKind::Exception, tally)?;
            check_exception(&exception, opened, tally);
            Payload::Exception(exception)
        }
        Kind::Explanation => {
            let ExplanationDocument { explanation } = document(opened, DocumentKind::Explanation, tally)?;
            Payload::Explanation(explanation)
        }
        Kind::KeyChange => {
            let KeyChangeDocument { key_change } = document(opened, DocumentKind::KeyChange, tally)?;
            bind_key_change(&key_change, opened, tally);
            Payload::KeyChange(Box::new(key_change))
        }
        Kind::Snapshot | Kind::Revalidation => Payload::Other,
    })
}

fn document<T: DeserializeOwned>(opened: &Opened<'_>, kind: DocumentKind, tally: &mut Tally) -> Option<T> {
    member_document(opened, kind, &opened.manifest.kind.payload_member(), tally)
}

/// Reads one member as a document of the format; what does not fit becomes findings.
pub(super) fn member_document<T: DeserializeOwned>(
    opened: &Opened<'_>,
    kind: DocumentKind,
    member: &str,
    tally: &mut Tally,
) -> Option<T> {
    let place = opened.place_of(member);
    let value = opened.value(member)?;
    let findings = document_findings(kind, &value, &place);
    if !tally.all(Code::SchemaType, findings) {
        return None; // what is not of the format is not interpreted (F-116)
    }
    match serde_json::from_value(value) {
        Ok(document) => Some(document),
        Err(error) => {
            let expected = format!("a {} of format 1.0", kind.as_str());
            let message = "the document does not fit the format";
            tally.fail(Finding::new(Code::SchemaType, place, expected, error.to_string(), message));
            None
        }
    }
}

fn bind_genesis(genesis: &Genesis, opened: &Opened<'_>, tally: &mut Tally) {
    let manifest = &opened.manifest;
    let place = |pointer: &str| Place {
        pointer: Some(pointer.to_owned()),
        ..opened.place_of(&manifest.kind.payload_member())
    };
    let message = "the genesis contradicts its manifest";
    tally.equal(Code::SchemaBind, &place("/genesis/origin"), &manifest.origin, &genesis.origin, message);
    let same_tenant = manifest.tenant == genesis.tenant;
    tally.equal(Code::SchemaBind, &place("/genesis/tenant"), &true, &same_tenant, message);
    let same_rules = rules_of(manifest) == genesis.rules;
    tally.equal(Code::SchemaBind, &place("/genesis/rules"), &true, &same_rules, message);
    let (expected, found) = (schedule_digest(&manifest.schedule), schedule_digest(&genesis.schedule));
    tally.equal(Code::SchemaBind, &place("/genesis/schedule"), &expected, &found, message);
    if let Some(key) = &genesis.log_key {
        check_log_key(key, &manifest.origin, &place("/genesis/log_key"), tally);
    }
}

fn bind_key_change(change: &KeyChange, opened: &Opened<'_>, tally: &mut Tally) {
    let manifest = &opened.manifest;
    let place = |pointer: &str| Place {
        pointer: Some(format!("/key_change/{pointer}")),
        ..opened.place_of(&manifest.kind.payload_member())
    };
    let message = "the key change names another record than the one it stands in";
    let (expected, found) = (manifest.sequence, change.first_sequence);
    tally.equal(Code::SchemaBind, &place("first_sequence"), &expected, &found, message);
    if let Some(key) = &change.old_key {
        check_log_key(key, &manifest.origin, &place("old_key"), tally);
    }
    check_log_key(&change.new_key, &manifest.origin, &place("new_key"), tally);
}

/// A key of the chain is a log's verifier key whose name is the origin (F-123, F-125).
fn check_log_key(text: &str, origin: &Origin, place: &Place, tally: &mut Tally) {
    match text.parse::<VerifierKey>() {
        Ok(key) if key.kind() == KeyKind::Log => {
            tally.pass(Code::SchemaType);
            let message = "the key is named for another chain";
            tally.equal(Code::SchemaBind, place, &origin.as_str(), &key.name(), message);
        }
        other => {
            let found = other.map_or_else(|error| error.to_string(), |_| "the key of a witness".to_owned());
            let message = "the text is not the verifier key of a log";
            tally.fail(Finding::new(
                Code::SchemaType,
                place.clone(),
                "a verifier key (F-123)",
                found,
                message,
            ));
        }
    }
}

/// An exception that ends before it begins covers nothing, and looks as if it did (F-97).
fn check_exception(exception: &Exception, opened: &Opened<'_>, tally: &mut Tally) {
    let place = Place {
        pointer: Some("/exception/expires_utc".to_owned()),
        ..opened.place_of(&opened.manifest.kind.payload_member())
    };
    if exception.expires_utc > exception.valid_from_utc {
        tally.pass(Code::SchemaBind);
    } else {
        let message = "the exception ends before it begins";
        let expected = format!("a time after {}", exception.valid_from_utc);
        let found = exception.expires_utc.to_string();
        tally.fail(Finding::new(Code::SchemaBind, place, expected, found, message));
    }
}

/// The metadata in a payload repeats the manifest's; both must agree (F-40).
pub(super) fn bind_metadata(
    metadata: &ExtractionMetadata,
    manifest: &Manifest,
    place: &Place,
    tally: &mut Tally,
) {
    let shown =
        |time: Option<crate::time::UtcTime>| time.map_or_else(|| "null".to_owned(), |time| time.to_string());
    let tenant = &manifest.tenant;
    let pairs = [
        ("collection_id", manifest.collection_id.to_string(), metadata.collection_id.to_string()),
        ("collection_cycle", manifest.collection_cycle.clone(), metadata.collection_cycle.clone()),
        ("scheduled_utc", shown(manifest.scheduled_utc), metadata.scheduled_utc.to_string()),
        ("started_utc", manifest.started_utc.to_string(), metadata.started_utc.to_string()),
        ("finished_utc", manifest.finished_utc.to_string(), metadata.finished_utc.to_string()),
        ("timestamp_utc", manifest.started_utc.to_string(), metadata.timestamp_utc.to_string()),
        ("platform", tenant.platform.clone(), metadata.platform.clone()),
        ("region", tenant.region.clone(), metadata.region.clone()),
        ("organization_id", tenant.organization_id.clone(), metadata.organization_id.clone()),
        ("subdomain", tenant.subdomain.clone(), metadata.subdomain.clone()),
        ("service_account_id", manifest.audit_log_entry.actor.clone(), metadata.service_account_id.clone()),
    ];
    for (field, expected, found) in pairs {
        let place = Place { pointer: Some(format!("/extraction_metadata/{field}")), ..place.clone() };
        let message = "the payload contradicts its manifest";
        tally.equal(Code::SchemaBind, &place, &expected, &found, message);
    }
}

/// What the manifest calls the deed follows from the kind of its record (F-38).
pub(super) fn check_action(manifest: &Manifest, place: &Place, tally: &mut Tally) {
    let expected = match manifest.kind {
        Kind::Genesis => "CHAIN_STARTED",
        Kind::Snapshot => "EVIDENCE_UPLOADED",
        Kind::Approval => "APPROVAL_RECORDED",
        Kind::Failure => "FAILURE_RECORDED",
        Kind::Exception => "EXCEPTION_RECORDED",
        Kind::Explanation => "EXPLANATION_RECORDED",
        Kind::KeyChange => "KEY_CHANGE_RECORDED",
        Kind::Revalidation => return,
    };
    let place = Place { pointer: Some("/audit_log_entry/action".to_owned()), ..place.clone() };
    let message = "the logged action is not that of the kind of record";
    tally.equal(Code::SchemaBind, &place, &expected, &manifest.audit_log_entry.action.as_str(), message);
}

/// F-21: the id follows from kind and time.
pub(super) fn check_collection_id(manifest: &Manifest, place: &Place, tally: &mut Tally) {
    let time = manifest.scheduled_utc.unwrap_or(manifest.sealed_utc).civil();
    let prefix = if manifest.kind == Kind::Snapshot { "evidence" } else { manifest.kind.as_str() };
    let expected = format!(
        "{prefix}-{:04}-{:02}-{:02}-{:02}{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute()
    );
    let place = Place { pointer: Some("/collection_id".to_owned()), ..place.clone() };
    let message = "the collection id does not follow from kind and time";
    tally.equal(Code::SchemaId, &place, &expected, &manifest.collection_id.to_string(), message);
}
