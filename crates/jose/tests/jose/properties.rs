//! What holds for every input.

use grantwell_jose::{Algorithm, Claims, Draft, Jwk, JwkSet, MacAlgorithm, Unverified, json, mac};
use proptest::prelude::*;
use serde_json::Value;

use crate::signer::{everybody, signer};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts that come near to something.
fn near_jws() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,200}",
        "[A-Za-z0-9_=.-]{0,200}",
        (any_json(), any_json(), "[A-Za-z0-9_-]{0,86}").prop_map(|(header, payload, signature)| {
            let text = Draft::new(None, "", None, payload.to_string().as_bytes()).signed(b"");
            let payload = text.split('.').nth(1).unwrap_or_default().to_owned();
            let header = crate::signer::b64(header.to_string());
            format!("{header}.{payload}.{signature}")
        }),
    ]
}

proptest! {
    #[test]
    fn nothing_that_was_not_signed_is_believed_and_nothing_panics(text in near_jws()) {
        if let Ok(read) = Unverified::parse(&text) {
            prop_assert!(read.verify(&everybody(), &Algorithm::ALL).is_err());
            prop_assert!(read.verify_mac(&[7; 64], &MacAlgorithm::ALL).is_err());
            let _ = (read.untrusted_claims(), read.embedded_key());
        }
    }

    #[test]
    fn every_payload_comes_back_byte_for_byte(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        typ in prop::option::of(".{0,20}"),
        kid in "[^\u{0}]{0,40}",
    ) {
        let draft = Draft::new(typ.as_deref(), "EdDSA", Some(&kid), &payload);
        let signature = signer(Algorithm::EdDsa).sign(Algorithm::EdDsa, draft.signing_input());
        let read = Unverified::parse(&draft.signed(&signature)).unwrap();
        let set = JwkSet::new(vec![signer(Algorithm::EdDsa).public(&kid, Algorithm::EdDsa)]);
        let verified = read.verify(&set, &[Algorithm::EdDsa]).unwrap();
        prop_assert_eq!(verified.payload(), &payload[..]);
        prop_assert_eq!(verified.header.media_type(), typ.as_deref());
        prop_assert_eq!(verified.header.key_id, Some(kid));
    }

    #[test]
    fn a_mac_holds_for_its_secret_and_its_payload_only(
        payload in ".{0,40}", secret in prop::collection::vec(any::<u8>(), 64..80), at in any::<prop::sample::Index>(),
    ) {
        let text = mac::sign(None, MacAlgorithm::Hs512, &secret, payload.as_bytes()).unwrap();
        let read = Unverified::parse(&text).unwrap();
        prop_assert!(read.verify_mac(&secret, &[MacAlgorithm::Hs512]).is_ok());
        let mut other = secret.clone();
        let at = at.index(other.len());
        other[at] ^= 1;
        prop_assert!(read.verify_mac(&other, &[MacAlgorithm::Hs512]).is_err());
    }

    #[test]
    fn strict_reading_gives_the_same_value_or_refuses(value in any_json()) {
        let text = value.to_string();
        match json::object(text.as_bytes()) {
            Ok(read) => prop_assert_eq!(Value::Object(read), serde_json::from_str::<Value>(&text).unwrap()),
            Err(_) => prop_assert!(!value.is_object()),
        }
        let _ = Claims::parse(text.as_bytes());
        let _ = (Jwk::from_json(&value), JwkSet::from_json(&value));
    }

    #[test]
    fn bytes_never_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (json::object(&bytes), Claims::parse(&bytes), Jwk::parse(&bytes), JwkSet::parse(&bytes));
        let _ = (Jwk::rsa(&bytes, &[1, 0, 1]), Jwk::ed25519(&bytes));
    }
}
