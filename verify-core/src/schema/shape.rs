//! Which members a schema describes, so that new ones can be noticed.
//!
//! A place is described by every schema that applies there: the schema itself, what it refers to, and
//! the branches of `allOf`, `anyOf`, `oneOf`, `if`, `then`, `else` and `dependentSchemas`. A member is
//! unknown if some of them list members, none of them lists it, and none of them has a rule for all
//! other members. A place for which no schema lists members is opaque: nothing in it is news.

use std::collections::BTreeMap;

use serde_json::Value;

use super::guard::Positions;
use super::notices::Notices;
use crate::canon::pointer;
use crate::model::SchemaNotice;

/// What one schema, references and branches included, says about the value it is applied to.
#[derive(Debug, Default)]
struct Shape {
    /// Schemas of the members by name, as indexes.
    members: BTreeMap<String, Vec<usize>>,
    /// First schema that lists members: named in notices.
    lists: Option<String>,
    /// Schemas of all other members; `Some` and empty where anything goes.
    others: Option<Vec<usize>>,
    /// Schemas of array elements: all, and by position.
    items: Vec<usize>,
    first_items: Vec<Vec<usize>>,
}

/// The shapes of all schemas of one document.
#[derive(Debug)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    root: usize,
}

const BRANCHES: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const CONDITIONS: [&str; 3] = ["if", "then", "else"];

impl Shapes {
    pub(super) fn new(document: &Value, positions: &Positions) -> Self {
        let indexes: BTreeMap<&str, usize> =
            positions.keys().enumerate().map(|(index, place)| (place.as_str(), index)).collect();
        let builder = Builder { document, positions, indexes };
        let shapes = positions
            .keys()
            .map(|place| {
                let mut shape = Shape::default();
                builder.add(place, &mut shape);
                shape
            })
            .collect();
        Self { shapes, root: builder.indexes.get("").copied().unwrap_or_default() }
    }

    pub(super) fn unknown_fields(&self, instance: &Value, notices: &mut Notices) {
        let mut walk = Walk { shapes: &self.shapes, place: Vec::new(), seen: BTreeMap::new() };
        walk.value(instance, &[self.root]);
        for (place, lists) in walk.seen {
            notices.add(unknown(&place, lists));
        }
    }
}

/// One walk over one instance.
struct Walk<'s, 'i> {
    shapes: &'s [Shape],
    /// Unescaped tokens of the way to the value at hand.
    place: Vec<&'i str>,
    /// Unknown places and the schema that lists their neighbours: thousands of entities bring the
    /// same few.
    seen: BTreeMap<Vec<&'i str>, &'s str>,
}

impl<'s, 'i> Walk<'s, 'i> {
    fn value(&mut self, instance: &'i Value, applied: &[usize]) {
        let all = self.shapes;
        let shapes = || applied.iter().filter_map(|index| all.get(*index));
        match instance {
            Value::Object(members) => {
                let lists = shapes().find_map(|shape| shape.lists.as_deref());
                for (name, value) in members {
                    self.place.push(name);
                    if shapes().any(|shape| shape.members.contains_key(name)) {
                        self.below(value, shapes().filter_map(|shape| shape.members.get(name)));
                    } else if shapes().any(|shape| shape.others.is_some()) {
                        self.below(value, shapes().filter_map(|shape| shape.others.as_ref()));
                    } else if let Some(lists) = lists
                        && !self.seen.contains_key(self.place.as_slice())
                    {
                        self.seen.insert(self.place.clone(), lists);
                    }
                    self.place.pop();
                }
            }
            Value::Array(items) => {
                self.place.push("*");
                for (position, item) in items.iter().enumerate() {
                    let first = shapes().filter_map(|shape| shape.first_items.get(position));
                    self.below(item, first.chain(shapes().map(|shape| &shape.items)));
                }
                self.place.pop();
            }
            _ => {}
        }
    }

    fn below(&mut self, value: &'i Value, applied: impl Iterator<Item = &'s Vec<usize>>) {
        if !(value.is_object() || value.is_array()) {
            return;
        }
        let mut all: Vec<usize> = applied.flatten().copied().collect();
        if !all.is_empty() {
            all.sort_unstable();
            all.dedup();
            self.value(value, &all);
        }
    }
}

fn unknown(place: &[&str], lists: &str) -> SchemaNotice {
    let mut instance_path = String::new();
    for token in place {
        pointer::push(&mut instance_path, token);
    }
    SchemaNotice {
        instance_path,
        schema_path: pointer::join(lists, "properties"),
        message: "field is not described by the schema".to_owned(),
    }
}

struct Builder<'d> {
    document: &'d Value,
    positions: &'d Positions,
    indexes: BTreeMap<&'d str, usize>,
}

impl Builder<'_> {
    fn index(&self, place: &str) -> Vec<usize> {
        self.indexes.get(place).copied().into_iter().collect()
    }

    /// Adds what the schema at `place` says. Ends because the document was judged: no recursion.
    fn add(&self, place: &str, shape: &mut Shape) {
        let Some(keywords) = self.document.pointer(place).and_then(Value::as_object) else { return };
        if let Some(target) = self.positions.get(place).and_then(|position| position.reference.as_ref()) {
            self.add(target, shape);
        }
        for keyword in BRANCHES {
            let branches = keywords.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
            for index in 0..branches {
                let below = pointer::join(place, keyword);
                self.add(&pointer::join(&below, &index.to_string()), shape);
            }
        }
        for keyword in CONDITIONS.into_iter().filter(|keyword| keywords.contains_key(*keyword)) {
            self.add(&pointer::join(place, keyword), shape);
        }
        for name in names(keywords.get("dependentSchemas")) {
            self.add(&pointer::join(&pointer::join(place, "dependentSchemas"), name), shape);
        }
        self.add_members(keywords, place, shape);
        self.add_items(keywords, place, shape);
    }

    fn add_members(&self, keywords: &serde_json::Map<String, Value>, place: &str, shape: &mut Shape) {
        if keywords.contains_key("properties") {
            let below = pointer::join(place, "properties");
            for name in names(keywords.get("properties")) {
                let known = shape.members.entry(name.clone()).or_default();
                known.extend(self.index(&pointer::join(&below, name)));
            }
            shape.lists.get_or_insert_with(|| place.to_owned());
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            if keywords.get(keyword).is_some_and(|rule| rule != &Value::Bool(false)) {
                let others = shape.others.get_or_insert_default();
                others.extend(self.index(&pointer::join(place, keyword)));
            }
        }
        // Which member a pattern means is for the validator alone to say; none of them is news.
        if keywords.contains_key("patternProperties") {
            shape.others.get_or_insert_default();
        }
    }

    fn add_items(&self, keywords: &serde_json::Map<String, Value>, place: &str, shape: &mut Shape) {
        let prefix = keywords.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
        for index in 0..prefix {
            let below = pointer::join(&pointer::join(place, "prefixItems"), &index.to_string());
            if shape.first_items.len() <= index {
                shape.first_items.resize_with(index + 1, Vec::new);
            }
            if let Some(first) = shape.first_items.get_mut(index) {
                first.extend(self.index(&below));
            }
        }
        for keyword in ["items", "contains"].into_iter().filter(|keyword| keywords.contains_key(*keyword)) {
            shape.items.extend(self.index(&pointer::join(place, keyword)));
        }
    }
}

fn names(map: Option<&Value>) -> impl Iterator<Item = &String> {
    map.and_then(Value::as_object).into_iter().flat_map(serde_json::Map::keys)
}
