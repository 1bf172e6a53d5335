//! One address of the first-party API: what it is for, what it takes, and its two faces, data for programs and a page.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, VARY};
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use oauth::form::Form;
use pages::accept::wants_html;
use pages::{Field, Form as PageFormSpec};
use rest::Problem;
use serde::Serialize;
use serde_json::{Value, json};

use super::fields::Fields;
use super::{problem, refresh, register, revoke, token};
use crate::extract::address;
use crate::extract::body::{self, Media};
use crate::extract::page_form::PageForm;
use crate::respond::oauth_failure::never_stored;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::Visit;

/// The addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Make an account and sign in.
    Register,
    /// Sign in.
    Token,
    /// Trade in a refresh token.
    Refresh,
    /// Sign out.
    Revoke,
}

impl Endpoint {
    fn title(self) -> &'static str {
        match self {
            Self::Register => "Register",
            Self::Token => "Sign in for tokens",
            Self::Refresh => "Refresh a token",
            Self::Revoke => "Revoke a token",
        }
    }

    fn intro(self) -> &'static str {
        match self {
            Self::Register => {
                "Makes an account and signs in: the answer has an access token and a refresh token."
            }
            Self::Token => {
                "Trades a username and a password for an access token and a refresh token."
            }
            Self::Refresh => {
                "Trades a refresh token for a new pair. The old refresh token is used up."
            }
            Self::Revoke => "Signs out: give either token of a sign-in, and both are dead at once.",
        }
    }

    fn url(self, state: &State) -> String {
        let urls = state.urls();
        match self {
            Self::Register => urls.register(),
            Self::Token => urls.token(),
            Self::Refresh => urls.refresh(),
            Self::Revoke => urls.revoke(),
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Register => &["username", "email", "password"],
            Self::Token => &["username", "password"],
            Self::Refresh => &["refresh_token"],
            Self::Revoke => &["token"],
        }
    }

    fn form(self, state: &State) -> PageFormSpec {
        let form = PageFormSpec::post(self.url(state));
        match self {
            Self::Register => form
                .field(Field::username("username", "Username").autofocus().max_length(150))
                .field(
                    Field::new(pages::form::Kind::Email, "email", "E-mail address")
                        .autocomplete("email"),
                )
                .field(
                    Field::password("password", "Password").autocomplete("new-password").help(
                        format!("At least {} characters.", state.settings.passwords.min_length),
                    ),
                )
                .submit("Register"),
            Self::Token => form
                .field(Field::username("username", "Username").autofocus())
                .field(Field::password("password", "Password"))
                .submit("Get tokens"),
            Self::Refresh => form
                .field(
                    Field::text("refresh_token", "Refresh token")
                        .required()
                        .monospace()
                        .autocomplete("off")
                        .autofocus()
                        .placeholder("gwr_…"),
                )
                .submit("Refresh"),
            Self::Revoke => form
                .field(
                    Field::text("token", "Access token or refresh token")
                        .required()
                        .monospace()
                        .autocomplete("off")
                        .autofocus(),
                )
                .submit("Revoke"),
        }
    }

    fn curl(self, state: &State) -> String {
        let data = match self {
            Self::Register | Self::Token => "username=halfspring&password=1234abcd",
            Self::Refresh => "refresh_token=gwr_…",
            Self::Revoke => "token=…",
        };
        format!("curl -d \"{data}\" {}", state.policy().issuer.url(&self.url(state)))
    }

    async fn answer(
        self,
        state: &State,
        fields: &Fields,
        address: IpAddr,
    ) -> Result<(StatusCode, Value), Problem> {
        let (status, tokens) = match self {
            Self::Register => {
                (StatusCode::CREATED, register::answer(state, fields, address).await?)
            }
            Self::Token => (StatusCode::OK, token::answer(state, fields, address).await?),
            Self::Refresh => (StatusCode::OK, refresh::answer(state, fields).await?),
            Self::Revoke => {
                revoke::answer(state, fields).await?;
                return Ok((StatusCode::OK, json!({ "message": "token revoked" })));
            }
        };
        let tokens = serde_json::to_value(tokens).map_err(|error| Problem::internal(&error))?;
        Ok((status, tokens))
    }
}

/// `GET`: the page for a browser; a program is told how to ask.
pub(crate) async fn show(
    endpoint: Endpoint,
    Shared(state): Shared<State>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    if wants_html(&parts.headers) {
        let page = page(endpoint, &state, &parts, None).await;
        return varied(page.unwrap_or_else(IntoResponse::into_response));
    }
    let fields = endpoint.names().join(", ");
    let detail = format!(
        "Send a POST with the fields {fields} as JSON or form, or open this address in a browser for a form."
    );
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        .with_header(ALLOW, HeaderValue::from_static("POST"));
    varied(about(problem, &parts).into_response())
}

