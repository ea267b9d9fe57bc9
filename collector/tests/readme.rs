//! The manual at the root of the repository lists the exit codes that the program has.

/// The manual.
const README: &str = include_str!("../../README.md");

#[test]
fn the_readme_lists_every_exit_code() {
    let rows = collector::exit::TABLE.map(|(ending, meaning)| format!("| {} | {meaning} |\n", ending.code()));
    let table =
        format!("Exit codes of `collector`:\n\n| code | meaning |\n| --- | --- |\n{}\n", rows.concat());
    assert!(README.contains(&table), "README.md must hold\n{table}");
}
