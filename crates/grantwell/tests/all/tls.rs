//! The server's own TLS: a real process over https, its certificate exchanged while connections stay open.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fetch::testing::Authority;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::house::{House, Running};

const SETTINGS: &str = "[server]\ntls_certificate = \"cert.pem\"\ntls_key_file = \"key.pem\"\n";
const METADATA: &str = "/.well-known/oauth-authorization-server";

/// A house with a certificate for this machine.
fn house(authority: &Authority, more: &str) -> House {
    let house = House::new();
    give(&house, &authority.issue(&["127.0.0.1", "localhost"]));
    house.write("grantwell.toml", &format!("{SETTINGS}{more}"));
    house
}

fn give(house: &House, (certificate, key): &(String, String)) {
    house.write("cert.pem", certificate);
    house.write("key.pem", key);
}

fn first_of(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// One who trusts this authority, and speaks these versions.
#[derive(Clone)]
struct Caller(TlsConnector);

impl Caller {
    fn new(authority: &Authority, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(first_of(&authority.pem())).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(TlsConnector::from(Arc::new(config)))
    }

    fn modern(authority: &Authority) -> Self {
        Self::new(authority, &[&TLS13])
    }

    async fn connect(&self, server: &Running) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect_to(&address(server)).await
    }

    async fn connect_to(&self, address: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        self.0.connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await
    }
}

fn address(server: &Running) -> String {
    server.address.replace("https://", "")
}

/// Asks over an open connection and gives the whole answer, head and body.
async fn ask(stream: &mut TlsStream<TcpStream>, path: &str) -> std::io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&answer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Ok(text);
            }
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    stream.get_ref().1.peer_certificates().unwrap()[0].clone()
}

