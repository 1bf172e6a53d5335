//! The settings of the authorization server.

use std::collections::BTreeMap;

use jose::Algorithm;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Profile, Span, TrustedIssuer};

/// The authorization server: its name, the lifetimes of what it issues, its scopes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct OAuth {
    /// For whom the server is set up: `oauth21` loosens nothing, `mcp` takes clients that are named by documents (Model Context
    /// Protocol), `legacy` has what old clients of Django OAuth Toolkit need, `testing` opens everything on this machine. A
    /// profile turns other settings on; what you set yourself counts more. `doctor` names what is loosened.
    pub profile: Profile,
    /// The issuer identifier (RFC 8414 §2). When it is not set: `server.public_url`, with `/o` in the profile `legacy`.
    pub issuer: Option<Url>,
    /// How long an access token is good for.
    pub access_token_lifetime: Span,
    /// The form of access tokens for a client that does not say: `sealed`, which only this server reads and others ask about, or
    /// `jwt`, which any resource server checks by itself (RFC 9068) and anybody who gets hold of it can read.
    pub access_token_format: AccessTokenFormat,
    /// A refresh token that is not used for this long ends.
    pub refresh_idle: Span,
    /// However often it is used, a chain of refresh tokens ends this long after it began; 0 for never.
    pub refresh_absolute: Span,
    /// A refresh token that was just used may be sent again for this long and is answered with the same
    /// successor, so that a lost answer signs nobody out; 0 makes every second use a replay.
    pub refresh_grace: Span,
    /// How old this server's list of revoked tokens may be before it asks the database on each request. A token
    /// that was revoked on another server is refused here after at most this time.
    pub max_staleness: Span,
    /// Scopes beside those that the resources declare, as name and what it lets a client do:
    /// `scopes = { read = "See your unicorns" }`.
    pub scopes: BTreeMap<String, String>,
    /// The identifiers of protected resources on other servers, such as `https://api.example.com/v1`, for which clients may ask for
    /// tokens (`resource`, RFC 8707). Those of this program are known already.
    pub resources: Vec<String>,
    /// The scopes given to a client that asks for none. When it is empty: every scope the client may have.
    pub default_scope: Vec<String>,
    /// The scopes that a person may leave out when they allow an application the rest.
    pub optional_scopes: Vec<String>,
    /// Offer OpenID Connect: ID tokens, the scopes `openid`, `profile`, `email`, `address`, `phone` and `offline_access`, and
    /// the userinfo endpoint.
    pub openid: bool,
    /// Let pages of clients ask the browser whether the person is still signed in here (OpenID Connect Session Management): a
    /// frame at `/o/check-session/` that any site may show, and a cookie that its script can read and that opens nothing.
    /// Browsers that keep cookies away from frames of other sites make it useless.
    pub session_management: bool,
    /// How long an authorization code may be traded in; ten minutes at most.
    pub authorization_code_lifetime: Span,
    /// How long a device waits for a person to type its code; one minute at least, 30 at most (RFC 8628 §3.2).
    pub device_code_lifetime: Span,
    /// How long an ID token may be relied on.
    pub id_token_lifetime: Span,
    /// How long a pushed authorization request may be opened (RFC 9126 §2.2); ten minutes at most.
    pub pushed_request_lifetime: Span,
    /// Take authorization requests only by reference: each client has to push them first (RFC 9126 §5).
    pub require_pushed_requests: bool,
    /// Let clients register themselves at `/o/register/` (RFC 7591) when they bring a token of `registration-token create`,
    /// and look after their registration (RFC 7592).
    pub client_registration: bool,
    /// Let clients register themselves without any token. Anybody can then make a client with any name; people are warned
    /// when it asks them, and it gets the default scopes at most.
    pub allow_open_client_registration: bool,
    /// Let a client name itself by the address of a document that describes it (OAuth Client ID Metadata Document), as MCP
    /// clients do: nobody registers it, the document is fetched. People are warned as with clients that register themselves,
    /// and the same limits hold.
    pub allow_client_id_documents: bool,
    /// How many clients one network address may register within an hour without a token and without waiting.
    pub client_registrations_per_address: u32,
    /// How many clients may have registered themselves.
    pub registered_clients: u64,
    /// A client that registered itself and that nobody has allowed anything is deleted after this time; 0 for never.
    pub unused_client_lifetime: Span,
    /// Let clients that are registered for it send a user's name and password to the token endpoint (`password`
    /// grant). OAuth 2.1 has dropped it, RFC 9700 §2.4 forbids it: it hands the password to the client and knows no
    /// second factor. The first-party API works without it.
    pub allow_password_grant: bool,
    /// Take the PKCE method `plain` from every client (RFC 7636 §4.2): whoever sees the request can then redeem the code. One
    /// old client is better let by `application update --pkce allow_plain`.
    pub allow_plain_pkce: bool,
    /// Offer the response types that give tokens through the browser (implicit and hybrid), for clients that register them.
    /// Histories, scripts and referrers see such tokens; OAuth 2.1 has dropped them.
    pub allow_implicit: bool,
    /// Other servers whose signature stands for a person, each in a table `[[oauth.trusted_issuers]]`: a client that is
    /// registered for the grant `urn:ietf:params:oauth:grant-type:jwt-bearer` brings their JWT and gets an access token for
    /// that person (RFC 7523 §2.1). Keys of a table: `issuer`, `jwks` or `jwks_uri`, `algorithms`, `subject` (`user_id` or
    /// `username`), `max_lifetime`, `clients`, `scopes`. The guide "Trust the word of another server" explains them.
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Accept an issuer that begins with `http://` and is not on this machine. Tokens and passwords then travel
    /// readable: only on a closed network.
    pub allow_http_issuer: bool,
    /// With what this server signs ID tokens and access tokens that are JWTs: `RS256`, `RS384`, `RS512`, `PS256`,
    /// `PS384`, `PS512`, `ES256`, `ES384`, `ES512`, `EdDSA`. Each has a key, which is made at the first start that
    /// names it. OpenID Connect demands RS256 of every provider.
    pub signing_algorithms: Vec<String>,
    /// How often expired rows are cleared away while the server runs; 0 leaves it to `cleartokens`.
    pub sweep_interval: Span,
}

