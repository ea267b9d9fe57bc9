//! The manual at the root of the repository: it lists the exit codes that the program has, and what it quotes of a
//! session with both programs is what they print.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

#[path = "readme/transcripts.rs"]
mod transcripts;

/// The manual.
const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_lists_every_exit_code() {
    let rows = collector::exit::TABLE.map(|(ending, meaning)| format!("| {} | {meaning} |\n", ending.code()));
    let table =
        format!("Exit codes of `collector`:\n\n| code | meaning |\n| --- | --- |\n{}\n", rows.concat());
    assert!(README.contains(&table), "README.md must hold\n{table}");
}

#[test]
fn what_the_readme_quotes_is_what_the_programs_print() {
    transcripts::hold(README);
}
