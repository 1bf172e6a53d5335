//! What a person who types the code of a device sees, and what their answer does (RFC 8628 §3.3).
//!
//! ```text
//! Enter ──▶ Claim: from now on it is this person's ── Look ──▶ Ask ── Allow ──▶ Approve
//!                                                                ├── Deny  ──▶ Deny
//!                                                                └── Leave ──▶ Leave: nobody's again
//! ```
//!
//! Whatever is wrong with a code, the answer is the same, so that nobody learns which codes there are.

use crate::active;
use crate::client::Client;
use crate::consent::{self, Given};
use crate::device::{Approval, Device, State};
use crate::endpoint::authorize::chosen;
use crate::grant::GrantType;
use crate::policy::Policy;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// What the person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Typed the code and sent it.
    Enter,
    /// Opened the page that asks.
    Look,
    /// Allowed it, with this much of the scope.
    Allow(ScopeSet),
    /// Refused it.
    Deny,
    /// Wants to answer with another account.
    Leave,
}

/// What is known.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The request that the code names, and its client; `None` if there is none.
    pub device: Option<(&'a Device, &'a Client)>,
    /// Who is signed in.
    pub person: &'a Approval,
    /// What they have allowed this client before.
    pub consent: Option<&'a Given>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make it this person's, if it is nobody else's; then ask.
    Claim,
    /// Ask.
    Ask(Ask),
    /// Let the device have it, if it is still this person's and pending.
    Approve(Box<Approve>),
    /// Refuse the device, if it is still this person's and pending.
    Deny,
    /// Make it nobody's.
    Leave,
    /// The code is no good to this person.
    NotFound,
}

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// All that the device wants.
    pub scope: ScopeSet,
    /// What of it this person has not allowed its client before.
    pub new_scope: ScopeSet,
}

/// What the device is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approve {
    /// What of the scope was allowed.
    pub scope: ScopeSet,
    /// Who allowed it.
    pub approval: Approval,
    /// What to remember of it.
    pub consent: Given,
}

/// Decide what comes of it.
pub fn decide(request: &Request, facts: &Facts<'_>, policy: &Policy, now: Timestamp) -> Decision {
    let Some((device, client)) = open(facts, policy, now) else { return Decision::NotFound };
    let State::Pending { by } = &device.state else { return Decision::NotFound };
    let own = *by == Some(facts.person.user.id);
    match request {
        Request::Enter if own || by.is_none() => Decision::Claim,
        // An address that somebody was sent does not answer for them: only who has typed the code is asked.
        _ if !own => Decision::NotFound,
        Request::Enter | Request::Look => Decision::Ask(ask(device, client, facts.consent)),
        Request::Allow(ticked) => {
            Decision::Approve(Box::new(approve(device, ticked, facts, policy)))
        }
        Request::Deny => Decision::Deny,
        Request::Leave => Decision::Leave,
    }
}

/// A request that somebody may still answer.
fn open<'a>(
    facts: &Facts<'a>,
    policy: &Policy,
    now: Timestamp,
) -> Option<(&'a Device, &'a Client)> {
    let (device, client) = facts.device?;
    let stands = active::admit(&active::Facts::of_client(client.standing())).is_ok()
        && client.may_use(&GrantType::DeviceCode)
        && policy.capabilities.offers(&GrantType::DeviceCode);
    (stands && !device.is_over(now)).then_some((device, client))
}

/// Even a trusted client has to ask here: it is not the client but the one who sent the code whom nobody knows (RFC 8628
/// §5.4).
fn ask(device: &Device, client: &Client, before: Option<&Given>) -> Ask {
    let asked = Given { scope: device.asked.scope.clone(), ..Given::default() };
    let new_scope = match consent::decide(client, &asked, before, true) {
        consent::Decision::Ask { new_scope, .. } => new_scope,
        consent::Decision::Covered => ScopeSet::empty(),
    };
    Ask { scope: asked.scope, new_scope }
}

