//! Records are removed, exchanged, forged, or come from elsewhere.

use serde_json::{Value, json};
use verify_core::canon;
use verify_core::digest::Digest;

use super::chain::{Chain, Link, standard, time};
use super::documents;
use super::python::{Files, TO_GAP, expect, judge, packages_only};

#[test]
fn packages_replaced_removed_or_doubled() {
    let chain = standard();
    let mut replaced = chain.files();
    replaced.insert(chain.links[3].place.clone(), chain.links[1].package.clone());
    expect(&replaced, &TO_GAP, 1, &["PKG-MISSING", "CHAIN-DUP"]);
    let mut removed = chain.files();
    removed.remove(&chain.links[3].place);
    expect(&removed, &TO_GAP, 1, &["PKG-MISSING"]);
    let mut doubled = chain.files();
    doubled.insert("copy.zip".to_owned(), chain.links[3].package.clone());
    expect(&doubled, &TO_GAP, 0, &["CHAIN-DUP"]);
}

fn without(chain: &Chain, sequences: &[usize]) -> Files {
    let mut rest = chain.clone();
    let mut index = 0;
    rest.links.retain(|_| {
        index += 1;
        !sequences.contains(&(index - 1))
    });
    rest.files()
}

#[test]
fn records_removed_from_start_middle_and_end() {
    let chain = standard();
    let neighbours = without(&chain, &[3, 4]);
    expect(&neighbours, &TO_GAP, 1, &["CHAIN-GAP", "CHAIN-CADENCE"]);
    expect(&packages_only(&neighbours), &TO_GAP, 1, &["CHAIN-GAP", "CHAIN-CADENCE"]);
    expect(&without(&chain, &[0]), &["--from", "2026-05-05"], 1, &["CHAIN-GENESIS", "CHAIN-GAP"]);

    let cut = without(&chain, &[4, 5]);
    expect(&cut, &[], 0, &[]);
    expect(&cut, &TO_GAP, 3, &["CHAIN-PERIOD"]);
    let head = |link: &Link, sequence: u64| format!("{sequence}:{}", link.digest());
    expect(&cut, &["--head", &head(chain.head(), 5)], 3, &["CHAIN-TRUNCATED"]);
    expect(&cut, &["--head", &head(&chain.links[3], 3)], 0, &[]);
    expect(&cut, &["--head", &head(&chain.links[2], 3)], 1, &["ANCHOR-HEAD"]);
}

#[test]
fn the_folder_of_commits_is_tampered_with() {
    let chain = standard();
    let (third, fourth) = (chain.links[3].commit_place(), chain.links[4].commit_place());
    let mut exchanged = chain.files();
    exchanged.insert(third.clone(), chain.links[4].commit.clone());
    exchanged.insert(fourth, chain.links[3].commit.clone());
    expect(&exchanged, &TO_GAP, 0, &["CHAIN-ORDER"]);
    let mut gone = chain.files();
    gone.remove(&third);
    expect(&gone, &TO_GAP, 1, &["CHAIN-COPY"]);
    let mut uncommitted = chain.files();
    uncommitted.remove(&chain.head().commit_place());
    expect(&uncommitted, &TO_GAP, 0, &["SRC-STRAY"]);
    uncommitted.remove(&chain.links[4].commit_place());
    expect(&uncommitted, &["--to", "2026-05-02"], 1, &["CHAIN-COPY", "SRC-STRAY"]);
}

/// Changes the manifest of one record and seals its package again, as one who writes the tool could.
fn forged(index: usize, change: impl FnOnce(&mut Value)) -> Chain {
    let mut chain = standard();
    let mut manifest: Value = serde_json::from_slice(&chain.links[index].commit).unwrap();
    change(&mut manifest);
    chain.links[index].set_manifest(canon::to_vec(&manifest).unwrap());
    chain
}

