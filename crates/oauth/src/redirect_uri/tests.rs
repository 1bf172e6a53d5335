//! Which redirect URIs may be registered, and which ones a request may name.

use super::*;

#[test]
fn these_may_be_registered_and_match_themselves() {
    let longest = format!("https://app.example/{}", "x".repeat(2048 - 20));
    for text in [
        "https://app.example",
        "https://app.example/",
        "https://app.example/cb?x=1",
        "https://app.example:8443/cb",
        "https://xn--bcher-kva.example/cb",
        "https://app.example/a%20b",
        "https://app.example/@me?mail=a@b",
        "http://127.0.0.1/cb",
        "http://127.0.0.1:8080/cb",
        "http://[::1]/cb",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
        "com.example.app://cb/path?x=1",
        &longest,
    ] {
        let uri = RedirectUri::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert!(uri.matches(text) && uri.to_string() == text);
    }
}

/// R6749-3.1.2-a, R7591-3.2.2-a, R8252-7.1-a, table 1.1-R at registration
#[test]
fn these_may_not_be_registered() {
    let long = format!("https://app.example/{}", "x".repeat(8192));
    for text in [
        "",
        "/cb",
        "//app.example/cb",
        "app.example/cb",
        "https:",
        "https://",
        "https:///cb",
        "https:app.example/cb",
        "https:/app.example/cb",
        "https://app.example/cb#frag",
        "https://app.example/cb#",
        "https://*.app.example/cb",
        "https://app.example/*",
        "http://app.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.1/cb",
        "http://0.0.0.0/cb",
        "HTTPS://app.example/cb",
        "https://APP.EXAMPLE/cb",
        "https://app.example./cb",
        "https://app.example:443/cb",
        "https://user@app.example/cb",
        "https://@app.example/cb",
        "https://app.example@evil.example/cb",
        "https://app.example\\@evil/cb",
        "https://app.example/cb/../cb",
        "https://app.example/cb/..;/evil",
        "https://app.example/cb%2f..",
        "https://app.example/%252e%252e/cb",
        "https://app.example/cb%0d%0aSet-Cookie:x",
        "https://app.example/c\tb",
        "https://app.example/c\nb",
        "https://app.example/cb\0",
        "https://app.example/cb ",
        " https://app.example/cb",
        "https://\u{ff41}pp.example/cb",
        "https://b\u{fc}cher.example/cb",
        "https://[::1",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.example/1",
        "myapp:/cb",
        "com.example.app:cb",
        "Com.Example.App:/cb",
        "com.example.app://user@host/cb",
        "java_script.x:/cb",
        "1com.example:/cb",
        ".example.com:/cb",
        &long,
    ] {
        assert!(RedirectUri::parse(text).is_err(), "{text:?} was let pass");
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    for (text, word) in [
        ("", "1 to 2048"),
        ("app.example/cb", "absolute"),
        ("http://app.example/cb", "plain http is for"),
        ("https://app.example/cb#x", "fragment"),
        ("https://*.app.example/", "wildcard"),
        ("https://app.example/a b", "percent-encode"),
        ("https://user@app.example/cb", "user name or password"),
        ("https://@app.example/cb", "user name or password"),
        ("https://APP.example/@me", "plain form"),
        ("https://app.example./cb", "plain form"),
        ("https://app.example/a%2fb", "dot segments"),
        ("data:text/html,x", "run or read"),
        ("Com.Example.App:/cb", "lower case"),
        ("myapp:/cb", "domain name in reverse"),
        ("com.example.app:cb", "write a path"),
    ] {
        let said = RedirectUri::parse(text).unwrap_err().to_string();
        assert!(said.contains(word), "{text}: {said}");
    }
}

#[test]
fn an_app_on_the_device_is_told_from_a_site() {
    for (text, native, host, source) in [
        ("https://app.example:8443/cb", false, "app.example:8443", "https://app.example:8443"),
        ("http://127.0.0.1:81/cb", true, "127.0.0.1:81", "http://127.0.0.1:81"),
        ("http://localhost/cb", true, "localhost", "http://localhost"),
        ("com.example.app:/cb", true, "com.example.app", "com.example.app:"),
        ("com.example.app://cb/x", true, "com.example.app", "com.example.app:"),
    ] {
        let uri = RedirectUri::parse(text).unwrap();
        assert_eq!((uri.is_of_native_app(), host_of(text)), (native, host), "{text}");
        assert_eq!((source_of(text).as_str(), uri.as_str()), (source, text));
    }
    assert_eq!(host_of("https://app.example?x=1"), "app.example");
}

/// R21-2.3.1-a, table 1.1-R, R9700-2.1-a
#[test]
fn every_mutation_of_a_registered_uri_is_another_uri() {
    let registered = RedirectUri::parse("https://app.example/cb?x=1").unwrap();
    for text in [
        "https://app.example/cb?x=1&y=2",
        "https://app.example/cb",
        "https://app.example/cb?",
        "https://app.example/cb/?x=1",
        "https://app.example/CB?x=1",
        "https://app.example/cb/../cb?x=1",
        "https://app.example/cb/..;/evil?x=1",
        "https://app.example/cb;p=1?x=1",
        "https://app.example/%63b?x=1",
        "https://app.example/cb%2f..?x=1",
        "https://user@app.example/cb?x=1",
        "https://app.example@evil.example/cb?x=1",
        "https://app.example.evil.example/cb?x=1",
        "https://appXexample/cb?x=1",
        "https://app.example:444/cb?x=1",
        "https://app.example:443/cb?x=1",
        "http://app.example/cb?x=1",
        "HTTPS://APP.EXAMPLE/cb?x=1",
        "https://app.example./cb?x=1",
        "https://app.example/cb?x=1#",
        "https://app.example/cb?x=1 ",
        "https://app.example/cb?x=1\0",
        "",
    ] {
        assert!(!registered.matches(text), "{text:?} was let pass");
    }
}

/// R8252-7.3-a, R8252-7.3-b
#[test]
fn only_the_port_of_a_loopback_address_is_free() {
    let cases = [
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1:81/cb", "http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1/cb", true),
        ("http://[::1]/cb", "http://[::1]:1/cb", true),
        ("http://127.0.0.1/cb", "http://[::1]:1/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1/other", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x", false),
        ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb", false),
        ("http://127.0.0.1/cb", "http://u@127.0.0.1:1/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:+1/cb", false),
        ("http://127.0.0.1", "http://127.0.0.1:1.evil.example", false),
        ("http://127.0.0.1", "http://127.0.0.1.evil.example", false),
        ("http://localhost/cb", "http://localhost:3000/cb", false),
        ("https://127.0.0.1/cb", "https://127.0.0.1:3000/cb", false),
    ];
    for (registered, presented, expected) in cases {
        let uri = RedirectUri::parse(registered);
        let uri = uri.unwrap_or_else(|e| panic!("{registered}: {e}"));
        assert_eq!(uri.matches(presented), expected, "{registered} {presented}");
    }
}

/// RFC 6749 §3.1.2
#[test]
fn what_an_address_has_in_its_query_stays_as_it_is() {
    for (uri, expected) in [
        ("https://a.example/cb", "https://a.example/cb?s=1"),
        ("https://a.example/cb?", "https://a.example/cb?s=1"),
        ("https://a.example/cb?x=1", "https://a.example/cb?x=1&s=1"),
        ("https://a.example/cb?x=1&", "https://a.example/cb?x=1&s=1"),
    ] {
        assert_eq!(with_query(uri, &[("s", "1")]), expected);
    }
}
