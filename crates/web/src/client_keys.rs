//! The keys of a client or of a trusted issuer, from its registration or from where it publishes them (RFC 7591 §2, `jwks` and
//! `jwks_uri`).

use std::sync::Arc;

use fetch::{Cache, Fetcher, Keep, Limits};
use jose::{JwkSet, MAX_SET_LENGTH};
use oauth::client::Client;
use oauth::client::keys::KeySource;
use oauth::policy::TrustedIssuer;

/// How many published sets are held.
const HELD: usize = 1000;

/// The sets that clients and trusted issuers publish. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct ClientKeys(Cache<JwkSet>);

impl ClientKeys {
    /// None is held yet.
    pub(crate) fn new(fetcher: Fetcher) -> Self {
        let limits = Limits::json(MAX_SET_LENGTH);
        Self(Cache::new(fetcher, limits, Keep::keys(HELD), |fetched| {
            JwkSet::parse(&fetched.body).map_err(|error| error.to_string())
        }))
    }

    /// The keys of this client. What cannot be had counts as no keys.
    pub(crate) async fn of(&self, client: &Client, wanted: Option<&str>) -> Arc<JwkSet> {
        self.from(KeySource::of(&client.metadata), wanted, client.id.as_str()).await
    }

    /// The keys of this issuer, in the same way.
    pub(crate) async fn of_issuer(
        &self,
        trusted: &TrustedIssuer,
        wanted: Option<&str>,
    ) -> Arc<JwkSet> {
        self.from(trusted.keys.clone(), wanted, &trusted.issuer).await
    }

    /// A published set that does not have the key that is asked for is fetched again, unless that has just been done: its
    /// owner may have made the key since.
    async fn from(&self, source: KeySource, wanted: Option<&str>, owner: &str) -> Arc<JwkSet> {
        let url = match source {
            KeySource::None => return Arc::default(),
            KeySource::Here(keys) => return Arc::new(keys),
            KeySource::At(url) => url,
        };
        let mut found = self.0.get(&url).await;
        if let (Ok(keys), Some(_)) = (&found, wanted)
            && !keys.keys().iter().any(|key| key.id() == wanted)
        {
            found = self.0.again(&url).await;
        }
        found.unwrap_or_else(|error| {
            tracing::warn!(%owner, %error, "published keys cannot be fetched");
            Arc::default()
        })
    }
}

impl std::fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ClientKeys").finish_non_exhaustive()
    }
}
