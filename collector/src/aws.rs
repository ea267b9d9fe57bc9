//! AWS: one way to reach its services, for whoever keeps a key or evidence there.
//!
//! Who asks and which region is asked follow AWS's own order (environment, profile files, web identity,
//! container or instance role); the configuration may name region, profile and endpoint. Every call has
//! a time-out and few repetitions. The rest of this program is not asynchronous where it seals, so calls
//! run on a thread of their own and are waited for. A request over plain http to another machine is
//! refused, wherever its address was set. Nothing is logged, no proxy is used, and no text of a service
//! is repeated ([`CallError`]).

use std::error::Error;
use std::future::Future;
use std::io;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::config::AwsConfig;
use crate::thread::{Thread, Unfinished};

mod call;

pub use call::CallError;

const CONNECT: Duration = Duration::from_secs(3);
/// One attempt, from its first byte to the last.
const ATTEMPT: Duration = Duration::from_secs(5);
/// All attempts of a call and the pauses between them.
const CALL: Duration = Duration::from_secs(15);
const ATTEMPTS: u32 = 3;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// What a caller waits for at most, the search for region and credentials included.
const PATIENCE: Duration = Duration::from_secs(30);

/// Characters of an ARN at most.
const LONGEST_REFERENCE: usize = 2_048;

/// Why AWS cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// The system gives no thread.
    #[error("no thread can be started for calls to AWS")]
    Thread(#[source] io::Error),
    /// Nothing says which region to ask.
    #[error("no AWS region is known: neither the configuration nor the environment nor a profile names one")]
    Region,
    /// Longer than anybody waits.
    #[error("AWS was not to be reached in time")]
    Late,
    /// The call ended without a result.
    #[error("a call to AWS ended without a result")]
    Stopped,
}

/// Access to AWS: settings and credentials, and the thread on which calls run.
#[derive(Debug)]
pub struct Aws {
    sdk: SdkConfig,
    thread: Thread,
}

impl Aws {
    /// Finds settings and credentials. Nothing is asked of any service yet.
    pub fn connect(config: &AwsConfig) -> Result<Self, AwsError> {
        Self::begin(config, None)
    }

    /// As [`connect`](Self::connect), with credentials that are at hand already.
    pub fn connect_as(config: &AwsConfig, credentials: Credentials) -> Result<Self, AwsError> {
        Self::begin(config, Some(credentials))
    }

    fn begin(config: &AwsConfig, credentials: Option<Credentials>) -> Result<Self, AwsError> {
        let thread = Thread::start("aws").map_err(AwsError::Thread)?;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .read_timeout(ATTEMPT)
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(CALL)
            .build();
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(LONGEST_PAUSE);
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                    .build_https(),
            )
            .timeout_config(timeouts)
            .retry_config(retries);
        if let Some(credentials) = credentials {
            loader = loader.credentials_provider(credentials);
        }
        if let Some(region) = &config.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(profile) = &config.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &config.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let sdk = thread.wait(PATIENCE, async move { loader.load().await })?;
        let sdk = match &config.profile {
            Some(profile) => as_profile(sdk, profile),
            None => sdk,
        };
        Ok(Self { sdk, thread })
    }

    /// Settings for the client of a service.
    #[must_use]
    pub const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The region of the thing named `reference`: that of its ARN, or else the configured one.
    pub fn region_for(&self, reference: &str) -> Result<Region, AwsError> {
        match arn_region(reference) {
            Some(region) => Ok(Region::new(region.to_owned())),
            None => self.sdk.region().cloned().ok_or(AwsError::Region),
        }
    }

    /// Runs `call` and waits for its end, from a task of another runtime too.
    pub fn wait<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, AwsError> {
        Ok(self.thread.wait(PATIENCE, call)?)
    }

    /// As [`wait`](Self::wait), for as long as `patience`: a package takes longer than a signature.
    pub fn wait_for<T: Send + 'static>(
        &self,
        patience: Duration,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, AwsError> {
        Ok(self.thread.wait(patience, call)?)
    }
}

impl From<Unfinished> for AwsError {
    fn from(unfinished: Unfinished) -> Self {
        match unfinished {
            Unfinished::Late => Self::Late,
            Unfinished::Stopped => Self::Stopped,
        }
    }
}

/// The profile that was named speaks, also where the environment holds credentials of somebody else: as with AWS's
/// own tools.
fn as_profile(sdk: SdkConfig, profile: &str) -> SdkConfig {
    let mut settings = ProviderConfig::default().with_region(sdk.region().cloned());
    if let Some(client) = sdk.http_client() {
        settings = settings.with_http_client(client);
    }
    let credentials =
        ProfileFileCredentialsProvider::builder().configure(&settings).profile_name(profile).build();
    sdk.into_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}

/// `arn:<partition>:<service>:<region>:<account>:<resource>`.
fn arn_region(reference: &str) -> Option<&str> {
    let rest = reference.strip_prefix("arn:")?;
    rest.split(':').nth(2).filter(|region| !region.is_empty())
}

/// Refuses to send a request over plain http to another machine.
///
/// AWS's own variables and profiles can name an endpoint, too; a secret must not travel in the clear.
#[derive(Debug)]
pub struct NoPlainHttp;

/// A request would have travelled in the clear.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint is plain http to another machine")]
pub struct PlainHttp;

impl Intercept for NoPlainHttp {
    fn name(&self) -> &'static str {
        "NoPlainHttp"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let url = reqwest::Url::parse(context.request().uri());
        if url.is_ok_and(|url| keeps_to_itself(&url)) { Ok(()) } else { Err(Box::new(PlainHttp)) }
    }
}

/// Whether nobody between here and the server of `url` can read along.
pub(crate) fn keeps_to_itself(url: &reqwest::Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// Whether `text` can be a name, alias or ARN at AWS, and is not the text of a private key.
pub(crate) fn is_reference(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-:!".contains(c);
    (1..=LONGEST_REFERENCE).contains(&text.len()) && text.chars().all(plain) && !text.contains("PRIVATE+KEY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_of_an_arn_is_its_fourth_part() {
        let arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd";
        assert_eq!(arn_region(arn), Some("eu-central-1"));
        for text in ["alias/evidence", "arn:aws:kms::1:key/2", "arn:aws:kms", "1234abcd-12ab", ""] {
            assert_eq!(arn_region(text), None, "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        let keeps_to_itself =
            |url: &str| reqwest::Url::parse(url).is_ok_and(|url| super::keeps_to_itself(&url));
        for url in ["https://kms.eu-central-1.amazonaws.com/", "http://127.0.0.1:1/", "http://[::1]:1/x"] {
            assert!(keeps_to_itself(url), "{url}");
        }
        for url in [
            "http://kms.eu-central-1.amazonaws.com/",
            "http://127.0.0.1.example.com/",
            "ftp://localhost/",
            "",
        ] {
            assert!(!keeps_to_itself(url), "{url}");
        }
    }
}
