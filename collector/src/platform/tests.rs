//! The shipped profiles and schemas, taken as one: everything that is named exists, compiles, accepts
//! what a platform sends, and refuses what the product could not rely on.

mod live;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{PlatformError, RuleFiles, profile as shipped_profile, profile_ids, schemas};
use serde_json::{Map, Value, json};
use verify_core::limits::Limits;
use verify_core::profile::{Profile, Resource};
use verify_core::schema::Schema;

/// With the limits and refusals that hold for a schema out of evidence.
fn compile(bytes: &[u8]) -> Schema {
    Schema::compile(bytes, &Limits::default()).unwrap()
}

/// Sample bodies of one platform, by schema file without ending.
fn samples(platform: &str) -> Map<String, Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/samples/{platform}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Every response schema with its resource and a sample body that it must accept.
fn responses() -> Vec<(String, Resource, Schema, Value)> {
    let mut all = Vec::new();
    for id in profile_ids() {
        let (profile, files) = RuleFiles::shipped(id).unwrap();
        let samples = samples(&profile.platform);
        for resource in &profile.resources {
            for member in &resource.response_schemas {
                let name = member.rsplit('/').next().unwrap().strip_suffix(".json").unwrap();
                let body = samples.get(name).unwrap_or_else(|| panic!("no sample for {member}")).clone();
                all.push((member.clone(), resource.clone(), compile(&files.schemas[member]), body));
            }
        }
    }
    all
}

fn entity_mut<'a>(resource: &Resource, body: &'a mut Value) -> &'a mut Map<String, Value> {
    let place = if resource.container.is_empty() {
        body
    } else {
        body.pointer_mut(&format!("{}/0", resource.container)).unwrap()
    };
    place.as_object_mut().unwrap()
}

#[test]
fn every_profile_is_followed_by_its_own_name() {
    let ids: Vec<_> = profile_ids().collect();
    assert_eq!(ids, ["genesys-cloud", "reference"]);
    for id in ids {
        let (profile, files) = RuleFiles::shipped(id).unwrap();
        assert_eq!(profile.id, id);
        assert_eq!(files.profile_path, format!("profile/{id}.toml"));
        assert_eq!(files.profile_bytes, shipped_profile(id).unwrap().as_bytes());
    }
}

