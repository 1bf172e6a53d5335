//! A whole room over an empty database of each kind, and what a caller needs to talk to it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};

use accounts::{Username, password};
use ambient::{Clock, Entropy};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use database::{Database, Kind};
use futures_util::FutureExt as _;
use grantwell_web as web;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use jose::Algorithm;
use oauth::client::{AuthMethod, Client, ClientMetadata, ClientType, GrantType, RedirectUri};
use oauth::issuer::Issuer;
use oauth::policy::{Policy, ScopeDeclaration};
use oauth::scope::ScopeToken;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use store::{Application, NewSecret, NewUser, Options, Store, User};
use tower::ServiceExt as _;
use vault::{MasterKey, Vault};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Without RSA, whose keys take long to make.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];

/// Where the sites of these tests are.
pub(crate) const CALLBACK: &str = "https://app.example/cb?x=1";

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "three unrelated words";

/// One server.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) app: Router,
    pub(crate) state: web::State,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Runs `test` on SQLite and, if `GRANTWELL_TEST_POSTGRES` is set, on PostgreSQL.
pub(crate) async fn on_both<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    on_both_with(|_| (), test).await;
}

/// The same with other settings.
pub(crate) async fn on_both_with<F: Future<Output = ()>>(
    change: impl Fn(&mut web::Settings),
    test: impl Fn(World) -> F,
) {
    on_sqlite_with(&change, &test).await;
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        println!("GRANTWELL_TEST_POSTGRES is not set: the PostgreSQL half is skipped");
        return;
    };
    in_new_postgres(&base, async |url| test(World::new(&url, &change).await).await).await;
}

/// Runs `test` on two nodes over one PostgreSQL, each with connections, caches and a view of its own; nothing without one.
pub(crate) async fn on_two_nodes<F: Future<Output = ()>>(
    change: impl Fn(&mut web::Settings),
    test: impl Fn([World; 2]) -> F,
) {
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        println!("GRANTWELL_TEST_POSTGRES is not set: skipped");
        return;
    };
    in_new_postgres(&base, async |url| {
        let nodes = [World::new(&url, &change).await, World::new(&url, &change).await];
        test(nodes).await;
    })
    .await;
}

