//! The whole project without a port: requests go straight into its router, for any user, with any scopes, at any time.
#![expect(clippy::panic, reason = "these fail the test that calls them")]

use std::sync::Arc;

use accounts::Username;
use ambient::Clock;
use axum::body::Body;
use http::{HeaderMap, Request, header};
use http_body_util::BodyExt as _;
use oauth::access_token::{Bearer, Terms};
use oauth::endpoint::authorize::ACR_PASSWORD;
use oauth::scope::ScopeSet;
use sea_orm::ConnectionTrait as _;
use serde::Serialize;
use serde_json::Value;
use store::NewUser;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::server::settings_in;
use crate::app::App;
use crate::error::Result;
use crate::project::Project;
use crate::settings::Settings;

/// A project that answers inside the test's own process. Clones are the same.
#[derive(Clone, Debug)]
pub struct InProcess(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    app: App,
    clock: Clock,
    /// The PostgreSQL server and the database on it that this project has to itself.
    own: Option<(String, String)>,
    /// Database and master key; removed with the project.
    _folder: TempDir,
}

impl InProcess {
    /// Opens a project on an empty SQLite database in a temporary folder. Neither `grantwell.toml` nor the environment is
    /// read.
    ///
    /// # Errors
    /// What the command `serve` would tell.
    pub async fn start(project: Project) -> Result<Self> {
        Self::start_with(project, |_| {}).await
    }

    /// The same with changed settings.
    ///
    /// # Errors
    /// What the command `serve` would tell.
    pub async fn start_with(project: Project, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        Self::open(project, change, None).await
    }

    /// Opens a project on an empty database of its own, made on the PostgreSQL server of this URL;
    /// [`remove`](Self::remove) takes it away again.
    ///
    /// # Errors
    /// What the command `serve` would tell, and what keeps the database from being made.
    pub async fn start_on_postgres(project: Project, server: &str) -> Result<Self> {
        let id = ambient::Entropy::system().uuid(Clock::system().now());
        let id = id.map_err(|error| crate::Error::failed(error.to_string()))?;
        let name = format!("test_{}", id.simple());
        run(server, &format!("CREATE DATABASE {name}")).await?;
        let base = server.rsplit_once('/').map_or(server, |(base, _)| base);
        let url = format!("{base}/{name}");
        let change = |settings: &mut Settings| {
            settings.database.url = Some(url.into());
            settings.database.max_connections = 4;
        };
        Self::open(project, change, Some((server.to_owned(), name))).await
    }

    /// Another node of this project: over the same database, with the same settings and clock.
    ///
    /// # Errors
    /// What the command `serve` would tell.
    pub async fn another_node(&self, project: Project) -> Result<Self> {
        let settings = self.0.app.settings().clone();
        let (folder, clock) = (tempfile::tempdir()?, self.0.clock.clone());
        let app = Box::pin(App::open_at(project, settings, clock.clone())).await?;
        Ok(Self(Arc::new(Inner { app, clock, own: None, _folder: folder })))
    }

    async fn open(
        project: Project,
        change: impl FnOnce(&mut Settings),
        own: Option<(String, String)>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut settings = settings_in(&folder, &project);
        change(&mut settings);
        let clock = Clock::manual(Clock::system().now());
        let app = Box::pin(App::open_at(project, settings, clock.clone())).await?;
        Ok(Self(Arc::new(Inner { app, clock, own, _folder: folder })))
    }

    /// The clock of the project: it stands still until [`Clock::advance`] moves it.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The parts of the project, to look behind the answers.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// A caller without a credential.
    pub fn anonymous(&self) -> Caller {
        let acr = ACR_PASSWORD.to_owned();
        Caller { app: self.clone(), user: None, scopes: String::new(), acr }
    }

    /// A caller with a token of this person, who is registered at the first request. Without [`Caller::scopes`] the token
    /// has none.
    pub fn as_user(&self, username: &str) -> Caller {
        Caller { user: Some(username.to_owned()), ..self.anonymous() }
    }

