//! Which claims are told, and where: by scope (OpenID Connect Core 1.0 §5.4) and one by one (§5.5).

use super::{ClaimsRequest, PersonClaims, Section, StandardClaim};
use crate::scope::ScopeSet;
use serde_json::{Map, Value};

/// Where claims are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The answer of the `UserInfo` endpoint (§5.3.2): what the scopes stand for, and what was
    /// asked for one by one under `userinfo`.
    UserInfo,
    /// An ID token (§2) beside an access token: only what was asked for one by one under
    /// `id_token`. It travels through the browser and into logs, and the rest is to be had from
    /// `UserInfo`.
    IdToken,
    /// An ID token without an access token (§5.4): there is no `UserInfo` to ask for the rest, so
    /// it tells what the scopes stand for as well.
    IdTokenAlone,
}

impl Place {
    /// Whether the scopes ask for their claims here.
    const fn follows_scopes(self) -> bool {
        match self {
            Self::UserInfo | Self::IdTokenAlone => true,
            Self::IdToken => false,
        }
    }
}

/// What the person agreed to.
#[derive(Clone, Copy, Debug)]
pub struct Granted<'a> {
    /// The scopes.
    pub scope: &'a ScopeSet,
    /// The claims asked for one by one, as far as the person agreed
    /// ([`ClaimsRequest::keep`]).
    pub claims: &'a ClaimsRequest,
}

impl<'a> Granted<'a> {
    /// What was asked for one by one for this place.
    pub fn asked(self, place: Place) -> &'a Section {
        match place {
            Place::UserInfo => &self.claims.userinfo,
            Place::IdToken | Place::IdTokenAlone => &self.claims.id_token,
        }
    }
}

/// The claims to tell, without `sub` and whatever else belongs to the protocol. Without the scope
/// `openid` there is none.
///
/// What is not known is left out, and never null or empty. A claim that was asked for one by one
/// with a `value` that it does not have is left out as well, essential or not: that is no error
/// (§5.5.1), and the client said that it cannot use another. A scope still tells it.
pub fn release(person: &PersonClaims, granted: Granted<'_>, place: Place) -> Map<String, Value> {
    let mut told = Map::new();
    if !granted.scope.iter().any(|token| token.as_str() == "openid") {
        return told;
    }
    let asked = granted.asked(place);
    for claim in StandardClaim::ALL {
        let by_scope = place.follows_scopes() && claim.scope().within(granted.scope);
        let by_name = asked.get(claim.as_str());
        let told_if = |value: &Value| by_scope || by_name.is_some_and(|asked| asked.admits(value));
        if let Some(value) = person.value(claim).filter(told_if) {
            told.insert(claim.as_str().to_owned(), value);
        }
    }
    for (name, value) in person.custom.iter() {
        if asked.get(name).is_some_and(|asked| asked.admits(value)) {
            told.insert(name.to_owned(), value.clone());
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{person, scope};
    use serde_json::json;

    fn told(granted: &str, claims: &Value, place: Place) -> Vec<String> {
        let claims = ClaimsRequest::parse(&claims.to_string()).unwrap();
        let granted = Granted { scope: &scope(granted), claims: &claims };
        release(&person(), granted, place).into_iter().map(|(name, _)| name).collect()
    }

    /// ROIDC-5.4-a
    #[test]
    fn user_info_tells_the_claims_of_granted_scopes_only() {
        for (granted, expected) in [
            ("openid", &[][..]),
            ("openid email", &["email", "email_verified"]),
            ("openid phone address", &["phone_number", "phone_number_verified", "address"]),
            ("openid read", &[]),
            ("profile email", &[]),
        ] {
            assert_eq!(told(granted, &json!({}), Place::UserInfo), expected, "{granted}");
            assert!(told(granted, &json!({}), Place::IdToken).is_empty(), "{granted}");
            assert_eq!(told(granted, &json!({}), Place::IdTokenAlone), expected, "{granted}");
        }
        assert_eq!(told("openid profile", &json!({}), Place::UserInfo).len(), 14);
    }

    /// ROIDC-5.4-a
    #[test]
    fn what_is_not_known_is_left_out() {
        let little = PersonClaims {
            name: Some("Half".to_owned()),
            nickname: Some(String::new()),
            email_verified: true,
            ..PersonClaims::default()
        };
        let scope = scope("openid profile email address phone");
        let claims = ClaimsRequest::parse(r#"{"userinfo":{"gender":{"essential":true}}}"#).unwrap();
        let told = release(&little, Granted { scope: &scope, claims: &claims }, Place::UserInfo);
        assert_eq!(Value::Object(told), json!({"name": "Half"}));
    }

    /// ROIDC-5.5-a
    #[test]
    fn a_claim_asked_for_by_name_is_told_where_it_was_asked_for() {
        let claims = json!({
            "userinfo": {"nickname": null, "department": null},
            "id_token": {"email": {"essential": true}, "shoe_size": null, "iss": null, "sub": null},
        });
        assert_eq!(told("openid", &claims, Place::UserInfo), ["nickname", "department"]);
        assert_eq!(told("openid", &claims, Place::IdToken), ["email"]);
        assert_eq!(told("openid", &claims, Place::IdTokenAlone), ["email"]);
        assert!(told("email", &claims, Place::IdToken).is_empty(), "without openid");
    }

    #[test]
    fn a_value_that_was_not_asked_for_is_left_out() {
        for (asked, expected) in [
            (json!({"value": "halfspring"}), true),
            (json!({"values": ["x", "halfspring"]}), true),
            (json!({"value": "Halfspring"}), false),
            (json!({"values": ["x", "y"]}), false),
            (json!({"value": "x", "essential": true}), false),
            (json!({"value": ["halfspring"]}), false),
        ] {
            let claims = json!({"userinfo": {"preferred_username": asked}});
            let one_by_one = told("openid", &claims, Place::UserInfo);
            assert_eq!(!one_by_one.is_empty(), expected, "{asked}");
            let by_scope = told("openid profile", &claims, Place::UserInfo);
            assert!(by_scope.contains(&"preferred_username".to_owned()), "{asked}");
        }
        let custom = json!({"userinfo": {"department": {"value": "kitchen"}}});
        assert!(told("openid", &custom, Place::UserInfo).is_empty());
    }
}
