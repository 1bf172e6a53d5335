//! Trading in a refresh token: RFC 6749 §6, rotation and replay detection per RFC 9700 §4.14.
//!
//! ```text
//! presented = row's generation         ──▶ Rotate         row: generation + 1
//! presented = row's generation − 1     ──▶ Repeat         within the grace: the same successor
//! anything older, or after the grace   ──▶ RevokeReplayed the whole authorization
//! ```
//!
//! Only the newest refresh token and the one before it can ever be good. Using the successor moves
//! the row on by one, so "the successor has been used" and "two generations behind" are the same
//! statement, and no token needs a row of its own.
//!
//! Optimistic: load once, decide, apply with one `UPDATE … WHERE id = ? AND generation = ? AND
//! revoked_at IS NULL`. If no row is hit, the facts have changed: load and decide again. Fifty
//! parallel refreshes so give one `Rotate` and forty-nine `Repeat`s of its successor.

use crate::access_token::{Bearer, Terms};
use crate::active::{self, Standing};
use crate::authorization::{Authorization, State};
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::id::AuthorizationId;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The parameters of this grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The token to trade in.
    pub refresh_token: RefreshToken,
    /// A narrower scope for the access token, if the client wants less this time.
    pub scope: Option<ScopeSet>,
}

impl Request {
    /// Parse the parameters. What is not a refresh token at all is `invalid_grant`, in the same
    /// words as one that is not known.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        let text = form.required("refresh_token")?;
        Ok(Self {
            scope: form.optional("scope").map(ScopeSet::parse).transpose()?,
            refresh_token: RefreshToken::parse(text).map_err(|_| INVALID)?,
        })
    }
}

/// What the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The authorization that the token names; `None` if there is none.
    pub known: Option<Known>,
    /// How the client is doing.
    pub client: Standing,
}

/// An authorization and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The row.
    pub authorization: Authorization,
    /// Whether the MAC of the presented token is the one that we would make for the generation it
    /// names.
    pub mac_matches: bool,
    /// The account and its epoch now.
    pub user: Bearer,
    /// How the account is doing.
    pub user_standing: Standing,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Move the row from one generation to the next; if it is still there, issue both tokens.
    Rotate(Rotate),
    /// Write nothing; issue an access token and the same successor once more.
    Repeat(Repeat),
    /// A used token came back: revoke the authorization, then answer [`INVALID`].
    RevokeReplayed(AuthorizationId),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// A step from one generation to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotate {
    /// The row.
    pub authorization: AuthorizationId,
    /// The generation it must still have.
    pub from: u32,
    /// The generation it gets, and that of the new refresh token.
    pub to: u32,
    /// The access token.
    pub access: Terms,
}

/// The answer of a step that has been made already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// The row.
    pub authorization: AuthorizationId,
    /// The generation of the refresh token to answer: the row's own.
    pub generation: u32,
    /// The access token.
    pub access: Terms,
}

/// Decide one request of an authenticated client.
pub fn decide(
    request: &Request,
    client: &Client,
    facts: &Facts,
    policy: &Policy,
    now: Timestamp,
) -> Decision {
    let known = match standing(client, facts, policy, now) {
        Ok(known) => known,
        Err(error) => return Decision::Refuse(error),
    };
    let authorization = &known.authorization;
    let State::Live { generation, rotated_at } = authorization.state else {
        return Decision::Refuse(INVALID);
    };
    let step = compare(request.refresh_token.generation, generation, rotated_at, policy, now);
    if step == Step::Replayed {
        return Decision::RevokeReplayed(authorization.id);
    }
    // After the replay check: a replay with a bad scope is still a replay.
    let access = match narrow(request, client, authorization, policy) {
        Ok(scope) => terms(scope, client, known, policy, now),
        Err(error) => return Decision::Refuse(error),
    };
    match step {
        Step::Newest { next } => Decision::Rotate(Rotate {
            authorization: authorization.id,
            from: generation,
            to: next,
            access,
        }),
        Step::Before => {
            Decision::Repeat(Repeat { authorization: authorization.id, generation, access })
        }
        Step::Replayed | Step::Impossible => Decision::Refuse(INVALID),
    }
}

