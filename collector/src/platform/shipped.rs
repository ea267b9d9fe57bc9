//! The table of shipped profiles and schemas, embedded at compile time.
//!
//! Every file is named by hand: what the program contains can be read here, and a test compares the
//! table with the folders and with what the profiles name.

/// The shipped profile called `id`, as TOML text.
#[must_use]
pub fn profile(id: &str) -> Option<&'static str> {
    PROFILES.iter().find(|(name, _)| *name == id).map(|(_, text)| *text)
}

/// Names of all shipped profiles.
pub fn profile_ids() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _)| *name)
}

/// Every shipped schema: member path below a package, and its bytes.
pub fn schemas() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    SCHEMAS.iter().map(|(path, text)| (*path, text.as_bytes()))
}

const PROFILES: &[(&str, &str)] = &[
    ("genesys-cloud", include_str!("../../profiles/genesys-cloud.toml")),
    ("reference", include_str!("../../profiles/reference.toml")),
];

macro_rules! schema_table {
    ($( $folder:literal: $( $file:literal )+; )+) => {
        &[ $( $( (
            concat!("schemas/", $folder, "/", $file, ".json"),
            include_str!(concat!("../../schemas/", $folder, "/", $file, ".json")),
        ), )+ )+ ]
    };
}

const SCHEMAS: &[(&str, &str)] = schema_table![
    "genesys-cloud/v2":
        "divisions.response-1"
        "divisions.state-1"
        "group_members.response-1"
        "group_members.state-1"
        "groups.response-1"
        "groups.state-1"
        "org_auth_settings.response-1"
        "org_auth_settings.state-1"
        "role_grants.response-1"
        "role_grants.state-1"
        "routing_queues.response-1"
        "routing_queues.state-1"
        "security_roles.response-1"
        "security_roles.state-1"
        "telephony_trunk_bases.response-1"
        "telephony_trunk_bases.state-1"
        "telephony_trunks.response-1"
        "telephony_trunks.state-1"
        "users.response-1"
        "users.response-2"
        "users.state-1";
    "reference/v2":
        "groups.response-1"
        "groups.state-1"
        "routing_queues.response-1"
        "routing_queues.state-1"
        "security_roles.response-1"
        "security_roles.state-1"
        "telephony_trunks.response-1"
        "telephony_trunks.state-1"
        "users.response-1"
        "users.response-2"
        "users.state-1"
        "wfm_schedules.response-1"
        "wfm_schedules.state-1";
];
