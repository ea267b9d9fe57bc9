//! The engine's own syntax tree of the policies, as far as the checks need it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::PolicyError;

/// One policy file.
pub(super) struct Module<'a> {
    /// Its path below `policies/`.
    pub(super) file: &'a str,
    /// Its whole tree.
    pub(super) tree: &'a Value,
    /// Its package, without the leading `data`.
    pub(super) package: Vec<String>,
    /// Imported paths by the name they are used under.
    pub(super) imports: BTreeMap<String, Vec<String>>,
    /// Its rules and functions, one entry per definition.
    pub(super) rules: Vec<RuleTree<'a>>,
}

/// One definition of a rule or function.
pub(super) struct RuleTree<'a> {
    /// Its whole tree.
    pub(super) tree: &'a Value,
    /// Path of its head, e.g. `result`, or `a.b` for a rule that is defined by a reference.
    pub(super) path: Vec<String>,
    /// Names of its arguments, which hide rules of the same name.
    pub(super) arguments: Vec<&'a str>,
}

impl<'a> RuleTree<'a> {
    /// The first part of the head, by which the rule is used within its package.
    pub(super) fn name(&self) -> Option<&str> {
        self.path.first().map(String::as_str)
    }

    /// Everything of the definition but the reference and the arguments of its head.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let body = self.tree.as_object().and_then(|rule| rule.values().next());
        let head = body.and_then(|body| body.get("head")?.as_object()?.values().next());
        let of_head = ["assign", "key"].map(|name| head.and_then(|head| head.get(name)));
        let of_body = ["bodies", "value"].map(|name| body.and_then(|body| body.get(name)));
        of_head.into_iter().chain(of_body).flatten()
    }
}

/// The modules of the engine's tree.
pub(super) fn modules(ast: &Value) -> Vec<Module<'_>> {
    ast.as_array().into_iter().flatten().map(Module::of).collect()
}

/// Full names of all rules, sorted, none twice.
pub(super) fn rule_paths(modules: &[Module<'_>]) -> BTreeSet<String> {
    let named = |module: &Module<'_>, rule: &RuleTree<'_>| {
        format!("data.{}.{}", module.package.join("."), rule.path.join("."))
    };
    modules.iter().flat_map(|module| module.rules.iter().map(move |rule| named(module, rule))).collect()
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
            imports: list("imports").filter_map(|import| import_of(import, contents)).collect(),
            rules: list("rules").filter_map(rule_of).collect(),
        }
    }
}

/// The name under which an import is used, its alias or else the last part of its path, and the
/// path. Imports can only name `data`, `input` and language versions, never a function of the engine.
fn import_of(import: &Value, contents: &str) -> Option<(String, Vec<String>)> {
    let path = path_of(import.get("refr")?)?;
    let name = match import.get("as") {
        Some(span) => {
            let offset = |name: &str| usize::try_from(span.get(name)?.as_u64()?).ok();
            contents.get(offset("start")?..offset("end")?)?.to_owned()
        }
        None => path.last()?.clone(),
    };
    Some((name, path))
}

fn rule_of(rule: &Value) -> Option<RuleTree<'_>> {
    let (_, body) = rule.as_object()?.iter().next()?;
    let head =
        body.get("head").and_then(Value::as_object).and_then(|head| head.values().next()).unwrap_or(body);
    let arguments = head.get("args").and_then(Value::as_array).into_iter().flatten();
    Some(RuleTree {
        tree: rule,
        path: prefix_of(head.get("refr")?).0,
        arguments: arguments.filter_map(|argument| argument.pointer("/Var/value")?.as_str()).collect(),
    })
}

/// The dotted path of a reference without variables, e.g. `rand.intn` or `rand["intn"]`.
pub(super) fn path_of(expression: &Value) -> Option<Vec<String>> {
    let (path, whole) = prefix_of(expression);
    whole.then_some(path)
}

/// The parts of a reference before its first variable index, and whether that is all of it. Empty
/// for what is no reference.
pub(super) fn prefix_of(expression: &Value) -> (Vec<String>, bool) {
    let Some((kind, body)) = expression.as_object().and_then(|node| node.iter().next()) else {
        return (Vec::new(), false);
    };
    let part = match kind.as_str() {
        "Var" => {
            let name = body.get("value").and_then(Value::as_str);
            return (name.into_iter().map(str::to_owned).collect(), name.is_some());
        }
        "RefDot" => body.pointer("/field/1").and_then(Value::as_str),
        "RefBrack" => body
            .get("index")
            .and_then(|index| index.get("String").or_else(|| index.get("RawString")))
            .and_then(|index| index.get("value")?.as_str()),
        _ => return (Vec::new(), false),
    };
    let (mut path, whole) = body.get("refr").map_or((Vec::new(), false), prefix_of);
    match part {
        Some(part) if whole => {
            path.push(part.to_owned());
            (path, true)
        }
        _ => (path, false),
    }
}

/// Judges one object of the syntax tree.
pub(super) type Inspect<'a> = dyn Fn(&Map<String, Value>) -> Result<(), PolicyError> + 'a;

/// Shows every object of the tree to `inspect`, outer ones first.
pub(super) fn walk(value: &Value, inspect: &Inspect<'_>) -> Result<(), PolicyError> {
    match value {
        Value::Object(members) => {
            inspect(members)?;
            members.values().try_for_each(|member| walk(member, inspect))
        }
        Value::Array(elements) => elements.iter().try_for_each(|element| walk(element, inspect)),
        _ => Ok(()),
    }
}
