//! `/keys/…`: the keys that seal and sign, listed and replaced.

use axum::extract::State as Shared;
use axum::response::Response;
use http::StatusCode;
use jose::Algorithm;
use rest::Problem;
use serde_json::Value;
use store::{KeyRow, Store, StoreError};

use crate::body::Members;
use crate::caller::Caller;
use crate::problem::{of_member, of_store};
use crate::show::{self, answer};
use crate::state::State;

/// The algorithm of the keys that seal.
pub const SEALING: &str = "v4.local";

/// `GET /keys/`.
pub(crate) async fn list(_: Caller, Shared(state): Shared<State>) -> Result<Response, Problem> {
    let mut keys = state.store().keys().list().await.map_err(of_store)?;
    keys.extend(state.store().signing_keys().list().await.map_err(of_store)?);
    Ok(told(&keys))
}

/// `POST /keys/rotate/`: a new key for one algorithm, or for each.
pub(crate) async fn rotate_on_request(
    caller: Caller,
    Shared(state): Shared<State>,
    Members(members): Members,
) -> Result<Response, Problem> {
    if let Some(other) = members.keys().find(|name| *name != "algorithm") {
        return Err(of_member(other, "unknown_member", "Only `algorithm` is read here."));
    }
    let store = state.store();
    let wanted: Vec<Option<Algorithm>> = match members.get("algorithm") {
        None => {
            let signing = store.options().signing_algorithms.iter().copied().map(Some);
            std::iter::once(None).chain(signing).collect()
        }
        Some(Value::String(name)) => match rotatable(store, name) {
            Ok(algorithm) => vec![algorithm],
            Err(why) => return Err(of_member("algorithm", "unknown", why)),
        },
        Some(_) => return Err(of_member("algorithm", "invalid", "This is a text.")),
    };
    let mut made = Vec::with_capacity(wanted.len());
    for algorithm in wanted {
        let key = rotate(store, algorithm).await.map_err(of_store)?;
        caller.note("key_rotated", &key.algorithm, &[]);
        made.push(key);
    }
    Ok(told(&made))
}

/// The signing algorithm of this name that has a key here; `None` for the one that seals. Otherwise what there is.
pub fn rotatable(store: &Store, name: &str) -> Result<Option<Algorithm>, String> {
    if name == SEALING {
        return Ok(None);
    }
    let known = &store.options().signing_algorithms;
    let found = known.iter().copied().find(|algorithm| algorithm.as_str() == name);
    found.map(Some).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|algorithm| algorithm.as_str()).collect();
        format!(
            "This server has no key for {name:?}. It has one for {SEALING} (seals access tokens) and for \
             oauth.signing_algorithms: {}.",
            known.join(", ")
        )
    })
}

/// Makes a new key for this algorithm; `None` is the one that seals.
pub async fn rotate(store: &Store, algorithm: Option<Algorithm>) -> Result<KeyRow, StoreError> {
    match algorithm {
        None => store.keys().rotate().await,
        Some(algorithm) => store.signing_keys().rotate(algorithm).await,
    }
}

fn told(keys: &[KeyRow]) -> Response {
    answer(StatusCode::OK, &keys.iter().map(show::key).collect())
}
