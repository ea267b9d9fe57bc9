//! A double of Azure, ours and no emulation: the few operations of the Blob Service REST API (2023-11-03) that a
//! store of evidence uses, a token endpoint, a metadata service and one description of an account.
//!
//! It is written from the published REST reference: versions, conditions, MD5, tiers, encryption scopes, and of
//! version-level immutability that a version under a policy or hold is not deleted and a locked policy only
//! lengthened. It checks tokens and one fixed signature. It is not Azure: time-outs, throttling, replication, roles and
//! keys are not in it, and where the reference names no error code (a locked policy that is shortened) the code is
//! ours. What it does not know it answers with 501.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use collector::config::AzureConfig;
use collector::secret::SecretSource;
use reqwest::Url;
use serde_json::{Value, json};

#[path = "azure_double/blobs.rs"]
mod blobs;
#[path = "azure_double/reply.rs"]
mod reply;

pub(crate) use blobs::{Container, Setup};
use reply::Reply;

/// Opens the double; like every secret, it must show nowhere.
pub(crate) const CLIENT_SECRET: &str = "an-azure-secret-that-must-not-show";
pub(crate) const FEDERATED_TOKEN: &str = "a-federated-token-that-must-not-show";
/// Begins every access token.
pub(crate) const TOKEN: &str = "an-access-token-that-must-not-show";
/// The one shared access signature.
pub(crate) const SIGNATURE: &str = "sv=2023-11-03&sp=rcwdl&sig=a-signature-that-must-not-show";
pub(crate) const ACCOUNT: &str = "acmeevidence";
pub(crate) const ACCOUNT_ID: &str =
    "/subscriptions/1/resourceGroups/evidence/providers/Microsoft.Storage/storageAccounts/acmeevidence";

/// The double of this test program.
pub(crate) static AZURE: LazyLock<AzureDouble> = LazyLock::new(AzureDouble::start);

/// A running double.
pub(crate) struct AzureDouble {
    _runtime: tokio::runtime::Runtime,
    world: Arc<World>,
    port: u16,
    folder: tempfile::TempDir,
}

/// All there is.
struct World {
    containers: Mutex<BTreeMap<String, Container>>,
    /// Tokens that are taken, with the scope they are for.
    tokens: Mutex<BTreeMap<String, String>>,
    /// How tokens were asked for.
    asked: Mutex<Vec<String>>,
    account: Mutex<Value>,
    forgets: Mutex<BTreeSet<&'static str>>,
}

impl AzureDouble {
    /// A double of its own, for tests that change how it behaves.
    pub(crate) fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let account = json!({"properties": {
            "supportsHttpsTrafficOnly": true, "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": false,
            "encryption": {"keySource": "Microsoft.Keyvault"}
        }});
        let world = Arc::new(World {
            containers: Mutex::default(),
            tokens: Mutex::default(),
            asked: Mutex::default(),
            account: Mutex::new(account),
            forgets: Mutex::default(),
        });
        let router = Router::new().fallback(serve).with_state(Arc::clone(&world));
        runtime.spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("secret", CLIENT_SECRET), ("token", FEDERATED_TOKEN), ("sas", SIGNATURE)] {
            write_secret(&folder.path().join(name), text);
        }
        Self { _runtime: runtime, world, port, folder }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A file with the client secret (`secret`), a federated token (`token`) or the signature (`sas`).
    pub(crate) fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// An application with its secret.
    pub(crate) fn config(&self) -> AzureConfig {
        AzureConfig {
            tenant_id: Some("acme.example".to_owned()),
            client_id: Some("collector".to_owned()),
            client_secret: Some(SecretSource::File(self.file("secret"))),
            authority_host: Some(self.address()),
            management_url: Some(self.address()),
            ..AzureConfig::default()
        }
    }

    /// Makes a container; its name.
    pub(crate) fn container(&self, setup: Setup) -> String {
        let mut containers = self.world.containers.lock().unwrap();
        let name = format!("evidence-{}", containers.len());
        containers.insert(name.clone(), Container::new(setup));
        name
    }

    /// Looks into a container.
    pub(crate) fn look<T>(&self, container: &str, look: impl FnOnce(&Container) -> T) -> T {
        look(self.world.containers.lock().unwrap().get(container).unwrap())
    }

    /// From now on these headers of writes are not taken notice of.
    pub(crate) fn forget(&self, headers: &[&'static str]) {
        *self.world.forgets.lock().unwrap() = headers.iter().copied().collect();
    }

    /// No token that was given out is taken any more.
    pub(crate) fn revoke(&self) {
        self.world.tokens.lock().unwrap().clear();
    }

    /// How tokens were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.world.asked.lock().unwrap().clone()
    }

    /// Changes what is said of the account.
    pub(crate) fn describe(&self, pointer: &str, value: Value) {
        *self.world.account.lock().unwrap().pointer_mut(pointer).unwrap() = value;
    }

    /// A call of the tests' own, let in by the signature: status and code or body.
    pub(crate) fn call(&self, method: &str, path: &str, headers: &[&str]) -> (u16, String) {
        let mark = if path.contains('?') { '&' } else { '?' };
        call(self.port, method, &format!("/{ACCOUNT}/{path}{mark}{SIGNATURE}"), headers, b"")
    }
}

