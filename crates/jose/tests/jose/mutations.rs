//! What attackers do to a JWT: the table of mutations, each refused.

use grantwell_jose::json::JsonError;
use grantwell_jose::{
    Algorithm, ClaimsError, Curve, JwkSet, JwsError, MAX_JWS_LENGTH, MacAlgorithm, Unverified,
    Verified, VerifyError, mac,
};

use crate::signer::{Signer, b64, everybody, jws, sign_der, signed, signer};

const CLAIMS: &str = r#"{"iss":"https://auth.example","exp":10}"#;

/// Everything that stands between a text and its payload.
#[derive(Debug, PartialEq)]
enum Refusal {
    Form(JwsError),
    Signature(VerifyError),
}

fn open(text: &str, keys: &JwkSet) -> Result<Verified, Refusal> {
    let read = Unverified::parse(text).map_err(Refusal::Form)?;
    read.verify(keys, &Algorithm::ALL).map_err(Refusal::Signature)
}

fn refused(what: &str, text: &str, expected: &Refusal) {
    assert_eq!(open(text, &everybody()).expect_err(what), *expected, "{what}");
}

const BAD: Refusal = Refusal::Signature(VerifyError::BadSignature);

/// Parts of a token that is good for EdDSA.
fn parts() -> [String; 3] {
    let text = signed(Algorithm::EdDsa, CLAIMS);
    let mut parts = text.split('.').map(str::to_owned);
    std::array::from_fn(|_| parts.next().unwrap())
}

#[test]
fn an_honest_token_of_every_algorithm_is_believed_with_the_key_it_names() {
    for algorithm in Algorithm::ALL {
        let text = signed(algorithm, CLAIMS);
        let keys = JwkSet::new(vec![signer(algorithm).bare()]);
        let verified = open(&text, &keys).unwrap();
        assert_eq!(verified.payload(), CLAIMS.as_bytes());
        assert_eq!(verified.claims().unwrap().issuer.as_deref(), Some("https://auth.example"));
    }
}

