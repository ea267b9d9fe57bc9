//! Judging a schema before it is compiled: only local references, no recursion, bounded expansion.
//!
//! Recursion is refused as a whole. A recursive schema can make validation take time exponential in
//! the depth of a hostile instance, or never end; none of the documents judged here needs one.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::SchemaError;
use crate::canon::pointer;

/// Most schemas after every reference is written out, added up over every schema of the document.
pub const MOST_EXPANDED: u64 = 100_000;

/// Deepest nesting of schemas after every reference is written out.
pub const MOST_NESTED: usize = 256;

/// Most patterns: each may take a bounded but large amount of memory.
pub const MOST_PATTERNS: usize = 200;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What is refused in a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaFault {
    /// `$schema` names another draft.
    Draft,
    /// A keyword that moves or hides what a reference points at.
    Keyword(&'static str),
    /// A reference that is not `#` or `#/…`.
    RemoteReference,
    /// A reference to a place that is no schema of this document.
    Dangling,
    /// A reference that leads back to itself.
    Recursive,
    /// References expand to more than [`MOST_EXPANDED`] schemas.
    Expansion,
    /// References nest deeper than [`MOST_NESTED`].
    Nesting,
    /// More than [`MOST_PATTERNS`] patterns.
    Patterns,
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft => write!(f, "expected $schema {DRAFT}"),
            Self::Keyword(keyword) => write!(f, "{keyword} is not allowed here"),
            Self::RemoteReference => f.write_str("expected a reference inside the document, # or #/…"),
            Self::Dangling => f.write_str("the reference points at no schema of this document"),
            Self::Recursive => f.write_str("the schema contains itself"),
            Self::Expansion => {
                write!(f, "references expand to more than {MOST_EXPANDED} schemas")
            }
            Self::Nesting => write!(f, "references nest deeper than {MOST_NESTED}"),
            Self::Patterns => write!(f, "expected at most {MOST_PATTERNS} patterns"),
        }
    }
}

/// Keywords whose value is a schema.
const ONE: [&str; 12] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
];
/// Keywords whose value is an array of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const MAP: [&str; 6] =
    ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];
/// Maps that only keep schemas for references and apply none of them.
const STORES: [&str; 2] = ["$defs", "definitions"];
const REFUSED: [&str; 5] = ["$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef"];

/// A schema inside the document.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// Where `$ref` leads.
    pub(super) reference: Option<String>,
    /// Pointers of the schemas inside it that are applied, i.e. all but those in `$defs`.
    applied: Vec<String>,
    /// Patterns it holds itself.
    patterns: usize,
}

/// All schemas of a document by JSON pointer.
pub(super) type Positions = BTreeMap<String, Position>;

/// Judges the document and lists its schemas.
pub(super) fn judge(document: &Value) -> Result<Positions, SchemaError> {
    let mut positions = Positions::new();
    enter(document, String::new(), &mut positions)?;
    for (place, position) in &positions {
        if let Some(target) = &position.reference
            && !positions.contains_key(target)
        {
            return Err(refused(place, SchemaFault::Dangling));
        }
    }
    if positions.values().map(|position| position.patterns).sum::<usize>() > MOST_PATTERNS {
        return Err(refused("", SchemaFault::Patterns));
    }
    let mut sizes = BTreeMap::new();
    let mut total: u64 = 0;
    for place in positions.keys() {
        total = total.saturating_add(expanded(place, &positions, &mut sizes, 0)?.schemas);
        if total > MOST_EXPANDED {
            return Err(refused(place, SchemaFault::Expansion));
        }
    }
    Ok(positions)
}

fn refused(place: &str, fault: SchemaFault) -> SchemaError {
    SchemaError::Refused { pointer: place.to_owned(), fault }
}

