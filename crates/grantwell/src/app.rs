//! A project that is open: its database, its store, its router; and how these are put together from the settings.

mod assemble;
mod docs;
mod listing;

pub(crate) use assemble::entities;
pub(crate) use docs::{is_served as has_docs, openapi};
pub(crate) use listing::routes;

use std::net::SocketAddr;

use ambient::{Clock, Entropy};
use axum::Router;
use database::Database;
use database::migration::{self, Set};
use futures_util::future::BoxFuture;
use oauth::policy::Policy;
use store::Store;
use tokio::net::TcpListener;
use url::Url;

use crate::error::Result;
use crate::project::Project;
use crate::server::{Health, Limits, Probe, Shutdown, Tls, accept};
use crate::settings::Settings;

/// A project that is open. Cheap to clone; clones are the same.
#[derive(Clone, Debug)]
pub struct App {
    router: Router,
    provider: web::State,
    store: Store,
    policy: Policy,
    settings: Settings,
    public_url: Url,
    shutdown: Shutdown,
    tls: Option<Tls>,
    applied: Vec<String>,
}

impl App {
    /// Opens a project with these settings: connects, applies missing migrations if the settings say so, finds or makes
    /// the master key, and builds the router.
    pub(crate) fn open(project: Project, settings: Settings) -> BoxFuture<'static, Result<Self>> {
        // Everything that can be set is in it: too large for the stacks of callers.
        Box::pin(Self::open_at(project, settings, Clock::system()))
    }

    /// The same, under another clock.
    pub(crate) async fn open_at(
        project: Project,
        settings: Settings,
        clock: Clock,
    ) -> Result<Self> {
        let entropy = Entropy::system();
        let policy = project.policy(&settings)?;
        let public_url = crate::policy::public_url(&settings)?;
        let tls = Tls::open(&settings.server)?;
        let database = crate::open::database(&settings).await?;
        let sets = project.migration_sets();
        let applied = bring_up(&settings, &database, &sets, &clock).await?;
        let store = crate::open::store(&settings, database, clock.clone(), entropy.clone()).await?;
        docs::keep_client(&store, &public_url, docs::is_served(&project, &settings)).await?;
        let shutdown = Shutdown::default();
        let parts = assemble::Parts {
            settings: &settings,
            policy: &policy,
            public_url: &public_url,
            store: &store,
            clock,
            entropy,
            shutdown: &shutdown,
            health: health(&store, &shutdown, sets),
        };
        let (router, provider) = assemble::router(project, parts)?;
        Ok(Self { router, provider, store, policy, settings, public_url, shutdown, tls, applied })
    }

    /// Everything as one axum router: resources, protocol endpoints, pages, health, limits.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// What is kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The rules in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The address under which the server is reached, with a slash at its end.
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// The order to stop, for programs that give it themselves.
    pub fn shutdown(&self) -> &Shutdown {
        &self.shutdown
    }

    /// The server's own TLS, if the settings name a certificate.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The migrations that opening it has applied, as `app.name`.
    pub fn applied(&self) -> &[String] {
        &self.applied
    }

    /// Follows the revocation feed, sweeps, and tells clients of ended sessions, in the background, until the order to stop. [`App::serve`] does it too.
    pub fn start_background(&self) {
        let (store, shutdown) = (self.store.clone(), self.shutdown.clone());
        tokio::spawn(async move { store.run(shutdown.begun()).await });
        let (provider, shutdown) = (self.provider.clone(), self.shutdown.clone());
        tokio::spawn(async move { web::tell_clients(provider, shutdown.begun()).await });
    }

    /// Serves on a listener until the order to stop, finishes what is in flight, and closes the database. Returns how
    /// many connections had to be cut at the end of the grace period.
    pub async fn serve(&self, listener: TcpListener) -> usize {
        self.start_background();
        let limits = Limits::from(&self.settings.server);
        let cut = accept(listener, self.tls.clone(), self.router(), limits, &self.shutdown).await;
        self.store.database().close().await;
        cut
    }
}

/// The settings for a server that listens on `address`, when the one that was set had port 0.
pub(crate) fn listening_on(mut settings: Settings, address: SocketAddr) -> Settings {
    if settings.server.listen.ends_with(":0") {
        settings.server.listen = address.to_string();
    }
    settings
}

async fn bring_up(
    settings: &Settings,
    database: &Database,
    sets: &[Set],
    clock: &Clock,
) -> Result<Vec<String>> {
    if !settings.database.migrate_on_start {
        migration::check(database, sets).await?;
        return Ok(Vec::new());
    }
    let steps = migration::migrate(database, sets, clock.now().as_millis(), &mut |_| {}).await?;
    Ok(steps.into_iter().map(|step| format!("{}.{}", step.app, step.name)).collect())
}

fn health(store: &Store, shutdown: &Shutdown, sets: Vec<Set>) -> Health {
    let (database, migrated, keyed) = (store.clone(), store.database().clone(), store.clone());
    let probes = vec![
        Probe::new("database", move || {
            let store = database.clone();
            async move { store.ping().await.map_err(|error| error.to_string()) }
        }),
        Probe::new("migrations", move || {
            let (database, sets) = (migrated.clone(), sets.clone());
            async move { migration::check(&database, &sets).await.map_err(|error| error.to_string()) }
        }),
        Probe::new("keys", move || {
            let present = keyed.vault().current_key().is_some();
            async move {
                present
                    .then_some(())
                    .ok_or_else(|| "there is no key to seal tokens with".to_owned())
            }
        }),
    ];
    Health::new(shutdown.clone(), probes)
}
