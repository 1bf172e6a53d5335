//! A device asks what has become of its request: RFC 8628 §3.4, §3.5.
//!
//! ```text
//! nobody has answered        ──▶ Wait            or SlowDown, if it asks too often
//! allowed, everything stands ──▶ Redeem          one guarded update, with the new authorization in the same transaction
//! redeemed before            ──▶ RevokeReplayed  the whole authorization
//! anything else              ──▶ Refuse
//! ```
//!
//! A redeemed code that comes back ends what came of it, as an authorization code does. A device asks one question at a time
//! and none after it has its tokens, so two have the code: whoever asks second tells us, and it may be the rightful one. If
//! it was an answer lost on the way instead, then tokens end that nobody holds, and the device starts again.

use crate::access_token::Terms;
use crate::active::{self, Standing};
use crate::authorization::New;
use crate::client::Client;
use crate::device::{Approval, Device, DeviceCode, State};
use crate::error::{ErrorCode, OAuthError};
use crate::form::Form;
use crate::grant::{GrantType, UNAUTHORIZED};
use crate::id::AuthorizationId;
use crate::policy::Policy;
use crate::refresh_token::RefreshToken;
use crate::time::Timestamp;
use std::time::Duration;

/// A network may bring two questions closer together than they were sent.
const JITTER: Duration = Duration::from_secs(1);

/// The parameters of this grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The code that the device was given.
    pub device_code: DeviceCode,
}

impl Request {
    /// Parse the parameters. What is not a device code at all is `invalid_grant`, in the same words as one that is not known.
    pub fn parse(form: &Form) -> Result<Self, OAuthError> {
        let text = form.required("device_code")?;
        Ok(Self { device_code: DeviceCode::parse(text).map_err(|_| INVALID)? })
    }
}

/// What the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The request that the code names; `None` if there is none.
    pub device: Option<Device>,
    /// How the account is doing that allowed it; [`Standing::Missing`] if none has.
    pub user: Standing,
    /// How the client is doing.
    pub client: Standing,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make the authorization, if the code is not redeemed yet; then issue from it.
    Redeem(Box<Redeem>),
    /// Write down that it asked, then answer [`PENDING`].
    Wait,
    /// Write down that it asked and that it has to wait longer, then answer [`SLOW_DOWN`].
    SlowDown,
    /// A redeemed code came back: revoke the authorization, then answer [`INVALID`].
    RevokeReplayed(AuthorizationId),
    /// Refuse; write nothing.
    Refuse(OAuthError),
}

/// What is to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeem {
    /// The row to make.
    pub authorization: New,
    /// The epoch that the account had when its person allowed it.
    pub user_epoch: u32,
    /// The access token.
    pub access: Terms,
    /// The generation of the refresh token; `None` if this client gets none.
    pub refresh: Option<u32>,
}

/// Decide one request of an authenticated client.
pub fn decide(client: &Client, facts: &Facts, policy: &Policy, now: Timestamp) -> Decision {
    let device = match check_owner(client, facts) {
        Ok(device) => device,
        Err(error) => return Decision::Refuse(error),
    };
    match &device.state {
        State::Redeemed(authorization) => Decision::RevokeReplayed(*authorization),
        _ if device.is_over(now) => Decision::Refuse(EXPIRED),
        State::Denied => Decision::Refuse(DENIED),
        State::Pending { .. } if asks_too_often(device, now) => Decision::SlowDown,
        State::Pending { .. } => Decision::Wait,
        State::Approved(approval) => match check_approval(client, facts, device, policy) {
            Ok(()) => Decision::Redeem(Box::new(redeem(client, device, approval, policy, now))),
            Err(error) => Decision::Refuse(error),
        },
    }
}

/// The code is ours and was given to this client, which stands. Nothing that fails here may change anything.
fn check_owner<'a>(client: &Client, facts: &'a Facts) -> Result<&'a Device, OAuthError> {
    if !client.may_use(&GrantType::DeviceCode) {
        return Err(UNAUTHORIZED);
    }
    active::admit(&active::Facts::of_client(facts.client)).map_err(|_| INVALID)?;
    let device = facts.device.as_ref().ok_or(INVALID)?;
    if device.asked.client == client.id { Ok(device) } else { Err(INVALID) }
}

