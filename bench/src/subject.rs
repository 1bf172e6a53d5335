//! A server under measurement: started as a process of its own, filled with the same rows, asked for its memory.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use tempfile::TempDir;

use crate::Outcome;
use crate::load::{self, Call};

/// Rows in the table before anything is measured.
pub(crate) const ROWS: usize = 1000;

/// Rows of the table that is sent whole.
const MANY: usize = 1_000_000;

/// Accounts, one for each connection.
const PEOPLE: usize = 64;

/// People who are signed in with a browser; connections share them.
const BROWSERS: usize = 8;

/// The challenge of RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// Its verifier.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The content type of a form.
pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of JSON.
pub(crate) const JSON: &str = "application/json";

/// What one of the people signs in with.
pub(crate) fn credentials(number: usize) -> (&'static str, String) {
    (FORM, format!("username=bench{}&password=correct+horse+battery", number % PEOPLE))
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The example project, built for release.
    Grantwell,
    /// The bare handlers.
    Bare,
}

/// A running server.
pub(crate) struct Subject {
    kind: Kind,
    child: Child,
    address: SocketAddr,
    started_in: Duration,
    idle_memory: f64,
    access_token: String,
    client: (String, String),
    client_token: String,
    jwt: String,
    jwt_client: String,
    openid_token: String,
    browsers: Vec<String>,
    url: Option<String>,
    folder: TempDir,
}

/// What a list of a million rows costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streamed {
    /// How long it took.
    pub(crate) seconds: f64,
    /// Resident memory in megabytes before, and at most meanwhile.
    pub(crate) memory: (f64, f64),
}

