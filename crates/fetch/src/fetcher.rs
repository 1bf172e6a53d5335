//! The guarded way out.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request};
use http_body_util::Full;
use tokio::time::{Instant, timeout_at};
use url::{Host, Url};

use crate::backoff::Backoff;
use crate::connect::{check, connect};
use crate::credentials::Credentials;
use crate::error::{Blame, FetchError, Stage};
use crate::exchange::{Bounds, exchange};
use crate::fetched::Fetched;
use crate::flight::Flights;
use crate::gate::Gate;
use crate::policy::{Limits, Policy};
use crate::roots::Tls;
use crate::target::Target;

const OURSELVES: HeaderValue =
    HeaderValue::from_static(concat!("grantwell/", env!("CARGO_PKG_VERSION")));
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// More patience than this is none, and no clock should overflow.
const LONGEST: Duration = Duration::from_hours(1);

type Outcome = Result<Fetched, FetchError>;

/// Fetches what others name, within the rules of its [`Policy`]. Cheap to clone; clones share their bounds.
#[derive(Clone)]
pub struct Fetcher {
    shared: Arc<Shared>,
    flights: Arc<Flights<(Url, Limits), Outcome>>,
}

struct Shared {
    policy: Policy,
    tls: Tls,
    gate: Gate,
    backoff: Backoff,
}

/// One request that is to leave.
struct Errand {
    target: Target,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
    limits: Limits,
}

impl Fetcher {
    /// A fetcher with these rules. A `timeout` of more than an hour counts as an hour.
    pub fn new(mut policy: Policy) -> Self {
        policy.timeout = policy.timeout.min(LONGEST);
        policy.connect_timeout = policy.connect_timeout.min(LONGEST);
        let shared = Shared {
            gate: Gate::new(&policy),
            policy,
            tls: Tls::default(),
            backoff: Backoff::default(),
        };
        Self { shared: Arc::new(shared), flights: Arc::default() }
    }

    /// Whether a URL may be fetched, as far as that can be told without asking anybody: its form, and its host if that
    /// is an address. For the moment at which a client is registered.
    ///
    /// # Errors
    /// [`FetchError::Url`] and [`FetchError::Address`].
    pub fn admits(&self, url: &Url) -> Result<(), FetchError> {
        let target = Target::of(url, &self.shared.policy)?;
        let address = match &target.host {
            Host::Domain(_) => return Ok(()),
            Host::Ipv4(address) => IpAddr::V4(*address),
            Host::Ipv6(address) => IpAddr::V6(*address),
        };
        check(&target, address, &self.shared.policy)
    }

    /// Fetches a document. Whoever asks for the same one under the same limits meanwhile gets the same answer.
    ///
    /// # Errors
    /// Whenever no whole answer within the limits came back. An answer of any status is one.
    pub async fn get(&self, url: &Url, limits: Limits) -> Result<Fetched, FetchError> {
        let target = Target::of(url, &self.shared.policy)?;
        let mut url = url.clone();
        url.set_fragment(None);
        let start = || {
            let errand = Errand::get(target, limits);
            Arc::clone(&self.shared).run(errand).boxed()
        };
        self.flights.join((url, limits), start).await
    }

    /// Posts a form.
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn post_form(
        &self,
        url: &Url,
        fields: &[(&str, &str)],
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let target = Target::of(url, &self.shared.policy)?;
        Arc::clone(&self.shared).run(Errand::post(target, fields, limits)).await
    }

    /// Posts a form and says who we are, as introspection asks for (RFC 7662 §2.1).
    ///
    /// # Errors
    /// As [`Fetcher::get`].
    pub async fn post_form_as(
        &self,
        url: &Url,
        credentials: &Credentials,
        fields: &[(&str, &str)],
        limits: Limits,
    ) -> Result<Fetched, FetchError> {
        let target = Target::of(url, &self.shared.policy)?;
        let mut errand = Errand::post(target, fields, limits);
        errand.headers.insert(AUTHORIZATION, credentials.header());
        Arc::clone(&self.shared).run(errand).await
    }
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new(Policy::default())
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("policy", &self.shared.policy).finish_non_exhaustive()
    }
}

impl Errand {
    fn get(target: Target, limits: Limits) -> Self {
        Self { target, method: Method::GET, headers: HeaderMap::new(), body: Bytes::new(), limits }
    }

    fn post(target: Target, fields: &[(&str, &str)], limits: Limits) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, FORM)]);
        Self { target, method: Method::POST, headers, body: body.into(), limits }
    }

    fn request(self) -> Result<Request<Full<Bytes>>, http::Error> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(&self.target.path)
            .header(HOST, &self.target.authority)
            .header(USER_AGENT, OURSELVES)
            .header(ACCEPT, self.limits.accept)
            .header(ACCEPT_ENCODING, "identity")
            .header(CONNECTION, "close")
            .body(Full::new(self.body))?;
        request.headers_mut().extend(self.headers);
        Ok(request)
    }
}

impl Shared {
    async fn run(self: Arc<Self>, errand: Errand) -> Outcome {
        let (host, place) = (errand.target.host_name(), errand.target.place());
        // A URL that failed may be posted to: nobody would repeat what was refused here.
        let is_get = errand.method == Method::GET;
        let now = Instant::now();
        if self.backoff.rests(&host, now) || (is_get && self.backoff.rests(&place, now)) {
            return Err(FetchError::Resting { host });
        }
        let outcome = self.attempt(errand, &host, now).await;
        match outcome.as_ref().map_err(FetchError::blame) {
            Ok(_) => {
                self.backoff.answered(&host);
                self.backoff.answered(&place);
            }
            Err(Blame::Host) => self.backoff.failed(&host, Instant::now()),
            Err(Blame::Url) if is_get => self.backoff.failed(&place, Instant::now()),
            Err(Blame::Url | Blame::Nobody) => {}
        }
        outcome
    }

    async fn attempt(&self, errand: Errand, host: &str, now: Instant) -> Outcome {
        let timed_out =
            |stage: Stage| move |_| FetchError::Timeout { host: host.to_owned(), stage };
        let patience = errand.limits.timeout.min(self.policy.timeout);
        let end = now + patience;
        // Half of the time is left for the host, which must not be blamed for our own queue.
        let _pass = timeout_at(now + patience / 2, self.gate.enter(host))
            .await
            .map_err(timed_out(Stage::Waiting))??;
        let connected_by = end.min(Instant::now() + self.policy.connect_timeout);
        let connecting = connect(&errand.target, &self.policy, &self.tls);
        let stream =
            timeout_at(connected_by, connecting).await.map_err(timed_out(Stage::Connecting))??;
        let bounds = Bounds { head: self.policy.max_head, body: errand.limits.max_bytes };
        let request = errand.request().map_err(|error| FetchError::Answer {
            host: host.to_owned(),
            why: error.to_string(),
        })?;
        timeout_at(end, exchange(stream, request, bounds, host))
            .await
            .map_err(timed_out(Stage::Answering))?
    }
}
