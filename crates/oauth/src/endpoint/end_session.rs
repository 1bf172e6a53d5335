//! Signing out because an application asks for it: OpenID Connect RP-Initiated Logout.

use crate::active;
use crate::client::Client;
use crate::endpoint::authorize::Parameters;
use crate::error::{ErrorCode, OAuthError};
use crate::id::{ClientId, SessionId};
use crate::redirect_uri::with_query;

/// What an application asks (§2). `logout_hint` and `ui_locales` are read by nobody: the pages know who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// An ID token that the application was given.
    pub id_token_hint: Option<String>,
    /// Who asks.
    pub client_id: Option<ClientId>,
    /// Where the person is sent afterwards.
    pub post_logout_redirect_uri: Option<String>,
    /// What goes back with them.
    pub state: Option<String>,
}

impl Request {
    /// Read a query or a form. A parameter that came twice, and a client id that cannot be one, is `invalid_request`.
    pub fn parse(parameters: &Parameters) -> Result<Self, OAuthError> {
        if let Some(name) = parameters.repeated() {
            parameters.one(name)?;
        }
        let one = |name: &str| parameters.one(name).map(|value| value.map(str::to_owned));
        let client_id = parameters.one("client_id")?.map(ClientId::parse).transpose();
        Ok(Self {
            id_token_hint: one("id_token_hint")?,
            client_id: client_id.map_err(|_| UNKNOWN)?,
            post_logout_redirect_uri: one("post_logout_redirect_uri")?,
            state: one("state")?,
        })
    }
}

/// What the hint is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// There is none.
    Absent,
    /// It is no ID token of ours.
    Invalid,
    /// One of ours, however old (§2).
    Of {
        /// For whom it was made.
        client: ClientId,
        /// Whom it is about, as that client knows them.
        subject: String,
        /// The session in which they were signed in.
        session: Option<SessionId>,
    },
}

impl Hint {
    /// Who asks: the one who is named, or the one for whom the hint was made.
    pub fn client<'a>(&'a self, request: &'a Request) -> Option<&'a ClientId> {
        match (&request.client_id, self) {
            (Some(named), _) => Some(named),
            (None, Self::Of { client, .. }) => Some(client),
            (None, Self::Absent | Self::Invalid) => None,
        }
    }
}

/// Who is signed in in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which session.
    pub id: SessionId,
    /// The name by which the client that asks knows the person; none without a client.
    pub subject: Option<String>,
}

/// What is known when it is decided.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The client of [`Hint::client`], if there is one of that name.
    pub client: Option<&'a Client>,
    /// The hint.
    pub hint: Hint,
    /// Who is signed in.
    pub session: Option<Session>,
    /// Whether the person has pressed the button of our own page.
    pub confirmed: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Ask the person: a link or an image of another site must sign nobody out (§6). Then they are sent to this address.
    Ask(Option<String>),
    /// End the session; then send the person to this address, if there is one.
    SignOut(Option<String>),
    /// Nobody is signed in: send the person to this address at once.
    GoBack(String),
    /// Nobody is signed in, and there is no address that may be relied on.
    Nothing,
    /// It cannot be done; the person is told so and is sent nowhere.
    Refuse(OAuthError),
}

/// Decide. The client comes first, then the address by byte comparison (§3), then everything else.
pub fn decide(request: &Request, facts: &Facts<'_>) -> Decision {
    if let (Some(named), Hint::Of { client, .. }) = (&request.client_id, &facts.hint)
        && named != client
    {
        return Decision::Refuse(OTHER_CLIENT);
    }
    if facts.hint.client(request).is_some() && facts.client.is_none() {
        return Decision::Refuse(UNKNOWN);
    }
    let back = match back(request, facts) {
        Ok(back) => back,
        Err(error) => return Decision::Refuse(error),
    };
    let Some(session) = &facts.session else {
        // Without a hint only a person's own press of a button would show that the address is meant (§3).
        let trusted = matches!(facts.hint, Hint::Of { .. });
        return back.filter(|_| trusted).map_or(Decision::Nothing, Decision::GoBack);
    };
    if facts.confirmed || is_of_session(&facts.hint, session) {
        Decision::SignOut(back)
    } else {
        Decision::Ask(back)
    }
}

/// Whether the hint was made in this very session, for this person.
fn is_of_session(hint: &Hint, session: &Session) -> bool {
    match hint {
        Hint::Of { subject, session: Some(id), .. } => {
            Some(subject) == session.subject.as_ref() && *id == session.id
        }
        Hint::Of { session: None, .. } | Hint::Absent | Hint::Invalid => false,
    }
}

/// Where the person goes afterwards: an address that the client has registered, with the state.
fn back(request: &Request, facts: &Facts<'_>) -> Result<Option<String>, OAuthError> {
    let Some(uri) = &request.post_logout_redirect_uri else { return Ok(None) };
    // A hint that is no good says nothing about who asks.
    if facts.hint == Hint::Invalid {
        return Ok(None);
    }
    let client = facts.client.ok_or(NOBODY)?;
    active::admit(&active::Facts::of_client(client.standing())).map_err(|_| UNKNOWN)?;
    if !client.metadata.post_logout_redirect_uris.contains(uri) {
        return Err(NOT_REGISTERED);
    }
    let state: Vec<_> = request.state.iter().map(|state| ("state", state)).collect();
    Ok(Some(if state.is_empty() { uri.clone() } else { with_query(uri, &state) }))
}

const UNKNOWN: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "no application of this client_id is registered here, or it is disabled",
);
const OTHER_CLIENT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the id_token_hint was made for another application than the one that client_id names",
);
const NOBODY: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "a post_logout_redirect_uri needs an id_token_hint or a client_id, which says who has registered it",
);
const NOT_REGISTERED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the post_logout_redirect_uri is not one that this application has registered; it must be the same, letter for letter",
);

#[cfg(test)]
mod tests;
