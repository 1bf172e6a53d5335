//! Trading in a code over HTTP: once, by its client, with its verifier; replay, races, and who no longer stands.

use std::time::Duration;

use oauth::client::ConsentRule;

use crate::authorize::{VERIFIER, request};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, World, on_both};

/// A code of `site` for halfspring.
async fn code(browser: &mut Browser) -> String {
    browser.get(&request("site", &[])).await.redirect().1["code"].clone()
}

async fn redeem(world: &World, client: (&str, &str), code: &str, verifier: &str) -> Answer {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier),
    ];
    world.post_as("/o/token/", client, &fields).await
}

async fn people(world: &World) -> (String, Browser) {
    world.user("halfspring").await;
    let secret = world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
    (secret, Browser::signed_in(world, "halfspring").await)
}

#[tokio::test]
async fn a_code_gives_tokens_once_and_they_work() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let client = ("site", secret.as_str());
        let code = code(&mut browser).await;
        let answer = redeem(&world, client, &code, VERIFIER).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.json()["scope"], "read write");
        let tokens = answer.tokens();
        assert!(world.is_active(client, &tokens.access).await);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        let next = world.post_as("/o/token/", client, &fields).await.tokens();
        assert!(world.is_active(client, &next.access).await);
    })
    .await;
}

/// R6749-4.1.2-c, R6749-4.1.2-d
#[tokio::test]
async fn a_used_code_ends_everything_that_came_of_it() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let client = ("site", secret.as_str());
        let code = code(&mut browser).await;
        let tokens = redeem(&world, client, &code, VERIFIER).await.tokens();
        assert_eq!(redeem(&world, client, &code, VERIFIER).await.refusal(), "400 invalid_grant");
        assert!(!world.is_active(client, &tokens.access).await);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        assert_eq!(
            world.post_as("/o/token/", client, &fields).await.refusal(),
            "400 invalid_grant"
        );
    })
    .await;
}

/// R6749-4.1.2-e: of twenty at once one is first; the others are replays, so even its tokens end.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_first_and_the_rest_are_replays() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let code = code(&mut browser).await;
        let tries = (0..20).map(|_| {
            let (world, secret, code) = (world.clone(), secret.clone(), code.clone());
            tokio::spawn(async move { redeem(&world, ("site", &secret), &code, VERIFIER).await })
        });
        let mut answers = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            answers.push(one.await.unwrap());
        }
        let good: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 400)));
        let access = good[0].tokens().access;
        assert!(!world.is_active(("site", &secret), &access).await);
    })
    .await;
}

/// R6749-4.1.3-a, R6749-4.1.3-c, R7636-4.6-a, R7636-4.6-b, R7636-4.4-a: and the code stays good for its owner.
#[tokio::test]
async fn only_its_client_with_its_verifier_and_its_address_redeems_a_code() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let client = ("site", secret.as_str());
        let other = world.site("other", |_| ()).await;
        let public = |client: &mut oauth::client::Client| {
            client.client_type = oauth::client::ClientType::Public;
            client.auth_method = oauth::client::AuthMethod::None;
        };
        world.site("public", public).await;
        let code = code(&mut browser).await;
        let wrong = VERIFIER.replace('d', "e");
        let refused = "400 invalid_grant";
        assert_eq!(redeem(&world, ("other", &other), &code, VERIFIER).await.refusal(), refused);
        assert_eq!(redeem(&world, client, &code, &wrong).await.refusal(), refused);
        assert_eq!(redeem(&world, client, &code, "").await.refusal(), refused);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", "https://app.example/"),
            ("code_verifier", VERIFIER),
        ];
        assert_eq!(world.post_as("/o/token/", client, &fields).await.refusal(), refused);
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("client_id", "public"),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        assert_eq!(world.post("/o/token/", &fields).await.refusal(), refused);
        assert_eq!(redeem(&world, client, &code, VERIFIER).await.status, 200);
    })
    .await;
}

/// R6749-4.1.2-a, R21-4.3.3-d
#[tokio::test]
async fn a_code_dies_with_time_and_with_whoever_it_rests_on() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let client = ("site", secret.as_str());
        let late = code(&mut browser).await;
        world.clock.advance(Duration::from_mins(1));
        assert_eq!(redeem(&world, client, &late, VERIFIER).await.refusal(), "400 invalid_grant");
        let code = code(&mut browser).await;
        let name = accounts::Username::parse("halfspring").unwrap();
        let user = world.store.users().find_by_username(&name).await.unwrap().unwrap();
        world.store.users().disable(user.account.id).await.unwrap();
        assert_eq!(redeem(&world, client, &code, VERIFIER).await.refusal(), "400 invalid_grant");
    })
    .await;
}

/// R6749-6-c: each kind of token fits its own slot only.
#[tokio::test]
async fn a_code_is_no_refresh_token_and_the_other_way_round() {
    on_both(|world| async move {
        let (secret, mut browser) = people(&world).await;
        let client = ("site", secret.as_str());
        let first = code(&mut browser).await;
        let tokens = redeem(&world, client, &first, VERIFIER).await.tokens();
        let second = code(&mut browser).await;
        for wrong in [&tokens.access, &tokens.refresh] {
            assert_eq!(
                redeem(&world, client, wrong, VERIFIER).await.refusal(),
                "400 invalid_grant"
            );
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", second.as_str())];
        assert_eq!(
            world.post_as("/o/token/", client, &fields).await.refusal(),
            "400 invalid_grant"
        );
        assert!(!world.is_active(client, &second).await);
    })
    .await;
}
