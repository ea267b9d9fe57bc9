//! Refuses rules and functions that refer to themselves, on whatever way.
//!
//! The language forbids it, but the engine notices it for some rules only: a function that calls
//! itself overflows the stack, which ends the process and cannot be caught. The check errs on the
//! safe side: a reference with a variable part stands for everything below its fixed part.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::syntax::{Module, RuleTree, prefix_of};
use super::{PolicyError, PolicyErrorKind};

/// Full path of a rule or of a reference, without the leading `data`.
type Path = Vec<String>;

/// Refuses policies in which a rule can reach itself.
pub(super) fn check(modules: &[Module<'_>]) -> Result<(), PolicyError> {
    let mut files: BTreeMap<Path, &str> = BTreeMap::new();
    let mut references: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
    for module in modules {
        for rule in &module.rules {
            let path: Path = module.package.iter().chain(&rule.path).cloned().collect();
            files.insert(path.clone(), module.file);
            references.entry(path).or_default().extend(references_of(rule, module, modules));
        }
    }
    let rules: Vec<&Path> = files.keys().collect();
    let edges: BTreeMap<&Path, Vec<&Path>> =
        references.iter().map(|(rule, targets)| (rule, reached(targets, &rules))).collect();
    match cycle(&edges) {
        None => Ok(()),
        Some(rule) => Err(PolicyError::new(
            PolicyErrorKind::Parse,
            files.get(rule).copied().unwrap_or_default(),
            format!("rule {} refers to itself", rule.join(".")),
        )),
    }
}

fn references_of(rule: &RuleTree<'_>, module: &Module<'_>, modules: &[Module<'_>]) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    for part in rule.parts() {
        collect(part, &mut |path| found.extend(absolute(path, rule, module, modules)));
    }
    found
}

/// Hands on every whole reference below `value`, and those in its indexes, but no part of one.
fn collect(value: &Value, found: &mut dyn FnMut(&[String])) {
    match value {
        Value::Object(members) => {
            for (kind, body) in members {
                if matches!(kind.as_str(), "Var" | "RefDot" | "RefBrack") {
                    found(&prefix_of(value).0);
                    below(body, found);
                } else {
                    collect(body, found);
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
        _ => {}
    }
}

/// The indexes of a reference, and what it starts from if that is no variable.
fn below(reference: &Value, found: &mut dyn FnMut(&[String])) {
    if let Some(index) = reference.get("index") {
        collect(index, found);
    }
    let Some(start) = reference.get("refr") else { return };
    match start.as_object().and_then(|node| node.iter().next()) {
        Some((kind, inner)) if matches!(kind.as_str(), "Var" | "RefDot" | "RefBrack") => below(inner, found),
        _ => collect(start, found),
    }
}

fn absolute(
    path: &[String],
    rule: &RuleTree<'_>,
    module: &Module<'_>,
    modules: &[Module<'_>],
) -> Option<Path> {
    let (first, rest) = path.split_first()?;
    if rule.arguments.contains(&first.as_str()) {
        return None;
    }
    if first == "data" {
        return Some(rest.to_vec());
    }
    if let Some(import) = module.imports.get(first) {
        let (root, import) = import.split_first()?;
        return (root == "data").then(|| import.iter().chain(rest).cloned().collect());
    }
    let same_package = modules.iter().filter(|other| other.package == module.package);
    let known = same_package.flat_map(|other| &other.rules).any(|other| other.name() == Some(first.as_str()));
    known.then(|| module.package.iter().chain(path).cloned().collect())
}

/// Rules that a reference can mean: those it leads into and those it stands above.
fn reached<'a>(targets: &BTreeSet<Path>, rules: &[&'a Path]) -> Vec<&'a Path> {
    rules
        .iter()
        .copied()
        .filter(|rule| targets.iter().any(|target| target.starts_with(rule) || rule.starts_with(target)))
        .collect()
}

/// A rule that can reach itself. Rules from which no edge leads on are taken away until none is left
/// to take; what then remains reaches a circle.
fn cycle<'a>(edges: &BTreeMap<&'a Path, Vec<&'a Path>>) -> Option<&'a Path> {
    let mut open = edges.clone();
    loop {
        let ended: Vec<&Path> = open
            .iter()
            .filter(|(_, targets)| !targets.iter().any(|target| open.contains_key(*target)))
            .map(|(rule, _)| *rule)
            .collect();
        if ended.is_empty() {
            break;
        }
        for rule in ended {
            open.remove(rule);
        }
    }
    // Following edges that stay inside must come to one rule twice.
    let mut seen = BTreeSet::new();
    let mut at = *open.keys().next()?;
    while seen.insert(at) {
        at = open.get(at)?.iter().copied().find(|target| open.contains_key(*target))?;
    }
    Some(at)
}
