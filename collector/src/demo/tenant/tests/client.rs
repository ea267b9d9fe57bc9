//! A plain client: signs in, reads pages, follows what the pages say, and repeats refused requests.

use serde_json::Value;

use crate::demo::tenant::{Dialect, RunningTenant, Tenant, TenantConfig};

/// A running tenant with a signed-in client.
pub(super) struct Bench {
    pub(super) tenant: RunningTenant,
    pub(super) http: reqwest::Client,
    pub(super) token: String,
    runtime: tokio::runtime::Runtime,
}

/// Status, headers that matter, and body of one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) location: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(super) fn utc(text: &str) -> verify_core::time::UtcTime {
    text.parse().unwrap()
}

pub(super) const MORNING: &str = "2026-05-01T08:00:00Z";

impl Bench {
    pub(super) fn new(config: TenantConfig, dialect: Dialect) -> Self {
        let mut tenant = Tenant::start(config).unwrap();
        tenant.set_day(1, utc(MORNING));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        // Another test may have installed the provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut bench = Self { tenant, http, token: String::new(), runtime };
        bench.sign_in(dialect);
        bench
    }

    /// A tenant of 250 users that never answers 429.
    pub(super) fn quiet(dialect: Dialect) -> Self {
        let mut config = TenantConfig::new(7, 250);
        config.throttle = false;
        Self::new(config, dialect)
    }

    pub(super) fn sign_in(&mut self, dialect: Dialect) {
        let (id, secret) = (self.tenant.client_id().to_owned(), self.tenant.client_secret().to_owned());
        let got = self.token_request(dialect, &id, &secret);
        assert_eq!(got.status, 200);
        self.token = got.json()["access_token"].as_str().unwrap().to_owned();
    }

    pub(super) fn token_request(&self, dialect: Dialect, id: &str, secret: &str) -> Got {
        let base = self.tenant.base_url();
        let request = match dialect {
            Dialect::Reference => self
                .http
                .post(format!("{base}/api/v2/oauth/token"))
                .body(format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")),
            Dialect::GenesysCloud => self
                .http
                .post(format!("{base}/oauth/token"))
                .basic_auth(id, Some(secret))
                .body("grant_type=client_credentials"),
        };
        self.send(request.header("content-type", "application/x-www-form-urlencoded")).unwrap()
    }

    pub(super) fn get(&self, path: &str) -> Got {
        self.try_get(path).unwrap()
    }

    pub(super) fn try_get(&self, path: &str) -> Result<Got, reqwest::Error> {
        self.send(self.http.get(format!("{}{path}", self.tenant.base_url())).bearer_auth(&self.token))
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<Got, reqwest::Error> {
        self.runtime.block_on(async {
            let response = request.send().await?;
            let header =
                |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            Ok(Got {
                status: response.status().as_u16(),
                retry_after: header("retry-after"),
                location: header("location"),
                content_type: header("content-type"),
                body: response.bytes().await?.to_vec(),
            })
        })
    }

    /// All pages of a list in either paging style, at most twenty; 429s are repeated at once.
    pub(super) fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages: Vec<Value> = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(here) = next.take().filter(|_| pages.len() < 20) {
            let got = self.get(&here);
            if got.status == 429 {
                next = Some(here);
                continue;
            }
            assert_eq!(got.status, 200, "{here}");
            let body = got.json();
            let separator = if path.contains('?') { '&' } else { '?' };
            next = if let Some(token) = body["nextPageToken"].as_str() {
                Some(format!("{path}{separator}pageToken={token}"))
            } else if let Some(uri) = body["nextUri"].as_str() {
                Some(uri.to_owned())
            } else {
                let page = body["pageNumber"].as_u64().unwrap_or(1);
                let more = body["firstUri"].is_null() && page < body["pageCount"].as_u64().unwrap_or(1);
                more.then(|| format!("{path}{separator}pageNumber={}", page + 1))
            };
            pages.push(body);
        }
        pages
    }

    /// All entities of a list.
    pub(super) fn entities(&self, path: &str) -> Vec<Value> {
        let pages = self.pages(path);
        pages.iter().flat_map(|page| page["entities"].as_array().unwrap().clone()).collect()
    }
}

/// The ids of entities, in the order they came.
pub(super) fn ids(entities: &[Value]) -> Vec<String> {
    entities.iter().map(|entity| entity["id"].as_str().unwrap().to_owned()).collect()
}
