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
mod tests {
    use super::*;

    const SELF: &str = "http://127.0.0.1:8000";

    fn guard() -> Csrf {
        Csrf::new([9; 32], CookieKind::Plain, Entropy::system())
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:8000"));
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn post(
        guard: &Csrf,
        headers: &HeaderMap,
        session: Option<&[u8]>,
        token: Option<&str>,
    ) -> Result<(), CsrfError> {
        let uri = Uri::from_static("/x");
        guard.check(&Attempt {
            method: &Method::POST,
            uri: &uri,
            headers,
            session,
            form_token: token,
        })
    }

    fn cookie_of(issued: &Issued) -> String {
        let set = issued.set_cookie.as_ref().unwrap().to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn a_token_works_in_its_own_session_only() {
        let guard = guard();
        let here = headers(&[("origin", SELF), ("sec-fetch-site", "same-origin")]);
        let issued = guard.issue(&here, Some(b"session a")).unwrap();
        assert!(issued.set_cookie.is_none());
        assert_eq!(post(&guard, &here, Some(b"session a"), Some(&issued.token)), Ok(()));
        assert_eq!(
            post(&guard, &here, Some(b"session b"), Some(&issued.token)),
            Err(CsrfError::Wrong)
        );
        assert_eq!(post(&guard, &here, None, Some(&issued.token)), Err(CsrfError::NoCookie));
        let other_key = Csrf::new([8; 32], CookieKind::Plain, Entropy::system());
        assert_eq!(
            post(&other_key, &here, Some(b"session a"), Some(&issued.token)),
            Err(CsrfError::Wrong)
        );
    }

    #[test]
    fn a_token_from_before_sign_in_is_void_after_it() {
        let guard = guard();
        let issued = guard.issue(&headers(&[]), None).unwrap();
        let cookie = cookie_of(&issued);
        let back = headers(&[("cookie", &cookie)]);
        assert_eq!(post(&guard, &back, None, Some(&issued.token)), Ok(()));
        assert_eq!(
            post(&guard, &back, Some(b"session"), Some(&issued.token)),
            Err(CsrfError::Wrong)
        );
        // Not even when the session happens to be named by the same bytes.
        let raw = URL_SAFE_NO_PAD.decode(cookie.split_once('=').unwrap().1).unwrap();
        assert_eq!(post(&guard, &back, Some(&raw), Some(&issued.token)), Err(CsrfError::Wrong));
    }

    #[test]
    fn the_cookie_is_made_once_and_the_token_looks_different_each_time() {
        let guard = guard();
        let first = guard.issue(&headers(&[]), None).unwrap();
        let back = headers(&[("cookie", &cookie_of(&first))]);
        let second = guard.issue(&back, None).unwrap();
        assert!(second.set_cookie.is_none());
        assert_ne!(first.token, second.token);
        for token in [&first.token, &second.token] {
            assert_eq!(post(&guard, &back, None, Some(token)), Ok(()));
        }
        let set = first.set_cookie.unwrap();
        let set = set.to_str().unwrap();
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Domain"),
            "{set}"
        );
    }

    #[test]
    fn missing_wrong_and_mangled_tokens_are_refused() {
        let guard = guard();
        let here = headers(&[]);
        let token = guard.issue(&here, Some(b"s")).unwrap().token;
        assert_eq!(post(&guard, &here, Some(b"s"), None), Err(CsrfError::Missing));
        assert_eq!(post(&guard, &here, Some(b"s"), Some("")), Err(CsrfError::Missing));
        let flipped = if token.starts_with('A') {
            token.replacen('A', "B", 1)
        } else {
            format!("A{}", &token[1..])
        };
        for wrong in [
            &token[1..],
            &format!("{token}A"),
            &flipped,
            &"A".repeat(86),
            "é",
            &"x".repeat(1_000_000),
        ] {
            assert_eq!(post(&guard, &here, Some(b"s"), Some(wrong)), Err(CsrfError::Wrong));
        }
    }

    #[test]
    fn the_header_may_carry_the_token_once() {
        let guard = guard();
        let token = guard.issue(&headers(&[]), Some(b"s")).unwrap().token;
        assert_eq!(post(&guard, &headers(&[("x-csrf-token", &token)]), Some(b"s"), None), Ok(()));
        let twice = headers(&[("x-csrf-token", &token), ("x-csrf-token", &token)]);
        assert_eq!(post(&guard, &twice, Some(b"s"), None), Err(CsrfError::Wrong));
    }

    #[test]
    fn another_site_is_refused_even_with_the_right_token() {
        let guard = guard();
        let token = guard.issue(&headers(&[]), Some(b"s")).unwrap().token;
        for (pairs, expected) in [
            (vec![], Ok(())),
            (vec![("origin", SELF)], Ok(())),
            (vec![("origin", "HTTP://127.0.0.1:8000")], Ok(())),
            (vec![("sec-fetch-site", "same-origin")], Ok(())),
            (vec![("sec-fetch-site", "none")], Ok(())),
            (vec![("sec-fetch-site", "cross-site")], Err(CsrfError::CrossSite)),
            (vec![("sec-fetch-site", "same-site")], Err(CsrfError::CrossSite)),
            (vec![("sec-fetch-site", "anything")], Err(CsrfError::CrossSite)),
            (
                vec![("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
                Err(CsrfError::CrossSite),
            ),
            (vec![("sec-fetch-site", "cross-site"), ("origin", SELF)], Err(CsrfError::CrossSite)),
            (
                vec![("sec-fetch-site", "same-origin"), ("origin", "http://evil.example")],
                Err(CsrfError::CrossSite),
            ),
            (vec![("origin", "null")], Err(CsrfError::CrossSite)),
            (vec![("origin", "")], Err(CsrfError::CrossSite)),
            (vec![("origin", "http://")], Err(CsrfError::CrossSite)),
            (vec![("origin", "http://127.0.0.1:8001")], Err(CsrfError::CrossSite)),
            (vec![("origin", "http://127.0.0.1")], Err(CsrfError::CrossSite)),
            (vec![("origin", "http://127.0.0.1:8000.evil.example")], Err(CsrfError::CrossSite)),
            (vec![("origin", "ftp://127.0.0.1:8000")], Err(CsrfError::CrossSite)),
            (vec![("origin", SELF), ("origin", SELF)], Err(CsrfError::CrossSite)),
        ] {
            assert_eq!(
                post(&guard, &headers(&pairs), Some(b"s"), Some(&token)),
                expected,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn on_https_the_origin_must_be_https_and_configured_origins_count() {
        let guard = Csrf::new([9; 32], CookieKind::Secure, Entropy::system())
            .with_origins(["https://id.example/"]);
        let token = guard.issue(&HeaderMap::new(), Some(b"s")).unwrap().token;
        for (host, origin, expected) in [
            ("id.internal:8000", "https://id.example", Ok(())),
            ("id.internal", "https://id.internal", Ok(())),
            ("id.internal:443", "https://id.internal", Ok(())),
            ("id.internal", "http://id.internal", Err(CsrfError::CrossSite)),
            ("id.internal", "https://id.example.evil", Err(CsrfError::CrossSite)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            headers.insert("origin", origin.parse().unwrap());
            assert_eq!(
                post(&guard, &headers, Some(b"s"), Some(&token)),
                expected,
                "{host} {origin}"
            );
        }
    }

    #[test]
    fn http_2_names_the_host_in_the_uri() {
        let guard = guard();
        let mut headers = HeaderMap::new();
        headers.insert("origin", SELF.parse().unwrap());
        let token = guard.issue(&headers, Some(b"s")).unwrap().token;
        let uri = Uri::from_static("http://127.0.0.1:8000/x");
        let attempt = Attempt {
            method: &Method::POST,
            uri: &uri,
            headers: &headers,
            session: Some(b"s"),
            form_token: Some(&token),
        };
        assert_eq!(guard.check(&attempt), Ok(()));
        let uri = Uri::from_static("/x");
        assert_eq!(guard.check(&Attempt { uri: &uri, ..attempt }), Err(CsrfError::CrossSite));
    }

    #[test]
    fn reading_needs_no_token_and_every_other_method_does() {
        let guard = guard();
        let here = headers(&[]);
        let uri = Uri::from_static("/x");
        for (method, expected) in [
            (Method::GET, Ok(())),
            (Method::HEAD, Ok(())),
            (Method::OPTIONS, Ok(())),
            (Method::POST, Err(CsrfError::Missing)),
            (Method::PUT, Err(CsrfError::Missing)),
            (Method::PATCH, Err(CsrfError::Missing)),
            (Method::DELETE, Err(CsrfError::Missing)),
            (Method::from_bytes(b"PROPFIND").unwrap(), Err(CsrfError::Missing)),
        ] {
            let attempt = Attempt {
                method: &method,
                uri: &uri,
                headers: &here,
                session: Some(b"s"),
                form_token: None,
            };
            assert_eq!(guard.check(&attempt), expected, "{method}");
        }
    }
}
