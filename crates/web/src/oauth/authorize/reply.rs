//! The answer of the authorization endpoint as the browser carries it: query, fragment or a form (RFC 6749 §4.1.2, Multiple
//! Response Types §2.1, Form Post Response Mode), always with the issuer (RFC 9207).

use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, PRAGMA, REFERRER_POLICY};
use http::{HeaderValue, StatusCode};
use oauth::endpoint::authorize::{Destination, Issue, Request as Wanted};
use oauth::error::{ErrorCode, OAuthError};
use oauth::redirect_uri::with_query;
use oauth::response::ResponseMode;
use oauth::session_state::session_state;
use pages::{Refusal, context};
use store::{Approval, Approved};
use url::form_urlencoded::Serializer;

use super::asked::refused;
use super::{Seen, resume};
use crate::id_token::{self, Basis};
use crate::issue;
use crate::respond::oauth_failure::page_about;
use crate::respond::page_failure::PageFailure;
use crate::respond::stop::Stop;
use crate::state::State;
use crate::visit::{state_cookie, with_cookies};

/// Answers one request.
pub(super) struct Reply<'a> {
    state: &'a State,
    seen: &'a Seen,
}

type Fields = Vec<(&'static str, String)>;

impl<'a> Reply<'a> {
    pub(super) fn new(state: &'a State, seen: &'a Seen) -> Self {
        Self { state, seen }
    }

    /// Give what was decided on.
    pub(super) async fn issue(
        &self,
        wanted: &Wanted,
        issue: &Issue,
    ) -> Result<Response, PageFailure> {
        let codes = self.state.store.authorization_code();
        let pushed = self.seen.asked.pushed.as_ref();
        let approved = codes.approve(issue, pushed, self.state.policy()).await;
        let approved = match approved.map_err(Stop::from) {
            Ok(Approval::Made(approved)) => approved,
            Ok(Approval::Answered) => return Err(refused(&ANSWERED)),
            // Whoever has signed out in another tab meanwhile is asked to sign in.
            Ok(Approval::SignedOut) => return resume(self.state, &self.seen.asked).await,
            Err(stop) => return self.refuse(&broken(stop)),
        };
        tracing::info!(
            target: "audit",
            event = "authorization_granted",
            user = %issue.user.id,
            client = %issue.authorization.client,
            authorization = %approved.authorization,
            scope = %issue.authorization.scope,
        );
        let granted = self.granted(wanted, issue, &approved).await;
        let mut fields = match granted {
            Ok(fields) => fields,
            Err(stop) => return self.refuse(&broken(stop)),
        };
        let shown = self.session_state(issue)?;
        let Some((session_state, browser_state)) = shown else { return self.send(fields) };
        fields.push(("session_state", session_state));
        // Also where it was lost, or is older than the setting: what was told has to be what the browser has.
        Ok(with_cookies(self.send(fields)?, state_cookie(self.state, &browser_state)?))
    }

    /// What the client's page may ask the browser about the session (Session Management §2), and what the browser knows of it;
    /// nothing if the client is not told who is there, or none may ask.
    fn session_state(&self, issue: &Issue) -> Result<Option<(String, String)>, Stop> {
        let (state, seen) = (self.state, self.seen);
        let may_ask = state.policy().capabilities.checks_sessions().is_some();
        if !may_ask || !id_token::is_wanted(state, &issue.authorization.scope) {
            return Ok(None);
        }
        let Some(browser_state) = seen.visit.browser_state(state) else { return Ok(None) };
        let salt = state.entropy.text(16)?;
        let (client, uri) = (&issue.authorization.client, seen.asked.destination.uri());
        let made = session_state(client, uri, &browser_state, salt.expose());
        Ok(made.map(|made| (made, browser_state)))
    }

    /// What the response type asks for: code, access token, ID token (Multiple Response Types §3, OIDC Core §3.2.2.5).
    async fn granted(
        &self,
        wanted: &Wanted,
        issue: &Issue,
        approved: &Approved,
    ) -> Result<Fields, Stop> {
        let (state, kind) = (self.state, wanted.response_type);
        let mut fields = Fields::new();
        let code = kind.has_code().then_some(&approved.code);
        fields.extend(code.map(|code| ("code", code.expose().to_owned())));
        let mut access_token = None;
        if let Some(terms) = issue.access.clone() {
            let access = issue::Issue {
                client: &self.seen.asked.application.client,
                terms,
                authorization: Some(approved.authorization),
                details: Some(&issue.authorization.details),
                refresh_token: None,
                // It is made below, where the code is known that goes with it.
                id_token: issue::IdToken::None,
            };
            let answer = issue::respond(state, access).await?;
            fields.push(("access_token", answer.access_token.expose().to_owned()));
            fields.push(("token_type", "Bearer".to_owned()));
            fields.push(("expires_in", answer.expires_in.to_string()));
            fields.push(("scope", answer.scope.to_string()));
            access_token = Some(answer.access_token);
        }
        if kind.has_id_token() && id_token::is_wanted(state, &issue.authorization.scope) {
            let basis = Basis {
                client: &self.seen.asked.application.client,
                user: issue.user.id,
                scope: &issue.authorization.scope,
                details: &issue.authorization.details,
                authenticated_at: issue.authorization.authenticated_at,
                access_token: access_token.as_ref(),
                code,
                refreshed: false,
            };
            fields.push(("id_token", id_token::make(state, basis).await?.expose().to_owned()));
        }
        Ok(fields)
    }

    /// Tell the client no.
    ///
    /// A client that nobody here answers for may have been registered only so that this server sends people to its address
    /// (RFC 9700 §4.11.2): a visitor who has not signed in is asked before.
    pub(super) fn refuse(&self, error: &OAuthError) -> Result<Response, PageFailure> {
        let client = &self.seen.asked.application.client;
        tracing::info!(
            target: "audit",
            event = "authorization_request_refused",
            client = %client.id,
            code = %error.code(),
        );
        let fields = vec![
            ("error", error.code().to_string()),
            ("error_description", error.description().into_owned()),
            ("error_uri", page_about(self.state, error)),
        ];
        let silent = error.code() == ErrorCode::LoginRequired;
        if client.metadata.origin.is_unverified() && self.seen.visit.session.is_none() && !silent {
            return Ok(self.ask_before_leaving(error, fields));
        }
        self.send(fields)
    }

    fn ask_before_leaving(&self, error: &OAuthError, fields: Fields) -> Response {
        let destination = &self.seen.asked.destination;
        let host = destination.host();
        Refusal::new(StatusCode::BAD_REQUEST, error.code().as_str(), "This request cannot be answered")
            .because(format!(
                "An application that nobody here vouches for sent you here with a request that cannot be answered: {}.",
                error.description()
            ))
            .advise(format!("You can close this page. To go on, you would be sent to {host}."))
            .link(format!("Go to {host}"), redirect(destination, &self.complete(fields)))
            .into_response()
    }

    /// With what every answer has.
    fn complete(&self, mut fields: Fields) -> Fields {
        fields.extend(self.seen.asked.destination.state().map(|text| ("state", text.to_owned())));
        fields.push(("iss", self.state.policy().issuer.to_string()));
        fields
    }

    fn send(&self, fields: Fields) -> Result<Response, PageFailure> {
        let destination = &self.seen.asked.destination;
        let fields = self.complete(fields);
        let mut response = match destination.mode() {
            ResponseMode::FormPost => self.form(&fields)?,
            ResponseMode::Query | ResponseMode::Fragment => {
                let to = redirect(destination, &fields);
                let to = HeaderValue::from_str(&to).map_err(|_| Stop::Internal)?;
                (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
            }
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        // RFC 9700 §4.2.4: the address of this request is nobody else's business.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        Ok(response)
    }

    /// A page that posts the answer by itself, or by a button where there are no scripts.
    fn form(&self, fields: &Fields) -> Result<Response, PageFailure> {
        let destination = &self.seen.asked.destination;
        let frame = self.seen.visit.frame(self.state, &self.seen.parts)?;
        let content = context! {
            client => &self.seen.asked.application.client.name,
            host => destination.host(),
            action => destination.uri(),
            fields => fields,
        };
        let answer = self.state.pages.respond(
            StatusCode::OK,
            "authorize/form_post.html",
            &frame.page,
            content,
        );
        Ok(allow_form_to(frame.finish(answer), &destination.source()))
    }
}

/// Lets the forms of a page lead to this source in the end; Chromium applies `form-action` to redirects too.
pub(crate) fn allow_form_to(mut page: Response, source: &str) -> Response {
    if let Some(policy) = pages::headers::page_with_form_action(source) {
        page.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    page
}

/// The redirect URI with the answer in its query or its fragment; what it had in its query stays as it is (RFC 6749
/// §3.1.2).
fn redirect(destination: &Destination, fields: &Fields) -> String {
    let uri = destination.uri();
    if destination.mode() == ResponseMode::Fragment {
        let mut answer = Serializer::new(String::new());
        return format!("{uri}#{}", answer.extend_pairs(fields).finish());
    }
    with_query(uri, fields)
}

const ANSWERED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequestUri,
    "this request has been answered already; start again at the application",
);

fn broken(stop: Stop) -> OAuthError {
    match stop {
        Stop::Unavailable | Stop::Busy | Stop::TooManyTries { .. } => OAuthError::new(
            ErrorCode::TemporarilyUnavailable,
            "the server cannot answer at the moment; nothing was changed, try again in a few seconds",
        ),
        Stop::Internal => OAuthError::new(
            ErrorCode::ServerError,
            "something went wrong on the server; its log has the cause",
        ),
    }
}
