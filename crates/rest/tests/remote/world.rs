//! An authorization server that says what a test wants, and a resource server's questions to it.
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ambient::Clock;
use fetch::testing::{Answer, Asked, Peer};
use grantwell_rest::{Verifier, VerifyFailure, remote::AuthorizationServer};
use http::{Request, header::AUTHORIZATION};
use jose::Algorithm;
use oauth::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use vault::{KeyId, MasterKey, RsaSize, SigningKey, Vault};

pub const ISSUER: &str = "https://id.example";
pub const RESOURCE: &str = "https://api.example/v1";
/// Now.
pub const NOW: i64 = 1_800_000_000;

/// Moves tokio's clock without waiting.
pub async fn pass(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

/// Holds one private key.
pub struct Signer(Vault, Algorithm);

impl Signer {
    pub fn new(algorithm: Algorithm, number: u128) -> Self {
        let id = KeyId(Uuid::from_u128(number));
        let key = SigningKey::generate(id, algorithm, RsaSize::Bits2048).unwrap();
        let vault = Vault::new(MasterKey::from_random([9; 32]));
        vault.install_signing(vec![key], vec![id]).unwrap();
        Self(vault, algorithm)
    }

    pub fn keys(&self) -> Value {
        self.0.public_keys().to_json()
    }

    pub fn sign(&self, typ: Option<&str>, payload: &str) -> String {
        self.0.sign(typ, self.1, payload.as_bytes()).unwrap()
    }

    pub fn token(&self) -> String {
        self.sign(Some("at+jwt"), &claims().to_string())
    }
}

/// The claims of a good token.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": [RESOURCE], "sub": "ann", "client_id": "cli", "scope": "read", "jti": "one",
        "iat": NOW, "exp": NOW + 60,
    })
}

/// What the server answers at each path.
#[derive(Clone)]
pub struct Script(Arc<Mutex<Vec<(String, Answer)>>>);

impl Script {
    pub fn says(&self, path: &str, answer: Answer) {
        let mut answers = self.0.lock().unwrap();
        answers.retain(|(known, _)| known != path);
        answers.push((path.to_owned(), answer));
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let answers = self.0.lock().unwrap();
        let found = answers.iter().find(|(path, _)| *path == asked.path);
        found.map_or_else(|| Answer::status(404), |(_, answer)| answer.clone())
    }
}

/// The server and the clock.
pub struct World {
    pub peer: Peer,
    pub script: Script,
    pub clock: Clock,
}

pub const METADATA: &str = "/.well-known/oauth-authorization-server";

impl World {
    pub async fn new() -> Self {
        let script = Script(Arc::default());
        let answers = script.clone();
        let peer = Peer::start(&["id.example"], move |asked| answers.answer(asked)).await;
        let metadata = json!({
            "issuer": ISSUER,
            "jwks_uri": "https://id.example/jwks.json",
            "introspection_endpoint": "https://id.example/introspect",
        });
        script.says(METADATA, Answer::json(metadata.to_string()));
        let clock = Clock::manual(Timestamp::from_seconds(NOW));
        Self { peer, script, clock }
    }

    pub fn server(&self) -> AuthorizationServer {
        AuthorizationServer::new(ISSUER, self.peer.policy()).unwrap()
    }

    /// How often this path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.peer.asked().iter().filter(|asked| asked.path == path).count()
    }
}

/// What becomes of a token: `scope of subject`, the code of the refusal, or `unavailable`.
pub async fn outcome(verifier: &impl Verifier, token: &str) -> String {
    let request = Request::get("/v1/x").header(AUTHORIZATION, format!("Bearer {token}"));
    let (parts, ()) = request.body(()).unwrap().into_parts();
    match verifier.verify(&parts).await {
        Ok(Some(principal)) => format!("{} of {}", principal.scopes, principal.subject),
        Ok(None) => "nobody".to_owned(),
        Err(VerifyFailure::Refused(error)) => error.code().to_string(),
        Err(VerifyFailure::Unavailable) => "unavailable".to_owned(),
    }
}