fn approve(device: &Device, ticked: &ScopeSet, facts: &Facts<'_>, policy: &Policy) -> Approve {
    let scope = chosen(&device.asked.scope, ticked, policy);
    Approve {
        consent: Given {
            scope: scope.clone(),
            claims: BTreeSet::new(),
            resources: device.asked.audience.iter().cloned().collect(),
        },
        scope,
        approval: facts.person.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::Bearer;
    use crate::client::ConsentRule;
    use crate::fixtures::{NOW, approval, bearer, client, device, policy, scope};
    use crate::id::{AuthorizationId, UserId};
    use std::time::Duration;
    use uuid::Uuid;

    fn other() -> Approval {
        let id = UserId::from_uuid(Uuid::from_u128(0xbad));
        Approval { user: Bearer { id, epoch: 0 }, ..approval() }
    }

    fn outcome(request: &Request, state: State, person: &Approval) -> &'static str {
        let device = Device { state, ..device() };
        let facts = Facts { device: Some((&device, &client())), person, consent: None };
        word(&decide(request, &facts, &policy(), NOW))
    }

    fn word(decision: &Decision) -> &'static str {
        match decision {
            Decision::Claim => "claim",
            Decision::Ask(_) => "ask",
            Decision::Approve(_) => "approve",
            Decision::Deny => "deny",
            Decision::Leave => "leave",
            Decision::NotFound => "not found",
        }
    }

    fn requests() -> [Request; 5] {
        let all = Request::Allow(scope("read write"));
        [Request::Enter, Request::Look, all, Request::Deny, Request::Leave]
    }

    /// R8628-3.3-a, R8628-3.3-b
    #[test]
    fn a_code_belongs_to_whoever_typed_it_first_and_nobody_answers_what_they_have_not_typed() {
        let free = State::Pending { by: None };
        let mine = State::Pending { by: Some(bearer().id) };
        let table = [
            (&free, approval(), ["claim", "not found", "not found", "not found", "not found"]),
            (&mine, approval(), ["claim", "ask", "approve", "deny", "leave"]),
            (&mine, other(), ["not found"; 5]),
        ];
        for (state, person, expected) in table {
            let actual = requests().map(|request| outcome(&request, state.clone(), &person));
            assert_eq!(actual, expected, "{state:?}");
        }
    }

    #[test]
    fn what_is_answered_is_answered() {
        let redeemed = State::Redeemed(AuthorizationId::from_uuid(Uuid::from_u128(1)));
        for state in [State::Denied, State::Approved(Box::new(approval())), redeemed] {
            for request in requests() {
                assert_eq!(outcome(&request, state.clone(), &approval()), "not found", "{state:?}");
            }
        }
    }

    /// R8628-5.4-a, R21-4.3.3-d
    #[test]
    fn an_old_code_and_one_of_a_client_that_no_longer_may_is_none() {
        let mine = Device { state: State::Pending { by: Some(bearer().id) }, ..device() };
        let ask = |client: &Client, policy: &Policy, now| {
            let facts = Facts { device: Some((&mine, client)), person: &approval(), consent: None };
            word(&decide(&Request::Look, &facts, policy, now))
        };
        assert_eq!(ask(&client(), &policy(), NOW), "ask");
        let last = mine.asked.expires_at - Duration::from_millis(1);
        assert_eq!(ask(&client(), &policy(), last), "ask");
        assert_eq!(ask(&client(), &policy(), mine.asked.expires_at), "not found");
        assert_eq!(ask(&Client { active: false, ..client() }, &policy(), NOW), "not found");
        let mut without = client();
        without.grant_types.remove(&GrantType::DeviceCode);
        assert_eq!(ask(&without, &policy(), NOW), "not found");
        let mut closed = policy();
        closed.capabilities.withdraw(&GrantType::DeviceCode);
        assert_eq!(ask(&client(), &closed, NOW), "not found");
        let nothing = Facts { device: None, person: &approval(), consent: None };
        assert_eq!(word(&decide(&Request::Enter, &nothing, &policy(), NOW)), "not found");
    }

    #[test]
    fn everybody_has_to_ask_and_only_what_is_new_is_shown_as_new() {
        let mine = Device { state: State::Pending { by: Some(bearer().id) }, ..device() };
        let before = Given { scope: scope("read"), ..Given::default() };
        for rule in [ConsentRule::Trusted, ConsentRule::Remember, ConsentRule::Always] {
            let mut client = client();
            client.metadata.consent = rule;
            let facts = Facts {
                device: Some((&mine, &client)),
                person: &approval(),
                consent: Some(&before),
            };
            let expected = Ask { scope: scope("read write"), new_scope: scope("write") };
            assert_eq!(decide(&Request::Look, &facts, &policy(), NOW), Decision::Ask(expected));
        }
    }

    /// R8628-5.4-a
    #[test]
    fn the_device_gets_what_was_ticked_and_never_more_than_it_asked_for() {
        let mine = Device { state: State::Pending { by: Some(bearer().id) }, ..device() };
        let mut policy = policy();
        for declared in policy.scopes.iter_mut().filter(|one| one.name.as_str() == "write") {
            declared.optional = true;
        }
        for (ticked, expected) in
            [("read write", "read write"), ("read", "read"), ("", "read"), ("read admin", "read")]
        {
            let person = approval();
            let facts = Facts { device: Some((&mine, &client())), person: &person, consent: None };
            let request = Request::Allow(scope(ticked));
            let Decision::Approve(approve) = decide(&request, &facts, &policy, NOW) else {
                panic!("{ticked}")
            };
            assert_eq!(approve.scope, scope(expected), "{ticked}");
            assert_eq!((approve.consent.scope, approve.approval), (scope(expected), person));
        }
    }
}
