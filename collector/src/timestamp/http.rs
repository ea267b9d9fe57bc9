//! An authority that is asked over HTTP (RFC 3161, section 3.4).
//!
//! Plain http is as good as https here: the answer is signed, over our digest and with our nonce, and the
//! request tells nothing but a digest.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{StatusCode, Url, redirect};
use verify_core::digest::Digest;
use verify_core::limits::Limits;
use verify_core::timestamp::{Request, check_answer};

use super::{Authority, StampError};

/// An authority at an address.
#[derive(Debug, Clone)]
pub struct HttpAuthority {
    url: Url,
    timeout: Duration,
}

impl HttpAuthority {
    /// The authority at `url`, which has `timeout` for the whole exchange.
    #[must_use]
    pub const fn new(url: Url, timeout: Duration) -> Self {
        Self { url, timeout }
    }

    async fn exchange(&self, query: Vec<u8>, most: usize) -> Result<Vec<u8>, StampError> {
        // Fails only if a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let failed = |error: reqwest::Error| StampError::Exchange(error.without_url());
        let client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .http1_only()
            .timeout(self.timeout)
            .user_agent(concat!("collector/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(failed)?;
        let request = client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/timestamp-query")
            .header(ACCEPT, "application/timestamp-reply")
            .body(query);
        let mut response = request.send().await.map_err(failed)?;
        if response.status() != StatusCode::OK {
            return Err(StampError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > most {
                return Err(StampError::TooLong(most));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }
}

impl Authority for HttpAuthority {
    fn stamp(&self, imprint: Digest) -> Result<Vec<u8>, StampError> {
        let mut nonce = [0_u8; 8];
        getrandom::fill(&mut nonce).map_err(StampError::Random)?;
        let request = Request::new(imprint, u64::from_le_bytes(nonce));
        let limits = Limits::default();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StampError::Setup)?;
        // Sealing is not asynchronous but may be called from a task, where no second runtime may block.
        let body = std::thread::scope(|scope| {
            scope
                .spawn(move || runtime.block_on(self.exchange(request.to_der(), limits.token_bytes)))
                .join()
                .unwrap_or(Err(StampError::Thread))
        })?;
        check_answer(&request, &body, &Limits::default()).map_err(StampError::Refused)?;
        Ok(body)
    }
}
