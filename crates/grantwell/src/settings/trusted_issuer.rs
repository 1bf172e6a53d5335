//! One table of `[[oauth.trusted_issuers]]`: another server whose assertions about people count.

use jose::{Algorithm, JwkSet};
use oauth::client::keys::KeySource;
use oauth::id::ClientId;
use oauth::policy::{self, SubjectForm};
use oauth::scope::{ScopeSet, ScopeToken};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Span;

/// Another server that may say about people that a client acts for them (RFC 7523 §2.1).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrustedIssuer {
    /// What its assertions name as `iss`, letter by letter.
    pub issuer: String,
    /// Its public keys: a JSON Web Key Set, as text.
    pub jwks: Option<String>,
    /// Where it publishes them.
    pub jwks_uri: Option<Url>,
    /// What it may sign with; when it is empty, everything that needs a public key.
    pub algorithms: Vec<String>,
    /// Whether `sub` is the id of an account or its username.
    pub subject: Subject,
    /// How long an assertion of it may live; an hour at most.
    pub max_lifetime: Span,
    /// The client ids that may bring its assertions; when it is not set, every client that is registered for the grant.
    pub clients: Option<Vec<String>>,
    /// The most that may be had by one; when it is not set, whatever the client may have.
    pub scopes: Option<Vec<String>>,
}

/// How `sub` names an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// By its id.
    #[default]
    UserId,
    /// By its username.
    Username,
}

impl Default for TrustedIssuer {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            jwks: None,
            jwks_uri: None,
            algorithms: Vec::new(),
            subject: Subject::default(),
            max_lifetime: Span::seconds(300),
            clients: None,
            scopes: None,
        }
    }
}

impl TrustedIssuer {
    /// What the rules know of it, or what is wrong with it; the text names the issuer and the key of the table.
    pub(crate) fn read(&self, allow_http: bool) -> Result<policy::TrustedIssuer, String> {
        let wrong = |why: String| format!("oauth.trusted_issuers, issuer {:?}: {why}", self.issuer);
        let read = || {
            let mut read = policy::TrustedIssuer::new(&self.issuer, self.keys(allow_http)?);
            if !self.algorithms.is_empty() {
                read.algorithms = self.algorithms()?;
            }
            read.subject = match self.subject {
                Subject::UserId => SubjectForm::UserId,
                Subject::Username => SubjectForm::Username,
            };
            read.longest = self.max_lifetime.duration();
            read.clients = each(self.clients.as_deref(), "clients", |id| ClientId::parse(id).ok())?;
            let scopes = |name: &str| ScopeToken::parse(name).ok();
            let scopes: Option<Vec<_>> = each(self.scopes.as_deref(), "scopes", scopes)?;
            read.scope = scopes.map(ScopeSet::from_tokens);
            read.check().map_err(|error| error.to_string())?;
            Ok(read)
        };
        read().map_err(wrong)
    }

    fn keys(&self, allow_http: bool) -> Result<KeySource, String> {
        match (&self.jwks, &self.jwks_uri) {
            (Some(_), Some(_)) => {
                Err("jwks and jwks_uri are both set: keep one of them".to_owned())
            }
            (None, None) => Err("neither jwks nor jwks_uri is set: its keys are needed".to_owned()),
            (Some(text), None) => {
                let set =
                    JwkSet::parse(text.as_bytes()).map_err(|error| format!("jwks: {error}"))?;
                match (set.keys(), set.skipped()) {
                    ([], []) => Err("jwks: the set has no keys".to_owned()),
                    ([], [why, ..]) => Err(format!("jwks: none of the keys can be used: {why}")),
                    _ => Ok(KeySource::Here(set)),
                }
            }
            (None, Some(url)) if url.scheme() == "https" => Ok(KeySource::At(url.clone())),
            (None, Some(url)) if url.scheme() == "http" && allow_http => {
                Ok(KeySource::At(url.clone()))
            }
            (None, Some(url)) => Err(format!(
                "jwks_uri is {url}: it has to begin with https://, or anybody on the way could put keys there"
            )),
        }
    }

    fn algorithms(&self) -> Result<Vec<Algorithm>, String> {
        let read = |name: &String| {
            Algorithm::parse(name).ok_or_else(|| {
                let known = Algorithm::ALL.map(Algorithm::as_str).join(", ");
                format!("algorithms names {name:?}, which is none of: {known}")
            })
        };
        self.algorithms.iter().map(read).collect()
    }
}

/// Each of these texts, read; nothing where none are set.
fn each<T, C: FromIterator<T>>(
    texts: Option<&[String]>,
    name: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<C>, String> {
    let read = |text: &String| {
        read(text).ok_or_else(|| format!("{name} holds {text:?}, which cannot be one"))
    };
    texts.map(|texts| texts.iter().map(read).collect()).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public key of RFC 8037, appendix A.2.
    const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    fn good() -> TrustedIssuer {
        TrustedIssuer {
            issuer: "https://partner.example".to_owned(),
            jwks: Some(JWKS.to_owned()),
            ..TrustedIssuer::default()
        }
    }

    #[test]
    fn what_is_set_is_what_the_rules_know() {
        let set = TrustedIssuer {
            algorithms: vec!["EdDSA".to_owned()],
            subject: Subject::Username,
            clients: Some(vec!["site".to_owned()]),
            scopes: Some(vec![]),
            ..good()
        };
        let read = set.read(false).unwrap();
        assert_eq!((read.issuer.as_str(), read.algorithms), (&*set.issuer, vec![Algorithm::EdDsa]));
        assert_eq!(read.subject, SubjectForm::Username);
        assert_eq!(read.longest, std::time::Duration::from_mins(5));
        assert_eq!(read.clients.unwrap().len(), 1);
        assert_eq!(read.scope, Some(ScopeSet::empty()), "nothing is not everything");
        let read = good().read(false).unwrap();
        assert_eq!(
            (read.algorithms.len(), read.clients, read.scope),
            (Algorithm::ALL.len(), None, None)
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        type Change = fn(&mut TrustedIssuer);
        let url = |text: &str| Url::parse(text).ok();
        let table: [(Change, &str); 10] = [
            (|t| t.issuer.clear(), "has a name"),
            (|t| t.jwks = None, "neither jwks nor jwks_uri"),
            (|t| t.jwks = Some("{}".to_owned()), "jwks:"),
            (|t| t.jwks = Some(r#"{"keys":[]}"#.to_owned()), "no keys"),
            (|t| t.jwks = Some(r#"{"keys":[{"kty":"oct","k":"AA"}]}"#.to_owned()), "shared secret"),
            (|t| t.algorithms = vec!["HS256".to_owned()], "none of: RS256"),
            (|t| t.max_lifetime = Span::seconds(0), "one second to one hour"),
            (|t| t.max_lifetime = Span::seconds(3601), "one second to one hour"),
            (|t| t.clients = Some(vec!["a b\n".to_owned()]), "clients holds"),
            (|t| t.scopes = Some(vec!["a b".to_owned()]), "scopes holds"),
        ];
        for (change, text) in table {
            let mut wrong = good();
            change(&mut wrong);
            let error = wrong.read(false).unwrap_err();
            assert!(error.starts_with("oauth.trusted_issuers") && error.contains(text), "{error}");
        }
        let mut both = good();
        both.jwks_uri = url("https://partner.example/jwks.json");
        assert!(both.read(false).unwrap_err().contains("both set"));
        both.jwks = None;
        assert!(both.read(false).is_ok());
        both.jwks_uri = url("http://partner.example/jwks.json");
        assert!(both.read(false).unwrap_err().contains("https://"));
        assert!(both.read(true).is_ok());
    }
}
