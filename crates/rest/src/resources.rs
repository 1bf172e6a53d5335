//! The list of a program's resources, and the axum router that it becomes.
use std::{any::TypeId, sync::Arc};

use axum::{Router, middleware::from_fn_with_state, routing::MethodRouter};
use database::migration::Entities;
use oauth::{policy::ScopeDeclaration, scope::ScopeToken};
use sea_orm::EntityTrait;

use crate::{
    access::{Declaration, Requirement},
    core::{Core, Facts, Typed},
    cors,
    deprecation::Deprecation,
    dialect::Dialect,
    exchange, guard,
    listing::Listing,
    metadata::ProtectedResource,
    mounted::{Mounted, Root},
    relation::{Entry, Registry},
    resource::ViewSet,
    state::RestState,
    throttle::Throttle,
};

/// The resources below one prefix: `Resources::new().add::<Model>()`.
#[derive(Default)]
pub struct Resources {
    list: Vec<Added>,
    routes: Vec<(String, MethodRouter<RestState>)>,
    merged: Vec<Router<RestState>>,
    scopes: Vec<Declaration>,
    name: Option<String>,
    entities: Vec<fn(&mut Entities)>,
    throttles: Vec<Throttle>,
    dialect: Option<Dialect>,
    lists: Listing,
    deprecation: Option<Deprecation>,
    fragments: Vec<serde_json::Value>,
}

/// A resource that was added.
struct Added {
    id: TypeId,
    facts: Facts,
    core: Arc<dyn Core>,
}

impl Resources {
    /// No resources.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name for people that the metadata tells (`resource_name`, RFC 9728 §2).
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a resource.
    #[must_use]
    pub fn add<R: ViewSet>(mut self) -> Self {
        let mut facts = Facts::of::<R>();
        facts.list_as(self.lists);
        facts.deprecation = facts.deprecation.or(self.deprecation);
        for requirement in facts.all_requirements() {
            self.declare(requirement);
        }
        self.list.push(Added { id: TypeId::of::<R>(), facts, core: Arc::new(Typed::<R>::new()) });
        self.entities.push(Entities::insert::<R::Entity>);
        self
    }

