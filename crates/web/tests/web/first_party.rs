//! The first-party API: data for programs, a page for people, both or neither on registration.

use std::time::Duration;

use axum::body::Body;
use http::Request;

use crate::browser::Browser;
use crate::world::{Answer, PASSWORD, World, on_both, on_both_with};

type Fields<'a> = &'a [(&'a str, &'a str)];

async fn post_json(world: &World, path: &str, body: &str) -> Answer {
    let request = Request::post(path).header("content-type", "application/json");
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_guide_runs_from_register_to_revoke() {
    on_both(|world| async move {
        let form = [("username", "halfspring"), ("password", PASSWORD)];
        let made = world.post("/authentication/register/", &form).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.header("cache-control"), "no-store");
        let json = made.json();
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(names, ["access_token", "expires_in", "token_type", "scope", "refresh_token"]);
        let signed_in = world.post("/authentication/token/", &form).await;
        assert_eq!(signed_in.status, 200);
        let tokens = signed_in.tokens();
        let refreshed = world
            .post("/authentication/token/refresh/", &[("refresh_token", &tokens.refresh)])
            .await;
        let next = refreshed.tokens();
        let revoked = world.post("/authentication/token/revoke/", &[("token", &next.access)]).await;
        assert_eq!(revoked.status, 200);
        assert_eq!(revoked.json()["message"], "token revoked");
        let again =
            world.post("/authentication/token/refresh/", &[("refresh_token", &next.refresh)]).await;
        assert_eq!(again.status, 400, "either token signs out of all: {}", again.body);
        assert_eq!(again.json()["code"], "invalid_grant");
        let first = made.tokens();
        let other = world
            .post("/authentication/token/refresh/", &[("refresh_token", &first.refresh)])
            .await;
        assert_eq!(other.status, 200, "the other sign-in lives on");
    })
    .await;
}

#[tokio::test]
async fn json_and_both_forms_of_the_address_work() {
    on_both(|world| async move {
        let body = format!(
            r#"{{"username":"halfspring","password":"{PASSWORD}","email":"h@example.org"}}"#
        );
        assert_eq!(post_json(&world, "/authentication/register", &body).await.status, 201);
        let body = format!(r#"{{"username":"HALFspring","password":"{PASSWORD}"}}"#);
        assert_eq!(post_json(&world, "/authentication/token", &body).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    on_both(|world| async move {
        world.user("taken").await;
        let table: [(Fields<'_>, &[&str]); 7] = [
            (&[], &["/username required", "/password required"]),
            (&[("username", "new")], &["/password required"]),
            (&[("password", PASSWORD)], &["/username required"]),
            (&[("username", "new"), ("password", "short")], &["/password password_too_short"]),
            (&[("username", "TAKEN"), ("password", PASSWORD)], &["/username taken"]),
            (&[("username", "a b"), ("password", PASSWORD)], &["/username invalid"]),
            (&[("username", "new"), ("password", PASSWORD), ("email", "x")], &["/email invalid"]),
        ];
        for (fields, expected) in table {
            let answer = world.post("/authentication/register/", fields).await;
            assert_eq!(answer.status, 422, "{fields:?}: {}", answer.body);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let found = answer.field_errors();
            assert!(
                expected.iter().all(|error| found.iter().any(|f| f == error)),
                "{fields:?}: {found:?}"
            );
        }
        let token = world.post("/authentication/token/", &[("username", "taken")]).await;
        assert_eq!(token.field_errors(), ["/password required"]);
        let refresh = world.post("/authentication/token/refresh/", &[]).await;
        assert_eq!(refresh.field_errors(), ["/refresh_token required"]);
        let revoke = world.post("/authentication/token/revoke/", &[]).await;
        assert_eq!(revoke.field_errors(), ["/token required"]);
    })
    .await;
}

#[tokio::test]
async fn unknown_user_and_wrong_password_get_the_same_answer() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let disabled = world.user("gone").await;
        world.store.users().disable(disabled.account.id).await.unwrap();
        let mut seen = Vec::new();
        for fields in [
            [("username", "halfspring"), ("password", "wrong")],
            [("username", "nobody"), ("password", PASSWORD)],
            [("username", "gone"), ("password", PASSWORD)],
        ] {
            let answer = world.post("/authentication/token/", &fields).await;
            assert_eq!(answer.status, 400);
            assert_eq!(answer.json()["code"], "invalid_grant");
            seen.push(answer.body);
        }
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
        drop(user);
    })
    .await;
}

#[tokio::test]
async fn two_who_want_the_same_name_at_once_get_one_account_and_a_field_error() {
    on_both(|world| async move {
        let mut running = Vec::new();
        for _ in 0..6 {
            let world = world.clone();
            running.push(tokio::spawn(async move {
                let form = [("username", "same"), ("password", PASSWORD)];
                let answer = world.post("/authentication/register/", &form).await;
                match answer.status.as_u16() {
                    201 => 1,
                    422 => {
                        assert_eq!(answer.field_errors(), ["/username taken"]);
                        0
                    }
                    other => panic!("{other}: {}", answer.body),
                }
            }));
        }
        let mut made = 0;
        for one in running {
            made += one.await.unwrap();
        }
        assert_eq!(made, 1);
    })
    .await;
}

#[tokio::test]
async fn registration_can_be_closed() {
    on_both_with(
        |settings| settings.registration = false,
        |world| async move {
            let form = [("username", "new"), ("password", PASSWORD)];
            let answer = world.post("/authentication/register/", &form).await;
            assert_eq!(answer.status, 403);
            assert_eq!(answer.json()["code"], "registration_closed");
            assert!(
                !Browser::new(&world)
                    .get("/accounts/login/")
                    .await
                    .body
                    .contains("Make an account")
            );
        },
    )
    .await;
}

#[tokio::test]
async fn a_replayed_token_ends_the_sign_in_here_too() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let form = [("username", "halfspring"), ("password", PASSWORD)];
        let tokens = world.post("/authentication/token/", &form).await.tokens();
        let refresh = |token: String| {
            let world = world.clone();
            async move {
                world.post("/authentication/token/refresh/", &[("refresh_token", &token)]).await
            }
        };
        let next = refresh(tokens.refresh.clone()).await.tokens();
        world.clock.advance(Duration::from_secs(61));
        assert_eq!(refresh(tokens.refresh).await.status, 400);
        assert_eq!(refresh(next.refresh).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn another_clients_tokens_mean_nothing_here() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let refresh = world
            .post("/authentication/token/refresh/", &[("refresh_token", &tokens.refresh)])
            .await;
        assert_eq!(refresh.status, 400);
        for token in [&tokens.access, &tokens.refresh] {
            let answer = world.post("/authentication/token/revoke/", &[("token", token)]).await;
            assert_eq!(answer.status, 200);
        }
        assert!(world.is_active(client, &tokens.access).await);
    })
    .await;
}