impl Subject {
    /// Start it over a database of its own and fill it.
    pub(crate) async fn start(kind: Kind, postgres: Option<&str>) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let url = database(kind, postgres).await?;
        let address: SocketAddr = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(program(kind)?);
        prepare(&mut command, &folder, address, url.as_deref());
        if kind == Kind::Grantwell {
            command.arg("serve");
        }
        let begun = Instant::now();
        let child = command.spawn()?;
        let mut subject = Self {
            kind,
            child,
            address,
            started_in: Duration::ZERO,
            idle_memory: 0.0,
            access_token: String::new(),
            client: Default::default(),
            client_token: String::new(),
            jwt: String::new(),
            jwt_client: String::new(),
            openid_token: String::new(),
            browsers: Vec::new(),
            url,
            folder,
        };
        while load::once(address, &Call::get("/readyz".to_owned(), None)).await.is_err() {
            if begun.elapsed() > Duration::from_secs(30) {
                return Err("the server was not ready within 30 seconds".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        subject.started_in = begun.elapsed();
        subject.idle_memory = subject.memory()?.0;
        match kind {
            Kind::Grantwell => {
                let url = subject.url.clone();
                subject.register(url.as_deref()).await?;
            }
            Kind::Bare => {
                let issue = Call::post("/jwt", None, (FORM, String::new()));
                subject.jwt = subject.token(&issue).await?;
            }
        }
        Ok(subject)
    }

    async fn register(&mut self, url: Option<&str>) -> Outcome<()> {
        for number in 0..PEOPLE {
            let account = Call::post("/authentication/register/", None, credentials(number));
            let answer = self.ask(&account).await?;
            self.access_token = text(&answer, "access_token")?;
        }
        let bearer = Some(format!("Bearer {}", self.access_token));
        for number in 1..=ROWS {
            let body = format!("{{\"name\":\"unicorn {number}\",\"age\":{}}}", number % 90);
            self.ask(&Call::post("/v1/unicorn/", bearer.clone(), (JSON, body))).await?;
        }
        self.client = self.application(url, &["client_credentials", "authorization_code"], "{}")?;
        let grant = || (FORM, "grant_type=client_credentials&scope=read".to_owned());
        self.client_token =
            self.token(&Call::post("/o/token/", Some(self.basic()), grant())).await?;
        let (id, secret) =
            self.application(url, &["client_credentials"], "{\"access_token_format\":\"jwt\"}")?;
        self.jwt_client = basic(&id, &secret);
        self.jwt =
            self.token(&Call::post("/o/token/", Some(self.jwt_client.clone()), grant())).await?;
        for number in 0..BROWSERS {
            let cookie = self.sign_in(number).await?;
            self.browsers.push(cookie);
        }
        let allowed = load::once(self.address, &self.authorize(0, "openid")).await?;
        let code = allowed.code().ok_or("the authorization endpoint gave no code")?;
        self.openid_token = self.token(&self.exchange(code)).await?;
        Ok(())
    }

    /// Register an application by command; its id and its secret.
    fn application(
        &self,
        url: Option<&str>,
        grants: &[&str],
        metadata: &str,
    ) -> Outcome<(String, String)> {
        let mut command = Command::new(program(self.kind)?);
        prepare(&mut command, &self.folder, self.address, url);
        command.args([
            "application",
            "create",
            "--json",
            "--name",
            "bench",
            "--consent",
            "trusted",
        ]);
        command.args(["--metadata", metadata]);
        command.args(grants.iter().flat_map(|grant| ["--grant-type", grant]));
        if grants.contains(&"authorization_code") {
            command.args(["--redirect-uri", "https://app.example/cb"]);
        }
        let created = command.stdout(Stdio::piped()).output()?;
        let created: Value = serde_json::from_slice(&created.stdout)?;
        Ok((text(&created, "client_id")?, text(&created, "client_secret")?))
    }

    /// Sign one of the people in as a browser does; gives the cookies.
    async fn sign_in(&self, number: usize) -> Outcome<String> {
        let path = "/accounts/login/";
        let page = load::once(self.address, &Call::get(path.to_owned(), None)).await?;
        let html = String::from_utf8_lossy(&page.body).into_owned();
        let field = html.split_once("name=\"csrf_token\" value=\"");
        let token = field.and_then(|(_, rest)| rest.split('"').next());
        let token = token.ok_or("the sign-in page has no form")?;
        let (kind, body) = credentials(number);
        let call = Call::post(path, None, (kind, format!("{body}&csrf_token={token}")));
        let answer = load::once(self.address, &call.with_cookie(page.cookies.join("; "))).await?;
        if answer.status >= 400 || answer.cookies.is_empty() {
            return Err(format!("signing in answered {}", answer.status).into());
        }
        Ok(answer.cookies.join("; "))
    }

    /// One of the browsers asks for a code for the client.
    pub(crate) fn authorize(&self, number: usize, scope: &str) -> Call {
        let path = format!(
            "/o/authorize/?response_type=code&client_id={}&redirect_uri=https://app.example/cb&scope={scope}\
             &code_challenge={CHALLENGE}&code_challenge_method=S256",
            self.client.0
        );
        let cookie = self.browsers.get(number % BROWSERS).cloned().unwrap_or_default();
        Call::get(path, None).with_cookie(cookie)
    }

    /// The client trades a code in.
    pub(crate) fn exchange(&self, code: &str) -> Call {
        exchange(&self.basic(), code)
    }

    async fn token(&self, call: &Call) -> Outcome<String> {
        text(&self.ask(call).await?, "access_token")
    }

    async fn ask(&self, call: &Call) -> Outcome<Value> {
        let answer = load::once(self.address, call).await?;
        if answer.status >= 400 {
            let said = String::from_utf8_lossy(&answer.body);
            return Err(format!("{} answered {}: {said}", call.path, answer.status).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Which of the two it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the start of the process to its first ready answer.
    pub(crate) fn started_in(&self) -> Duration {
        self.started_in
    }

    /// Memory in megabytes when it was ready and had done nothing yet.
    pub(crate) fn idle_memory(&self) -> f64 {
        self.idle_memory
    }

    /// A user's access token.
    pub(crate) fn access_token(&self) -> &str {
        &self.access_token
    }

    /// An access token of the client itself.
    pub(crate) fn client_token(&self) -> &str {
        &self.client_token
    }

    /// The client's `Authorization` header; both halves are URL-safe, so nothing needs escaping.
    pub(crate) fn basic(&self) -> String {
        basic(&self.client.0, &self.client.1)
    }

    /// The `Authorization` header of the client whose access tokens are JWTs.
    pub(crate) fn jwt_client(&self) -> &str {
        &self.jwt_client
    }

    /// An access token that is a JWT.
    pub(crate) fn jwt(&self) -> &str {
        &self.jwt
    }

    /// An access token of a person, for knowing who that is.
    pub(crate) fn openid_token(&self) -> &str {
        &self.openid_token
    }

    /// Resident memory in megabytes: now and at most so far.
    pub(crate) fn memory(&self) -> Outcome<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let megabytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kilobytes =
                line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kilobytes.unwrap_or_default() / 1024.0
        };
        Ok((megabytes("VmRSS:"), megabytes("VmHWM:")))
    }

    /// Fill the table and have all of it sent, once.
    pub(crate) async fn stream(&self) -> Outcome<Streamed> {
        let file = format!("sqlite://{}/db.sqlite3", self.folder.path().display());
        let database = Database::connect(self.url.as_deref().unwrap_or(&file)).await?;
        let numbers = match self.url {
            Some(_) => format!("SELECT i FROM generate_series(1, {MANY}) AS n(i)"),
            None => format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) SELECT i FROM n"
            ),
        };
        let insert = format!(
            "INSERT INTO unicorn (name, age) SELECT 'unicorn ' || i, i % 90 FROM ({numbers}) AS m"
        );
        database.execute_unprepared(&insert).await?;
        database.close().await?;
        // From here on the kernel counts the most memory anew (proc(5)).
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        let before = self.memory()?.0;
        let bearer = Some(format!("Bearer {}", self.access_token));
        let begun = Instant::now();
        let call = Call::get("/v1/unicorn/?format=ndjson".to_owned(), bearer);
        let lines = load::lines(self.address, &call).await?;
        if lines < MANY {
            return Err(format!("the list had {lines} rows only").into());
        }
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Streamed { seconds, memory: (before, self.memory()?.1) })
    }

