//! JSON Web Signatures and keys: parse strictly, verify with public keys.
//!
//! Nothing here reads a clock, draws randomness or holds a private key. A text is *parsed* into an
//! [`Unverified`], whose header is known and whose payload is not shown; only *verifying* it with a
//! key that the caller trusts, for an algorithm that the caller allows, gives a [`Verified`] with
//! the payload. `alg: none` cannot be expressed, and a MAC is never accepted where a public key is
//! expected (RFC 8725 §3.1).
//!
//! | RFC | what | file |
//! |---|---|---|
//! | 7515 | JSON Web Signature, compact form | [`Unverified`], [`Draft`] |
//! | 7517, 8037 | JSON Web Keys, public ones | [`Jwk`], [`JwkSet`] |
//! | 7518 §3, 8037 §3.1 | algorithms | [`Algorithm`], [`MacAlgorithm`] |
//! | 7518 §3.2 | HMAC with a shared secret | [`mac`] |
//! | 7519 §4.1 | registered claims | [`Claims`] |
//! | 7638 | thumbprints | [`Jwk::thumbprint`] |
//! | 8259, 8725 §2.4 | JSON with one meaning | [`json`] |

mod algorithm;
mod base64url;
mod claims;
mod draft;
mod header;
mod jwk;
mod jwk_set;
mod jws;
mod material;
mod numeric_date;

pub mod json;
pub mod mac;

pub use algorithm::{Algorithm, Curve, MacAlgorithm};
pub use claims::{Audience, Claims, ClaimsError, TimeError};
pub use draft::Draft;
pub use header::{Header, HeaderAlgorithm};
pub use jwk::{Jwk, JwkError};
pub use jwk_set::{JwkSet, JwkSetError, MAX_KEYS, MAX_SET_LENGTH};
pub use jws::{JwsError, MAX_JWS_LENGTH, Unverified, Verified, VerifyError};
pub use numeric_date::NumericDate;
