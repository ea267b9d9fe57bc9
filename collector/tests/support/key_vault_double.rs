//! A double of Azure Key Vault and of the authority that gives tokens for it: ours and no emulation, for there is none.
//!
//! Written from the published REST reference: "Get Secret" (API version 7.4: path, query, secret bundle, error body
//! with an inner code), the 401 challenge `Bearer authorization="…", resource="…"`, and the client credentials grant
//! of the v2.0 token endpoint of Microsoft Entra ID. What only the real services show stands in README.md.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::json;

/// Stands in every message of the double, and must stand nowhere else.
pub(crate) const MESSAGE: &str = "CANARY of the vault";
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const CLIENT: &str = "66666666-7777-8888-9999-000000000000";
/// What the collector's Azure identity signs in with.
pub(crate) const CLIENT_SECRET: &str = "azure-s3cret~of.the_identity";
/// The token it gets, in the form of one.
pub(crate) const TOKEN: &str = "eyJ0eXAiOiJKV1QifQ.a-token-that-must-not-show.c2lnbmF0dXJl";
const VERSION: &str = "4387e9f3d6e14c459867679a90fd0f79";

/// How the vault answers a request that carries the right token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    /// Status, code and inner code.
    Refuses(u16, &'static str, Option<&'static str>),
    /// 503 that many times, then well.
    Stumbles(u32),
    /// More bytes than any secret.
    Endless,
    /// 200 with this body.
    Says(&'static str),
    /// The right bundle of another secret.
    Other,
    /// Elsewhere.
    Redirects(String),
    /// No answer.
    Silent,
    /// The secret for everybody, without a token.
    Open,
    /// A challenge that asks for a token for this resource.
    Wants(String),
    /// 401 without a challenge of known form.
    Mumbles,
}

struct Behaviour {
    mood: Mood,
    secrets: BTreeMap<String, (String, bool)>,
    asked: Vec<String>,
    scopes: Vec<String>,
    /// How often the token endpoint refuses before it gives.
    token_refusal: Option<u16>,
}

pub(crate) struct Double {
    state: Mutex<Behaviour>,
    port: u16,
}

impl Double {
    /// Serves until the returned runtime is dropped.
    pub(crate) fn start() -> (tokio::runtime::Runtime, Arc<Self>) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let state = Behaviour {
            mood: Mood::Good,
            secrets: BTreeMap::new(),
            asked: Vec::new(),
            scopes: Vec::new(),
            token_refusal: None,
        };
        let double = Arc::new(Self { state: Mutex::new(state), port: listener.local_addr().unwrap().port() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&double));
        runtime.spawn(async { axum::serve(listener, router).await });
        (runtime, double)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How the configuration names the secret `name` in this vault.
    pub(crate) fn source(&self, name: &str) -> String {
        format!("azure-keyvault:{}/secrets/{name}", self.address())
    }

    pub(crate) fn keep(&self, name: &str, value: &str) {
        self.state.lock().unwrap().secrets.insert(name.to_owned(), (value.to_owned(), true));
    }

    pub(crate) fn disable(&self, name: &str) {
        self.state.lock().unwrap().secrets.get_mut(name).unwrap().1 = false;
    }

    /// How it answers from now on; what was asked is forgotten.
    pub(crate) fn set(&self, mood: Mood) {
        let mut state = self.state.lock().unwrap();
        state.mood = mood;
        state.asked.clear();
        state.scopes.clear();
    }

    pub(crate) fn refuse_tokens(&self, status: Option<u16>) {
        self.state.lock().unwrap().token_refusal = status;
    }

    /// Requests to the vault, each with what it was let in by: "open" or "token".
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().unwrap().asked.clone()
    }

    /// Scopes that tokens were asked for.
    pub(crate) fn scopes(&self) -> Vec<String> {
        self.state.lock().unwrap().scopes.clone()
    }
}

