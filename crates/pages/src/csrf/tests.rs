//! Which tokens of a form are taken, in which session, and from which site a form may be posted.

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
    guard.check(&Attempt { method: &Method::POST, uri: &uri, headers, session, form_token: token })
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
    assert_eq!(post(&guard, &here, Some(b"session b"), Some(&issued.token)), Err(CsrfError::Wrong));
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
    assert_eq!(post(&guard, &back, Some(b"session"), Some(&issued.token)), Err(CsrfError::Wrong));
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
    for wrong in
        [&token[1..], &format!("{token}A"), &flipped, &"A".repeat(86), "é", &"x".repeat(1_000_000)]
    {
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
        assert_eq!(post(&guard, &headers(&pairs), Some(b"s"), Some(&token)), expected, "{pairs:?}");
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
        assert_eq!(post(&guard, &headers, Some(b"s"), Some(&token)), expected, "{host} {origin}");
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
