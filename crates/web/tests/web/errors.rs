//! The pages about error codes, and that refusals name them (RFC 6749 §5.2).

use oauth::error::ErrorCode;

use crate::authorize::request;
use crate::world::{World, on_both};

/// The path of the page that is named, which has to be one of ours.
async fn is_served(world: &World, address: &str, code: &str) {
    let path = address.strip_prefix("https://auth.example").unwrap();
    let page = world.get(path).await;
    assert_eq!(page.status, 200, "{path}");
    assert!(page.body.contains(&format!("<code>{code}</code>")), "{}", page.body);
}

/// R6749-5.2-a
#[tokio::test]
async fn a_refusal_names_the_page_about_its_code() {
    on_both(|world| async move {
        let secret = world.site("site", |_| {}).await;
        for (path, fields, code) in [
            ("/o/token/", vec![("grant_type", "magic")], "unsupported_grant_type"),
            ("/o/token/", vec![], "invalid_request"),
            ("/o/revoke_token/", vec![], "invalid_request"),
            ("/o/par/", vec![("response_type", "magic")], "invalid_request"),
        ] {
            let answer = world.post_as(path, ("site", &secret), &fields).await.json();
            assert!(answer["error"].is_string() && answer["error_description"].is_string());
            if code != "invalid_request" {
                assert_eq!(answer["error"], code);
            }
            let code = answer["error"].as_str().unwrap().to_owned();
            is_served(&world, answer["error_uri"].as_str().unwrap(), &code).await;
        }
        let answer = world.get("/o/userinfo/").await.json();
        is_served(&world, answer["error_uri"].as_str().unwrap(), "invalid_token").await;

        let path = request("site", &[("prompt", "none")]);
        let (_, fields) = world.get(&path).await.redirect();
        assert_eq!(fields["error"], "login_required");
        is_served(&world, &fields["error_uri"], "login_required").await;
    })
    .await;
}

#[tokio::test]
async fn every_code_has_a_page_and_the_list_leads_to_it() {
    on_both(|world| async move {
        let list = world.get("/o/errors/").await.body;
        for code in ErrorCode::ALL {
            let path = format!("/o/errors/{code}/");
            assert!(list.contains(&path), "{code}");
            is_served(&world, &format!("https://auth.example{path}"), code.as_str()).await;
        }
        assert_eq!(world.get("/o/errors/magic/").await.status, 404);
    })
    .await;
}
