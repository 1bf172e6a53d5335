//! An authorization request with the client that it names and the place where its answer may go.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use oauth::active;
use oauth::client::Client;
use oauth::endpoint::authorize::{Channel, Destination, Parameters, Request, locate};
use oauth::error::{ErrorCode, OAuthError};
use oauth::id::ClientId;
use pages::Refusal;
use store::{Application, PushedRequest, REQUEST_URI_PREFIX};

use super::super::request_object;
use super::interaction;
use crate::client_documents::{self, Failure};
use crate::respond::page_failure::PageFailure;
use crate::respond::stop::Stop;
use crate::state::State;

/// How long a request is kept that a browser posted, or that was pushed and opened in time: time enough to sign in.
const KEPT_FOR: Duration = Duration::from_mins(30);

/// A request whose destination is trusted.
pub(crate) struct Asked {
    /// Its parameters as they came through the browser.
    pub(crate) parameters: Parameters,
    /// The parameters that count: those above, or those of the pushed request or the request object.
    pub(super) effective: Parameters,
    /// How the effective ones reached us.
    pub(super) channel: Channel,
    /// The request that waited here, if the browser carried only its name.
    pub(super) pushed: Option<PushedRequest>,
    /// Who asks.
    pub(crate) application: Arc<Application>,
    /// Where the answer goes.
    pub(crate) destination: Destination,
}

impl Asked {
    /// Read a query or a form. Every error here is a page: there is nowhere to send it yet.
    ///
    /// `from` is who sends it; without that no document about a client is fetched.
    pub(super) async fn read(
        state: &State,
        text: &[u8],
        from: Option<IpAddr>,
    ) -> Result<Self, PageFailure> {
        let parameters = Parameters::parse(text).map_err(|error| refused(&error))?;
        let application = client(state, &parameters, from).await?;
        let client = application.as_ref().map(|application| &application.client);
        let pushed = match &application {
            Some(application) => pushed(state, &parameters, application).await?,
            None => None,
        };
        // Nothing is fetched for a client that may not ask.
        let stands =
            |client: &&Client| active::admit(&active::Facts::of_client(client.standing())).is_ok();
        let signed = match client.filter(stands) {
            Some(client) => request_object::open_or_fetch(state, &parameters, client).await,
            None => Ok(None),
        };
        let signed = signed.map_err(|error| refused(&error))?;
        let (effective, channel) = match (&pushed, signed) {
            (_, Some(inside)) => (inside, Channel::Signed),
            (Some(pushed), None) => (pushed.parameters.clone(), pushed.channel),
            (None, None) => (interaction::bare(&parameters), Channel::Front),
        };
        let destination = locate(&effective, client).map_err(|error| refused(&error))?;
        let application = application.ok_or_else(Refusal::internal)?;
        Ok(Self { parameters, effective, channel, pushed, application, destination })
    }

    /// Keeps the request here and answers the short one that names it.
    pub(super) async fn keep(&self, state: &State) -> Result<Parameters, PageFailure> {
        let kept = state.store.pushed_requests();
        let waiting = kept.waiting(self.application.id, self.channel).await?;
        if waiting >= state.settings.limits.waiting_requests {
            return Err(Stop::Busy.into());
        }
        let name = kept.push(self.application.id, &self.effective, self.channel, KEPT_FOR).await?;
        let pairs =
            [("client_id", self.application.client.id.as_str()), ("request_uri", name.expose())];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Parameters::from_pairs(pairs).map_err(|error| refused(&error))
    }

    /// Whether the browser carried a request object, whose end may come before the person has signed in.
    pub(super) const fn is_signed_by_value(&self) -> bool {
        matches!(self.channel, Channel::Signed) && self.pushed.is_none()
    }

    /// Whether the client pushed it, so that the browser does not know what it asks.
    pub(super) const fn is_pushed(&self) -> bool {
        matches!(self.channel, Channel::Pushed { .. })
    }

    /// The resources that it names.
    pub(crate) fn resources(&self) -> &[String] {
        self.effective.all("resource")
    }

    /// All checks of the request itself.
    pub(super) fn parse(&self, state: &State) -> Result<Request, OAuthError> {
        let client = &self.application.client;
        let destination = self.destination.clone();
        Request::parse(&self.effective, destination, self.channel, client, state.policy())
    }
}

/// Where a request that waits behind the sign-in page would be answered, as a source for the page's policy: the form of that
/// page leads there in the end. Nothing for what is no good authorization request.
pub(crate) async fn destination_of(state: &State, next: &str) -> Option<String> {
    let path = state.policy().capabilities.endpoints.authorization.as_deref()?;
    let (asked, query) = next.split_once('?')?;
    if asked.trim_end_matches('/') != path.trim_end_matches('/') {
        return None;
    }
    let asked = Asked::read(state, query.as_bytes(), None).await.ok()?;
    Some(asked.destination.source())
}

/// The request that `request_uri` names, if it is one of those that wait here. The name belongs to the client that pushed
/// it (RFC 9126 §4); for anybody else it names nothing.
async fn pushed(
    state: &State,
    parameters: &Parameters,
    application: &Application,
) -> Result<Option<PushedRequest>, PageFailure> {
    let name = parameters.one("request_uri").map_err(|error| refused(&error))?;
    let Some(name) = name.filter(|name| name.starts_with(REQUEST_URI_PREFIX)) else {
        return Ok(None);
    };
    let found = state.store.pushed_requests().find(name).await?;
    let found = found.filter(|found| found.application == application.id);
    let found = found.ok_or_else(|| refused(&NOT_WAITING))?;
    state.store.pushed_requests().hold(&found, KEPT_FOR).await?;
    Ok(Some(found))
}

const NOT_WAITING: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequestUri,
    "the request_uri names no request that waits here for this application: it is unknown, too old or has been answered",
);

async fn client(
    state: &State,
    parameters: &Parameters,
    from: Option<IpAddr>,
) -> Result<Option<Arc<Application>>, PageFailure> {
    let named = parameters.one("client_id").map_err(|error| refused(&error))?;
    let Some(id) = named.and_then(|named| ClientId::parse(named).ok()) else { return Ok(None) };
    client_documents::named(state, &id, from).await.map_err(|failure| match failure {
        Failure::Refused(error) => refused(&error),
        Failure::Stop(stop) => stop.into(),
    })
}

/// What a person is told when there is nowhere to send the error.
pub(super) fn refused(error: &OAuthError) -> PageFailure {
    tracing::info!(target: "audit", event = "authorization_request_refused", code = %error.code());
    let what = format!(
        "An application sent you here with a request that cannot be answered: {}.",
        error.description()
    );
    Refusal::new(StatusCode::BAD_REQUEST, error.code().as_str(), "This request cannot be answered")
        .because(what)
        .advise(
            "Go back to the application and try again. If it happens again, tell its makers the code and the request number.",
        )
        .into()
}
