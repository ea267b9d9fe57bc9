//! What is checked in a policy's text before the engine's parser may see it.
//!
//! The parser doubles its time with every level of nested brackets, and neither its own depth limit
//! nor the execution timer holds during parsing. So nesting is bounded here, outside of strings and
//! comments, along with sizes.

use super::{PolicyError, PolicyErrorKind};

/// Nesting of brackets, braces and parentheses outside of strings and comments.
const BRACKET_DEPTH: usize = 12;
/// Bytes of one policy file.
const FILE_BYTES: usize = 256 << 10;
/// Lines of one policy file.
const LINES: usize = 5_000;
/// Bytes of one line.
const LINE_BYTES: usize = 1_000;
/// References and operators in a row form a chain that the parser nests.
const CHAIN: usize = 60;

/// Bounds one policy file and returns its text.
pub(super) fn scan<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str, PolicyError> {
    let exceeded = |what: &str, limit: usize, found: usize| {
        Err(PolicyError::new(
            PolicyErrorKind::Limits,
            path,
            format!("expected at most {limit} {what}, found {found}"),
        ))
    };
    if bytes.len() > FILE_BYTES {
        return exceeded("bytes", FILE_BYTES, bytes.len());
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| PolicyError::new(PolicyErrorKind::Parse, path, format!("not UTF-8: {error}")))?;
    let lines = text.lines().count();
    if lines > LINES {
        return exceeded("lines", LINES, lines);
    }
    if let Some(longest) = text.lines().map(str::len).max().filter(|longest| *longest > LINE_BYTES) {
        return exceeded("bytes in one line", LINE_BYTES, longest);
    }
    let Shape { depth, chain } = shape(text);
    if depth > BRACKET_DEPTH {
        return exceeded("levels of nested brackets", BRACKET_DEPTH, depth);
    }
    if chain > CHAIN {
        return exceeded("links in one expression", CHAIN, chain);
    }
    Ok(text)
}

struct Shape {
    depth: usize,
    chain: usize,
}

/// Deepest nesting and longest chain. An unclosed string ends at its line for `"`, as the lexer has
/// it, so that a quote cannot hide brackets; for `` ` `` it ends with the text.
fn shape(text: &str) -> Shape {
    let mut found = Shape { depth: 0, chain: 0 };
    let (mut depth, mut chain) = (0_usize, 0_usize);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '#' => while characters.next_if(|next| *next != '\n').is_some() {},
            '`' => while characters.next().is_some_and(|next| next != '`') {},
            '"' => {
                while let Some(next) = characters.next_if(|next| *next != '\n') {
                    match next {
                        '"' => break,
                        '\\' => {
                            characters.next_if(|escaped| *escaped != '\n');
                        }
                        _ => {}
                    }
                }
            }
            '(' | '[' | '{' => {
                depth += 1;
                chain += 1;
            }
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '.' | '+' | '-' | '*' | '/' | '%' | '|' | '&' | '=' | '<' | '>' | '!' => chain += 1,
            ',' | ';' => chain = 0,
            // A new line that starts with a word starts a statement; an operator carries on.
            '\n' => {
                while characters.next_if(|next| next.is_whitespace()).is_some() {}
                if characters.peek().is_some_and(|next| next.is_alphabetic() || *next == '_') {
                    chain = 0;
                }
            }
            _ => {}
        }
        found.depth = found.depth.max(depth);
        found.chain = found.chain.max(chain);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<PolicyErrorKind> {
        scan("p.rego", text.as_bytes()).err().map(|error| error.kind)
    }

    #[test]
    fn brackets_count_outside_of_strings_and_comments_only() {
        let open = "[".repeat(13);
        assert_eq!(kind(&format!("x := {open}1")), Some(PolicyErrorKind::Limits));
        assert_eq!(kind(&format!("x := {}1", "[".repeat(12))), None);
        for hidden in [
            format!("# {open}"),
            format!("x := \"{open}\""),
            format!("x := \"\\\"{open}\""),
            format!("x := `\n{open}`"),
        ] {
            assert_eq!(kind(&hidden), None, "{hidden}");
        }
        for shown in [
            format!("x := \"a\n{open}"),
            format!("x := \"\\\\\" {open}"),
            format!("# a\n{open}"),
            format!("x := `a` {open}"),
        ] {
            assert_eq!(kind(&shown), Some(PolicyErrorKind::Limits), "{shown}");
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert_eq!(kind(&"\n".repeat(LINES + 1)), Some(PolicyErrorKind::Limits));
        assert_eq!(kind(&"x".repeat(LINE_BYTES + 1)), Some(PolicyErrorKind::Limits));
        assert_eq!(kind(&"x\n".repeat(FILE_BYTES)), Some(PolicyErrorKind::Limits));
        assert_eq!(scan("p.rego", b"\xff").unwrap_err().kind, PolicyErrorKind::Parse);
    }

    #[test]
    fn chains_are_bounded_over_lines() {
        assert_eq!(kind(&format!("x := a{}", "\n.a".repeat(CHAIN + 1))), Some(PolicyErrorKind::Limits));
        assert_eq!(kind(&format!("x := 1{}", "\n + 1".repeat(CHAIN + 1))), Some(PolicyErrorKind::Limits));
        assert_eq!(kind(&"x := a.b\n".repeat(CHAIN)), None);
    }
}
