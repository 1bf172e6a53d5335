//! A request that its client has signed: RFC 9101 §5, §6; OIDC Core §6.1. What stands outside of it is not used.

use super::parameters::Parameters;
use crate::client::{Client, keys};
use crate::error::{ErrorCode, OAuthError};
use crate::issuer::Issuer;
use crate::time::Timestamp;
use jose::{Claims, JwkSet, NumericDate, Unverified, Verified};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// The `typ` of a request object that says what it is for (RFC 9101 §10.8).
pub const MEDIA_TYPE: &str = "oauth-authz-req+jwt";

/// How far the clocks of client and server may differ.
const LEEWAY: Duration = Duration::from_secs(10);

/// Claims about the object itself: no parameters of the request.
const OF_THE_OBJECT: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// A request object whose form is right and whose signature nobody has looked at.
#[derive(Clone, Debug)]
pub struct RequestObject {
    client: String,
    jws: Unverified,
}

impl RequestObject {
    /// The one in `request`; `None` if there is none. It never comes together with `request_uri`, and `client_id` stands
    /// beside it (RFC 9101 §5).
    pub fn of(parameters: &Parameters) -> Result<Option<Self>, OAuthError> {
        let Some(text) = parameters.one("request")? else { return Ok(None) };
        if !parameters.all("request_uri").is_empty() {
            return Err(BOTH);
        }
        let client = parameters.one("client_id")?.ok_or(NO_CLIENT)?.to_owned();
        let jws = Unverified::parse(text).map_err(|_| UNREADABLE)?;
        Ok(Some(Self { client, jws }))
    }

    /// Where the object lies that `name` (a `request_uri`) stands for: an address that the client has registered, letter for
    /// letter (RFC 9101 §5.2, OIDC Core §6.2). Nobody else can make this server fetch anything.
    pub fn address(name: &str, client: &Client) -> Result<Url, OAuthError> {
        let registered = client.metadata.request_uris.iter().any(|known| known == name);
        let url = Url::parse(name).ok().filter(|_| registered);
        url.ok_or(NOT_REGISTERED)
    }

    /// The request with the object in it that was fetched from its `request_uri`.
    pub fn fetched(parameters: &Parameters, body: &[u8]) -> Result<Parameters, OAuthError> {
        if parameters.one("request")?.is_some() {
            return Err(BOTH);
        }
        let object = std::str::from_utf8(body).map_err(|_| UNREADABLE)?.trim().to_owned();
        let rest = parameters.without(&["request_uri"]);
        let pairs = rest.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Parameters::from_pairs(pairs.chain([("request".to_owned(), object)]))
    }

    /// The key that it names.
    pub fn key_id(&self) -> Option<&str> {
        self.jws.header().key_id.as_deref()
    }

    /// The parameters in it, once it has been found to be this client's, for this server and in time (RFC 9101 §6).
    pub fn open(
        &self,
        client: &Client,
        keys: &JwkSet,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<Parameters, OAuthError> {
        let allowed = keys::allowed(client.metadata.request_object_signing_alg.as_deref());
        let verified = self.jws.verify(keys, &allowed).map_err(|_| BAD_SIGNATURE)?;
        check_type(&verified)?;
        let claims = verified.claims().map_err(|_| UNREADABLE)?;
        check_parties(&claims, &self.client, client, issuer)?;
        let now = NumericDate::from_millis(now.as_millis());
        claims.check_times(now, LEEWAY).map_err(|_| NOT_IN_TIME)?;
        if claims.member("request").is_some() || claims.member("request_uri").is_some() {
            return Err(NESTED);
        }
        Parameters::from_pairs(pairs(&claims))
    }
}

/// RFC 8725 §3.11: no JWT of another kind passes for one.
fn check_type(verified: &Verified) -> Result<(), OAuthError> {
    let header = &verified.header;
    let fits = header.media_type().is_none() || header.is_type(MEDIA_TYPE) || header.is_type("JWT");
    if fits { Ok(()) } else { Err(ANOTHER_KIND) }
}

/// Who made it, and for whom. A `sub` that is the client would make a client assertion of it (RFC 9101 §10.8).
fn check_parties(
    claims: &Claims,
    outside: &str,
    client: &Client,
    issuer: &Issuer,
) -> Result<(), OAuthError> {
    let id = client.id.as_str();
    let inside = claims.text("client_id").map_err(|_| UNREADABLE)?;
    if outside != id || inside != Some(id) {
        return Err(OTHER_CLIENT);
    }
    if claims.issuer.as_deref() != Some(id) {
        return Err(OTHER_ISSUER);
    }
    if !claims.audience.as_ref().is_some_and(|audience| audience.contains(issuer.as_str())) {
        return Err(OTHER_AUDIENCE);
    }
    if claims.subject.as_deref() == Some(id) { Err(ANOTHER_KIND) } else { Ok(()) }
}

/// As parameters are in a form: what is no text is JSON, and of `resource` there may be several.
fn pairs(claims: &Claims) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in claims.members() {
        match value {
            _ if OF_THE_OBJECT.contains(&name.as_str()) => {}
            Value::Null => {}
            Value::String(text) => pairs.push((name.clone(), text.clone())),
            Value::Array(all) if name == "resource" => {
                let texts = all.iter().map(|one| one.as_str().unwrap_or("?").to_owned());
                pairs.extend(texts.map(|text| (name.clone(), text)));
            }
            other => pairs.push((name.clone(), other.to_string())),
        }
    }
    pairs
}

const BOTH: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the request has both request and request_uri; send one of them",
);
const NOT_REGISTERED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequestUri,
    "the request_uri is neither one that waits here nor one that the application has registered; it must be the same, letter \
     for letter",
);
const NO_CLIENT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter client_id is missing; it stands beside the request object too",
);

/// A request object that is refused.
const fn refused(why: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequestObject, why)
}

const UNREADABLE: OAuthError = refused("the request object is not one signed JWT with good claims");
const BAD_SIGNATURE: OAuthError = refused(
    "the request object is not signed by a registered key of the application with an algorithm that it may use",
);
const ANOTHER_KIND: OAuthError = refused(
    "the JWT is not a request object: its typ or its sub says that it is for something else",
);
const OTHER_CLIENT: OAuthError =
    refused("client_id in the request object is not the client_id beside it");
const OTHER_ISSUER: OAuthError = refused("iss of the request object is not the client");
const OTHER_AUDIENCE: OAuthError = refused("aud of the request object is not this server's issuer");
const NOT_IN_TIME: OAuthError =
    refused("the request object has expired or is not valid yet; check the clock of its maker");
const NESTED: OAuthError =
    refused("the request object contains request or request_uri, which is not allowed");
