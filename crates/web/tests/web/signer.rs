//! A client that signs, as an outside party would, honest or not.

use oauth::client::{AuthMethod, Client};
use serde_json::{Value, json};
use uuid::Uuid;
use vault::{KeyId, MasterKey, RsaSize, SigningKey, Vault};

pub(crate) use jose::Algorithm;

/// Holds one private key.
pub(crate) struct Signer {
    vault: Vault,
    algorithm: Algorithm,
}

impl Signer {
    /// One with a new key; two of the same number have keys of one name.
    pub(crate) fn new(algorithm: Algorithm, number: u128) -> Self {
        let id = KeyId(Uuid::from_u128(number));
        let key = SigningKey::generate(id, algorithm, RsaSize::Bits2048).unwrap();
        let vault = Vault::new(MasterKey::from_random([9; 32]));
        vault.install_signing(vec![key], vec![id]).unwrap();
        Self { vault, algorithm }
    }

    /// Its public keys.
    pub(crate) fn jwks(&self) -> Value {
        self.vault.public_keys().to_json()
    }

    /// A JWT of this `typ`.
    pub(crate) fn sign(&self, typ: Option<&str>, claims: &Value) -> String {
        self.vault.sign(typ, self.algorithm, claims.to_string().as_bytes()).unwrap()
    }

    /// The claims of a good assertion of `client`, at this moment.
    pub(crate) fn claims(client: &str, id: &str, now: i64) -> Value {
        json!({"iss": client, "sub": client, "aud": "https://auth.example", "jti": id, "iat": now, "exp": now + 60})
    }

    /// A change of a client: it signs, with this key.
    pub(crate) fn register(&self, client: &mut Client) {
        client.auth_method = AuthMethod::PrivateKeyJwt;
        client.metadata.jwks = Some(self.jwks());
    }
}
