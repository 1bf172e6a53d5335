//! What a vault must refuse, and what it must give back unchanged.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth::access_token::{AccessToken, Bearer};
use oauth::id::{AuthorizationId, ClientId, TokenId, UserId};
use oauth::scope::ScopeSet;
use oauth::subject::{MAX_SUBJECT, Sector};
use oauth::time::Timestamp;
use pasetors::keys::SymmetricKey;
use pasetors::version4::{LocalToken, V4};
use uuid::Uuid;

use super::*;
use crate::MAX_SEALED_LENGTH;

const MASTER: [u8; 32] = [7; 32];

fn id(number: u128) -> KeyId {
    KeyId(Uuid::from_u128(number))
}

fn key(number: u128, byte: u8) -> SealingKey {
    SealingKey::new(id(number), &[byte; 32]).unwrap()
}

fn vault() -> Vault {
    Vault::new(MasterKey::from_random(MASTER)).with_keys(vec![key(1, 11)], id(1)).unwrap()
}

fn token() -> AccessToken {
    AccessToken {
        id: TokenId::from_bits(42),
        authorization: Some(AuthorizationId::from_uuid(Uuid::from_u128(2))),
        user: Some(Bearer { id: UserId::from_uuid(Uuid::from_u128(3)), epoch: 4 }),
        client: ClientId::parse("unicorn-app").unwrap(),
        client_epoch: 5,
        scope: ScopeSet::parse("read write").unwrap(),
        audience: vec!["https://api.example.org/".into()],
        issued_at: Timestamp::from_millis(1_000),
        expires_at: Timestamp::from_millis(2_000),
        authenticated_at: Some(Timestamp::from_millis(500)),
        acr: Some("1".to_owned()),
        confirmation: None,
    }
}

/// A PASETO text made by hand, as an attacker or another version would.
fn paseto(key_byte: u8, payload: &str, footer: &str, assertion: &str) -> String {
    let key = SymmetricKey::<V4>::from(&[key_byte; 32]).unwrap();
    let footer = Some(footer.as_bytes()).filter(|f| !f.is_empty());
    LocalToken::encrypt(&key, payload.as_bytes(), footer, Some(assertion.as_bytes())).unwrap()
}

