//! Claims that a program works out itself, by a hook of its author (OpenID Connect Core 1.0 §5.1.2).

use super::{CustomClaims, PersonClaims, Place, Section};
use crate::error::Malformed;
use crate::id::{ClientId, UserId};
use crate::scope::ScopeSet;
use serde_json::{Map, Value};

/// Gives claims beyond the standard ones.
///
/// It is asked after consent and decides alone what it tells: look at the scope, and tell little.
/// It answers at once, from what it is given or holds in memory, because every ID token and every
/// `UserInfo` answer waits for it.
pub trait ClaimsHook: Send + Sync {
    /// The names it may tell. They are advertised as `claims_supported`, and no other is told.
    fn names(&self) -> &[&'static str];

    /// The claims to tell here; an empty value is left out.
    fn claims(&self, facts: &HookFacts<'_>) -> Map<String, Value>;
}

/// What a hook is given.
#[derive(Clone, Copy, Debug)]
pub struct HookFacts<'a> {
    /// Who is told about.
    pub user: UserId,
    /// All that is known about them; not all of it may be told to this client.
    pub person: &'a PersonClaims,
    /// Who is told.
    pub client: &'a ClientId,
    /// The scopes that were granted.
    pub scope: &'a ScopeSet,
    /// What was asked for one by one for this place.
    pub asked: &'a Section,
    /// Where it is told.
    pub place: Place,
}

/// Why the answer of a hook cannot be told: a mistake in the program, for its log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookFault {
    /// It told a claim that is not among [`ClaimsHook::names`].
    #[error("the claims hook told the claim {0}, which is not among its names; add it there")]
    Undeclared(String),
    /// It told a claim that it may not, or more than fits.
    #[error("what the claims hook told cannot be used: {0}")]
    Refused(#[from] Malformed),
}

/// Adds what a hook tells to the claims of [`release`](super::release()). On a fault nothing of it
/// has been added, and the program's author should hear of it.
pub fn add_from_hook(
    told: &mut Map<String, Value>,
    hook: &dyn ClaimsHook,
    facts: &HookFacts<'_>,
) -> Result<(), HookFault> {
    let claims = hook.claims(facts);
    if let Some(name) = claims.keys().find(|name| !hook.names().contains(&name.as_str())) {
        return Err(HookFault::Undeclared(name.clone()));
    }
    let claims = CustomClaims::parse(claims)?;
    told.extend(Map::from(claims));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{bearer, client_id, person, scope};
    use serde_json::json;

    struct Hook(Value, &'static [&'static str]);

    impl ClaimsHook for Hook {
        fn names(&self) -> &[&'static str] {
            self.1
        }

        fn claims(&self, facts: &HookFacts<'_>) -> Map<String, Value> {
            let stables = facts.scope.iter().any(|token| token.as_str() == "stables");
            match &self.0 {
                Value::Object(claims) if stables => claims.clone(),
                _ => Map::new(),
            }
        }
    }

    fn told(hook: &Hook, granted: &str) -> Result<Value, HookFault> {
        let mut told = Map::from_iter([("name".to_owned(), json!("Half"))]);
        let facts = HookFacts {
            user: bearer().id,
            person: &person(),
            client: &client_id("cli"),
            scope: &scope(granted),
            asked: &Section::new(),
            place: Place::UserInfo,
        };
        let added = add_from_hook(&mut told, hook, &facts);
        assert!(added.is_ok() || told.len() == 1, "a fault adds nothing");
        added.map(|()| Value::Object(told))
    }

    #[test]
    fn a_hook_adds_claims_of_its_own_and_decides_by_what_it_is_given() {
        let hook = Hook(json!({"stable": "north", "groom": null}), &["stable", "groom"]);
        assert_eq!(told(&hook, "openid stables"), Ok(json!({"name": "Half", "stable": "north"})));
        assert_eq!(told(&hook, "openid"), Ok(json!({"name": "Half"})));
    }

    #[test]
    fn a_hook_can_tell_nothing_under_a_name_that_it_did_not_declare_or_may_not_have() {
        let undeclared = Hook(json!({"stable": "north"}), &[]);
        let fault = told(&undeclared, "openid stables").unwrap_err();
        assert_eq!(fault, HookFault::Undeclared("stable".to_owned()));
        for claims in [
            json!({"sub": "root"}),
            json!({"iss": "https://evil.example"}),
            json!({"email": "root@id.example"}),
            json!({"stable": "x".repeat(5000)}),
        ] {
            let hook = Hook(claims.clone(), &["sub", "iss", "email", "stable"]);
            let fault = told(&hook, "openid stables").unwrap_err();
            assert!(matches!(fault, HookFault::Refused(_)), "{:.40}", claims.to_string());
        }
    }
}
