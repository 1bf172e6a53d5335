//! A name and a password, checked the same way wherever they come in: counted, hashed off the async threads, decided.

use std::net::IpAddr;

use accounts::Username;
use accounts::password::{self, Outcome, Stored};
use accounts::sign_in::{Decision, Facts, decide};
use accounts::throttle::Verdict;
use oauth::secret::Secret;
use store::User;

use crate::respond::stop::Stop;
use crate::state::State;
use crate::throttle::{self, Try};

/// What became of a try.
pub(crate) enum Checked {
    /// The password is that of this active user.
    Right(Box<User>),
    /// Unknown user, wrong password or disabled account: outside there is no difference.
    Wrong,
}

/// Check a password.
///
/// # Errors
/// [`Stop::TooManyTries`] before anything is looked up; [`Stop::Busy`] when too many hashes are waiting.
pub(crate) async fn check(
    state: &State,
    username: &str,
    password: &Secret,
    address: IpAddr,
) -> Result<Checked, Stop> {
    let name = Username::parse(username).ok();
    // What is no name at all is counted as one, or it would be a free try at the hashing lane.
    let tried = match &name {
        Some(name) => throttle::password(state, name.key().as_str(), address).await?,
        None => throttle::password(state, "", address).await?,
    };
    let user = match &name {
        Some(name) => state.store.users().find_by_username(name).await?,
        None => None,
    };
    let outcome = verify(state, password.clone(), user.as_ref()).await?;
    let account = user.as_ref().map(|user| &user.account);
    match decide(&Facts { throttle: Verdict::Proceed, account, password: outcome }) {
        Decision::Accept { rehash, .. } => {
            let Some(user) = user else { return Err(Stop::Internal) };
            accept(state, tried, user, password, rehash).await
        }
        Decision::Refuse(refusal) => {
            let user = account.map(|account| account.id);
            let user = user.map(tracing::field::display);
            tracing::warn!(target: "audit", event = "sign_in_failed", user, reason = refusal.reason(), %address);
            Ok(Checked::Wrong)
        }
        Decision::SlowDown { retry_after } => Err(Stop::TooManyTries { wait: retry_after }),
    }
}

async fn verify(state: &State, password: Secret, user: Option<&User>) -> Result<Outcome, Stop> {
    let stored = user.and_then(|user| user.password.as_deref()).and_then(|text| {
        Stored::parse(text)
            .inspect_err(|error| tracing::error!(%error, "a stored password cannot be used"))
            .ok()
    });
    let parameters = state.settings.hash;
    let verify = move || password::verify(password.expose(), stored.as_ref(), parameters);
    Ok(state.hashing.run(verify).await?)
}

async fn accept(
    state: &State,
    tried: Try,
    user: User,
    password: &Secret,
    rehash: bool,
) -> Result<Checked, Stop> {
    if rehash && let Some(old) = &user.password {
        let new = hash(state, password.clone()).await?;
        state.store.users().upgrade_hash(user.account.id, old, new).await?;
    }
    tried.succeeded(state).await;
    Ok(Checked::Right(Box::new(user)))
}

/// The slow hash of a new password. It has passed the password policy, so it is not too long.
pub(crate) async fn hash(state: &State, password: Secret) -> Result<String, Stop> {
    let salt = state.entropy.fill()?;
    let parameters = state.settings.hash;
    let hashed =
        state.hashing.run(move || password::hash(password.expose(), &salt, parameters)).await?;
    hashed.map_err(|error| {
        tracing::error!(%error, "a password could not be hashed");
        Stop::Internal
    })
}
