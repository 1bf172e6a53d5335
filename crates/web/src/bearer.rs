//! Who is asking a protected resource: a bearer token, or a browser session traded for a short first-party token.

use std::time::Duration;

use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::request::Parts;
use oauth::access_token::{AccessToken, Bearer};
use oauth::active::{Facts, Standing};
use oauth::bearer;
use oauth::client::Client;
use oauth::endpoint::authorize::ACR_PASSWORD;
use oauth::principal::{Principal, Via};
use rest::{BrowserSession, Person, VerifyFailure};
use store::{SignedIn, StoreError};

use crate::respond::stop::Stop;
use crate::state::State;
use crate::visit;

/// How long the token of a browser session would live; it is made anew for each request and never leaves the server.
const SESSION_TOKEN: Duration = Duration::from_mins(5);

/// Checks credentials in this very process, against the store's view of what has been revoked.
#[derive(Clone, Debug)]
pub struct Verifier(State);

impl Verifier {
    /// A verifier over this state.
    pub fn new(state: State) -> Self {
        Self(state)
    }

    async fn principal(&self, parts: &Parts) -> Result<Option<Principal>, VerifyFailure> {
        let headers = parts.headers.get_all(AUTHORIZATION).iter().map(http::HeaderValue::as_bytes);
        match bearer::only(headers).map_err(VerifyFailure::Refused)? {
            Some(text) => self.token(text, parts).await.map(Some),
            None => self.browser(parts).await,
        }
    }

    /// The bearer of a token: no query while the view of revocations is fresh.
    async fn token(&self, text: &str, parts: &Parts) -> Result<Principal, VerifyFailure> {
        let issuer = &self.0.policy().issuer;
        let opened = self.0.store.open_access_token(text, issuer).await.map_err(failure)?;
        let Some(token) = opened else {
            // Not asked how it stands: the decision refuses what does not open before it looks at that.
            return self.decide(None, Facts::of_client(Standing::Missing), parts, Via::Bearer);
        };
        let standing = self.0.store.standing(&token).await.map_err(failure)?;
        self.decide(Some(token), standing, parts, Via::Bearer)
    }

    async fn browser(&self, parts: &Parts) -> Result<Option<Principal>, VerifyFailure> {
        let found = visit::session(&self.0, &parts.headers).await.map_err(failure)?;
        let Some(found) = found else { return Ok(None) };
        let application = self.0.store.first_party().await.map_err(failure)?;
        let token = self.session_token(&found, &application.client)?;
        let mut standing = self.0.store.standing(&token).await.map_err(failure)?;
        // The token was made a moment ago under the client's present epoch, so what the feed says about older ones does
        // not show whether the client is switched off.
        if standing.client == Standing::Good {
            standing.client = application.client.standing();
        }
        self.decide(Some(token), standing, parts, Via::Session).map(Some)
    }

    /// The token that the built-in client would get for this person now: its scope is what a page may do for them.
    fn session_token(
        &self,
        found: &SignedIn,
        client: &Client,
    ) -> Result<AccessToken, VerifyFailure> {
        let session = &found.session.session;
        let now = self.0.clock.now();
        let id = self.0.entropy.token_id();
        Ok(AccessToken {
            id: id.map_err(|error| failed(Stop::from(error)))?,
            authorization: None,
            user: Some(Bearer { id: session.user, epoch: session.user_epoch }),
            client: client.id.clone(),
            client_epoch: client.epoch,
            scope: self.0.policy().grant_scope(None, client).map_err(VerifyFailure::Refused)?,
            audience: self.0.policy().audience.clone(),
            issued_at: now,
            expires_at: now + SESSION_TOKEN,
            authenticated_at: Some(session.authenticated_at),
            acr: Some(ACR_PASSWORD.to_owned()),
            confirmation: None,
        })
    }

    /// One gate for both kinds of credential.
    fn decide(
        &self,
        token: Option<AccessToken>,
        standing: Facts,
        parts: &Parts,
        via: Via,
    ) -> Result<Principal, VerifyFailure> {
        let facts = bearer::Facts { token, standing, resource: self.resource(parts), via };
        let principal =
            bearer::decide(facts, self.0.clock.now()).map_err(VerifyFailure::Refused)?;
        // The line in the log says who it was.
        let span = tracing::Span::current();
        let user = principal.user.map(tracing::field::display);
        tracing::record_all!(span, client_id = principal.client.as_str(), user);
        Ok(principal)
    }

    /// The identifier of the resource that is asked: the one whose path begins the request's.
    fn resource(&self, parts: &Parts) -> Option<&str> {
        let issuer = &self.0.policy().issuer;
        let asked = issuer.url(parts.uri.path());
        let named = self.0.settings.all_resources().map(|resource| resource.resource.as_str());
        let within = |resource: &&str| {
            asked
                .strip_prefix(resource.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        named.filter(within).max_by_key(|resource| resource.len())
    }
}

impl rest::Verifier for Verifier {
    fn verify<'a>(
        &'a self,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, VerifyFailure>> {
        Box::pin(self.principal(parts))
    }

    fn session<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Option<BrowserSession>> {
        Box::pin(async move {
            let found = visit::session(&self.0, &parts.headers).await.ok()??;
            Some(BrowserSession {
                identity: found.session.digest.to_vec(),
                signed_in: visit::signed_in(&self.0, &found.user.account),
            })
        })
    }

    fn person<'a>(
        &'a self,
        principal: &'a Principal,
    ) -> BoxFuture<'a, Result<Option<Person>, VerifyFailure>> {
        Box::pin(async move {
            let Some(id) = principal.user else { return Ok(None) };
            let user = self.0.store.users().find(id).await.map_err(failure)?;
            Ok(user.map(|user| Person {
                staff: user.account.staff,
                superuser: user.account.superuser,
            }))
        })
    }
}

fn failure(error: StoreError) -> VerifyFailure {
    failed(Stop::from(error))
}

/// Whatever keeps us from checking a credential, the caller can only come back; the log has the cause.
fn failed(_: Stop) -> VerifyFailure {
    VerifyFailure::Unavailable
}
