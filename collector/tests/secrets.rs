//! Secrets from where they are kept to the one request that needs them, and nowhere else: real runs of the program
//! against the embedded tenant, an emulation of AWS Secrets Manager, and doubles of what cannot be had here.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

use std::path::Path;

use collector::demo::tenant::{RunningTenant, Tenant, TenantConfig};
use serde_json::Value;

#[path = "secrets/crash.rs"]
mod crash;
#[path = "secrets/echo.rs"]
mod echo;
#[path = "secrets/faults.rs"]
mod faults;
#[path = "support/key_vault_double.rs"]
mod key_vault_double;
#[path = "secrets/managers.rs"]
mod managers;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/ministack.rs"]
mod ministack;
#[path = "secrets/nowhere.rs"]
mod nowhere;
#[expect(dead_code, reason = "shared with other tests, which use the rest")]
#[path = "support/place.rs"]
mod place;
#[path = "secrets/search.rs"]
mod search;
#[path = "secrets/tap.rs"]
mod tap;
#[path = "secrets/tls.rs"]
mod tls;

use place::{CONFIG, Place};

/// Every character that an encoding touches.
pub(crate) const SECRET: &str = r#"Kx7"q\9+/=&%zP canary-41"#;
const CLIENT: &str = "client-of-the-collector";

/// A place whose platform is a tenant that knows [`SECRET`].
pub(crate) struct Stage {
    pub(crate) place: Place,
    pub(crate) tenant: RunningTenant,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(SECRET)
    }

    /// A place whose platform is a tenant that knows `secret`.
    pub(crate) fn with(secret: &str) -> Self {
        let mut config = TenantConfig::new(7, 15);
        config.throttle = false;
        CLIENT.clone_into(&mut config.client_id);
        secret.clone_into(&mut config.client_secret);
        let mut tenant = Tenant::start(config).unwrap();
        tenant.set_day(1, "2026-05-01T08:00:00Z".parse().unwrap());
        let place = Place::new();
        for name in
            std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| is_azure(name))
        {
            // An empty variable counts as absent.
            place.set(&name, "");
        }
        let stage = Self { place, tenant };
        stage.platform_at(&stage.tenant.base_url());
        stage.setting("organization_id", &stage.tenant.organization_id());
        stage.setting("subdomain", stage.tenant.subdomain());
        stage.setting("client_id", CLIENT);
        stage
    }

    /// Speaks to the platform at `address` from now on.
    pub(crate) fn platform_at(&self, address: &str) {
        self.setting("api_base", address);
        self.setting("sign_in_base", address);
    }

    /// Gives the first setting of this name a value.
    pub(crate) fn setting(&self, name: &str, value: &str) {
        let path = self.place.path("collector.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let start = format!("{name} = ");
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
        std::fs::write(&path, text.replacen(line, &format!("{start}{value:?}"), 1)).unwrap();
    }

    /// Keeps the secret in a file of its owner alone, and names it.
    pub(crate) fn in_a_file(&self, text: &str) {
        let path = self.place.path("client-secret");
        std::fs::write(&path, text).unwrap();
        mode(&path, 0o600);
        self.setting("client_secret", "file:client-secret");
    }

    /// One cycle, and its report.
    #[track_caller]
    pub(crate) fn collect(&self) -> Value {
        let output = self.place.run(&[&["collect", "--format", "json"], &CONFIG[..]].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// A cycle that must seal a snapshot.
    #[track_caller]
    pub(crate) fn snapshot(&self) {
        let report = self.collect();
        assert_eq!(report["outcome"]["kind"], "sealed", "{report:#}");
    }

    /// A cycle that must seal a failure of signing in; its code and message.
    #[track_caller]
    pub(crate) fn failure(&self) -> (String, String) {
        let report = self.collect();
        let failure = &report["outcome"]["failure"];
        assert_eq!(failure["stage"], "sign_in", "{report:#}");
        (failure["code"].as_str().unwrap().to_owned(), failure["message"].as_str().unwrap().to_owned())
    }

    /// Standard error of a cycle that must not begin.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        self.place.refused(&[&["collect"], &CONFIG[..]].concat(), 2)
    }
}

fn is_azure(name: &str) -> bool {
    name.starts_with("AZURE_") || matches!(name, "IDENTITY_ENDPOINT" | "IDENTITY_HEADER")
}

/// Sets the permissions of a file.
pub(crate) fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}
