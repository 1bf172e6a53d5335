//! The metadata documents: what is advertised works, and nothing depends on what the caller says about the host.

use axum::body::Body;
use http::Request;

use crate::world::{on_both, on_both_with};

#[tokio::test]
async fn the_document_says_what_is_there() {
    on_both(|world| async move {
        for path in
            ["/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/"]
        {
            let request = Request::get(path)
                .header("host", "evil.example")
                .header("x-forwarded-host", "evil.example")
                .body(Body::empty())
                .unwrap();
            let answer = world.send(request).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let json = answer.json();
            assert_eq!(json["issuer"], "https://auth.example");
            assert_eq!(json["token_endpoint"], "https://auth.example/o/token/");
            for endpoint in [
                "token_endpoint",
                "device_authorization_endpoint",
                "revocation_endpoint",
                "introspection_endpoint",
            ] {
                let path =
                    json[endpoint].as_str().unwrap().strip_prefix("https://auth.example").unwrap();
                assert_eq!(
                    world.post(path, &[]).await.refusal().split(' ').next(),
                    Some(if endpoint == "token_endpoint" { "400" } else { "401" })
                );
            }
            let grants = json["grant_types_supported"].as_array().unwrap();
            assert_eq!(grants.len(), 5, "{grants:?}");
        }
        assert_eq!(world.get("/.well-known/oauth-authorization-server/other").await.status, 404);
        assert_eq!(world.get("/.well-known/oauth-protected-resource").await.status, 404);
    })
    .await;
}

/// RMCP-2, ROIDD-4.3-a: the same document in every place, path-inserted and path-appended.
#[tokio::test]
async fn every_place_of_discovery_has_the_same_document() {
    let tenant = |settings: &mut grantwell_web::Settings| {
        settings.policy.issuer = "https://auth.example/o".parse().unwrap();
    };
    on_both_with(tenant, |world| async move {
        let expected = world.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(expected["issuer"], "https://auth.example/o");
        for path in [
            "/.well-known/oauth-authorization-server/o",
            "/.well-known/openid-configuration",
            "/.well-known/openid-configuration/o",
            "/o/.well-known/openid-configuration",
        ] {
            assert_eq!(world.get(path).await.json(), expected, "{path}");
        }
        assert_eq!(world.get("/.well-known/openid-configuration/other").await.status, 404);
    })
    .await;
    let plain = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.openid = false;
    };
    on_both_with(plain, |world| async move {
        assert_eq!(world.get("/.well-known/openid-configuration").await.status, 404);
        let json = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(json.get("userinfo_endpoint").is_none() && json.get("claims_supported").is_none());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_offered_is_neither_advertised_nor_served() {
    let without = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.withdraw(&oauth::grant::GrantType::Password);
        settings.policy.capabilities.endpoints.introspection = None;
    };
    on_both_with(without, |world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let json = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(!json["grant_types_supported"].to_string().contains("password"));
        assert!(json.get("introspection_endpoint").is_none());
        let fields = [
            ("grant_type", "password"),
            ("username", "halfspring"),
            ("password", crate::world::PASSWORD),
        ];
        let answer = world.post_as("/o/token/", ("photos", secret.expose()), &fields).await;
        assert_eq!(answer.refusal(), "400 unsupported_grant_type");
        assert_eq!(world.post("/o/introspect/", &[]).await.status, 404);
        // The first-party API does not go through the token endpoint and stays.
        let form = [("username", "halfspring"), ("password", crate::world::PASSWORD)];
        assert_eq!(world.post("/authentication/token/", &form).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn an_issuer_with_a_path_answers_below_the_well_known_name() {
    let tenant = |settings: &mut grantwell_web::Settings| {
        settings.policy.issuer = oauth::issuer::Issuer::parse("https://auth.example/t1").unwrap();
    };
    on_both_with(tenant, |world| async move {
        let json = world.get("/.well-known/oauth-authorization-server/t1").await.json();
        assert_eq!(json["issuer"], "https://auth.example/t1");
        assert_eq!(world.get("/.well-known/oauth-authorization-server/t2").await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn protected_resources_describe_themselves() {
    let resources = |settings: &mut grantwell_web::Settings| {
        settings.resources = ["/v1", "/v2"]
            .map(|path| rest::ProtectedResource {
                resource: format!("https://auth.example{path}"),
                resource_name: None,
                scopes_supported: vec!["read".to_owned()],
                bearer_methods_supported: ["header"],
            })
            .into();
    };
    on_both_with(resources, |world| async move {
        let json = world.get("/.well-known/oauth-protected-resource/v1").await.json();
        assert_eq!(json["resource"], "https://auth.example/v1");
        assert_eq!(json["authorization_servers"][0], "https://auth.example");
        assert_eq!(json["scopes_supported"][0], "read");
        assert_eq!(world.get("/.well-known/oauth-protected-resource/v3").await.status, 404);
        assert_eq!(
            world.get("/.well-known/oauth-protected-resource").await.status,
            404,
            "which of two?"
        );
    })
    .await;
}
