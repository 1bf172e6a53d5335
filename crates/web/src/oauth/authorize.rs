//! The authorization endpoint: find the client and its redirect URI, see who is there, let the rule decide, answer
//! (RFC 6749 §3.1, OIDC Core §3.1.2). There is no CORS here: only a browser's own navigation may ask.

mod asked;
mod interaction;
mod reply;

pub(crate) use asked::destination_of;
pub(crate) use reply::allow_form_to;

use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::Method;
use http::request::Parts;
use oauth::access_token::Bearer;
use oauth::consent::Given;
use oauth::endpoint::authorize::{
    ACR_PASSWORD, AMR_PASSWORD, Answer, Decision, Facts, Hint, Parameters, Request as Wanted,
    Session, SignIn, decide,
};
use pages::redirect::{LocalPath, see_other};
use store::SignedIn;

use self::asked::Asked;
use self::interaction::Interaction;
use self::reply::Reply;
use crate::extract::page_form::{PageForm, body_refusal};
use crate::extract::{address as sender, body};
use crate::id_token;
use crate::pages::consent;
use crate::pages::wish::{Pressed, no_answer, pressed};
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::Visit;

/// The longest query that is carried through the browser; a longer request is kept here and named.
const LONGEST_QUERY: usize = 4096;

/// `GET /o/authorize/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (parts, _) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked::read(&state, query.as_bytes(), Some(from(&state, &parts))).await?;
    if query.len() > LONGEST_QUERY || asked.is_signed_by_value() {
        return resume(&state, &asked).await;
    }
    let visit = Visit::of(&state, &parts.headers).await?;
    answer(&state, &Seen { parts, visit, asked }, None).await
}

/// `POST /o/authorize/`: the same request as a form (OIDC Core §3.1.2.1). A browser sends no session cookie with a form of
/// another site, so it is sent here again by GET.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (parts, body) = request.into_parts();
    let bytes = form_body(&state, &parts, body).await?;
    let asked = Asked::read(&state, &bytes, Some(from(&state, &parts))).await?;
    resume(&state, &asked).await
}

/// `POST /o/authorize/consent/`: what the person answered. The request itself is in the query and is checked anew, all of it.
pub(crate) async fn decided(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (parts, body) = request.into_parts();
    let form = PageForm::read(&parts.headers, body, state.settings.limits.body, &["scope"]).await?;
    let visit = Visit::of(&state, &parts.headers).await?;
    visit.guard(&state, &parts, &form)?;
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked::read(&state, query.as_bytes(), Some(from(&state, &parts))).await?;
    let given = match pressed(&form).ok_or_else(no_answer)? {
        Pressed::Allow(scope) => Answer::Allow(scope),
        Pressed::Deny => Answer::Deny,
    };
    answer(&state, &Seen { parts, visit, asked }, Some(given)).await
}

/// Who sends a request, for counting clients that are seen for the first time.
fn from(state: &State, parts: &Parts) -> IpAddr {
    sender::client(parts, &state.settings.trusted_proxies)
}

/// A request and the browser that sent it.
pub(crate) struct Seen {
    pub(crate) parts: Parts,
    pub(crate) visit: Visit,
    pub(crate) asked: Asked,
}

async fn answer(
    state: &State,
    seen: &Seen,
    given: Option<Answer>,
) -> Result<Response, PageFailure> {
    let asked = &seen.asked;
    let reply = Reply::new(state, seen);
    let wanted = match asked.parse(state) {
        Ok(wanted) => wanted,
        Err(error) => return reply.refuse(&error),
    };
    let interaction = Interaction::of(state, &asked.parameters);
    let session =
        seen.visit.session.as_ref().map(|live| session(state, asked, live)).transpose()?;
    let consent = match &session {
        Some(session) => consent_of(state, asked, session).await?,
        None => None,
    };
    let facts = Facts {
        session: session.as_ref(),
        consent: consent.as_ref(),
        hint: match wanted.id_token_hint.as_deref() {
            None => Hint::Absent,
            Some(text) => id_token::subject_of(state, &asked.application.client, text)
                .map_or(Hint::Invalid, Hint::Of),
        },
        progress: interaction.progress,
        answer: given,
    };
    let now = state.clock.now();
    match decide(&wanted, &asked.application.client, &facts, state.policy(), now) {
        Decision::SignIn(why) => Ok(sign_in(state, seen, &wanted, &interaction, why)),
        Decision::Consent(ask) => {
            let to = address(state, "consent/", &interaction.carried_by(state, &asked.parameters));
            consent::page(state, seen, &ask, &to)
        }
        Decision::Issue(issue) => reply.issue(&wanted, &issue).await,
        Decision::Refuse(error) => reply.refuse(&error),
    }
}