#[test]
fn a_manifest_is_changed_and_hashed_again() {
    let version = |manifest: &mut Value| manifest["tool"]["version"] = json!("0.0.9");
    let whole = forged(3, version);
    expect(&whole.files(), &TO_GAP, 1, &["CHAIN-LINK"]);
    let mut only_commit = standard().files();
    only_commit.insert(whole.links[3].commit_place(), whole.links[3].commit.clone());
    expect(&only_commit, &TO_GAP, 1, &["CHAIN-LINK", "CHAIN-COPY", "PKG-MISSING"]);
    let mut fork = standard().files();
    fork.insert("chain/another.json".to_owned(), whole.links[3].commit.clone());
    expect(&fork, &TO_GAP, 1, &["CHAIN-FORK"]);

    let mut fork = packages_only(&standard().files());
    fork.insert("another.zip".to_owned(), whole.links[3].package.clone());
    let answer = judge(&fork, &TO_GAP);
    assert!(answer.exit == 1 && answer.codes.contains("CHAIN-FORK"), "{:#}", answer.document);
}

#[test]
fn manifests_that_break_the_rules_of_their_fields() {
    type Change = fn(&mut Value);
    let cases: [(Change, &[&str]); 11] = [
        (|m| m["manifest_version"] = json!("2.0"), &["SCHEMA-VERSION"]),
        (|m| drop(m.as_object_mut().unwrap().remove("tool")), &["SCHEMA-REQUIRED"]),
        (|m| m["note"] = json!(1), &["SCHEMA-UNKNOWN"]),
        (|m| m["payload_sha256"] = json!("8f14e45fceea167a5a36dedd4bea2543"), &["SCHEMA-DIGEST"]),
        (|m| m["sealed_utc"] = json!("2026-05-05T08:06:00+00:00"), &["SCHEMA-TIME"]),
        (|m| m["schedule"]["cron"] = json!("@daily"), &["SCHEMA-TYPE"]),
        (|m| m["resources"]["users"]["count"] = json!(true), &["SCHEMA-TYPE"]),
        (|m| m["finished_utc"] = json!("2026-05-05T08:00:30Z"), &["CHAIN-TIME", "SCHEMA-BIND"]),
        (|m| m["collection_id"] = json!("evidence-2026-05-06-0800"), &["SCHEMA-ID", "SCHEMA-BIND"]),
        (|m| m["resources"]["users"]["count"] = json!(4), &["COLLECT-COMPLETE"]),
        (|m| m["state_sha256"] = json!(Digest::of(b"")), &["PKG-HASH-STATE", "POLICY-BIND"]),
    ];
    for (change, codes) in cases {
        let answer = judge(&forged(5, change).files(), &TO_GAP);
        assert_eq!(answer.exit, 1, "{codes:?} {:#}", answer.document);
        for code in codes {
            assert!(answer.codes.contains(*code), "{code} {:#}", answer.document);
        }
    }
}

#[test]
fn rules_and_baseline_need_an_approval() {
    let loosened = json!({"most_administrators": 99});
    let mut quiet = standard();
    let link = quiet.links.last_mut().unwrap();
    link.members.insert("policies/data/limits.json".to_owned(), documents::bytes(&loosened));
    link.reseal();
    expect(&quiet.files(), &TO_GAP, 1, &["RULES-UNAPPROVED"]);

    let mut approved = standard();
    approved.approve_policy("policies/data/limits.json", &loosened, "2026-05-05T12:00:00Z");
    approved.snapshot("2026-05-06T08:00:00Z");
    expect(&approved.files(), &TO_GAP, 0, &[]);

    for (change, name) in [("baseline", "sequence"), ("schedule", "tolerance_seconds")] {
        let code = if change == "baseline" { "RULES-BASELINE" } else { "RULES-UNAPPROVED" };
        expect(&forged(5, |m| m[change][name] = json!(3)).files(), &TO_GAP, 1, &[code]);
    }
}

#[test]
fn packages_of_another_tenant_or_chain_are_foreign() {
    let mut other = Chain::start(documents::usual(), "umbrella", "2026-05-01T00:00:00Z");
    other.snapshot("2026-05-01T08:00:00Z");
    let mut files = standard().files();
    files.insert("packages/foreign.zip".to_owned(), other.links[1].package.clone());
    expect(&files, &TO_GAP, 1, &["CHAIN-ORIGIN"]);

    let mut again = Chain::start(documents::usual(), "acme", "2026-04-30T00:00:00Z");
    again.snapshot("2026-05-01T08:00:00Z");
    let mut files = packages_only(&standard().files());
    files.insert("foreign.zip".to_owned(), again.links[1].package.clone());
    expect(&files, &TO_GAP, 1, &["CHAIN-ID"]);
    assert_eq!(again.links[1].manifest.scheduled_utc, Some(time("2026-05-01T08:00:00Z")));
}
