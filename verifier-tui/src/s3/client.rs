//! The way to S3: who asks, which region and endpoint, how long.
//!
//! Credentials, region and endpoint follow AWS's own order (environment, profile files, web identity, role)
//! unless the command line names them; a profile named there comes before the environment. TLS is rustls on ring. A request over plain http to another machine is
//! refused, wherever its address was set. No proxy is used, and nothing is logged.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use tokio::runtime::Runtime;

use crate::cli::StoreOptions;
use crate::stop::{BETWEEN_LOOKS, Stop};

const CONNECT: Duration = Duration::from_secs(5);
/// One attempt at a call, up to the beginning of its answer.
const ATTEMPT: Duration = Duration::from_secs(20);
/// All attempts at a call and the pauses between them.
const CALL: Duration = Duration::from_mins(1);
const ATTEMPTS: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Threads that receive and decrypt.
const THREADS: usize = 2;
/// The region that servers which are not AWS's take for granted.
const NO_REGION: &str = "us-east-1";

/// Why S3 cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system gives no thread.
    #[error("no thread can be started for calls to S3")]
    Thread(#[source] io::Error),
    /// Nobody waits any more.
    #[error("stopped before S3 was asked: there is no verdict")]
    Stopped,
    /// Nothing says which region to ask.
    #[error("no AWS region is known: neither --region nor the environment nor a profile names one")]
    Region,
    /// The endpoint would be spoken to in the clear.
    #[error("--endpoint-url is plain http to another machine, expected https")]
    PlainHttp,
}

/// A client and the threads it runs on. Nothing is asked of S3 yet.
pub(super) fn connect(options: &StoreOptions, stop: &Stop) -> Result<(Runtime, Client), OpenError> {
    if options.endpoint_url.as_deref().is_some_and(|url| !keeps_to_itself(url)) {
        return Err(OpenError::PlainHttp);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .thread_name("s3")
        .enable_all()
        .build()
        .map_err(OpenError::Thread)?;
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
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if options.no_sign_request {
        loader = loader.no_credentials();
    }
    let sdk = runtime.block_on(unless_stopped(stop, loader.load()));
    let Some(sdk) = sdk else {
        runtime.shutdown_background();
        return Err(OpenError::Stopped);
    };
    let sdk = match &options.profile {
        Some(profile) if !options.no_sign_request => as_profile(sdk, profile),
        _ => sdk,
    };
    let elsewhere = sdk.endpoint_url().is_some();
    let region = match sdk.region() {
        Some(region) => region.clone(),
        None if elsewhere => Region::new(NO_REGION),
        None => return Err(OpenError::Region),
    };
    // Only AWS itself answers under names like bucket.host.
    let settings =
        Builder::from(&sdk).region(region).force_path_style(elsewhere).interceptor(NoPlainHttp).build();
    Ok((runtime, Client::from_conf(settings)))
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

/// What comes out of `work`, unless somebody asks to stop before.
pub(super) async fn unless_stopped<T>(stop: &Stop, work: impl Future<Output = T>) -> Option<T> {
    let stopped = async {
        while !stop.is_asked() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    };
    tokio::select! {
        biased;
        () = stopped => None,
        done = work => Some(done),
    }
}

/// Refuses to send a request over plain http to another machine: AWS's own variables and profiles can name an
/// endpoint, too.
#[derive(Debug)]
struct NoPlainHttp;

/// A request would have travelled in the clear.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint is plain http to another machine")]
pub(super) struct PlainHttp;

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
        if keeps_to_itself(context.request().uri()) { Ok(()) } else { Err(Box::new(PlainHttp)) }
    }
}

/// Whether nobody between here and the server of `url` can read along.
fn keeps_to_itself(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    let Some(rest) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match host.strip_prefix("[::1]") {
        Some(port) if port.is_empty() || port.starts_with(':') => return true,
        _ => host.split(':').next().unwrap_or_default(),
    };
    // A name before an @ is a user, and the host stands behind it.
    !host.contains('@') && matches!(name, "127.0.0.1" | "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for url in [
            "https://s3.eu-central-1.amazonaws.com/",
            "http://127.0.0.1:1/x",
            "http://[::1]:1/x",
            "http://[::1]",
            "HTTP://LOCALHOST",
        ] {
            assert!(keeps_to_itself(url), "{url}");
        }
        for url in [
            "http://s3.eu-central-1.amazonaws.com/",
            "http://127.0.0.1.example.com/",
            "http://localhost:80@example.com/",
            "http://[::1].example.com/",
            "ftp://localhost/",
            "localhost",
            "",
        ] {
            assert!(!keeps_to_itself(url), "{url}");
        }
    }
}
