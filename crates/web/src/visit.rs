//! One browser's visit: who is signed in, the frame of the page that it gets, the guard of the forms that it sends.

use std::time::Duration;

use accounts::Account;
use accounts::session::Session;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use oauth::secret::Secret;
use pages::csrf::Attempt;
use pages::{Link, Page, SignedIn};
use store::{EndedSession, SignedIn as Live};
use vault::Purpose;

use crate::extract::page_form::PageForm;
use crate::respond::page_failure::PageFailure;
use crate::respond::stop::Stop;
use crate::state::State;

/// The session cookie's name (with `__Host-` before it on https).
pub(crate) const COOKIE: &str = "grantwell_session";

/// The name of the cookie that changes with the session and that pages of clients may learn something of.
pub(crate) const BROWSER_STATE: &str = "grantwell_browser_state";

/// What is known about the browser that sent a request.
pub(crate) struct Visit {
    /// Who is signed in and since when.
    pub(crate) session: Option<Live>,
    /// The value of the session cookie, whether it opens anything or not.
    cookie: Option<Secret>,
}

/// The session that a request's cookie opens, if its time is not over and its account admits it.
pub(crate) async fn session(
    state: &State,
    headers: &HeaderMap,
) -> Result<Option<Live>, store::StoreError> {
    let Some(cookie) = state.cookies.read(headers, COOKIE) else { return Ok(None) };
    // Longer than any id that we gave out: not looked up, so that it costs no digest and no query.
    if cookie.len() > 64 {
        return Ok(None);
    }
    state.store.sessions().find(&Secret::from(cookie), &state.settings.sessions).await
}

impl Visit {
    /// Who sends this request.
    pub(crate) async fn of(state: &State, headers: &HeaderMap) -> Result<Self, PageFailure> {
        let cookie = state.cookies.read(headers, COOKIE).map(Secret::from);
        Ok(Self { session: session(state, headers).await?, cookie })
    }

    /// The account that is signed in; a visitor without one is sent to the sign-in page and back here afterwards.
    pub(crate) fn person(&self, state: &State, parts: &Parts) -> Result<&Account, PageFailure> {
        let here = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        self.account().ok_or_else(|| PageFailure::elsewhere(&state.urls().sign_in_then(here)))
    }

