//! Asks the server of a token about it (RFC 7662).
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ambient::Clock;
use fetch::{Credentials, FetchError, Flights, Limits};
use futures_util::{FutureExt, future::BoxFuture};
use http::request::Parts;
use oauth::{
    principal::Principal,
    resource_server::{Expected, Fault, introspection::Answer},
};
use tokio::time::Instant;

use super::{
    AuthorizationServer,
    answers::{self, Answers, Name, Told},
    presented, refused, unavailable,
};
use crate::verifier::{Verifier, VerifyFailure};

/// How long an answer is used unless it is set.
const KEEP: Duration = Duration::from_secs(10);

/// The longest that any answer is used.
const LONGEST_KEEP: Duration = Duration::from_mins(5);

/// The longest that it is remembered that a token is not active.
const KEEP_INACTIVE: Duration = Duration::from_secs(2);

/// A longer text is no token: nobody is asked about it.
const LONGEST_TOKEN: usize = 16 * 1024;

/// The most bytes of an answer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Accepts whatever token the server says is active, an access token, and for this resource.
///
/// A token that was revoked is refused when the answer about it is older than [`with_cache`](Self::with_cache) says: that is all
/// a revocation can cost. An answer is never used beyond the end of its token. Requests that bring the same token at the same
/// time share one question.
#[derive(Clone)]
pub struct IntrospectionVerifier(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    server: AuthorizationServer,
    credentials: Credentials,
    expected: Expected,
    clock: Clock,
    keep: Duration,
    held: Arc<Held>,
}

/// What is held, apart: made-up tokens push no good ones out.
#[derive(Default)]
struct Held {
    active: Mutex<Answers>,
    inactive: Mutex<Answers>,
    flights: Flights<Name, Result<Told, FetchError>>,
}

impl IntrospectionVerifier {
    /// Asks `server` as the client that `credentials` name ([`Credentials::basic`]), which has to be one that may hear about
    /// tokens for `resource`, the identifier of this resource (RFC 9728 §1.2).
    pub fn new(
        server: AuthorizationServer,
        credentials: Credentials,
        resource: &str,
        clock: Clock,
    ) -> Self {
        let expected = Expected::new(server.issuer(), resource);
        let held = Arc::default();
        Self(Arc::new(Inner { server, credentials, expected, clock, keep: KEEP, held }))
    }

    /// Uses an answer for this long, counted from when its question left: ten seconds unless it is said, five minutes at most,
    /// zero to ask each time.
    #[must_use]
    pub fn with_cache(mut self, keep: Duration) -> Self {
        Arc::make_mut(&mut self.0).keep = keep.min(LONGEST_KEEP);
        self
    }

    async fn principal(&self, text: &str) -> Result<Principal, VerifyFailure> {
        if text.len() > LONGEST_TOKEN {
            return Err(refused(Fault::Form));
        }
        let name = answers::name(text);
        let answer = match self.0.held(&name) {
            Some(answer) => answer,
            None => self.ask(name, text).await.map_err(|error| unavailable(&error))?,
        };
        answer.decide(text, &self.0.expected, self.0.clock.now()).map_err(refused)
    }

    async fn ask(&self, name: Name, text: &str) -> Result<Arc<Answer>, FetchError> {
        if self.0.keep.is_zero() {
            // Not even a question that is on its way is shared: it may have been asked before a revocation.
            return self.0.ask(text).await.map(|told| told.answer);
        }
        let start = || {
            let (inner, text) = (Arc::clone(&self.0), text.to_owned());
            async move {
                let told = inner.ask(&text).await?;
                inner.hold(name, told.clone());
                Ok(told)
            }
            .boxed()
        };
        self.0.held.flights.join(name, start).await.map(|told| told.answer)
    }
}

impl Inner {
    fn held(&self, name: &Name) -> Option<Arc<Answer>> {
        let find = |answers: &Mutex<Answers>, keep| {
            answers.lock().unwrap_or_else(PoisonError::into_inner).find(name, keep)
        };
        let active = find(&self.held.active, self.keep);
        let active = active.filter(|answer| !answer.has_ended(self.clock.now()));
        active.or_else(|| find(&self.held.inactive, self.keep.min(KEEP_INACTIVE)))
    }

    fn hold(&self, name: Name, told: Told) {
        let answers = match *told.answer {
            Answer::Active(_) => &self.held.active,
            Answer::Inactive => &self.held.inactive,
        };
        answers.lock().unwrap_or_else(PoisonError::into_inner).hold(name, told);
    }

    async fn ask(&self, text: &str) -> Result<Told, FetchError> {
        let endpoint = self.server.introspection_endpoint().await?;
        let asked = Instant::now();
        let fields = [("token", text), ("token_type_hint", "access_token")];
        let limits = Limits::json(LONGEST_ANSWER);
        let way_out = self.server.fetcher();
        let answered = way_out.post_form_as(&endpoint, &self.credentials, &fields, limits).await?;
        let answered = answered.ok().inspect_err(|error| {
            if matches!(error, FetchError::Status(401 | 403)) {
                tracing::error!(
                    "the authorization server does not take the credentials of this resource server"
                );
            }
        })?;
        let answer = Answer::parse(&answered.body);
        let answer = answer.map_err(|error| FetchError::Document(error.to_string()))?;
        Ok(Told { answer: Arc::new(answer), asked })
    }
}

impl Verifier for IntrospectionVerifier {
    fn verify<'a>(
        &'a self,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, VerifyFailure>> {
        Box::pin(async move {
            match presented(parts)? {
                Some(text) => self.principal(text).await.map(Some),
                None => Ok(None),
            }
        })
    }
}

impl fmt::Debug for IntrospectionVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionVerifier")
            .field("expected", &self.0.expected)
            .field("keep", &self.0.keep)
            .finish_non_exhaustive()
    }
}
