//! Who asks: a client secret, a federated token, or the managed identity of the machine, in this order.
//!
//! The configuration comes before the environment. The names are those that Azure's own tools read:
//! `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`, `AZURE_FEDERATED_TOKEN_FILE`, `AZURE_AUTHORITY_HOST`,
//! `AZURE_POD_IDENTITY_AUTHORITY_HOST`, and for App Service and Container Apps `IDENTITY_ENDPOINT` and
//! `IDENTITY_HEADER`. A person's own sign-in (`az login`) is not used: a service identity reads.

use std::fmt;
use std::path::PathBuf;

use reqwest::Url;
use zeroize::Zeroizing;

use super::AzureError;
use crate::aws::keeps_to_itself;
use crate::config::AzureConfig;
use crate::secret::{Secret, one_line};

/// Where tokens come from in the public cloud.
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// Where a virtual machine asks for its own token.
const METADATA: &str = "http://169.254.169.254";

/// The variables of the environment, by name; empty ones count as absent.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Who asks, and where for a token.
pub(super) enum Identity {
    /// An application of Microsoft Entra ID.
    Application { token_url: Url, client_id: String, proof: Proof },
    /// The machine: a virtual machine's metadata service.
    Machine { url: Url, client_id: Option<String> },
    /// The machine: the service that App Service and Container Apps run beside a program.
    Hosted { url: Url, header: Secret, client_id: Option<String> },
}

/// What an application proves itself with.
pub(super) enum Proof {
    /// A client secret.
    Secret(Secret),
    /// A file with a token of another issuer; it is renewed by the platform, and read for every token.
    Federated(PathBuf),
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application { client_id, proof, .. } => {
                let proof = match proof {
                    Proof::Secret(_) => "client secret",
                    Proof::Federated(_) => "federated token",
                };
                write!(f, "application {client_id} by {proof}")
            }
            Self::Machine { .. } => f.write_str("managed identity"),
            Self::Hosted { .. } => f.write_str("managed identity of the host"),
        }
    }
}

impl Identity {
    /// Finds out who asks.
    pub(super) fn find(config: &AzureConfig, environment: Environment<'_>) -> Result<Self, AzureError> {
        let tenant = config.tenant_id.clone().or_else(|| environment("AZURE_TENANT_ID"));
        let client = config.client_id.clone().or_else(|| environment("AZURE_CLIENT_ID"));
        let proof = match &config.client_secret {
            Some(source) => Some(Proof::Secret(source.load_here().map_err(AzureError::Secret)?)),
            None => match environment("AZURE_CLIENT_SECRET") {
                Some(text) => {
                    let text = Zeroizing::new(text);
                    let secret = one_line(&text, "environment variable AZURE_CLIENT_SECRET");
                    Some(Proof::Secret(secret.map_err(AzureError::Secret)?))
                }
                None => environment("AZURE_FEDERATED_TOKEN_FILE").map(|path| Proof::Federated(path.into())),
            },
        };
        if let Some(proof) = proof {
            let (Some(tenant), Some(client_id)) = (tenant, client) else {
                return Err(AzureError::Identity(
                    "an Azure identity is named by a secret or a federated token, but not by tenant and client",
                ));
            };
            if !is_name(&tenant) || !is_name(&client_id) {
                return Err(AzureError::Identity("tenant or client of Azure hold characters that no id has"));
            }
            let host = config
                .authority_host
                .clone()
                .or_else(|| environment("AZURE_AUTHORITY_HOST"))
                .unwrap_or_else(|| AUTHORITY.to_owned());
            let host = host.trim_end_matches('/');
            let token_url = trusted(&format!("{host}/{tenant}/oauth2/v2.0/token"), "AZURE_AUTHORITY_HOST")?;
            return Ok(Self::Application { token_url, client_id, proof });
        }
        if let (Some(url), Some(header)) = (environment("IDENTITY_ENDPOINT"), environment("IDENTITY_HEADER"))
        {
            let url = trusted(&url, "IDENTITY_ENDPOINT")?;
            return Ok(Self::Hosted { url, header: Secret::new(header), client_id: client });
        }
        let base = environment("AZURE_POD_IDENTITY_AUTHORITY_HOST").unwrap_or_else(|| METADATA.to_owned());
        let text = format!("{}/metadata/identity/oauth2/token", base.trim_end_matches('/'));
        let url = if base == METADATA {
            Url::parse(&text).map_err(|_odd| AzureError::Client)?
        } else {
            trusted(&text, "AZURE_POD_IDENTITY_AUTHORITY_HOST")?
        };
        Ok(Self::Machine { url, client_id: client })
    }
}

/// An id or a domain: what cannot change the meaning of an address.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

fn trusted(text: &str, variable: &'static str) -> Result<Url, AzureError> {
    match Url::parse(text) {
        Ok(url) if keeps_to_itself(&url) => Ok(url),
        _ => Err(AzureError::PlainHttp(variable)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<String, AzureError> {
        let environment = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Identity::find(&AzureConfig::default(), &environment).map(|identity| format!("{identity:?}"))
    }

    #[test]
    fn a_secret_comes_before_a_federated_token_and_both_before_the_machine() {
        let (tenant, client) = (("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"));
        let (secret, file) = (("AZURE_CLIENT_SECRET", "hunter2"), ("AZURE_FEDERATED_TOKEN_FILE", "/token"));
        let host = [("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi"), ("IDENTITY_HEADER", "hunter2")];
        assert_eq!(found(&[tenant, client, secret, file]).unwrap(), "application c by client secret");
        assert_eq!(
            found(&[tenant, client, file, host[0], host[1]]).unwrap(),
            "application c by federated token"
        );
        assert_eq!(found(&host).unwrap(), "managed identity of the host");
        assert_eq!(found(&[client]).unwrap(), "managed identity");
    }

    #[test]
    fn half_an_identity_and_addresses_in_the_clear_are_refused() {
        let (client, secret) = (("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "hunter2"));
        assert!(matches!(found(&[client, secret]), Err(AzureError::Identity(_))));
        assert!(matches!(
            found(&[client, secret, ("AZURE_TENANT_ID", "t/../x")]),
            Err(AzureError::Identity(_))
        ));
        let authority =
            [client, secret, ("AZURE_TENANT_ID", "t"), ("AZURE_AUTHORITY_HOST", "http://login.example.com")];
        assert!(matches!(found(&authority), Err(AzureError::PlainHttp("AZURE_AUTHORITY_HOST"))));
        let host = [("IDENTITY_ENDPOINT", "http://10.0.0.1/msi"), ("IDENTITY_HEADER", "h")];
        assert!(matches!(found(&host), Err(AzureError::PlainHttp("IDENTITY_ENDPOINT"))));
    }
}