/// The checks that come before the generation is looked at: nothing that fails here may change
/// anything, so that neither a forger nor another client can shut an authorization.
fn standing<'a>(
    client: &Client,
    facts: &'a Facts,
    policy: &Policy,
    now: Timestamp,
) -> Result<&'a Known, OAuthError> {
    if !client.may_use(GrantType::RefreshToken) {
        return Err(UNAUTHORIZED);
    }
    let known = facts.known.as_ref().ok_or(INVALID)?;
    if !known.mac_matches || known.authorization.client != client.id {
        return Err(INVALID);
    }
    let gate = active::Facts {
        user: Some(known.user_standing),
        client: facts.client,
        authorization: Some(known.authorization.standing(policy, now)),
        token: None,
    };
    active::admit(&gate).map_err(|_| INVALID)?;
    Ok(known)
}

/// How the presented generation stands to the row's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It is the newest.
    Newest { next: u32 },
    /// It is the one before, and its answer may have been lost a moment ago.
    Before,
    /// It has been traded in, and not just now or its successor has been used as well.
    Replayed,
    /// We made it, but the row has not got there: the database was set back to an older backup,
    /// or the numbers have run out. Nobody has done wrong, and nothing can be issued.
    Impossible,
}

fn compare(
    presented: u32,
    current: u32,
    rotated_at: Option<Timestamp>,
    policy: &Policy,
    now: Timestamp,
) -> Step {
    if presented == current {
        return current.checked_add(1).map_or(Step::Impossible, |next| Step::Newest { next });
    }
    if presented > current {
        return Step::Impossible;
    }
    let recent = rotated_at.is_some_and(|at| now.since(at) < policy.refresh_grace);
    if current - presented == 1 && recent { Step::Before } else { Step::Replayed }
}

/// The scope of the access token: no more than was approved, and no more than this client may
/// still have. The approval itself keeps its scope, so that the next refresh can have all of it
/// again.
fn narrow(
    request: &Request,
    client: &Client,
    authorization: &Authorization,
    policy: &Policy,
) -> Result<ScopeSet, OAuthError> {
    let scope = request.scope.as_ref().unwrap_or(&authorization.scope);
    if !scope.within(&authorization.scope) {
        return Err(WIDER);
    }
    Ok(scope.intersection(&policy.person_scope_allowed_to(client)))
}

fn terms(
    scope: ScopeSet,
    client: &Client,
    known: &Known,
    policy: &Policy,
    now: Timestamp,
) -> Terms {
    Terms {
        user: Some(known.user),
        client: client.id.clone(),
        client_epoch: client.epoch,
        scope,
        audience: known.authorization.audience.clone(),
        issued_at: now,
        expires_at: policy.access_token_expiry(now),
        authenticated_at: known.authorization.authenticated_at,
    }
}

