//! The file as it is written, and its checks. Every checked value keeps its place in the text.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use verify_core::model::{Origin, Schedule};
use verify_core::schedule::Slots;
use verify_core::time::UtcTime;

use super::{Config, ConfigError, GenesisApproval, Identity, RuleSources, Source, TenantConfig};

mod azure;
mod services;
mod store;

use azure::RawAzure;
use services::{RawAws, RawSigning, RawTimestamp};
use store::RawStore;

/// Bytes of a configuration file.
pub(super) const LARGEST: usize = 1 << 20;
/// A slot may be answered up to this long after its time: longer, and days would overlap.
const LONGEST_TOLERANCE: u32 = 24 * 3_600;
const LONGEST_PROPAGATION_WAIT: u32 = 3_600;
/// Nine years hold every date, 29 February included.
const SEARCHED_SECONDS: i64 = 9 * 366 * 86_400;
const BUILT_IN: &str = "built-in";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    origin: Spanned<String>,
    tenant: RawTenant,
    identity: RawIdentity,
    schedule: RawSchedule,
    rules: RawRules,
    #[serde(default)]
    inputs: RawInputs,
    store: RawStore,
    #[serde(default)]
    signing: RawSigning,
    #[serde(default)]
    aws: RawAws,
    #[serde(default)]
    azure: RawAzure,
    #[serde(default)]
    timestamp: RawTimestamp,
    genesis: RawGenesis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTenant {
    region: Spanned<String>,
    organization_id: Spanned<String>,
    subdomain: Spanned<String>,
    domain: Spanned<String>,
    api_base: Option<Spanned<String>>,
    sign_in_base: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIdentity {
    service_account_id: Spanned<String>,
    client_id: Spanned<String>,
    client_secret: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSchedule {
    cycle: Spanned<String>,
    cron: Spanned<String>,
    tolerance_seconds: Spanned<u32>,
    #[serde(default)]
    propagation_wait_seconds: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRules {
    profile: Spanned<String>,
    schemas: Spanned<String>,
    policies: Spanned<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawInputs {
    folder: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGenesis {
    approved_by: Spanned<String>,
    ticket: Spanned<String>,
    reason: Spanned<String>,
}

/// The text a refusal points into.
struct Text<'a> {
    text: &'a str,
    path: &'a Path,
}

pub(super) fn check(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let raw: RawConfig = toml::from_str(text).map_err(|error| ConfigError::syntax(path, text, &error))?;
    let at = Text { text, path };
    let store = at.store(&raw.store)?;
    let origin = raw.origin.get_ref().parse::<Origin>().map_err(|error| {
        at.refuse(&raw.origin.span(), &error, "write it like evidence.example.com/acme-corp/production")
    })?;
    let profile = at.short(&raw.rules.profile, "rules.profile")?;
    Ok(Config {
        origin,
        cycle: at.word(&raw.schedule.cycle, "schedule.cycle")?,
        tenant: at.tenant(&raw.tenant)?,
        identity: at.identity(&raw.identity)?,
        schedule: at.schedule(&raw.schedule)?,
        propagation_wait_seconds: at.propagation_wait(raw.schedule.propagation_wait_seconds.as_ref())?,
        rules: RuleSources {
            profile: if profile.contains(['/', '\\', '.']) {
                Source::Path(at.resolve(&profile))
            } else {
                Source::BuiltIn(profile)
            },
            schemas: at.source(&raw.rules.schemas, "rules.schemas")?,
            policies: at.source(&raw.rules.policies, "rules.policies")?,
        },
        inputs: match &raw.inputs.folder {
            Some(folder) => Some(at.resolve(&at.short(folder, "inputs.folder")?)),
            None => None,
        },
        store,
        spool: at.spool(&raw.store)?,
        signing_key: at.signing_key(raw.signing.key.as_ref())?,
        aws: at.aws(&raw.aws)?,
        azure: at.azure(&raw.azure)?,
        timestamp: at.timestamp(&raw.timestamp)?,
        genesis: GenesisApproval {
            approved_by: at.short(&raw.genesis.approved_by, "genesis.approved_by")?,
            ticket: at.short(&raw.genesis.ticket, "genesis.ticket")?,
            reason: at.short(&raw.genesis.reason, "genesis.reason")?,
        },
    })
}

impl Text<'_> {
    fn refuse(&self, span: &Range<usize>, message: &dyn std::fmt::Display, hint: &str) -> ConfigError {
        ConfigError::value(self.path, self.text, span, message.to_string(), hint)
    }

    fn resolve(&self, text: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(text)
    }

    /// A text people wrote: something, not endless, no control characters.
    fn short(&self, value: &Spanned<String>, name: &str) -> Result<String, ConfigError> {
        let text = value.get_ref();
        if text.trim().is_empty() {
            return Err(self.refuse(&value.span(), &format!("{name} is empty"), "give it a value"));
        }
        if text.chars().count() > 500 || text.chars().any(char::is_control) {
            let message = format!("{name} is longer than 500 characters or holds control characters");
            return Err(self.refuse(&value.span(), &message, "write one short line"));
        }
        Ok(text.clone())
    }

    /// An identifier that ends up in names.
    fn word(&self, value: &Spanned<String>, name: &str) -> Result<String, ConfigError> {
        let text = self.short(value, name)?;
        let plain = text.len() <= 64
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
        if plain {
            Ok(text)
        } else {
            let message = format!("{name} holds {text:?}, expected 1 to 64 characters of A-Z a-z 0-9 . _ -");
            Err(self.refuse(&value.span(), &message, "use a plain identifier"))
        }
    }

    fn source(&self, value: &Spanned<String>, name: &str) -> Result<Source, ConfigError> {
        let text = self.short(value, name)?;
        Ok(if text == BUILT_IN { Source::BuiltIn(text) } else { Source::Path(self.resolve(&text)) })
    }

    fn tenant(&self, raw: &RawTenant) -> Result<TenantConfig, ConfigError> {
        let domain = self.short(&raw.domain, "tenant.domain")?;
        let plain = domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        if !plain {
            let message = format!("tenant.domain holds {domain:?}, expected a host name");
            return Err(self.refuse(
                &raw.domain.span(),
                &message,
                "write it like mypurecloud.com, without https://",
            ));
        }
        Ok(TenantConfig {
            region: self.short(&raw.region, "tenant.region")?,
            organization_id: self.short(&raw.organization_id, "tenant.organization_id")?,
            subdomain: self.short(&raw.subdomain, "tenant.subdomain")?,
            domain,
            api_base: self.address(raw.api_base.as_ref(), "tenant.api_base")?,
            sign_in_base: self.address(raw.sign_in_base.as_ref(), "tenant.sign_in_base")?,
        })
    }

    fn identity(&self, raw: &RawIdentity) -> Result<Identity, ConfigError> {
        Ok(Identity {
            service_account_id: self.short(&raw.service_account_id, "identity.service_account_id")?,
            client_id: self.short(&raw.client_id, "identity.client_id")?,
            client_secret: self.client_secret(&raw.client_secret)?,
        })
    }

    fn schedule(&self, raw: &RawSchedule) -> Result<Schedule, ConfigError> {
        let tolerance = *raw.tolerance_seconds.get_ref();
        if tolerance == 0 || tolerance > LONGEST_TOLERANCE {
            let message =
                format!("schedule.tolerance_seconds is {tolerance}, expected 1 to {LONGEST_TOLERANCE}");
            return Err(self.refuse(&raw.tolerance_seconds.span(), &message, "14400 is four hours"));
        }
        let schedule = Schedule {
            cron: raw.cron.get_ref().clone(),
            timezone: "UTC".to_owned(),
            tolerance_seconds: tolerance,
        };
        let hint = "write it like \"0 8 * * *\": every day at 08:00 UTC";
        let slots = Slots::new(&schedule)
            .map_err(|error| self.refuse(&raw.cron.span(), &format!("schedule.cron: {error}"), hint))?;
        let start = UtcTime::from_unix(0);
        if slots.between(start, start.plus_seconds(SEARCHED_SECONDS)).next().is_none() {
            return Err(self.refuse(&raw.cron.span(), &"schedule.cron: no day ever matches", hint));
        }
        Ok(schedule)
    }

    fn propagation_wait(&self, value: Option<&Spanned<u32>>) -> Result<u32, ConfigError> {
        let Some(value) = value else { return Ok(0) };
        let seconds = *value.get_ref();
        if seconds <= LONGEST_PROPAGATION_WAIT {
            return Ok(seconds);
        }
        let message = format!(
            "schedule.propagation_wait_seconds is {seconds}, expected 0 to {LONGEST_PROPAGATION_WAIT}"
        );
        Err(self.refuse(&value.span(), &message, "300 is five minutes"))
    }
}
