//! A client: what is known about a registered application, in the words of RFC 7591 §2.

mod change;
pub mod declaration;
mod draft;
mod field_error;
pub mod keys;
mod members;
mod metadata;

pub use crate::grant::GrantType;
pub use crate::redirect_uri::RedirectUri;
pub use draft::{Draft, Registration};
pub use field_error::FieldError;
pub(crate) use members::IMPLICIT;
pub use metadata::{ApplicationType, ClientMetadata, ConsentRule, Origin};

use crate::active::Standing;
use crate::error::Malformed;
use crate::id::{ClientId, UserId};
use crate::scope::ScopeSet;
use crate::secret::same_bytes;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// All facts about a client that a rule may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The name it is known by on the wire.
    pub id: ClientId,
    /// The name people read.
    pub name: String,
    /// Who registered it; none for those of the operator.
    pub owner: Option<UserId>,
    /// Whether it can keep a secret (RFC 6749 §2.1).
    pub client_type: ClientType,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// What its secret is checked against; none for a public client.
    pub secret: Option<StoredSecret>,
    /// What it may do at the token endpoint.
    pub grant_types: BTreeSet<GrantType>,
    /// Where a person may be sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// The most it may be granted; `None` means every declared scope.
    pub scope: Option<ScopeSet>,
    /// The audiences it is the resource server of: it may introspect tokens meant for these.
    pub resources: Vec<String>,
    /// What else it has registered.
    pub metadata: ClientMetadata,
    /// Whether it is switched on.
    pub active: bool,
    /// Whether it is part of this very installation, such as the application of the guide.
    pub first_party: bool,
    /// Raised to kill every token it has been issued.
    pub epoch: u32,
}

impl Client {
    /// The client of our own application, such as the one of the guide: it has no secret that
    /// somebody could copy out of it, and it registers, signs in and refreshes.
    pub fn first_party(id: ClientId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            owner: None,
            client_type: ClientType::Public,
            auth_method: AuthMethod::None,
            secret: None,
            grant_types: BTreeSet::from([GrantType::Password, GrantType::RefreshToken]),
            redirect_uris: Vec::new(),
            scope: None,
            resources: Vec::new(),
            metadata: ClientMetadata {
                consent: ConsentRule::Trusted,
                origin: Origin::Operator,
                ..ClientMetadata::default()
            },
            active: true,
            first_party: true,
            epoch: 0,
        }
    }

    /// Whether scripts of this origin may read what this client is answered: one that it has registered, or that of a
    /// redirect URI of a client that lives in browsers.
    pub fn allows_origin(&self, origin: &str) -> bool {
        let registered = self.metadata.allowed_origins.iter().any(|known| known == origin);
        // The same place on this origin is the registered one: on a loopback address the port is free.
        let own = |uri: &RedirectUri| {
            let (_, rest) = uri.as_str().split_once("://").unwrap_or_default();
            let path = rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or_default();
            uri.as_str().starts_with("http") && uri.matches(&format!("{origin}{path}"))
        };
        let in_browser = self.client_type == ClientType::Public;
        origin.contains("://") && (registered || (in_browser && self.redirect_uris.iter().any(own)))
    }

    /// The origins about which [`allows_origin`](Self::allows_origin) can say yes, but for the port of a loopback address.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        let in_browser = self.client_type == ClientType::Public;
        let own = self.redirect_uris.iter().filter(move |_| in_browser);
        let registered = self.metadata.allowed_origins.iter().map(String::as_str);
        registered.chain(own.filter_map(RedirectUri::origin))
    }

    /// How it is doing, for what it asks now.
    pub const fn standing(&self) -> Standing {
        Standing::of(self.active, self.epoch, self.epoch)
    }

    /// Whether it needs another secret to authenticate by this method: it has none, or one that is kept in a form by which the
    /// method cannot be checked.
    pub fn needs_new_secret(&self, method: AuthMethod) -> bool {
        method.has_secret() && !self.secret.as_ref().is_some_and(|secret| secret.serves(method))
    }

    /// Whether it is registered for this grant.
    pub fn may_use(&self, grant: &GrantType) -> bool {
        self.grant_types.contains(grant)
    }
}

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientType {
    /// Runs on a server that it alone controls.
    Confidential,
    /// Runs on devices or in browsers of others; whatever it carries, others can read.
    Public,
}