fn enter(schema: &Value, place: String, positions: &mut Positions) -> Result<(), SchemaError> {
    let mut position = Position::default();
    if let Value::Object(keywords) = schema {
        if keywords.get("$schema").is_some_and(|draft| draft != DRAFT && draft != &format!("{DRAFT}#")) {
            return Err(refused(&place, SchemaFault::Draft));
        }
        if let Some(keyword) = REFUSED.into_iter().find(|keyword| keywords.contains_key(*keyword)) {
            return Err(refused(&place, SchemaFault::Keyword(keyword)));
        }
        // An id inside the document would change what the references below it mean.
        if !place.is_empty() && keywords.contains_key("$id") {
            return Err(refused(&place, SchemaFault::Keyword("$id")));
        }
        if let Some(reference) = keywords.get("$ref") {
            position.reference =
                Some(local(reference).ok_or_else(|| refused(&place, SchemaFault::RemoteReference))?);
        }
        let names =
            keywords.get("patternProperties").and_then(Value::as_object).map_or(0, serde_json::Map::len);
        position.patterns = names + usize::from(keywords.contains_key("pattern"));
        for (keyword, inner, token) in inner_schemas(keywords) {
            let mut below = pointer::join(&place, keyword);
            if let Some(token) = token {
                pointer::push(&mut below, &token);
            }
            if !STORES.contains(&keyword) {
                position.applied.push(below.clone());
            }
            enter(inner, below, positions)?;
        }
    }
    positions.insert(place, position);
    Ok(())
}

/// The pointer of a reference inside the document. Percent escapes are refused with everything else.
fn local(reference: &Value) -> Option<String> {
    let pointer = reference.as_str()?.strip_prefix('#')?;
    let plain = pointer.is_empty() || pointer.starts_with('/');
    (plain && !pointer.contains('%')).then(|| pointer.to_owned())
}

/// Every schema directly inside one: keyword, schema, and its name or position below the keyword.
fn inner_schemas(
    keywords: &serde_json::Map<String, Value>,
) -> impl Iterator<Item = (&'static str, &Value, Option<String>)> {
    let one = ONE.into_iter().filter_map(|keyword| Some((keyword, keywords.get(keyword)?, None)));
    let list = LIST.into_iter().flat_map(|keyword| {
        let items = keywords.get(keyword).and_then(Value::as_array).into_iter().flatten();
        items.enumerate().map(move |(index, inner)| (keyword, inner, Some(index.to_string())))
    });
    let map = MAP.into_iter().flat_map(|keyword| {
        let members = keywords.get(keyword).and_then(Value::as_object).into_iter().flatten();
        members.map(move |(name, inner)| (keyword, inner, Some(name.clone())))
    });
    one.chain(list).chain(map).filter(|(_, inner, _)| inner.is_object() || inner.is_boolean())
}

/// What applying one schema means with every reference written out.
#[derive(Debug, Clone, Copy)]
struct Size {
    schemas: u64,
    nested: usize,
}

/// The size of the schema at `place`, which `depth` others are waiting for.
fn expanded<'p>(
    place: &'p str,
    positions: &'p Positions,
    sizes: &mut BTreeMap<&'p str, Option<Size>>,
    depth: usize,
) -> Result<Size, SchemaError> {
    match sizes.get(place) {
        Some(Some(size)) => return Ok(*size),
        Some(None) => return Err(refused(place, SchemaFault::Recursive)),
        None => {}
    }
    if depth > MOST_NESTED {
        return Err(refused(place, SchemaFault::Nesting));
    }
    // `None` marks a place whose size is being computed: meeting it again is recursion.
    sizes.insert(place, None);
    let mut size = Size { schemas: 1, nested: 1 };
    if let Some(position) = positions.get(place) {
        for below in position.applied.iter().chain(&position.reference) {
            let inner = expanded(below, positions, sizes, depth + 1)?;
            size.schemas = size.schemas.saturating_add(inner.schemas);
            size.nested = size.nested.max(inner.nested + 1);
        }
    }
    if size.nested > MOST_NESTED {
        return Err(refused(place, SchemaFault::Nesting));
    }
    sizes.insert(place, Some(size));
    Ok(size)
}
