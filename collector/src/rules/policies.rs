//! The built-in policies, embedded at compile time. A test compares the table with the folder.

use std::collections::BTreeMap;

macro_rules! table {
    ($( $path:literal )+) => {
        &[ $( ($path, include_str!(concat!("../../../policies/", $path))), )+ ]
    };
}

/// What is evaluated.
const POLICIES: &[(&str, &str)] = table! {
    "controls.json"
    "controls/mfa_privileged.rego"
    "controls/schedule_approvals.rego"
    "controls/separation_of_duties.rego"
    "controls/trunk_allowlist.rego"
    "data/approved_networks.json"
    "data/privileged.json"
    "data/sip_access.json"
    "model/access.rego"
    "model/genesys_cloud.rego"
    "model/networks.rego"
    "model/outcome.rego"
    "model/permissions.rego"
    "model/reference.rego"
    "model/schedules.rego"
    "model/trunks.rego"
};

/// What is run by `collector policy test`.
const TESTS: &[(&str, &str)] = table! {
    "tests/mfa_privileged_test.rego"
    "tests/schedule_approvals_test.rego"
    "tests/separation_of_duties_test.rego"
    "tests/trunk_allowlist_test.rego"
};

/// The built-in policies by member path.
#[must_use]
pub fn built_in_policies() -> BTreeMap<String, Vec<u8>> {
    POLICIES.iter().map(|(path, text)| (format!("policies/{path}"), text.as_bytes().to_vec())).collect()
}

/// The tests of the built-in policies, by member path.
pub(super) fn built_in_tests() -> BTreeMap<String, Vec<u8>> {
    TESTS.iter().map(|(path, text)| (format!("policies/{path}"), text.as_bytes().to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_table_is_the_folder() {
        fn collect(folder: &Path, prefix: &str, into: &mut BTreeSet<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
                if entry.file_type().unwrap().is_dir() {
                    collect(&entry.path(), &format!("{path}/"), into);
                } else if entry.path().extension().is_some_and(|ending| ending == "rego" || ending == "json")
                {
                    into.insert(path);
                }
            }
        }
        let mut found = BTreeSet::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies"), "", &mut found);
        let table: BTreeSet<String> =
            POLICIES.iter().chain(TESTS).map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(table, found);
    }
}
