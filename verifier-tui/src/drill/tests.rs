//! What counts as caught and what does not, and the text an auditor files.

#[path = "../../../verify-core/tests/support/authority.rs"]
#[expect(dead_code, clippy::format_collect, reason = "shared with tests that need more of it")]
pub(super) mod authority;
#[path = "../../../verify-core/tests/support/chain.rs"]
#[expect(dead_code, reason = "shared with tests that need more of it")]
mod chain;
#[path = "../../../verify-core/tests/support/documents.rs"]
mod documents;
mod schema;
mod signed;

use chain::Chain;
use documents::Documents;
use verify_core::finding::Code;
use verify_core::source::{Memory, Overlay};
use verify_core::verify::{InProcessEvaluators, Options, Silent};

use super::attack::{ATTACKS, Attack, Attempt};
use super::evidence::Evidence;
use super::report::{AttackOutcome, AttackResult, DrillReport, Summary};
use super::{print, run};

fn memory() -> Memory {
    let documents = Documents { verify_py: b"# left out here\n".to_vec(), ..documents::usual() };
    let mut chain = Chain::start(documents, "acme", "2026-05-01T00:00:00Z");
    chain.snapshot("2026-05-01T08:00:00Z");
    chain.approve_baseline(1, "2026-05-01T12:00:00Z");
    for day in [2, 3, 5] {
        chain.snapshot(&format!("2026-05-{day:02}T08:00:00Z"));
    }
    Memory { files: chain.files() }
}

fn evidence_of(memory: &Memory) -> Evidence {
    let options = Options { tool: "verifier 0.0.0".to_owned(), ..Options::default() };
    Evidence::of(memory, &options, &InProcessEvaluators, &Silent).unwrap()
}

fn drill(evidence: &Evidence, attacks: &[Attack]) -> DrillReport {
    let numbered: Vec<(usize, Attack)> =
        attacks.iter().enumerate().map(|(index, attack)| (index + 1, *attack)).collect();
    let mut report = run(evidence, &numbered, &InProcessEvaluators, &Silent);
    for attack in &mut report.attacks {
        attack.milliseconds = 7;
    }
    report
}

fn attack(expects: &'static [Code], commit: super::attack::Commit) -> Attack {
    Attack { name: "test", title: "a test", wants: "to see", expects, groups: &[], commit }
}

fn only(report: &DrillReport) -> &AttackResult {
    assert_eq!(report.attacks.len(), 1);
    &report.attacks[0]
}

fn named(name: &str) -> Attack {
    *ATTACKS.iter().find(|attack| attack.name == name).unwrap()
}

fn attempt<'a>(overlay: Overlay<'a>, file: &str) -> Attempt<'a> {
    let (file, done) = (file.to_owned(), "something".to_owned());
    Attempt { overlay, record: None, file, member: None, field: None, done }
}

#[test]
fn an_attack_that_changes_nothing_is_an_error_of_the_drill() {
    let no_operation = attack(&[Code::SrcStray], |evidence| {
        let (name, bytes) = evidence.base.files.iter().next().unwrap();
        let mut overlay = Overlay::new(&evidence.base);
        overlay.put(name.clone(), bytes.clone());
        Ok(attempt(overlay, name))
    });
    let report = drill(&evidence_of(&memory()), &[no_operation]);
    assert_eq!(only(&report).outcome, AttackOutcome::Error);
    assert!(only(&report).reason.as_deref().unwrap().contains("changed nothing"));
    assert_eq!((report.summary.exit_code, report.summary.errors), (5, 1));
}

#[test]
fn an_attack_that_changes_another_file_than_it_names_is_an_error_of_the_drill() {
    let elsewhere = attack(&[Code::SrcStray], |evidence| {
        let mut overlay = Overlay::new(&evidence.base);
        overlay.put("notes.txt", b"x".to_vec());
        Ok(attempt(overlay, "chain/0000000000.json"))
    });
    let report = drill(&evidence_of(&memory()), &[elsewhere]);
    assert_eq!(only(&report).outcome, AttackOutcome::Error);
    assert!(only(&report).reason.as_deref().unwrap().contains("did not change the file it names"));
}

