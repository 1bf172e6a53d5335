//! What resources work with: the database, the verifier, the pages, the clock.
use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use ambient::{Clock, Entropy};
use database::Database;
use http::request::Parts;
use pages::{Csrf, Link, Pages};

use crate::{
    Problem, Result,
    dialect::Dialect,
    docs::Readers,
    throttle::{Counter, Memory},
    verifier::Verifier,
};

/// Bytes of a request body at most, unless set otherwise.
pub const DEFAULT_BODY_LIMIT: usize = 1024 * 1024;

/// The state that resources and [`Scoped`](crate::Scoped) handlers share. Cloning is cheap.
///
/// A program with a state of its own implements `FromRef` for it: `impl FromRef<App> for RestState`.
#[derive(Clone)]
pub struct RestState(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    database: Database,
    verifier: Arc<dyn Verifier>,
    clock: Clock,
    browsable: Option<Browsable>,
    public_url: String,
    prefix: String,
    sign_in_path: String,
    body_limit: usize,
    counter: Arc<dyn Counter>,
    address: Address,
    dialect: Dialect,
    cursor_key: OnceLock<[u8; 32]>,
}

/// How the address of whoever sent a request is found; proxies that are trusted tell it for others.
pub type Address = Arc<dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync>;

/// The address of the connection.
fn peer(parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<axum::extract::ConnectInfo<SocketAddr>>()?;
    Some(peer.0.ip())
}

#[derive(Clone)]
pub(crate) struct Browsable {
    pub(crate) pages: Pages,
    pub(crate) csrf: Csrf,
    pub(crate) navigation: Navigation,
    pub(crate) readers: Readers,
}

/// The links in the header of a page, from whether somebody is signed in and from the path of the page.
pub type Navigation = Arc<dyn Fn(bool, &str) -> Vec<Link> + Send + Sync>;

impl RestState {
    /// The state without browsable pages.
    pub fn new(database: Database, verifier: Arc<dyn Verifier>, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            database,
            verifier,
            clock,
            browsable: None,
            public_url: String::new(),
            prefix: String::new(),
            sign_in_path: "/accounts/login/".to_owned(),
            body_limit: DEFAULT_BODY_LIMIT,
            counter: Arc::new(Memory::default()),
            address: Arc::new(peer),
            dialect: Dialect::default(),
            cursor_key: OnceLock::new(),
        }))
    }

    /// Answers browsers with pages.
    #[must_use]
    pub fn with_pages(mut self, pages: Pages, csrf: Csrf) -> Self {
        let navigation: Navigation = Arc::new(|_, _| Vec::new());
        let readers = Readers::Everybody;
        self.inner().browsable = Some(Browsable { pages, csrf, navigation, readers });
        self
    }

    /// Whose browser is answered with pages; the others get what programs get. Everybody's, unless set otherwise.
    #[must_use]
    pub fn with_page_readers(mut self, readers: Readers) -> Self {
        if let Some(browsable) = &mut self.inner().browsable {
            browsable.readers = readers;
        }
        self
    }

    /// Gives the pages the links that the program's other pages have in their header.
    #[must_use]
    pub fn with_navigation(mut self, navigation: Navigation) -> Self {
        if let Some(browsable) = &mut self.inner().browsable {
            browsable.navigation = navigation;
        }
        self
    }

    /// Where the program is reached from outside, such as `https://api.example.com`; it goes into `WWW-Authenticate` and
    /// the protected-resource metadata (RFC 9728). Without it these hold paths.
    #[must_use]
    pub fn with_public_url(mut self, url: &str) -> Self {
        url.trim_end_matches('/').clone_into(&mut self.inner().public_url);
        self
    }

    /// Below which path the [`Scoped`](crate::Scoped) handlers of this state are, such as `/admin/api`: where a refusal says that
    /// the resource describes itself (RFC 9728 §5.1).
    #[must_use]
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.inner().prefix);
        self
    }

    /// The page to sign in at, `/accounts/login/` unless set otherwise.
    #[must_use]
    pub fn with_sign_in_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.inner().sign_in_path);
        self
    }

    /// Bytes of a request body at most.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        self.inner().body_limit = bytes;
        self
    }

    /// Where requests are counted for [`Throttle`](crate::Throttle)s: in this process, unless set otherwise.
    #[must_use]
    pub fn with_counter(mut self, counter: Arc<dyn Counter>) -> Self {
        self.inner().counter = counter;
        self
    }

    /// How the address of whoever sent a request is found: that of the connection, unless set otherwise.
    #[must_use]
    pub fn with_address(mut self, address: Address) -> Self {
        self.inner().address = address;
        self
    }

    /// In which words resources tell what is wrong.
    #[must_use]
    pub fn with_dialect(mut self, dialect: Dialect) -> Self {
        self.inner().dialect = dialect;
        self
    }

    /// The secret that authenticates cursors. Without it one is drawn when the first cursor is needed, and a cursor is good
    /// for one process until it ends: nodes beside each other need the same.
    #[must_use]
    pub fn with_cursor_key(mut self, key: [u8; 32]) -> Self {
        self.inner().cursor_key = OnceLock::from(key);
        self
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// Who finds out who is asking.
    pub fn verifier(&self) -> &dyn Verifier {
        &*self.0.verifier
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Where the program is reached from outside, without a slash at the end; empty when it was not said.
    pub fn public_url(&self) -> &str {
        &self.0.public_url
    }

    /// Below which path the handlers of this state are; empty when it was not said.
    pub fn prefix(&self) -> &str {
        &self.0.prefix
    }

    pub(crate) fn browsable(&self) -> Option<&Browsable> {
        self.0.browsable.as_ref()
    }

    pub(crate) fn cursor_key(&self) -> Result<[u8; 32]> {
        if let Some(key) = self.0.cursor_key.get() {
            return Ok(*key);
        }
        let drawn = Entropy::system().fill().map_err(|error| Problem::internal(&error))?;
        Ok(*self.0.cursor_key.get_or_init(|| drawn))
    }

    pub(crate) fn sign_in_path(&self) -> &str {
        &self.0.sign_in_path
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    pub(crate) fn counter(&self) -> &Arc<dyn Counter> {
        &self.0.counter
    }

    pub(crate) fn address(&self, parts: &Parts) -> Option<IpAddr> {
        (self.0.address)(parts)
    }

    pub(crate) fn body_limit(&self) -> usize {
        self.0.body_limit
    }
}

impl std::fmt::Debug for RestState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RestState")
            .field("public_url", &self.0.public_url)
            .finish_non_exhaustive()
    }
}
