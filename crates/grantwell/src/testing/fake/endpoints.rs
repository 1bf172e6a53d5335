//! The endpoints of the fake server.

use std::sync::Arc;

use axum::extract::{RawForm, RawQuery, State as Of};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use oauth::client_auth::parse_basic;
use oauth::form::Form;
use oauth::pkce::{CodeChallenge, Pkce};
use serde_json::{Map, Value, json};
use url::Url;

use super::Shared;
use super::state::{Code, Granted};
use super::token::{self, FakeToken};

type Server = Of<Arc<Shared>>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/.well-known/openid-configuration", get(metadata))
        .route("/jwks.json", get(keys))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/userinfo", get(userinfo).post(userinfo))
        .route("/introspect", post(introspect))
        .route("/revoke", post(revoke))
        .with_state(shared)
}

/// RFC 8414 §2, OpenID Connect Discovery §3.
async fn metadata(Of(server): Server) -> Json<Value> {
    let at = |path: &str| format!("{}{path}", server.issuer);
    let methods = json!(["client_secret_basic", "client_secret_post", "none"]);
    Json(json!({
        "issuer": server.issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "userinfo_endpoint": at("/userinfo"),
        "introspection_endpoint": at("/introspect"),
        "revocation_endpoint": at("/revoke"),
        "jwks_uri": at("/jwks.json"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
    }))
}

async fn keys(Of(server): Server) -> Json<Value> {
    let keys: Vec<Value> = server.state().keys.iter().flat_map(super::Key::published).collect();
    Json(json!({ "keys": keys }))
}

/// RFC 6749 §4.1.1: back at once, with a code or with an error.
async fn authorize(Of(server): Server, RawQuery(query): RawQuery) -> Response {
    match to_redirect(&server, query.as_deref().unwrap_or_default()) {
        Ok(url) => Redirect::to(url.as_str()).into_response(),
        Err(told) => (StatusCode::BAD_REQUEST, told).into_response(),
    }
}

/// Where the person is sent, or what they are told because there is nowhere to send them.
fn to_redirect(server: &Shared, query: &str) -> Result<Url, String> {
    let form = Form::parse(query.as_bytes()).map_err(|error| error.to_string())?;
    let said = |name: &'static str| form.required(name).map_err(|error| error.to_string());
    let (client, redirect_uri) = (said("client_id")?, said("redirect_uri")?);
    let mut url = Url::parse(redirect_uri).map_err(|error| format!("redirect_uri: {error}"))?;
    let answer = code_for(server, &form, client, redirect_uri);
    let mut pairs = url.query_pairs_mut();
    match answer {
        Ok(code) => pairs.append_pair("code", &code),
        Err(error) => pairs.append_pair("error", &error),
    };
    if let Some(state) = form.optional("state") {
        pairs.append_pair("state", state);
    }
    pairs.append_pair("iss", &server.issuer);
    drop(pairs);
    Ok(url)
}

fn code_for(
    server: &Shared,
    form: &Form,
    client: &str,
    redirect_uri: &str,
) -> Result<String, String> {
    if form.optional("response_type") != Some("code") {
        return Err("unsupported_response_type".to_owned());
    }
    let (value, method) = (form.optional("code_challenge"), form.optional("code_challenge_method"));
    let challenge = CodeChallenge::parse(value, method, Pkce::AllowNone);
    let challenge = challenge.map_err(|error| error.code().to_string())?;
    let code = server.random();
    let mut state = server.state();
    let mut token = FakeToken::of(&state.person.clone()?).client(client);
    form.optional("scope").unwrap_or_default().clone_into(&mut token.scope);
    token.audience = form.all("resource").map(str::to_owned).collect();
    let nonce = form.optional("nonce").map(str::to_owned);
    let granted = Granted { client: client.to_owned(), token, nonce };
    let kept = Code { granted, redirect_uri: redirect_uri.to_owned(), challenge };
    state.codes.insert(code.clone(), kept);
    Ok(code)
}

/// RFC 6749 §5.
async fn token(Of(server): Server, headers: HeaderMap, RawForm(body): RawForm) -> Response {
    let granted = Form::parse(&body).map_err(|_| "invalid_request").and_then(|form| {
        let client = client(&headers, &form)?;
        granted(&server, &form, &client)
    });
    match granted {
        Ok(granted) => {
            let no_store = [(header::CACHE_CONTROL, "no-store")];
            (no_store, Json(tokens(&server, granted))).into_response()
        }
        Err("invalid_client") => refusal(StatusCode::UNAUTHORIZED, "invalid_client"),
        Err(code) => refusal(StatusCode::BAD_REQUEST, code),
    }
}

/// What the client may have, each code and each refresh token once.
fn granted(server: &Shared, form: &Form, client: &str) -> Result<Granted, &'static str> {
    let said = |name: &'static str| form.required(name).map_err(|_| "invalid_request");
    let mut state = server.state();
    match said("grant_type")? {
        "authorization_code" => {
            let code = state.codes.remove(said("code")?).ok_or("invalid_grant")?;
            let verifier = form.optional("code_verifier");
            let proved = match (&code.challenge, verifier) {
                (Some(challenge), Some(verifier)) => challenge.admits(verifier),
                (None, None) => true,
                _ => false,
            };
            let same = form.optional("redirect_uri").is_none_or(|uri| uri == code.redirect_uri);
            let good = proved && same && code.granted.client == client;
            if good { Ok(code.granted) } else { Err("invalid_grant") }
        }
        "refresh_token" => {
            let kept = state.refresh_tokens.remove(said("refresh_token")?);
            kept.filter(|kept| kept.client == client).ok_or("invalid_grant")
        }
        "client_credentials" => {
            let mut token = FakeToken::of(client).client(client);
            form.optional("scope").unwrap_or_default().clone_into(&mut token.scope);
            token.audience = form.all("resource").map(str::to_owned).collect();
            Ok(Granted { client: client.to_owned(), token, nonce: None })
        }
        _ => Err("unsupported_grant_type"),
    }
}

