//! The keys by which a client signs: which of its metadata say so, and what may be signed with them (RFC 7591 §2, RFC 7517).

use super::ClientMetadata;
use crate::error::Malformed;
use jose::{Algorithm, JwkSet, MacAlgorithm};
use serde_json::Value;
use url::Url;

/// Where the public keys of a client are.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// It has registered none.
    None,
    /// It has registered them.
    Here(JwkSet),
    /// It publishes them there.
    At(Url),
}

impl KeySource {
    /// The source that counts. A stored value that does not read is as good as none.
    pub fn of(metadata: &ClientMetadata) -> Self {
        let here = metadata.jwks.as_ref().and_then(|jwks| JwkSet::from_json(jwks).ok());
        let at = metadata.jwks_uri.as_deref().and_then(|uri| Url::parse(uri).ok());
        match (here, at) {
            (Some(keys), None) => Self::Here(keys),
            (None, Some(url)) => Self::At(url),
            (None, None) | (Some(_), Some(_)) => Self::None,
        }
    }
}

/// What is stored of a registered set: its public keys that can be used, and nothing else of it.
pub(super) fn checked(jwks: &Value) -> Result<Value, String> {
    let set = JwkSet::from_json(jwks).map_err(|error| error.to_string())?;
    match (set.keys(), set.skipped()) {
        ([], []) => Err("the set has no keys".to_owned()),
        ([], [why, ..]) => Err(format!("none of the keys can be used: {why}")),
        (keys, _) if set.to_json().to_string().len() > LONGEST => {
            Err(format!("the set has {} keys; it is too long to be registered", keys.len()))
        }
        _ => Ok(set.to_json()),
    }
}

/// The longest set that is stored, in bytes; a longer one is published at a `jwks_uri`.
const LONGEST: usize = 32 * 1024;

/// An algorithm of signatures by its name.
pub(super) fn algorithm(name: &str) -> Result<Algorithm, Malformed> {
    Algorithm::parse(name).ok_or(Malformed(
        "this is no algorithm of signatures that is known here; ES256 and RS256 are two of those that are",
    ))
}

/// An algorithm of MACs by its name.
pub(super) fn mac_algorithm(name: &str) -> Result<MacAlgorithm, Malformed> {
    MacAlgorithm::parse(name).ok_or(Malformed(
        "a client that makes a MAC with its secret does so with HS256, HS384 or HS512",
    ))
}

/// The algorithms that a client may make a MAC with: the registered one, or all.
pub fn allowed_macs(registered: Option<&str>) -> Vec<MacAlgorithm> {
    match registered {
        Some(name) => MacAlgorithm::parse(name).into_iter().collect(),
        None => MacAlgorithm::ALL.to_vec(),
    }
}

/// The algorithms that a client may sign with: the registered one, or all that need a public key.
pub fn allowed(registered: Option<&str>) -> Vec<Algorithm> {
    match registered {
        Some(name) => Algorithm::parse(name).into_iter().collect(),
        None => Algorithm::ALL.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The public key of RFC 8037, appendix A.2.
    fn public() -> Value {
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})
    }

    #[test]
    fn what_is_stored_of_a_set_is_public_and_usable() {
        let public = public();
        let mut with_more = public.clone();
        with_more["note"] = json!("x");
        with_more["keys"].as_array_mut().unwrap().push(json!({"kty": "unheard-of"}));
        let stored = checked(&with_more).unwrap();
        assert_eq!(stored, JwkSet::from_json(&public).unwrap().to_json());
        let mut private = public;
        private["keys"][0]["d"] = json!("AAAA");
        for wrong in [
            private,
            json!({"keys": []}),
            json!({}),
            json!({"keys": [{"kty": "oct", "k": "AA"}]}),
            json!([]),
        ] {
            assert!(checked(&wrong).is_err(), "{wrong}");
        }
    }

    /// As many keys as there may be, with names that are `more` bytes longer in all.
    fn set(more: usize) -> Value {
        let keys = (0..64).map(|number| {
            let mut key = public()["keys"][0].clone();
            let longer = more / 64 + usize::from(number < more % 64);
            key["kid"] = format!("{number:02}{}", "k".repeat(longer)).into();
            key
        });
        json!({"keys": keys.collect::<Vec<_>>()})
    }

    #[test]
    fn a_set_is_registered_up_to_32_kib_as_it_is_stored() {
        let shortest = checked(&set(0)).unwrap().to_string().len();
        let fits = checked(&set(32_768 - shortest)).unwrap();
        assert_eq!(fits.to_string().len(), 32_768);
        let error = checked(&set(32_769 - shortest)).unwrap_err();
        assert!(error.contains("64 keys"), "{error}");
    }

    #[test]
    fn a_refusal_says_whether_there_are_keys_at_all() {
        for (set, word) in [
            (json!({"keys": []}), "has no keys"),
            (json!({"keys": [{"kty": "unheard-of"}]}), "none of the keys"),
        ] {
            assert!(checked(&set).unwrap_err().contains(word), "{set}");
        }
        assert_eq!(algorithm("ES256"), Ok(Algorithm::Es256));
        assert!(algorithm("none").is_err());
    }

    #[test]
    fn two_sources_at_once_are_none() {
        let uri = || Some("https://app.example/jwks.json".to_owned());
        let jwks = || Some(public());
        let source = |jwks, jwks_uri| {
            KeySource::of(&ClientMetadata { jwks, jwks_uri, ..Default::default() })
        };
        assert!(matches!(source(jwks(), None), KeySource::Here(_)));
        assert!(matches!(source(None, uri()), KeySource::At(_)));
        assert!(matches!(source(None, None), KeySource::None));
        assert!(matches!(source(jwks(), uri()), KeySource::None));
    }

    #[test]
    fn a_registered_algorithm_is_the_only_one() {
        assert_eq!(allowed(Some("ES256")), [Algorithm::Es256]);
        assert_eq!(allowed(Some("HS256")), []);
        assert_eq!(allowed(None), Algorithm::ALL);
        assert_eq!(allowed_macs(Some("HS384")), [MacAlgorithm::Hs384]);
        assert_eq!(allowed_macs(Some("ES256")), []);
        assert_eq!(allowed_macs(None), MacAlgorithm::ALL);
    }
}
