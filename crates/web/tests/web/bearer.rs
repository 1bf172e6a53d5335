//! The verifier for protected resources: bearer tokens and browser sessions through one gate.

use std::time::Duration;

use grantwell_web as web;
use http::Request;
use http::request::Parts;
use oauth::principal::{Principal, Via};
use rest::{Verifier as _, VerifyFailure};

use crate::browser::Browser;
use crate::world::{World, on_both, on_both_with};

fn parts(headers: &[(&str, &str)]) -> Parts {
    let mut builder = Request::get("/v1/unicorn/");
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(()).unwrap().into_parts().0
}

pub(crate) async fn verify(
    world: &World,
    headers: &[(&str, &str)],
) -> Result<Option<Principal>, String> {
    let verifier = web::Verifier::new(world.state.clone());
    let parts = parts(headers);
    verifier.verify(&parts).await.map_err(|failure| match failure {
        VerifyFailure::Refused(error) => error.code().to_string(),
        VerifyFailure::Unavailable => "unavailable".to_owned(),
    })
}

#[tokio::test]
async fn a_bearer_token_names_its_user_client_and_scope_without_a_query() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let tokens = world.tokens(("photos", secret.expose()), "halfspring").await;
        world.store.database().close().await;
        for scheme in ["Bearer", "bEaReR"] {
            let header = format!("{scheme} {}", tokens.access);
            let principal = verify(&world, &[("authorization", &header)]).await.unwrap().unwrap();
            assert_eq!(principal.user, Some(user.account.id));
            assert_eq!(principal.client.as_str(), "photos");
            assert_eq!(principal.scopes.to_string(), "read write");
            assert_eq!(principal.via, Via::Bearer);
            assert_eq!(principal.acr.as_deref(), Some("1"));
        }
    })
    .await;
}

#[tokio::test]
async fn whatever_is_not_a_good_token_is_refused_and_never_absent() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let tokens = world.tokens(("photos", secret.expose()), "halfspring").await;
        assert_eq!(verify(&world, &[]).await, Ok(None));
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get("/").await;
        let cookie = format!("__Host-grantwell_session={}", browser.session().unwrap());
        let refresh = format!("Bearer {}", tokens.refresh);
        for (header, expected) in [
            ("Bearer", "invalid_request"),
            ("Bearer a b", "invalid_request"),
            ("BearerX y", "invalid_request"),
            ("Basic eDp5", "invalid_request"),
            ("Bearer x", "invalid_token"),
            (refresh.as_str(), "invalid_token"),
        ] {
            let alone = verify(&world, &[("authorization", header)]).await;
            assert_eq!(alone, Err(expected.to_owned()), "{header}");
            let beside = verify(&world, &[("authorization", header), ("cookie", &cookie)]).await;
            assert_eq!(beside, Err(expected.to_owned()), "a session does not mend {header}");
        }
        let good = format!("Bearer {}", tokens.access);
        let twice = verify(&world, &[("authorization", &good), ("authorization", &good)]).await;
        assert_eq!(twice, Err("invalid_request".to_owned()));
        world.clock.advance(Duration::from_hours(1));
        assert_eq!(
            verify(&world, &[("authorization", &good)]).await,
            Err("invalid_token".to_owned())
        );
    })
    .await;
}

#[tokio::test]
async fn a_browser_session_gets_the_scope_of_the_built_in_client() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get("/").await;
        let cookie = format!("__Host-grantwell_session={}", browser.session().unwrap());
        let principal = verify(&world, &[("cookie", &cookie)]).await.unwrap().unwrap();
        assert_eq!(principal.user, Some(user.account.id));
        assert_eq!(principal.scopes.to_string(), "read write");
        assert_eq!(principal.acr.as_deref(), Some("1"));
        assert_eq!(principal.via, Via::Session);
        let verifier = web::Verifier::new(world.state.clone());
        let session = verifier.session(&parts(&[("cookie", &cookie)])).await.unwrap();
        assert_eq!(session.signed_in.name, "halfspring");
        let first_party = world.store.first_party().await.unwrap();
        world.store.applications().disable(first_party.id).await.unwrap();
        let shut = verify(&world, &[("cookie", &cookie)]).await;
        assert_eq!(shut, Err("invalid_token".to_owned()), "the client is asked as well");
        world.store.users().disable(user.account.id).await.unwrap();
        assert_eq!(verify(&world, &[("cookie", &cookie)]).await, Ok(None), "no session any more");
    })
    .await;
}

#[tokio::test]
async fn a_token_for_another_resource_is_refused() {
    let two = |settings: &mut web::Settings| {
        settings.policy.audience = vec!["https://auth.example/v2".to_owned()];
        settings.resources = ["/v1", "/v2"]
            .map(|path| rest::ProtectedResource {
                resource: format!("https://auth.example{path}"),
                resource_name: None,
                scopes_supported: Vec::new(),
                bearer_methods_supported: ["header"],
            })
            .into();
    };
    on_both_with(two, |world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let tokens = world.tokens(("photos", secret.expose()), "halfspring").await;
        let header = format!("Bearer {}", tokens.access);
        let refused = verify(&world, &[("authorization", &header)]).await;
        assert_eq!(refused, Err("invalid_token".to_owned()), "it is for /v2, and /v1 was asked");
        let verifier = web::Verifier::new(world.state.clone());
        let request = Request::get("/v2/unicorn/").header("authorization", &header);
        let parts = request.body(()).unwrap().into_parts().0;
        assert!(verifier.verify(&parts).await.unwrap().is_some());
    })
    .await;
}
