//! Where a [`Principal`] comes from: the seam to the in-process token check, to remote introspection, to a browser session.
use futures_util::future::BoxFuture;
use http::request::Parts;
use oauth::{error::OAuthError, principal::Principal};

/// Finds out who is asking.
pub trait Verifier: Send + Sync + 'static {
    /// The caller of a request, from its `Authorization` header or its session cookie; `None` when it brought neither.
    ///
    /// A credential that was brought but is not good is a failure, never `None`.
    fn verify<'a>(
        &'a self,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, VerifyFailure>>;

    /// The browser session of a request, asked only to render pages and to check forms. `None` without one.
    fn session<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Option<BrowserSession>> {
        let _ = parts;
        Box::pin(std::future::ready(None))
    }

    /// What is known about the person behind a credential that was accepted. `None` for a client that acts for itself, and
    /// where accounts are somebody else's.
    fn person<'a>(
        &'a self,
        principal: &'a Principal,
    ) -> BoxFuture<'a, Result<Option<Person>, VerifyFailure>> {
        let _ = principal;
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// What permissions ask about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// May open the administration.
    pub staff: bool,
    /// May do everything there.
    pub superuser: bool,
}

/// What pages and forms need to know about a browser's session.
#[derive(Clone, Debug)]
pub struct BrowserSession {
    /// What form tokens are bound to: the bytes that all pages of the program give to `Csrf::issue` and `Csrf::check`.
    pub identity: Vec<u8>,
    /// Who is signed in, for the head of the page.
    pub signed_in: pages::SignedIn,
}

/// Why nobody can be named.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFailure {
    /// The credential is not accepted (RFC 6750 §3.1).
    #[error("the credential is refused")]
    Refused(OAuthError),
    /// Whoever knows about credentials does not answer at the moment.
    #[error("credentials cannot be checked at the moment")]
    Unavailable,
}