fn json_answer(status: u16, body: &serde_json::Value) -> Response<Body> {
    let answer = Response::builder().status(status).header("content-type", "application/json; charset=utf-8");
    answer.body(Body::from(body.to_string())).unwrap()
}

fn refusal(status: u16, code: &str, inner: Option<&str>) -> Response<Body> {
    let mut error = json!({"code": code, "message": MESSAGE});
    if let Some(inner) = inner {
        error["innererror"] = json!({"code": inner});
    }
    json_answer(status, &json!({"error": error}))
}

fn challenge(double: &Double, resource: &str) -> Response<Body> {
    let mut answer = refusal(401, "Unauthorized", None);
    let value = format!("Bearer authorization=\"{}/{TENANT}\", resource=\"{resource}\"", double.address());
    answer.headers_mut().insert("www-authenticate", value.parse().unwrap());
    answer
}

async fn answer(
    State(double): State<Arc<Double>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    if uri.path() == format!("/{TENANT}/oauth2/v2.0/token") && method == Method::POST {
        return token(&double, &body);
    }
    let parts: Vec<&str> = uri.path().trim_start_matches('/').split('/').collect();
    assert_eq!((&method, uri.query()), (&Method::GET, Some("api-version=7.4")), "{uri}");
    let ["secrets", name, rest @ ..] = parts.as_slice() else { panic!("{uri}") };
    let presented = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let (mood, kept) = {
        let mut state = double.state.lock().unwrap();
        let how = if presented.is_some() { "token" } else { "open" };
        state.asked.push(format!("{how} {}", uri.path()));
        if let Mood::Stumbles(left) = &mut state.mood
            && *left > 0
        {
            *left -= 1;
            return refusal(503, "ServiceUnavailable", None);
        }
        (state.mood.clone(), state.secrets.get(*name).cloned())
    };
    if mood != Mood::Open && presented.as_deref() != Some(&format!("Bearer {TOKEN}")) {
        return match &mood {
            Mood::Wants(resource) => challenge(&double, resource),
            Mood::Mumbles => refusal(401, "Unauthorized", None),
            _ => challenge(&double, &double.address()),
        };
    }
    match mood {
        Mood::Refuses(status, code, inner) => return refusal(status, code, inner),
        Mood::Endless => return json_answer(200, &json!({"value": "x".repeat(300_000)})),
        Mood::Says(body) => return Response::new(Body::from(body)),
        Mood::Redirects(to) => {
            return Response::builder().status(302).header("location", to).body(Body::empty()).unwrap();
        }
        Mood::Silent => tokio::time::sleep(Duration::from_mins(10)).await,
        _ => {}
    }
    match (kept, rest) {
        (Some((_, false)), _) => refusal(403, "Forbidden", Some("SecretDisabled")),
        (Some((value, true)), [] | [VERSION]) => {
            let named = if mood == Mood::Other { "another" } else { name };
            let id = format!("{}/secrets/{named}/{VERSION}", double.address());
            json_answer(200, &json!({"value": value, "id": id, "attributes": {"enabled": true}}))
        }
        _ => refusal(404, "SecretNotFound", None),
    }
}

fn token(double: &Double, body: &[u8]) -> Response<Body> {
    let url = reqwest::Url::parse(&format!("http://x/?{}", std::str::from_utf8(body).unwrap())).unwrap();
    let form: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let mut state = double.state.lock().unwrap();
    state.scopes.push(form["scope"].clone());
    assert_eq!((form["grant_type"].as_str(), form["client_id"].as_str()), ("client_credentials", CLIENT));
    let told = format!("{MESSAGE}: {}", form["client_secret"]);
    if let Some(status) = state.token_refusal {
        return json_answer(status, &json!({"error": "temporarily_unavailable", "error_description": told}));
    }
    if form["client_secret"] != CLIENT_SECRET {
        return json_answer(401, &json!({"error": "invalid_client", "error_description": told}));
    }
    json_answer(200, &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN}))
}
