//! Checks JWT access tokens with the public keys of their server (RFC 9068 §4).
use std::{sync::Arc, time::Duration};

use ambient::Clock;
use fetch::{Cache, Keep, Limits};
use futures_util::future::BoxFuture;
use http::request::Parts;
use jose::{Algorithm, JwkSet, MAX_SET_LENGTH};
use oauth::{
    principal::Principal,
    resource_server::{Expected, Fault, jwt::Presented},
};

use super::{AuthorizationServer, presented, refused, unavailable};
use crate::verifier::{Verifier, VerifyFailure};

/// How long keys are held: as for all keys, but a name that is not among them makes them be fetched again after two seconds. A
/// server that signs with a key at once is then understood soon, and whoever sends made-up names causes no more than that.
const KEEP: Keep = Keep { pause: Duration::from_secs(2), ..Keep::keys(4) };

/// Accepts JWTs of one server for one resource. Revocation is not seen: a token counts until it expires.
///
/// A token that is bound to a key (`cnf`, RFC 7800) is refused: proofs of possession are not understood yet.
#[derive(Clone, Debug)]
pub struct JwksVerifier {
    server: AuthorizationServer,
    keys: Cache<JwkSet>,
    algorithms: Vec<Algorithm>,
    expected: Expected,
    clock: Clock,
}

impl JwksVerifier {
    /// Accepts tokens of `server` whose audience names `resource`, the identifier of this resource (RFC 9728 §1.2), signed with
    /// any algorithm that takes a public key.
    pub fn new(server: AuthorizationServer, resource: &str, clock: Clock) -> Self {
        let limits =
            Limits::json(MAX_SET_LENGTH).accepting("application/jwk-set+json, application/json");
        let keys = Cache::new(server.fetcher().clone(), limits, KEEP, |fetched| {
            JwkSet::parse(&fetched.body).map_err(|error| error.to_string())
        });
        let expected = Expected::new(server.issuer(), resource);
        Self { server, keys, algorithms: Algorithm::ALL.into(), expected, clock }
    }

    /// Only these algorithms. A MAC cannot be named.
    #[must_use]
    pub fn with_algorithms(self, algorithms: &[Algorithm]) -> Self {
        Self { algorithms: algorithms.to_vec(), ..self }
    }

    /// Clocks may differ by this much, a minute at most; ten seconds unless it is said.
    #[must_use]
    pub fn with_leeway(self, leeway: Duration) -> Self {
        Self { expected: self.expected.with_leeway(leeway), ..self }
    }

    async fn principal(&self, text: &str) -> Result<Principal, VerifyFailure> {
        let token = Presented::parse(text, &self.algorithms).map_err(refused)?;
        let address = self.server.jwks_uri().await.map_err(|error| unavailable(&error))?;
        let keys = self.keys.get(&address).await.map_err(|error| unavailable(&error))?;
        match self.decide(&token, &keys) {
            Err(Fault::Signature) if token.may_be_newer_than(&keys) => {
                let keys = self.keys.again(&address).await.map_err(|error| unavailable(&error))?;
                self.decide(&token, &keys).map_err(refused)
            }
            decided => decided.map_err(refused),
        }
    }

    fn decide(&self, token: &Presented<'_>, keys: &Arc<JwkSet>) -> Result<Principal, Fault> {
        token.decide(keys, &self.algorithms, &self.expected, self.clock.now())
    }
}

impl Verifier for JwksVerifier {
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
