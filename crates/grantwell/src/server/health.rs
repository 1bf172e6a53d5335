//! `/livez` says that the process runs; `/readyz` says whether it should be sent requests.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::Shutdown;

/// The paths of the two questions; they are answered whatever name the server was asked by.
pub const PATHS: [&str; 2] = ["/livez", "/readyz"];
/// Longer than this nobody waits for a probe.
const PATIENCE: Duration = Duration::from_secs(2);

type Answer = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// One thing that has to work before requests make sense.
#[derive(Clone)]
pub struct Probe {
    name: &'static str,
    ask: Arc<dyn Fn() -> Answer + Send + Sync>,
}

impl Probe {
    /// A probe with its name, as `/readyz` shows it. The reason of a failure goes to the log only.
    pub fn new<F, A>(name: &'static str, ask: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, ask: Arc::new(move || Box::pin(ask())) }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.name).finish()
    }
}

/// The health of this process.
#[derive(Clone, Debug)]
pub struct Health {
    shutdown: Shutdown,
    probes: Arc<[Probe]>,
}

impl Health {
    /// Ready as long as no order to stop was given and every probe succeeds.
    pub fn new(shutdown: Shutdown, probes: impl Into<Arc<[Probe]>>) -> Self {
        Self { shutdown, probes: probes.into() }
    }

    /// The two routes.
    pub fn router(self) -> Router {
        Router::new().route("/livez", get(live)).route("/readyz", get(ready)).with_state(self)
    }

    /// The names of the probes that fail, and `shutdown` once the server is stopping.
    pub async fn failing(&self) -> Vec<&'static str> {
        let mut failing = Vec::new();
        if self.shutdown.has_begun() {
            failing.push("shutdown");
        }
        for probe in self.probes.iter() {
            let answer = tokio::time::timeout(PATIENCE, (probe.ask)()).await;
            let answer = answer
                .unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())));
            if let Err(reason) = answer {
                tracing::warn!(probe = probe.name, reason, "not ready");
                failing.push(probe.name);
            }
        }
        failing
    }
}

async fn live() -> Response {
    uncached((StatusCode::OK, Json(json!({ "status": "alive" }))).into_response())
}

async fn ready(State(health): State<Health>) -> Response {
    let failing = health.failing().await;
    let response = if failing.is_empty() {
        (StatusCode::OK, Json(json!({ "status": "ready" }))).into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "not ready", "failing": failing })),
        )
            .into_response()
    };
    uncached(response)
}

fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_failing_probe_is_named() {
        let shutdown = Shutdown::default();
        let good = Probe::new("good", || async { Ok(()) });
        let bad = Probe::new("bad", || async { Err("a reason".to_owned()) });
        let health = Health::new(shutdown.clone(), vec![good.clone()]);
        assert!(health.failing().await.is_empty());
        let health = Health::new(shutdown.clone(), vec![good, bad]);
        assert_eq!(health.failing().await, ["bad"]);
        shutdown.begin();
        assert_eq!(health.failing().await, ["shutdown", "bad"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_never_answers_fails() {
        let stuck = Probe::new("stuck", std::future::pending);
        assert_eq!(Health::new(Shutdown::default(), vec![stuck]).failing().await, ["stuck"]);
    }
}