fn footer(of: KeyId) -> String {
    format!(r#"{{"kid":"{of}"}}"#)
}

const ASSERTION: &str = "grantwell access token v1";

#[test]
fn a_sealed_token_opens_to_what_was_sealed_even_when_expired_long_ago() {
    let vault = vault();
    let text = vault.seal(&token()).unwrap();
    assert!(text.starts_with("v4.local."));
    assert_eq!(vault.open(&text), Ok(token()));
    assert_ne!(vault.seal(&token()).unwrap(), text, "the nonce is fresh each time");
}

#[test]
fn a_token_shows_nothing_of_its_content() {
    let text = vault().seal(&token()).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(text.split('.').nth(2).unwrap()).unwrap();
    for word in ["unicorn-app", "read", "api.example.org"] {
        assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
    }
}

#[test]
fn every_foreign_or_mistaken_text_is_refused_with_its_reason() {
    let vault = vault();
    let good = vault.seal(&token()).unwrap();
    let json = String::from_utf8(token().to_json().unwrap()).unwrap();
    let known = footer(id(1));
    let wrapped = vault.wrap(id(1), KeyUse::AccessToken, &[1; 32]).unwrap();
    for (why, text, expected) in [
        ("nothing", String::new(), OpenError::Malformed),
        ("not a PASETO", "gwr_abc".into(), OpenError::Malformed),
        ("a JWT", "eyJhbGciOiJub25lIn0.e30.".into(), OpenError::Malformed),
        ("the public kind", good.replace("v4.local", "v4.public"), OpenError::Malformed),
        ("an older version", good.replace("v4.", "v3."), OpenError::Malformed),
        ("a fifth part", format!("{good}.x"), OpenError::Malformed),
        ("white space", format!(" {good}"), OpenError::Malformed),
        ("padding", format!("{good}="), OpenError::Malformed),
        ("a header alone", "v4.local.".into(), OpenError::Malformed),
        ("too short", "v4.local.AAAA".into(), OpenError::Malformed),
        ("another key, known name", paseto(12, &json, &known, ASSERTION), OpenError::Forged),
        ("unknown name", paseto(11, &json, &footer(id(9)), ASSERTION), OpenError::UnknownKey),
        ("no footer", paseto(11, &json, "", ASSERTION), OpenError::UnknownKey),
        ("hostile footer", paseto(11, &json, "{\"kid\":[[[[", ASSERTION), OpenError::UnknownKey),
        (
            "spaced footer",
            paseto(11, &json, &known.replace(':', ": "), ASSERTION),
            OpenError::UnknownKey,
        ),
        ("no assertion", paseto(11, &json, &known, ""), OpenError::Forged),
        ("another kind", paseto(11, &json, &known, "grantwell access token v2"), OpenError::Forged),
        ("a wrapped key", wrapped.clone(), OpenError::UnknownKey),
        (
            "a wrapped key named",
            format!("{wrapped}.{}", URL_SAFE_NO_PAD.encode(&known)),
            OpenError::Forged,
        ),
        ("other content", paseto(11, "{}", &known, ASSERTION), OpenError::Unreadable),
        (
            "a further member",
            paseto(11, &json.replacen('{', "{\"new\":1,", 1), &known, ASSERTION),
            OpenError::Unreadable,
        ),
        ("1 MB of garbage", "x".repeat(1 << 20), OpenError::TooLong),
        ("1 MB of base64", format!("v4.local.{}", "A".repeat(1 << 20)), OpenError::TooLong),
        ("many dots", ".".repeat(MAX_SEALED_LENGTH), OpenError::Malformed),
    ] {
        assert_eq!(vault.open(&text), Err(expected), "{why}");
    }
}

#[test]
fn a_wrapped_key_is_no_token_even_if_it_was_sealed_under_the_same_key_bytes() {
    let json = String::from_utf8(token().to_json().unwrap()).unwrap();
    let bound = format!("grantwell wrapped key v1 access token {}", id(1));
    assert_eq!(vault().open(&paseto(11, &json, &footer(id(1)), &bound)), Err(OpenError::Forged));
}

#[test]
fn no_character_can_be_changed_and_none_can_be_cut_off() {
    let vault = vault();
    let text = vault.seal(&token()).unwrap();
    for at in 0..text.len() {
        for other in ["A", "B", "-", ".", "~"] {
            let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            if changed != text {
                assert!(vault.open(&changed).is_err(), "changed at {at} to {other}");
            }
        }
        assert!(vault.open(&text[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn no_bit_of_nonce_ciphertext_or_tag_can_be_changed() {
    let vault = vault();
    let text = vault.seal(&token()).unwrap();
    let parts: Vec<_> = text.split('.').collect();
    let bytes = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    for at in 0..bytes.len() {
        for bit in [0, 7] {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let changed = format!("v4.local.{}.{}", URL_SAFE_NO_PAD.encode(changed), parts[3]);
            assert_eq!(vault.open(&changed), Err(OpenError::Forged), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn keys_are_exchanged_while_in_use_and_old_ones_open_until_they_are_left_out() {
    let vault = vault();
    let clone = vault.clone();
    let old = vault.seal(&token()).unwrap();

    vault.install(vec![key(1, 11), key(2, 22)], id(2)).unwrap();
    assert_eq!(clone.current_key(), Some(id(2)));
    let new = clone.seal(&token()).unwrap();
    assert_eq!(clone.open(&old), Ok(token()));
    assert_eq!(clone.open(&new), Ok(token()));

    vault.install(vec![key(2, 22)], id(2)).unwrap();
    assert_eq!(clone.open(&old), Err(OpenError::UnknownKey));
    assert_eq!(clone.open(&new), Ok(token()));
    assert_eq!(clone.key_ids(), [id(2)]);
}

#[test]
fn a_bad_set_of_keys_is_refused_and_the_old_one_stays() {
    let vault = vault();
    let many: Vec<_> = (0..=64).map(|n| key(n, 1)).collect();
    for (keys, current, expected) in [
        (vec![], id(1), InstallError::CurrentMissing(id(1))),
        (vec![key(1, 1)], id(2), InstallError::CurrentMissing(id(2))),
        (vec![key(1, 1), key(1, 2)], id(1), InstallError::Repeated(id(1))),
        (many, id(1), InstallError::TooMany(65)),
    ] {
        assert_eq!(vault.install(keys, current), Err(expected));
    }
    assert!(vault.seal(&token()).is_ok());
}

#[test]
fn without_a_key_nothing_is_sealed_and_nothing_opens() {
    let empty = Vault::new(MasterKey::from_random(MASTER));
    assert_eq!(empty.seal(&token()), Err(SealError::NoKey));
    assert_eq!(empty.open(&vault().seal(&token()).unwrap()), Err(OpenError::UnknownKey));
}

#[test]
fn a_token_too_long_to_open_is_not_sealed() {
    let vault = vault();
    let with = |letters| {
        let audience = vec!["a".repeat(letters)];
        vault.seal(&AccessToken { audience, ..token() }).map(|text| text.len())
    };
    assert!(with(5_000).is_ok());
    assert!(matches!(with(6_200), Err(SealError::TooLong(_))));
}

#[test]
fn a_wrapped_key_opens_only_for_its_row_under_its_master_key() {
    let vault = vault();
    let wrapped = vault.wrap(id(1), KeyUse::AccessToken, &[9; 32]).unwrap();
    let opened = vault.unwrap(id(1), KeyUse::AccessToken, &wrapped).unwrap();
    assert_eq!(*opened, [9; 32]);
    assert_eq!(vault.unwrap_sealing_key(id(1), &wrapped).unwrap().material(), [9; 32]);

    let other = Vault::new(MasterKey::from_random([8; 32]));
    let sealed = vault.seal(&token()).unwrap();
    let short = vault.wrap(id(1), KeyUse::AccessToken, &[9; 31]).unwrap();
    for (by, row, text, expected) in [
        (&other, id(1), wrapped.clone(), UnwrapError::Refused(id(1))),
        (&vault, id(2), wrapped.clone(), UnwrapError::Refused(id(2))),
        (&vault, id(1), sealed, UnwrapError::Refused(id(1))),
        (&vault, id(1), wrapped[..40].into(), UnwrapError::Malformed(id(1))),
        (&vault, id(1), String::new(), UnwrapError::Malformed(id(1))),
        (&vault, id(1), "A".repeat(1 << 20), UnwrapError::Malformed(id(1))),
        (&vault, id(1), short, UnwrapError::Malformed(id(1))),
    ] {
        assert_eq!(by.unwrap_sealing_key(row, &text).unwrap_err(), expected);
    }
}

#[test]
fn a_refresh_mac_depends_on_each_of_its_inputs_and_on_the_master_key() {
    let vault = vault();
    let authorization = |n| AuthorizationId::from_uuid(Uuid::from_u128(n));
    let mac = vault.refresh_mac(authorization(1), 1, &[1; 16]);
    assert_eq!(vault.refresh_mac(authorization(1), 1, &[1; 16]), mac);
    assert!(vault.refresh_mac_matches(authorization(1), 1, &[1; 16], &mac));

    let other = Vault::new(MasterKey::from_random([8; 32]));
    for (by, id, generation, seed) in [
        (&vault, 2, 1, 1),
        (&vault, 1, 2, 1),
        (&vault, 1, 0x0100_0000, 1),
        (&vault, 1, 1, 2),
        (&other, 1, 1, 1),
    ] {
        assert!(!by.refresh_mac_matches(authorization(id), generation, &[seed; 16], &mac));
    }
    let mut changed = mac;
    changed[31] ^= 1;
    assert!(!vault.refresh_mac_matches(authorization(1), 1, &[1; 16], &changed));
}

#[test]
fn a_digest_for_one_purpose_never_matches_for_another() {
    use Purpose::{
        ClientSecret, Csrf, DeviceCode, InitialAccess, Interaction, PairwiseSubject, PushedRequest,
        RegistrationAccess, Replay, Session, SetupLink, Throttle, UserCode,
    };
    let all = [
        ClientSecret,
        Session,
        SetupLink,
        PushedRequest,
        InitialAccess,
        RegistrationAccess,
        DeviceCode,
        UserCode,
        Replay,
        Interaction,
        Csrf,
        Throttle,
        PairwiseSubject,
    ];
    let vault = vault();
    let other = Vault::new(MasterKey::from_random([8; 32]));
    for one in all {
        let digest = vault.digest(one, b"value");
        assert!(!vault.digest_matches(one, b"valuf", &digest), "{one:?}");
        assert!(!other.digest_matches(one, b"value", &digest), "{one:?}");
        for two in all {
            assert_eq!(vault.digest_matches(two, b"value", &digest), one == two, "{one:?} {two:?}");
        }
    }
}

/// ROIDC-8.1-a, ROIDC-2-a
#[test]
fn a_pairwise_subject_is_the_same_within_a_sector_and_nowhere_else() {
    let sector = |host: &str| Sector::of(&[], Some(&format!("https://{host}/"))).unwrap();
    let user = |number| UserId::from_uuid(Uuid::from_u128(number));
    let vault = vault();
    let subject = vault.pairwise_subject(&sector("app.example"), user(1));
    assert_eq!(vault.pairwise_subject(&sector("app.example"), user(1)), subject);
    assert!(subject.len() == 43 && subject.len() <= MAX_SUBJECT && subject.is_ascii());
    assert!(!subject.contains(&user(1).to_string()));

    let other = Vault::new(MasterKey::from_random([8; 32]));
    for (by, host, number) in [
        (&vault, "other.example", 1),
        (&vault, "app.example.org", 1),
        (&vault, "app.example", 2),
        (&other, "app.example", 1),
    ] {
        assert_ne!(by.pairwise_subject(&sector(host), user(number)), subject, "{host} {number}");
    }
}

#[test]
fn debug_shows_no_key_material() {
    let shown = format!("{:?} {:?} {:?}", vault(), key(1, 0xAB), MasterKey::from_random(MASTER));
    for secret in ["171", "0xab", "abab", "0707", "[7", "BwcH", "q6ur"] {
        assert!(!shown.to_lowercase().contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn a_master_key_keeps_the_meaning_of_stored_digests_across_versions() {
    // Worked out once with Python's hmac. If this fails, every stored digest and refresh token of every installation has become useless.
    let hex = |bytes: [u8; 32]| bytes.map(|b| format!("{b:02x}")).concat();
    let vault = vault();
    let authorization = AuthorizationId::from_uuid(Uuid::from_u128(1));
    assert_eq!(
        hex(vault.digest(Purpose::Session, b"value")),
        "a113080de730e59d3ab2d0b5f83d4395eec15193b96533167d3620a3163ee49b"
    );
    assert_eq!(
        hex(vault.refresh_mac(authorization, 1, &[1; 16])),
        "9edb2a0418d57a2df386c062c446a409e3fca4a878c767817a15e9f272f29cc4"
    );
    let sector = Sector::of(&[], Some("https://app.example/")).unwrap();
    let user = UserId::from_uuid(Uuid::from_u128(1));
    assert_eq!(
        vault.pairwise_subject(&sector, user),
        "0LyT7i4NsGcnkI3KMWUSR5CIJg5NiqEn7ogiuAC1gA4"
    );
    assert_eq!(vault.fingerprint().to_string(), "9ea08d04ae47afb243c334796a7409c2");
}

#[test]
fn the_cost_of_sealing_and_opening_is_shown() {
    let vault = vault();
    let text = vault.seal(&token()).unwrap();
    let timed = |name: &str, work: &dyn Fn()| {
        let start = Instant::now();
        (0..2_000).for_each(|_| work());
        println!("{name}: {:.2} µs", start.elapsed().as_secs_f64() * 1e6 / 2_000.0);
    };
    timed("seal", &|| assert!(vault.seal(&token()).is_ok()));
    timed("open", &|| assert!(vault.open(&text).is_ok()));
    timed("digest", &|| assert_ne!(vault.digest(Purpose::Session, text.as_bytes()), [0; 32]));
}