    /// How often callers may ask any of these resources that does not say so itself.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.throttles.push(throttle);
        self
    }

    /// A rate that the operator sets: it takes the place of what the program says about the same callers and all actions.
    /// A resource that has throttles of its own keeps them.
    #[must_use]
    pub fn operator_throttle(mut self, throttle: Throttle) -> Self {
        self.throttles.retain(|known| !known.is_replaced_by(&throttle));
        self.throttles.push(throttle);
        self
    }

    /// In which words these resources tell what is wrong, whatever the other resources of the program do.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    pub(crate) fn own_dialect(&self) -> Option<Dialect> {
        self.dialect
    }

    /// How lists are answered where a resource does not say it itself; also of resources that were added before.
    #[must_use]
    pub fn lists(mut self, listing: Listing) -> Self {
        self.lists = listing.or(self.lists);
        for added in &mut self.list {
            added.facts.list_as(self.lists);
        }
        self
    }

    /// Says of all these resources that they should not be used any more, also of those that were added before: of a version that a
    /// newer one replaces. What a resource says itself goes over it.
    #[must_use]
    pub fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        for added in &mut self.list {
            added.facts.deprecation = added.facts.deprecation.or(self.deprecation);
        }
        self
    }

    /// Tells of a table that is no resource, such as a table of pairs, so that `makemigrations` knows it.
    #[must_use]
    pub fn table<E: EntityTrait>(mut self) -> Self {
        self.entities.push(Entities::insert::<E>);
        self
    }

    /// Adds a plain axum route below the prefix; its handlers may take [`Scoped`](crate::Scoped).
    #[must_use]
    pub fn route(mut self, path: &str, handlers: MethodRouter<RestState>) -> Self {
        self.routes.push((path.to_owned(), handlers));
        self
    }

    /// Adds a whole axum router, whose paths are below the prefix.
    #[must_use]
    pub fn merge(mut self, router: Router<RestState>) -> Self {
        self.merged.push(router);
        self
    }

    /// Says what plain routes do, as a piece of an OpenAPI document: its `paths` are below the prefix, and everything in it is
    /// joined with what the resources say of themselves.
    #[must_use]
    pub fn document(mut self, fragment: serde_json::Value) -> Self {
        self.fragments.push(fragment);
        self
    }

    pub(crate) fn fragments(&self) -> &[serde_json::Value] {
        &self.fragments
    }

    /// Declares a scope that only plain routes ask for, so that tokens with it can be had.
    #[must_use]
    pub fn scope<S: crate::Scope>(mut self) -> Self {
        self.declare(<S as crate::Access>::REQUIREMENT);
        self
    }

    fn declare(&mut self, requirement: Requirement) {
        for scope in requirement.scopes() {
            if !self.scopes.iter().any(|known| known.name == scope.name) {
                self.scopes.push(scope);
            }
        }
    }

    /// The scopes that the resources ask for, in the order in which they were first named.
    ///
    /// A token that is not a scope of RFC 6749 §3.3 is left out; `scopes!` does not compile with one.
    pub fn scopes(&self) -> Vec<ScopeDeclaration> {
        let declared = self.scopes.iter().filter_map(|scope| {
            Some(ScopeDeclaration {
                name: ScopeToken::parse(scope.name).ok()?,
                description: scope.description.to_owned(),
                optional: false,
            })
        });
        declared.collect()
    }

    /// Tells the tables behind the resources, for `makemigrations`.
    pub fn tell_entities(&self, entities: &mut Entities) {
        self.entities.iter().for_each(|tell| tell(entities));
    }

    /// What is known about each resource, without its types.
    pub fn facts(&self) -> impl Iterator<Item = &Facts> {
        self.list.iter().map(|added| &added.facts)
    }

    /// The facts for `/.well-known/oauth-protected-resource{prefix}` (RFC 9728 §2). `public_url` has no slash at its end.
    pub fn metadata(&self, public_url: &str, prefix: &str) -> ProtectedResource {
        ProtectedResource {
            resource: format!("{}{}", public_url.trim_end_matches('/'), normal(prefix)),
            resource_name: self.name.clone(),
            scopes_supported: self.scopes.iter().map(|scope| scope.name.to_owned()).collect(),
            bearer_methods_supported: ["header"],
        }
    }

    /// Every path that [`router`](Self::router) will answer, for a listing.
    pub fn paths(&self, prefix: &str) -> Vec<String> {
        let prefix = normal(prefix);
        let resources = self.facts().flat_map(|facts| {
            let (list, item) =
                (format!("{prefix}/{}/", facts.path), format!("{prefix}/{}/{{id}}/", facts.path));
            let extra: Vec<String> = facts
                .actions
                .iter()
                .map(|action| {
                    format!("{}{}/", if action.detail { &item } else { &list }, action.name)
                })
                .collect();
            [list, item].into_iter().chain(extra)
        });
        let plain = self.routes.iter().map(|(path, _)| format!("{prefix}{path}"));
        std::iter::once(format!("{prefix}/")).chain(resources).chain(plain).collect()
    }

    /// The router: the API root at the prefix, each resource below it, with and without a slash at the end.
    ///
    /// # Panics
    /// As axum's `Router::route` does, when two routes have the same path.
    pub fn router(self, prefix: &str, state: RestState) -> Router {
        let prefix = normal(prefix);
        let state = match self.dialect {
            Some(dialect) => state.with_dialect(dialect),
            None => state,
        };
        let metadata = guard::metadata_url(&state, &prefix);
        let scopes: Arc<[Declaration]> = self.scopes.as_slice().into();
        let root = Root::new(&prefix, self.facts(), Arc::clone(&scopes), state.clone());
        let root = Arc::new(root);
        let mut router: Router<RestState> = Router::new();
        let path = |facts: &Facts| format!("{prefix}/{}/", facts.path);
        let entries = self
            .list
            .iter()
            .map(|added| Entry::new(added.id, added.facts.clone(), Arc::clone(&added.core)));
        let registry = Arc::new(Registry::new(entries));
        for Added { facts, core, .. } in self.list {
            let mounted = Mounted {
                path: path(&facts),
                root: format!("{prefix}/"),
                metadata: metadata.as_str().into(),
                registry: Arc::clone(&registry),
                scopes: Arc::clone(&scopes),
                state: state.clone(),
                throttles: facts.throttles.clone().unwrap_or_else(|| self.throttles.clone()),
                nested: Vec::new(),
                facts,
                core,
            };
            let mounted = Arc::new(mounted.with_nested(0));
            router = exchange::attach(router, &mounted);
        }
        let around = from_fn_with_state(state.clone(), cors::layer);
        for (path, handlers) in self.routes {
            router = router.route(&format!("{prefix}{path}"), handlers.layer(around.clone()));
        }
        for merged in self.merged {
            let merged = merged.layer(around.clone());
            router =
                if prefix.is_empty() { router.merge(merged) } else { router.nest(&prefix, merged) };
        }
        exchange::attach_root(router, &prefix, root).with_state(state)
    }
}

impl std::fmt::Debug for Resources {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.facts().map(|facts| facts.path)).finish()
    }
}

/// With a slash at the start, without one at the end; empty for the root.
pub(crate) fn normal(prefix: &str) -> String {
    let bare = prefix.trim_matches('/');
    if bare.is_empty() { String::new() } else { format!("/{bare}") }
}
