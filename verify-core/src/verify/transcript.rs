//! The transcript of requests: what was asked and answered, against what the snapshot records (F-55, F-56).

use std::collections::{BTreeMap, BTreeSet};

use super::open::{Opened, TRANSCRIPT};
use super::tally::Tally;
use crate::canon;
use crate::digest::Digest;
use crate::finding::{Code, Finding, Place};
use crate::model::{Exchange, Failure, Outcome};
use crate::profile::{Profile, Resource};

/// The transcript, if it can be read.
pub(super) fn read_transcript(opened: &Opened<'_>, tally: &mut Tally) -> Option<Vec<Exchange>> {
    let bytes = opened.read(TRANSCRIPT)?;
    let place = opened.place_of(TRANSCRIPT);
    let lines = canon::lines(&bytes, &opened.limits).ok()?;
    let mut exchanges = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        match serde_json::from_slice(line) {
            Ok(exchange) => exchanges.push(exchange),
            Err(error) => {
                let place = Place { pointer: Some(format!("line {}", index + 1)), ..place };
                let message = "the line does not fit the format";
                let expected = "an exchange of format 1.0";
                tally.fail(Finding::new(Code::SchemaType, place, expected, error.to_string(), message));
                return None;
            }
        }
    }
    Some(exchanges)
}

/// Requests and records tell one story: counts per resource (F-56), kept bodies (F-55).
pub(super) fn check_transcript(
    opened: &Opened<'_>,
    exchanges: &[Exchange],
    profile: Option<&Profile>,
    tally: &mut Tally,
) {
    let place = opened.place_of(TRANSCRIPT);
    let by_resource = by_resource(exchanges);
    for (name, record) in &opened.manifest.resources {
        if record.outcome != Outcome::Complete {
            continue;
        }
        let own = last_round(by_resource.get(name.as_str()).map_or(&[][..], Vec::as_slice));
        let sum: u64 = own.iter().filter_map(|exchange| exchange.entities).sum();
        let place = Place { pointer: Some(format!("/{name}")), ..place.clone() };
        let message = "the pages in the transcript do not add up to the recorded count";
        tally.equal(Code::CollectTranscript, &place, &record.count, &sum, message);
        let message = "the transcript shows another number of pages than recorded";
        tally.equal(Code::CollectTranscript, &place, &record.pages, &(own.len() as u64), message);
        // A nested read of no parent makes no request; every other complete read makes one.
        let nested = profile
            .and_then(|profile| profile.resource(name.as_str()))
            .is_none_or(|resource| resource.parent.is_some());
        let message = "the resource is called complete, yet no request for it succeeded";
        tally.equal(Code::CollectTranscript, &place, &true, &(nested || !own.is_empty()), message);
    }
    check_kept_bodies(opened, exchanges, tally);
    check_exchanges(opened, exchanges, profile, &by_resource, tally);
}

type ByResource<'a> = BTreeMap<&'a str, Vec<&'a Exchange>>;

/// The exchanges of each resource, in the order of the transcript.
fn by_resource(exchanges: &[Exchange]) -> ByResource<'_> {
    let mut by_resource = ByResource::new();
    for exchange in exchanges {
        by_resource.entry(&exchange.resource).or_default().push(exchange);
    }
    by_resource
}

/// Every kept body is the one a request names, and every request names bodies that are there (F-55).
fn check_kept_bodies(opened: &Opened<'_>, exchanges: &[Exchange], tally: &mut Tally) {
    let place = opened.place_of(TRANSCRIPT);
    let mut kept = BTreeSet::new();
    let mut findings = Vec::new();
    let mut fail = |pointer: String, expected: String, found: String, message: &str| {
        let place = Place { pointer: Some(pointer), ..place.clone() };
        findings.push(Finding::new(Code::CollectTranscript, place, expected, found, message));
    };
    for (index, exchange) in exchanges.iter().enumerate() {
        let Some(member) = &exchange.kept_as else { continue };
        kept.insert(member.as_str());
        let found = opened.sound.get(member).copied();
        if found.is_none() || found != exchange.kept_sha256 {
            let line = format!("line {}", index + 1);
            let message = "the kept body is not the one the transcript names";
            fail(line, shown(exchange.kept_sha256), shown(found), message);
        }
    }
    for member in opened.sound.keys().filter(|name| name.starts_with("raw/")) {
        if !kept.contains(member.as_str()) {
            let message = "a kept body belongs to no request";
            fail(member.clone(), "a line that names it".to_owned(), "none".to_owned(), message);
        }
    }
    tally.all(Code::CollectTranscript, findings);
}

