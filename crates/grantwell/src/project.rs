//! A project: what a program declares once, and what all commands work on.

use std::sync::Arc;

use axum::Router;
use database::migration::Set;
use oauth::claims::ClaimsHook;
use rest::Resources;

use crate::app::App;
use crate::error::Result;
use crate::settings::{Settings, Sources, load};

/// What a program declares: its name, its resources, its migrations, its own defaults.
///
/// ```no_run
/// fn main() -> grantwell::Result {
///     grantwell::Project::new("unicorn").main()
/// }
/// ```
#[derive(Debug)]
pub struct Project {
    name: String,
    defaults: Settings,
    resources: Vec<(String, Resources)>,
    migrations: Option<Set>,
    merged: Router,
    claims: Option<web::Hook>,
}

impl Project {
    /// A project without resources: the authorization server alone. The name is that of the program, and of the brand
    /// on its pages unless `pages.brand` says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            defaults: Settings::default(),
            resources: Vec::new(),
            migrations: None,
            merged: Router::new(),
            claims: None,
        }
    }

    /// Changes the defaults of this project. File, environment and flags still go over them.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.defaults);
        self
    }

    /// Adds resources below a prefix such as `/v1`.
    #[must_use]
    pub fn resources(mut self, prefix: impl Into<String>, resources: Resources) -> Self {
        self.resources.push((prefix.into(), resources));
        self
    }

    /// The migrations of the project's own tables: `.migrations(grantwell::migrations!())`.
    #[must_use]
    pub fn migrations(mut self, migrations: Set) -> Self {
        self.migrations = Some(migrations);
        self
    }

    /// Claims of the project's own in ID tokens, userinfo answers and nowhere else (OpenID Connect Core §5.1.2).
    ///
    /// ```
    /// use grantwell::oauth::claims::{ClaimsHook, HookFacts};
    /// use serde_json::{Map, Value};
    ///
    /// struct Stable;
    ///
    /// impl ClaimsHook for Stable {
    ///     fn names(&self) -> &[&'static str] {
    ///         &["https://stable.example/box"]
    ///     }
    ///
    ///     fn claims(&self, facts: &HookFacts<'_>) -> Map<String, Value> {
    ///         let tell = facts.scope.iter().any(|scope| scope.as_str() == "read");
    ///         let told = tell.then(|| ("https://stable.example/box".to_owned(), Value::from(7)));
    ///         told.into_iter().collect()
    ///     }
    /// }
    ///
    /// let project = grantwell::Project::new("stable").claims(Stable);
    /// ```
    #[must_use]
    pub fn claims(mut self, hook: impl ClaimsHook + 'static) -> Self {
        self.claims = Some(web::Hook(Arc::new(hook)));
        self
    }

    /// Adds a plain axum router beside everything else. It gets the same limits, log lines and name check.
    ///
    /// # Panics
    /// Later, when the router is built, if a path is taken already: as axum's `Router::merge` does.
    #[must_use]
    pub fn merge(mut self, router: Router) -> Self {
        self.merged = self.merged.merge(router);
        self
    }

    /// Reads the command line of this process and does what it says: the whole `main` of a project.
    ///
    /// # Errors
    /// None: what goes wrong is told on standard error, and the exit code says of which kind it was.
    pub fn main(self) -> Result {
        Ok(crate::command::run(self, std::env::args_os()))
    }

    /// Opens the database with the settings of this process (`grantwell.toml` and environment, no flags), applies
    /// missing migrations if the settings say so, and gives the parts for a program that owns its `main`.
    ///
    /// # Errors
    /// What is wrong with the settings, the database or the keys, as the command `serve` would tell it.
    pub async fn build(self) -> Result<App> {
        let loaded = load(self.defaults.clone(), &Sources::of_process(None))?;
        App::open(self, loaded.settings).await
    }

    /// Everything as one axum router, for a program that owns its `main` and its server. The revocation feed runs in
    /// the background as long as the runtime does.
    ///
    /// # Errors
    /// Those of [`Project::build`].
    pub async fn router(self) -> Result<Router> {
        let app = self.build().await?;
        app.start_background();
        Ok(app.router())
    }

    pub(crate) fn claims_hook(&self) -> Option<web::Hook> {
        self.claims.clone()
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn defaults(&self) -> Settings {
        self.defaults.clone()
    }

    /// The resources with their prefixes.
    pub(crate) fn mounted(&self) -> &[(String, Resources)] {
        &self.resources
    }

    /// The identifier of what is below each prefix (RFC 9728 §2).
    pub(crate) fn identifiers(&self, public_url: &str) -> Vec<String> {
        let named = |(prefix, resources): &(String, Resources)| {
            resources.metadata(public_url, prefix).resource
        };
        self.resources.iter().map(named).collect()
    }

    /// The resources under all prefixes.
    pub(crate) fn all_resources(&self) -> impl Iterator<Item = &Resources> {
        self.resources.iter().map(|(_, resources)| resources)
    }

    /// Our own migrations and those of the project, in the order in which they are applied.
    pub(crate) fn migration_sets(&self) -> Vec<Set> {
        std::iter::once(store::migrations()).chain(self.migrations).collect()
    }

    /// The migrations of the project alone.
    pub(crate) fn own_migrations(&self) -> Option<Set> {
        self.migrations
    }

    pub(crate) fn into_parts(self) -> (Vec<(String, Resources)>, Router) {
        (self.resources, self.merged)
    }
}
