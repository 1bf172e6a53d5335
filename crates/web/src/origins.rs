//! The origins whose scripts may read what resources answer: those of the clients of this server.

use futures_util::future::BoxFuture;
use oauth::id::ClientId;

use crate::state::State;

/// The origins that the clients of this server have.
#[derive(Clone, Debug)]
pub struct ClientOrigins(State);

impl ClientOrigins {
    /// Those of the clients of this state's store.
    pub fn new(state: State) -> Self {
        Self(state)
    }
}

/// Who cannot be found at the moment has no origins: the answer itself is given, and a script cannot read it.
impl rest::cors::Origins for ClientOrigins {
    fn of_client<'a>(&'a self, client: &'a ClientId, origin: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let found = self.0.store.client(client).await.ok().flatten();
            found.is_some_and(|application| application.client.allows_origin(origin))
        })
    }

    fn of_any<'a>(&'a self, origin: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move { self.0.store.is_origin_of_a_client(origin).await.unwrap_or(false) })
    }
}
