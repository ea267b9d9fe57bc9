//! The attacks: what each does, what its author would want, and which check has to name it.

use verify_core::finding::Code;
use verify_core::source::Overlay;
use verify_core::verify::Group;

use super::attacks::{
    chain, container, documents, manifest, outside, results, rules, signatures, source, time,
};
use super::evidence::Evidence;
use super::forge::Obstacle;

/// One way of attacking evidence.
#[derive(Debug, Clone, Copy)]
pub struct Attack {
    /// Its name on the command line and in the report; never changed once published.
    pub name: &'static str,
    /// What is done, in a few words.
    pub title: &'static str,
    /// What somebody would want with it.
    pub wants: &'static str,
    /// Checks that name it: at least one must fail at a place where it held before.
    pub expects: &'static [Code],
    /// Groups of checks that run, beside structure and chain.
    pub groups: &'static [Group],
    /// Commits it on a fresh copy.
    pub commit: Commit,
}

/// Commits an attack on a copy of the evidence.
pub type Commit = for<'a> fn(&'a Evidence) -> Result<Attempt<'a>, Obstacle>;

/// An attack that was committed.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The attacked copy.
    pub overlay: Overlay<'a>,
    /// Sequence of the attacked record.
    pub record: Option<u64>,
    /// The file that shows the change best. Untrusted text.
    pub file: String,
    /// The member in it.
    pub member: Option<String>,
    /// The field in that.
    pub field: Option<String>,
    /// What was changed, one sentence. Untrusted text.
    pub done: String,
}

/// Every attack, in the order in which they are committed.
pub const ATTACKS: &[Attack] = &[
    source::SYMBOLIC_LINK,
    source::MISLEADING_NAME,
    source::STRAY_FILE,
    container::FLIPPED_BYTE,
    container::TRUNCATED_PACKAGE,
    container::APPENDED_BYTES,
    container::PREPENDED_BYTES,
    container::ZIP_COMMENT,
    container::DUPLICATE_MEMBER,
    container::HIDDEN_MEMBER,
    container::LYING_HEADER,
    container::CASE_COLLISION,
    container::PATH_TRAVERSAL,
    container::ZIP_BOMB,
    documents::RENAMED_MEMBER,
    documents::REMOVED_MEMBER,
    documents::ADDED_MEMBER,
    documents::EXCHANGED_PAYLOAD,
    documents::EXCHANGED_RESULTS,
    documents::REPAIRED_PACKAGE,
    documents::REPAIRED_RECORD,
    documents::NOT_CANONICAL,
    documents::DUPLICATE_KEY,
    documents::ANOTHER_DAYS_PAYLOAD,
    manifest::RETENTION,
    manifest::ACTOR,
    manifest::BACK_DATED,
    manifest::SHORT_DIGEST,
    manifest::DOWNGRADE,
    manifest::UNKNOWN_FIELD,
    chain::REMOVED_RECORD,
    chain::REMOVED_PACKAGE,
    chain::REMOVED_COMMIT,
    chain::REMOVED_AND_RELINKED,
    chain::REMOVED_GENESIS,
    chain::COPIED_AS_NEWEST,
    chain::REPLAYED_AS_NEWEST,
    chain::EXCHANGED_RECORDS,
    chain::FORK,
    chain::FOREIGN_ORIGIN,
    chain::FOREIGN_CHAIN,
    chain::FOREIGN_TENANT,
    results::FAIL_TO_PASS,
    results::ERASED_DRIFT,
    results::REWRITTEN_STATE,
    results::REWRITTEN_BODY,
    results::SHORT_LIST,
    results::DENIED_AS_EMPTY,
    results::REMOVED_EXCHANGE,
    rules::WEAKENED_POLICY,
    rules::THINNED_SCHEDULE,
    rules::REPLACED_BASELINE,
    signatures::ALTERED_SIGNATURE,
    signatures::REWRITTEN_UNDER_SIGNATURE,
    signatures::REMOVED_CHECKPOINT,
    signatures::ANOTHER_KEY,
    time::EXCHANGED_TOKEN,
    time::REMOVED_TOKEN,
    time::BACK_DATED_TOKEN,
    time::FOREIGN_TOKEN,
    outside::CUT_TAIL,
    outside::PERFECT_REWRITE,
    outside::NEW_GENESIS,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_plain_and_described() {
        let names: BTreeSet<&str> = ATTACKS.iter().map(|attack| attack.name).collect();
        assert_eq!(names.len(), ATTACKS.len());
        for attack in ATTACKS {
            assert!(
                attack.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
                "{}",
                attack.name
            );
            assert!(!attack.expects.is_empty() && attack.wants.len() > 10 && attack.title.len() > 10);
            assert!(!attack.title.ends_with('.') && !attack.wants.ends_with('.'), "{}", attack.name);
        }
    }

    // A check that does not run can catch nothing.
    #[test]
    fn the_groups_of_the_expected_codes_run() {
        for attack in ATTACKS {
            let always = [Group::Structure, Group::Chain];
            for code in attack.expects {
                let group = Group::of(*code);
                assert!(always.contains(&group) || attack.groups.contains(&group), "{}: {code}", attack.name);
            }
        }
    }
}
