//! Known answers for validation, refusals of hostile schemas, notices.

use serde_json::{Value, json};

use super::*;

fn compile(schema: &Value) -> Result<Schema, SchemaError> {
    Schema::compile(schema.to_string().as_bytes(), &Limits::default())
}

fn fault(schema: &Value) -> SchemaFault {
    match compile(schema) {
        Err(SchemaError::Refused { fault, .. }) => fault,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted {schema}"),
    }
}

fn users() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:users",
        "type": "object",
        "required": ["entities"],
        "properties": {
            "entities": {"type": "array", "items": {"$ref": "#/$defs/user"}},
            "total": {"type": "integer", "minimum": 0}
        },
        "$defs": {
            "user": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "pattern": "^user-[0-9]+$"},
                    "email": {"type": ["string", "null"]},
                    "labels": {"type": "object", "additionalProperties": {"$ref": "#/$defs/label"}},
                    "free": {"type": "object"}
                }
            },
            "label": {"type": "object", "properties": {"text": {"type": "string"}}}
        }
    })
}

#[test]
fn errors_name_place_and_rule_but_never_the_value() {
    let schema = compile(&users()).unwrap();
    let good = json!({"entities": [{"id": "user-1", "email": null}], "total": 1});
    assert!(schema.is_valid(&good));
    assert_eq!(schema.errors(&good), []);
    let bad = json!({"entities": [{"id": "user-1"}, {"id": "top secret", "email": 7}, {}], "total": -1});
    assert!(!schema.is_valid(&bad));
    let errors = schema.errors(&bad);
    let places: Vec<_> = errors.iter().map(|error| error.instance_path.as_str()).collect();
    assert_eq!(places, ["/entities/1/email", "/entities/1/id", "/entities/2", "/total"]);
    assert_eq!(errors[1].schema_path, "/$defs/user/properties/id/pattern");
    assert!(!serde_json::to_string(&errors).unwrap().contains("secret"), "{errors:?}");
}

#[test]
fn long_lists_and_texts_are_cut_and_counted() {
    let schema = compile(&json!({"items": {"type": "string"}})).unwrap();
    let errors = schema.errors(&Value::Array(vec![json!(1); 150]));
    assert_eq!(errors.len(), MOST_NOTICES);
    assert_eq!(errors[99].message, "and 51 more");
    let strict = compile(&json!({"additionalProperties": false, "properties": {"a": true}})).unwrap();
    let errors = strict.errors(&json!({"x".repeat(5_000): 1}));
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].message.chars().count(), 200);
}

#[test]
fn references_stay_inside_the_document() {
    for reference in ["https://example.com/schema.json", "file:///etc/passwd", "other.json#/x", "#anchor"] {
        assert_eq!(fault(&json!({"$ref": reference})), SchemaFault::RemoteReference, "{reference}");
    }
    assert_eq!(
        fault(&json!({"$ref": "https://json-schema.org/draft/2020-12/schema"})),
        SchemaFault::RemoteReference
    );
    assert_eq!(fault(&json!({"$ref": "#/$defs/absent"})), SchemaFault::Dangling);
    assert_eq!(fault(&json!({"$ref": "#/x", "x": {"$ref": "https://a.example"}})), SchemaFault::Dangling);
    assert_eq!(fault(&json!({"properties": {"a": {"$id": "urn:x"}}})), SchemaFault::Keyword("$id"));
    assert_eq!(fault(&json!({"$dynamicRef": "#x"})), SchemaFault::Keyword("$dynamicRef"));
    assert_eq!(fault(&json!({"$schema": "http://json-schema.org/draft-07/schema#"})), SchemaFault::Draft);
    // A property may be called like a keyword.
    assert!(compile(&json!({"properties": {"$ref": {"type": "string"}, "$id": true}})).is_ok());
    assert!(compile(&json!({"const": {"$ref": "https://example.com"}})).is_ok());
}