fn asks_too_often(device: &Device, now: Timestamp) -> bool {
    let since = |last| now.since(last) + JITTER < device.asked.interval;
    device.last_polled_at.is_some_and(since)
}

fn check_approval(
    client: &Client,
    facts: &Facts,
    device: &Device,
    policy: &Policy,
) -> Result<(), OAuthError> {
    active::admit(&active::Facts::of_user(facts.user, facts.client)).map_err(|_| INVALID)?;
    // What the client may no longer have it does not get by an older approval.
    if device.asked.scope.within(&policy.person_scope_allowed_to(client)) {
        Ok(())
    } else {
        Err(INVALID)
    }
}

fn redeem(
    client: &Client,
    device: &Device,
    approval: &Approval,
    policy: &Policy,
    now: Timestamp,
) -> Redeem {
    let refreshes = policy.refreshes(client);
    let access = Terms {
        user: Some(approval.user),
        audience: device.asked.audience.clone(),
        authenticated_at: Some(approval.authenticated_at),
        acr: approval.details.acr.clone(),
        ..Terms::of_client(client, device.asked.scope.clone(), policy, now)
    };
    Redeem {
        user_epoch: approval.user.epoch,
        authorization: New {
            expires_at: policy.refresh_absolute.map(|span| now + span),
            details: approval.details.clone(),
            ..New::live(approval.user.id, GrantType::DeviceCode, &access)
        },
        access,
        refresh: refreshes.then_some(RefreshToken::FIRST_GENERATION),
    }
}

/// What every refused code is answered, whatever is wrong with it: unknown, another client's, used.
pub const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidGrant,
    "the device code is not valid: it is unknown, used already or another client's; ask for a new one",
);
/// Nobody has answered yet.
pub const PENDING: OAuthError = OAuthError::new(
    ErrorCode::AuthorizationPending,
    "nobody has answered yet; ask again after the interval",
);
/// The device asks too often.
pub const SLOW_DOWN: OAuthError = OAuthError::new(
    ErrorCode::SlowDown,
    "nobody has answered yet, and the device asks too often; from now on wait 5 seconds longer each time",
);
const DENIED: OAuthError =
    OAuthError::new(ErrorCode::AccessDenied, "the person refused what the device asked for");
