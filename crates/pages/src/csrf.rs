//! Cross-site request forgery guard: a token bound to the session (or to a cookie before sign-in) and a check of where
//! the request came from (Fetch Metadata, RFC 6454 `Origin`).

use ambient::{Entropy, EntropyError};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use subtle::ConstantTimeEq;

use crate::cookie::CookieKind;
use crate::keyed;
use crate::refusal::Refusal;

/// The form field that carries the token.
pub const FIELD: &str = "csrf_token";
/// The header that may carry it instead, for scripts of our own pages.
pub const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// The cookie that binds the token while nobody is signed in (with `__Host-` before it on https).
pub const COOKIE: &str = "grantwell_csrf";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Gives out and checks the tokens. Cheap to clone.
///
/// The token of a page is the keyed digest of what it is bound to, masked afresh for every response so that a compressed
/// page never repeats it (BREACH). Nothing is stored on the server. A token from before sign-in is void afterwards,
/// because what it was bound to is another thing.
#[derive(Clone)]
pub struct Csrf {
    key: [u8; 32],
    kind: CookieKind,
    origins: std::sync::Arc<[String]>,
    entropy: Entropy,
}

impl std::fmt::Debug for Csrf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Csrf")
            .field("kind", &self.kind)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

/// A token for one response.
#[derive(Debug, Clone)]
pub struct Issued {
    /// For the hidden field [`FIELD`]; put it into [`crate::Page::csrf_token`].
    pub token: String,
    /// To be sent with the response: the new pre-session cookie.
    pub set_cookie: Option<HeaderValue>,
}

/// A request whose right to change something is in question.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// GET, HEAD, OPTIONS and TRACE are safe and always pass: they must not change anything.
    pub method: &'a Method,
    /// Names the host where HTTP/2 leaves out the `Host` header.
    pub uri: &'a Uri,
    /// `Sec-Fetch-Site`, `Origin`, `Host`, `Cookie` and `X-CSRF-Token` are read.
    pub headers: &'a HeaderMap,
    /// What identifies the signed-in session, as given to [`Csrf::issue`].
    pub session: Option<&'a [u8]>,
    /// The value of the form field [`FIELD`].
    pub form_token: Option<&'a str>,
}

impl<'a> Attempt<'a> {
    /// From the head of a request.
    pub fn new(
        parts: &'a http::request::Parts,
        session: Option<&'a [u8]>,
        form_token: Option<&'a str>,
    ) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            session,
            form_token,
        }
    }
}

/// Why a request may not change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsrfError {
    /// Another site (or one that hides its name) sent the browser here.
    #[error("the request came from another site")]
    CrossSite,
    /// The browser did not send the cookie that belongs to the form.
    #[error("the cookie that belongs to the form is missing")]
    NoCookie,
    /// Neither the field nor the header was there.
    #[error("the form token is missing")]
    Missing,
    /// Made for another session, before sign-in, by another server key, or by hand.
    #[error("the form token does not belong to this session")]
    Wrong,
}

impl CsrfError {
    /// A stable code for programs and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::CrossSite => "csrf_cross_site",
            Self::NoCookie => "csrf_cookie_missing",
            Self::Missing => "csrf_token_missing",
            Self::Wrong => "csrf_token_wrong",
        }
    }
}

impl From<CsrfError> for Refusal {
    fn from(error: CsrfError) -> Self {
        let (happened, todo) = match error {
            CsrfError::CrossSite => (
                "The form was sent from another site, or from a page that hides where it came from. Nothing was changed.",
                "Open the page on this site and send the form from there.",
            ),
            CsrfError::NoCookie => (
                "Your browser did not send the cookie that protects this form. Nothing was changed.",
                "Allow cookies for this site, go back, reload the page and try again.",
            ),
            CsrfError::Missing => (
                "The form came without its protection token. Nothing was changed.",
                "Go back, reload the page and send the form again. A program sends an access token as \
                 `Authorization: Bearer …` instead of a cookie, or the token in the header `X-CSRF-Token`.",
            ),
            CsrfError::Wrong => (
                "The form belongs to an earlier session: you may have signed in or out in another tab. Nothing was changed.",
                "Go back, reload the page and send the form again.",
            ),
        };
        Self::new(StatusCode::FORBIDDEN, error.code(), "This form cannot be accepted")
            .because(happened)
            .advise(todo)
    }
}

impl Csrf {
    /// A guard under `key`, which must be secret, the same on all nodes, and kept over restarts.
    pub fn new(key: [u8; 32], kind: CookieKind, entropy: Entropy) -> Self {
        Self { key, kind, origins: [].into(), entropy }
    }

    /// Origins (such as `https://id.example.com`) that count as this site besides the one named by `Host`; needed behind
    /// a proxy that changes `Host`.
    #[must_use]
    pub fn with_origins(mut self, origins: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.origins = origins
            .into_iter()
            .map(|origin| origin.as_ref().trim_end_matches('/').to_ascii_lowercase())
            .collect();
        self
    }

    /// Which cookies this server may set.
    pub fn cookie_kind(&self) -> CookieKind {
        self.kind
    }