/// Any other method.
pub(crate) async fn other_method() -> Problem {
    let detail = "Send a POST with the fields as JSON or form, or open this address in a browser for a form.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        .with_header(ALLOW, HeaderValue::from_static("GET, HEAD, POST"))
}

/// `POST`: from a program as data, from a browser's form as a page.
pub(crate) async fn take(
    endpoint: Endpoint,
    Shared(state): Shared<State>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let answer = if wants_html(&parts.headers) {
        let page = posted(endpoint, &state, &parts, body).await;
        page.unwrap_or_else(IntoResponse::into_response)
    } else {
        match called(endpoint, &state, &parts, body).await {
            Ok((status, value)) => (status, Json(value)).into_response(),
            Err(problem) => about(problem, &parts).into_response(),
        }
    };
    varied(never_stored(answer))
}

async fn called(
    endpoint: Endpoint,
    state: &State,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<(StatusCode, Value), Problem> {
    if parts.uri.query().is_some_and(|query| !query.is_empty()) {
        return Err(Problem::malformed(
            "Fields in the URL are not read, because URLs end up in logs; send them in the body.",
        ));
    }
    let media = body::media(&parts.headers).map_err(problem::of_body)?;
    let bytes = body::read(body, state.settings.limits.body).await.map_err(problem::of_body)?;
    let fields = match media {
        Media::Json => Fields::from_json(&bytes).map_err(problem::of_fields)?,
        Media::Form => {
            let form = Form::parse(&bytes).map_err(|error| problem::of_rule(&error))?;
            let sent = |name: &&'static str| Some((*name, form.optional(name)?));
            endpoint.names().iter().filter_map(sent).collect()
        }
    };
    let address = address::client(parts, &state.settings.trusted_proxies);
    endpoint.answer(state, &fields, address).await
}

/// A browser's form. It needs the guard although it acts for nobody who is signed in: another site must not make a
/// visitor's browser register or try passwords.
async fn posted(
    endpoint: Endpoint,
    state: &State,
    parts: &Parts,
    body: axum::body::Body,
) -> Result<Response, PageFailure> {
    let form = PageForm::read(&parts.headers, body, state.settings.limits.body, &[]).await?;
    let visit = Visit::of(state, &parts.headers).await?;
    visit.guard(state, parts, &form)?;
    let sent = |name: &&'static str| Some((*name, form.optional(name)?));
    let fields: Fields = endpoint.names().iter().filter_map(sent).collect();
    let address = address::client(parts, &state.settings.trusted_proxies);
    let answer = endpoint.answer(state, &fields, address).await;
    page(endpoint, state, parts, Some((form, answer))).await
}

type Answered = (PageForm, Result<(StatusCode, Value), Problem>);

/// What the page shows.
#[derive(Serialize)]
struct Content {
    title: &'static str,
    intro: &'static str,
    url: String,
    form: PageFormSpec,
    curl: String,
    status: String,
    answer: Option<pages::Value>,
    others: Vec<pages::Link>,
}

async fn page(
    endpoint: Endpoint,
    state: &State,
    parts: &Parts,
    answered: Option<Answered>,
) -> Result<Response, PageFailure> {
    let visit = Visit::of(state, &parts.headers).await?;
    let frame = visit.frame(state, parts)?;
    let mut form = endpoint.form(state);
    let mut status = StatusCode::OK;
    let mut answer = None;
    match answered {
        None => {}
        Some((_, Ok((code, value)))) => {
            status = code;
            answer = Some(pages::json::fragment(&value));
        }
        Some((sent, Err(problem))) => {
            status = problem.status();
            form = form.fill(&sent.pairs());
            for error in problem.errors() {
                form = form.fail(&error.field().unwrap_or_default(), error.detail.to_string());
            }
            if problem.errors().is_empty() {
                form = form.fail("", problem.detail());
            }
        }
    }
    let content = Content {
        title: endpoint.title(),
        intro: endpoint.intro(),
        url: endpoint.url(state),
        form,
        curl: endpoint.curl(state),
        status: status.to_string(),
        answer,
        others: others(endpoint, state),
    };
    let response = state.pages.respond(status, "first_party.html", &frame.page, content);
    Ok(frame.finish(response))
}

fn others(endpoint: Endpoint, state: &State) -> Vec<pages::Link> {
    [Endpoint::Register, Endpoint::Token, Endpoint::Refresh, Endpoint::Revoke]
        .into_iter()
        .map(|other| pages::Link::new(other.title(), other.url(state)).current(other == endpoint))
        .collect()
}

fn about(problem: Problem, parts: &Parts) -> Problem {
    let id = crate::visit::request_id(parts);
    problem.about(parts.uri.path(), id.as_deref())
}

/// The same address has two faces; no cache may mix them up.
fn varied(mut response: Response) -> Response {
    response.headers_mut().append(VARY, HeaderValue::from_static("Accept"));
    response
}
