//! A server inside the test process on an empty database of each kind, and somebody who manages it.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;
use grantwell::oauth::client::{AuthMethod, Client, ClientType, GrantType};
use grantwell::oauth::scope::ScopeSet;
use grantwell::testing::Server;
use grantwell::{Project, Settings};
use reqwest::header::HeaderMap;
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::Value;
use store::NewSecret;
use tempfile::TempDir;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The scope of the admin API.
pub(crate) const SCOPE: &str = "grantwell:admin";

/// A database and a master key, over which servers can be started.
pub(crate) struct Place {
    folder: TempDir,
    url: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The same, after checking its status.
    pub(crate) fn status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// `pointer code` of each member that is wrong.
    pub(crate) fn faults(&self) -> Vec<String> {
        let text = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|it| format!("{} {}", text(it, "pointer"), text(it, "code"))).collect()
    }
}

/// Runs `test` on SQLite and, if `GRANTWELL_TEST_POSTGRES` is set, on PostgreSQL.
pub(crate) async fn on_both(test: impl AsyncFn(Place)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("db.sqlite3").display());
    Box::pin(test(Place { folder, url })).await;
    Box::pin(on_postgres(test)).await;
}

/// Runs `test` on PostgreSQL, if there is one.
pub(crate) async fn on_postgres(test: impl AsyncFn(Place)) {
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: GRANTWELL_TEST_POSTGRES is not set");
        return;
    };
    let name = format!("admin_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = Database::connect(&base).await.unwrap();
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let url = format!("{}/{name}", base.rsplit_once('/').unwrap().0);
    let place = Place { folder: tempfile::tempdir().unwrap(), url };
    let result = std::panic::AssertUnwindSafe(Box::pin(test(place))).catch_unwind().await;
    server.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

impl Place {
    /// A server over the database; several are nodes of one.
    pub(crate) async fn node(&self) -> Node {
        let change = |settings: &mut Settings| {
            settings.database.url = Some(self.url.clone().into());
            settings.keys.master_key_file = Some(self.folder.path().join("master.key"));
            settings.oauth.issuer = Some("https://id.example".parse().unwrap());
            settings.oauth.signing_algorithms = vec!["ES256".to_owned()];
            settings.oauth.scopes = [("read".to_owned(), "See".to_owned())].into();
            settings.oauth.allow_password_grant = true;
            settings.oauth.allow_open_client_registration = true;
        };
        let server = Box::pin(Server::start_with(Project::new("place"), change)).await.unwrap();
        Node { server, http: reqwest::Client::new() }
    }
}

/// A server, and how it is asked.
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) http: reqwest::Client,
}

impl Node {
    pub(crate) fn store(&self) -> &store::Store {
        self.server.app().store()
    }

    /// An operator's application that may do everything here, registered as the command does it, and its secret.
    pub(crate) async fn root(&self, id: &str, scope: &str) -> String {
        let client = Client {
            client_type: ClientType::Confidential,
            auth_method: AuthMethod::ClientSecret,
            grant_types: [
                GrantType::ClientCredentials,
                GrantType::Password,
                GrantType::RefreshToken,
            ]
            .into(),
            scope: Some(ScopeSet::parse(scope).unwrap()),
            first_party: false,
            ..Client::first_party(id.parse().unwrap(), "Root")
        };
        let made = self.store().applications().create(client, NewSecret::Generated).await.unwrap();
        made.1.unwrap().expose().to_owned()
    }

    /// The answer of the token endpoint.
    pub(crate) async fn ask_token(&self, client: (&str, &str), fields: &[(&str, &str)]) -> Answer {
        let request = self.http.post(self.server.url("/o/token/"));
        send(request.basic_auth(client.0, Some(client.1)).form(fields)).await
    }

    /// A token of the client for itself with this scope.
    pub(crate) async fn token(&self, client: (&str, &str), scope: &str) -> String {
        let fields = [("grant_type", "client_credentials"), ("scope", scope)];
        let answer = self.ask_token(client, &fields).await.status(200);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// Access token and refresh token of the client for a person.
    pub(crate) async fn tokens_of(
        &self,
        client: (&str, &str),
        person: (&str, &str),
        scope: &str,
    ) -> (String, String) {
        let fields = [
            ("grant_type", "password"),
            ("username", person.0),
            ("password", person.1),
            ("scope", scope),
        ];
        let json = self.ask_token(client, &fields).await.status(200).json();
        let text = |name: &str| json[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    /// A request to the admin API with this token.
    pub(crate) async fn call(
        &self,
        token: &str,
        (method, path): (&str, &str),
        body: Option<Value>,
    ) -> Answer {
        let body = body.map(|body| body.to_string());
        self.call_text(token, (method, path), body.as_deref()).await
    }

    pub(crate) async fn call_text(
        &self,
        token: &str,
        (method, path): (&str, &str),
        body: Option<&str>,
    ) -> Answer {
        let url = self.server.url(&format!("/admin/api{path}"));
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        send(request).await
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}