/// The form of access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenFormat {
    /// Encrypted.
    Sealed,
    /// Signed (RFC 9068).
    Jwt,
}

impl Default for OAuth {
    fn default() -> Self {
        Self {
            profile: Profile::default(),
            issuer: None,
            access_token_lifetime: Span::seconds(3600),
            access_token_format: AccessTokenFormat::Sealed,
            refresh_idle: Span::days(30),
            refresh_absolute: Span::days(365),
            refresh_grace: Span::seconds(60),
            max_staleness: Span::seconds(2),
            scopes: BTreeMap::new(),
            resources: Vec::new(),
            default_scope: Vec::new(),
            optional_scopes: Vec::new(),
            openid: true,
            session_management: false,
            authorization_code_lifetime: Span::seconds(60),
            device_code_lifetime: Span::seconds(600),
            id_token_lifetime: Span::seconds(3600),
            pushed_request_lifetime: Span::seconds(60),
            require_pushed_requests: false,
            client_registration: false,
            allow_open_client_registration: false,
            allow_client_id_documents: false,
            client_registrations_per_address: 20,
            registered_clients: 10_000,
            unused_client_lifetime: Span::days(30),
            allow_password_grant: false,
            allow_plain_pkce: false,
            allow_implicit: false,
            trusted_issuers: Vec::new(),
            allow_http_issuer: false,
            signing_algorithms: ["RS256", "ES256", "EdDSA"].map(str::to_owned).into(),
            sweep_interval: Span::seconds(3600),
        }
    }
}

impl OAuth {
    /// The signing algorithms, each once. Names that are none were refused when the settings were read.
    pub(crate) fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms = Vec::new();
        for algorithm in self.signing_algorithms.iter().filter_map(|name| Algorithm::parse(name)) {
            if !algorithms.contains(&algorithm) {
                algorithms.push(algorithm);
            }
        }
        algorithms
    }
}
