//! Applications, people and keys as JSON: everything but their secrets.

use accounts::profile;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use oauth::secret::Secret;
use oauth::time::Timestamp;
use serde_json::{Map, Value, json};
use store::{Application, KeyRow, Person};

use crate::plan::Action;

/// Members that are shown and not read: they may stand in what is sent back.
pub(crate) const OF_APPLICATION: [&str; 5] =
    ["action", "changed", "created_at", "origin", "updated_at"];
/// The same of a person.
pub(crate) const OF_USER: [&str; 7] = [
    "action",
    "changed",
    "created_at",
    "has_password",
    "id",
    "last_sign_in_at",
    "password_changed_at",
];

/// What was done, and the secret that was drawn, to be shown beside the thing itself.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) action: Action,
    pub(crate) changed: Vec<String>,
    pub(crate) secret: Option<Secret>,
}

/// An application, by the names of RFC 7591 and ours.
pub(crate) fn application(application: &Application, owner: Option<&str>) -> Map<String, Value> {
    let client = &application.client;
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("client_id", client.id.as_str().into());
    put("client_type", client.client_type.as_str().into());
    put("active", client.active.into());
    if let Some(owner) = owner {
        put("owner", owner.into());
    }
    put("resources", client.resources.clone().into());
    put("created_at", rfc3339(application.created_at).into());
    put("updated_at", rfc3339(application.updated_at).into());
    shown.extend(client.members());
    shown
}

/// A person with what is known about them.
pub(crate) fn user(person: &Person) -> Map<String, Value> {
    let account = &person.account;
    let shown = json!({
        "id": account.id.to_string(),
        "username": account.username.as_str(),
        "active": account.active,
        "staff": account.staff,
        "superuser": account.superuser,
        "has_password": account.password_changed_at.is_some(),
        "claims": profile::members(&person.claims),
        "created_at": rfc3339(account.created_at),
        "last_sign_in_at": account.last_sign_in_at.map(rfc3339),
        "password_changed_at": account.password_changed_at.map(rfc3339),
    });
    match shown {
        Value::Object(shown) => shown,
        _ => Map::new(),
    }
}

/// A key, without its material.
pub fn key(key: &KeyRow) -> Value {
    json!({
        "kid": key.id.to_string(),
        "state": key.state.as_str(),
        "algorithm": key.algorithm,
        "created_at": rfc3339(key.created_at),
        "active_from": rfc3339(key.active_from),
        "retired_at": key.retired_at.map(rfc3339),
        "expires_at": key.expires_at.map(rfc3339),
    })
}

/// A moment as text (RFC 3339, UTC).
pub fn rfc3339(time: Timestamp) -> String {
    let time = chrono::DateTime::from_timestamp_millis(time.as_millis()).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A thing with what was done to it; what was made has an address.
pub(crate) fn done(mut shown: Map<String, Value>, done: &Done, address: &str) -> Response {
    shown.insert("action".to_owned(), done.action.as_str().into());
    shown.insert("changed".to_owned(), done.changed.clone().into());
    if let Some(secret) = &done.secret {
        shown.insert("client_secret".to_owned(), secret.expose().into());
    }
    let created = done.action == Action::Created;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = answer(status, &Value::Object(shown));
    if let (true, Ok(address)) = (created, HeaderValue::from_str(address)) {
        response.headers_mut().insert(header::LOCATION, address);
    }
    response
}

/// JSON that nobody keeps.
pub(crate) fn answer(status: StatusCode, value: &Value) -> Response {
    let mut response = (status, axum::Json(value)).into_response();
    pages::headers::no_store(&mut response);
    response
}
