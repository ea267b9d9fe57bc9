//! The command that prints what the screens show, ready to be pasted into a shell.

use std::fmt::Write as _;

use super::Question;
use crate::display::escape;

/// `verifier verify …` with the arguments of `question` that differ from the usual ones.
#[must_use]
pub fn headless_command(question: &Question) -> String {
    let mut command = format!("verifier verify {}", quoted(&question.path.to_string_lossy()));
    let mut add = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _infallible = write!(command, " --{name}{}{value}", if value.is_empty() { "" } else { " " });
    };
    if let Some(from) = question.from {
        add("from", &from.to_string());
    }
    if let Some(to) = question.to {
        add("to", &to.to_string());
    }
    if let Some(head) = question.head {
        add("head", &format!("{}:{}", head.sequence, head.manifest_sha256));
    }
    if !question.only.is_empty() {
        let names: Vec<_> = question.only.iter().map(|only| only.as_str()).collect();
        add("only", &names.join(","));
    }
    for (name, value) in question.trust.arguments() {
        add(name, &quoted(&value));
    }
    for (name, value) in question.store.arguments().into_iter().chain(question.locks.arguments()) {
        add(name, &if value.is_empty() { value } else { quoted(&value) });
    }
    if question.from_scratch {
        add("from-scratch", "");
    }
    if question.accept_explained {
        add("accept-explained", "");
    }
    if question.fail_on.is_some() {
        add("fail-on", "violations");
    }
    if let Some(threads) = question.threads {
        add("threads", &threads.to_string());
    }
    for (name, number) in question.limits.arguments() {
        add(name, &number.to_string());
    }
    command
}

/// Quoted for a POSIX shell where it must be.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%=,".contains(c);
    let shown = escape(text);
    if !shown.is_empty() && shown.chars().all(plain) {
        shown.into_owned()
    } else {
        format!("'{}'", shown.replace('\'', "'\\''"))
    }
}