/// R9068-2.1-a, ROIDC-3.1.3.7-a
#[test]
fn no_algorithm_is_never_accepted() {
    let [_, payload, signature] = parts();
    for name in ["none", "None", "nOnE", "NONE", "", " EdDSA", "EdDSA ", "eddsa", "EdDSA\\u0000"] {
        let header = b64(format!(r#"{{"alg":"{name}"}}"#));
        for signature in ["", "AA", &signature] {
            let expected = match signature {
                "" => JwsError::Parts,
                _ => JwsError::UnknownAlgorithm,
            };
            let text = format!("{header}.{payload}.{signature}");
            refused(name, &text, &Refusal::Form(expected));
        }
    }
    let header = b64(r#"{"typ":"JWT"}"#);
    refused("no alg", &format!("{header}.{payload}.AA"), &Refusal::Form(JwsError::NoAlgorithm));
}

/// The public key of an RSA signer as the secret of a MAC: in every spelling that a careless server could use.
#[test]
fn a_public_key_is_never_the_secret_of_a_mac() {
    let key = signer(Algorithm::Rs256).bare();
    let members = key.to_json();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", members["n"]);
    let spellings = [
        pem.clone(),
        format!("\n{pem}"),
        format!(" {pem}"),
        format!("{pem}\n"),
        members.to_string(),
        members["n"].to_string(),
    ];
    for algorithm in MacAlgorithm::ALL {
        for secret in &spellings {
            let text =
                mac::sign(Some("JWT"), algorithm, secret.as_bytes(), CLAIMS.as_bytes()).unwrap();
            let keys = JwkSet::new(vec![key.clone()]);
            assert_eq!(
                open(&text, &keys).unwrap_err(),
                Refusal::Signature(VerifyError::NotAllowed)
            );
        }
    }
    // And the other way round: a signature is no MAC.
    let text = signed(Algorithm::Rs256, CLAIMS);
    let read = Unverified::parse(&text).unwrap();
    assert_eq!(read.verify_mac(&[7; 64], &MacAlgorithm::ALL).unwrap_err(), VerifyError::NotAllowed);
}

#[test]
fn a_key_that_the_sender_brings_along_is_never_used() {
    let evil = Signer::fresh_ec(Curve::P256);
    let key = evil.bare().to_json();
    for member in [
        format!(r#""jwk":{key}"#),
        r#""jku":"https://evil.example/keys""#.to_owned(),
        r#""x5u":"https://evil.example/chain""#.to_owned(),
        r#""x5c":["MIIB"]"#.to_owned(),
        r#""x5t":"AA""#.to_owned(),
    ] {
        let header = format!(r#"{{"alg":"ES256",{member}}}"#);
        refused(&member, &jws(&evil, Algorithm::Es256, &header, CLAIMS), &BAD);
        let nobody = JwkSet::default();
        assert_eq!(
            open(&jws(&evil, Algorithm::Es256, &header, CLAIMS), &nobody).unwrap_err(),
            Refusal::Signature(VerifyError::NoKey)
        );
        // The same members do not keep an honest token from being read.
        let honest = jws(signer(Algorithm::Es256), Algorithm::Es256, &header, CLAIMS);
        assert!(open(&honest, &everybody()).is_ok(), "{member}");
    }
}

#[test]
fn the_name_of_a_key_only_chooses_among_those_that_are_known() {
    let by = signer(Algorithm::Es256);
    let named =
        |kid: &str| jws(by, Algorithm::Es256, &format!(r#"{{"alg":"ES256","kid":{kid}}}"#), CLAIMS);
    assert!(open(&named(r#""ES256""#), &everybody()).is_ok());
    for kid in [
        r#""unknown""#,
        r#""""#,
        r#""../../../../dev/null""#,
        r#""' OR 1=1; --""#,
        r#""https://evil.example/key""#,
        r#""es256""#,
        r#""ES256\u0000""#,
        // The key of another type, under its right name.
        r#""EdDSA""#,
        r#""ES384""#,
    ] {
        refused(kid, &named(kid), &Refusal::Signature(VerifyError::NoKey));
    }
    for kid in ["null", "1", "[\"ES256\"]", "{}"] {
        refused(kid, &named(kid), &Refusal::Form(JwsError::Member("kid")));
    }
    let twice = jws(by, Algorithm::Es256, r#"{"alg":"ES256","kid":"x","kid":"ES256"}"#, CLAIMS);
    refused("kid twice", &twice, &Refusal::Form(JwsError::Header(JsonError::Repeated)));
}

#[test]
fn what_the_header_must_not_say_is_refused_even_when_signed() {
    let by = signer(Algorithm::EdDsa);
    for (member, expected) in [
        (r#""crit":["exp"]"#, JwsError::Critical),
        (r#""crit":["b64"],"b64":false"#, JwsError::Critical),
        (r#""crit":[]"#, JwsError::Critical),
        (r#""crit":null"#, JwsError::Critical),
        (r#""b64":false"#, JwsError::Unencoded),
        (r#""b64":0"#, JwsError::Unencoded),
        (r#""enc":"A128GCM","zip":"DEF""#, JwsError::Encrypted),
        (r#""alg":"EdDSA""#, JwsError::Header(JsonError::Repeated)),
        (r#""\u0061lg":"none""#, JwsError::Header(JsonError::Repeated)),
        (r#""typ":7"#, JwsError::Member("typ")),
    ] {
        let text = jws(by, Algorithm::EdDsa, &format!(r#"{{"alg":"EdDSA",{member}}}"#), CLAIMS);
        refused(member, &text, &Refusal::Form(expected));
    }
    let deep = format!(r#"{{"alg":"EdDSA","x":{}{}}}"#, "[".repeat(4_000), "]".repeat(4_000));
    let text = jws(by, Algorithm::EdDsa, &deep, CLAIMS);
    refused("deep", &text, &Refusal::Form(JwsError::Header(JsonError::TooDeep)));
    for header in
        ["", "null", "\"alg\"", "[\"alg\"]", "{\"alg\":\"EdDSA\"}{}", "{\"alg\":\"EdDSA\"} x"]
    {
        assert!(matches!(
            open(&jws(by, Algorithm::EdDsa, header, CLAIMS), &everybody()),
            Err(Refusal::Form(JwsError::Header(_) | JwsError::Parts))
        ));
    }
}

#[test]
fn a_text_that_is_not_exactly_three_parts_of_base64url_is_refused() {
    let [header, payload, signature] = parts();
    let good = format!("{header}.{payload}.{signature}");
    assert!(open(&good, &everybody()).is_ok());
    let form = |error| Refusal::Form(error);
    for (what, text, expected) in [
        ("nothing", String::new(), JwsError::Parts),
        ("one part", header.clone(), JwsError::Parts),
        ("two parts", format!("{header}.{payload}"), JwsError::Parts),
        ("four parts", format!("{good}.x"), JwsError::Parts),
        ("a dot at the end", format!("{good}."), JwsError::Parts),
        ("five parts", format!("{good}.x.y"), JwsError::Encrypted),
        ("six parts", format!("{good}.x.y.z"), JwsError::Parts),
        ("many dots", ".".repeat(MAX_JWS_LENGTH), JwsError::Parts),
        ("no header", format!(".{payload}.{signature}"), JwsError::Parts),
        ("no signature", format!("{header}.{payload}."), JwsError::Parts),
        ("padding", format!("{good}="), JwsError::Base64Url),
        ("padding", format!("{good}=="), JwsError::Base64Url),
        ("padding inside", format!("{header}=.{payload}.{signature}"), JwsError::Base64Url),
        ("space before", format!(" {good}"), JwsError::Base64Url),
        ("a line feed after", format!("{good}\n"), JwsError::Base64Url),
        ("a line feed inside", format!("{header}\n.{payload}.{signature}"), JwsError::Base64Url),
        ("NUL after", format!("{good}\0"), JwsError::Base64Url),
        ("the other alphabet", format!("{header}.{payload}+/.{signature}"), JwsError::Base64Url),
        (
            "letters of another script",
            format!("{header}.{payload}é.{signature}"),
            JwsError::Base64Url,
        ),
        ("JSON", format!(r#"{{"payload":"{payload}","signatures":[]}}"#), JwsError::Parts),
        (
            "10 MB header",
            format!("{}.{payload}.{signature}", "A".repeat(10 << 20)),
            JwsError::TooLong,
        ),
        ("long header", format!("{}.{payload}.{signature}", "A".repeat(20_000)), JwsError::TooLong),
        (
            "10 MB payload",
            format!("{header}.{}.{signature}", "A".repeat(10 << 20)),
            JwsError::TooLong,
        ),
        ("trailing data", format!("{good}{}", "A".repeat(MAX_JWS_LENGTH)), JwsError::TooLong),
    ] {
        refused(what, &text, &form(expected));
    }
}

/// Two texts for the same bytes would be two names for one token.
#[test]
fn a_signature_has_exactly_one_text() {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
        let good = signed(algorithm, CLAIMS);
        let keys = JwkSet::new(vec![signer(algorithm).bare()]);
        for letter in ALPHABET {
            let other = format!("{}{}", &good[..good.len() - 1], char::from(*letter));
            assert_eq!(open(&other, &keys).is_ok(), other == good, "{algorithm} {other}");
        }
    }
}

#[test]
fn no_character_can_be_changed_and_none_can_be_cut_off_or_added() {
    let keys = everybody();
    for algorithm in
        [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::Rs256]
    {
        let good = signed(algorithm, CLAIMS);
        assert!(open(&good, &keys).is_ok());
        for at in 0..good.len() {
            let flipped = if &good[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{flipped}{}", &good[..at], &good[at + 1..]);
            assert!(open(&changed, &keys).is_err(), "{algorithm} changed at {at}");
            assert!(open(&good[..at], &keys).is_err(), "{algorithm} cut at {at}");
        }
        for length in (8..good.len()).step_by(8) {
            assert!(open(&good[length..], &keys).is_err(), "{algorithm} from {length}");
        }
        for more in ["A", "AA", "AAAA", "AAAAAAAA", ".", "=", " "] {
            assert!(open(&format!("{good}{more}"), &keys).is_err(), "{algorithm} and {more}");
        }
    }
}

#[test]
fn a_signature_of_other_content_or_another_header_is_refused() {
    let [header, payload, signature] = parts();
    let other = signed(Algorithm::EdDsa, r#"{"iss":"https://auth.example","exp":11}"#);
    let other: Vec<_> = other.split('.').collect();
    let spaced = b64(r#"{"alg": "EdDSA"}"#);
    for text in [
        format!("{header}.{}.{signature}", other[1]),
        format!("{header}.{payload}.{}", other[2]),
        format!("{spaced}.{payload}.{signature}"),
        format!("{header}..{signature}"),
    ] {
        refused(&text, &text, &BAD);
    }
}

/// CVE-2022-21449: zero passes the equation of ECDSA when nobody looks.
#[test]
fn numbers_out_of_range_are_no_signature() {
    let order = |curve| -> Vec<u8> {
        let hex = match curve {
            Curve::P256 => "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551".to_owned(),
            Curve::P384 => "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973".to_owned(),
            Curve::P521 => format!("01{}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409", "ff".repeat(32)),
        };
        (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    };
    for curve in Curve::ALL {
        let (algorithm, size) = (curve.algorithm(), curve.coordinate());
        let good = signed(algorithm, CLAIMS);
        let input = &good[..good.rfind('.').unwrap()];
        let signature = signer(algorithm).sign(algorithm, input.as_bytes());
        let (r, s) = signature.split_at(size);
        let (zero, one, n) = (vec![0; size], [vec![0; size - 1], vec![1]].concat(), order(curve));
        assert_eq!(n.len(), size);
        let most = vec![0xff; size];
        for (what, r, s) in [
            ("r = s = 0", &zero[..], &zero[..]),
            ("r = 0", &zero, s),
            ("s = 0", r, &zero),
            ("r = n", &n, s),
            ("s = n", r, &n),
            ("r = s = n", &n, &n),
            ("r = s = 1", &one, &one),
            ("all ones", &most, &most),
            ("swapped", s, r),
        ] {
            let text = format!("{input}.{}", b64([r, s].concat()));
            refused(&format!("{algorithm} {what}"), &text, &BAD);
        }
        for (what, bytes) in [
            ("half", r.to_vec()),
            ("one byte less", signature[1..].to_vec()),
            ("zeros in front", [&[0, 0], &signature[..]].concat()),
            ("zeros behind", [&signature[..], &[0, 0]].concat()),
            ("twice", [&signature[..], &signature[..]].concat()),
        ] {
            refused(what, &format!("{input}.{}", b64(bytes)), &BAD);
        }
    }
}

#[test]
fn an_ecdsa_signature_in_der_is_refused() {
    let good = signed(Algorithm::Es256, CLAIMS);
    let input = &good[..good.rfind('.').unwrap()];
    refused("DER", &format!("{input}.{}", b64(sign_der(input.as_bytes()))), &BAD);
}

#[test]
fn a_signature_with_another_padding_hash_or_curve_than_the_header_says_is_refused() {
    for made in Algorithm::ALL {
        for said in Algorithm::ALL.into_iter().filter(|said| *said != made) {
            let header = format!(r#"{{"alg":"{said}"}}"#);
            let text = jws(signer(made), made, &header, CLAIMS);
            // The key says nothing about its algorithm, so that only the signature decides.
            let keys = JwkSet::new(Algorithm::ALL.map(|algorithm| signer(algorithm).bare()).into());
            assert_eq!(open(&text, &keys).unwrap_err(), BAD, "{made} as {said}");
        }
    }
}

/// A key that names its algorithm serves no other, even though it could.
#[test]
fn a_key_for_one_algorithm_verifies_no_other() {
    let keys = JwkSet::new(vec![signer(Algorithm::Rs256).public("k", Algorithm::Ps256)]);
    let text = signed(Algorithm::Rs256, CLAIMS);
    assert_eq!(open(&text, &keys).unwrap_err(), Refusal::Signature(VerifyError::NoKey));
    let text = signed(Algorithm::Ps256, CLAIMS);
    assert!(open(&text, &keys).is_ok());
}

#[test]
fn a_token_of_another_issuers_key_is_refused() {
    let stranger = Signer::fresh_ec(Curve::P256);
    let text = jws(&stranger, Algorithm::Es256, r#"{"alg":"ES256","kid":"ES256"}"#, CLAIMS);
    refused("stranger", &text, &BAD);
}

#[test]
fn a_nested_or_unreadable_payload_has_no_claims() {
    let inner = signed(Algorithm::EdDsa, CLAIMS);
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (payload, expected) in [
        (inner.as_str(), JsonError::Malformed),
        ("", JsonError::Malformed),
        ("[]", JsonError::NotAnObject),
        (r#"{"sub":"a","sub":"b"}"#, JsonError::Repeated),
        (&deep, JsonError::TooDeep),
    ] {
        let text = signed(Algorithm::EdDsa, payload);
        let verified = open(&text, &everybody()).unwrap();
        assert_eq!(verified.claims().unwrap_err(), ClaimsError::Json(expected));
    }
}

#[test]
fn claims_can_be_looked_at_before_verifying_only_by_saying_so() {
    let stranger = Signer::fresh_ec(Curve::P256);
    let text = jws(&stranger, Algorithm::Es256, r#"{"alg":"ES256"}"#, r#"{"sub":"client"}"#);
    let read = Unverified::parse(&text).unwrap();
    assert_eq!(read.untrusted_claims().unwrap().subject.as_deref(), Some("client"));
    assert!(read.verify(&everybody(), &Algorithm::ALL).is_err());
}

/// RFC 9449 §4.2: the one place where the header's own key is used, and only when asked for.
#[test]
fn the_embedded_key_of_a_proof_is_read_strictly() {
    let by = signer(Algorithm::Es256);
    let key = by.bare();
    let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{}}}"#, key.to_json());
    let read = Unverified::parse(&jws(by, Algorithm::Es256, &header, "{}")).unwrap();
    let embedded = read.embedded_key().unwrap().unwrap();
    assert_eq!(embedded.thumbprint(), key.thumbprint());
    assert!(read.verify_by(&embedded, &[Algorithm::Es256]).is_ok());
    let none = Unverified::parse(&signed(Algorithm::Es256, "{}")).unwrap();
    assert!(none.embedded_key().unwrap().is_none());
    for jwk in [r#"{"kty":"oct","k":"AAAA"}"#, "1", "null", r#"{"kty":"EC"}"#] {
        let header = format!(r#"{{"alg":"ES256","jwk":{jwk}}}"#);
        let read = Unverified::parse(&jws(by, Algorithm::Es256, &header, "{}")).unwrap();
        assert!(read.embedded_key().is_err(), "{jwk}");
    }
}
