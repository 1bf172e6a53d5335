//! An empty database of each kind for a test, and nodes that share it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use accounts::{Email, Username};
use ambient::{Clock, Entropy};
use database::{Database, Kind};
use futures_util::FutureExt as _;
use grantwell_store::{Application, Issued, NewSecret, NewUser, Options, Store, StoreError, User};
use jose::Algorithm;
use oauth::access_token::AccessToken;
use oauth::client::{AuthMethod, Client, ClientMetadata, ClientType, GrantType};
use oauth::form::Form;
use oauth::grant::password;
use oauth::issuer::Issuer;
use oauth::policy::{Policy, ScopeDeclaration};
use oauth::scope::ScopeToken;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use sea_orm::ConnectionTrait as _;
use vault::{MasterKey, Vault};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database with our tables, to which nodes connect.
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) clock: Clock,
    pub(crate) policy: Policy,
    _folder: tempfile::TempDir,
}

/// How the nodes of these tests behave: as by default, but without an RSA key, which takes long to make.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.signing_algorithms = vec![Algorithm::Es256, Algorithm::EdDsa];
    options
}

/// Runs `test` on SQLite and, if `GRANTWELL_TEST_POSTGRES` is set, on PostgreSQL.
pub(crate) async fn on_both<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    on(Kind::Sqlite, &test).await;
    on(Kind::Postgres, &test).await;
}

/// Runs `test` on one of them.
pub(crate) async fn on<F: Future<Output = ()>>(kind: Kind, test: impl Fn(World) -> F) {
    let folder = tempfile::tempdir().unwrap();
    if kind == Kind::Sqlite {
        let url = format!("sqlite://{}", folder.path().join("test.sqlite3").display());
        return test(World::new(url, folder).await).await;
    }
    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        println!("GRANTWELL_TEST_POSTGRES is not set: the PostgreSQL half is skipped");
        return;
    };
    let name = format!("store_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = Database::connect(&database::Options::new(&base)).await.unwrap();
    server.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (address, _) = base.rsplit_once('/').unwrap();
    let url = format!("{address}/{name}");
    let run = async { test(World::new(url, folder).await).await };
    let result = std::panic::AssertUnwindSafe(run).catch_unwind().await;
    server.read().execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

impl World {
    async fn new(url: String, folder: tempfile::TempDir) -> Self {
        let scope = |name| ScopeDeclaration {
            name: ScopeToken::parse(name).unwrap(),
            description: name.to_owned(),
            optional: false,
        };
        let mut policy = Policy::new(Issuer::parse("https://auth.example").unwrap());
        policy.scopes = vec![scope("read"), scope("write")];
        policy.default_scope = policy.declared_scope();
        policy.capabilities = policy.capabilities.allowing_password_grant();
        let clock = Clock::manual(Timestamp::from_seconds(1_800_000_000));
        let world = Self { url, clock, policy, _folder: folder };
        let database = world.connect().await;
        let sets = [grantwell_store::migrations()];
        database::migration::migrate(&database, &sets, 0, &mut |_| ()).await.unwrap();
        database.close().await;
        world
    }

    /// Another pool on the same database.
    pub(crate) async fn connect(&self) -> Database {
        Database::connect(&database::Options::new(&self.url)).await.unwrap()
    }

    /// A node that does nothing in the background.
    pub(crate) async fn node(&self) -> Store {
        self.node_with(options()).await
    }

    pub(crate) async fn node_with(&self, options: Options) -> Store {
        self.open([7; 32], options).await.unwrap()
    }

    /// A node that reads the feed as a server does.
    pub(crate) async fn serving_node(&self) -> Store {
        let mut options = options();
        options.poll_every = Duration::from_millis(50);
        let store = self.node_with(options).await;
        let running = store.clone();
        tokio::spawn(async move { running.run(std::future::pending()).await });
        store
    }

    pub(crate) async fn open(&self, key: [u8; 32], options: Options) -> Result<Store, StoreError> {
        let vault = Vault::new(MasterKey::from_random(key));
        let database = self.connect().await;
        Store::open(database, vault, self.clock.clone(), Entropy::system(), options).await
    }

    /// An account that is asked for.
    pub(crate) fn new_user(name: &str) -> NewUser {
        NewUser {
            username: Username::parse(name).unwrap(),
            email: Some(Email::parse("someone@example.org").unwrap()),
            password: Some("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned()),
            staff: false,
            superuser: false,
        }
    }

    /// A client that may do everything that is implemented.
    pub(crate) fn client(id: &str) -> Client {
        Client {
            id: id.parse().unwrap(),
            name: "Photos".to_owned(),
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

    /// A client and its secret.
    pub(crate) async fn registered(&self, store: &Store, id: &str) -> (Application, Secret) {
        let (made, secret) =
            store.applications().create(Self::client(id), NewSecret::Generated).await.unwrap();
        (made, secret.unwrap())
    }

    /// The decision of the password grant for this user and client.
    pub(crate) fn decide_password(&self, user: &User, client: &Application) -> password::Issue {
        let form = Form::parse(b"username=u&password=p").unwrap();
        let request = password::Request::parse(&form).unwrap();
        let facts =
            password::Facts { user: Some(user.verified()), client: client.client.standing() };
        let now = self.clock.now();
        match password::decide(&request, &client.client, &facts, &self.policy, now) {
            password::Decision::Issue(issue) => *issue,
            password::Decision::Refuse(error) => panic!("refused: {error:?}"),
        }
    }

    /// A user with an authorization for a client: the account, what was issued, and an access token of it.
    pub(crate) async fn signed_in(
        &self,
        store: &Store,
        name: &str,
        client: &Application,
    ) -> (User, Issued, AccessToken) {
        let user = store.users().create(Self::new_user(name)).await.unwrap();
        let issue = self.decide_password(&user, client);
        let issued = store.password().apply(&issue, &self.policy).await.unwrap();
        let sealed = store.seal(issue.access, Some(issued.authorization)).unwrap();
        let token = store.vault().open(sealed.expose()).unwrap();
        (user, issued, token)
    }
}

/// Waits until `done` says so; the test fails after five seconds.
pub(crate) async fn eventually(what: &str, done: impl AsyncFn() -> bool) {
    let started = std::time::Instant::now();
    while !done().await {
        assert!(started.elapsed() < Duration::from_secs(5), "still not so: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
