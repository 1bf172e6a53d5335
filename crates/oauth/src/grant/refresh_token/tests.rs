//! When a refresh token is rotated, repeated, refused or taken for a replay.

use super::*;
use crate::active::Standing;
use crate::authorization::Reason;
use crate::fixtures::{BAD, NOW, authorization, bearer, client, client_id, policy, scope};
use std::time::Duration;

/// One request and its facts; each test changes what it is about.
struct Case {
    generation: u32,
    scope: Option<&'static str>,
    resources: &'static [&'static str],
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
        Self { generation, scope: None, resources: &[], client: client(), facts, policy: policy() }
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
            resources: self.resources.iter().map(|name| (*name).to_owned()).collect(),
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

/// R8707-2.2-a
#[test]
fn the_access_token_is_for_the_resources_that_are_named_among_those_approved() {
    const V1: &str = "https://id.example/v1";
    const V2: &str = "https://id.example/v2";
    let rows: [(&[&str], &'static [&str], &str); 6] = [
        (&[], &[], ""),
        (&[], &[V1], V1),
        (&[V1, V2], &[], "https://id.example/v1 https://id.example/v2"),
        (&[V1, V2], &[V2], V2),
        (&[V1], &[V2], "invalid_target"),
        (&[], &["https://elsewhere.example"], "invalid_target"),
    ];
    for (approved, named, expected) in rows {
        let mut case = Case::of(5);
        case.policy.resources = vec![V1.to_owned(), V2.to_owned()];
        case.known().authorization.audience = approved.iter().map(|&it| it.to_owned()).collect();
        case.resources = named;
        let told = match case.decide() {
            Decision::Rotate(step) => step.access.audience.join(" "),
            Decision::Refuse(error) => error.code().to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(told, expected, "{approved:?} {named:?}");
    }
}