impl ClientType {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Confidential, Self::Public];

    /// The word of RFC 6749 §2.1.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confidential => "confidential",
            Self::Public => "public",
        }
    }

    /// Read the word.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or(Malformed("a client is either confidential or public"))
    }
}

/// How a client authenticates: `token_endpoint_auth_method` (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthMethod {
    /// It does not: a public client only names itself.
    None,
    /// The secret in an `Authorization: Basic` header, and only there.
    ClientSecretBasic,
    /// The secret in the form body, and only there.
    ClientSecretPost,
    /// The secret in either place. Our own word: what a client gets whose developer did not
    /// choose, because libraries differ in what they send by themselves and both prove the same.
    ClientSecret,
    /// A JWT with a MAC that its secret has made (RFC 7523 §2.2, OIDC Core §9), and nothing else.
    ClientSecretJwt,
    /// A JWT that its private key has signed (RFC 7523 §2.2), and nothing else.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecret,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
    ];

    /// Whether a client with this method has a secret here.
    pub const fn has_secret(self) -> bool {
        self.sends_secret() || self.seals_secret()
    }

    /// Whether the client sends the secret itself.
    pub const fn sends_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecret)
    }

    /// Whether the server keeps the secret itself, sealed, because it checks a MAC with it. Of every other secret it keeps
    /// only what cannot be turned back.
    pub const fn seals_secret(self) -> bool {
        matches!(self, Self::ClientSecretJwt)
    }

    /// The word of RFC 7591 §2, or ours.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecret => "client_secret",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Read the word.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|method| method.as_str() == text);
        known.ok_or(Malformed(
            "an authentication method is none, client_secret_basic, client_secret_post, \
             client_secret for either of the two, client_secret_jwt or private_key_jwt",
        ))
    }

    /// Whether a client registered with this method may authenticate by `used`.
    pub const fn admits(self, used: Self) -> bool {
        match self {
            Self::None => matches!(used, Self::None),
            Self::ClientSecretBasic => matches!(used, Self::ClientSecretBasic),
            Self::ClientSecretPost => matches!(used, Self::ClientSecretPost),
            Self::ClientSecret => matches!(used, Self::ClientSecretBasic | Self::ClientSecretPost),
            Self::ClientSecretJwt => matches!(used, Self::ClientSecretJwt),
            Self::PrivateKeyJwt => matches!(used, Self::PrivateKeyJwt),
        }
    }
}

/// `Display` and `FromStr` of a closed set of words.
macro_rules! words {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> Result<Self, Malformed> {
                Self::parse(text)
            }
        }
    )*};
}

words!(ClientType, AuthMethod);

/// What is kept of a client secret, to check what is presented against. No form of it can be presented.
#[derive(Clone)]
pub enum StoredSecret {
    /// The keyed digest of a secret that we generated.
    Digest([u8; 32]),
    /// The slow hash (PHC string) of a secret that somebody chose or brought along.
    Slow(String),
    /// The secret itself, encrypted under the master key of the server, for a client that makes a MAC with it.
    Sealed(String),
}

impl StoredSecret {
    /// Whether a client that authenticates by this method can be checked with it.
    pub const fn serves(&self, method: AuthMethod) -> bool {
        method.has_secret() && method.seals_secret() == matches!(self, Self::Sealed(_))
    }

    /// Whether it is this keyed digest, in constant time; the other forms never are.
    pub fn is_digest(&self, digest: &[u8; 32]) -> bool {
        match self {
            Self::Digest(stored) => same_bytes(stored, digest),
            Self::Slow(_) | Self::Sealed(_) => false,
        }
    }
}

