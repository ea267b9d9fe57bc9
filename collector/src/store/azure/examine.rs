//! The examination of a container: whether it can hold evidence, and what would make it hold it better.
//!
//! One thing is a must, without which nothing is ever written: version-level immutability, which Azure only has
//! where versioning is on. The rest is asked, told, and given with the command that mends it. How the account is set
//! only Azure Resource Manager knows, which is asked if `[azure] account_id` names the account.

use std::sync::Arc;

use reqwest::Url;
use serde_json::Value;
use verify_core::canon;
use verify_core::limits::Limits;

use super::{AzureStore, BlobFault};
use crate::azure::{Answer, Ask, CallFault, Pass, Patience};
use crate::store::StoreError;
use crate::store::examination::{Check, Examination};

/// Where the container says that policies on single versions are possible.
const VERSION_LEVEL: &str = "x-ms-immutable-storage-with-versioning-enabled";
/// What a container calls the key of its account.
const ACCOUNT_KEY: &str = "$account-encryption-key";
/// Bytes of the description of an account at most.
const LIMIT: u64 = 1 << 20;

impl AzureStore {
    /// Asks all questions. An error means that the container itself could not be asked.
    pub fn examine(&self) -> Result<Examination, StoreError> {
        let mut checks = match self.properties()? {
            Ok(container) => self.container_checks(&container),
            Err(fault) => vec![Check::unasked("version-level immutability", &fault, fault.hint()).must()],
        };
        checks.push(self.nothing_hidden()?);
        checks.extend(self.account_checks());
        Ok(Examination { place: self.settings.location.to_string(), checks })
    }

    /// Refuses a container that cannot hold evidence, or of which that is not to be learned.
    pub(super) fn must_have(&self) -> Result<(), StoreError> {
        let place = self.settings.location.container_url();
        let found = self.properties()?;
        let container =
            found.map_err(|source| StoreError::Azure { doing: "examine", place: place.clone(), source })?;
        if container.header(VERSION_LEVEL) == Some("true") {
            return Ok(());
        }
        let lack = "version-level immutability is not enabled".to_owned();
        Err(StoreError::Unfit { place, lack, mend: format!("run: {}", self.enable_immutability()) })
    }

    fn properties(&self) -> Result<Result<Answer, BlobFault>, StoreError> {
        let container = Arc::clone(&self.container);
        self.wait(0, async move { container.properties().await })
    }

    fn container_checks(&self, container: &Answer) -> Vec<Check> {
        let (account, name) = (self.settings.location.account(), self.settings.location.container());
        let immutable = container.header(VERSION_LEVEL) == Some("true");
        let found = if immutable { "enabled" } else { "not enabled" };
        let immutability =
            Check::of("version-level immutability", immutable, found, || self.enable_immutability()).must();
        let public = container.header("x-ms-blob-public-access");
        let found =
            public.map_or_else(|| "blocked".to_owned(), |level| format!("open to everybody ({level})"));
        let public = Check::of("public access", public.is_none(), found, || {
            format!(
                "az storage container set-permission --account-name {account} --name {name} --public-access off --auth-mode login"
            )
        });
        vec![immutability, public, self.scope_check(container)]
    }

    fn scope_check(&self, container: &Answer) -> Check {
        let name = "encryption scope";
        let account = self.settings.location.account();
        let default = container.header("x-ms-default-encryption-scope").filter(|scope| *scope != ACCOUNT_KEY);
        let forced = container.header("x-ms-deny-encryption-scope-override") == Some("true");
        match (&self.settings.encryption_scope, default) {
            (Some(scope), Some(default)) if forced && default != scope.as_str() => {
                let found = format!("the container forces {default} and refuses {}", scope.as_str());
                Check::of(name, false, found, || format!("name it: [store] encryption_scope = \"{default}\""))
            }
            (Some(scope), _) => {
                Check::of(name, true, format!("{} on every blob", scope.as_str()), String::new)
            }
            (None, Some(default)) => Check::of(name, true, format!("{default} by default"), String::new),
            (None, None) => Check::of(name, false, "none: the key of the account encrypts", || {
                format!(
                    "az storage account encryption-scope create --account-name {account} --name evidence --key-source \
                     Microsoft.KeyVault --key-uri KEY-URI, and name it: [store] encryption_scope = \"evidence\""
                )
            }),
        }
    }

