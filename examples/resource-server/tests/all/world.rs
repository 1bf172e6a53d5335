//! Both servers, and a client that gets tokens from the one for the other.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use grantwell::Project;
use grantwell::database::{Database, Options};
use grantwell::testing::Server;
use oauth::access_token::TokenFormat;
use oauth::client::{AuthMethod, Client, ClientMetadata, ClientType, GrantType};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use store::NewSecret;
use tempfile::TempDir;

/// How the resource server checks tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum By {
    Keys,
    /// Asking, and using an answer for so many seconds.
    Asking(u32),
}

/// A client's id and secret.
pub(crate) type Credentials = (String, String);

pub(crate) struct World {
    pub(crate) issuer: Server,
    pub(crate) client: Credentials,
    pub(crate) resource: String,
    child: Child,
    port: u16,
    pub(crate) http: reqwest::Client,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) challenge: String,
    pub(crate) text: String,
}

impl World {
    /// Both servers; the issuer on SQLite, or on the database that the URL reaches.
    pub(crate) async fn start(by: By, database: Option<String>) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let resource = format!("http://127.0.0.1:{port}/v1");
        let known = resource.clone();
        let issuer = Server::start_with(Project::new("issuer"), move |settings| {
            settings.oauth.signing_algorithms = vec!["ES256".to_owned()];
            settings.oauth.resources = vec![known, "https://other.example/v1".to_owned()];
            for (name, words) in [("read", "See unicorns"), ("write", "Change unicorns")] {
                settings.oauth.scopes.insert(name.to_owned(), words.to_owned());
            }
            if let Some(url) = database {
                settings.database.url = Some(url.into());
            }
        });
        let issuer = issuer.await.unwrap();
        let format = if by == By::Keys { TokenFormat::Jwt } else { TokenFormat::Sealed };
        let client = register(&issuer, "app", Some(format), &[]).await;
        let asking = register(&issuer, "rs", None, std::slice::from_ref(&resource)).await;
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_resource-server"));
        command
            .current_dir(folder.path())
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("ISSUER", issuer.url(""))
            .env("ALLOW_HTTP_ISSUER", "true")
            .env("ALLOW_PRIVATE_HOST", "127.0.0.1")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::null());
        if let By::Asking(seconds) = by {
            command
                .env("CLIENT_ID", &asking.0)
                .env("CLIENT_SECRET", &asking.1)
                .env("INTROSPECTION_CACHE_SECONDS", seconds.to_string());
        }
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let child = command.spawn().unwrap();
        let mut world = Self { issuer, client, resource, child, port, http, _folder: folder };
        world.wait_until_ready().await;
        world
    }

    async fn wait_until_ready(&mut self) {
        for _ in 0..600 {
            let answer =
                self.http.get(format!("http://127.0.0.1:{}/livez", self.port)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the resource server ended: {status}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the resource server was not ready within half a minute");
    }

    /// A token of the client for this resource.
    pub(crate) async fn token(&self, scope: &str) -> String {
        self.token_for(scope, Some(&self.resource)).await
    }

    pub(crate) async fn token_for(&self, scope: &str, resource: Option<&str>) -> String {
        let mut fields = vec![("grant_type", "client_credentials"), ("scope", scope)];
        fields.extend(resource.map(|resource| ("resource", resource)));
        let json = self.post("/o/token/", &fields).await;
        json["access_token"].as_str().unwrap_or_else(|| panic!("no token: {json}")).to_owned()
    }

    /// Posts a form to the issuer as the client.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let request = self.http.post(self.issuer.url(path));
        let answer = request.basic_auth(&self.client.0, Some(&self.client.1)).form(fields).send();
        answer.await.unwrap().json().await.unwrap_or_default()
    }

    /// Asks the resource server for the unicorns.
    pub(crate) async fn list(&self, token: &str) -> Answer {
        self.send(self.http.get(format!("{}/unicorn/", self.resource)).bearer_auth(token)).await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate");
        let challenge = challenge.map_or("", |value| value.to_str().unwrap()).to_owned();
        Answer { status: answer.status().as_u16(), challenge, text: answer.text().await.unwrap() }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Tells the process to stop as an operator does, and waits for its end.
    pub(crate) fn terminate(&mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn register(
    issuer: &Server,
    id: &str,
    format: Option<TokenFormat>,
    resources: &[String],
) -> Credentials {
    let metadata = ClientMetadata { access_token_format: format, ..ClientMetadata::default() };
    let client = Client {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        owner: None,
        client_type: ClientType::Confidential,
        auth_method: AuthMethod::ClientSecret,
        secret: None,
        grant_types: [GrantType::ClientCredentials].into(),
        redirect_uris: Vec::new(),
        scope: None,
        resources: resources.to_vec(),
        metadata,
        active: true,
        first_party: false,
        epoch: 0,
    };
    let made = issuer.app().store().applications().create(client, NewSecret::Generated).await;
    (id.to_owned(), made.unwrap().1.unwrap().expose().to_owned())
}

/// An empty database on the PostgreSQL of the test run, if there is one.
pub(crate) async fn fresh_postgres() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: GRANTWELL_TEST_POSTGRES is not set");
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("rs_{}_{number}", std::process::id());
    let server = Database::connect(&Options::new(&base)).await.unwrap();
    server.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    Some(format!("{}/{name}", base.rsplit_once('/').unwrap().0))
}
