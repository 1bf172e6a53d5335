//! A project: what a program declares once, and what all commands work on.

use std::sync::Arc;

use axum::Router;
use database::migration::Set;
use oauth::claims::ClaimsHook;
use oauth::grant::GrantType;
use oauth::policy::Policy;
use rest::{Chooser, Resources, Versions};

use crate::app::App;
use crate::error::{Error, Exit, Result};
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
    choosers: Vec<Chooser>,
    migrations: Option<Set>,
    merged: Router,
    claims: Option<web::Hook>,
    grants: Vec<web::Extension>,
    faults: Vec<String>,
}

impl Project {
    /// A project without resources: the authorization server alone. The name is that of the program, and of the brand
    /// on its pages unless `pages.brand` says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            defaults: Settings::default(),
            resources: Vec::new(),
            choosers: Vec::new(),
            migrations: None,
            merged: Router::new(),
            claims: None,
            grants: Vec::new(),
            faults: Vec::new(),
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

    /// Adds versions of an API beside each other below a prefix such as `/api`: each at `/api/v1`, `/api/v2`, …, and at `/api`
    /// itself the one that `Accept: application/json; version=2` or `Accept-Version: 2` names.
    #[must_use]
    pub fn versions(mut self, prefix: &str, versions: Versions) -> Self {
        let (mounted, chooser) = versions.mount(prefix);
        self.resources.extend(mounted);
        self.choosers.push(chooser);
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

    /// A grant of the project's own at the token endpoint (RFC 6749 §4.5). Clients need to be registered for it by an
    /// operator: `application create --grant-type URI`.
    ///
    /// ```
    /// use grantwell::oauth::error::{ErrorCode, OAuthError};
    /// use grantwell::oauth::grant::extension::Permit;
    /// use grantwell::{Asked, ExtensionGrant};
    ///
    /// struct Badge;
    ///
    /// impl ExtensionGrant for Badge {
    ///     fn grant_type(&self) -> &'static str {
    ///         "https://stable.example/grants/badge"
    ///     }
    ///
    ///     async fn permit(&self, asked: Asked<'_>) -> Result<Permit, OAuthError> {
    ///         match asked.required("badge")? {
    ///             "7" => Ok(Permit::for_username("halfspring")),
    ///             _ => Err(OAuthError::new(ErrorCode::InvalidGrant, "nobody has this badge")),
    ///         }
    ///     }
    /// }
    ///
    /// let project = grantwell::Project::new("stable").grant(Badge);
    /// ```
    #[must_use]
    pub fn grant(mut self, grant: impl web::ExtensionGrant) -> Self {
        let name = grant.grant_type();
        match web::Extension::new(grant) {
            Ok(grant) => self.grants.push(grant),
            Err(_) => self.faults.push(format!(
                "The project brings the grant type {name:?}. It has to be an absolute URI of the project's own (RFC 6749 §4.5)."
            )),
        }
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
        let app = Box::pin(self.build()).await?;
        app.start_background();
        Ok(app.router())
    }

    /// The rules of this project with these settings.
    pub(crate) fn policy(&self, settings: &Settings) -> Result<Policy> {
        if let Some(fault) = self.faults.first() {
            return Err(Error::new(Exit::Failed, fault.clone()));
        }
        let mut policy = crate::policy::policy(settings, self.all_resources())?;
        policy.resources.extend(self.identifiers(settings, &policy.issuer.url(""))?);
        for grant in &self.grants {
            policy.capabilities.offer(GrantType::Extension(grant.name().clone()));
        }
        Ok(policy)
    }

    pub(crate) fn extension_grants(&self) -> &[web::Extension] {
        &self.grants
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

    /// What chooses among versions.
    pub(crate) fn choosers(&self) -> &[Chooser] {
        &self.choosers
    }

    /// How the resources are called in requests and in their metadata (RFC 8707 §2, RFC 9728 §2).
    fn identifiers(&self, settings: &Settings, issuer: &str) -> Result<Vec<String>> {
        let mounted = self.resources.iter();
        let mounted =
            mounted.map(|(prefix, resources)| resources.metadata(issuer, prefix).resource);
        let admin = crate::policy::admin_prefix(settings)?;
        Ok(mounted.chain(admin.map(|prefix| format!("{issuer}{prefix}"))).collect())
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

    pub(crate) fn into_parts(self) -> (Vec<(String, Resources)>, Vec<Chooser>, Router) {
        (self.resources, self.choosers, self.merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oauth::error::OAuthError;
    use oauth::grant::extension::Permit;

    struct Badge(&'static str);

    impl web::ExtensionGrant for Badge {
        fn grant_type(&self) -> &'static str {
            self.0
        }

        async fn permit(&self, _: web::Asked<'_>) -> std::result::Result<Permit, OAuthError> {
            Ok(Permit::for_client())
        }
    }

    #[test]
    fn a_grant_of_the_project_is_offered_and_has_a_name_of_its_own() {
        let settings = Settings::default();
        let name = "https://stable.example/grants/badge";
        let policy = Project::new("stable").grant(Badge(name)).policy(&settings).unwrap();
        assert!(policy.capabilities.grants().any(|grant| grant.as_str() == name));
        for wrong in ["badge", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
            let error = Project::new("stable").grant(Badge(wrong)).policy(&settings).unwrap_err();
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