/// What every refused refresh token is answered, whatever is wrong with it: unknown, forged,
/// another client's, used, revoked, expired.
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the refresh token is not valid; ask the user to sign in again",
);
const WIDER: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    "a refresh cannot get more scope than was approved; leave scope out to get all of it",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorization::Reason;
    use crate::fixtures::{BAD, NOW, authorization, bearer, client, client_id, policy, scope};
    use std::time::Duration;

    /// One request and its facts; each test changes what it is about.
    struct Case {
        generation: u32,
        scope: Option<&'static str>,
        client: Client,
        facts: Facts,
        policy: Policy,
    }

    impl Case {
        fn of(generation: u32) -> Self {
            let known = Known {
                authorization: authorization(),
                mac_matches: true,
                user: bearer(),
                user_standing: Standing::Good,
            };
            let facts = Facts { known: Some(known), client: Standing::Good };
            Self { generation, scope: None, client: client(), facts, policy: policy() }
        }

        fn known(&mut self) -> &mut Known {
            self.facts.known.as_mut().unwrap()
        }

        fn rotated(mut self, seconds_ago: u64) -> Self {
            let rotated_at = Some(NOW - Duration::from_secs(seconds_ago));
            self.known().authorization.state = State::Live { generation: 5, rotated_at };
            self
        }

        fn decide(&self) -> Decision {
            let request = Request {
                refresh_token: RefreshToken {
                    authorization: authorization().id,
                    generation: self.generation,
                    mac: [0; 32],
                },
                scope: self.scope.map(scope),
            };
            decide(&request, &self.client, &self.facts, &self.policy, NOW)
        }

        /// The one place that knows how a decision reads.
        fn check(&self, expected: &str) {
            let actual = match self.decide() {
                Decision::Rotate(r) => format!("rotate {} to {}: {}", r.from, r.to, r.access.scope),
                Decision::Repeat(r) => format!("repeat {}: {}", r.generation, r.access.scope),
                Decision::RevokeReplayed(id) => {
                    assert_eq!(id, authorization().id);
                    "replayed".to_owned()
                }
                Decision::Refuse(error) => error.code().to_string(),
            };
            assert_eq!(actual, expected, "generation {}", self.generation);
        }
    }

    /// R21-4.3.1-a, R9700-2.2.2-a
    #[test]
    fn the_newest_is_rotated() {
        Case::of(5).check("rotate 5 to 6: read write");
        Case::of(5).rotated(1_000_000).check("rotate 5 to 6: read write");
    }

    #[test]
    fn the_one_before_is_answered_again_within_the_grace_only() {
        Case::of(4).rotated(0).check("repeat 5: read write");
        Case::of(4).rotated(59).check("repeat 5: read write");
        Case::of(4).rotated(60).check("replayed");
    }

    #[test]
    fn a_row_rotated_by_a_node_whose_clock_is_ahead_is_just_rotated() {
        let mut case = Case::of(4);
        let rotated_at = Some(NOW + Duration::from_secs(3));
        case.known().authorization.state = State::Live { generation: 5, rotated_at };
        case.check("repeat 5: read write");
    }

    /// R21-4.3.1-b, R9700-4.14.2-a
    #[test]
    fn anything_older_is_a_replay_at_once_because_its_successor_has_been_used() {
        for generation in [3, 2, 1, 0] {
            Case::of(generation).rotated(0).check("replayed");
        }
    }

    #[test]
    fn without_a_grace_every_repetition_is_a_replay() {
        let mut case = Case::of(4).rotated(0);
        case.policy.refresh_grace = Duration::ZERO;
        case.check("replayed");
    }

    #[test]
    fn a_bad_scope_does_not_hide_a_replay() {
        Case { scope: Some("admin"), ..Case::of(1) }.check("replayed");
    }

    #[test]
    fn a_forger_cannot_shut_an_authorization() {
        for generation in [0, 1, 4, 5, 6, u32::MAX] {
            let mut case = Case::of(generation);
            case.known().mac_matches = false;
            case.check("invalid_grant");
        }
    }

    /// R6749-6-b
    #[test]
    fn another_client_gets_nothing_and_changes_nothing() {
        for generation in [1, 4, 5] {
            let mut case = Case::of(generation);
            case.client.id = client_id("eve");
            case.check("invalid_grant");
        }
    }

    #[test]
    fn a_generation_that_the_row_has_not_reached_is_refused_without_harm() {
        Case::of(6).check("invalid_grant");
        Case::of(u32::MAX).check("invalid_grant");
        let mut case = Case::of(u32::MAX);
        case.known().authorization.state = State::Live { generation: u32::MAX, rotated_at: None };
        case.check("invalid_grant");
    }

    /// R6749-6-a, R21-4.3.3-c
    #[test]
    fn scope_narrows_the_access_token_and_never_widens() {
        Case { scope: Some("read"), ..Case::of(5) }.check("rotate 5 to 6: read");
        Case { scope: Some("read"), ..Case::of(4) }.check("repeat 5: read");
        Case { scope: Some("read admin"), ..Case::of(5) }.check("invalid_scope");
        Case { scope: Some("read admin"), ..Case::of(4) }.check("invalid_scope");
    }

    #[test]
    fn what_the_client_may_no_longer_have_is_left_out() {
        let mut case = Case::of(5);
        case.client.scope = Some(scope("read admin"));
        case.check("rotate 5 to 6: read");
    }

    /// R21-4.3.3-a
    #[test]
    fn idle_and_absolute_lifetimes_end_it() {
        let idle = Duration::from_hours(24 * 30);
        let mut case = Case::of(5);
        case.known().authorization.last_used_at = NOW - idle + Duration::from_millis(1);
        case.check("rotate 5 to 6: read write");
        case.known().authorization.last_used_at = NOW - idle;
        case.check("invalid_grant");

        let mut case = Case::of(5);
        case.known().authorization.expires_at = Some(NOW + Duration::from_millis(1));
        case.check("rotate 5 to 6: read write");
        case.known().authorization.expires_at = Some(NOW);
        case.check("invalid_grant");
        case.known().authorization.expires_at = None;
        case.check("rotate 5 to 6: read write");
    }

    #[test]
    fn what_is_not_live_is_refused_whatever_the_generation() {
        let revoked = State::Revoked { at: NOW, reason: Reason::User };
        for state in [State::Granted, State::Expired, revoked] {
            for generation in [1, 4, 5] {
                let mut case = Case::of(generation);
                case.known().authorization.state = state;
                case.check("invalid_grant");
            }
        }
        let mut case = Case::of(5);
        case.facts.known = None;
        case.check("invalid_grant");
    }

    /// R21-4.3.3-d
    #[test]
    fn a_user_or_client_that_does_not_stand_gets_nothing() {
        for bad in BAD {
            let mut case = Case::of(5);
            case.known().user_standing = bad;
            case.check("invalid_grant");
            let mut case = Case::of(5);
            case.facts.client = bad;
            case.check("invalid_grant");
        }
    }

    #[test]
    fn a_client_without_the_grant_is_told_so() {
        let mut case = Case::of(5);
        case.client.grant_types.remove(&GrantType::RefreshToken);
        case.check("unauthorized_client");
    }

    #[test]
    fn the_access_token_is_of_now_and_keeps_when_the_user_signed_in() {
        let Decision::Rotate(step) = Case::of(5).decide() else { panic!("not rotated") };
        assert_eq!(step.access.user, Some(bearer()));
        assert_eq!(step.access.client_epoch, client().epoch);
        assert_eq!((step.access.issued_at, step.access.expires_in()), (NOW, 3600));
        assert_eq!(step.access.authenticated_at, authorization().authenticated_at);
    }

    /// R6749-6-c
    #[test]
    fn what_is_not_a_refresh_token_is_invalid_grant_like_an_unknown_one() {
        for body in ["refresh_token=v4.local.AAAA", "refresh_token=gwr_AAAA"] {
            assert_eq!(Request::parse(&Form::parse(body.as_bytes()).unwrap()), Err(INVALID));
        }
        let missing = Request::parse(&Form::default()).unwrap_err();
        assert_eq!(missing.code(), ErrorCode::InvalidRequest);
    }

    /// Fifty callers race with one token, each deciding on what it sees and applying with the
    /// guarded update; the losers see the winner's row and repeat.
    #[test]
    fn parallel_refreshes_give_one_successor_and_no_error() {
        let mut row = authorization();
        let mut answers = Vec::new();
        let stale: Vec<_> = (0..50).map(|_| row.clone()).collect();
        for seen in stale {
            let mut case = Case::of(5);
            case.known().authorization = seen;
            loop {
                match case.decide() {
                    Decision::Rotate(step) => {
                        let State::Live { generation, .. } = row.state else { panic!("not live") };
                        if generation == step.from {
                            row.state = State::Live { generation: step.to, rotated_at: Some(NOW) };
                            answers.push(step.to);
                            break;
                        }
                        case.known().authorization = row.clone();
                    }
                    Decision::Repeat(step) => {
                        answers.push(step.generation);
                        break;
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!(answers, vec![6; 50]);
    }
}
