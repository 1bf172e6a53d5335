//! What the tests stand on: databases, callers, requests and their answers.
use std::{future::Future, sync::Arc, time::Duration};

use ambient::{Clock, Entropy};
use axum::{Router, body::Body};
use database::{Database, DatabaseError, Options};
use futures_util::{FutureExt, future::BoxFuture};
use grantwell_rest::{
    BrowserSession, Dialect, Principal, Resources, RestState, TEMPLATES, Verifier, VerifyFailure,
    Versions, Via,
};
use http::{Request, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use oauth::{
    error::{ErrorCode, OAuthError},
    id::{ClientId, TokenId, UserId},
    scope::ScopeSet,
    time::Timestamp,
};
use pages::{Csrf, Pages, SignedIn, cookie::CookieKind};
use sea_orm::{ConnectionTrait, EntityTrait, Schema};
use serde_json::Value as Json;
use tower::ServiceExt;

/// The user whom `Bearer user…` tokens and sessions act for.
pub fn user() -> UserId {
    UserId::parse("0198c5f2-6d3a-7c4e-9f1b-2a3b4c5d6e7f").unwrap()
}

/// Tokens are the scopes that they carry, joined by `+`: `read+write`; sessions likewise, in the cookie `session`. After them may
/// stand how strongly the person signed in and how many seconds ago: `read+write/2/600`.
pub struct Callers;

impl Callers {
    fn principal(text: &str, via: Via) -> Principal {
        let mut parts = text.split('/');
        let text = parts.next().unwrap();
        let acr = parts.next().map(str::to_owned);
        let ago = parts.next().map(|ago| Duration::from_secs(ago.parse().unwrap()));
        Principal {
            user: Some(user()),
            subject: user().to_string(),
            client: ClientId::parse("first-party").unwrap(),
            scopes: ScopeSet::parse(&text.replace('+', " ")).unwrap(),
            audience: Vec::new(),
            confirmation: None,
            authenticated_at: ago.map(|ago| Clock::system().now() - ago),
            acr,
            token: TokenId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            expires_at: Timestamp::from_millis(i64::MAX),
            via,
        }
    }
}

fn session(parts: &Parts) -> Option<String> {
    let cookies = parts.headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split("; ").find_map(|cookie| cookie.strip_prefix("session=")).map(str::to_owned)
}

impl Verifier for Callers {
    fn verify<'a>(
        &'a self,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, VerifyFailure>> {
        let token = parts.headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap());
        let result = match token.map(|token| token.trim_start_matches("Bearer ")) {
            Some("away") => Err(VerifyFailure::Unavailable),
            Some("expired") => Err(VerifyFailure::Refused(OAuthError::new(
                ErrorCode::InvalidToken,
                "The access token has expired",
            ))),
            Some("two words") => Err(VerifyFailure::Refused(OAuthError::new(
                ErrorCode::InvalidRequest,
                "The Authorization header is malformed",
            ))),
            Some(scopes) => Ok(Some(Self::principal(scopes, Via::Bearer))),
            None => Ok(session(parts).map(|scopes| Self::principal(&scopes, Via::Session))),
        };
        Box::pin(std::future::ready(result))
    }

    fn session<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Option<BrowserSession>> {
        let session = session(parts).map(|identity| BrowserSession {
            identity: identity.into_bytes(),
            signed_in: SignedIn {
                name: "halfspring".into(),
                account: None,
                sign_out: "/accounts/logout/".into(),
            },
        });
        Box::pin(std::future::ready(session))
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A program with resources, over one database.
#[derive(Clone)]
pub struct Stand {
    pub router: Router,
}

impl Stand {
    pub fn new(database: Database, resources: Resources) -> Self {
        Self::speaking(database, resources, Dialect::Problems)
    }

    pub fn speaking(database: Database, resources: Resources, dialect: Dialect) -> Self {
        Self::built(database, resources, |state| state.with_dialect(dialect))
    }

    pub fn built(
        database: Database,
        resources: Resources,
        change: impl FnOnce(RestState) -> RestState,
    ) -> Self {
        Self { router: resources.router("/v1", change(Self::state(database))) }
    }

    pub fn versions(database: Database, versions: Versions, dialect: Dialect) -> Self {
        let state = Self::state(database).with_dialect(dialect);
        Self { router: versions.router("/api", &state) }
    }

    fn state(database: Database) -> RestState {
        let pages = Pages::builder().templates(TEMPLATES).build().unwrap();
        let csrf = Csrf::new([7; 32], CookieKind::Plain, Entropy::system());
        RestState::new(database, Arc::new(Callers), Clock::system())
            .with_pages(pages, csrf)
            .with_public_url("https://api.example")
            .with_body_limit(4096)
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// A request with a bearer token (empty for none) and a body (with its type; empty for none).
    pub async fn ask(&self, line: &str, token: &str, body: (&str, impl Into<Body>)) -> Answer {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if !body.0.is_empty() {
            request = request.header(header::CONTENT_TYPE, body.0);
        }
        self.send(request.body(body.1.into()).unwrap()).await
    }

    pub async fn get(&self, uri: &str) -> Answer {
        self.ask(&format!("GET {uri}"), "read+write", NOTHING).await
    }

    /// A request with everything allowed and a form.
    pub async fn form(&self, line: &str, form: &str) -> Answer {
        self.ask(line, "read+write", (FORM, form.to_owned())).await
    }

    /// A request with everything allowed and JSON.
    pub async fn json(&self, line: &str, json: &Json) -> Answer {
        self.ask(line, "read+write", (JSON, json.to_string())).await
    }
}

pub const NOTHING: (&str, &str) = ("", "");
pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

/// Makes the table of an entity.
pub async fn make_table<E: EntityTrait>(database: &Database, entity: E) {
    let schema = Schema::new(database.kind().backend());
    let statement = schema.create_table_from_entity(entity);
    let indexes = schema.create_index_from_entity(entity);
    database
        .write::<_, DatabaseError, _>(move |transaction| {
            Box::pin(async move {
                transaction.execute(&statement).await?;
                for index in &indexes {
                    transaction.execute(index).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

/// Runs a test on an empty SQLite database and, where there is one, on an empty PostgreSQL database.
pub fn on_both<F, T>(test: T)
where
    T: Fn(Database) -> F,
    F: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sqlite = Database::connect(&Options::new("sqlite::memory:")).await.unwrap();
        println!("on SQLite");
        test(sqlite).await;
        let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
            println!("GRANTWELL_TEST_POSTGRES is not set: the PostgreSQL half is skipped");
            return;
        };
        println!("on PostgreSQL");
        let mut options = Options::new(&base);
        options.max_connections = 4;
        let server = Database::connect(&options).await.unwrap();
        let id = Entropy::system().uuid(Clock::system().now()).unwrap();
        let name = format!("rest_{}", id.simple());
        server.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
        options.url = format!("{}/{name}", base.rsplit_once('/').unwrap().0);
        let own = Database::connect(&options).await.unwrap();
        let result = std::panic::AssertUnwindSafe(test(own.clone())).catch_unwind().await;
        own.close().await;
        server
            .read()
            .execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)"))
            .await
            .unwrap();
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
}

/// The guide's program on an empty database.
pub async fn unicorns(database: &Database) -> Stand {
    make_table(database, super::program::Entity).await;
    Stand::new(database.clone(), Resources::new().add::<super::program::Model>())
}
