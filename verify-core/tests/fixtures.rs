//! The hostile fixtures: made by code, kept in `fixtures/evidence`, each judged as its `expected.toml` says.
//!
//! `UPDATE_FIXTURES=1` writes the tree anew. The real programs run over the same folders under limits of
//! time and memory in the tests of `verifier-tui`.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::format_collect,
    clippy::similar_names,
    reason = "a test ends at the first surprise"
)]

#[path = "fixtures/anchors.rs"]
mod anchors;
#[expect(dead_code, reason = "the tests of tokens ask more of it")]
#[path = "support/authority.rs"]
mod authority;
#[expect(dead_code, reason = "other tests start from its standard chain")]
#[path = "support/chain.rs"]
mod chain;
#[path = "fixtures/container.rs"]
mod container;
#[path = "fixtures/coverage.rs"]
mod coverage;
#[path = "support/documents.rs"]
mod documents;
#[expect(dead_code, reason = "the tests of the programs use more of it")]
#[path = "support/expected.rs"]
mod expected;
#[path = "fixtures/fixture.rs"]
mod fixture;
#[path = "fixtures/json.rs"]
mod json;
#[path = "fixtures/judge.rs"]
mod judge;
#[path = "fixtures/links.rs"]
mod links;
#[path = "fixtures/lists.rs"]
mod lists;
#[path = "fixtures/locks.rs"]
mod locks;
#[path = "fixtures/manifest.rs"]
mod manifest;
#[path = "fixtures/notes.rs"]
mod notes;
#[path = "fixtures/output.rs"]
mod output;
#[path = "fixtures/payloads.rs"]
mod payloads;
#[path = "fixtures/policies.rs"]
mod policies;
#[path = "fixtures/replays.rs"]
mod replays;
#[path = "fixtures/rules.rs"]
mod rules;
#[path = "fixtures/signatures.rs"]
mod signatures;
#[path = "fixtures/small.rs"]
mod small;
#[path = "fixtures/source.rs"]
mod source;
#[path = "fixtures/stamps.rs"]
mod stamps;
#[path = "support/statement.rs"]
mod statement;
#[path = "fixtures/times.rs"]
mod times;
#[path = "fixtures/tree.rs"]
mod tree;
#[path = "support/zip_forge.rs"]
mod zip_forge;

use std::sync::LazyLock;

use fixture::Fixture;

/// All fixtures, by name.
static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| {
    let subjects = [
        container::fixtures(),
        json::fixtures(),
        manifest::fixtures(),
        links::fixtures(),
        payloads::fixtures(),
        replays::fixtures(),
        policies::fixtures(),
        coverage::fixtures(),
        rules::fixtures(),
        source::fixtures(),
        output::fixtures(),
        signatures::fixtures(),
        notes::fixtures(),
        anchors::fixtures(),
        times::fixtures(),
        locks::fixtures(),
    ];
    let mut all: Vec<Fixture> = subjects.into_iter().flatten().collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let names: std::collections::BTreeSet<&str> = all.iter().map(|fixture| fixture.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "every name once");
    all
});

#[test]
fn the_tree_is_what_the_generator_makes() {
    let fixtures = &*FIXTURES;
    if tree::update() {
        tree::write(fixtures);
    }
    tree::compare(fixtures);
}

#[test]
fn every_fixture_is_judged_as_expected() {
    let faults: Vec<String> = FIXTURES.iter().filter_map(judge::fault).collect();
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn codes_documentation_and_fixtures_say_the_same() {
    lists::compare(&FIXTURES);
}
