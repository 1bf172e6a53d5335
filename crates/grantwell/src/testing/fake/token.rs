//! What the fake server's tokens say.

use serde_json::{Map, Value, json};

use super::{Shared, state::State};

/// What a token is to say: of whom, for what, for whom.
#[derive(Clone, Debug)]
pub struct FakeToken {
    pub(super) subject: String,
    pub(super) client: String,
    pub(super) scope: String,
    pub(super) audience: Vec<String>,
    pub(super) claims: Map<String, Value>,
}

impl FakeToken {
    /// A token of this person, given to the client `app`, without scopes, for the server itself.
    pub fn of(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            client: "app".to_owned(),
            scope: String::new(),
            audience: Vec::new(),
            claims: Map::new(),
        }
    }

    /// To which client it was given.
    #[must_use]
    pub fn client(mut self, client: &str) -> Self {
        client.clone_into(&mut self.client);
        self
    }

    /// What it allows, separated by spaces.
    #[must_use]
    pub fn scopes(mut self, scopes: &str) -> Self {
        scopes.clone_into(&mut self.scope);
        self
    }

    /// For which resource it is; called again, for one more.
    #[must_use]
    pub fn audience(mut self, resource: &str) -> Self {
        self.audience.push(resource.to_owned());
        self
    }

    /// One more claim, or another value for one of the usual ones (`iss`, `sub`, `aud`, `exp`, `iat`, `scope`, `client_id`,
    /// `acr`, `auth_time`, …); `null` leaves it out.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    fn with_own(&self, mut claims: Map<String, Value>) -> Map<String, Value> {
        for (name, value) in &self.claims {
            match value {
                Value::Null => drop(claims.remove(name)),
                value => drop(claims.insert(name.clone(), value.clone())),
            }
        }
        claims
    }
}

/// The claims that all tokens share.
fn times(shared: &Shared, state: &State) -> (i64, i64) {
    let now = shared.clock.now().as_millis() / 1000 + state.skew;
    let lifetime = i64::try_from(state.lifetime.as_secs()).unwrap_or(i64::MAX);
    (now, now.saturating_add(lifetime))
}

/// An access token, which introspection will know.
pub(super) fn issue(shared: &Shared, state: &mut State, token: &FakeToken) -> String {
    let (now, end) = times(shared, state);
    let audience = match token.audience.as_slice() {
        [] => json!(shared.issuer),
        [one] => json!(one),
        several => json!(several),
    };
    let claims = json!({
        "iss": shared.issuer, "sub": token.subject, "aud": audience, "client_id": token.client,
        "scope": token.scope, "iat": now, "exp": end, "jti": shared.random(),
    });
    let claims = token.with_own(claims.as_object().cloned().unwrap_or_default());
    let text = sign(state, "at+jwt", &claims);
    state.given.insert(text.clone(), claims);
    text
}

pub(super) fn id_token(
    shared: &Shared,
    state: &State,
    token: &FakeToken,
    nonce: Option<&str>,
) -> String {
    let (now, end) = times(shared, state);
    let mut claims = json!({
        "iss": shared.issuer, "sub": token.subject, "aud": token.client, "iat": now, "exp": end,
        "auth_time": now,
    });
    if let (Some(nonce), Some(map)) = (nonce, claims.as_object_mut()) {
        map.insert("nonce".to_owned(), nonce.into());
    }
    sign(state, "JWT", &token.with_own(claims.as_object().cloned().unwrap_or_default()))
}

fn sign(state: &State, typ: &str, claims: &Map<String, Value>) -> String {
    match state.keys.last().map(|key| key.sign(typ, claims)) {
        Some(Ok(text)) => text,
        Some(Err(error)) => panic!("the token cannot be signed: {error}"),
        None => panic!("there is no key"),
    }
}