#[test]
fn the_table_of_schemas_the_folders_and_the_profiles_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut on_disk = BTreeSet::new();
    for platform in std::fs::read_dir(root.join("schemas")).unwrap() {
        for version in std::fs::read_dir(platform.unwrap().path()).unwrap() {
            for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                on_disk.insert(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    let embedded: BTreeSet<String> = schemas().map(|(path, _)| path.to_owned()).collect();
    assert_eq!(on_disk, embedded);

    let mut named = BTreeSet::new();
    for id in profile_ids() {
        let (profile, files) = RuleFiles::shipped(id).unwrap();
        let of_profile: BTreeSet<String> = profile
            .resources
            .iter()
            .flat_map(|resource| resource.response_schemas.iter().chain(&resource.state_schema))
            .cloned()
            .collect();
        assert_eq!(of_profile, files.schemas.keys().cloned().collect(), "{id}: exactly what is named");
        for resource in &profile.resources {
            assert!(!resource.response_schemas.is_empty(), "{id} {} is judged at ingestion", resource.id);
            assert!(resource.state_schema.is_some(), "{id} {} is judged in the snapshot", resource.id);
        }
        named.extend(of_profile);
    }
    assert_eq!(named, embedded);
}

#[test]
fn schemas_say_who_they_are_and_refer_to_nothing_outside() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    if key == "$ref" {
                        found.push(member.as_str().unwrap().to_owned());
                    }
                    references(member, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    for (path, bytes) in schemas() {
        let schema: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
        let expected = format!("https://schemas.invalid/{}", path.strip_prefix("schemas/").unwrap());
        assert_eq!(schema["$id"], expected, "{path}");
        let mut found = Vec::new();
        references(&schema, &mut found);
        assert!(found.iter().all(|reference| reference.starts_with("#/$defs/")), "{path}: {found:?}");
        compile(bytes);
    }
}

#[test]
fn sample_bodies_are_accepted_and_new_fields_too() {
    for (member, resource, validator, mut body) in responses() {
        assert_eq!(validator.errors(&body), [], "{member}");
        assert_eq!(
            validator.unknown_fields(&body),
            [],
            "{member}: what a platform is known to send is no news"
        );
        entity_mut(&resource, &mut body).insert("unheardOf".to_owned(), json!({"x": 1}));
        body.as_object_mut().unwrap().insert("unheardOf".to_owned(), json!(1));
        assert!(validator.is_valid(&body), "{member}: a new field is news, not an error");
    }
}

#[test]
fn every_required_field_is_required_and_typed() {
    for (member, resource, validator, body) in responses() {
        for broken in
            [json!(null), json!([]), json!({}), json!("<html>"), json!({"message": "x", "status": 500})]
        {
            assert!(!validator.is_valid(&broken), "{member} accepts {broken}");
        }
        let schema: Value =
            serde_json::from_slice(schemas().find(|(path, _)| *path == member).unwrap().1).unwrap();
        let mut required: Vec<(bool, &Value)> = Vec::new();
        required.extend(schema["required"].as_array().unwrap().iter().map(|name| (false, name)));
        if !resource.container.is_empty() {
            let entity = schema["$defs"]["entity"]["required"].as_array().unwrap();
            required.extend(entity.iter().map(|name| (true, name)));
        }
        for (in_entity, name) in required {
            let name = name.as_str().unwrap();
            let mut without = body.clone();
            let mut mistyped = body.clone();
            for (copy, replacement) in [(&mut without, None), (&mut mistyped, Some(json!({"0": 0})))] {
                let object =
                    if in_entity { entity_mut(&resource, copy) } else { copy.as_object_mut().unwrap() };
                assert!(object.remove(name).is_some(), "{member}: the sample has {name}");
                if let Some(value) = replacement {
                    object.insert(name.to_owned(), value);
                }
            }
            assert!(!validator.is_valid(&without), "{member} accepts a body without {name}");
            assert!(
                name == "passwordRequirements" || !validator.is_valid(&mistyped),
                "{member} accepts an object as {name}"
            );
        }
    }
}

/// Two versions of one response are live at once, and each judges what the other cannot.
#[test]
fn two_versions_of_users_are_live() {
    for platform in ["reference", "genesys-cloud"] {
        let (profile, files) = RuleFiles::shipped(platform).unwrap();
        let users = profile.resource("users").unwrap();
        assert_eq!(users.response_schemas.len(), 2);
        assert!(users.response_schemas[0].ends_with("response-2.json"), "newest first");
        let newest = compile(&files.schemas[&users.response_schemas[0]]);
        let older = compile(&files.schemas[&users.response_schemas[1]]);
        let samples = samples(platform);
        assert!(newest.is_valid(&samples["users.response-2"]));
        assert!(older.is_valid(&samples["users.response-1"]));
        assert!(!newest.is_valid(&samples["users.response-1"]), "an old body is told apart");
    }
}

/// Takes out what a pointer pattern meets: a second, plain reading of the patterns.
fn take_out(value: &mut Value, parts: &[&str]) {
    let Some((first, rest)) = parts.split_first() else { return };
    match value {
        Value::Object(members) if rest.is_empty() && *first != "*" => {
            members.remove(*first);
        }
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                if *first == "*" || key == first {
                    take_out(member, rest);
                }
            }
        }
        Value::Array(items) if *first == "*" => items.iter_mut().for_each(|item| take_out(item, rest)),
        _ => {}
    }
}

fn gone(resource: &Resource) -> impl Iterator<Item = &str> {
    resource
        .strip
        .iter()
        .chain(&resource.provenance)
        .map(String::as_str)
        .chain(resource.redact.iter().map(|redaction| redaction.path.as_str()))
}

fn state_validator(resource: &Resource) -> Schema {
    let member = resource.state_schema.as_deref().unwrap();
    compile(schemas().find(|(path, _)| *path == member).unwrap().1)
}