fn session(state: &State, asked: &Asked, live: &SignedIn) -> Result<Session, PageFailure> {
    let account = &live.user.account;
    Ok(Session {
        id: live.session.id,
        user: Bearer { id: account.id, epoch: account.epoch },
        subject: crate::subject::of(state, &asked.application.client, account.id)?,
        authenticated_at: live.session.session.authenticated_at,
        acr: ACR_PASSWORD.to_owned(),
        amr: vec![AMR_PASSWORD.to_owned()],
    })
}

async fn consent_of(
    state: &State,
    asked: &Asked,
    session: &Session,
) -> Result<Option<Given>, PageFailure> {
    Ok(state.store.consents().find(session.user.id, asked.application.id).await?)
}

/// To the page where the person proves who they are, and back here with the whole request.
fn sign_in(
    state: &State,
    seen: &Seen,
    wanted: &Wanted,
    interaction: &Interaction,
    why: SignIn,
) -> Response {
    let chosen = matches!(why, SignIn::Create | SignIn::Choose);
    let next = interaction.choosing(chosen);
    let parameters = next.carried_by(state, &seen.asked.parameters);
    let next = address(state, "", &parameters);
    let urls = state.urls();
    // What was pushed is kept out of the browser (RFC 9126 §1).
    let hint = wanted.login_hint.as_deref().filter(|_| !seen.asked.is_pushed());
    let to = match why {
        SignIn::First => urls.sign_in_for(&next, hint, false),
        SignIn::Again => {
            let own = seen.visit.account().map(|account| account.username.to_string());
            urls.sign_in_for(&next, hint.or(own.as_deref()), true)
        }
        SignIn::Choose => urls.choose_account(&next),
        SignIn::Create if state.settings.registration => urls.sign_up_for(Some(&next), hint),
        SignIn::Create => urls.sign_in_for(&next, hint, true),
    };
    see_other(&LocalPath::or(Some(&to), &urls.sign_in()))
}

/// The address of the endpoint, or of a page below it, with these parameters.
fn address(state: &State, page: &str, parameters: &Parameters) -> String {
    let path = state.policy().capabilities.endpoints.authorization.as_deref().unwrap_or("/");
    format!("{}/{page}?{}", path.trim_end_matches('/'), parameters.to_query())
}

/// The same request once more by GET; one that is too long for a URL, or signed, is kept here meanwhile.
async fn resume(state: &State, asked: &Asked) -> Result<Response, PageFailure> {
    let query = asked.parameters.to_query();
    let parameters = if query.len() > LONGEST_QUERY || asked.is_signed_by_value() {
        asked.keep(state).await?
    } else {
        asked.parameters.clone()
    };
    let to = address(state, "", &parameters);
    Ok(see_other(&LocalPath::or(Some(&to), &state.urls().front())))
}

pub(crate) async fn form_body(
    state: &State,
    parts: &Parts,
    body: Body,
) -> Result<bytes::Bytes, PageFailure> {
    debug_assert_eq!(parts.method, Method::POST);
    if body::media(&parts.headers) != Ok(body::Media::Form) {
        return Err(body_refusal(body::BodyError::UnsupportedMedia).into());
    }
    let bytes = body::read(body, state.settings.limits.body).await;
    Ok(bytes.map_err(body_refusal)?)
}
