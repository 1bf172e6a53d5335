//! Trading in a refresh token.

use oauth::form::Form;
use oauth::grant::refresh_token::Request;
use oauth::token_response::TokenResponse;
use rest::Problem;

use super::fields::Fields;
use super::problem;
use crate::grant;
use crate::respond::stop::Stop;
use crate::state::State;

/// New tokens for a refresh token.
pub(super) async fn answer(state: &State, fields: &Fields) -> Result<TokenResponse, Problem> {
    let Some(token) = fields.text("refresh_token") else {
        return Err(problem::missing(&["refresh_token"]));
    };
    let form = Form::from_pairs([("refresh_token".to_owned(), token.to_owned())]);
    let request = form.and_then(|form| Request::parse(&form));
    let request = request.map_err(|error| problem::of_rule(&error))?;
    let application = state.store.first_party().await;
    let application = application.map_err(|error| problem::of_stop(Stop::from(error)))?;
    let granted = grant::refresh_token::grant(state, &request, &application).await;
    granted.map_err(problem::of_grant)
}
