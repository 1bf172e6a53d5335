//! What this server does: lifetimes, scopes, and the one list of capabilities that drives both its
//! behaviour and its metadata.

mod capabilities;
mod endpoints;
mod trusted_issuer;

pub use crate::endpoint::registration::SelfRegistration;
use crate::grant::GrantType;
pub use capabilities::Capabilities;
pub use endpoints::Endpoints;
pub use trusted_issuer::{SubjectForm, TrustedIssuer};

use crate::access_token::TokenFormat;
use crate::client::{Client, Origin};
use crate::error::{ErrorCode, Malformed, OAuthError};
use crate::issuer::Issuer;
use crate::pkce::Pkce;
use crate::scope::{ScopeSet, ScopeToken};
use crate::subject::SubjectType;
use crate::time::Timestamp;
use jose::Algorithm;
use std::time::Duration;

/// Every knob of the rules, with safe defaults.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who we are.
    pub issuer: Issuer,
    /// The scopes that exist. If none is declared, no scope can be asked for.
    pub scopes: Vec<ScopeDeclaration>,
    /// The scopes that only clients of an operator may have, and only those that are registered for them by name: nobody
    /// gets one by default, by registering itself, or by asking for everything.
    pub operator_scopes: Vec<ScopeDeclaration>,
    /// What a client gets that does not ask for a scope (RFC 6749 §3.3), as far as it may have it.
    pub default_scope: ScopeSet,
    /// The resources that tokens are for; empty means any resource of this server.
    pub audience: Vec<String>,
    /// The resources that a client may name as the target of its tokens (RFC 8707), by their identifiers.
    pub resources: Vec<String>,
    /// The form of access tokens where a client has none of its own.
    pub token_format: TokenFormat,
    /// How long an authorization code may be redeemed, at most ten minutes (RFC 6749 §4.1.2). Default 60 s.
    pub code_lifetime: Duration,
    /// How long a device waits for a person, at most 30 minutes (RFC 8628 §3.2). Default ten minutes: what may be guessed of
    /// its user code is counted for that time.
    pub device_code_lifetime: Duration,
    /// How long an ID token may be relied on. Default one hour.
    pub id_token_lifetime: Duration,
    /// What clients have to do about PKCE that have no rule of their own.
    pub pkce: Pkce,
    /// How long a pushed request may be opened, at most ten minutes (RFC 9126 §2.2). Default 60 s.
    pub pushed_request_lifetime: Duration,
    /// Whether every authorization request has to be pushed (RFC 9126 §5).
    pub require_pushed_requests: bool,
    /// Who may register a client by RFC 7591. Default: nobody.
    pub self_registration: SelfRegistration,
    /// Whether a client may be named by the address of a document about it (OAuth Client ID Metadata Document).
    pub client_id_documents: bool,
    /// How long an access token lives, at most 24 hours. Default one hour.
    pub access_token_lifetime: Duration,
    /// How long an authorization lives without a refresh. Default 30 days.
    pub refresh_idle: Duration,
    /// How long an authorization lives at most; `None` means for as long as it is used. Default
    /// 365 days.
    pub refresh_absolute: Option<Duration>,
    /// How long a lost answer to a refresh can be asked for again. Default 60 s; zero turns it off.
    pub refresh_grace: Duration,
    /// What is offered.
    pub capabilities: Capabilities,
}

/// One scope that exists: its name and what a person reads about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDeclaration {
    /// The name on the wire.
    pub name: ScopeToken,
    /// What it allows, in words, for consent pages and documentation.
    pub description: String,
    /// Whether a person may leave it out when they consent to the rest.
    pub optional: bool,
}

/// The scopes of OpenID Connect and what a person reads about them (OIDC Core §3.1.2.1, §5.4, §11).
pub const OPENID_SCOPES: [(&str, &str); 6] = [
    ("openid", "Know who you are here"),
    ("profile", "See your name, your picture and what else your profile says"),
    ("email", "See your e-mail address"),
    ("address", "See your postal address"),
    ("phone", "See your phone number"),
    ("offline_access", "Stay connected while you are away, until you end it"),
];

impl Policy {
    /// The longest that an access token may live. Revocations are remembered for this long,
    /// so that a lifetime that is made shorter later does not bring a dead token back to life.
    pub const LONGEST_ACCESS_TOKEN: Duration = Duration::from_hours(24);

    /// The defaults, for this issuer.
    pub fn new(issuer: Issuer) -> Self {
        const DAY: Duration = Duration::from_hours(24);
        Self {
            issuer,
            scopes: Vec::new(),
            operator_scopes: Vec::new(),
            default_scope: ScopeSet::empty(),
            audience: Vec::new(),
            resources: Vec::new(),
            token_format: TokenFormat::Sealed,
            code_lifetime: Duration::from_mins(1),
            device_code_lifetime: Duration::from_mins(10),
            id_token_lifetime: Duration::from_hours(1),
            pkce: Pkce::Required,
            pushed_request_lifetime: Duration::from_mins(1),
            require_pushed_requests: false,
            self_registration: SelfRegistration::Closed,
            client_id_documents: false,
            access_token_lifetime: Duration::from_hours(1),
            refresh_idle: DAY.saturating_mul(30),
            refresh_absolute: Some(DAY.saturating_mul(365)),
            refresh_grace: Duration::from_mins(1),
            capabilities: Capabilities::default(),
        }
    }

