//! What an operator does with applications, people, keys and tokens: planned as facts and decisions for the commands and for
//! the JSON admin API, which this room serves.

mod applications;
mod attempt;
mod body;
mod caller;
mod gate;
mod hashing;
mod keys;
mod list;
mod name;
pub mod plan;
mod problem;
mod show;
mod state;
mod tokens;
mod users;
mod version;

use axum::Router;
use axum::routing::{MethodRouter, get, post, put};
use oauth::policy::ScopeDeclaration;
use oauth::scope::ScopeToken;
use rest::Scope as _;

pub use hashing::Hasher;
pub use keys::{SEALING, rotatable, rotate};
pub use show::{key, rfc3339};
pub use state::State;
pub use tokens::find_revocation;

rest::scopes! {
    crate = rest;
    /// What a token for the admin API has to carry. No application has it unless an operator registers it for it by name.
    pub Manage = "grantwell:admin" => "Manage the applications, people and keys of this server",
}

/// The scopes that only an operator's applications may have.
pub fn operator_scopes() -> Vec<ScopeDeclaration> {
    let name = ScopeToken::from_static(Manage::NAME);
    let declared = name.map(|name| ScopeDeclaration {
        name,
        description: Manage::DESCRIPTION.to_owned(),
        optional: false,
    });
    declared.into_iter().collect()
}

/// What is where, below the prefix: for the router and for a listing.
const PATHS: [(&str, &str); 8] = [
    ("/applications", "the applications"),
    ("/applications/{client_id}", "one application"),
    ("/applications/{client_id}/rotate-secret", "a new secret for an application"),
    ("/users", "the people"),
    ("/users/{username}", "one person"),
    ("/keys", "the keys"),
    ("/keys/rotate", "new keys"),
    ("/tokens/revoke", "the end of tokens"),
];

/// Every path below `prefix`, with what is there.
pub fn paths(prefix: &str) -> impl Iterator<Item = (String, &'static str)> {
    PATHS.into_iter().map(move |(path, about)| (format!("{prefix}{path}/"), about))
}

/// The admin API below the prefix of the state; each path with and without a slash at its end.
pub fn router(state: State) -> Router {
    let handlers: [MethodRouter<State>; 8] = [
        get(applications::list),
        get(applications::show)
            .put(applications::put)
            .patch(applications::patch)
            .delete(applications::delete),
        post(applications::rotate_secret),
        get(users::list),
        put(users::put).get(users::show).patch(users::patch).delete(users::delete),
        get(keys::list),
        post(keys::rotate_on_request),
        post(tokens::revoke),
    ];
    let mut router = Router::new();
    for ((path, _), handlers) in PATHS.into_iter().zip(handlers) {
        let path = format!("{}{path}", state.prefix());
        router = router.route(&path, handlers.clone()).route(&format!("{path}/"), handlers);
    }
    router.method_not_allowed_fallback(problem::other_method).with_state(state)
}