impl PartialEq for StoredSecret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Digest(left), Self::Digest(right)) => same_bytes(left, right),
            (Self::Slow(left), Self::Slow(right)) | (Self::Sealed(left), Self::Sealed(right)) => {
                same_bytes(left.as_bytes(), right.as_bytes())
            }
            _ => false,
        }
    }
}

impl Eq for StoredSecret {}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest(_) => "Digest(…)",
            Self::Slow(_) => "Slow(…)",
            Self::Sealed(_) => "Sealed(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{client, public_client};
    use crate::redirect_uri::origin_key;

    /// RBBA-6.3-c
    #[test]
    fn the_origins_of_a_client_are_those_it_registered() {
        let uris = [
            "https://app.example/cb",
            "http://localhost:3000/cb",
            "http://127.0.0.1/cb",
            "com.example.app:/cb",
        ];
        let uris: Vec<_> = uris.iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect();
        let public = Client { redirect_uris: uris.clone(), ..public_client() };
        let mut confidential = Client { redirect_uris: uris, ..client() };
        for origin in ["https://app.example", "http://localhost:3000", "http://127.0.0.1:4711"] {
            assert!(public.allows_origin(origin), "{origin}");
            let key = origin_key(origin);
            assert!(public.origins().any(|known| origin_key(known) == key), "{origin}");
            assert!(!confidential.allows_origin(origin), "{origin}: it has no scripts in browsers");
        }
        for origin in [
            "",
            "https://",
            "null",
            "https://app.exampl",
            "https://app.example/cb",
            "https://app.example:8443",
            "http://localhost",
            "com.example.app:",
        ] {
            assert!(!public.allows_origin(origin), "{origin}");
        }
        confidential.metadata.allowed_origins = vec!["https://spa.example".to_owned()];
        assert!(confidential.allows_origin("https://spa.example"));
        assert_eq!(confidential.origins().collect::<Vec<_>>(), ["https://spa.example"]);
    }

    #[test]
    fn stored_secrets_are_the_same_only_in_kind_and_in_every_byte_and_show_nothing() {
        let digest = |byte| StoredSecret::Digest([byte; 32]);
        let slow = |text: &str| StoredSecret::Slow(text.to_owned());
        assert_eq!(digest(1), digest(1));
        assert_eq!(slow("a"), slow("a"));
        let sealed = |text: &str| StoredSecret::Sealed(text.to_owned());
        assert_eq!(sealed("a"), sealed("a"));
        for (left, right) in [
            (digest(1), digest(2)),
            (slow("a"), slow("b")),
            (digest(1), slow("a")),
            (sealed("a"), sealed("b")),
            (sealed("a"), slow("a")),
        ] {
            assert_ne!(left, right);
        }
        let shown = format!("{:?} {:?} {:?}", digest(1), slow("a"), sealed("a"));
        assert_eq!(shown, "Digest(…) Slow(…) Sealed(…)");
    }

    #[test]
    fn a_secret_serves_the_methods_that_its_form_can_check() {
        let forms = [
            None,
            Some(StoredSecret::Digest([1; 32])),
            Some(StoredSecret::Slow("a".to_owned())),
            Some(StoredSecret::Sealed("a".to_owned())),
        ];
        for (method, needs_new) in [
            (AuthMethod::None, [false; 4]),
            (AuthMethod::PrivateKeyJwt, [false; 4]),
            (AuthMethod::ClientSecret, [true, false, false, true]),
            (AuthMethod::ClientSecretBasic, [true, false, false, true]),
            (AuthMethod::ClientSecretPost, [true, false, false, true]),
            (AuthMethod::ClientSecretJwt, [true, true, true, false]),
        ] {
            let found =
                forms.clone().map(|secret| Client { secret, ..client() }.needs_new_secret(method));
            assert_eq!(found, needs_new, "{method}");
        }
    }
}