#[test]
fn what_no_named_check_catches_is_missed_and_ends_with_1() {
    let harmless = attack(&[Code::ChainLink], |evidence| {
        let mut overlay = Overlay::new(&evidence.base);
        overlay.put("notes.txt", b"x".to_vec());
        Ok(attempt(overlay, "notes.txt"))
    });
    let report = drill(&evidence_of(&memory()), &[named("stray-file"), harmless]);
    let missed = &report.attacks[1];
    assert_eq!((missed.outcome, missed.caught_by.as_ref()), (AttackOutcome::Missed, None));
    assert_eq!(missed.new_codes, [Code::SrcStray], "another check noticed, and is told");
    assert_eq!(report.summary.exit_code, 1);
    assert_eq!(report.summary.sentence, "1 of 2 attacks were caught");
}

// The same code at the same place before: nothing was shown, and it is said why.
#[test]
fn findings_of_the_untouched_evidence_are_never_counted() {
    let mut memory = memory();
    memory.files.insert("notes.txt".to_owned(), b"y".to_vec());
    let again = attack(&[Code::SrcStray], |evidence| {
        let mut overlay = Overlay::new(&evidence.base);
        overlay.put("notes.txt", b"x".to_vec());
        Ok(attempt(overlay, "notes.txt"))
    });
    let report = drill(&evidence_of(&memory), &[again]);
    assert_eq!(only(&report).outcome, AttackOutcome::NotEvaluated);
    assert_eq!(
        only(&report).reason.as_deref(),
        Some("the untouched evidence already shows SRC-STRAY where the attack would")
    );
    assert_eq!(report.summary.exit_code, 5, "nothing was shown, so nothing is green");
}

#[test]
fn a_part_is_never_green() {
    let report = drill(&evidence_of(&memory()), &[named("stray-file")]);
    assert_eq!(report.summary.exit_code, 0);
    let part = Summary::of(2, &report.attacks);
    assert_eq!((part.exit_code, part.complete), (5, false));
    assert_eq!(part.sentence, "1 of 1 attacks were caught; stopped after 1 of 2");
    assert_eq!(Summary::of(0, &[]).exit_code, 5);
}

#[test]
fn the_whole_text() {
    let attacks =
        ["symbolic-link", "added-member", "removed-record", "short-list", "perfect-rewrite"].map(named);
    let printed = print::text(&drill(&evidence_of(&memory()), &attacks));
    let digests = |text: &str| text.split_whitespace().filter(|word| is_digest(word)).count();
    assert_eq!(digests(&printed), 6, "every digest stands in one piece: {printed}");
    // Digests depend on every byte of a package; the text must not.
    let shown: Vec<String> = printed
        .lines()
        .map(|line| {
            let word = line.rsplit([' ', ':']).next().filter(|word| is_digest(word));
            word.map_or_else(|| line.to_owned(), |word| line.replace(word, "<SHA-256 in full>"))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn lines_fit_and_hostile_names_are_only_shown_escaped() {
    let mut memory = memory();
    let hostile = |name: &str| format!("{name}\u{1b}[2J\u{202e}\r\nVERIFIED");
    memory.files = memory.files.into_iter().map(|(name, bytes)| (hostile(&name), bytes)).collect();
    let printed = print::text(&drill(&evidence_of(&memory), ATTACKS));
    assert!(printed.lines().all(crate::display::is_safe));
    assert!(printed.contains("\\u{1b}[2J\\u{202e}\\u{d}\\u{a}VERIFIED"), "{printed}");
    assert!(!printed.lines().any(|line| line.starts_with("VERIFIED")));
    let long = printed.lines().find(|line| line.chars().count() > 80 && !line.starts_with("  --head "));
    assert_eq!(long, None);
}