    /// A token for the page that is about to be sent.
    ///
    /// `session` identifies the signed-in session (its digest, or the cookie's value). Without one, the token is bound
    /// to the pre-session cookie, which is made when the request had none; no row is written for it.
    pub fn issue(
        &self,
        headers: &HeaderMap,
        session: Option<&[u8]>,
    ) -> Result<Issued, EntropyError> {
        let (digest, set_cookie) = if let Some(session) = session {
            (self.digest(Bound::Session(session)), None)
        } else if let Some(cookie) = self.cookie(headers) {
            (self.digest(Bound::Cookie(&cookie)), None)
        } else {
            let fresh = self.entropy.fill::<32>()?;
            // base64url has only characters that a cookie may have, so this is always written.
            let set = self.kind.set(COOKIE, &URL_SAFE_NO_PAD.encode(fresh), None).ok();
            (self.digest(Bound::Cookie(&fresh)), set)
        };
        let mask = self.entropy.fill::<32>()?;
        let masked: Vec<u8> =
            mask.iter().copied().chain(mask.iter().zip(&digest).map(|(m, d)| m ^ d)).collect();
        Ok(Issued { token: URL_SAFE_NO_PAD.encode(masked), set_cookie })
    }

    /// Lets a request pass, or says why not. Ask it before anything is read from or written to the database.
    pub fn check(&self, attempt: &Attempt<'_>) -> Result<(), CsrfError> {
        if matches!(*attempt.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE) {
            return Ok(());
        }
        self.came_from_here(attempt)?;
        let cookie;
        let bound = if let Some(session) = attempt.session {
            Bound::Session(session)
        } else {
            cookie = self.cookie(attempt.headers).ok_or(CsrfError::NoCookie)?;
            Bound::Cookie(&cookie)
        };
        let token = match (attempt.form_token, given(attempt.headers, &HEADER)) {
            (Some(token), _) if !token.is_empty() => token.as_bytes(),
            (_, Given::Once(token)) => token,
            (_, Given::Repeatedly) => return Err(CsrfError::Wrong),
            (_, Given::Absent) => return Err(CsrfError::Missing),
        };
        let presented = unmask(token).ok_or(CsrfError::Wrong)?;
        if bool::from(presented.ct_eq(&self.digest(bound))) {
            Ok(())
        } else {
            Err(CsrfError::Wrong)
        }
    }

    /// The browser's own word on where the request was made. A caller that sends neither header is no browser of this
    /// decade; then only the token decides.
    fn came_from_here(&self, attempt: &Attempt<'_>) -> Result<(), CsrfError> {
        // `same-site` is refused as well: a sister host need not be as trustworthy as this one.
        match given(attempt.headers, &SEC_FETCH_SITE) {
            Given::Absent | Given::Once(b"same-origin" | b"none") => {}
            Given::Once(_) | Given::Repeatedly => return Err(CsrfError::CrossSite),
        }
        let origin = match given(attempt.headers, &header::ORIGIN) {
            Given::Absent => return Ok(()),
            Given::Once(origin) => {
                std::str::from_utf8(origin).map_err(|_| CsrfError::CrossSite)?.to_ascii_lowercase()
            }
            Given::Repeatedly => return Err(CsrfError::CrossSite),
        };
        let own = self.origins.contains(&origin) || self.is_named_by_host(&origin, attempt);
        if own { Ok(()) } else { Err(CsrfError::CrossSite) }
    }

    fn is_named_by_host(&self, origin: &str, attempt: &Attempt<'_>) -> bool {
        let authority = match attempt.uri.authority() {
            Some(authority) => authority.as_str(),
            None => match given(attempt.headers, &header::HOST) {
                Given::Once(host) => std::str::from_utf8(host).unwrap_or_default(),
                _ => return false,
            },
        };
        let Some((scheme, named)) = origin.split_once("://") else { return false };
        let port = match scheme {
            "https" => ":443",
            // Somebody between the browser and us can write any page on http; on https its word counts for nothing.
            "http" if self.kind == CookieKind::Plain => ":80",
            _ => return false,
        };
        let bare = |text: &str| text.strip_suffix(port).unwrap_or(text).to_ascii_lowercase();
        !named.is_empty() && bare(named) == bare(authority)
    }

    fn cookie(&self, headers: &HeaderMap) -> Option<[u8; 32]> {
        let value = self.kind.read(headers, COOKIE)?;
        URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
    }

    fn digest(&self, bound: Bound<'_>) -> [u8; 32] {
        match bound {
            Bound::Session(session) => {
                keyed::digest(&self.key, "grantwell csrf v1 session", session)
            }
            Bound::Cookie(cookie) => {
                keyed::digest(&self.key, "grantwell csrf v1 before sign-in", cookie)
            }
        }
    }
}

/// What a token is bound to.
#[derive(Clone, Copy)]
enum Bound<'a> {
    Session(&'a [u8]),
    Cookie(&'a [u8; 32]),
}

/// A header that may be given once.
enum Given<'a> {
    Absent,
    Once(&'a [u8]),
    /// Says nothing, because nobody knows which one the others on the way have read.
    Repeatedly,
}

fn given<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Given<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Given::Absent,
        (Some(value), None) => Given::Once(value.as_bytes()),
        (Some(_), Some(_)) => Given::Repeatedly,
    }
}

fn unmask(token: &[u8]) -> Option<[u8; 32]> {
    // Checked before decoding, so that a huge field costs nothing.
    if token.len() != 86 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (mask, masked) = bytes.split_at_checked(32)?;
    let mut plain: [u8; 32] = masked.try_into().ok()?;
    plain.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    Some(plain)
}

#[cfg(test)]
mod tests;
