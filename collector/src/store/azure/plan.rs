//! Ready text for a container that holds evidence: calls of the Azure command line.
//!
//! They make the account (TLS only, no public access, no shared keys, versioning), the container with version-level
//! immutability, the encryption scope if one is named, a role for the collector and assignments for it and an auditor.
//! The role cannot delete a blob. Azure knows one permission for everything about policies and holds, so it can end a
//! hold and an Unlocked policy; nobody can end a Locked one.

use serde_json::json;

use super::AzureSettings;

const SCRIPT: &str = include_str!("plan/container.sh");

/// The plan for the container of `settings`.
#[must_use]
pub fn plan(settings: &AzureSettings) -> String {
    let account = settings.location.account();
    let scope = settings.encryption_scope.as_ref().map_or_else(String::new, |scope| {
        format!(
            "# Encrypts every blob, under the key that KEY_URI names in Key Vault; the account's own identity reads it.\n\
             az storage account encryption-scope create --account-name {account} --resource-group \"$RESOURCE_GROUP\" \\\n  \
             --name {} --key-source Microsoft.KeyVault --key-uri \"$KEY_URI\" --output none\n",
            scope.as_str()
        )
    });
    let (mode, days) =
        settings.immutability.map_or(("", 0), |terms| (terms.mode.as_str(), terms.retention_days));
    let values = [
        ("location", settings.location.to_string()),
        ("account", account.to_owned()),
        ("container", settings.location.container().to_owned()),
        ("mode", mode.to_owned()),
        ("days", days.to_string()),
        ("scope", scope),
        ("collector", role(account)),
    ];
    values
        .into_iter()
        .fold(SCRIPT.to_owned(), |text, (name, value)| text.replace(&format!("@{name}@"), &value))
}

/// What a collector needs, as the reference of the operations says.
fn role(account: &str) -> String {
    let containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
    let role = json!({
        "Name": format!("Evidence collector {account}"),
        "Description": "Reads and adds blobs under immutability policies, and deletes nothing",
        "Actions": [format!("{containers}/read")],
        "DataActions": [
            format!("{containers}/blobs/read"),
            format!("{containers}/blobs/add/action"),
            format!("{containers}/blobs/write"),
            format!("{containers}/blobs/immutableStorage/runAsSuperUser/action"),
        ],
        "AssignableScopes": ["$account"]
    });
    // A value of this kind always has a text.
    serde_json::to_string_pretty(&role).unwrap_or_else(|_| role.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{Immutability, PolicyMode};
    use super::*;

    fn settings(scope: Option<&str>) -> AzureSettings {
        AzureSettings {
            location: "https://acme.blob.core.windows.net/evidence/soc2".parse().unwrap(),
            immutability: Some(Immutability {
                mode: PolicyMode::Locked,
                retention_days: 400,
                legal_hold: false,
            }),
            access_tier: "Hot".parse().unwrap(),
            encryption_scope: scope.map(|scope| scope.parse().unwrap()),
        }
    }

    #[test]
    fn the_role_cannot_delete_a_blob() {
        let role: serde_json::Value = serde_json::from_str(&role("acme")).unwrap();
        let all =
            [&role["Actions"], &role["DataActions"]].map(|list| list.as_array().unwrap().clone()).concat();
        assert_eq!(all.len(), 5);
        for action in all {
            let action = action.as_str().unwrap();
            assert!(!action.contains('*') && !action.contains("delete"), "{action}");
        }
    }

    #[test]
    fn every_name_is_filled_in_and_a_shell_can_read_it() {
        for (scope, words) in [(None, "account_id"), (Some("evidence-key"), "--name evidence-key")] {
            let text = plan(&settings(scope));
            let left =
                ["@account@", "@container@", "@scope@", "@mode@", "@days@", "@collector@", "@location@"];
            assert!(left.iter().all(|name| !text.contains(name)), "{text}");
            assert!(text.contains("A locked policy of 400 days") && text.contains(words), "{text}");
            assert!(text.contains("--name evidence --public-access off --enable-vlw true"), "{text}");
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("plan.sh"), &text).unwrap();
            let read = std::process::Command::new("sh")
                .arg("-n")
                .arg(folder.path().join("plan.sh"))
                .output()
                .unwrap();
            assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        }
    }
}