const EXPIRED: OAuthError =
    OAuthError::new(ErrorCode::ExpiredToken, "nobody answered in time; ask for a new device code");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::SLOWER;
    use crate::fixtures::{BAD, NOW, approval, bearer, client, client_id, device, policy, scope};
    use uuid::Uuid;

    fn facts(device: Device) -> Facts {
        Facts { device: Some(device), user: Standing::Good, client: Standing::Good }
    }

    fn approved() -> Device {
        Device { state: State::Approved(Box::new(approval())), ..device() }
    }

    fn outcome(client: &Client, facts: &Facts, now: Timestamp) -> String {
        match decide(client, facts, &policy(), now) {
            Decision::Redeem(_) => "redeem".to_owned(),
            Decision::Wait => "wait".to_owned(),
            Decision::SlowDown => "slow down".to_owned(),
            Decision::RevokeReplayed(_) => "revoke".to_owned(),
            Decision::Refuse(error) => error.code().to_string(),
        }
    }

    /// R8628-3.5-a
    #[test]
    fn what_a_device_is_told_follows_the_state_and_the_time() {
        let redeemed = State::Redeemed(AuthorizationId::from_uuid(Uuid::from_u128(1)));
        let mine = State::Pending { by: Some(bearer().id) };
        let table = [
            (State::Pending { by: None }, "wait", "expired_token"),
            (mine, "wait", "expired_token"),
            (State::Denied, "access_denied", "expired_token"),
            (approved().state, "redeem", "expired_token"),
            // What came of it can end later than the code.
            (redeemed, "revoke", "revoke"),
        ];
        for (state, in_time, too_late) in table {
            let facts = facts(Device { state, ..device() });
            let end = device().asked.expires_at;
            assert_eq!(outcome(&client(), &facts, NOW), in_time, "{facts:?}");
            assert_eq!(outcome(&client(), &facts, end - Duration::from_millis(1)), in_time);
            assert_eq!(outcome(&client(), &facts, end), too_late, "{facts:?}");
        }
    }

    /// R8628-3.5-a
    #[test]
    fn who_asks_too_often_is_told_so_and_an_answer_is_given_at_any_time() {
        let polled = |device: Device, interval, ago| {
            let mut device = Device { last_polled_at: Some(NOW - ago), ..device };
            device.asked.interval = interval;
            outcome(&client(), &facts(device), NOW)
        };
        let seconds = Duration::from_secs;
        assert_eq!(polled(device(), seconds(5), seconds(5)), "wait");
        assert_eq!(
            polled(device(), seconds(5), seconds(4)),
            "wait",
            "the network brought it early"
        );
        assert_eq!(polled(device(), seconds(5), Duration::from_millis(3999)), "slow down");
        assert_eq!(polled(device(), seconds(5), Duration::ZERO), "slow down");
        assert_eq!(polled(device(), seconds(5) + SLOWER, seconds(5)), "slow down");
        assert_eq!(polled(device(), seconds(5) + SLOWER, seconds(10)), "wait");
        assert_eq!(polled(approved(), seconds(5), Duration::ZERO), "redeem");
    }

    /// R8628-3.4-a, R8628-5.4-a
    #[test]
    fn another_client_neither_gets_nor_ends_anything() {
        let redeemed = State::Redeemed(AuthorizationId::from_uuid(Uuid::from_u128(1)));
        let other = Client { id: client_id("other"), ..client() };
        let mut without = client();
        without.grant_types.remove(&GrantType::DeviceCode);
        for state in [State::Pending { by: None }, State::Denied, approved().state, redeemed] {
            let facts = facts(Device { state, ..device() });
            assert_eq!(outcome(&other, &facts, NOW), "invalid_grant", "{facts:?}");
            assert_eq!(outcome(&without, &facts, NOW), "unauthorized_client");
        }
        let unknown = Facts { device: None, ..facts(device()) };
        assert_eq!(outcome(&client(), &unknown, NOW), "invalid_grant");
    }

    /// R21-4.3.3-d
    #[test]
    fn whoever_it_rests_on_has_to_stand() {
        for bad in BAD {
            let user = Facts { user: bad, ..facts(approved()) };
            assert_eq!(outcome(&client(), &user, NOW), "invalid_grant", "user {bad}");
            let of_client = Facts { client: bad, ..facts(approved()) };
            assert_eq!(outcome(&client(), &of_client, NOW), "invalid_grant", "client {bad}");
            // Nobody has answered yet, so there is no account that could be missing.
            let pending = Facts { user: bad, ..facts(device()) };
            assert_eq!(outcome(&client(), &pending, NOW), "wait");
        }
        let narrowed = Client { scope: Some(scope("read")), ..client() };
        assert_eq!(outcome(&narrowed, &facts(approved()), NOW), "invalid_grant");
    }

    /// R8628-5.4-a
    #[test]
    fn the_tokens_are_for_what_was_allowed_and_for_whom() {
        let decision = decide(&client(), &facts(approved()), &policy(), NOW);
        let Decision::Redeem(redeem) = decision else { panic!("{decision:?}") };
        assert_eq!(redeem.authorization.grant, GrantType::DeviceCode);
        assert_eq!(redeem.authorization.scope, scope("read write"));
        assert_eq!(redeem.authorization.details.session, None);
        assert_eq!(
            redeem.authorization.expires_at,
            policy().refresh_absolute.map(|span| NOW + span)
        );
        assert_eq!(redeem.access.scope, scope("read write"));
        assert_eq!((redeem.access.user, redeem.user_epoch), (Some(bearer()), bearer().epoch));
        assert_eq!(redeem.access.authenticated_at, Some(approval().authenticated_at));
        assert_eq!(redeem.refresh, Some(1));
        let mut once = client();
        once.grant_types.remove(&GrantType::RefreshToken);
        let Decision::Redeem(redeem) = decide(&once, &facts(approved()), &policy(), NOW) else {
            panic!()
        };
        assert_eq!(redeem.refresh, None);
    }
}
