//! Answers about a client that registered itself (RFC 7591 §3.2.1, RFC 7592 §2, §3).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use oauth::policy::Policy;
use oauth::secret::Secret;
use serde_json::Value;
use store::Application;

use super::oauth_failure::never_stored;

/// Members that say what only an operator decides; a client is not told.
const INTERNAL: [&str; 3] = ["consent", "pkce", "origin"];

/// The client has just been registered: 201.
pub(crate) fn created(
    policy: &Policy,
    application: &Application,
    secret: Option<&Secret>,
    access: &Secret,
) -> Response {
    let answer = document(policy, application, secret, access);
    never_stored((StatusCode::CREATED, Json(answer)).into_response())
}

/// What is registered.
pub(crate) fn shown(policy: &Policy, application: &Application, access: &Secret) -> Response {
    never_stored(Json(document(policy, application, None, access)).into_response())
}

/// It is registered no more: 204.
pub(crate) fn gone() -> Response {
    never_stored(StatusCode::NO_CONTENT.into_response())
}

fn document(
    policy: &Policy,
    application: &Application,
    secret: Option<&Secret>,
    access: &Secret,
) -> Value {
    let client = &application.client;
    let mut members = client.members();
    for member in INTERNAL {
        members.remove(member);
    }
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("client_id", client.id.as_str().into());
    add("client_id_issued_at", application.created_at.as_seconds().into());
    if let Some(secret) = secret {
        add("client_secret", secret.expose().into());
        // Zero: it does not expire.
        add("client_secret_expires_at", 0.into());
    }
    if let Some(path) = policy.registration_path() {
        let place = format!("{}/{}/", path.trim_end_matches('/'), client.id);
        add("registration_client_uri", policy.issuer.url(&place).into());
    }
    add("registration_access_token", access.expose().into());
    Value::Object(members)
}
