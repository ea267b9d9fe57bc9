//! How Azure is reached: who asks, by which secret, and where.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::super::{AzureConfig, ConfigError};
use super::Text;
use crate::notes::told;
use crate::secret::SecretSource;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAzure {
    tenant_id: Option<Spanned<String>>,
    client_id: Option<Spanned<String>>,
    client_secret: Option<Spanned<String>>,
    sas: Option<Spanned<String>>,
    authority_host: Option<Spanned<String>>,
    account_id: Option<Spanned<String>>,
    management_url: Option<Spanned<String>>,
}

impl Text<'_> {
    pub(super) fn azure(&self, raw: &RawAzure) -> Result<AzureConfig, ConfigError> {
        let word =
            |value: Option<&Spanned<String>>, name| value.map(|value| self.word(value, name)).transpose();
        Ok(AzureConfig {
            tenant_id: word(raw.tenant_id.as_ref(), "azure.tenant_id")?,
            client_id: word(raw.client_id.as_ref(), "azure.client_id")?,
            client_secret: self.plain_source(raw.client_secret.as_ref(), "azure.client_secret")?,
            sas: self.plain_source(raw.sas.as_ref(), "azure.sas")?,
            authority_host: self.address(raw.authority_host.as_ref(), "azure.authority_host")?,
            account_id: self.account_id(raw.account_id.as_ref())?,
            management_url: self.address(raw.management_url.as_ref(), "azure.management_url")?,
        })
    }

    /// A secret on this machine: what opens the vaults cannot lie in one.
    fn plain_source(
        &self,
        value: Option<&Spanned<String>>,
        name: &str,
    ) -> Result<Option<SecretSource>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        // The value may be the secret itself: neither it nor its length is repeated.
        let hint = "write file:PATH or env:NAME; the secret itself never stands here";
        let source = value
            .get_ref()
            .parse::<SecretSource>()
            .map_err(|error| self.refuse(&value.span(), &format!("{name}: {}", told(&error)), hint))?;
        if let SecretSource::File(path) = source {
            return Ok(Some(SecretSource::File(self.path.parent().unwrap_or(Path::new("")).join(path))));
        }
        if matches!(source, SecretSource::Environment(_)) {
            return Ok(Some(source));
        }
        Err(self.refuse(&value.span(), &format!("{name} must be on this machine"), hint))
    }

    /// `/subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Storage/storageAccounts/NAME`.
    fn account_id(&self, value: Option<&Spanned<String>>) -> Result<Option<String>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        let text = self.short(value, "azure.account_id")?;
        let parts: Vec<&str> = text.split('/').collect();
        let plain = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '(' | ')'))
        };
        let fits = matches!(
            parts.as_slice(),
            [
                "",
                "subscriptions",
                _,
                "resourceGroups",
                _,
                "providers",
                "Microsoft.Storage",
                "storageAccounts",
                _
            ]
        ) && parts.iter().skip(1).all(plain);
        if fits {
            return Ok(Some(text));
        }
        let message =
            format!("azure.account_id holds {text:?}, which is no resource id of a storage account");
        Err(self.refuse(
            &value.span(),
            &message,
            "`az storage account show --name NAME --query id` prints it",
        ))
    }
}
