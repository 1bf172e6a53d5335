//! Consent: what a person has let a client do, and what they still have to be asked (OIDC Core §3.1.2.4, RFC 9700 §4.12).

use crate::client::{Client, ConsentRule};
use crate::scope::ScopeSet;
use std::collections::BTreeSet;

/// What a person has allowed a client before. It is remembered beyond the tokens that came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The scope.
    pub scope: ScopeSet,
    /// Claims that were allowed one by one, beyond those of the scope.
    pub claims: BTreeSet<String>,
    /// The resources that it was allowed for.
    pub resources: BTreeSet<String>,
}

impl Given {
    /// With what is allowed now.
    #[must_use]
    pub fn with(&self, now: &Self) -> Self {
        Self {
            scope: self.scope.union(&now.scope),
            claims: self.claims.union(&now.claims).cloned().collect(),
            resources: self.resources.union(&now.resources).cloned().collect(),
        }
    }

    /// Whether all of `asked` has been allowed.
    pub fn covers(&self, asked: &Self) -> bool {
        asked.scope.within(&self.scope)
            && asked.claims.is_subset(&self.claims)
            && asked.resources.is_subset(&self.resources)
    }
}

/// Whether the person has to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// No.
    Covered,
    /// Yes; only what is new has to be shown as such.
    Ask {
        /// The scope that was not allowed before.
        new_scope: ScopeSet,
        /// The claims that were not allowed before.
        new_claims: BTreeSet<String>,
    },
}

/// Decide whether a person has to be asked before `client` gets `asked`; `again` if the client wants them to be
/// (`prompt=consent`).
pub fn decide(client: &Client, asked: &Given, given: Option<&Given>, again: bool) -> Decision {
    let before = given.cloned().unwrap_or_default();
    let covered = match client.metadata.consent {
        ConsentRule::Trusted => !again,
        ConsentRule::Always => false,
        ConsentRule::Remember => !again && given.is_some() && before.covers(asked),
    };
    if covered {
        return Decision::Covered;
    }
    Decision::Ask {
        new_scope: asked.scope.without(&before.scope),
        new_claims: asked.claims.difference(&before.claims).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{client, scope};

    fn given(text: &str) -> Given {
        Given { scope: scope(text), ..Given::default() }
    }

    fn outcome(rule: ConsentRule, before: Option<&str>, asked: &str, again: bool) -> String {
        let mut client = client();
        client.metadata.consent = rule;
        match decide(&client, &given(asked), before.map(given).as_ref(), again) {
            Decision::Covered => "covered".to_owned(),
            Decision::Ask { new_scope, .. } => format!("ask {new_scope}"),
        }
    }

    /// ROIDC-3.1.2.4-a
    #[test]
    fn only_what_is_new_is_asked() {
        use ConsentRule::{Always, Remember, Trusted};
        let table = [
            (Remember, None, "read", false, "ask read"),
            (Remember, Some("read"), "read", false, "covered"),
            (Remember, Some("read write"), "read", false, "covered"),
            (Remember, Some("read"), "read write", false, "ask write"),
            (Remember, Some("read"), "read", true, "ask "),
            // Even an empty request is a first meeting.
            (Remember, None, "", false, "ask "),
            (Always, Some("read"), "read", false, "ask "),
            (Trusted, None, "read", false, "covered"),
            (Trusted, None, "read", true, "ask read"),
        ];
        for (rule, before, asked, again, expected) in table {
            assert_eq!(
                outcome(rule, before, asked, again),
                expected,
                "{rule:?} {before:?} {asked}"
            );
        }
    }

    #[test]
    fn claims_and_resources_count_as_well() {
        let asked = Given {
            claims: BTreeSet::from(["email".to_owned()]),
            resources: BTreeSet::from(["https://api.example".to_owned()]),
            ..given("read")
        };
        let decide = |before: &Given| decide(&client(), &asked, Some(before), false);
        assert_ne!(decide(&given("read")), Decision::Covered);
        assert_ne!(
            decide(&Given { claims: asked.claims.clone(), ..given("read") }),
            Decision::Covered
        );
        assert_eq!(decide(&given("read").with(&asked)), Decision::Covered);
    }
}