    /// Size of the program in megabytes.
    #[expect(clippy::cast_precision_loss, reason = "a file of some megabytes")]
    pub(crate) fn program_size(&self) -> Outcome<f64> {
        Ok(std::fs::metadata(program(self.kind)?)?.len() as f64 / 1_048_576.0)
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn prepare(command: &mut Command, folder: &TempDir, address: SocketAddr, url: Option<&str>) {
    command
        .current_dir(folder.path())
        .env("GRANTWELL__SERVER__LISTEN", address.to_string())
        .env("GRANTWELL__SERVER__PUBLIC_URL", format!("http://{address}"))
        // What is measured is the work, and not how soon a guesser is slowed down.
        .env("GRANTWELL__ACCOUNTS__REGISTRATIONS_PER_ADDRESS", "1000000")
        .env("GRANTWELL__ACCOUNTS__TRIES_PER_ACCOUNT", "1000000")
        .env("GRANTWELL__ACCOUNTS__TRIES_PER_ACCOUNT_AND_ADDRESS", "1000000")
        .env("GRANTWELL__ACCOUNTS__TRIES_PER_ADDRESS", "1000000")
        // The bare server writes no line for each request.
        .env("GRANTWELL__LOG__LEVEL", "warn")
        .env("BARE_LISTEN", address.to_string())
        .env("DATABASE_URL", url.unwrap_or("sqlite:db.sqlite3"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
}

/// An empty database on the PostgreSQL at hand; `None` means SQLite in the server's own folder.
async fn database(kind: Kind, postgres: Option<&str>) -> Outcome<Option<String>> {
    let Some(base) = postgres else { return Ok(None) };
    let name = format!("bench_{kind:?}").to_lowercase();
    let server = Database::connect(base).await?;
    server.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    let (server, _) = base.rsplit_once('/').ok_or("the PostgreSQL URL names no database")?;
    Ok(Some(format!("{server}/{name}")))
}

/// The program beside this one.
fn program(kind: Kind) -> Outcome<PathBuf> {
    let name = match kind {
        Kind::Grantwell => "unicorn",
        Kind::Bare => "bare",
    };
    Ok(std::env::current_exe()?.with_file_name(name))
}

fn text(answer: &Value, key: &str) -> Outcome<String> {
    let value = answer.get(key).and_then(Value::as_str);
    Ok(value.ok_or_else(|| format!("{answer} has no {key}"))?.to_owned())
}

/// Trade a code in, as the client with this `Authorization` header.
pub(crate) fn exchange(basic: &str, code: &str) -> Call {
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=https://app.example/cb&code_verifier={VERIFIER}"
    );
    Call::post("/o/token/", Some(basic.to_owned()), (FORM, body))
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", base64(format!("{id}:{secret}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
