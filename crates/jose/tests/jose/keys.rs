//! Public keys as JSON: what is read, what is refused, and which key serves which signature.

use grantwell_jose::{
    Algorithm, Curve, Jwk, JwkError, JwkSet, JwkSetError, MAX_KEYS, MAX_SET_LENGTH, Unverified,
    VerifyError,
};
use serde_json::{Value, json};

use crate::signer::{Signer, b64, jws, signer};

fn ec() -> Value {
    signer(Algorithm::Es256).bare().to_json()
}

fn with(mut key: Value, name: &str, value: Value) -> Value {
    key[name] = value;
    key
}

fn without(mut key: Value, name: &str) -> Value {
    key.as_object_mut().unwrap().remove(name);
    key
}

#[test]
fn a_key_reads_back_from_what_was_published() {
    for algorithm in Algorithm::ALL {
        let key = signer(algorithm).public("the name", algorithm);
        let json = key.to_json();
        assert_eq!(json["alg"], algorithm.as_str());
        assert_eq!((json["use"].as_str(), json["kid"].as_str()), (Some("sig"), Some("the name")));
        let read = Jwk::parse(json.to_string().as_bytes()).unwrap();
        assert_eq!((read.to_json(), read.thumbprint()), (json, key.thumbprint()));
        assert_eq!((read.id(), read.algorithm()), (Some("the name"), Some(algorithm)));
    }
}

/// R7591-2-c, R9449-4.3-b
#[test]
fn a_private_or_symmetric_key_is_refused_whatever_its_type() {
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        for value in [json!("AAAA"), json!(""), json!(null), json!([])] {
            let keys = [ec(), with(ec(), "kty", "AKP".into()), with(ec(), "crv", "X25519".into())];
            for key in keys {
                let key = with(key, name, value.clone());
                assert_eq!(Jwk::from_json(&key).unwrap_err(), JwkError::Private, "{key}");
                let set = json!({"keys": [ec(), key]});
                assert_eq!(
                    JwkSet::from_json(&set).unwrap_err(),
                    JwkSetError::Secret(JwkError::Private)
                );
            }
        }
    }
    for key in [json!({"kty": "oct", "k": "AAAA"}), json!({"kty": "oct"})] {
        assert_eq!(Jwk::from_json(&key).unwrap_err(), JwkError::Symmetric);
        let set = json!({ "keys": [key] });
        assert_eq!(JwkSet::from_json(&set).unwrap_err(), JwkSetError::Secret(JwkError::Symmetric));
    }
}

/// RFAPI-5.4-1
#[test]
fn an_rsa_key_is_neither_short_nor_huge_nor_badly_written() {
    let number = |bits: usize, last: u8| {
        let mut bytes = vec![0xaa; bits.div_ceil(8)];
        bytes[0] = if bits.is_multiple_of(8) { 0x80 } else { 1 << (bits % 8 - 1) };
        *bytes.last_mut().unwrap() = last;
        bytes
    };
    let key = |n: &[u8], e: &[u8]| Jwk::from_json(&json!({"kty": "RSA", "n": b64(n), "e": b64(e)}));
    let f4 = [1, 0, 1];
    for bits in [2048, 2049, 3072, 4096, 8192] {
        assert!(key(&number(bits, 1), &f4).is_ok(), "{bits}");
    }
    for bits in [512, 1024, 2047, 8193] {
        assert_eq!(key(&number(bits, 1), &f4).unwrap_err(), JwkError::RsaSize(bits));
    }
    let n = number(2048, 1);
    assert!(key(&n, &[3]).is_ok());
    for (what, n, e, expected) in [
        ("a zero in front", [&[0], &n[..]].concat(), f4.to_vec(), JwkError::Number),
        ("a zero before e", n.clone(), vec![0, 1, 0, 1], JwkError::Number),
        ("even modulus", number(2048, 2), f4.to_vec(), JwkError::Number),
        ("even exponent", n.clone(), vec![1, 0, 0], JwkError::Number),
        ("exponent one", n.clone(), vec![1], JwkError::Number),
        ("exponent as long as the modulus", n.clone(), n.clone(), JwkError::Number),
        ("no exponent", n.clone(), vec![], JwkError::Member("e")),
        ("no modulus", vec![], f4.to_vec(), JwkError::Member("n")),
        ("more than any key has", vec![1; 2000], f4.to_vec(), JwkError::Member("n")),
    ] {
        assert_eq!(key(&n, &e).unwrap_err(), expected, "{what}");
    }
}

