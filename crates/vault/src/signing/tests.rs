//! What signing keys do, what they never show, and where they do not open.

use std::sync::LazyLock;
use std::time::Instant;

use jose::{Unverified, VerifyError};
use oauth::id::ApplicationId;
use oauth::secret::Secret;
use uuid::Uuid;

use super::*;
use crate::{KeyUse, MasterKey, SealingKey, UnwrapError, Vault};

fn id(number: u128) -> KeyId {
    KeyId(Uuid::from_u128(number))
}

fn vault() -> Vault {
    Vault::new(MasterKey::from_random([7; 32]))
}

fn key(number: u128, algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(id(number), algorithm, RsaSize::Bits2048).unwrap()
}

/// One wrapped RSA key, because making one takes long.
static RSA: LazyLock<String> =
    LazyLock::new(|| vault().wrap_signing_key(&key(1, Algorithm::Rs256)).unwrap());

#[test]
fn every_algorithm_signs_after_its_key_was_stored_and_anybody_can_verify() {
    let vault = vault();
    for algorithm in Algorithm::ALL {
        let made = key(5, algorithm);
        let wrapped = vault.wrap_signing_key(&made).unwrap();
        let opened = vault.unwrap_signing_key(id(5), algorithm, &wrapped).unwrap();
        assert_eq!((opened.id(), opened.algorithm()), (id(5), algorithm));
        assert_eq!(opened.public().to_json(), made.public().to_json());
        vault.install_signing(vec![opened], vec![id(5)]).unwrap();

        let text = vault.sign(Some("at+jwt"), algorithm, b"{\"sub\":\"a\"}").unwrap();
        let verified =
            Unverified::parse(&text).unwrap().verify(&vault.public_keys(), &[algorithm]).unwrap();
        assert_eq!(verified.payload(), b"{\"sub\":\"a\"}");
        assert_eq!(verified.header.key_id, Some(id(5).to_string()));
        assert!(verified.header.is_type("at+jwt"));
        let published = JwkSet::from_json(&vault.public_keys().to_json()).unwrap();
        assert!(Unverified::parse(&text).unwrap().verify(&published, &[algorithm]).is_ok());
    }
}

#[test]
fn an_rsa_key_has_the_size_that_was_asked_for() {
    for (bits, length) in [(2048, 342), (3072, 512), (4096, 683)] {
        let size = RsaSize::from_bits(bits).unwrap();
        let made = SigningKey::generate(id(1), Algorithm::Ps256, size).unwrap();
        assert_eq!(made.public().to_json()["n"].as_str().unwrap().len(), length);
    }
    for bits in [0, 1024, 2047, 8192] {
        assert_eq!(RsaSize::from_bits(bits), None);
    }
}

/// ROIDD-3-a
#[test]
fn what_is_published_and_what_is_shown_has_nothing_private() {
    let vault = vault();
    let rsa = vault.unwrap_signing_key(id(1), Algorithm::Rs256, &RSA).unwrap();
    let keys = vec![rsa, key(2, Algorithm::Es512), key(3, Algorithm::EdDsa)];
    assert_eq!(
        format!("{keys:?}"),
        format!(
            "[SigningKey(RS256 {}), SigningKey(ES512 {}), SigningKey(EdDSA {})]",
            id(1),
            id(2),
            id(3)
        )
    );
    vault.install_signing(keys, vec![]).unwrap();
    let published = vault.public_keys().to_json();
    let mut names = Vec::new();
    for key in published["keys"].as_array().unwrap() {
        assert!(key["use"] == "sig" && key["alg"].is_string() && key["kid"].is_string());
        names.extend(key.as_object().unwrap().keys().map(String::as_str));
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"]);
}

#[test]
fn a_wrapped_signing_key_opens_only_for_its_row_its_algorithm_and_its_use() {
    let vault = vault();
    let other = Vault::new(MasterKey::from_random([8; 32]));
    let rs = Algorithm::Rs256;
    assert!(vault.unwrap_signing_key(id(1), rs, &RSA).is_ok());
    let refused = Err(UnwrapError::Refused(id(1)));
    let outcome = |result: Result<SigningKey, _>| result.map(|_| ());
    assert_eq!(outcome(other.unwrap_signing_key(id(1), rs, &RSA)), refused);
    assert_eq!(
        outcome(vault.unwrap_signing_key(id(2), rs, &RSA)),
        Err(UnwrapError::Refused(id(2)))
    );
    // The same numbers would do for PS256; the row says otherwise.
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| *algorithm != rs) {
        assert_eq!(outcome(vault.unwrap_signing_key(id(1), algorithm, &RSA)), refused);
    }
    assert!(vault.unwrap_sealing_key(id(1), &RSA).is_err());
    let sealing = SealingKey::new(id(1), &[9; 32]).unwrap();
    let sealing = vault.wrap_sealing_key(&sealing).unwrap();
    assert_eq!(outcome(vault.unwrap_signing_key(id(1), Algorithm::EdDsa, &sealing)), refused);
    assert_eq!(
        outcome(vault.unwrap_signing_key(id(1), rs, "v4.local.")),
        Err(UnwrapError::Malformed(id(1)))
    );
    // Rightly wrapped, but not a key of that algorithm.
    let material = key(1, Algorithm::Es256).material().unwrap();
    for algorithm in [Algorithm::Es384, Algorithm::EdDsa, rs] {
        for bytes in [&material[..], b"nonsense"] {
            let wrapped = vault.wrap(id(1), KeyUse::Signing(algorithm), bytes).unwrap();
            let opened = vault.unwrap_signing_key(id(1), algorithm, &wrapped);
            assert_eq!(outcome(opened), Err(UnwrapError::Malformed(id(1))));
        }
    }
}

