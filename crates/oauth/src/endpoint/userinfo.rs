//! The userinfo endpoint: what a client may know about the person who let it in (OIDC Core §5.3).
//!
//! ```text
//! token that is alive and has openid ──▶ the claims of its scopes and those asked for one by one
//! ```

use crate::access_token::AccessToken;
use crate::active;
use crate::bearer;
use crate::error::OAuthError;
use crate::id::UserId;
use crate::policy::Policy;
use crate::principal::Via;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use serde_json::{Map, Value};

/// What is known about the presented token.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Its contents; `None` if it does not open.
    pub token: Option<AccessToken>,
    /// How the things it rests on are doing.
    pub standing: active::Facts,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Tell what is known about this person, as far as this scope goes.
    Tell {
        /// About whom.
        user: UserId,
        /// What was granted.
        scope: ScopeSet,
    },
    /// Refuse, as any protected resource does (RFC 6750 §3.1).
    Refuse(OAuthError),
}

/// The scope without which there is nothing to tell.
pub fn needed() -> ScopeSet {
    ScopeSet::parse("openid").unwrap_or_default()
}

/// Decide whether the bearer of this token is told anything. A token that is limited to resources has to name this server
/// among them.
pub fn decide(facts: Facts, policy: &Policy, now: Timestamp) -> Decision {
    let asked = bearer::Facts {
        token: facts.token,
        standing: facts.standing,
        resource: Some(policy.issuer.as_str()),
        via: Via::Bearer,
    };
    let principal = match bearer::decide(asked, now) {
        Ok(principal) => principal,
        Err(error) => return Decision::Refuse(error),
    };
    if let Err(error) = bearer::needs(&principal, &needed()) {
        return Decision::Refuse(error);
    }
    match principal.user {
        Some(user) => Decision::Tell { user, scope: principal.scopes },
        None => Decision::Refuse(NOBODY),
    }
}

/// The answer: the name by which the client knows the person, and the claims that may be told (§5.3.2).
pub fn answer(subject: &str, told: Map<String, Value>) -> Map<String, Value> {
    let mut answer = Map::from_iter([("sub".to_owned(), Value::Null)]);
    answer.extend(told);
    // Last, so that nothing stands over it.
    answer.insert("sub".to_owned(), subject.into());
    answer
}

const NOBODY: OAuthError = OAuthError::new(
    crate::error::ErrorCode::InvalidToken,
    "this access token is the client's own and stands for no person",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{BAD, GOOD, NOW, access_token, bearer, policy, scope};
    use serde_json::json;

    fn run(change: impl FnOnce(&mut AccessToken)) -> String {
        let mut token = AccessToken { scope: scope("openid email"), ..access_token() };
        change(&mut token);
        outcome(Facts { token: Some(token), standing: GOOD })
    }

    fn outcome(facts: Facts) -> String {
        match decide(facts, &policy(), NOW) {
            Decision::Tell { user, scope } => {
                assert_eq!(user, bearer().id);
                format!("tell {scope}")
            }
            Decision::Refuse(error) => error.code().to_string(),
        }
    }

    /// ROIDC-5.3.3-a
    #[test]
    fn only_a_living_token_for_this_server_with_openid_is_answered() {
        assert_eq!(run(|_| ()), "tell email openid");
        assert_eq!(run(|token| token.scope = scope("email")), "insufficient_scope");
        assert_eq!(run(|token| token.expires_at = NOW), "invalid_token");
        assert_eq!(
            run(|token| token.audience = vec!["https://api.example".to_owned()]),
            "invalid_token"
        );
        let both = vec!["https://api.example".to_owned(), policy().issuer.to_string()];
        assert_eq!(run(|token| token.audience = both), "tell email openid");
        assert_eq!(run(|token| token.user = None), "invalid_token");
        assert_eq!(outcome(Facts { token: None, standing: GOOD }), "invalid_token");
        for bad in BAD {
            let token = AccessToken { scope: scope("openid"), ..access_token() };
            let standing = active::Facts { user: Some(bad), ..GOOD };
            assert_eq!(outcome(Facts { token: Some(token), standing }), "invalid_token");
        }
    }

    /// ROIDC-5.4-a
    #[test]
    fn sub_is_always_there_and_nothing_stands_over_it() {
        assert_eq!(Value::Object(answer("sub-1", Map::new())), json!({"sub": "sub-1"}));
        let told = Map::from_iter([
            ("email".to_owned(), json!("a@example.org")),
            ("sub".to_owned(), json!("somebody else")),
        ]);
        let expected = json!({"sub": "sub-1", "email": "a@example.org"});
        assert_eq!(Value::Object(answer("sub-1", told)), expected);
    }
}
