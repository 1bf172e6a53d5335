//! Signing in with a name and a password.

use std::net::IpAddr;

use oauth::grant::password::Request;
use oauth::secret::Secret;
use oauth::token_response::TokenResponse;
use rest::Problem;

use super::fields::Fields;
use super::problem;
use crate::grant;
use crate::respond::stop::Stop;
use crate::state::State;

/// Tokens for the person that `fields` name, if the password is theirs.
pub(super) async fn answer(
    state: &State,
    fields: &Fields,
    address: IpAddr,
) -> Result<TokenResponse, Problem> {
    let (Some(username), Some(password)) = (fields.text("username"), fields.text("password"))
    else {
        return Err(problem::missing(&fields.absent(&["username", "password"])));
    };
    let request = Request {
        username: username.to_owned(),
        password: Secret::from(password),
        scope: None,
        resources: Vec::new(),
    };
    let application = state.store.first_party().await;
    let application = application.map_err(|error| problem::of_stop(Stop::from(error)))?;
    let granted = grant::password::grant(state, &request, &application, address).await;
    granted.map_err(problem::of_grant)
}
