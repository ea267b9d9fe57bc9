//! A double of AWS KMS, ours and no emulation: exactly `GetPublicKey` and `Sign` with one key, and every way
//! of going wrong that an emulation does not offer. What a sound KMS does is tested against `MiniStack`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

/// Stands in every message of the double, and must stand nowhere else.
pub(crate) const MESSAGE: &str = "x-amz-security-token:CANARY";

/// How the double answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    /// An error with this code and status.
    Refuses(&'static str, u16),
    /// The signature of another key.
    OtherKey,
    /// The signature over another text.
    OtherText,
    /// A signature of 63 bytes.
    Short,
    /// No signature at all.
    Nothing,
    /// A page of a proxy.
    Page,
    /// No answer.
    Silent,
}

pub(crate) struct Double {
    key: SigningKey,
    state: Mutex<Behaviour>,
    port: u16,
}

struct Behaviour {
    moods: BTreeMap<&'static str, Mood>,
    asked: BTreeMap<String, u32>,
}

impl Double {
    /// Serves until the returned runtime is dropped.
    pub(crate) fn start() -> (tokio::runtime::Runtime, Arc<Self>) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let double = Arc::new(Self {
            key: SigningKey::from_bytes(&[9; 32]),
            state: Mutex::new(Behaviour { moods: BTreeMap::new(), asked: BTreeMap::new() }),
            port: listener.local_addr().unwrap().port(),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&double));
        runtime.spawn(async { axum::serve(listener, router).await });
        (runtime, double)
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How `action` is answered from now on; its count begins anew.
    pub(crate) fn set(&self, action: &'static str, mood: Mood) {
        let mut state = self.state.lock().unwrap();
        state.moods.insert(action, mood);
        state.asked.clear();
    }

    /// How often `action` was asked for.
    pub(crate) fn asked(&self, action: &str) -> u32 {
        self.state.lock().unwrap().asked.get(action).copied().unwrap_or(0)
    }

    fn signature(&self, mood: Mood, message: &[u8]) -> Option<Vec<u8>> {
        let own = self.key.sign(message).to_bytes().to_vec();
        match mood {
            Mood::OtherKey => Some(SigningKey::from_bytes(&[8; 32]).sign(message).to_bytes().to_vec()),
            Mood::OtherText => Some(self.key.sign(b"something else").to_bytes().to_vec()),
            Mood::Short => own.get(..63).map(<[u8]>::to_vec),
            Mood::Nothing => None,
            _ => Some(own),
        }
    }
}

async fn answer(
    State(double): State<Arc<Double>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let target = headers.get("x-amz-target").unwrap().to_str().unwrap();
    let action = target.strip_prefix("TrentService.").unwrap().to_owned();
    assert!(headers.get("authorization").unwrap().to_str().unwrap().starts_with("AWS4-HMAC-SHA256 "));
    let mood = {
        let mut state = double.state.lock().unwrap();
        *state.asked.entry(action.clone()).or_default() += 1;
        state.moods.get(action.as_str()).copied().unwrap_or(Mood::Good)
    };
    let content = [("content-type", "application/x-amz-json-1.1")];
    match mood {
        Mood::Refuses(code, status) => {
            let error = json!({"__type": code, "message": MESSAGE, "Message": MESSAGE});
            return (StatusCode::from_u16(status).unwrap(), content, error.to_string());
        }
        Mood::Page => {
            return (StatusCode::OK, [("content-type", "text/html")], "<html>CANARY</html>".to_owned());
        }
        Mood::Silent => tokio::time::sleep(Duration::from_mins(10)).await,
        _ => {}
    }
    let request: Value = serde_json::from_slice(&body).unwrap();
    let mut answer = json!({"KeyId": "arn:aws:kms:eu-central-1:111122223333:key/double"});
    if action == "GetPublicKey" {
        let info = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
        let der = [info.as_slice(), double.key.verifying_key().as_bytes()].concat();
        answer["PublicKey"] = STANDARD.encode(der).into();
        answer["KeySpec"] = "ECC_NIST_EDWARDS25519".into();
        answer["KeyUsage"] = "SIGN_VERIFY".into();
        answer["SigningAlgorithms"] = json!(["ED25519_SHA_512", "ED25519_PH_SHA_512"]);
    } else {
        assert_eq!(action, "Sign");
        assert_eq!(
            (&request["MessageType"], &request["SigningAlgorithm"]),
            (&json!("RAW"), &json!("ED25519_SHA_512"))
        );
        assert_eq!(request["KeyId"], answer["KeyId"], "the very key whose public half was shown");
        let message = STANDARD.decode(request["Message"].as_str().unwrap()).unwrap();
        if let Some(signature) = double.signature(mood, &message) {
            answer["Signature"] = STANDARD.encode(signature).into();
        }
    }
    (StatusCode::OK, content, answer.to_string())
}
