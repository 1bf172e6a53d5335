//! What the environment says: where this server is, whose tokens it takes, and how it checks them.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use rest::Verifier;
use rest::ambient::Clock;
use rest::cors::OriginList;
use rest::fetch::{Credentials, Policy};
use rest::remote::{AuthorizationServer, IntrospectionVerifier, JwksVerifier};
use tracing_subscriber::EnvFilter;

/// A value, or why the program cannot start.
pub(crate) type Fallible<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The settings of this program; the README lists the variables.
pub(crate) struct Settings {
    pub(crate) listen: String,
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) issuer: String,
    client: Option<(String, String)>,
    cache: Duration,
    way_out: Policy,
    pub(crate) origins: Arc<OriginList>,
}

impl Settings {
    pub(crate) fn from_environment() -> Fallible<Self> {
        let listen = text("LISTEN").unwrap_or_else(|| "127.0.0.1:8001".to_owned());
        let issuer = text("ISSUER").ok_or(
            "ISSUER is not set: give the issuer identifier of the authorization server, such as https://id.example.com",
        )?;
        let allow_private_hosts = text("ALLOW_PRIVATE_HOST").into_iter().collect();
        let allow_http = text("ALLOW_HTTP_ISSUER").is_some_and(|value| value == "true");
        let origins = text("ALLOWED_ORIGINS").unwrap_or_default();
        let cache = text("INTROSPECTION_CACHE_SECONDS").map(|seconds| seconds.parse());
        Ok(Self {
            url: text("PUBLIC_URL").unwrap_or_else(|| format!("http://{listen}")),
            listen,
            database: text("DATABASE_URL")
                .unwrap_or_else(|| "sqlite://unicorns.sqlite3".to_owned()),
            issuer,
            client: client()?,
            cache: Duration::from_secs(cache.transpose()?.unwrap_or(10)),
            origins: Arc::new(OriginList::parse(origins.split_whitespace())?),
            way_out: Policy { allow_http, allow_private_hosts, ..Policy::default() },
        })
    }

    /// With a client to ask as, every token is asked about; without one, tokens are JWTs and checked here.
    pub(crate) fn verifier(&self, resource: &str, clock: Clock) -> Fallible<Arc<dyn Verifier>> {
        let server = AuthorizationServer::new(&self.issuer, self.way_out.clone())?;
        Ok(match &self.client {
            Some((id, secret)) => {
                let credentials = Credentials::basic(id, secret);
                let verifier = IntrospectionVerifier::new(server, credentials, resource, clock);
                Arc::new(verifier.with_cache(self.cache))
            }
            None => Arc::new(JwksVerifier::new(server, resource, clock)),
        })
    }
}

/// What is logged: `RUST_LOG`, or `info`.
pub(crate) fn log_filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"))
}

/// The client that may ask, if there is one: its secret stands in the environment or in a file.
fn client() -> Fallible<Option<(String, String)>> {
    let Some(id) = text("CLIENT_ID") else { return Ok(None) };
    let secret = match (text("CLIENT_SECRET"), text("CLIENT_SECRET_FILE")) {
        (Some(secret), _) => secret,
        (None, Some(path)) => std::fs::read_to_string(path)?.trim_end().to_owned(),
        (None, None) => {
            return Err("CLIENT_ID is set, but no CLIENT_SECRET and no CLIENT_SECRET_FILE".into());
        }
    };
    Ok(Some((id, secret)))
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
