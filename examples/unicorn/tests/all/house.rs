//! A started server with its folder and its database, and the few words that the stories are told in.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::header::HeaderMap;
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use tempfile::TempDir;

/// A password that every story may use.
pub(crate) const PASSWORD: &str = "quiet harbour lights";

/// Which database a story runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// One running process of the example project.
pub(crate) struct House {
    child: Child,
    pub(crate) port: u16,
    folder: Arc<TempDir>,
    database: Option<String>,
    pub(crate) http: reqwest::Client,
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
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn field(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap_or(""))
    }
}

impl House {
    /// Start on a fresh database; `None` when PostgreSQL is asked for and there is none.
    pub(crate) async fn open(on: On) -> Option<Self> {
        let database = match on {
            On::Sqlite => None,
            On::Postgres => Some(fresh_postgres().await?),
        };
        Some(Self::start(Arc::new(TempDir::new().unwrap()), database).await)
    }

    /// Start on a database that this URL reaches.
    pub(crate) async fn open_url(url: &str) -> Self {
        Self::start(Arc::new(TempDir::new().unwrap()), Some(url.to_owned())).await
    }

    /// A second node: the same folder (so the same master key) and the same database.
    pub(crate) async fn beside(&self) -> Self {
        Self::start(Arc::clone(&self.folder), self.database.clone()).await
    }

    /// `kill -9`, then a new process on the same data and the same port.
    pub(crate) async fn crash_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(self.folder.path(), self.port, self.database.as_deref());
        self.wait_until_ready().await;
    }

    async fn start(folder: Arc<TempDir>, database: Option<String>) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let child = spawn(folder.path(), port, database.as_deref());
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // A server that refuses a body closes the connection; the next request must not meet it.
            .pool_max_idle_per_host(0)
            .build();
        let mut house = Self { child, port, folder, database, http: http.unwrap() };
        house.wait_until_ready().await;
        house
    }

    async fn wait_until_ready(&mut self) {
        for _ in 0..1200 {
            let answer = self.http.get(self.url("/readyz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended: {status}\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server was not ready within a minute\n{}", self.log());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// All that this folder's servers wrote.
    pub(crate) fn log(&self) -> String {
        let mut log = String::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "log") {
                log.push_str(&std::fs::read_to_string(entry.path()).unwrap_or_default());
            }
        }
        log
    }

    /// Run a command of the project beside the running server: exit code, standard output, standard error.
    pub(crate) fn command(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        use std::io::Write as _;
        let mut command = Command::new(env!("CARGO_BIN_EXE_unicorn"));
        settings(&mut command, self.port, self.database.as_deref());
        let mut child = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// Make an application by command: its id and its secret.
    pub(crate) fn application(&self, grant: &str) -> (String, String) {
        let arguments =
            ["application", "create", "--json", "--name", "story", "--grant-type", grant];
        let (code, out, err) = self.command(&arguments, "");
        assert_eq!(code, 0, "{err}");
        let made: Value = serde_json::from_str(&out).unwrap();
        (made["client_id"].as_str().unwrap().into(), made["client_secret"].as_str().unwrap().into())
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    pub(crate) async fn try_send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> reqwest::Result<Answer> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok(Answer { status, headers, text: answer.text().await? })
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(self.http.post(self.url(path)).form(fields)).await
    }

    pub(crate) async fn client_form(
        &self,
        path: &str,
        client: &(String, String),
        fields: &[(&str, &str)],
    ) -> Answer {
        let request = self.http.post(self.url(path)).basic_auth(&client.0, Some(&client.1));
        self.send(request.form(fields)).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(self.http.get(self.url(path)).bearer_auth(token)).await
    }

    /// Make an account and give its tokens.
    pub(crate) async fn register(&self, username: &str) -> Answer {
        let answer = self
            .form("/authentication/register/", &[("username", username), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer
    }

    pub(crate) async fn sign_in(&self, username: &str) -> Answer {
        self.form("/authentication/token/", &[("username", username), ("password", PASSWORD)]).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.form("/authentication/token/refresh/", &[("refresh_token", token)]).await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &Path, port: u16, database: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unicorn"));
    settings(&mut command, port, database);
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(format!("{port}.log")))
        .unwrap();
    command
        .arg("serve")
        .current_dir(folder)
        .env("GRANTWELL__LOG__LEVEL", "debug")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn settings(command: &mut Command, port: u16, database: Option<&str>) {
    command
        .env("GRANTWELL__SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("GRANTWELL__SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}"))
        // All stories register from one address.
        .env("GRANTWELL__ACCOUNTS__REGISTRATIONS_PER_ADDRESS", "100000")
        .env_remove("DATABASE_URL");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
}

/// An empty database of its own on the PostgreSQL of the test run.
pub(crate) async fn fresh_postgres() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: GRANTWELL_TEST_POSTGRES is not set");
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("story_{}_{number}", std::process::id());
    let server = Database::connect(&base).await.unwrap();
    server
        .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await
        .unwrap();
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    Some(format!("{}/{name}", base.rsplit_once('/').unwrap().0))
}

/// Tell one story on both databases.
macro_rules! on_both {
    ($(#[$note:meta])* $name:ident($house:ident) $story:block) => {
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "stories use what they need")]
            use super::*;
            async fn story(mut $house: $crate::house::House) $story

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                story($crate::house::House::open($crate::house::On::Sqlite).await.unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() {
                if let Some(house) = $crate::house::House::open($crate::house::On::Postgres).await {
                    story(house).await;
                }
            }
        }
    };
}
pub(crate) use on_both;