#[tokio::test]
async fn each_address_is_a_page_with_a_form_in_a_browser() {
    on_both(|world| async move {
        let mut browser = Browser::new(&world);
        for path in [
            "/authentication/register/",
            "/authentication/token/",
            "/authentication/token/refresh/",
            "/authentication/token/revoke/",
        ] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(page.header("content-type").starts_with("text/html"));
            assert!(page.body.contains("curl -d"), "{path}");
            assert_eq!(page.header("vary"), "Accept");
        }
        browser.get("/authentication/register/").await;
        let fields = [("username", "<b>new</b>"), ("password", PASSWORD)];
        let wrong = browser.submit("/authentication/register/", &fields).await;
        assert_eq!(wrong.status, 422);
        assert!(!wrong.body.contains("<b>new</b>") && wrong.body.contains("&lt;b&gt;new&lt;"));
        let fields = [("username", "new"), ("password", PASSWORD)];
        let made = browser.submit("/authentication/register/", &fields).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert!(made.body.contains("access_token") && made.body.contains("gwr_"));
        assert!(!made.body.contains(PASSWORD));
        assert_eq!(made.header("cache-control"), "no-store");
        assert!(browser.session().is_none(), "tokens are no browser session");
    })
    .await;
}

#[tokio::test]
async fn another_site_cannot_post_these_forms() {
    on_both(|world| async move {
        let mut browser = Browser::new(&world);
        browser.get("/authentication/register/").await;
        let fields = [("username", "new"), ("password", PASSWORD)];
        let without = browser.submit_raw("/authentication/register/", &fields, &[]).await;
        assert_eq!(without.status, 403);
        let csrf = browser.csrf.clone();
        let with = [("username", "new"), ("password", PASSWORD), ("csrf_token", csrf.as_str())];
        let foreign = [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")];
        let cross = browser.submit_raw("/authentication/register/", &with, &foreign).await;
        assert_eq!(cross.status, 403);
        let form = [("username", "new"), ("password", PASSWORD)];
        assert_eq!(
            world.post("/authentication/token/", &form).await.status,
            400,
            "nothing was made"
        );
    })
    .await;
}

#[tokio::test]
async fn a_program_that_looks_is_told_how_to_ask() {
    on_both(|world| async move {
        let answer = world.get("/authentication/register/").await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), "POST");
        assert!(answer.json()["detail"].as_str().unwrap().contains("username"));
    })
    .await;
}