/// Each exchange is one that the collector could have made, and all of them tell the recorded story.
fn check_exchanges(
    opened: &Opened<'_>,
    exchanges: &[Exchange],
    profile: Option<&Profile>,
    by_resource: &ByResource<'_>,
    tally: &mut Tally,
) {
    let mut findings = Vec::new();
    let mut before = "";
    let sizes: BTreeMap<&str, u64> =
        opened.manifest.files.iter().map(|entry| (entry.path.as_str(), entry.size)).collect();
    let declared: Option<BTreeMap<&str, &Resource>> = profile
        .map(|profile| profile.resources.iter().map(|resource| (resource.id.as_str(), resource)).collect());
    for (index, exchange) in exchanges.iter().enumerate() {
        let line = || Place { pointer: Some(format!("line {}", index + 1)), ..opened.place_of(TRANSCRIPT) };
        for (holds, expected, found, message) in [
            exchange_form(exchange),
            (
                exchange.started_utc.as_str() >= before,
                format!("{before} or later"),
                exchange.started_utc.clone(),
                "the exchanges are not in the order in which they were sent",
            ),
            kept_as_received(exchange, &sizes, declared.as_ref()),
            known_resource(exchange, declared.as_ref()),
        ] {
            if !holds {
                findings.push(Finding::new(Code::CollectTranscript, line(), expected, found, message));
            }
        }
        before = exchange.started_utc.as_str();
    }
    for (name, record) in &opened.manifest.resources {
        let own = by_resource.get(name.as_str()).map_or(&[][..], Vec::as_slice);
        let place = || Place { pointer: Some(format!("/{name}")), ..opened.place_of(TRANSCRIPT) };
        let refused = |exchange: &&Exchange| matches!(exchange.status, Some(401 | 403));
        if record.outcome == Outcome::Denied && !own.iter().any(refused) {
            let message = "the resource is called denied, yet no request for it was refused";
            let expected = "status 401 or 403";
            findings.push(Finding::new(Code::CollectTranscript, place(), expected, "none", message));
        }
        let totals = last_round(own).into_iter().filter(|exchange| exchange.parent.is_none());
        for total in totals.filter_map(|exchange| exchange.reported_total) {
            if record.outcome == Outcome::Complete && record.reported_total != Some(total) {
                let message = "a page reported another total than recorded";
                let expected =
                    record.reported_total.map_or_else(|| "none".to_owned(), |total| total.to_string());
                let found = total.to_string();
                findings.push(Finding::new(Code::CollectTranscript, place(), expected, found, message));
                break;
            }
        }
    }
    tally.all(Code::CollectTranscript, findings);
}

/// A failure that names a status must show a request that was answered with it (F-95).
pub(super) fn check_failure(opened: &Opened<'_>, failure: &Failure, tally: &mut Tally) {
    let Some(exchanges) = read_transcript(opened, tally) else {
        tally.skip(Code::CollectTranscript, "the transcript is missing or damaged");
        return;
    };
    let Some(status) = failure.code.strip_prefix("http_").and_then(|code| code.parse::<u16>().ok()) else {
        return;
    };
    let holds = exchanges.iter().any(|exchange| exchange.status == Some(status));
    let place = opened.place_of(TRANSCRIPT);
    let message = "the failure names a status that no request was answered with";
    tally.equal(Code::CollectTranscript, &place, &true, &holds, message);
}

type Statement = (bool, String, String, &'static str);

/// Only reads are ever sent, apart from the sign-in, and only an answer of success holds entities.
fn exchange_form(exchange: &Exchange) -> Statement {
    let sign_in = exchange.resource == "sign_in";
    let expected = if sign_in { "POST" } else { "GET" };
    if exchange.method != expected {
        let message = "the exchange is not one that the collector can make";
        return (false, expected.to_owned(), exchange.method.clone(), message);
    }
    let answered =
        exchange.status.is_some_and(|status| (200..300).contains(&status)) && exchange.error.is_none();
    let status = exchange.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let message = "entities are counted although the exchange did not succeed";
    (exchange.entities.is_none() || answered, "a status of success".to_owned(), status, message)
}

/// Where the profile redacts nothing, a body is kept as it was received.
fn kept_as_received(
    exchange: &Exchange,
    sizes: &BTreeMap<&str, u64>,
    declared: Option<&BTreeMap<&str, &Resource>>,
) -> Statement {
    let resource = declared.and_then(|declared| declared.get(exchange.resource.as_str()));
    let unchanged = resource.is_some_and(|resource| resource.redact.is_empty());
    let Some(member) = exchange.kept_as.as_deref().filter(|_| unchanged) else {
        return (true, String::new(), String::new(), "");
    };
    let size = sizes.get(member).copied().unwrap_or(0);
    let inside = member.strip_prefix("raw/").and_then(|rest| rest.split_once('/'));
    let holds = exchange.received_sha256 == exchange.kept_sha256
        && exchange.bytes == size
        && inside.is_some_and(|(folder, _)| folder == exchange.resource);
    let expected = format!("{size} bytes, {}", shown(exchange.kept_sha256));
    let found = format!("{} bytes, {} ({member})", exchange.bytes, shown(exchange.received_sha256));
    (holds, expected, found, "a body that nothing was redacted from is not kept as it was received")
}

/// A digest that may be absent, for people.
fn shown(digest: Option<Digest>) -> String {
    digest.map_or_else(|| "none".to_owned(), |digest| digest.to_string())
}

fn known_resource(exchange: &Exchange, declared: Option<&BTreeMap<&str, &Resource>>) -> Statement {
    let name = exchange.resource.as_str();
    let known = ["sign_in", "organization"].contains(&name)
        || declared.is_none_or(|declared| declared.contains_key(name));
    let expected = "a resource of the profile".to_owned();
    (known, expected, name.to_owned(), "the exchange serves no resource of the profile")
}

/// Successful exchanges of the last round of one resource, given all of its exchanges; rounds count per
/// parent of a nested read.
pub(super) fn last_round<'a>(own: &[&'a Exchange]) -> Vec<&'a Exchange> {
    let mut rounds: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for exchange in own {
        let round = rounds.entry(exchange.parent.as_deref()).or_default();
        *round = (*round).max(exchange.round);
    }
    own.iter()
        .copied()
        .filter(|exchange| exchange.entities.is_some())
        .filter(|exchange| rounds.get(&exchange.parent.as_deref()) == Some(&exchange.round))
        .collect()
}