#[test]
fn a_point_must_be_whole_and_on_its_curve() {
    for curve in Curve::ALL {
        let good = signer(curve.algorithm()).bare().to_json();
        assert!(Jwk::from_json(&good).is_ok());
        let size = curve.coordinate();
        for (what, key, expected) in [
            ("x of zero", with(good.clone(), "x", b64(vec![0; size]).into()), JwkError::Number),
            ("y is x", with(good.clone(), "y", good["x"].clone()), JwkError::Number),
            ("too big", with(good.clone(), "x", b64(vec![0xff; size]).into()), JwkError::Number),
            (
                "short",
                with(good.clone(), "x", b64(vec![1; size - 1]).into()),
                JwkError::Member("x"),
            ),
            ("long", with(good.clone(), "y", b64(vec![0; size + 1]).into()), JwkError::Member("y")),
            ("no y", without(good.clone(), "y"), JwkError::Member("y")),
            ("a number", with(good.clone(), "x", json!(1)), JwkError::Member("x")),
            ("null", with(good.clone(), "x", json!(null)), JwkError::Member("x")),
            (
                "padding",
                with(good.clone(), "x", format!("{}=", good["x"].as_str().unwrap()).into()),
                JwkError::Member("x"),
            ),
            ("no curve", without(good.clone(), "crv"), JwkError::Member("crv")),
            (
                "another curve's name",
                with(good.clone(), "crv", "secp256k1".into()),
                JwkError::UnknownType,
            ),
            (
                "a curve in lower case",
                with(good.clone(), "crv", "p-256".into()),
                JwkError::UnknownType,
            ),
            ("no type", without(good.clone(), "kty"), JwkError::Member("kty")),
            ("a type in lower case", with(good.clone(), "kty", "ec".into()), JwkError::UnknownType),
        ] {
            assert_eq!(Jwk::from_json(&key).unwrap_err(), expected, "{what}");
        }
    }
    let infinity = [4].into_iter().chain([0; 64]).collect::<Vec<u8>>();
    for point in [&infinity[..], &[0], &[], &[2; 33]] {
        assert_eq!(Jwk::ec(Curve::P256, point).unwrap_err(), JwkError::Number);
    }
    for x in [vec![1; 31], vec![1; 33], vec![]] {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": b64(x)});
        assert!(Jwk::from_json(&key).is_err());
    }
    for crv in ["X25519", "Ed448", "X448", "ed25519"] {
        let key = json!({"kty": "OKP", "crv": crv, "x": b64([1; 32])});
        assert_eq!(Jwk::from_json(&key).unwrap_err(), JwkError::UnknownType);
    }
}

