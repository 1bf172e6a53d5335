//! The extractor of every handler: somebody who may use the admin API, and the line that the log keeps of what they did.

use axum::extract::FromRequestParts;
use http::request::Parts;
use oauth::principal::Principal;
use oauth::scope::ScopeToken;
use rest::{Problem, Scope as _, Scoped};

use crate::Manage;
use crate::gate::{self, Facts, Wish};
use crate::problem::{gone, of_gate, of_store};
use crate::state::State;

/// Somebody who may.
#[derive(Debug)]
pub(crate) struct Caller {
    principal: Principal,
    username: Option<String>,
}

impl Caller {
    /// Writes down what they did to whom.
    pub(crate) fn note(&self, event: &'static str, subject: &str, changed: &[String]) {
        tracing::info!(
            target: "audit",
            event,
            subject,
            changed = changed.join(" "),
            client = %self.principal.client,
            username = self.username.as_deref(),
        );
    }
}

impl FromRequestParts<State> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let scoped = Scoped::<Manage>::from_request_parts(parts, state).await?;
        let principal = scoped.into_principal();
        let client = state.store().client(&principal.client).await.map_err(of_store)?;
        let user = match principal.user {
            Some(id) => state.store().users().find(id).await.map_err(of_store)?,
            None => None,
        };
        let facts = Facts {
            principal: &principal,
            client: client.as_ref().map(|application| &application.client),
            account: user.as_ref().map(|user| &user.account),
        };
        let wish = if parts.method.is_safe() { Wish::Look } else { Wish::Change };
        let scope = ScopeToken::from_static(Manage::NAME).ok_or_else(gone)?;
        gate::decide(wish, facts, &scope, state.policy()).map_err(of_gate)?;
        let username = user.map(|user| user.account.username.as_str().to_owned());
        Ok(Self { principal, username })
    }
}
