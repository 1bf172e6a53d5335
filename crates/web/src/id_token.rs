//! ID tokens: made for a client, and read again when it shows one as a hint (OIDC Core §2, §3.1.2.1).

use jose::{Algorithm, Unverified};
use oauth::authorization::Details;
use oauth::claims::{Granted, HookFacts, PersonClaims, Place, add_from_hook, release};
use oauth::client::Client;
use oauth::id::{ClientId, SessionId, UserId};
use oauth::id_token::{Facts, HalfHash, TYPE, claims};
use oauth::scope::ScopeSet;
use oauth::secret::Secret;
use oauth::time::Timestamp;
use serde_json::{Map, Value};

use crate::respond::stop::Stop;
use crate::state::State;
use crate::subject;

/// What an ID token is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Basis<'a> {
    /// For whom.
    pub(crate) client: &'a Client,
    /// About whom.
    pub(crate) user: UserId,
    /// What was granted.
    pub(crate) scope: &'a ScopeSet,
    /// What the authorization keeps of its request.
    pub(crate) details: &'a Details,
    /// When the person last proved who they are.
    pub(crate) authenticated_at: Option<Timestamp>,
    /// The access token that is given with it.
    pub(crate) access_token: Option<&'a Secret>,
    /// The code that is given with it through the browser.
    pub(crate) code: Option<&'a Secret>,
    /// Whether it answers a refresh: then it has no nonce (§12.2).
    pub(crate) refreshed: bool,
}

/// Whether this scope asks for ID tokens, and this server gives them.
pub(crate) fn is_wanted(state: &State, scope: &ScopeSet) -> bool {
    state.policy().capabilities.openid && scope.iter().any(|token| token.as_str() == "openid")
}

/// Signs an ID token.
pub(crate) async fn make(state: &State, basis: Basis<'_>) -> Result<Secret, Stop> {
    let details = basis.details;
    let algorithm = algorithm(state, basis.client)?;
    let subject = subject::of(state, basis.client, basis.user)?;
    let person = told(state, &basis).await?;
    let facts = Facts {
        issuer: &state.policy().issuer,
        client: &basis.client.id,
        subject: &subject,
        session: details.session,
        authenticated_at: basis.authenticated_at,
        acr: details.acr.as_deref(),
        amr: &details.amr,
        nonce: details.nonce.as_deref().filter(|_| !basis.refreshed),
        access_token: basis.access_token.map(Secret::expose),
        code: basis.code.map(Secret::expose),
        hash: half_hash(algorithm),
        lifetime: state.policy().id_token_lifetime(basis.client),
    };
    let claims = claims(&facts, person, state.clock.now());
    let payload = Value::Object(claims).to_string().into_bytes();
    Ok(Secret::new(state.store.sign(TYPE, algorithm, payload).await?))
}

/// With what is signed for this client.
pub(crate) fn algorithm(state: &State, client: &Client) -> Result<Algorithm, Stop> {
    let chosen = client.metadata.id_token_signed_response_alg;
    chosen.or_else(|| state.policy().capabilities.default_algorithm()).ok_or_else(|| {
        tracing::error!("no algorithm is set for signing: name one in oauth.signing_algorithms");
        Stop::Internal
    })
}

/// What it tells about the person. Where no access token comes with it there is no userinfo answer to ask for the rest, so
/// all of it is told here (§5.4).
async fn told(state: &State, basis: &Basis<'_>) -> Result<Map<String, Value>, Stop> {
    let alone = basis.access_token.is_none() && basis.code.is_none();
    let asked = !basis.details.claims.id_token.is_empty();
    if !alone && !asked && state.settings.claims_hook.is_none() {
        return Ok(Map::new());
    }
    let Some(person) = state.store.users().claims(basis.user).await? else { return Ok(Map::new()) };
    let place = if alone { Place::IdTokenAlone } else { Place::IdToken };
    let about = About { client: basis.client, user: basis.user, person: &person };
    Ok(about.told(state, Granted { scope: basis.scope, claims: &basis.details.claims }, place))
}

/// A person and who is told about them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) client: &'a Client,
    pub(crate) user: UserId,
    pub(crate) person: &'a PersonClaims,
}

impl About<'_> {
    /// What may be told at this place, with what the program's own hook adds.
    pub(crate) fn told(
        &self,
        state: &State,
        granted: Granted<'_>,
        place: Place,
    ) -> Map<String, Value> {
        let mut told = release(self.person, granted, place);
        let Some(hook) = &state.settings.claims_hook else { return told };
        let facts = HookFacts {
            user: self.user,
            person: self.person,
            client: &self.client.id,
            scope: granted.scope,
            asked: granted.asked(place),
            place,
        };
        if let Err(fault) = add_from_hook(&mut told, hook.0.as_ref(), &facts) {
            tracing::error!(%fault, "the claims hook");
        }
        told
    }
}

/// What an ID token of ours says, when a client shows it again.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// For whom it was made.
    pub(crate) client: ClientId,
    /// Whom it is about, as that client knows them.
    pub(crate) subject: String,
    /// The session in which they were signed in.
    pub(crate) session: Option<SessionId>,
}

/// Read an ID token that we made, however old it is; `None` for anything else.
pub(crate) fn read(state: &State, text: &str) -> Option<Shown> {
    let unverified = Unverified::parse(text).ok()?;
    if !unverified.header().is_type(TYPE) {
        return None;
    }
    let keys = state.store.vault().public_keys();
    let verified = unverified.verify(&keys, &Algorithm::ALL).ok()?;
    let claims = verified.claims().ok()?;
    let ours = claims.issuer.as_deref() == Some(state.policy().issuer.as_str());
    // A signed userinfo answer says who made it and for whom as well, and is of the same type; it never says when it ends.
    let timed = claims.expires_at.is_some() && claims.issued_at.is_some();
    if !ours || !timed {
        return None;
    }
    let [client] = claims.audience.as_ref()?.names() else { return None };
    let session = claims.members().get("sid").and_then(Value::as_str);
    Some(Shown {
        client: ClientId::parse(client).ok()?,
        session: session.and_then(|text| SessionId::parse(text).ok()),
        subject: claims.subject?,
    })
}

/// The `sub` of an ID token that we made for this client, however old it is; `None` for anything else.
pub(crate) fn subject_of(state: &State, client: &Client, text: &str) -> Option<String> {
    read(state, text).filter(|shown| shown.client == client.id).map(|shown| shown.subject)
}

/// The digest that belongs to an algorithm (§3.1.3.6); that of Ed25519 is SHA-512.
const fn half_hash(algorithm: Algorithm) -> HalfHash {
    match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => HalfHash::Sha256,
        Algorithm::Rs384 | Algorithm::Ps384 | Algorithm::Es384 => HalfHash::Sha384,
        Algorithm::Rs512 | Algorithm::Ps512 | Algorithm::Es512 | Algorithm::EdDsa => {
            HalfHash::Sha512
        }
    }
}