#[test]
fn a_key_serves_only_what_it_says_it_is_for() {
    let text = jws(signer(Algorithm::Es256), Algorithm::Es256, r#"{"alg":"ES256"}"#, "{}");
    let read = Unverified::parse(&text).unwrap();
    let bare = without(ec(), "use");
    let outcome = |name: &str, value: Value| {
        let key = Jwk::from_json(&with(bare.clone(), name, value))?;
        Ok(read.verify_by(&key, &Algorithm::ALL).map(|_| ()))
    };
    let no_key = Ok(Err(VerifyError::NoKey));
    for (name, value, expected) in [
        ("use", json!("sig"), Ok(Ok(()))),
        ("use", json!("enc"), no_key),
        ("use", json!("SIG"), no_key),
        ("use", json!(["sig"]), Err(JwkError::Member("use"))),
        ("alg", json!("ES256"), Ok(Ok(()))),
        ("alg", json!("ECDH-ES"), no_key),
        ("alg", json!("HS256"), no_key),
        ("alg", json!("none"), no_key),
        ("alg", json!("ES384"), Err(JwkError::Unfit)),
        ("alg", json!("RS256"), Err(JwkError::Unfit)),
        ("alg", json!(null), Err(JwkError::Member("alg"))),
        ("key_ops", json!(["verify"]), Ok(Ok(()))),
        ("key_ops", json!(["sign", "verify"]), Ok(Ok(()))),
        ("key_ops", json!(["deriveKey"]), no_key),
        ("key_ops", json!([]), no_key),
        ("key_ops", json!(["verify", "verify"]), Err(JwkError::Member("key_ops"))),
        ("key_ops", json!("verify"), Err(JwkError::Member("key_ops"))),
        ("key_ops", json!([1]), Err(JwkError::Member("key_ops"))),
        ("kid", json!(1), Err(JwkError::Member("kid"))),
        ("x5c", json!(["anything"]), Ok(Ok(()))),
        ("unknown", json!({"a": 1}), Ok(Ok(()))),
    ] {
        assert_eq!(outcome(name, value.clone()), expected, "{name} {value}");
    }
    // Both must agree.
    let torn = with(with(bare, "use", json!("sig")), "key_ops", json!(["encrypt"]));
    let key = Jwk::from_json(&torn).unwrap();
    assert_eq!(read.verify_by(&key, &Algorithm::ALL).unwrap_err(), VerifyError::NoKey);
    let again = Jwk::from_json(&key.to_json()).unwrap();
    assert_eq!(read.verify_by(&again, &Algorithm::ALL).unwrap_err(), VerifyError::NoKey);
}

#[test]
fn a_set_skips_what_it_does_not_understand_and_says_so() {
    let set = json!({"keys": [
        {"kty": "XYZ"},
        {"kty": "OKP", "crv": "X25519", "x": b64([9; 32])},
        {"kty": "RSA", "n": b64([0xff; 128]), "e": "AQAB"},
        {"no": "type"},
        7,
        ec(),
    ], "more": true});
    let read = JwkSet::parse(set.to_string().as_bytes()).unwrap();
    assert_eq!(read.keys().len(), 1);
    assert_eq!(
        read.skipped(),
        [
            JwkError::UnknownType,
            JwkError::UnknownType,
            JwkError::RsaSize(1024),
            JwkError::Member("kty"),
            JwkError::NotAnObject
        ]
    );
    assert_eq!(JwkSet::from_json(&read.to_json()).unwrap().keys().len(), 1);
}

#[test]
fn a_set_is_bounded_and_has_its_form() {
    let many = |count| json!({"keys": vec![json!({"kty": "XYZ"}); count]}).to_string();
    assert!(JwkSet::parse(many(MAX_KEYS).as_bytes()).is_ok());
    assert_eq!(
        JwkSet::parse(many(MAX_KEYS + 1).as_bytes()).unwrap_err(),
        JwkSetError::TooMany(MAX_KEYS + 1)
    );
    let long = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(MAX_SET_LENGTH));
    assert_eq!(JwkSet::parse(long.as_bytes()).unwrap_err(), JwkSetError::TooLong);
    for text in [r"{}", r#"{"keys":{}}"#, r#"{"keys":null}"#, r#"{"Keys":[]}"#] {
        assert_eq!(JwkSet::parse(text.as_bytes()).unwrap_err(), JwkSetError::NoKeys, "{text}");
    }
    for text in
        ["", "[]", "<html>", r#"{"keys":[],"keys":[]}"#, r#"{"keys":[{"kty":"EC","kty":"EC"}]}"#]
    {
        assert!(matches!(JwkSet::parse(text.as_bytes()), Err(JwkSetError::Json(_))), "{text}");
    }
    assert!(Jwk::parse(br#"{"kty":"EC","kty":"RSA"}"#).is_err());
    assert!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().keys().is_empty());
}

/// RFAPI-5.4.2/3
#[test]
fn several_keys_may_fit_and_so_many_are_tried() {
    let ours = signer(Algorithm::Es256);
    let strangers = |count| (0..count).map(|_| Signer::fresh_ec(Curve::P256)).collect::<Vec<_>>();
    let verify = |header: &str, keys: Vec<Jwk>| {
        let text = jws(ours, Algorithm::Es256, header, "{}");
        let read = Unverified::parse(&text).unwrap();
        read.verify(&JwkSet::new(keys), &Algorithm::ALL).map(|_| ())
    };
    let nameless = |count, last: bool| {
        let mut keys: Vec<_> = strangers(count).iter().map(Signer::bare).collect();
        keys.extend(last.then(|| ours.bare()));
        keys
    };
    let plain = r#"{"alg":"ES256"}"#;
    assert_eq!(verify(plain, nameless(7, true)), Ok(()));
    assert_eq!(verify(plain, nameless(8, true)), Err(VerifyError::TooManyKeys));
    assert_eq!(verify(plain, nameless(3, false)), Err(VerifyError::BadSignature));
    assert_eq!(verify(plain, vec![]), Err(VerifyError::NoKey));

    // The same name twice: both are tried. Keys of other types do not count.
    let named = r#"{"alg":"ES256","kid":"a"}"#;
    let es = Algorithm::Es256;
    let a = |by: &Signer| by.public("a", es);
    let mut keys: Vec<_> = strangers(3).iter().map(a).collect();
    keys.push(signer(Algorithm::EdDsa).public("a", Algorithm::EdDsa));
    keys.push(a(ours));
    assert_eq!(verify(named, keys), Ok(()));
    // A name that a key has shuts out those without a name; one that no key has does not.
    let stranger = &strangers(1)[0];
    assert_eq!(verify(named, vec![a(stranger), ours.bare()]), Err(VerifyError::BadSignature));
    assert_eq!(verify(named, vec![stranger.public("b", es), ours.bare()]), Ok(()));
    assert_eq!(verify(named, vec![ours.public("b", es)]), Err(VerifyError::NoKey));
}
