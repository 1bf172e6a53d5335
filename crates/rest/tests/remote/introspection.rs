//! How often the server is asked about a token, what a revocation costs, and what happens when there is no answer.
use std::time::Duration;

use fetch::{Credentials, testing::Answer};
use futures_util::future::join_all;
use grantwell_rest::remote::IntrospectionVerifier;
use serde_json::{Value, json};

use super::world::{NOW, RESOURCE, World, claims, outcome, pass};

const ASK: &str = "/introspect";

fn verifier(world: &World, seconds: u64) -> IntrospectionVerifier {
    let credentials = Credentials::basic("rs", "secret of the rs");
    IntrospectionVerifier::new(world.server(), credentials, RESOURCE, world.clock.clone())
        .with_cache(Duration::from_secs(seconds))
}

fn active(change: impl FnOnce(&mut Value)) -> Answer {
    let mut answer = claims();
    answer["active"] = json!(true);
    answer["token_type"] = json!("Bearer");
    change(&mut answer);
    Answer::json(answer.to_string())
}

fn inactive() -> Answer {
    Answer::json(r#"{"active":false}"#)
}

/// R7662-2.1-a
#[tokio::test]
async fn the_question_is_a_form_of_an_authenticated_client_and_is_shared() {
    let world = World::new().await;
    world.script.says(ASK, active(|_| ()));
    let verifier = verifier(&world, 10);
    let all = join_all((0..50).map(|_| outcome(&verifier, "tok.en"))).await;
    assert!(all.iter().all(|one| one == "read of ann"), "{all:?}");
    assert_eq!(world.asked(ASK), 1);
    let asked = world.peer.asked().into_iter().find(|asked| asked.path == ASK).unwrap();
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.body, "token=tok.en&token_type_hint=access_token");
    assert_eq!(asked.headers["authorization"], "Basic cnM6c2VjcmV0K29mK3RoZStycw==");
}

#[tokio::test]
async fn a_revocation_costs_as_long_as_the_setting_says_and_nothing_with_zero() {
    for (seconds, still) in [(0, "invalid_token"), (10, "read of ann")] {
        let world = World::new().await;
        world.script.says(ASK, active(|_| ()));
        let verifier = verifier(&world, seconds);
        assert_eq!(outcome(&verifier, "a").await, "read of ann");
        world.script.says(ASK, inactive());
        assert_eq!(outcome(&verifier, "a").await, still, "{seconds}");
        pass(11).await;
        assert_eq!(outcome(&verifier, "a").await, "invalid_token");
    }
}

#[tokio::test]
async fn an_answer_is_not_used_beyond_the_end_of_its_token() {
    let world = World::new().await;
    world.script.says(ASK, active(|answer| answer["exp"] = json!(NOW + 5)));
    let verifier = verifier(&world, 300);
    assert_eq!(outcome(&verifier, "a").await, "read of ann");
    world.script.says(ASK, inactive());
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(outcome(&verifier, "a").await, "read of ann");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(outcome(&verifier, "a").await, "invalid_token");
}

#[tokio::test]
async fn that_a_token_is_not_active_is_remembered_shortly() {
    let world = World::new().await;
    world.script.says(ASK, inactive());
    let verifier = verifier(&world, 10);
    for _ in 0..20 {
        assert_eq!(outcome(&verifier, "a").await, "invalid_token");
    }
    assert_eq!(world.asked(ASK), 1);
    world.script.says(ASK, active(|_| ()));
    pass(3).await;
    assert_eq!(outcome(&verifier, "a").await, "read of ann");
    assert_eq!(outcome(&verifier, "b").await, "read of ann", "another token has its own answer");
    assert_eq!(world.asked(ASK), 3);
}

#[tokio::test]
async fn no_answer_is_no_acceptance_and_no_refusal() {
    let world = World::new().await;
    let verifier = verifier(&world, 10);
    for answer in [
        Answer::status(500),
        Answer::status(401),
        Answer::status(302),
        Answer::json("nonsense"),
        Answer::json("{}"),
        Answer::json(r#"{"active":"true"}"#),
        active(|answer| answer["exp"] = json!("soon")),
    ] {
        world.script.says(ASK, answer);
        assert_eq!(outcome(&verifier, "a").await, "unavailable");
    }
    world.script.says(ASK, active(|_| ()));
    assert_eq!(outcome(&verifier, "a").await, "read of ann", "a failure is not remembered");
    world.script.says(ASK, Answer::status(500));
    assert_eq!(outcome(&verifier, "a").await, "read of ann", "what was just told counts");
    pass(11).await;
    assert_eq!(outcome(&verifier, "a").await, "unavailable");
}

/// R7662-2.2-e, R7662-4-a
#[tokio::test]
async fn an_answer_about_another_kind_of_token_or_for_another_resource_is_no_acceptance() {
    let world = World::new().await;
    let verifier = verifier(&world, 0);
    let remove = |name: &'static str| {
        active(move |answer| drop(answer.as_object_mut().unwrap().shift_remove(name)))
    };
    for answer in [
        remove("token_type"),
        remove("aud"),
        remove("exp"),
        remove("client_id"),
        active(|answer| answer["token_type"] = json!("N_A")),
        active(|answer| answer["token_use"] = json!("refresh_token")),
        active(|answer| answer["aud"] = json!("https://api.example/v2")),
        active(|answer| answer["iss"] = json!("https://evil.example")),
        active(|answer| answer["cnf"] = json!({"jkt": "x"})),
    ] {
        world.script.says(ASK, answer);
        assert_eq!(outcome(&verifier, "a").await, "invalid_token");
    }
    let long = "a".repeat(17 * 1024);
    let before = world.asked(ASK);
    assert_eq!(outcome(&verifier, &long).await, "invalid_token");
    assert_eq!(world.asked(ASK), before, "nobody is asked about what is no token");
}

#[tokio::test]
async fn with_zero_each_request_has_a_question_of_its_own() {
    let world = World::new().await;
    world.script.says(ASK, active(|_| ()));
    let verifier = verifier(&world, 0);
    let all = join_all((0..20).map(|_| outcome(&verifier, "a"))).await;
    assert!(all.iter().all(|one| one == "read of ann"), "{all:?}");
    assert_eq!(world.asked(ASK), 20);
}
