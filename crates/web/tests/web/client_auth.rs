//! Client authentication: what is accepted, how it is refused, how guessing is slowed down.

use accounts::password;
use http::Request;
use oauth::client::{AuthMethod, Client};
use store::NewSecret;

use crate::world::{World, basic, form_request, on_both};

const ASK: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn unknown_and_wrong_look_alike_and_basic_is_challenged() {
    on_both(|world| async move {
        world.client("photos").await;
        let mut seen = Vec::new();
        for client in [("photos", "wrong"), ("nobody", "wrong"), ("nobody", ""), ("photos", "")] {
            let answer = world.post_as("/o/token/", client, &[ASK]).await;
            assert_eq!(answer.refusal(), "401 invalid_client", "{client:?}");
            assert_eq!(
                answer.header("www-authenticate"),
                "Basic realm=\"oauth\", charset=\"UTF-8\""
            );
            seen.push(answer.body);
        }
        let fields = [ASK, ("client_id", "photos"), ("client_secret", "wrong")];
        let posted = world.post("/o/token/", &fields).await;
        assert_eq!(posted.refusal(), "401 invalid_client");
        assert_eq!(posted.header("www-authenticate"), "");
        seen.push(posted.body);
        seen.dedup();
        assert_eq!(seen.len(), 1, "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn malformed_and_doubled_authentication_is_refused() {
    on_both(|world| async move {
        let (_, secret) = world.client("photos").await;
        let secret = secret.expose();
        let with = |value: &str| {
            let mut request = form_request("/o/token/", &[ASK]);
            request.headers_mut().insert("authorization", value.parse().unwrap());
            request
        };
        for value in ["Basic", "Basic !!!", "Basic cGhvdG9z", "Bearer x", "basic", "Digest x=y"] {
            assert_eq!(world.send(with(value)).await.refusal(), "401 invalid_client", "{value}");
        }
        let right = basic("photos", secret);
        let lower = right.replace("Basic", "bAsIc");
        assert_eq!(world.send(with(&lower)).await.status, 200);
        let both = [ASK, ("client_id", "photos"), ("client_secret", secret)];
        let answer = world.post_as("/o/token/", ("photos", secret), &both).await;
        assert_eq!(answer.refusal(), "400 invalid_request");
        let mut two = form_request("/o/token/", &[ASK]);
        two.headers_mut().append("authorization", right.parse().unwrap());
        two.headers_mut().append("authorization", right.parse().unwrap());
        assert_eq!(world.send(two).await.refusal(), "400 invalid_request");
        let other =
            world.post_as("/o/token/", ("photos", secret), &[ASK, ("client_id", "other")]).await;
        assert_eq!(other.refusal(), "400 invalid_request");
        let query = Request::post("/o/token/?client_id=photos")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(axum::body::Body::from("grant_type=client_credentials"))
            .unwrap();
        assert_eq!(world.send(query).await.refusal(), "400 invalid_request");
    })
    .await;
}

#[tokio::test]
async fn a_client_is_held_to_the_method_it_is_registered_for() {
    on_both(|world| async move {
        let client =
            Client { auth_method: AuthMethod::ClientSecretBasic, ..World::facts("strict") };
        let made = world.store.applications().create(client, NewSecret::Generated).await.unwrap();
        let secret = made.1.unwrap();
        let fields = [ASK, ("client_id", "strict"), ("client_secret", secret.expose())];
        assert_eq!(world.post("/o/token/", &fields).await.refusal(), "401 invalid_client");
        assert_eq!(
            world.post_as("/o/token/", ("strict", secret.expose()), &[ASK]).await.status,
            200
        );
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_down_and_the_right_client_never_waits() {
    on_both(|world| async move {
        let (_, secret) = world.client("photos").await;
        let mut slowed = 0;
        for _ in 0..30 {
            let answer = world.post_as("/o/token/", ("photos", "wrong"), &[ASK]).await;
            match answer.status.as_u16() {
                401 => {}
                429 => {
                    assert!(!answer.header("retry-after").is_empty());
                    slowed += 1;
                }
                other => panic!("{other}: {}", answer.body),
            }
        }
        assert!(slowed > 10, "{slowed}");
        let right = world.post_as("/o/token/", ("photos", secret.expose()), &[ASK]).await;
        assert_eq!(
            right.status, 200,
            "a generated secret cannot be guessed: its owner is not locked out"
        );
    })
    .await;
}

#[tokio::test]
async fn a_chosen_secret_works_and_guesses_at_it_are_not_even_looked_at() {
    on_both(|world| async move {
        let hash =
            password::hash("imported secret", &[5; 16], password::Parameters::OWASP).unwrap();
        let client = World::facts("imported");
        world.store.applications().create(client, NewSecret::Chosen(hash)).await.unwrap();
        let right = ("imported", "imported secret");
        assert_eq!(world.post_as("/o/token/", right, &[ASK]).await.status, 200);
        for _ in 0..10 {
            world.post_as("/o/token/", ("imported", "wrong"), &[ASK]).await;
        }
        let blocked = world.post_as("/o/token/", right, &[ASK]).await;
        assert_eq!(blocked.status, 429, "even the right one waits: it could be a lucky guess");
        let mut elsewhere = form_request("/o/token/", &[ASK]);
        let value = basic("imported", "imported secret").parse().unwrap();
        elsewhere.headers_mut().insert("authorization", value);
        assert_eq!(world.send_from("198.51.100.7", elsewhere).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn parallel_guesses_at_a_chosen_secret_are_counted_each() {
    on_both(|world| async move {
        let hash =
            password::hash("imported secret", &[5; 16], password::Parameters::OWASP).unwrap();
        let client = World::facts("imported");
        world.store.applications().create(client, NewSecret::Chosen(hash)).await.unwrap();
        let mut running = Vec::new();
        for _ in 0..40 {
            let world = world.clone();
            running.push(tokio::spawn(async move {
                world.post_as("/o/token/", ("imported", "wrong"), &[ASK]).await.status.as_u16()
            }));
        }
        let mut looked_at = 0;
        for one in running {
            match one.await.unwrap() {
                401 => looked_at += 1,
                429 => {}
                other => panic!("{other}"),
            }
        }
        assert!((1..=6).contains(&looked_at), "{looked_at} of 40 were looked at");
    })
    .await;
}

#[tokio::test]
async fn a_chosen_secret_that_is_right_is_never_counted_against_its_client() {
    on_both(|world| async move {
        let hash =
            password::hash("imported secret", &[5; 16], password::Parameters::OWASP).unwrap();
        let client = World::facts("imported");
        world.store.applications().create(client, NewSecret::Chosen(hash)).await.unwrap();
        for _ in 0..10 {
            let answer = world.post_as("/o/token/", ("imported", "imported secret"), &[ASK]).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
        }
    })
    .await;
}

#[tokio::test]
async fn the_waiting_does_not_tell_which_clients_there_are() {
    on_both(|world| async move {
        world.client("photos").await;
        let mut seen = [Vec::new(), Vec::new()];
        for (name, seen) in ["photos", "nobody"].into_iter().zip(&mut seen) {
            for _ in 0..10 {
                let answer = world.post_as("/o/token/", (name, "wrong"), &[ASK]).await;
                seen.push((answer.status, answer.body));
            }
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0][9].0, 429);
    })
    .await;
}
