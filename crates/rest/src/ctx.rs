//! What a step of a resource knows about the request.
use std::sync::Arc;

use database::Database;
use oauth::{id::UserId, principal::Principal, time::Timestamp};
use sea_orm::DatabaseConnection;

use crate::{Problem, Result, guard, resource::Action, state::RestState, verifier::Person};

/// Who is asking for what.
#[derive(Clone, Debug)]
pub struct Ctx {
    pub(crate) state: RestState,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) action: Action,
    /// Where the RFC 9728 metadata of the resource is.
    pub(crate) metadata: Arc<str>,
}

impl Ctx {
    /// What the caller wants to do.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Who is asking; `None` only where the resource is `Public`.
    pub fn principal(&self) -> Option<&Principal> {
        self.principal.as_deref()
    }

    /// The user who is asking.
    ///
    /// # Errors
    /// 403 when nobody is signed in, or a client acts for itself.
    pub fn user(&self) -> Result<UserId> {
        self.principal.as_ref().and_then(|principal| principal.user).ok_or_else(|| {
            Problem::forbidden(
                "This is for a user's token; a client that acts for itself cannot do it.",
            )
        })
    }

    /// What this server knows about the person who is asking; `None` when nobody is, and on a resource server that has no
    /// accounts of its own. One query, at most.
    ///
    /// # Errors
    /// 503 when that cannot be found out at the moment.
    pub async fn person(&self) -> Result<Option<Person>> {
        let Some(principal) = self.principal() else { return Ok(None) };
        self.state.verifier().person(principal).await.map_err(|_| guard::unchecked())
    }

    /// The same caller, about to do something else.
    pub(crate) fn for_others(&self, action: Action) -> Self {
        Self { action, ..self.clone() }
    }

    /// Where the metadata for challenges is (RFC 9728 §5.1).
    pub(crate) fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The database, for more than reading.
    pub fn database(&self) -> &Database {
        self.state.database()
    }

    /// The connection for reading.
    pub fn db(&self) -> &DatabaseConnection {
        self.state.database().read()
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.state.clock().now()
    }
}
