//! Where requests may not go, and what they never do.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::world::{Canary, LIMITS, Turns, url};
use grantwell_fetch::testing::{Answer, Peer};
use grantwell_fetch::{FetchError, Fetcher, Policy, SpecialUse, UrlFault};

/// OWASP A10, API7; ROIDR-5-a, R9101-5.2-a, RBCL-2.5-a: every spelling of an address that is not public.
#[tokio::test]
async fn no_spelling_of_an_address_leads_inside() {
    let canary = Canary::at("127.0.0.1:0").await;
    let port = canary.address.port();
    let fetcher = Fetcher::default();
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0177.0.0.1",
        "127.255.255.254",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "\u{2460}27.0.0.1",
        "%31%32%37.0.0.1",
        "0.0.0.0",
        "0",
        "0x0",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "255.255.255.255",
        "[ff02::1]",
        "[2001:db8::1]",
        "168.63.129.16",
        "localhost",
        "LOCALHOST",
    ] {
        let url = url(&format!("https://{host}:{port}/"));
        let error = fetcher.get(&url, LIMITS).await.unwrap_err();
        assert!(matches!(error, FetchError::Address { .. }), "{host}: {error}");
        let posted = fetcher.post_form(&url, &[], LIMITS).await.unwrap_err();
        assert_eq!(posted, error, "{host}");
        let is_name = host.to_lowercase().starts_with("localhost");
        assert_eq!(fetcher.admits(&url).is_err(), !is_name, "{host}");
    }
    assert_eq!(canary.reached().await, 0);
}

#[tokio::test]
async fn only_https_is_spoken_and_nothing_before_the_host() {
    let canary = Canary::at("127.0.0.1:0").await;
    let loose = Policy { allow_private_networks: true, ..Policy::default() };
    let fetcher = Fetcher::new(loose);
    let address = canary.address;
    for (text, fault) in [
        (format!("http://{address}/"), UrlFault::NotHttps),
        (format!("ftp://{address}/"), UrlFault::NotHttps),
        (format!("gopher://{address}/"), UrlFault::NotHttps),
        ("file:///etc/passwd".to_owned(), UrlFault::NotHttps),
        (format!("https://public.example@{address}/"), UrlFault::UserInfo),
        (format!("https://:x@{address}/"), UrlFault::UserInfo),
    ] {
        let url = url(&text);
        assert_eq!(fetcher.get(&url, LIMITS).await.unwrap_err(), FetchError::Url(fault), "{text}");
        assert_eq!(fetcher.admits(&url).unwrap_err(), FetchError::Url(fault), "{text}");
    }
    assert_eq!(canary.reached().await, 0);
}

#[tokio::test]
async fn one_private_address_is_enough_to_refuse_a_name() {
    let canary = Canary::at("127.0.0.1:0").await;
    let public: SocketAddr = "[2606:4700::1111]:443".parse().unwrap();
    for (bad, meant) in [
        (canary.address, SpecialUse::Loopback),
        ("[::ffff:127.0.0.1]:443".parse().unwrap(), SpecialUse::Loopback),
        ("169.254.169.254:443".parse().unwrap(), SpecialUse::Metadata),
    ] {
        for answer in [vec![bad], vec![public, bad], vec![bad, public]] {
            let policy = Policy { resolver: Turns::new([answer]), ..Policy::default() };
            let error = Fetcher::new(policy).get(&url("https://a.example/"), LIMITS).await;
            let host = "a.example".to_owned();
            assert_eq!(error.unwrap_err(), FetchError::Address { host, meant });
        }
    }
    assert_eq!(canary.reached().await, 0);
}

/// DNS rebinding: a name that is checked under one address and connected to under another. 0.0.0.0 stands for the second
/// one; connecting to it would reach the canary.
#[tokio::test]
async fn a_name_that_changes_its_answer_gains_nothing() {
    let peer = Peer::start(&["a.example"], |_| Answer::json("{}")).await;
    let canary = Canary::at("0.0.0.0:0").await;
    let trap = SocketAddr::new(IpAddr::from([0, 0, 0, 0]), canary.address.port());
    let resolver = Turns::new([vec![peer.address()], vec![trap]]);
    let policy = Policy { resolver: Arc::clone(&resolver) as Arc<_>, ..peer.policy() };
    let fetcher = Fetcher::new(policy);
    let target = url("https://a.example/");
    assert_eq!(fetcher.get(&target, LIMITS).await.unwrap().status, 200);
    assert_eq!(resolver.asked(), 1, "the name is resolved once, and that address is used");
    let error = fetcher.get(&target, LIMITS).await.unwrap_err();
    assert!(matches!(error, FetchError::Address { meant: SpecialUse::Unspecified, .. }), "{error}");
    assert_eq!((resolver.asked(), canary.reached().await), (2, 0));
}