#[test]
fn normalized_samples_fit_their_state_schema_and_raw_ones_do_not() {
    for (member, resource, _, mut body) in responses() {
        let validator = state_validator(&resource);
        let entity = entity_mut(&resource, &mut body);
        if let Some(field) = resource.parent.as_ref().and_then(|parent| parent.inject.clone()) {
            entity.insert(field, json!("parent-1"));
        }
        let mut entity = Value::Object(entity.clone());
        if !gone(&resource).all(|pattern| pattern == "/selfUri") {
            assert!(!validator.is_valid(&entity), "{member}: what is taken out must not be there");
        }
        for pattern in gone(&resource) {
            take_out(&mut entity, &pattern.split('/').skip(1).collect::<Vec<_>>());
        }
        assert_eq!(validator.errors(&entity), [], "{member}");
        for pointer in &resource.key {
            assert!(entity.pointer(pointer).is_some_and(Value::is_string), "{member}: key {pointer}");
        }
    }
}

/// What is taken out at the top level is forbidden by the state schema, one by one.
#[test]
fn state_schemas_forbid_what_normalization_takes_out() {
    let mut judged = 0;
    for (member, resource, _, mut body) in responses() {
        let validator = state_validator(&resource);
        let entity = entity_mut(&resource, &mut body);
        if let Some(field) = resource.parent.as_ref().and_then(|parent| parent.inject.clone()) {
            entity.insert(field, json!("parent-1"));
        }
        let mut clean = Value::Object(entity.clone());
        for pattern in gone(&resource) {
            take_out(&mut clean, &pattern.split('/').skip(1).collect::<Vec<_>>());
        }
        for name in
            gone(&resource).filter_map(|pattern| pattern.strip_prefix('/')).filter(|name| !name.contains('/'))
        {
            let mut back = clean.clone();
            back.as_object_mut().unwrap().insert(name.to_owned(), json!("x"));
            assert!(!validator.is_valid(&back), "{member}: {name}");
            judged += 1;
        }
    }
    assert!(judged > 100, "{judged}");
}

/// Personal data the product needs nowhere, and the one setting that can hold a password.
#[test]
fn personal_data_and_passwords_are_redacted() {
    let profile = Profile::from_toml(shipped_profile("genesys-cloud").unwrap()).unwrap();
    let redacted = |resource: &str| -> BTreeSet<String> {
        profile.resource(resource).unwrap().redact.iter().map(|redaction| redaction.path.clone()).collect()
    };
    for resource in ["users", "group_members"] {
        for path in ["/addresses", "/primaryContactInfo", "/images", "/biography"] {
            assert!(redacted(resource).contains(path), "{resource} {path}");
        }
    }
    let password = "/properties/trunk_sip_authentication_credentials_password";
    assert!(redacted("telephony_trunk_bases").contains(password));
}

#[test]
fn a_folder_overrides_single_files_and_a_missing_schema_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("mine.toml");
    let text = shipped_profile("reference").unwrap();
    std::fs::write(&profile, text).unwrap();

    let own = folder.path().join("schemas/reference/v2/groups.state-1.json");
    std::fs::create_dir_all(own.parent().unwrap()).unwrap();
    std::fs::write(&own, b"{\"type\":\"object\"}").unwrap();
    let (_, files) = RuleFiles::from_folder(&profile, folder.path()).unwrap();
    let (_, shipped) = RuleFiles::shipped("reference").unwrap();
    let changed: BTreeMap<_, _> =
        files.schemas.iter().filter(|(path, bytes)| shipped.schemas.get(*path) != Some(*bytes)).collect();
    assert_eq!(changed.into_keys().collect::<Vec<_>>(), ["schemas/reference/v2/groups.state-1.json"]);
    assert_eq!(files.profile_bytes, text.as_bytes());

    std::fs::write(&profile, text.replace("groups.state-1", "groups.state-9")).unwrap();
    match RuleFiles::from_folder(&profile, folder.path()) {
        Err(PlatformError::MissingSchema { resource, schema }) => {
            assert_eq!(
                (resource.as_str(), schema.as_str()),
                ("groups", "schemas/reference/v2/groups.state-9.json")
            );
        }
        other => panic!("{other:?}"),
    }
    let error = RuleFiles::shipped("genesys").unwrap_err().to_string();
    assert!(error.contains("genesys-cloud, reference"), "{error}");
}
