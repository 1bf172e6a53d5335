//! The assertion itself: what RFC 7523 §3 demands of it, as strictly as of one by which a client signs in.

use crate::client_assertion::{LONGEST_ID, check_times};
use crate::id::UserId;
use crate::issuer::Issuer;
use crate::policy::{SubjectForm, TrustedIssuer};
use crate::time::Timestamp;
use jose::{Audience, Claims, JwkSet, Unverified};

/// An assertion whose form is right and whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct Assertion {
    issuer: String,
    jws: Unverified,
}

impl Assertion {
    /// Read `assertion`, and find the issuer that it names.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let jws = Unverified::parse(text).map_err(|_| Fault::Form)?;
        let claims = jws.untrusted_claims().map_err(|_| Fault::Form)?;
        let issuer = claims.issuer.ok_or(Fault::Issuer)?;
        Ok(Self { issuer, jws })
    }

    /// Who made it, as it says; not verified yet.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key that it names.
    pub fn key_id(&self) -> Option<&str> {
        self.jws.header().key_id.as_deref()
    }

    /// Check everything that can be checked without memory: it is by `trusted`, whose keys these are, and for `own` alone.
    pub fn check(
        &self,
        trusted: &TrustedIssuer,
        keys: &JwkSet,
        own: &Issuer,
        now: Timestamp,
    ) -> Result<Named, Fault> {
        let verified = self.jws.verify(keys, &trusted.algorithms).map_err(|_| Fault::Signature)?;
        let header = &verified.header;
        // A JWT that says what it is for is for something else.
        if header.media_type().is_some() && !header.is_type("JWT") {
            return Err(Fault::Type);
        }
        let claims = verified.claims().map_err(|_| Fault::Form)?;
        if claims.issuer.as_deref() != Some(trusted.issuer.as_str()) {
            return Err(Fault::Issuer);
        }
        if claims.audience != Some(Audience::One(own.as_str().to_owned())) {
            return Err(Fault::Audience);
        }
        let expires_at = lapses_at(&claims, trusted, now).ok_or(Fault::Time)?;
        let subject = claims.subject.ok_or(Fault::Subject)?;
        let subject = Subject::read(trusted.subject, subject)?;
        let id = claims.id.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
        let id = id.ok_or(Fault::Id)?;
        Ok(Named { once: Once { issuer: trusted.issuer.clone(), id, expires_at }, subject })
    }
}

/// When it lapses; nothing if it does not count now or was made to live too long.
fn lapses_at(claims: &Claims, trusted: &TrustedIssuer, now: Timestamp) -> Option<Timestamp> {
    let too_long = |issued_at: jose::NumericDate| {
        claims.expires_at.is_some_and(|end| end > issued_at.plus(trusted.longest))
    };
    if claims.issued_at.is_some_and(too_long) {
        return None;
    }
    check_times(claims, now, trusted.longest)
}

/// What a good assertion says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// How it is remembered.
    pub once: Once,
    /// Whose account.
    pub subject: Subject,
}

/// An assertion that counts if it has not been used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// Who made it.
    pub issuer: String,
    /// Its `jti`.
    pub id: String,
    /// When it would lapse anyway.
    pub expires_at: Timestamp,
}

/// Whom `sub` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The account with this id.
    UserId(UserId),
    /// The account with exactly this username.
    Username(String),
}

impl Subject {
    fn read(form: SubjectForm, text: String) -> Result<Self, Fault> {
        match form {
            _ if text.is_empty() => Err(Fault::Subject),
            SubjectForm::UserId => match UserId::parse(&text) {
                // In one spelling only, as `sub` is compared everywhere.
                Ok(id) if id.to_string() == text => Ok(Self::UserId(id)),
                _ => Err(Fault::Subject),
            },
            SubjectForm::Username => Ok(Self::Username(text)),
        }
    }
}

/// What is wrong with an assertion; for the log only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not exactly one JWT.
    Form,
    /// Nobody of that name is trusted.
    Issuer,
    /// This client may not bring what that issuer makes.
    Client,
    /// The signature is not by a key of its issuer for an algorithm that it may use.
    Signature,
    /// It says that it is for something else.
    Type,
    /// It is not for this server alone.
    Audience,
    /// It has no end, one that is past or too far away, or has not begun.
    Time,
    /// It names nobody who could have an account here.
    Subject,
    /// It has no name by which it could be remembered.
    Id,
}

