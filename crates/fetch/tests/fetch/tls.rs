//! Who is believed over TLS.

use std::time::Duration;

use crate::world::{Canary, LIMITS, url};
use grantwell_fetch::testing::{Answer, Authority, Peer};
use grantwell_fetch::{ExtraRoots, FetchError, Fetcher, Policy, Stage};

/// A certificate for another name, from nobody we know, or out of its time.
#[tokio::test]
async fn a_host_has_to_prove_its_name() {
    let peer = Peer::start(&["a.example", "127.0.0.1"], |_| Answer::json("{}")).await;
    let fetcher = Fetcher::new(peer.policy());
    let refused = |outcome: Result<_, FetchError>| match outcome {
        Err(FetchError::Tls { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    assert!(fetcher.get(&url("https://a.example/"), LIMITS).await.is_ok());
    assert!(fetcher.get(&url("https://a.example./"), LIMITS).await.is_ok());
    let by_address = url(&format!("https://{}/", peer.address()));
    assert!(fetcher.get(&by_address, LIMITS).await.is_ok());
    for other in ["https://b.example/", "https://x.a.example/", "https://example/"] {
        let why = refused(fetcher.get(&url(other), LIMITS).await);
        assert!(why.contains("not valid for name"), "{other}: {why}");
    }
    let stranger = Policy {
        extra_roots: ExtraRoots::parse(Authority::new().pem().as_bytes()).unwrap(),
        ..peer.policy()
    };
    let why = refused(Fetcher::new(stranger).get(&url("https://a.example/"), LIMITS).await);
    assert!(why.contains("invalid peer certificate"), "{why}");
    assert_eq!(peer.asked().len(), 3, "nothing is sent to whom we do not believe");
}

#[tokio::test]
async fn a_certificate_has_its_time() {
    let authority = Authority::new();
    let identity = authority.issue_between(&["a.example"], 2010, 2020);
    let peer = Peer::raw_as(authority, identity, |_| Box::pin(async {})).await;
    let error =
        Fetcher::new(peer.policy()).get(&url("https://a.example/"), LIMITS).await.unwrap_err();
    assert!(matches!(&error, FetchError::Tls { why, .. } if why.contains("expired")), "{error}");
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_given_up() {
    let canary = Canary::at("127.0.0.1:0").await;
    let peer = Peer::start(&[], |_| Answer::json("{}")).await;
    let policy = Policy { connect_timeout: Duration::from_millis(200), ..peer.policy() };
    let target = url(&format!("https://{}/", canary.address));
    let error = Fetcher::new(policy).get(&target, LIMITS).await.unwrap_err();
    // The canary closes what it has accepted, or has not come to it yet.
    let expected = matches!(
        error,
        FetchError::Tls { .. } | FetchError::Timeout { stage: Stage::Connecting, .. }
    );
    assert!(expected, "{error}");
}
