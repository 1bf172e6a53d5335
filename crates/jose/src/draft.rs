//! A JWS that waits for its signature: whoever holds the key signs the bytes that this gives out.

use serde::Serialize;

use crate::base64url;

/// Header and payload in the form over which a signature is made (RFC 7515 §5.1).
#[derive(Clone, Debug)]
pub struct Draft(String);

#[derive(Serialize)]
struct Members<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    alg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl Draft {
    /// A JWS over `payload` whose header names the media type, the algorithm and the key.
    pub fn new(typ: Option<&str>, alg: &str, kid: Option<&str>, payload: &[u8]) -> Self {
        // Three strings always serialise; a header that is empty all the same is refused by every reader.
        let header = serde_json::to_vec(&Members { typ, alg, kid }).unwrap_or_default();
        Self(format!("{}.{}", base64url::encode(&header), base64url::encode(payload)))
    }

    /// The bytes to sign.
    pub fn signing_input(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The finished text.
    pub fn signed(mut self, signature: &[u8]) -> String {
        self.0.push('.');
        self.0.push_str(&base64url::encode(signature));
        self.0
    }
}
