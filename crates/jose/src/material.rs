//! The numbers of a public key, checked before anything is verified with them.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents,
};

use crate::algorithm::{self, Algorithm, Curve, Kind};
use crate::base64url;
use crate::jwk::JwkError;

/// The sizes of RSA keys in bits (RFC 7518 §3.3; above, a verification takes too long).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// What the algorithms compute with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    Ec {
        curve: Curve,
        /// The byte 4, then both coordinates (SEC 1 §2.3.3).
        point: Vec<u8>,
    },
    Ed25519([u8; 32]),
}

impl Material {
    /// Modulus and exponent as big-endian bytes without leading zeros.
    pub(crate) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, JwkError> {
        let top = *n.first().ok_or(JwkError::Number)?;
        let bits = (n.len() * 8).saturating_sub(top.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            return Err(JwkError::RsaSize(bits));
        }
        // The library looks at the rest: no zeros in front, odd numbers, an exponent of a sane size.
        let der = RsaPublicKeyComponents { n, e }.as_der().map_err(|_| JwkError::Number)?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref())
            .map_err(|_| JwkError::Number)?;
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }

    /// A point in its uncompressed form, which must be on the curve.
    pub(crate) fn ec(curve: Curve, point: &[u8]) -> Result<Self, JwkError> {
        if point.len() != 1 + 2 * curve.coordinate() || point.first() != Some(&4) {
            return Err(JwkError::Number);
        }
        ParsedPublicKey::new(curve.verification(), point).map_err(|_| JwkError::Number)?;
        Ok(Self::Ec { curve, point: point.to_vec() })
    }

    /// A point in the form of RFC 8032 §5.1.2.
    pub(crate) fn ed25519(point: &[u8]) -> Result<Self, JwkError> {
        let point: [u8; 32] = point.try_into().map_err(|_| JwkError::Number)?;
        if !is_proper(&point) {
            return Err(JwkError::Number);
        }
        Ok(Self::Ed25519(point))
    }

    /// Whether an algorithm can use it.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        match (self, algorithm.kind()) {
            (Self::Rsa { .. }, Kind::Rsa(_)) | (Self::Ed25519(_), Kind::Ed25519) => true,
            (Self::Ec { curve, .. }, Kind::Ec(other)) => *curve == other,
            _ => false,
        }
    }

    /// The one algorithm that can use it, if there is only one.
    pub(crate) fn only_algorithm(&self) -> Option<Algorithm> {
        match self {
            Self::Rsa { .. } => None,
            Self::Ec { curve, .. } => Some(curve.algorithm()),
            Self::Ed25519(_) => Some(Algorithm::EdDsa),
        }
    }

    /// The key in the form that verifies for `algorithm`, if it fits.
    pub(crate) fn prepare(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match (self, algorithm.kind()) {
            (Self::Rsa { n, e }, Kind::Rsa(parameters)) => prepare_rsa(n, e, parameters),
            (Self::Ec { curve, point }, Kind::Ec(other)) if *curve == other => {
                ParsedPublicKey::new(curve.verification(), point).ok()
            }
            (Self::Ed25519(point), Kind::Ed25519) => {
                ParsedPublicKey::new(algorithm::ed25519(), point).ok()
            }
            _ => None,
        }
    }

    /// The members that make the key, by name in the order of the alphabet (RFC 7638 §3.2, RFC 8037 §2).
    pub(crate) fn members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Rsa { n, e } => vec![
                ("e", base64url::encode(e)),
                ("kty", "RSA".to_owned()),
                ("n", base64url::encode(n)),
            ],
            Self::Ec { curve, point } => {
                let (x, y) = point.get(1..).unwrap_or_default().split_at(curve.coordinate());
                vec![
                    ("crv", curve.as_str().to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", base64url::encode(x)),
                    ("y", base64url::encode(y)),
                ]
            }
            Self::Ed25519(point) => vec![
                ("crv", "Ed25519".to_owned()),
                ("kty", "OKP".to_owned()),
                ("x", base64url::encode(point)),
            ],
        }
    }
}

fn prepare_rsa(n: &[u8], e: &[u8], parameters: &'static RsaParameters) -> Option<ParsedPublicKey> {
    RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).ok()
}

/// Whether the point is written in its one form and is none of the few points whose multiples are
/// so few that a signature for one message fits others.
fn is_proper(point: &[u8; 32]) -> bool {
    let mut y = *point;
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    // Little-endian, so from the last byte down: below p = 2^255 - 19.
    let below_p = y.iter().rev().lt(P.iter().rev());
    below_p && !SMALL_ORDER.contains(&y)
}

const P: [u8; 32] = ends(0xed, 0x7f);

/// The second coordinates of all points whose order divides 8; which sign the first one has does not matter.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    ends(0xec, 0x7f),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// All ones between the first and the last byte.
const fn ends(first: u8, last: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = first;
    bytes[31] = last;
    bytes
}