    /// Whether the settings hold together; the error says which does not.
    pub fn check(&self) -> Result<(), Malformed> {
        if self.access_token_lifetime < Duration::from_secs(1)
            || self.access_token_lifetime > Self::LONGEST_ACCESS_TOKEN
        {
            return Err(Malformed("an access token lives from one second to 24 hours"));
        }
        if self.refresh_idle.is_zero() || self.refresh_absolute.is_some_and(|span| span.is_zero()) {
            return Err(Malformed("a refresh token must live longer than no time at all"));
        }
        if self.refresh_grace > Duration::from_mins(10) {
            return Err(Malformed("the grace for a repeated refresh is at most ten minutes"));
        }
        if self.code_lifetime.is_zero() || self.code_lifetime > Duration::from_mins(10) {
            return Err(Malformed("an authorization code lives from one second to ten minutes"));
        }
        if self.pushed_request_lifetime < Duration::from_secs(1)
            || self.pushed_request_lifetime > Duration::from_mins(10)
        {
            return Err(Malformed("a pushed request waits from one second to ten minutes"));
        }
        if self.require_pushed_requests && self.capabilities.pushes().is_none() {
            return Err(Malformed(
                "requests have to be pushed, and there is no endpoint to push them to",
            ));
        }
        if self.device_code_lifetime < Duration::from_mins(1)
            || self.device_code_lifetime > Duration::from_mins(30)
        {
            return Err(Malformed("a device code lives from one minute to 30 minutes"));
        }
        if self.token_format == TokenFormat::Jwt && self.capabilities.signing_algorithms.is_empty()
        {
            return Err(Malformed(
                "access tokens are to be JWTs, and there is no algorithm to sign them with",
            ));
        }
        let declared = self.declared_scope();
        if self.operator_scopes.iter().any(|scope| declared.contains(&scope.name)) {
            return Err(Malformed(
                "a scope has the name of one that only an operator's clients may have; give it another one",
            ));
        }
        if !self.default_scope.within(&declared) {
            return Err(Malformed("the default scope names a scope that is not declared"));
        }
        trusted_issuer::check_all(&self.capabilities.trusted_issuers, &self.issuer)
    }

    /// Where clients register themselves; nowhere if they may not.
    pub fn registration_path(&self) -> Option<&str> {
        let open = self.self_registration != SelfRegistration::Closed;
        self.capabilities.endpoints.registration.as_deref().filter(|_| open)
    }

    /// When an access token lapses that this client is issued now.
    pub fn access_token_expiry(&self, client: &Client, now: Timestamp) -> Timestamp {
        let own = client.metadata.access_token_lifetime;
        now + lifetime(client, own, self.access_token_lifetime).min(Self::LONGEST_ACCESS_TOKEN)
    }

    /// How long an ID token of this client may be relied on.
    pub fn id_token_lifetime(&self, client: &Client) -> Duration {
        lifetime(client, client.metadata.id_token_lifetime, self.id_token_lifetime)
    }

    /// Whether this client gets refresh tokens with what people allow it.
    pub fn refreshes(&self, client: &Client) -> bool {
        client.may_use(&GrantType::RefreshToken)
            && self.capabilities.offers(&GrantType::RefreshToken)
    }

    /// With what the access tokens of this client are signed; `None`: they are sealed.
    ///
    /// Those of a client with pairwise subjects are always sealed: the client can read a JWT, and would find in its `sub`
    /// the name by which other sectors know the person (OIDC Core §8.1).
    pub fn signs_tokens_of(&self, client: &Client) -> Option<Algorithm> {
        let format = client.metadata.access_token_format.unwrap_or(self.token_format);
        let readable = client.metadata.subject_type == SubjectType::Public;
        match format {
            TokenFormat::Jwt if readable => self.capabilities.default_algorithm(),
            TokenFormat::Jwt | TokenFormat::Sealed => None,
        }
    }

    /// The names of all declared scopes.
    pub fn declared_scope(&self) -> ScopeSet {
        self.scopes.iter().map(|scope| scope.name.clone()).collect()
    }

    /// The names of the scopes that ask about a person: those of OpenID Connect, if it is offered.
    pub fn person_scope(&self) -> ScopeSet {
        if !self.capabilities.openid {
            return ScopeSet::empty();
        }
        OPENID_SCOPES.iter().filter_map(|(name, _)| ScopeToken::from_static(name)).collect()
    }

    /// What a scope allows, in words; `None` for one that does not exist.
    pub fn words_for(&self, scope: &ScopeToken) -> Option<&str> {
        let mut all = self.scopes.iter().chain(&self.operator_scopes);
        let declared = all.find(|declared| declared.name == *scope);
        let known = || OPENID_SCOPES.iter().find(|(name, _)| *name == scope.as_str());
        match declared {
            Some(declared) => Some(&declared.description),
            None if self.capabilities.openid => known().map(|(_, words)| *words),
            None => None,
        }
    }