#[test]
fn schemas_that_run_away_are_refused() {
    assert_eq!(fault(&json!({"$ref": "#"})), SchemaFault::Recursive);
    assert_eq!(fault(&json!({"items": {"$ref": "#"}})), SchemaFault::Recursive);
    let unused = json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}});
    assert_eq!(fault(&unused), SchemaFault::Recursive);

    let mut doubling = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        doubling.insert(format!("l{level}"), json!({"allOf": [next, next]}));
    }
    doubling.insert("l40".to_owned(), json!(true));
    assert_eq!(fault(&json!({"$ref": "#/$defs/l0", "$defs": doubling})), SchemaFault::Expansion);

    let mut chain = serde_json::Map::new();
    for level in 0..5_000 {
        chain.insert(format!("l{level:04}"), json!({"$ref": format!("#/$defs/l{:04}", level + 1)}));
    }
    chain.insert("l5000".to_owned(), json!(true));
    assert_eq!(fault(&json!({"$defs": chain})), SchemaFault::Nesting);

    let patterns: serde_json::Map<String, Value> =
        (0..201).map(|index| (format!("p{index}"), json!({"pattern": format!("^{index}$")}))).collect();
    assert_eq!(fault(&json!({"properties": patterns})), SchemaFault::Patterns);

    let hungry = compile(&json!({"pattern": "(\\w{1000}){1000}"}));
    assert!(matches!(hungry, Err(SchemaError::Invalid { .. })), "{hungry:?}");
    let backtracking = compile(&json!({"pattern": "(a)\\1"}));
    assert!(matches!(backtracking, Err(SchemaError::Invalid { .. })), "{backtracking:?}");
    let large = Limits { schema_bytes: 10, ..Limits::default() };
    assert!(matches!(Schema::compile(b"{\"type\":\"string\"}", &large), Err(SchemaError::Json(_))));
    assert!(matches!(compile(&json!({"type": "strin"})), Err(SchemaError::Invalid { .. })));
}

#[test]
fn unknown_fields_are_noticed_once_for_all_entities() {
    let schema = compile(&users()).unwrap();
    let body = json!({
        "entities": [
            {"id": "user-1", "new/field": 1, "labels": {"a": {"text": "x", "colour": 1}}, "free": {"any": {"thing": 1}}},
            {"id": "user-2", "new/field": 2, "labels": {"b": {"colour": 2}}}
        ],
        "pageSize": 25
    });
    assert!(schema.is_valid(&body));
    let notices = schema.unknown_fields(&body);
    let places: Vec<_> =
        notices.iter().map(|notice| (notice.instance_path.as_str(), notice.schema_path.as_str())).collect();
    assert_eq!(
        places,
        [
            ("/entities/*/labels/a/colour", "/$defs/label/properties"),
            ("/entities/*/labels/b/colour", "/$defs/label/properties"),
            ("/entities/*/new~1field", "/$defs/user/properties"),
            ("/pageSize", "/properties"),
        ]
    );
}

#[test]
fn branches_describe_together() {
    let schema = compile(&json!({
        "allOf": [{"properties": {"a": true}}],
        "anyOf": [{"properties": {"b": {"prefixItems": [{"properties": {"x": true}}], "items": {"properties": {"y": true}}}}}],
        "if": {"properties": {"c": {"const": 1}}}, "then": {"properties": {"d": true}}
    }))
    .unwrap();
    let body = json!({"a": 1, "b": [{"x": 1, "z": 1}, {"y": 1, "q": 1}], "c": 1, "d": 1, "e": 1});
    let places: Vec<_> =
        schema.unknown_fields(&body).into_iter().map(|notice| notice.instance_path).collect();
    assert_eq!(places, ["/b/*/q", "/b/*/z", "/e"]);
    let patterned = compile(&json!({"properties": {"a": true}, "patternProperties": {"^x-": true}})).unwrap();
    assert_eq!(patterned.unknown_fields(&json!({"a": 1, "x-b": 1})), []);
}

#[test]
fn the_newest_schema_that_fits_is_chosen() {
    let registry = Registry::new(vec![
        ("schemas/v2.json".to_owned(), compile(&json!({"required": ["id", "name"]})).unwrap()),
        ("schemas/v1.json".to_owned(), compile(&json!({"required": ["id"]})).unwrap()),
    ]);
    let chosen = |body: &Value| match registry.choose(body) {
        Choice::Matched { path, .. } => path.to_owned(),
        Choice::Refused { tried, errors } => format!("{tried:?} {}", errors.len()),
    };
    assert_eq!(chosen(&json!({"id": 1, "name": 2})), "schemas/v2.json");
    assert_eq!(chosen(&json!({"id": 1})), "schemas/v1.json");
    assert_eq!(chosen(&json!({})), r#"["schemas/v2.json", "schemas/v1.json"] 2"#);
    assert!(
        matches!(Registry::default().choose(&json!({})), Choice::Refused { tried, .. } if tried.is_empty())
    );
}
