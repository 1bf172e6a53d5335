//! What every handler may reach: the store, the rules' knobs, time and randomness, the pages.

use std::ops::Deref;
use std::sync::Arc;

use accounts::PasswordPolicy;
use accounts::password::Parameters;
use ambient::{Clock, Entropy};
use fetch::Fetcher;
use oauth::claims::ClaimsHook;
use oauth::grant::GrantType;
use oauth::policy::Policy;
use pages::cookie::PlainHttp;
use pages::{CookieKind, Csrf, Flash, Link, Pages};
use store::Store;
use vault::Purpose;

use crate::client_documents::ClientDocuments;
use crate::client_keys::ClientKeys;
use crate::extension::Extension;
use crate::extract::address::Network;
use crate::hashing::HashingLane;
use crate::limits::Limits;
use crate::urls::Urls;

/// What this room can be told; [`Settings::new`] has the defaults.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules of OAuth.
    pub policy: Policy,
    /// Where the pages are.
    pub urls: Urls,
    /// How much one caller may ask.
    pub limits: Limits,
    /// What a new password must be like.
    pub passwords: PasswordPolicy,
    /// How much work one password hash costs.
    pub hash: Parameters,
    /// How long a browser session lasts.
    pub sessions: accounts::session::Limits,
    /// Whether anybody may make an account at `/authentication/register/`.
    pub registration: bool,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Set cookies over plain http on any host: for a closed network whose operator says so.
    pub allow_plain_http_cookies: bool,
    /// How documents are fetched that clients name. By default: public https only.
    pub fetcher: Fetcher,
    /// The protected resources that this server describes (RFC 9728).
    pub resources: Vec<rest::ProtectedResource>,
    /// The administration's API, if there is one; it is described at its own address only.
    pub admin: Option<rest::ProtectedResource>,
    /// What the program itself tells clients about people.
    pub claims_hook: Option<Hook>,
    extension_grants: Vec<Extension>,
    /// Links that the project adds to the front page and the navigation: its API root, its documentation.
    pub links: Vec<pages::Link>,
}

impl Settings {
    /// The defaults for this policy.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            urls: Urls::default(),
            limits: Limits::default(),
            passwords: PasswordPolicy::default(),
            hash: Parameters::OWASP,
            sessions: accounts::session::Limits::default(),
            registration: true,
            trusted_proxies: Vec::new(),
            allow_plain_http_cookies: false,
            fetcher: Fetcher::default(),
            resources: Vec::new(),
            admin: None,
            claims_hook: None,
            extension_grants: Vec::new(),
            links: Vec::new(),
        }
    }

    /// Offers a grant of the program's own, in the metadata and at the token endpoint. One of the same name is replaced.
    pub fn offer(&mut self, grant: Extension) {
        self.policy.capabilities.offer(GrantType::Extension(grant.name().clone()));
        self.extension_grants.retain(|other| other.name() != grant.name());
        self.extension_grants.push(grant);
    }

    /// The grants of the program's own.
    pub fn extension_grants(&self) -> &[Extension] {
        &self.extension_grants
    }
}

impl Settings {
    /// Every protected resource, that of the administration included.
    pub(crate) fn all_resources(&self) -> impl Iterator<Item = &rest::ProtectedResource> {
        self.resources.iter().chain(&self.admin)
    }
}

/// A program's own claims, shared by all requests.
#[derive(Clone)]
pub struct Hook(pub Arc<dyn ClaimsHook>);

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Hook").field(&self.0.names()).finish()
    }
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct State(Arc<Shared>);

/// What a [`State`] gives access to.
pub struct Shared {
    /// Everything that is kept.
    pub store: Store,
    /// How pages are rendered.
    pub pages: Pages,
    /// Guards every form.
    pub csrf: Csrf,
    /// Messages over one redirect.
    pub flash: Flash,
    /// Which cookies may be set.
    pub cookies: CookieKind,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Where passwords are hashed.
    pub hashing: HashingLane,
    /// What documents say about clients that are named by them.
    pub client_documents: ClientDocuments,
    /// The keys that clients sign with.
    pub client_keys: ClientKeys,
    /// What we were told.
    pub settings: Settings,
}

impl State {
    /// The address of whoever sent a request; a trusted proxy's word is taken.
    pub fn client_address(&self, parts: &http::request::Parts) -> std::net::IpAddr {
        crate::extract::address::client(parts, &self.settings.trusted_proxies)
    }

    /// Puts the parts together.
    ///
    /// # Errors
    /// [`PlainHttp`] when the issuer is a plain http address that other machines can reach: sign-in cookies could be read
    /// on the way.
    pub fn new(
        store: Store,
        pages: Pages,
        clock: Clock,
        entropy: Entropy,
        settings: Settings,
    ) -> Result<Self, PlainHttp> {
        let (scheme, host) = origin(settings.policy.issuer.as_str());
        let cookies = match CookieKind::for_host(scheme, host) {
            Err(_) if settings.allow_plain_http_cookies => CookieKind::Plain,
            other => other?,
        };
        let key = store.vault().digest(Purpose::Csrf, b"forms and flash messages");
        let issuer_origin = settings.policy.issuer.url("");
        let limits = &settings.limits;
        Ok(Self(Arc::new(Shared {
            csrf: Csrf::new(key, cookies, entropy.clone()).with_origins([issuer_origin]),
            flash: Flash::new(key, cookies),
            hashing: HashingLane::new(limits.hashing_parallel, limits.hashing_queue),
            client_documents: ClientDocuments::new(settings.fetcher.clone(), &settings.policy),
            client_keys: ClientKeys::new(settings.fetcher.clone()),
            store,
            pages,
            cookies,
            clock,
            entropy,
            settings,
        })))
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// The rules of OAuth.
    pub fn policy(&self) -> &Policy {
        &self.settings.policy
    }

    /// How documents are fetched that clients name, and how clients are told something: the only way out.
    pub fn fetcher(&self) -> &Fetcher {
        &self.settings.fetcher
    }

    /// The links in the header of a page at `path`, for somebody who is signed in or is not.
    pub fn navigation(&self, signed_in: bool, path: &str) -> Vec<Link> {
        let mut links = self.settings.links.clone();
        if signed_in {
            links.push(Link::new("Applications", self.urls().applications()));
        }
        for link in &mut links {
            link.current = link.href != "/" && path.starts_with(&link.href);
        }
        links
    }

    /// Where the pages are.
    pub fn urls(&self) -> &Urls {
        &self.settings.urls
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Scheme and host of an issuer, which has been parsed as a URL before.
fn origin(issuer: &str) -> (&str, &str) {
    let (scheme, rest) = issuer.split_once("://").unwrap_or(("", issuer));
    let authority = rest.split('/').next().unwrap_or_default();
    // The port follows the last colon, unless that colon is inside an IPv6 address.
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    (scheme, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_host_are_cut_out_of_the_issuer() {
        for (issuer, expected) in [
            ("https://id.example.com", ("https", "id.example.com")),
            ("https://id.example.com:8443/tenant", ("https", "id.example.com")),
            ("http://0.0.0.0:8000", ("http", "0.0.0.0")),
            ("http://[::1]:8000", ("http", "[::1]")),
            ("http://[::1]", ("http", "[::1]")),
        ] {
            assert_eq!(origin(issuer), expected, "{issuer}");
        }
    }
}