/// Runs `test` with the address of an empty database, which is dropped afterwards.
async fn in_new_postgres(base: &str, test: impl AsyncFnOnce(String)) {
    let name = format!("web_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = Database::connect(&database::Options::new(base)).await.unwrap();
    server.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (address, _) = base.rsplit_once('/').unwrap();
    let run = test(format!("{address}/{name}"));
    let result = std::panic::AssertUnwindSafe(run).catch_unwind().await;
    server.read().execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// On SQLite alone, for what no database has a part in.
pub(crate) async fn on_sqlite_with<F: Future<Output = ()>>(
    change: impl Fn(&mut web::Settings),
    test: impl Fn(World) -> F,
) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.sqlite3").display());
    test(World::new(&url, &change).await).await;
}

/// Scopes, grants and lifetimes of the guide's project.
fn policy() -> Policy {
    let scope = |name: &str, text: &str| ScopeDeclaration {
        optional: false,
        name: ScopeToken::parse(name).unwrap(),
        description: text.to_owned(),
    };
    let mut policy = Policy::new(Issuer::parse("https://auth.example").unwrap());
    policy.scopes =
        vec![scope("read", "See your unicorns"), scope("write", "Change your unicorns")];
    policy.default_scope = policy.declared_scope();
    policy.capabilities = policy.capabilities.allowing_password_grant();
    policy.capabilities.signing_algorithms = ALGORITHMS.to_vec();
    policy
}

impl World {
    async fn new(url: &str, change: &impl Fn(&mut web::Settings)) -> Self {
        let database = Database::connect(&database::Options::new(url)).await.unwrap();
        assert!(matches!(database.kind(), Kind::Sqlite | Kind::Postgres));
        let sets = [store::migrations()];
        database::migration::migrate(&database, &sets, 0, &mut |_| ()).await.unwrap();
        let clock = Clock::manual(Timestamp::from_seconds(1_800_000_000));
        let entropy = Entropy::system();
        let vault = Vault::new(MasterKey::from_random([7; 32]));
        let mut options = Options::default();
        // Without an RSA key, which takes long to make.
        options.signing_algorithms = ALGORITHMS.to_vec();
        let store = Store::open(database, vault, clock.clone(), entropy.clone(), options).await;
        let store = store.unwrap();
        let pages = pages::Pages::builder().templates(web::TEMPLATES).build().unwrap();
        let mut settings = web::Settings::new(policy());
        change(&mut settings);
        let state =
            web::State::new(store.clone(), pages, clock.clone(), entropy, settings).unwrap();
        Self { app: web::router(state.clone()), state, store, clock }
    }

    /// Another node over the same store, which holds nothing yet that it has fetched.
    pub(crate) fn another_node(&self) -> Self {
        let shared = &self.state;
        let parts = (self.store.clone(), shared.pages.clone(), shared.clock.clone());
        let entropy = shared.entropy.clone();
        let state = web::State::new(parts.0, parts.1, parts.2, entropy, shared.settings.clone());
        let state = state.unwrap();
        Self { app: web::router(state.clone()), state, ..self.clone() }
    }

    /// An account with [`PASSWORD`].
    pub(crate) async fn user(&self, name: &str) -> User {
        self.user_who(name, false).await
    }

    pub(crate) async fn user_who(&self, name: &str, superuser: bool) -> User {
        let hash = password::hash(PASSWORD, &[3; 16], password::Parameters::OWASP).unwrap();
        let new = NewUser {
            username: Username::parse(name).unwrap(),
            email: None,
            password: Some(hash),
            staff: superuser,
            superuser,
        };
        self.store.users().create(new).await.unwrap()
    }

    /// A confidential client with every grant, and its secret.
    pub(crate) async fn client(&self, id: &str) -> (Application, Secret) {
        let client = Self::facts(id);
        let made = self.store.applications().create(client, NewSecret::Generated).await.unwrap();
        (made.0, made.1.unwrap())
    }

    pub(crate) fn facts(id: &str) -> Client {
        Client {
            id: id.parse().unwrap(),
            name: format!("The application {id}"),
            owner: None,
            client_type: ClientType::Confidential,
            auth_method: AuthMethod::ClientSecret,
            secret: None,
            grant_types: GrantType::BUILT_IN.into_iter().collect(),
            redirect_uris: Vec::new(),
            scope: None,
            resources: Vec::new(),
            metadata: ClientMetadata::default(),
            active: true,
            first_party: false,
            epoch: 0,
        }
    }

    /// A confidential client that people are sent back from to [`CALLBACK`], changed by `change`, and its secret.
    pub(crate) async fn site(&self, id: &str, change: impl FnOnce(&mut Client)) -> String {
        let redirect_uris = vec![RedirectUri::parse(CALLBACK).unwrap()];
        let mut client = Client { redirect_uris, ..Self::facts(id) };
        change(&mut client);
        let secret = match client.client_type {
            ClientType::Confidential => NewSecret::Generated,
            ClientType::Public => NewSecret::None,
        };
        let (_, secret) = self.store.applications().create(client, secret).await.unwrap();
        secret.map(|secret| secret.expose().to_owned()).unwrap_or_default()
    }

    /// A public client that may use the password and refresh grants.
    pub(crate) async fn public_client(&self, id: &str) -> Application {
        let client = Client {
            client_type: ClientType::Public,
            auth_method: AuthMethod::None,
            grant_types: [GrantType::Password, GrantType::RefreshToken].into(),
            ..Self::facts(id)
        };
        self.store.applications().create(client, NewSecret::None).await.unwrap().0
    }

    /// Send any request, from 192.0.2.1 unless it says otherwise.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_from("192.0.2.1", request).await
    }

    pub(crate) async fn send_from(&self, address: &str, mut request: Request<Body>) -> Answer {
        let address: IpAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 4711)));
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Post a form as a program does.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form_request(path, fields)).await
    }

    /// Post a form with `Authorization: Basic`.
    pub(crate) async fn post_as(
        &self,
        path: &str,
        client: (&str, &str),
        fields: &[(&str, &str)],
    ) -> Answer {
        let mut request = form_request(path, fields);
        request.headers_mut().insert("authorization", basic(client.0, client.1).parse().unwrap());
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Tokens of the password grant for this user and client.
    pub(crate) async fn tokens(&self, client: (&str, &str), username: &str) -> Tokens {
        let fields = [("grant_type", "password"), ("username", username), ("password", PASSWORD)];
        self.post_as("/o/token/", client, &fields).await.tokens()
    }

    /// Whether a client that may ask is told that the token is active.
    pub(crate) async fn is_active(&self, client: (&str, &str), token: &str) -> bool {
        let answer = self.post_as("/o/introspect/", client, &[("token", token)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["active"].as_bool().unwrap()
    }
}

pub(crate) fn form_request(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(encode(fields)))
        .unwrap()
}

pub(crate) fn encode(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The same text with another letter in it, twenty before its end.
pub(crate) fn tampered(text: &str) -> String {
    let (head, tail) = text.split_at(text.len() - 20);
    let other = if tail.starts_with('A') { "B" } else { "A" };
    format!("{head}{other}{}", &tail[1..])
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A token response.
#[derive(Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn tokens(&self) -> Tokens {
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        assert!(self.status.is_success(), "{self:?}");
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The redirect of an authorization response: where to, and its parameters.
    pub(crate) fn redirect(&self) -> (String, BTreeMap<String, String>) {
        assert_eq!(self.status, 303, "{self:?}");
        let location = self
            .header("location")
            .replace('#', if self.header("location").contains('?') { "&" } else { "?" });
        let (to, answer) = location.split_once('?').unwrap_or((&location, ""));
        let pairs = url::form_urlencoded::parse(answer.as_bytes()).into_owned();
        (to.to_owned(), pairs.collect())
    }

    /// `status error`, for tables.
    pub(crate) fn refusal(&self) -> String {
        let error = self.json()["error"].as_str().unwrap_or("?").to_owned();
        format!("{} {error}", self.status.as_u16())
    }

    /// The fields that a problem names, with their codes.
    pub(crate) fn field_errors(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        let one = |error: &Value| {
            format!("{} {}", error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())
        };
        errors.iter().map(one).collect()
    }
}
