//! The public keys: what anybody may read, and early enough.

use jose::{Algorithm, JwkSet, Unverified};

use crate::world::{on_both, on_both_with};

const PATH: &str = "/.well-known/jwks.json";

/// ROIDD-3-a, RBBA-6.3-c
#[tokio::test]
async fn anybody_reads_the_public_keys_and_verifies_with_them() {
    on_both(|world| async move {
        let metadata = world.get("/.well-known/openid-configuration").await.json();
        assert_eq!(metadata["jwks_uri"], format!("https://auth.example{PATH}"));
        let answer = world.get(PATH).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let json = answer.json();
        for key in json["keys"].as_array().unwrap() {
            for member in ["kty", "kid", "alg"] {
                assert!(key[member].is_string(), "{member} of {key}");
            }
            assert_eq!(key["use"], "sig");
        }
        // Reading refuses whatever is private.
        let keys = JwkSet::from_json(&json).unwrap();
        assert_eq!(keys.keys().len(), 2);
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            let text = world.store.sign("JWT", algorithm, b"{}".to_vec()).await.unwrap();
            let read = Unverified::parse(&text).unwrap();
            assert!(read.verify(&keys, &[algorithm]).is_ok(), "{algorithm}");
        }
        for path in
            ["/.well-known/jwks.json/", "/o/.well-known/jwks.json", "/o/.well-known/jwks.json/"]
        {
            assert_eq!(world.get(path).await.json(), json, "{path}");
        }
        assert_eq!(world.post(PATH, &[]).await.status, 405);
    })
    .await;
}

#[tokio::test]
async fn a_new_key_is_read_everywhere_before_it_signs() {
    on_both(|world| async move {
        let made = world.store.signing_keys().rotate(Algorithm::Es256).await.unwrap();
        let answer = world.get(PATH).await;
        assert!(answer.json().to_string().contains(&made.id.to_string()));
        let (_, seconds) = answer.header("cache-control").split_once("public, max-age=").unwrap();
        let announced = world.store.options().key_announced.as_secs();
        assert!(seconds.parse::<u64>().unwrap() < announced, "{seconds}");
    })
    .await;
}

#[tokio::test]
async fn without_algorithms_there_are_no_keys_to_read() {
    let none = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.signing_algorithms = Vec::new();
    };
    on_both_with(none, |world| async move {
        assert_eq!(world.get(PATH).await.status, 404);
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(metadata.get("jwks_uri").is_none());
    })
    .await;
}