    /// Whether anything was put over, or taken from, what counts.
    fn nothing_hidden(&self) -> Result<Check, StoreError> {
        let name = "nothing hidden";
        let prefix = self.settings.location.prefix();
        let container = Arc::clone(&self.container);
        let standing = match self.wait(0, async move { container.standing(&prefix).await })? {
            Ok(standing) => standing,
            Err(fault) => return Ok(Check::unasked(name, &fault, fault.hint())),
        };
        let odd = standing.iter().find(|(_, standing)| standing.versions != 1 || standing.deleted != 0);
        let found = match odd {
            None => format!("{} blobs, each of them the only version of its name", standing.len()),
            Some((key, odd)) => format!(
                "{} has {} versions, {} of them deleted",
                self.settings.location.url_of(key),
                odd.versions,
                odd.deleted
            ),
        };
        Ok(Check::of(name, odd.is_none(), found, || {
            "the first version counts and is kept; find out who wrote over it (storage logs), and run `verifier verify`"
                .to_owned()
        }))
    }

    fn account_checks(&self) -> Vec<Check> {
        let names = ["TLS only", "account's public access", "customer-managed key"];
        let own = self.settings.location.account();
        let unasked = |why: &dyn std::fmt::Display, mend: &str| {
            names.map(|name| Check::unasked(name, why, mend)).to_vec()
        };
        let show = format!("az storage account show --name {own} --query id");
        let Some((management, id)) = &self.account else {
            let mend = format!("name the account: [azure] account_id = …, which `{show}` prints");
            return unasked(&"only Azure Resource Manager knows, and no account_id is configured", &mend);
        };
        if !id.ends_with(&format!("/{own}")) {
            return unasked(
                &format_args!("{id} is another account"),
                &format!("`{show}` prints the right one"),
            );
        }
        match self.account(management, id) {
            Err(fault) => unasked(
                &format_args!("Azure Resource Manager {fault}"),
                "permit the role Reader on the storage account to the collector",
            ),
            Ok(account) => judged(&account, own),
        }
    }

    fn account(&self, management: &str, id: &str) -> Result<Value, CallFault> {
        let mut url = Url::parse(&format!("{management}{id}")).map_err(|_odd| CallFault::Form)?;
        url.query_pairs_mut().append_pair("api-version", "2023-05-01");
        let pass = Pass::Token(format!("{management}/.default"));
        let answer = self.access.send(Ask::get(url, LIMIT), pass, Patience::SHORT)?;
        canon::read(&answer.body, &Limits::default()).map_err(|_odd| CallFault::Form)
    }

    fn enable_immutability(&self) -> String {
        let (account, name) = (self.settings.location.account(), self.settings.location.container());
        format!(
            "az storage account blob-service-properties update --account-name {account} --enable-versioning true && az \
             storage container-rm migrate-vlw --storage-account {account} --name {name}"
        )
    }
}

/// What the description of the account says of transport, publicity and keys.
fn judged(account: &Value, name: &str) -> Vec<Check> {
    let told = |pointer: &str| account.pointer(&format!("/properties/{pointer}"));
    let text = |pointer: &str| told(pointer).and_then(Value::as_str).unwrap_or("not told").to_owned();
    let update = |setting: &str| format!("az storage account update --name {name} {setting}");
    let https = told("supportsHttpsTrafficOnly") == Some(&Value::Bool(true));
    let tls = text("minimumTlsVersion");
    let private = told("allowBlobPublicAccess") == Some(&Value::Bool(false));
    let source = text("encryption/keySource");
    let found = format!("{}, least version {tls}", if https { "https alone" } else { "http is let in" });
    vec![
        Check::of("TLS only", https && matches!(tls.as_str(), "TLS1_2" | "TLS1_3"), found, || {
            update("--https-only true --min-tls-version TLS1_2")
        }),
        Check::of(
            "account's public access",
            private,
            if private { "blocked" } else { "not blocked" },
            || update("--allow-blob-public-access false"),
        ),
        Check::of(
            "customer-managed key",
            source.eq_ignore_ascii_case("Microsoft.Keyvault"),
            format!("key source {source}"),
            || {
                update(
                    "--encryption-key-source Microsoft.Keyvault --encryption-key-vault VAULT-URI --encryption-key-name NAME",
                )
            },
        ),
    ]
}