    /// Closes the project and takes its PostgreSQL database away, where it has one.
    ///
    /// # Errors
    /// What keeps the database from being removed.
    pub async fn remove(self) -> Result<()> {
        self.0.app.store().database().close().await;
        match &self.0.own {
            Some((server, name)) => {
                run(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
            }
            None => Ok(()),
        }
    }

    /// An access token of this person, who is registered if they are not, and has signed in by password a moment ago.
    ///
    /// # Errors
    /// What keeps the person from being registered, or the token from being made.
    pub async fn token(&self, username: &str, scopes: &str) -> Result<String> {
        self.token_with(username, scopes, ACR_PASSWORD).await
    }

    async fn token_with(&self, username: &str, scopes: &str, acr: &str) -> Result<String> {
        let store = self.0.app.store();
        let name =
            Username::parse(username).map_err(|error| crate::Error::failed(error.to_string()))?;
        let account = match store.users().find_by_username(&name).await? {
            Some(user) => user.account,
            None => store.users().create(person(name)).await?.account,
        };
        let client = store.first_party().await?;
        let scope = ScopeSet::parse(scopes)
            .map_err(|error| crate::Error::failed(format!("{scopes:?} are no scopes: {error}")))?;
        let terms =
            Terms::of_client(&client.client, scope, self.0.app.policy(), self.0.clock.now());
        let terms = Terms {
            user: Some(Bearer { id: account.id, epoch: account.epoch }),
            authenticated_at: Some(self.0.clock.now()),
            acr: Some(acr.to_owned()),
            ..terms
        };
        Ok(store.seal(terms, None)?.expose().to_owned())
    }
}

fn person(username: Username) -> NewUser {
    NewUser { username, email: None, password: None, staff: false, superuser: false }
}

async fn run(server: &str, statement: &str) -> Result<()> {
    let database = database::Database::connect(&database::Options::new(server)).await?;
    database.read().execute_unprepared(statement).await.map_err(database::DatabaseError::from)?;
    database.close().await;
    Ok(())
}

/// Somebody who asks the project something.
#[derive(Clone, Debug)]
pub struct Caller {
    app: InProcess,
    user: Option<String>,
    scopes: String,
    acr: String,
}

impl Caller {
    /// The same caller, with these scopes in the token, separated by spaces.
    #[must_use]
    pub fn scopes(mut self, scopes: &str) -> Self {
        scopes.clone_into(&mut self.scopes);
        self
    }

    /// The same caller, having signed in as strongly as this word says: for what `permission::signed_in_with` asks.
    #[must_use]
    pub fn acr(mut self, acr: &str) -> Self {
        acr.clone_into(&mut self.acr);
        self
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty())).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Body::empty())).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.json("POST", path, body).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &impl Serialize) -> Answer {
        self.json("PUT", path, body).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &impl Serialize) -> Answer {
        self.json("PATCH", path, body).await
    }

    async fn json(&self, method: &str, path: &str, body: &impl Serialize) -> Answer {
        let body = serde_json::to_vec(body).unwrap_or_else(|error| panic!("no JSON: {error}"));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into())).await
    }

    /// POST of a form.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(body.into())).await
    }

    /// Any request; the token is added unless it brings a credential of its own.
    ///
    /// # Panics
    /// If the request cannot be made, or the person cannot be registered, and when the answer breaks off.
    pub async fn send(&self, request: http::Result<Request<Body>>) -> Answer {
        let mut request = request.unwrap_or_else(|error| panic!("no request: {error}"));
        let headers = request.headers_mut();
        headers.entry(header::HOST).or_insert(header::HeaderValue::from_static("127.0.0.1"));
        if let (Some(user), false) = (&self.user, headers.contains_key(header::AUTHORIZATION)) {
            let token = self.app.token_with(user, &self.scopes, &self.acr).await;
            let token = token.unwrap_or_else(|error| panic!("no token for {user}: {error}"));
            let value = header::HeaderValue::from_str(&format!("Bearer {token}"));
            headers.insert(header::AUTHORIZATION, value.unwrap_or_else(|error| panic!("{error}")));
        }
        let peer = axum::extract::ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 1)));
        request.extensions_mut().insert(peer);
        let response = match self.app.app().router().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map(http_body_util::Collected::to_bytes);
        let bytes = bytes.unwrap_or_else(|error| panic!("the answer breaks off: {error}"));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }
}

/// What came back, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The answer, if it has this status.
    ///
    /// # Panics
    /// If it has another one; the message holds the body.
    #[track_caller]
    #[expect(
        clippy::must_use_candidate,
        clippy::return_self_not_must_use,
        reason = "it is an assertion"
    )]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "{status} was expected, not {}: {}", self.status, self.text);
        self
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    /// A header; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