#[test]
fn a_retired_key_verifies_what_it_signed_and_signs_no_more() {
    let vault = vault();
    let clone = vault.clone();
    let es = Algorithm::Es256;
    let stored = |number| vault.wrap_signing_key(&key(number, es)).unwrap();
    let (old, new) = (stored(1), stored(2));
    let open = |number, text| vault.unwrap_signing_key(id(number), es, text).unwrap();

    vault.install_signing(vec![open(1, &old)], vec![id(1)]).unwrap();
    let first = clone.sign(None, es, b"1").unwrap();
    vault.install_signing(vec![open(1, &old), open(2, &new)], vec![id(2)]).unwrap();
    let second = clone.sign(None, es, b"2").unwrap();
    let verify = |text| Unverified::parse(text).unwrap().verify(&clone.public_keys(), &[es]);
    assert_eq!(verify(&first).unwrap().header.key_id, Some(id(1).to_string()));
    assert_eq!(verify(&second).unwrap().header.key_id, Some(id(2).to_string()));
    vault.install_signing(vec![open(2, &new)], vec![id(2)]).unwrap();
    assert_eq!(verify(&first).unwrap_err(), VerifyError::NoKey);
}

#[test]
fn a_bad_set_of_signing_keys_is_refused_and_the_old_one_stays() {
    let (es, ed) = (Algorithm::Es256, Algorithm::EdDsa);
    let vault = vault();
    vault.install_signing(vec![key(1, es), key(2, ed)], vec![id(1), id(2)]).unwrap();
    assert_eq!(vault.signing_algorithms(), [es, ed]);
    let many = (0..=64).map(|number| key(number, ed)).collect();
    for (keys, current, expected) in [
        (vec![], vec![id(1)], InstallError::CurrentMissing(id(1))),
        (vec![key(1, es)], vec![id(1), id(2)], InstallError::CurrentMissing(id(2))),
        (vec![key(1, es), key(1, ed)], vec![id(1)], InstallError::Repeated(id(1))),
        (vec![key(1, es), key(2, es)], vec![id(1), id(2)], InstallError::Repeated(id(2))),
        (many, vec![id(1)], InstallError::TooMany(65)),
    ] {
        assert_eq!(vault.install_signing(keys, current), Err(expected));
    }
    assert!(vault.sign(None, es, b"x").is_ok() && vault.sign(None, ed, b"x").is_ok());
    assert_eq!(vault.sign(None, Algorithm::Rs256, b"x"), Err(SignError::NoKey(Algorithm::Rs256)));
}

#[test]
fn a_clients_secret_opens_only_for_its_application() {
    let vault = vault();
    let application = |number| ApplicationId::from_uuid(Uuid::from_u128(number));
    let secret = Secret::from("ünïcode and 43 characters of base64url-_.");
    let wrapped = vault.wrap_client_secret(application(1), &secret).unwrap();
    assert!(!wrapped.contains("base64url"));
    assert_eq!(vault.unwrap_client_secret(application(1), &wrapped), Ok(secret.clone()));
    let refused = Err(UnwrapError::Refused(id(2)));
    assert_eq!(vault.unwrap_client_secret(application(2), &wrapped), refused);
    let other = Vault::new(MasterKey::from_random([8; 32]));
    assert!(other.unwrap_client_secret(application(1), &wrapped).is_err());
    // Neither is it a key, nor a key a secret.
    assert!(vault.unwrap_sealing_key(id(1), &wrapped).is_err());
    assert!(vault.unwrap_client_secret(application(1), &RSA).is_err());
    let binary = vault.wrap(id(1), KeyUse::ClientSecret, &[0xff; 32]).unwrap();
    assert_eq!(
        vault.unwrap_client_secret(application(1), &binary),
        Err(UnwrapError::Malformed(id(1)))
    );
}

#[test]
fn the_cost_of_keys_and_signatures_is_shown() {
    for algorithm in Algorithm::ALL {
        let start = Instant::now();
        let made = key(1, algorithm);
        let generated = start.elapsed();
        let vault = vault();
        let wrapped = vault.wrap_signing_key(&made).unwrap();
        let start = Instant::now();
        let opened = vault.unwrap_signing_key(id(1), algorithm, &wrapped).unwrap();
        let loaded = start.elapsed();
        vault.install_signing(vec![opened], vec![id(1)]).unwrap();
        let start = Instant::now();
        (0..50).for_each(|_| assert!(vault.sign(None, algorithm, &[1; 300]).is_ok()));
        let signed = start.elapsed() / 50;
        let text = vault.sign(None, algorithm, &[1; 300]).unwrap();
        let (read, keys) = (Unverified::parse(&text).unwrap(), vault.public_keys());
        let start = Instant::now();
        (0..50).for_each(|_| assert!(read.verify(&keys, &[algorithm]).is_ok()));
        let verified = start.elapsed() / 50;
        println!(
            "{algorithm}: made {generated:?}, loaded {loaded:?}, sign {signed:?}, verify {verified:?}"
        );
    }
}