fn tokens(server: &Shared, granted: Granted) -> Value {
    let mut state = server.state();
    let mut answer = json!({
        "access_token": token::issue(server, &mut state, &granted.token),
        "token_type": "Bearer",
        "expires_in": state.lifetime.as_secs(),
        "scope": granted.token.scope,
    });
    let of_a_person = granted.token.subject != granted.client;
    let openid = granted.token.scope.split(' ').any(|scope| scope == "openid");
    if let (true, Some(map)) = (of_a_person, answer.as_object_mut()) {
        if openid {
            let nonce = granted.nonce.as_deref();
            let id_token = token::id_token(server, &state, &granted.token, nonce);
            map.insert("id_token".to_owned(), id_token.into());
        }
        let refresh_token = server.random();
        map.insert("refresh_token".to_owned(), refresh_token.as_str().into());
        state.refresh_tokens.insert(refresh_token, granted);
    }
    answer
}

/// OpenID Connect Core §5.3.
async fn userinfo(Of(server): Server, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer "));
    if let Some(claims) = token.and_then(|token| active(&server, token)) {
        return Json(json!({ "sub": claims.get("sub") })).into_response();
    }
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")];
    (StatusCode::UNAUTHORIZED, challenge).into_response()
}

/// RFC 7662 §2.
async fn introspect(Of(server): Server, headers: HeaderMap, RawForm(body): RawForm) -> Response {
    let Ok(form) = Form::parse(&body) else {
        return refusal(StatusCode::BAD_REQUEST, "invalid_request");
    };
    if client(&headers, &form).is_err() {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let Ok(token) = form.required("token") else {
        return refusal(StatusCode::BAD_REQUEST, "invalid_request");
    };
    let mut answer = active(&server, token).unwrap_or_default();
    let is_active = !answer.is_empty();
    answer.insert("active".to_owned(), is_active.into());
    if is_active {
        answer.insert("token_type".to_owned(), "Bearer".into());
    }
    Json(Value::from(answer)).into_response()
}

/// RFC 7009 §2.
async fn revoke(Of(server): Server, RawForm(body): RawForm) -> StatusCode {
    let form = Form::parse(&body);
    let Ok(token) =
        form.as_ref().map_err(|_| ()).and_then(|form| form.required("token").map_err(|_| ()))
    else {
        return StatusCode::BAD_REQUEST;
    };
    let mut state = server.state();
    state.refresh_tokens.remove(token);
    state.revoked.insert(token.to_owned());
    StatusCode::OK
}

/// The claims of a token that is good at the server's own time.
fn active(server: &Shared, token: &str) -> Option<Map<String, Value>> {
    let state = server.state();
    let claims = state.given.get(token).filter(|_| !state.revoked.contains(token))?;
    let now = server.clock.now().as_millis() / 1000 + state.skew;
    let over = claims.get("exp").and_then(Value::as_i64).is_some_and(|end| end <= now);
    (!over).then(|| claims.clone())
}

/// Which client asks, whatever its secret.
fn client(headers: &HeaderMap, form: &Form) -> Result<String, &'static str> {
    match headers.get(header::AUTHORIZATION) {
        Some(basic) => {
            let parsed = parse_basic(basic.as_bytes()).map_err(|_| "invalid_client")?;
            Ok(parsed.0.to_string())
        }
        None => form.optional("client_id").map(str::to_owned).ok_or("invalid_client"),
    }
}

fn refusal(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code }))).into_response()
}

impl Shared {
    /// A text that nobody guesses.
    pub(super) fn random(&self) -> String {
        match self.entropy.text(24) {
            Ok(text) => text.expose().to_owned(),
            Err(error) => panic!("no randomness: {error}"),
        }
    }
}
