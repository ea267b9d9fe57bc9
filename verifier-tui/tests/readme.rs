//! The manual at the root of the repository lists the exit codes that the program has.

/// The manual.
const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_lists_every_exit_code() {
    let rows = verifier_tui::exit::TABLE.map(|(code, meaning)| format!("| {code} | {meaning} |\n"));
    let table = format!("| code | meaning |\n| --- | --- |\n{}\n", rows.concat());
    let (_, text) = README.split_once("Exit codes of `verifier`").unwrap_or_default();
    let (_, found) = text.split_once("\n\n").unwrap_or_default();
    assert!(found.starts_with(&table), "README.md must hold\n{table}");
}
