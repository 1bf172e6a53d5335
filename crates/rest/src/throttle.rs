//! How often callers may ask: rates by address, by user, by client or by name, counted in one place, told in every answer.
mod memory;
mod rate;

use std::{net::IpAddr, sync::Arc};

use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use oauth::time::Timestamp;

pub use memory::Memory;
pub use rate::{Rate, Taken, WrongRate, decide};

use crate::{Action, Ctx, Problem, Result};

/// Where the requests are counted: in memory for one process, in a place that all nodes share for many.
pub trait Counter: Send + Sync + 'static {
    /// Counts one request under a key, or refuses it, in one atomic step ([`decide`] has the rule).
    fn take(
        &self,
        key: String,
        rate: Rate,
        now: Timestamp,
    ) -> BoxFuture<'_, Result<Taken, CounterFailure>>;
}

/// The place where requests are counted does not answer. Requests pass then: a rate protects the service, and it must not
/// be what takes it away.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("requests cannot be counted at the moment")]
pub struct CounterFailure;

/// By what requests are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The address, for callers without a credential; others are not counted.
    Address,
    /// The user, or the client that acts for itself; callers without a credential are not counted.
    User,
    /// The client; callers without a credential are not counted.
    Client,
    /// The user or client, or else the address.
    Caller,
}

/// A rate for some callers. One that refuses does not stop the others from counting.
#[derive(Clone, Debug)]
pub struct Throttle {
    name: &'static str,
    rate: Rate,
    by: By,
    actions: Option<&'static [Action]>,
}

impl Throttle {
    /// Callers without a credential, each address for itself.
    pub fn anonymous(rate: Rate) -> Self {
        Self { name: "anonymous", rate, by: By::Address, actions: None }
    }

    /// Each user for itself, and each client that acts for itself.
    pub fn user(rate: Rate) -> Self {
        Self { name: "user", rate, by: By::User, actions: None }
    }

    /// Each client for itself, all its users together.
    pub fn client(rate: Rate) -> Self {
        Self { name: "client", rate, by: By::Client, actions: None }
    }

    /// Each caller for itself, under a name: resources that say the same name count together. The name is plain text in a
    /// header: letters, digits, `-` and `_`.
    pub fn scoped(name: &'static str, rate: Rate) -> Self {
        Self { name, rate, by: By::Caller, actions: None }
    }

    /// Counts these actions only.
    #[must_use]
    pub fn for_actions(mut self, actions: &'static [Action]) -> Self {
        self.actions = Some(actions);
        self
    }

    /// Whether another throttle speaks about all that this one speaks about.
    pub(crate) fn is_replaced_by(&self, other: &Self) -> bool {
        self.name == other.name && self.by == other.by && self.actions == other.actions
    }

    /// Under what this request counts; `None` when it does not. Different rates of one name count apart.
    fn key(&self, ctx: &Ctx, address: Option<IpAddr>) -> Option<String> {
        if self.actions.is_some_and(|actions| !actions.contains(&ctx.action())) {
            return None;
        }
        let principal = ctx.principal();
        // A network of IPv6 belongs to one household; its addresses are free.
        let address = || address.map(|address| format!("a:{}", network(address)));
        let who = match self.by {
            By::Address if principal.is_some() => return None,
            By::Address => address()?,
            By::User => format!("u:{}", principal?.subject),
            By::Client => format!("c:{}", principal?.client),
            By::Caller => match principal {
                Some(principal) => format!("u:{}", principal.subject),
                None => address()?,
            },
        };
        let (requests, window) = (self.rate.requests(), self.rate.window().as_millis());
        Some(format!("{}|{requests}/{window}|{who}", self.name))
    }
}

/// The /64 of an IPv6 address, the whole of an IPv4 address.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// What the throttles said about one request.
#[derive(Debug, Default)]
pub(crate) struct Said(Vec<(&'static str, Rate, Taken)>);

/// Asks all throttles.
pub(crate) async fn ask(
    throttles: &[Throttle],
    counter: &Arc<dyn Counter>,
    ctx: &Ctx,
    address: Option<IpAddr>,
) -> Said {
    let mut said = Vec::new();
    for throttle in throttles {
        let Some(key) = throttle.key(ctx, address) else { continue };
        match counter.take(key, throttle.rate, ctx.now()).await {
            Ok(taken) => said.push((throttle.name, throttle.rate, taken)),
            Err(failure) => {
                tracing::warn!(throttle = throttle.name, "{failure}; the request passes");
            }
        }
    }
    Said(said)
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

impl Said {
    /// Lets the request pass, or says when to come back.
    ///
    /// # Errors
    /// 429 with `Retry-After`.
    pub(crate) fn check(&self) -> Result<()> {
        let refused = self.0.iter().filter(|(_, _, taken)| !taken.allowed);
        let Some((name, rate, taken)) = refused.max_by_key(|(_, _, taken)| taken.wait) else {
            return Ok(());
        };
        let seconds = taken.wait_seconds();
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            format!(
                "These are more requests than {rate} (`{name}`). Try again in {seconds} second{}.",
                if seconds == 1 { "" } else { "s" }
            ),
        )
        .with_header(header::RETRY_AFTER, seconds.into()))
    }

    /// Tells the rates and what is left of them (`RateLimit` fields, an Internet-Draft of the IETF's HTTPAPI group).
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        if self.0.is_empty() {
            return;
        }
        let policies = self.0.iter().map(|(name, rate, _)| {
            format!("\"{name}\";q={};w={}", rate.requests(), rate.window().as_secs())
        });
        let limits = self.0.iter().map(|(name, _, taken)| {
            format!("\"{name}\";r={};t={}", taken.remaining, taken.reset_seconds())
        });
        for (header, text) in [(POLICY, list(policies)), (LIMIT, list(limits))] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(header, value);
            }
        }
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