impl Fault {
    /// Each of them.
    pub const ALL: [Self; 9] = [
        Self::Form,
        Self::Issuer,
        Self::Client,
        Self::Signature,
        Self::Type,
        Self::Audience,
        Self::Time,
        Self::Subject,
        Self::Id,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::NOW;
    use crate::fixtures::signer::{Signer, with};
    use jose::Algorithm;
    use serde_json::{Value, json};

    const SECONDS: i64 = 1_800_000_000;
    const PARTNER: &str = "https://partner.example";

    fn claims() -> Value {
        json!({
            "iss": PARTNER, "sub": "halfspring", "aud": "https://id.example", "jti": "one", "iat": SECONDS, "exp": SECONDS + 300,
        })
    }

    fn trusted(keys: &JwkSet) -> TrustedIssuer {
        let keys = crate::client::keys::KeySource::Here(keys.clone());
        TrustedIssuer { subject: SubjectForm::Username, ..TrustedIssuer::new(PARTNER, keys) }
    }

    fn check(by: &Signer, typ: Option<&str>, claims: &Value) -> Result<Named, Fault> {
        let assertion = Assertion::parse(&by.sign(typ, claims))?;
        assert_eq!(assertion.key_id(), Some("k"));
        let own = Issuer::parse("https://id.example").unwrap();
        assertion.check(&trusted(&by.keys()), &by.keys(), &own, NOW)
    }

    /// R7523-3-a, R7523-3-b, table 1.13-J
    #[test]
    fn every_claim_is_what_it_must_be() {
        let signer = Signer::new();
        for (name, value, fault) in [
            ("iss", Value::Null, Fault::Issuer),
            ("iss", json!("https://other.example"), Fault::Issuer),
            ("iss", json!(7), Fault::Form),
            ("aud", Value::Null, Fault::Audience),
            ("aud", json!("https://id.example/"), Fault::Audience),
            ("aud", json!(["https://id.example"]), Fault::Audience),
            ("exp", Value::Null, Fault::Time),
            ("exp", json!(SECONDS - 10), Fault::Time),
            ("exp", json!(SECONDS + 301), Fault::Time),
            ("iat", json!(SECONDS - 1), Fault::Time),
            ("nbf", json!(SECONDS + 11), Fault::Time),
            ("sub", Value::Null, Fault::Subject),
            ("sub", json!(""), Fault::Subject),
            ("jti", Value::Null, Fault::Id),
            ("jti", json!(""), Fault::Id),
            ("jti", json!("x".repeat(256)), Fault::Id),
        ] {
            let found = check(&signer, None, &with(&claims(), name, &value));
            assert_eq!(found, Err(fault), "{name}: {value}");
        }
        for (name, value) in
            [("iat", Value::Null), ("nbf", json!(SECONDS + 10)), ("jti", json!("x".repeat(255)))]
        {
            assert!(
                check(&signer, None, &with(&claims(), name, &value)).is_ok(),
                "{name}: {value}"
            );
        }
        let once = check(&signer, Some("JWT"), &claims()).unwrap().once;
        let expires_at = Timestamp::from_seconds(SECONDS + 310);
        assert_eq!(once, Once { issuer: PARTNER.to_owned(), id: "one".to_owned(), expires_at });
        // Without `iat` its end is bounded from now.
        let mut late = with(&claims(), "iat", &Value::Null);
        for (end, good) in [(310, true), (311, false)] {
            late["exp"] = json!(SECONDS + end);
            assert_eq!(check(&signer, None, &late).is_ok(), good, "{end}");
        }
    }

    /// R7523-3-c, RFC 8725 §3.11
    #[test]
    fn its_type_its_key_and_its_algorithm_fit() {
        let (signer, other) = (Signer::new(), Signer::new());
        for typ in ["at+jwt", "logout+jwt", "client-authentication+jwt", "oauth-authz-req+jwt"] {
            assert_eq!(check(&signer, Some(typ), &claims()), Err(Fault::Type), "{typ}");
        }
        let assertion = Assertion::parse(&signer.sign(None, &claims())).unwrap();
        let own = Issuer::parse("https://id.example").unwrap();
        let mut trusted = trusted(&signer.keys());
        let forged = assertion.check(&trusted, &other.keys(), &own, NOW);
        assert_eq!(forged, Err(Fault::Signature));
        trusted.algorithms = vec![Algorithm::Es256];
        let other_kind = assertion.check(&trusted, &signer.keys(), &own, NOW);
        assert_eq!(other_kind, Err(Fault::Signature));
        assert_eq!(assertion.issuer(), PARTNER);
    }
}
