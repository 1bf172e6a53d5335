//! Keys: fetched once, fetched again for a new one, kept for a while without their server, never fetched as often as forgers like.
use fetch::testing::Answer;
use futures_util::future::join_all;
use grantwell_rest::remote::JwksVerifier;
use jose::Algorithm;
use serde_json::json;

use super::world::{METADATA, RESOURCE, Signer, World, outcome, pass};

const KEYS: &str = "/jwks.json";

fn verifier(world: &World) -> JwksVerifier {
    JwksVerifier::new(world.server(), RESOURCE, world.clock.clone())
}

#[tokio::test]
async fn many_tokens_at_once_cause_one_question_for_the_keys() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says(KEYS, Answer::json(signer.keys().to_string()));
    let verifier = verifier(&world);
    let token = signer.token();
    let all = join_all((0..50).map(|_| outcome(&verifier, &token))).await;
    assert!(all.iter().all(|one| one == "read of ann"), "{all:?}");
    assert_eq!((world.asked(METADATA), world.asked(KEYS)), (1, 1));
}

/// R9068-4-a, ROIDR-2-d
#[tokio::test]
async fn a_key_that_is_new_is_fetched_and_one_that_was_removed_is_not_believed_any_more() {
    let world = World::new().await;
    let (old, new) = (Signer::new(Algorithm::Es256, 1), Signer::new(Algorithm::EdDsa, 2));
    world.script.says(KEYS, Answer::json(old.keys().to_string()));
    let verifier = verifier(&world);
    let (first, second) = (old.token(), new.token());
    assert_eq!(outcome(&verifier, &first).await, "read of ann");
    let both = json!({"keys": [old.keys()["keys"][0], new.keys()["keys"][0]]});
    world.script.says(KEYS, Answer::json(both.to_string()));
    pass(3).await;
    let all =
        join_all((0..50).map(|n| outcome(&verifier, if n % 2 == 0 { &first } else { &second })));
    assert!(all.await.iter().all(|one| one == "read of ann"), "tokens flow while keys rotate");
    assert_eq!(world.asked(KEYS), 2);
    world.script.says(KEYS, Answer::json(new.keys().to_string()));
    pass(601).await;
    assert_eq!(outcome(&verifier, &first).await, "invalid_token");
    assert_eq!(outcome(&verifier, &second).await, "read of ann");
}

#[tokio::test]
async fn keys_without_names_rotate_as_well() {
    let world = World::new().await;
    let nameless = |signer: &Signer| {
        let mut keys = signer.keys();
        keys["keys"][0].as_object_mut().unwrap().shift_remove("kid");
        Answer::json(keys.to_string())
    };
    let (old, new) = (Signer::new(Algorithm::Es256, 1), Signer::new(Algorithm::Es256, 2));
    world.script.says(KEYS, nameless(&old));
    let verifier = verifier(&world);
    assert_eq!(outcome(&verifier, &old.token()).await, "read of ann");
    world.script.says(KEYS, nameless(&new));
    pass(3).await;
    assert_eq!(outcome(&verifier, &new.token()).await, "read of ann");
}

#[tokio::test]
async fn made_up_names_of_keys_cause_one_question_in_two_seconds() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says(KEYS, Answer::json(signer.keys().to_string()));
    let verifier = verifier(&world);
    assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
    let forged: Vec<String> = (10..60).map(|n| Signer::new(Algorithm::Es256, n).token()).collect();
    for seconds in [0, 3, 3] {
        pass(seconds).await;
        let all = join_all(forged.iter().map(|token| outcome(&verifier, token))).await;
        assert!(all.iter().all(|one| one == "invalid_token"), "{all:?}");
        assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
    }
    assert_eq!(world.asked(KEYS), 3);
    // Nor when the server does not answer.
    world.script.says(KEYS, Answer::status(500));
    pass(3).await;
    for token in &forged {
        assert_eq!(outcome(&verifier, token).await, "invalid_token");
    }
    assert_eq!(world.asked(KEYS), 4);
}

#[tokio::test]
async fn without_their_server_good_keys_go_on_for_a_while_and_then_nothing_is_accepted() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    world.script.says(KEYS, Answer::json(signer.keys().to_string()));
    let verifier = verifier(&world);
    assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
    world.script.says(KEYS, Answer::status(503));
    world.script.says(METADATA, Answer::status(503));
    pass(4100).await;
    assert_eq!(outcome(&verifier, &signer.token()).await, "read of ann");
    pass(200).await;
    assert_eq!(outcome(&verifier, &signer.token()).await, "unavailable");
}

#[tokio::test]
async fn a_server_that_was_never_reached_gives_no_acceptance() {
    let (world, signer) = (World::new().await, Signer::new(Algorithm::Es256, 1));
    let verifier = verifier(&world);
    for answer in [
        Answer::status(500),
        Answer::status(404),
        Answer::json("{}"),
        Answer::json("nonsense"),
        Answer::json(r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#),
    ] {
        world.script.says(KEYS, answer);
        pass(2).await;
        assert_eq!(outcome(&verifier, &signer.token()).await, "unavailable");
    }
    world.script.says(KEYS, Answer::json(r#"{"keys":[]}"#));
    pass(2).await;
    assert_eq!(outcome(&verifier, &signer.token()).await, "invalid_token");
}