#[tokio::test]
async fn what_opens_private_networks_opens_no_metadata_service() {
    let policy = Policy { allow_private_networks: true, allow_http: true, ..Policy::default() };
    let fetcher = Fetcher::new(policy);
    for host in [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
    ] {
        for scheme in ["http", "https"] {
            let url = url(&format!("{scheme}://{host}/latest/meta-data/"));
            let error = fetcher.get(&url, LIMITS).await.unwrap_err();
            assert!(matches!(error, FetchError::Address { .. }), "{host}: {error}");
        }
    }
}

/// RBCL-2.5-a: a redirect is an answer, and nobody goes where it points.
#[tokio::test]
async fn no_redirect_is_followed() {
    let canary = Canary::at("127.0.0.1:0").await;
    let location = format!("https://{}/", canary.address);
    for status in [300, 301, 302, 303, 307, 308] {
        let location = location.clone();
        let peer = Peer::start(&["a.example"], move |_| {
            Answer::status(status).header("location", &location).header("refresh", "0; url=/y")
        })
        .await;
        let fetcher = Fetcher::new(peer.policy());
        let answer = fetcher.get(&url("https://a.example/x"), LIMITS).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.ok().unwrap_err(), FetchError::Status(status));
        let posted = fetcher.post_form(&url("https://a.example/x"), &[], LIMITS).await.unwrap();
        assert_eq!((posted.status, peer.asked().len()), (status, 2));
    }
    assert_eq!(canary.reached().await, 0);
}

#[tokio::test]
async fn a_request_says_what_it_must_and_no_more() {
    let peer = Peer::start(&["a.example"], |_| {
        Answer::json("{}").header("set-cookie", "a=b; Path=/").header("www-authenticate", "Basic")
    })
    .await;
    let fetcher = Fetcher::new(peer.policy());
    for _ in 0..2 {
        fetcher.get(&url("https://A.example:8443/x?y=%20#z"), LIMITS).await.unwrap();
    }
    for asked in peer.asked() {
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/x?y=%20"));
        assert_eq!((asked.host.as_str(), asked.body.as_str()), ("a.example:8443", ""));
        let mut names: Vec<&str> = asked.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "accept-encoding", "connection", "host", "user-agent"]);
        assert_eq!(asked.headers["accept-encoding"], "identity");
    }
    let credentials = grantwell_fetch::Credentials::basic("us", "secret");
    let fields = [("token", "a&b=c"), ("token_type_hint", "\u{e9}")];
    let target = url("https://a.example/introspect");
    fetcher.post_form_as(&target, &credentials, &fields, LIMITS).await.unwrap();
    let asked = peer.asked().pop().unwrap();
    assert_eq!(asked.body, "token=a%26b%3Dc&token_type_hint=%C3%A9");
    assert_eq!(asked.headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(asked.headers["authorization"], "Basic dXM6c2VjcmV0");
}

#[tokio::test]
async fn plain_http_is_spoken_only_where_it_is_allowed() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = url(&format!("http://{}/", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    });
    let policy = Policy { allow_private_networks: true, allow_http: true, ..Policy::default() };
    let answer = Fetcher::new(policy).get(&target, LIMITS).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"ok"[..]));
}

/// A server of one's own may be on a private address; that opens nothing else, and no metadata service.
#[test]
fn private_networks_can_be_opened_for_one_host_alone() {
    let hosts = ["127.0.0.1", "[::1]", "Inside.Example", "169.254.169.254"];
    let allow_private_hosts = hosts.map(str::to_owned).to_vec();
    let fetcher = Fetcher::new(Policy { allow_private_hosts, ..Policy::default() });
    for (address, admitted) in [
        ("https://127.0.0.1:8443/x", true),
        ("https://[::1]/x", true),
        ("https://2130706433/", true),
        ("https://inside.example/", true),
        ("https://127.0.0.2/", false),
        ("https://10.0.0.1/", false),
        ("https://169.254.169.254/", false),
        ("http://127.0.0.1/", false),
    ] {
        assert_eq!(fetcher.admits(&url(address)).is_ok(), admitted, "{address}");
    }
}

#[tokio::test]
async fn a_name_on_a_private_address_is_reached_only_if_it_is_named() {
    let peer = Peer::start(&["inside.example", "other.example"], |_| Answer::json("{}")).await;
    let policy = Policy {
        allow_private_networks: false,
        allow_private_hosts: vec!["inside.example".to_owned()],
        ..peer.policy()
    };
    let fetcher = Fetcher::new(policy);
    assert!(fetcher.get(&url("https://inside.example/"), LIMITS).await.is_ok());
    assert!(matches!(
        fetcher.get(&url("https://other.example/"), LIMITS).await,
        Err(FetchError::Address { .. })
    ));
}
