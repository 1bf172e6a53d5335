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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::signer::{Signer, with};
    use crate::fixtures::{NOW, client};
    use serde_json::json;

    const SECONDS: i64 = 1_800_000_000;

    fn claims() -> Value {
        json!({
            "iss": "cli", "aud": "https://id.example", "client_id": "cli", "exp": SECONDS + 60, "scope": "read", "max_age": 7,
            "resource": ["https://a.example", "https://b.example"], "claims": {"userinfo": {}}, "prompt": null, "jti": "x",
        })
    }

    fn open(
        by: &Signer,
        client: &Client,
        outside: &str,
        object: &str,
    ) -> Result<Parameters, OAuthError> {
        let pairs = [("client_id", outside), ("request", object)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let object = RequestObject::of(&Parameters::from_pairs(pairs)?)?.unwrap();
        assert_eq!(object.key_id(), Some("k"));
        object.open(client, &by.keys(), &Issuer::parse("https://id.example").unwrap(), NOW)
    }

    #[test]
    fn what_is_in_it_are_the_parameters_and_what_it_says_of_itself_is_none() {
        let signer = Signer::new();
        let read = open(&signer, &client(), "cli", &signer.sign(None, &claims())).unwrap();
        assert_eq!(read.one("scope").unwrap(), Some("read"));
        assert_eq!(read.one("max_age").unwrap(), Some("7"));
        assert_eq!(read.one("claims").unwrap(), Some(r#"{"userinfo":{}}"#));
        assert_eq!(read.all("resource"), ["https://a.example", "https://b.example"]);
        for name in ["iss", "aud", "exp", "jti", "prompt"] {
            assert_eq!(read.one(name).unwrap(), None, "{name}");
        }
    }

    /// R9101-5-a, R9101-6.2-a, R9101-10.8-a, table 1.13-J
    #[test]
    fn every_claim_is_what_it_must_be() {
        let signer = Signer::new();
        for (name, value, error) in [
            ("client_id", Value::Null, OTHER_CLIENT),
            ("client_id", json!("other"), OTHER_CLIENT),
            ("client_id", json!(7), UNREADABLE),
            ("iss", Value::Null, OTHER_ISSUER),
            ("iss", json!("other"), OTHER_ISSUER),
            ("aud", Value::Null, OTHER_AUDIENCE),
            ("aud", json!("https://other.example"), OTHER_AUDIENCE),
            ("aud", json!(["https://id.example/"]), OTHER_AUDIENCE),
            ("sub", json!("cli"), ANOTHER_KIND),
            ("exp", json!(SECONDS - 10), NOT_IN_TIME),
            ("exp", json!("9999999999"), UNREADABLE),
            ("nbf", json!(SECONDS + 11), NOT_IN_TIME),
            ("request", json!("x"), NESTED),
            ("request_uri", json!("urn:x"), NESTED),
        ] {
            let object = signer.sign(None, &with(&claims(), name, &value));
            assert_eq!(
                open(&signer, &client(), "cli", &object).unwrap_err(),
                error,
                "{name}: {value}"
            );
        }
        for (name, value) in [
            ("exp", Value::Null),
            ("exp", json!(SECONDS - 9)),
            ("nbf", json!(SECONDS + 10)),
            ("sub", json!("somebody")),
            ("aud", json!(["https://id.example", "https://other.example"])),
        ] {
            let object = signer.sign(None, &with(&claims(), name, &value));
            assert!(open(&signer, &client(), "cli", &object).is_ok(), "{name}: {value}");
        }
        let good = signer.sign(None, &claims());
        assert_eq!(open(&signer, &client(), "other", &good).unwrap_err(), OTHER_CLIENT);
    }

    /// R9101-10.8-a
    #[test]
    fn its_type_its_key_and_its_algorithm_fit() {
        let (signer, other) = (Signer::new(), Signer::new());
        for (typ, good) in [
            (None, true),
            (Some("JWT"), true),
            (Some("oauth-authz-req+jwt"), true),
            (Some("client-authentication+jwt"), false),
            (Some("at+jwt"), false),
        ] {
            let object = signer.sign(typ, &claims());
            assert_eq!(open(&signer, &client(), "cli", &object).is_ok(), good, "{typ:?}");
        }
        let forged = other.sign(None, &claims());
        assert_eq!(open(&signer, &client(), "cli", &forged).unwrap_err(), BAD_SIGNATURE);
        let mut rsa = client();
        rsa.metadata.request_object_signing_alg = Some("RS256".to_owned());
        let good = signer.sign(None, &claims());
        assert_eq!(open(&signer, &rsa, "cli", &good).unwrap_err(), BAD_SIGNATURE);
    }

    /// R9101-5.2-a
    #[test]
    fn it_is_fetched_from_a_registered_address_alone() {
        let mut client = client();
        client.metadata.request_uris =
            vec!["https://cli.example/r".to_owned(), "no address".to_owned()];
        assert!(RequestObject::address("https://cli.example/r", &client).is_ok());
        for name in ["https://cli.example/", "https://cli.example/r#x", "no address", "urn:x"] {
            assert_eq!(RequestObject::address(name, &client), Err(NOT_REGISTERED), "{name}");
        }
        let pairs = |more: Option<(&str, &str)>| {
            let all =
                [("client_id", "cli"), ("request_uri", "https://cli.example/r"), ("state", "s")];
            let all = all.into_iter().chain(more);
            Parameters::from_pairs(all.map(|(name, value)| (name.to_owned(), value.to_owned())))
                .unwrap()
        };
        let read = RequestObject::fetched(&pairs(None), b"a.b.c\n").unwrap();
        assert_eq!(read.one("request").unwrap(), Some("a.b.c"));
        assert_eq!(read.one("request_uri").unwrap(), None);
        assert_eq!(read.one("state").unwrap(), Some("s"));
        assert_eq!(RequestObject::fetched(&pairs(None), b"\xff").unwrap_err(), UNREADABLE);
        let both = pairs(Some(("request", "x")));
        assert_eq!(RequestObject::fetched(&both, b"a.b.c").unwrap_err(), BOTH);
        assert_eq!(RequestObject::of(&both).unwrap_err(), BOTH);
        assert!(RequestObject::of(&pairs(None)).unwrap().is_none());
    }
}
