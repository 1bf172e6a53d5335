//! Somebody who signs, as an outside party would, honest or not.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING,
    ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantwell_jose::{Algorithm, Curve, Jwk, JwkSet};
use std::sync::LazyLock;

/// A private key, for tests only.
pub(crate) enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(Curve, EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

static RSA: LazyLock<Signer> =
    LazyLock::new(|| Signer::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())));
static P256: LazyLock<Signer> = LazyLock::new(|| Signer::fresh_ec(Curve::P256));
static P384: LazyLock<Signer> = LazyLock::new(|| Signer::fresh_ec(Curve::P384));
static P521: LazyLock<Signer> = LazyLock::new(|| Signer::fresh_ec(Curve::P521));
static ED25519: LazyLock<Signer> =
    LazyLock::new(|| Signer::Ed25519(Ed25519KeyPair::generate().unwrap()));

/// The one signer of these tests for an algorithm.
pub(crate) fn signer(algorithm: Algorithm) -> &'static Signer {
    match algorithm {
        Algorithm::Es256 => &P256,
        Algorithm::Es384 => &P384,
        Algorithm::Es512 => &P521,
        Algorithm::EdDsa => &ED25519,
        _ => &RSA,
    }
}

/// All their public keys, each named after its curve or type.
pub(crate) fn everybody() -> JwkSet {
    let mut keys = vec![signer(Algorithm::Rs256).public("RSA", Algorithm::Rs256)];
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::EdDsa] {
        keys.push(signer(algorithm).public(algorithm.as_str(), algorithm));
    }
    JwkSet::new(keys)
}

impl Signer {
    pub(crate) fn fresh_ec(curve: Curve) -> Self {
        let algorithm = match curve {
            Curve::P256 => &ECDSA_P256_SHA256_FIXED_SIGNING,
            Curve::P384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
            Curve::P521 => &ECDSA_P521_SHA512_FIXED_SIGNING,
        };
        Self::Ec(curve, EcdsaKeyPair::generate(algorithm).unwrap())
    }

    pub(crate) fn public(&self, id: &str, algorithm: Algorithm) -> Jwk {
        self.bare().published(id.to_owned(), algorithm).unwrap()
    }

    pub(crate) fn bare(&self) -> Jwk {
        match self {
            Self::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } = pair.public_key().into();
                let (n, e): (Vec<u8>, Vec<u8>) = (n, e);
                Jwk::rsa(&n, &e).unwrap()
            }
            Self::Ec(curve, pair) => Jwk::ec(*curve, pair.public_key().as_ref()).unwrap(),
            Self::Ed25519(pair) => Jwk::ed25519(pair.public_key().as_ref()).unwrap(),
        }
    }

    pub(crate) fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => {
                let padding: &'static dyn RsaEncoding = match algorithm {
                    Algorithm::Rs384 => &RSA_PKCS1_SHA384,
                    Algorithm::Rs512 => &RSA_PKCS1_SHA512,
                    Algorithm::Ps256 => &RSA_PSS_SHA256,
                    Algorithm::Ps384 => &RSA_PSS_SHA384,
                    Algorithm::Ps512 => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Self::Ec(_, pair) => {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

/// A signature with the key of [`signer`] for ES256, in the form of X.509 and not of JOSE.
pub(crate) fn sign_der(message: &[u8]) -> Vec<u8> {
    let Signer::Ec(_, pair) = signer(Algorithm::Es256) else { unreachable!() };
    let pair = EcdsaKeyPair::from_pkcs8(
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        pair.to_pkcs8v1().unwrap().as_ref(),
    );
    pair.unwrap().sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A JWS with exactly this header, signed honestly by `by` for `algorithm`.
pub(crate) fn jws(by: &Signer, algorithm: Algorithm, header: &str, payload: &str) -> String {
    let input = format!("{}.{}", b64(header), b64(payload));
    let signature = by.sign(algorithm, input.as_bytes());
    format!("{input}.{}", b64(signature))
}

/// A JWS with the usual header, by [`signer`].
pub(crate) fn signed(algorithm: Algorithm, payload: &str) -> String {
    let header = format!(r#"{{"alg":"{algorithm}"}}"#);
    jws(signer(algorithm), algorithm, &header, payload)
}
