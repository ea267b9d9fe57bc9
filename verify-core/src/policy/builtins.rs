//! Which functions a policy may call, found in the parsed policy and not in its text.
//!
//! Only functions on a list are allowed, so a function that a newer engine adds is refused until
//! somebody has looked at it. Names are refused wherever they stand, not only where they are called:
//! `with f as rand.intn` would otherwise hide one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

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

/// Refuses every function that is not allowed. `ast` is the engine's own syntax tree of all modules.
pub(super) fn check(ast: &Value) -> Result<(), PolicyError> {
    let modules: Vec<Module<'_>> = ast.as_array().into_iter().flatten().map(Module::of).collect();
    let mut rules: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for module in &modules {
        rules.entry(&module.package).or_default().extend(module.rules.iter().map(String::as_str));
    }
    for module in &modules {
        let own = rules.get(module.package.as_slice());
        let known = |path: &[String]| match path {
            [] => false,
            [name] => own.is_some_and(|own| own.contains(name.as_str())),
            [first, ..] => first == "data" || module.imports.contains(first),
        };
        walk(module.tree, &|node| inspect(node, module.file, &known))?;
    }
    Ok(())
}

/// Full names of all rules, sorted, none twice. `ast` as for [`check`].
pub(super) fn rule_paths(ast: &Value) -> BTreeSet<String> {
    let modules = ast.as_array().into_iter().flatten().map(Module::of);
    modules
        .flat_map(|module| {
            // The engine's tree names packages with their leading `data` or without.
            let package: Vec<_> =
                module.package.iter().skip_while(|part| part.as_str() == "data").cloned().collect();
            module.rules.into_iter().map(move |rule| format!("data.{}.{rule}", package.join(".")))
        })
        .collect()
}

struct Module<'a> {
    file: &'a str,
    tree: &'a Value,
    package: Vec<String>,
    imports: BTreeSet<String>,
    rules: BTreeSet<String>,
}

impl<'a> Module<'a> {
    fn of(policy: &'a Value) -> Self {
        let text = |pointer: &str| policy.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let tree = policy.get("ast").unwrap_or(&Value::Null);
        let list = |name: &str| tree.get(name).and_then(Value::as_array).into_iter().flatten();
        let contents = text("/source/contents");
        Self {
            file: text("/source/file"),
            tree,
            package: tree.pointer("/package/refr").and_then(path_of).unwrap_or_default(),
            imports: list("imports").filter_map(|import| import_name(import, contents)).collect(),
            rules: list("rules").filter_map(rule_name).collect(),
        }
    }
}

/// The name under which an import is used: its alias, else the last part of its path. Imports can
/// only name `data`, `input` and language versions, never a function of the engine.
fn import_name(import: &Value, contents: &str) -> Option<String> {
    match import.get("as") {
        Some(span) => {
            let offset = |name: &str| usize::try_from(span.get(name)?.as_u64()?).ok();
            contents.get(offset("start")?..offset("end")?).map(str::to_owned)
        }
        None => path_of(import.get("refr")?)?.pop(),
    }
}

fn rule_name(rule: &Value) -> Option<String> {
    let (_, body) = rule.as_object()?.iter().next()?;
    let head =
        body.get("head").and_then(Value::as_object).and_then(|head| head.values().next()).unwrap_or(body);
    path_of(head.get("refr")?)?.into_iter().next()
}

/// The dotted path of a reference without variables, e.g. `rand.intn` or `rand["intn"]`.
fn path_of(expression: &Value) -> Option<Vec<String>> {
    let (kind, body) = expression.as_object()?.iter().next()?;
    match kind.as_str() {
        "Var" => Some(vec![body.get("value")?.as_str()?.to_owned()]),
        "RefDot" => {
            let mut path = path_of(body.get("refr")?)?;
            path.push(body.pointer("/field/1")?.as_str()?.to_owned());
            Some(path)
        }
        "RefBrack" => {
            let mut path = path_of(body.get("refr")?)?;
            let index = body.get("index")?;
            let text = index.get("String").or_else(|| index.get("RawString"))?.get("value")?.as_str()?;
            path.push(text.to_owned());
            Some(path)
        }
        _ => None,
    }
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

/// Judges one object of the syntax tree.
type Inspect<'a> = dyn Fn(&Map<String, Value>) -> Result<(), PolicyError> + 'a;

fn walk(value: &Value, inspect: &Inspect<'_>) -> Result<(), PolicyError> {
    match value {
        Value::Object(members) => {
            inspect(members)?;
            members.values().try_for_each(|member| walk(member, inspect))
        }
        Value::Array(elements) => elements.iter().try_for_each(|element| walk(element, inspect)),
        _ => Ok(()),
    }
}
