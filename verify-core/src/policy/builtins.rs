//! Which functions a policy may call, found in the parsed policy and not in its text.
//!
//! Only functions on a list are allowed, so a function that a newer engine adds is refused until
//! somebody has looked at it. Names are refused wherever they stand, not only where they are called:
//! `with f as rand.intn` would otherwise hide one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::syntax::{Module, path_of, walk};
use super::{PolicyError, PolicyErrorKind};

/// Functions whose result depends on a clock, randomness, the network or the environment, or that
/// write beside their result.
pub const NOT_DETERMINISTIC: &[&str] = &[
    "http.send",
    "io.jwt.decode_verify",
    "net.lookup_ip_addr",
    "opa.runtime",
    "print",
    "rand.intn",
    "rego.metadata.chain",
    "rego.metadata.rule",
    "time.now_ns",
    "trace",
    "uuid.rfc4122",
];

/// Functions whose cost does not follow from the size of their arguments: neither the timer nor the
/// instruction budget stops one long call.
pub const UNBOUNDED: &[&str] = &[
    "bits.lsh",
    "graph.reachable_paths",
    "json.match_schema",
    "json.patch",
    "json.verify_schema",
    "net.cidr_expand",
    "numbers.range",
    "numbers.range_step",
    "product",
    "regex.globs_match",
    "strings.replace_n",
    "units.parse",
    "units.parse_bytes",
    "walk",
];

/// Functions that policies may call: deterministic, and linear in their arguments.
pub const ALLOWED: &[&str] = &[
    "abs",
    "array.concat",
    "array.reverse",
    "array.slice",
    "bits.and",
    "bits.negate",
    "bits.or",
    "bits.xor",
    "ceil",
    "concat",
    "contains",
    "count",
    "endswith",
    "floor",
    "format_int",
    "indexof",
    "intersection",
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "lower",
    "max",
    "min",
    "net.cidr_contains",
    "net.cidr_is_valid",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "regex.is_valid",
    "regex.match",
    "replace",
    "round",
    "sort",
    "split",
    "sprintf",
    "startswith",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.reverse",
    "substring",
    "sum",
    "to_number",
    "trim",
    "trim_left",
    "trim_prefix",
    "trim_right",
    "trim_space",
    "trim_suffix",
    "type_name",
    "union",
    "upper",
];

/// Refuses every function that is not allowed.
pub(super) fn check(modules: &[Module<'_>]) -> Result<(), PolicyError> {
    let mut rules: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for module in modules {
        let names = module.rules.iter().filter_map(|rule| rule.name());
        rules.entry(&module.package).or_default().extend(names);
    }
    for module in modules {
        let own = rules.get(module.package.as_slice());
        let known = |path: &[String]| match path {
            [] => false,
            [name] => own.is_some_and(|own| own.contains(name.as_str())),
            [first, ..] => first == "data" || module.imports.contains_key(first),
        };
        walk(module.tree, &|node| inspect(node, module.file, &known))?;
    }
    Ok(())
}

fn inspect(
    node: &Map<String, Value>,
    file: &str,
    known: &dyn Fn(&[String]) -> bool,
) -> Result<(), PolicyError> {
    let refused = |kind, line: u64, message: String| {
        Err(PolicyError::new(kind, file, format!("line {line}: {message}")))
    };
    for (kind, body) in node {
        let line = body.pointer("/span/line").and_then(Value::as_u64).unwrap_or_default();
        let call = kind == "Call";
        let path = match kind.as_str() {
            "Call" => body.get("fcn").and_then(path_of),
            "RefDot" | "RefBrack" => path_of(&serde_json::json!({ kind.as_str(): body })),
            _ => continue,
        };
        let Some(path) = path else {
            if call {
                return refused(
                    PolicyErrorKind::Parse,
                    line,
                    "expected a function by its name, found an expression".into(),
                );
            }
            continue;
        };
        let name = path.join(".");
        if NOT_DETERMINISTIC.contains(&name.as_str()) {
            return refused(PolicyErrorKind::NotDeterministic, line, format!("{name} is not deterministic"));
        }
        if UNBOUNDED.contains(&name.as_str()) && !known(&path) {
            return refused(PolicyErrorKind::Limits, line, format!("{name} has no bounded cost"));
        }
        if call && !ALLOWED.contains(&name.as_str()) && !known(&path) {
            return refused(
                PolicyErrorKind::Parse,
                line,
                format!("{name} is no function that policies may call"),
            );
        }
    }
    Ok(())
}
