//! The services a chain leans on: where its key is, how AWS is reached, who stamps. And addresses.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::super::{AwsConfig, ConfigError, TimestampConfig};
use super::Text;
use crate::aws::keeps_to_itself;
use crate::notes::told;
use crate::secret::{SecretError, SecretSource};
use crate::signing::KeySource;

const LONGEST_TIMEOUT: u32 = 60;
const USUAL_TIMEOUT: u32 = 10;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSigning {
    pub(super) key: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTimestamp {
    url: Option<Spanned<String>>,
    timeout_seconds: Option<Spanned<u32>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAws {
    region: Option<Spanned<String>>,
    profile: Option<Spanned<String>>,
    endpoint_url: Option<Spanned<String>>,
}

impl Text<'_> {
    /// Credentials travel to these addresses: TLS, except to this machine itself.
    pub(super) fn address(
        &self,
        value: Option<&Spanned<String>>,
        name: &str,
    ) -> Result<Option<String>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        let text = self.short(value, name)?;
        let url = reqwest::Url::parse(&text).map_err(|error| {
            let message = format!("{name} holds {text:?}, which is no address: {error}");
            self.refuse(&value.span(), &message, "write it like https://api.example.com")
        })?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
        if keeps_to_itself(&url) && plain && url.fragment().is_none() {
            return Ok(Some(text.trim_end_matches('/').to_owned()));
        }
        let message = format!("{name} holds {text:?}, expected https without user, query or fragment");
        Err(self.refuse(&value.span(), &message, "plain http is accepted for 127.0.0.1 only"))
    }

    pub(super) fn client_secret(&self, value: &Spanned<String>) -> Result<SecretSource, ConfigError> {
        let text = self.short(value, "identity.client_secret")?;
        let source = text.parse::<SecretSource>().map_err(|error| {
            // The value may be the secret itself: it is not repeated, and neither is what stands before a colon in it.
            let told = match error {
                SecretError::Source { .. } => "it is no reference to a secret".to_owned(),
                other => told(&other),
            };
            let hint = "write file:/run/secrets/collector, aws-secretsmanager:NAME, azure-keyvault:ADDRESS or \
                        env:COLLECTOR_SECRET; the secret itself never stands here";
            self.refuse(&value.span(), &format!("identity.client_secret: {told}"), hint)
        })?;
        Ok(source.resolved(self.path.parent().unwrap_or(Path::new(""))))
    }

    pub(super) fn signing_key(
        &self,
        value: Option<&Spanned<String>>,
    ) -> Result<Option<KeySource>, ConfigError> {
        let Some(value) = value else { return Ok(None) };
        let source = self.short(value, "signing.key")?.parse::<KeySource>().map_err(|error| {
            // The value may be the key itself: it is not repeated.
            let hint = "write file:keys/log.key or aws-kms:alias/evidence; the key itself never stands here";
            self.refuse(&value.span(), &format!("signing.key: {}", told(&error)), hint)
        })?;
        Ok(Some(source.resolved(self.path.parent().unwrap_or(Path::new("")))))
    }

    pub(super) fn timestamp(&self, raw: &RawTimestamp) -> Result<Option<TimestampConfig>, ConfigError> {
        let timeout_seconds = raw.timeout_seconds.as_ref().map_or(USUAL_TIMEOUT, |value| *value.get_ref());
        if let Some(value) = &raw.timeout_seconds
            && !(1..=LONGEST_TIMEOUT).contains(&timeout_seconds)
        {
            let message =
                format!("timestamp.timeout_seconds is {timeout_seconds}, expected 1 to {LONGEST_TIMEOUT}");
            return Err(self.refuse(&value.span(), &message, "10 is usual"));
        }
        let Some(value) = &raw.url else { return Ok(None) };
        let text = self.short(value, "timestamp.url")?;
        let hint = "write it like http://timestamp.example.com; answers are signed, so http is enough";
        let url = reqwest::Url::parse(&text).map_err(|error| {
            let message = format!("timestamp.url holds {text:?}, which is no address: {error}");
            self.refuse(&value.span(), &message, hint)
        })?;
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        if plain && matches!(url.scheme(), "http" | "https") && url.has_host() {
            return Ok(Some(TimestampConfig { url, timeout_seconds }));
        }
        // A user or password in it is not repeated.
        Err(self.refuse(&value.span(), &"timestamp.url is no plain http or https address", hint))
    }

    pub(super) fn aws(&self, raw: &RawAws) -> Result<AwsConfig, ConfigError> {
        let word =
            |value: Option<&Spanned<String>>, name| value.map(|value| self.word(value, name)).transpose();
        Ok(AwsConfig {
            region: word(raw.region.as_ref(), "aws.region")?,
            profile: word(raw.profile.as_ref(), "aws.profile")?,
            endpoint_url: self.address(raw.endpoint_url.as_ref(), "aws.endpoint_url")?,
        })
    }
}