/// RFAPI-5.2.1-a, W-HDR-1: TLS 1.2 and 1.3, `Strict-Transport-Security`, and every address begins with https.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_speaks_https_by_itself() {
    let authority = Authority::new();
    let server = house(&authority, "").serve(&[]);
    assert!(server.address.starts_with("https://127.0.0.1:"), "{}", server.address);
    for versions in [&[&TLS12][..], &[&TLS13][..]] {
        let mut stream = Caller::new(&authority, versions).connect(&server).await.unwrap();
        let answer = ask(&mut stream, METADATA).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
        assert!(answer.contains(&format!("\"issuer\":\"{}\"", server.address)), "{answer}");
        let suite = stream.get_ref().1.negotiated_cipher_suite().unwrap().suite();
        let name = format!("{suite:?}");
        assert!(name.starts_with("TLS13_") || name.starts_with("TLS_ECDHE_"), "{name}");
        assert!(name.contains("GCM") || name.contains("CHACHA20_POLY1305"), "{name}");
    }
    let mut stream = Caller::modern(&authority).connect(&server).await.unwrap();
    let page = ask(&mut stream, "/accounts/login/").await.unwrap();
    assert!(page.contains("set-cookie: __Host-"), "{page}");
    // The stranger's authority is another one, so the certificate is really looked at.
    assert!(Caller::modern(&Authority::new()).connect(&server).await.is_err());
    assert_eq!(server.stop().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_told_where_it_went_wrong() {
    let server = house(&Authority::new(), "").serve(&[]);
    let mut stream = TcpStream::connect(address(&server)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
}

/// F23: a new certificate is taken up without a restart, and a bad one leaves the old one in use.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
    let authority = Authority::new();
    let house = house(&authority, "");
    let server = house.serve(&[]);
    let caller = Caller::modern(&authority);
    let mut kept = caller.connect(&server).await.unwrap();
    ask(&mut kept, METADATA).await.unwrap();
    let first = shown(&kept);

    let (certificate, key) = authority.issue(&["127.0.0.1"]);
    let (_, other_key) = authority.issue(&["127.0.0.1"]);
    for (certificate, key) in [
        (certificate.as_str(), other_key.as_str()),
        ("no certificate", key.as_str()),
        (certificate.as_str(), "no key"),
    ] {
        give(&house, &(certificate.to_owned(), key.to_owned()));
        let heard = server.said().len();
        server.signal("-HUP");
        server.until_it_says(heard, "the one before stays in use");
        let stream = caller.connect(&server).await.unwrap();
        assert_eq!(shown(&stream), first);
    }

    give(&house, &(certificate.clone(), key));
    let heard = server.said().len();
    server.signal("-HUP");
    server.until_it_says(heard, "certificate was read again");
    let mut fresh = caller.connect(&server).await.unwrap();
    assert_eq!(shown(&fresh), first_of(&certificate));
    assert_ne!(shown(&fresh), first);
    ask(&mut fresh, METADATA).await.unwrap();
    // Nobody was sent away.
    ask(&mut kept, METADATA).await.unwrap();
    let (code, said) = server.stop();
    assert_eq!(code, 0);
    assert!(!said.iter().any(|line| line.contains("BEGIN") && line.contains("KEY-----")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_come_takes_no_place_for_long() {
    let authority = Authority::new();
    let more = "max_connections = 1\nheader_timeout = \"200 ms\"\n";
    let server = house(&authority, more).serve(&[]);
    for begun in [&b""[..], &[22], &[22, 3, 1, 2, 0, 1]] {
        let mut silent = TcpStream::connect(address(&server)).await.unwrap();
        silent.write_all(begun).await.unwrap();
        // The only place is taken, so this one is served when the other one was given up.
        let mut stream = Caller::modern(&authority).connect(&server).await.unwrap();
        assert!(ask(&mut stream, METADATA).await.unwrap().starts_with("HTTP/1.1 200 "));
        drop(stream);
        let closed = silent.read(&mut [0; 16]).await;
        assert!(matches!(closed, Ok(0) | Err(_)), "{closed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_come_holds_up_no_stop() {
    let server =
        house(&Authority::new(), "header_timeout = \"1 h\"\nshutdown_grace = \"1 h\"\n").serve(&[]);
    let mut silent = TcpStream::connect(address(&server)).await.unwrap();
    silent.write_all(&[22, 3, 1]).await.unwrap();
    let (code, said) = tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    assert_eq!(code, 0);
    assert!(said.last().unwrap().ends_with("has stopped."), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_drops_no_request_over_tls() {
    let authority = Authority::new();
    let house = house(&authority, "");
    let server = house.serve(&[]);
    let address = address(&server);
    let answered = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..8)
        .map(|lane| {
            let (address, answered) = (address.clone(), Arc::clone(&answered));
            let caller = Caller::modern(&authority);
            tokio::spawn(async move {
                // Nobody listens any more: no request was sent.
                while let Ok(mut stream) = caller.connect_to(&address).await {
                    // Half of them open a connection for each request.
                    loop {
                        let answer = ask(&mut stream, METADATA).await;
                        let answer = answer.expect("a request that was sent got no answer");
                        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                        answered.fetch_add(1, Ordering::SeqCst);
                        if lane % 2 == 0 || answer.contains("connection: close") {
                            break;
                        }
                    }
                }
            })
        })
        .collect();
    while answered.load(Ordering::SeqCst) < 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stopped = tokio::task::spawn_blocking(move || server.stop());
    for task in tasks {
        task.await.unwrap();
    }
    let (code, said) = stopped.await.unwrap();
    let last = said.last().unwrap();
    assert!(code == 0 && last.ends_with("has stopped."), "{code}: {last}");
}

#[test]
fn a_pair_that_does_not_fit_is_told_before_anything_is_opened() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(&["127.0.0.1"]);
    let (_, other) = authority.issue(&["127.0.0.1"]);
    let both = SETTINGS.to_owned();
    for (settings, key, text) in [
        (both.clone(), other.as_str(), "do not belong together"),
        (both.clone(), "nonsense", "no private key in key.pem"),
        (both.replace("cert.pem", "elsewhere.pem"), &key, "elsewhere.pem cannot be read"),
        (both.replace("tls_key_file = \"key.pem\"", ""), &key, "set server.tls_key_file"),
        (both.replace("tls_certificate = \"cert.pem\"", ""), &key, "set server.tls_certificate"),
        (both.clone() + "public_url = \"http://id.example.org\"\n", &key, "begin it with https://"),
        (both + "tls_key = \"x\"\n", &key, "is given twice"),
    ] {
        let house = House::new();
        give(&house, &(certificate.clone(), key.to_owned()));
        house.write("grantwell.toml", &settings);
        let ran = house.run(&["serve", "127.0.0.1:0"]).code(5);
        assert!(ran.err.contains(text), "{text}: {ran:?}");
        assert!(!house.path().join("db.sqlite3").exists(), "nothing was opened");
    }
}

#[test]
fn the_key_may_come_from_a_variable_and_the_doctor_looks_at_the_pair() {
    let authority = Authority::new();
    let house = House::migrated();
    let (certificate, key) = authority.issue_between(&["127.0.0.1"], 2010, 2020);
    house.write("cert.pem", &certificate);
    house.write("grantwell.toml", "[server]\ntls_certificate = \"cert.pem\"\n");
    let variables = [("GRANTWELL__SERVER__TLS_KEY", key.as_str())];
    let ran = house.run_with(&["doctor", "--set", "pages.brand=x"], &variables, "").code(1);
    assert!(ran.out.contains("error [tls.expired]"), "{ran:?}");
    let dumped = house.run_with(&["config", "dump"], &variables, "").code(0);
    assert!(!format!("{dumped:?}").contains(key.lines().nth(1).unwrap()), "{dumped:?}");
}