/// Writes a file that only its owner may read.
pub(crate) fn write_secret(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;

    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// One request over plain http to this machine; status and body.
pub(crate) fn call(port: u16, method: &str, path: &str, headers: &[&str], body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let headers = [headers, &[""]].concat().join("\r\n");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {length}\r\n\
         x-ms-version: 2023-11-03\r\n{headers}\r\n"
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn serve(State(world): State<Arc<World>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&format!("http://double{}", parts.uri)).unwrap();
    let body = to_bytes(body, 64 << 20).await.unwrap_or_default();
    let reply = world.answer(parts.method.as_str(), &url, &parts.headers, &body);
    let mut response = Response::builder().status(StatusCode::from_u16(reply.status).unwrap());
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let silent = parts.method == "HEAD";
    response.body(if silent { Body::empty() } else { Body::from(reply.body) }).unwrap()
}

impl World {
    fn answer(&self, method: &str, url: &Url, headers: &HeaderMap, body: &[u8]) -> Reply {
        let path = url.path().trim_start_matches('/');
        if path.ends_with("/oauth2/v2.0/token") && method == "POST" {
            return self.token(&String::from_utf8_lossy(body));
        }
        let query: BTreeMap<String, String> =
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let given = |name: &str| query.get(name).map(String::as_str);
        if path == "metadata/identity/oauth2/token" {
            let marked = headers.get("metadata").is_some_and(|value| value == "true");
            let resource = given("resource").filter(|_| marked).unwrap_or_default();
            self.asked.lock().unwrap().push(format!("machine {}", given("client_id").unwrap_or("itself")));
            return self.issue(&format!("{resource}/.default"), "\"3599\"");
        }
        let bearer =
            headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let scope = bearer.map(|token| self.tokens.lock().unwrap().get(token).cloned().unwrap_or_default());
        if path.starts_with("subscriptions/") {
            return match scope {
                Some(scope) if scope.starts_with("http://127.0.0.1:") => {
                    let found = format!("/{path}") == ACCOUNT_ID && given("api-version").is_some();
                    if found {
                        Reply::json(&self.account.lock().unwrap())
                    } else {
                        Reply::error(404, "ResourceNotFound")
                    }
                }
                _ => Reply::error(401, "InvalidAuthenticationToken"),
            };
        }
        let signed = given("sig").is_some_and(|sig| SIGNATURE.ends_with(&format!("sig={sig}")));
        match scope.as_deref() {
            _ if signed => {}
            Some("https://storage.azure.com/.default") => {}
            Some(_) => return Reply::error(401, "InvalidAuthenticationInfo"),
            None => return Reply::error(403, "AuthenticationFailed"),
        }
        let mut names = path.splitn(3, '/');
        let (account, container, key) = (names.next(), names.next().unwrap_or_default(), names.next());
        if account != Some(ACCOUNT) || headers.get("x-ms-version").is_none_or(|value| value != "2023-11-03") {
            return Reply::error(400, "InvalidUri");
        }
        if method == "PUT" && headers.get("content-length").is_none() {
            return Reply::error(411, "MissingContentLengthHeader");
        }
        let mut containers = self.containers.lock().unwrap();
        let Some(container) = containers.get_mut(container) else {
            return Reply::error(404, "ContainerNotFound");
        };
        let forgets = self.forgets.lock().unwrap().clone();
        let text = |name: &str| {
            let value = headers.get(name).filter(|_| !forgets.contains(name))?;
            value.to_str().ok().map(str::to_owned)
        };
        match key {
            None => container.whole(method, &given),
            Some(key) => container.blob(method, key, &given, &text, body),
        }
    }

    /// The token endpoint of Microsoft Entra ID, for one application.
    fn token(&self, form: &str) -> Reply {
        let pairs: BTreeMap<String, String> = Url::parse(&format!("http://form/?{form}"))
            .unwrap()
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let is = |name: &str, value: &str| pairs.get(name).is_some_and(|given| given == value);
        let proof = if is("client_secret", CLIENT_SECRET) {
            "secret"
        } else if is("client_assertion", FEDERATED_TOKEN)
            && is("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        {
            "assertion"
        } else {
            return Reply::plain(
                401,
                json!({"error": "invalid_client", "error_description": "CANARY"}).to_string(),
            );
        };
        if !is("grant_type", "client_credentials") || !is("client_id", "collector") {
            return Reply::plain(400, json!({"error": "unauthorized_client"}).to_string());
        }
        self.asked.lock().unwrap().push(proof.to_owned());
        self.issue(pairs.get("scope").unwrap(), "3599")
    }

    fn issue(&self, scope: &str, lifetime: &str) -> Reply {
        let mut tokens = self.tokens.lock().unwrap();
        let token = format!("{TOKEN}-{}", self.asked.lock().unwrap().len());
        tokens.insert(token.clone(), scope.to_owned());
        Reply::plain(
            200,
            format!(r#"{{"token_type":"Bearer","expires_in":{lifetime},"access_token":"{token}"}}"#),
        )
    }
}