    /// The account that is signed in.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.session.as_ref().map(|session| &session.user.account)
    }

    /// What form tokens are bound to while somebody is signed in. It is the digest of the session's id, so that a page
    /// that leaks gives nobody the session.
    pub(crate) fn identity(&self) -> Option<&[u8]> {
        self.session.as_ref().map(|session| session.session.digest.as_slice())
    }

    /// Refuse a form that was not sent from one of our own pages in this very session.
    pub(crate) fn guard(
        &self,
        state: &State,
        parts: &Parts,
        form: &PageForm,
    ) -> Result<(), PageFailure> {
        let attempt = Attempt {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            session: self.identity(),
            form_token: form.optional(pages::csrf::FIELD),
        };
        Ok(state.csrf.check(&attempt)?)
    }

    /// The frame of the page that answers this request.
    pub(crate) fn frame(&self, state: &State, parts: &Parts) -> Result<Frame, PageFailure> {
        let issued = state.csrf.issue(&parts.headers, self.identity())?;
        let (messages, clear) = state.flash.take(&parts.headers);
        let mut page = Page::new(issued.token);
        page.messages = messages;
        page.request_id = request_id(parts);
        page.navigation = state.navigation(self.session.is_some(), parts.uri.path());
        let urls = state.urls();
        match self.account() {
            Some(account) => page.user = Some(signed_in(state, account)),
            None => page.sign_in = Some(urls.sign_in()),
        }
        Ok(Frame { page, cookies: issued.set_cookie.into_iter().chain(clear).collect() })
    }

    /// What the browser may know of its session beside the cookie that opens it: another text for each sign-in, from which
    /// nobody gets back. Nothing while nobody is signed in.
    pub(crate) fn browser_state(&self, state: &State) -> Option<String> {
        self.session.as_ref()?;
        self.cookie.as_ref().map(|id| browser_state(state, id))
    }

    /// Begin a session for `account`: the answer sets its cookies. The session that the browser had before, if any, ends,
    /// and its id is never used again.
    pub(crate) async fn begin(
        &self,
        state: &State,
        account: &Account,
        headers: &HeaderMap,
    ) -> Result<Vec<HeaderValue>, PageFailure> {
        let agent = headers.get(USER_AGENT).map(HeaderValue::as_bytes).unwrap_or_default();
        let agent = String::from_utf8_lossy(agent);
        let session = Session::begin(account, &state.settings.sessions, state.clock.now());
        let id = state.store.sessions().create(session, &agent, self.cookie.as_ref()).await?;
        let lifetime = Some(state.settings.sessions.absolute);
        let opens = cookie(state.cookies.set(COOKIE, id.expose(), lifetime))?;
        let shows = state_cookie(state, &browser_state(state, &id))?;
        Ok([opens].into_iter().chain(shows).collect())
    }

    /// End the session on the server, if there was one; the answer makes the browser forget the cookies.
    pub(crate) async fn end(
        &mut self,
        state: &State,
    ) -> Result<(Option<EndedSession>, Vec<HeaderValue>), PageFailure> {
        let ended = match &self.cookie {
            Some(id) => state.store.sessions().end(id).await?,
            None => None,
        };
        self.session = None;
        let opens = cookie(state.cookies.clear(COOKIE))?;
        Ok((ended, [opens].into_iter().chain(state_cookie(state, "")?).collect()))
    }
}

fn browser_state(state: &State, id: &Secret) -> String {
    let digest = state.store.vault().digest(Purpose::BrowserState, id.expose().as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

/// The cookie that shows pages of clients this state, if any may ask; an empty one makes the browser forget it.
pub(crate) fn state_cookie(
    state: &State,
    browser_state: &str,
) -> Result<Option<HeaderValue>, PageFailure> {
    if state.policy().capabilities.checks_sessions().is_none() {
        return Ok(None);
    }
    let lifetime =
        if browser_state.is_empty() { Duration::ZERO } else { state.settings.sessions.absolute };
    cookie(state.cookies.set_readable(BROWSER_STATE, browser_state, Some(lifetime))).map(Some)
}

fn cookie(made: Result<HeaderValue, pages::cookie::BadCookie>) -> Result<HeaderValue, PageFailure> {
    made.map_err(|error| {
        tracing::error!(%error, "a session cookie could not be written");
        Stop::Internal.into()
    })
}

/// Who is signed in, as the head of every page shows it.
pub(crate) fn signed_in(state: &State, account: &Account) -> SignedIn {
    SignedIn {
        name: account.username.to_string(),
        account: Some(state.urls().profile()),
        sign_out: state.urls().sign_out(),
    }
}

/// The number under which the log speaks of this request.
pub(crate) fn request_id(parts: &Parts) -> Option<String> {
    parts.headers.get("x-request-id")?.to_str().ok().map(str::to_owned)
}

/// The frame of a page and the cookies that go with it.
pub(crate) struct Frame {
    /// What surrounds the page's own content.
    pub(crate) page: Page,
    cookies: Vec<HeaderValue>,
}

impl Frame {
    /// With links that lead to this page.
    pub(crate) fn below(mut self, crumbs: impl IntoIterator<Item = Link>) -> Self {
        self.page.breadcrumbs.extend(crumbs);
        self
    }

    /// Adds the cookies to the answer.
    pub(crate) fn finish(self, response: Response) -> Response {
        with_cookies(response, self.cookies)
    }
}

/// Adds cookies to an answer.
pub(crate) fn with_cookies(
    mut response: Response,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Response {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}