    /// Whether a person may leave this scope out when they consent to the rest.
    pub fn is_optional(&self, scope: &ScopeToken) -> bool {
        self.scopes.iter().any(|declared| declared.name == *scope && declared.optional)
    }

    /// The resources that a request names (RFC 8707 §2); nothing if it names none. One that is not absolute, has a
    /// fragment or is not known here is `invalid_target`. A slash at the end makes no difference.
    pub fn targets<'a>(
        &self,
        named: impl Iterator<Item = &'a str>,
    ) -> Result<Vec<String>, OAuthError> {
        let mut targets: Vec<String> = Vec::new();
        for resource in named {
            let bare = resource.trim_end_matches('/');
            let mut known = self.resources.iter();
            let known = known.find(|known| known.trim_end_matches('/') == bare);
            let known = known.ok_or(UNKNOWN_TARGET)?;
            if !targets.contains(known) {
                targets.push(known.clone());
            }
        }
        Ok(targets)
    }

    /// The resources that a token is for: those that its request names (RFC 8707 §2), or else the default.
    pub fn audience_for(&self, named: &[String]) -> Result<Vec<String>, OAuthError> {
        let targets = self.targets(named.iter().map(String::as_str))?;
        Ok(if targets.is_empty() { self.audience.clone() } else { targets })
    }

    /// What this client may have at most when it acts for a person who has been asked.
    pub fn person_scope_allowed_to(&self, client: &Client) -> ScopeSet {
        let all = self.declared_scope().union(&self.person_scope());
        match &client.scope {
            Some(limit) => all.union(&self.operator_scope_of(client)).intersection(limit),
            None => all,
        }
    }

    /// As [`grant_scope`](Self::grant_scope), for a request about which a person is asked: the scopes of OpenID Connect
    /// exist here. A request that names none gets the default.
    pub fn grant_scope_to_person(
        &self,
        requested: Option<&ScopeSet>,
        client: &Client,
    ) -> Result<ScopeSet, OAuthError> {
        let Some(requested) = requested else { return self.grant_scope(None, client) };
        within(requested, &self.person_scope_allowed_to(client))
    }

    /// What this client may have at most.
    pub fn scope_allowed_to(&self, client: &Client) -> ScopeSet {
        let declared = self.declared_scope();
        match &client.scope {
            Some(limit) => declared.union(&self.operator_scope_of(client)).intersection(limit),
            None => declared,
        }
    }

    /// The names of the scopes beyond the declared ones that this client may have: all, if the operator alone looks after it. A
    /// person who owns it can change where its tokens go.
    pub fn operator_scope_of(&self, client: &Client) -> ScopeSet {
        match client.owner {
            None => self.operator_scope(client.metadata.origin),
            Some(_) => ScopeSet::empty(),
        }
    }

    /// The names of the scopes beyond the declared ones that a client may be registered for which came to be in this way.
    pub fn operator_scope(&self, origin: Origin) -> ScopeSet {
        let own = self.operator_scopes.iter().filter(|_| origin == Origin::Operator);
        own.map(|scope| scope.name.clone()).collect()
    }

    /// The scope a client gets: what it asks for, or else the default, never more than it may have
    /// (RFC 6749 §3.3). What may not be had is `invalid_scope` that names it.
    pub fn grant_scope(
        &self,
        requested: Option<&ScopeSet>,
        client: &Client,
    ) -> Result<ScopeSet, OAuthError> {
        self.grant_scope_of(requested, &self.scope_allowed_to(client))
    }

    /// The same where `allowed` is the most that may be had.
    pub(crate) fn grant_scope_of(
        &self,
        requested: Option<&ScopeSet>,
        allowed: &ScopeSet,
    ) -> Result<ScopeSet, OAuthError> {
        let Some(requested) = requested else {
            let scope = self.default_scope.intersection(allowed);
            return if scope.is_empty() && !self.scopes.is_empty() {
                Err(NO_DEFAULT_SCOPE)
            } else {
                Ok(scope)
            };
        };
        within(requested, allowed)
    }
}

fn within(requested: &ScopeSet, allowed: &ScopeSet) -> Result<ScopeSet, OAuthError> {
    let excess = requested.without(allowed);
    if excess.is_empty() {
        return Ok(requested.clone());
    }
    Err(OAuthError::with_text(
        ErrorCode::InvalidScope,
        format!("this client may not have the scope: {excess}"),
    ))
}

const UNKNOWN_TARGET: OAuthError = OAuthError::new(
    ErrorCode::InvalidTarget,
    "resource does not name a resource of this server; its protected resource metadata has the exact identifier",
);

const NO_DEFAULT_SCOPE: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    "the request names no scope and this client gets none by default; send scope",
);

/// What a client has registered for itself counts, but only an operator's client has more than others, also once others get less.
fn lifetime(client: &Client, own: Option<u32>, of_server: Duration) -> Duration {
    let Some(seconds) = own else { return of_server };
    let own = Duration::from_secs(seconds.into());
    if client.metadata.origin == Origin::Operator { own } else { own.min(of_server) }
}

#[cfg(test)]
mod tests;
