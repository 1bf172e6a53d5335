//! Which server is meant, and what its metadata has to say.
use fetch::{Policy, testing::Answer};
use grantwell_rest::remote::{AuthorizationServer, JwksVerifier, SetupError};
use jose::Algorithm;
use serde_json::json;

use super::world::{ISSUER, METADATA, RESOURCE, Signer, World, outcome};

#[test]
fn a_server_that_may_not_be_asked_is_told_at_once() {
    for issuer in
        ["", "id.example", "https://id.example?x", "https://id.example#x", "https://a@id.example"]
    {
        let refused = AuthorizationServer::new(issuer, Policy::default()).unwrap_err();
        assert!(matches!(refused, SetupError::NotAnIssuer(_)), "{issuer}");
    }
    for issuer in
        ["http://id.example", "https://127.0.0.1", "https://10.0.0.1:8443/x", "https://[::1]"]
    {
        let refused = AuthorizationServer::new(issuer, Policy::default()).unwrap_err();
        assert!(matches!(refused, SetupError::Closed { .. }), "{issuer}");
    }
    let allow_private_hosts = vec!["127.0.0.1".to_owned()];
    let own = Policy { allow_private_hosts, allow_http: true, ..Policy::default() };
    let server = AuthorizationServer::new("http://127.0.0.1:8000", own).unwrap();
    assert!(server.clone().with_jwks_uri("http://127.0.0.1:8000/k").is_ok());
    assert!(server.with_jwks_uri("http://10.0.0.1/k").is_err());
}

/// R8414-3.3-a
#[tokio::test]
async fn metadata_of_another_issuer_is_not_followed() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says("/jwks.json", Answer::json(signer.keys().to_string()));
    for issuer in ["https://id.example/", "https://evil.example"] {
        let metadata = json!({"issuer": issuer, "jwks_uri": "https://id.example/jwks.json"});
        world.script.says(METADATA, Answer::json(metadata.to_string()));
        let verifier = JwksVerifier::new(world.server(), RESOURCE, world.clock.clone());
        assert_eq!(outcome(&verifier, &signer.token()).await, "unavailable");
    }
    assert_eq!(world.asked("/jwks.json"), 0);
}

#[tokio::test]
async fn openid_discovery_and_a_given_address_both_lead_to_the_keys() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says("/jwks.json", Answer::json(signer.keys().to_string()));
    world.script.says(METADATA, Answer::status(404));
    let given = world.server().with_jwks_uri("https://id.example/jwks.json").unwrap();
    let verifier = JwksVerifier::new(given, RESOURCE, world.clock.clone());
    assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
    assert_eq!(world.asked(METADATA), 0);
    let metadata = json!({"issuer": ISSUER, "jwks_uri": "https://id.example/jwks.json"});
    world.script.says("/.well-known/openid-configuration", Answer::json(metadata.to_string()));
    let verifier = JwksVerifier::new(world.server(), RESOURCE, world.clock.clone());
    assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
}
