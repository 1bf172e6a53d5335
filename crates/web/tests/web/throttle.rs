//! Guessing passwords is slowed down, in parallel too, on every way in, without locking the owner out.

use crate::browser::Browser;
use crate::world::{PASSWORD, World, form_request, on_both, on_both_with};

#[tokio::test]
async fn parallel_tries_are_counted_each() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut running = Vec::new();
        for number in 0..40 {
            let world = world.clone();
            running.push(tokio::spawn(async move {
                let guess = format!("guess number {number}");
                let form = [("username", "halfspring"), ("password", guess.as_str())];
                world.post("/authentication/token/", &form).await.status.as_u16()
            }));
        }
        let mut let_through = 0;
        for one in running {
            match one.await.unwrap() {
                400 => let_through += 1,
                429 => {}
                other => panic!("{other}"),
            }
        }
        assert!((1..=6).contains(&let_through), "{let_through} of 40 were looked at");
    })
    .await;
}

#[tokio::test]
async fn one_limit_holds_for_every_way_in_and_every_spelling() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        for name in
            ["halfspring", "HALFSPRING", "halfsprinｇ", "Halfspring", "halfspring", "halfspring"]
        {
            let form = [("username", name), ("password", "wrong")];
            world.post("/authentication/token/", &form).await;
        }
        let fields =
            [("grant_type", "password"), ("username", "halfspring"), ("password", PASSWORD)];
        let token = world.post_as("/o/token/", client, &fields).await;
        assert_eq!(token.refusal(), "429 temporarily_unavailable");
        assert!(!token.header("retry-after").is_empty());
        let mut browser = Browser::new(&world);
        browser.get("/accounts/login/").await;
        let page = browser.sign_in("halfspring", PASSWORD).await;
        assert_eq!(page.status, 429);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.body.contains("Too many tries") && !page.header("retry-after").is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_owner_gets_in_from_elsewhere_and_a_forged_header_is_no_elsewhere() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let attempt = |world: World,
                       address: &'static str,
                       forwarded: &'static str,
                       password: &'static str| async move {
            let form = [("username", "halfspring"), ("password", password)];
            let mut request = form_request("/authentication/token/", &form);
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
            world.send_from(address, request).await.status.as_u16()
        };
        for forwarded in [
            "198.51.100.1",
            "198.51.100.2",
            "198.51.100.3",
            "198.51.100.4",
            "198.51.100.5",
            "198.51.100.6",
        ] {
            attempt(world.clone(), "203.0.113.5", forwarded, "wrong").await;
        }
        assert_eq!(attempt(world.clone(), "203.0.113.5", "198.51.100.7", PASSWORD).await, 429);
        assert_eq!(attempt(world.clone(), "192.0.2.77", "203.0.113.5", PASSWORD).await, 200);
    })
    .await;
}

#[tokio::test]
async fn a_right_password_starts_the_count_anew() {
    on_both(|world| async move {
        world.user("halfspring").await;
        for _ in 0..4 {
            for password in ["wrong", "wrong", "wrong", PASSWORD] {
                let form = [("username", "halfspring"), ("password", password)];
                let status = world.post("/authentication/token/", &form).await.status;
                assert_ne!(status, 429);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn when_too_many_hashes_wait_the_answer_is_503_and_the_rest_goes_on() {
    let narrow = |settings: &mut grantwell_web::Settings| {
        settings.limits.hashing_parallel = 1;
        settings.limits.hashing_queue = 1;
    };
    on_both_with(narrow, |world| async move {
        let (_, secret) = world.client("photos").await;
        let mut running = Vec::new();
        for number in 0..12 {
            let world = world.clone();
            let name = format!("user{number}");
            running.push(tokio::spawn(async move {
                let form = [("username", name.as_str()), ("password", PASSWORD)];
                let answer = world.post("/authentication/token/", &form).await;
                if answer.status == 503 {
                    assert!(!answer.header("retry-after").is_empty());
                    assert_eq!(answer.json()["code"], "busy");
                }
                answer.status.as_u16()
            }));
        }
        let asked = [("grant_type", "client_credentials")];
        let other = world.post_as("/o/token/", ("photos", secret.expose()), &asked).await;
        assert_eq!(other.status, 200);
        let mut seen = Vec::new();
        for one in running {
            seen.push(one.await.unwrap());
        }
        assert!(seen.contains(&503) && seen.contains(&400), "{seen:?}");
        assert!(seen.iter().all(|status| matches!(status, 400 | 503)), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn asking_which_names_are_taken_is_slowed_down_like_registering() {
    let few = |settings: &mut grantwell_web::Settings| settings.limits.registrations.free = 5;
    on_both_with(few, |world| async move {
        world.user("halfspring").await;
        let ask = async |name| {
            let form = [("username", name), ("password", "x")];
            world.post("/authentication/register/", &form).await.status.as_u16()
        };
        for name in ["halfspring", "nobody1", "halfspring", "nobody2", "halfspring"] {
            assert_eq!(ask(name).await, 422);
        }
        for name in ["halfspring", "nobody3"] {
            assert_eq!(ask(name).await, 429, "and the refusal does not tell either");
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_or_client_that_is_deleted_while_the_password_is_checked_gets_nothing() {
    let narrow = |settings: &mut grantwell_web::Settings| settings.limits.hashing_parallel = 1;
    on_both_with(narrow, |world| async move {
        for round in 0..2 {
            let user = world.user(&format!("user{round}")).await;
            let name = user.account.username.to_string();
            let (application, secret) = world.client(&format!("client{round}")).await;
            let (open, gate) = std::sync::mpsc::channel::<()>();
            let state = world.state.clone();
            let held = tokio::spawn(async move { state.hashing.run(move || gate.recv()).await });
            let (sender, id) = (world.clone(), application.client.id.to_string());
            let asking = tokio::spawn(async move {
                let fields = [
                    ("grant_type", "password"),
                    ("username", name.as_str()),
                    ("password", PASSWORD),
                ];
                sender.post_as("/o/token/", (&id, secret.expose()), &fields).await
            });
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            if round == 0 {
                world.store.users().delete(user.account.id).await.unwrap();
            } else {
                world.store.applications().delete(application.id).await.unwrap();
            }
            open.send(()).unwrap();
            held.await.unwrap().unwrap().unwrap();
            assert_eq!(asking.await.unwrap().refusal(), "400 invalid_grant");
        }
    })
    .await;
}
