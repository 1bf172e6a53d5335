//! Signing in and out in a browser: fixation, renewal, forged forms, where `next` may lead, the account page.

use std::time::Duration;

use crate::browser::Browser;
use crate::world::{PASSWORD, on_both};

#[tokio::test]
async fn signing_in_leads_to_the_account_and_out_again() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::new(&world);
        let page = browser.get("/accounts/profile/?x=1").await;
        assert_eq!(page.status, 303);
        assert_eq!(
            page.header("location"),
            "/accounts/login/?next=%2Faccounts%2Fprofile%2F%3Fx%3D1"
        );
        browser.get("/accounts/login/?next=%2Faccounts%2Fprofile%2F%3Fx%3D1").await;
        let fields = [
            ("username", "halfspring"),
            ("password", PASSWORD),
            ("next", "/accounts/profile/?x=1"),
        ];
        let answer = browser.submit("/accounts/login/", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert_eq!(answer.header("location"), "/accounts/profile/?x=1");
        assert_eq!(answer.header("cache-control"), "no-store");
        let profile = browser.get("/accounts/profile/").await;
        assert_eq!(profile.status, 200);
        assert!(profile.body.contains("halfspring"));
        assert_eq!(profile.header("cache-control"), "no-store");
        assert_eq!(browser.get("/accounts/login/").await.status, 303, "already signed in");
        browser.get("/accounts/profile/").await;
        let old = browser.clone();
        let out = browser.submit("/accounts/logout/", &[]).await;
        assert_eq!(out.status, 303);
        assert!(browser.session().is_none());
        assert!(browser.get("/accounts/login/").await.body.contains("You are signed out."));
        let mut back = old;
        assert_eq!(
            back.get("/accounts/profile/").await.status,
            303,
            "the old cookie opens nothing"
        );
    })
    .await;
}

#[tokio::test]
async fn the_session_id_is_new_at_every_sign_in_and_a_planted_one_is_never_adopted() {
    on_both(|world| async move {
        world.user("victim").await;
        world.user("attacker").await;
        let mut browser = Browser::new(&world);
        let planted = "A".repeat(43);
        browser.cookies.insert("__Host-grantwell_session".to_owned(), planted.clone());
        browser.get("/accounts/login/").await;
        assert_eq!(browser.sign_in("victim", PASSWORD).await.status, 303);
        let first = browser.session().unwrap().clone();
        assert_ne!(first, planted);
        let mut thief = Browser::new(&world);
        thief.cookies.insert("__Host-grantwell_session".to_owned(), planted);
        assert_eq!(thief.get("/accounts/profile/").await.status, 303);
        // Signing in again, as somebody else, ends the session that was there.
        browser.get("/accounts/profile/").await;
        assert_eq!(browser.sign_in("attacker", PASSWORD).await.status, 303);
        assert_ne!(browser.session().unwrap(), &first);
        let mut old = Browser::new(&world);
        old.cookies.insert("__Host-grantwell_session".to_owned(), first);
        assert_eq!(old.get("/accounts/profile/").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_look_alike() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let gone = world.user("gone").await;
        world.store.users().disable(gone.account.id).await.unwrap();
        for (name, password) in [("halfspring", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)]
        {
            let mut browser = Browser::new(&world);
            browser.get("/accounts/login/").await;
            let answer = browser.sign_in(name, password).await;
            assert_eq!(answer.status, 422);
            assert!(answer.body.contains("The username or the password is not right."), "{name}");
            assert!(browser.session().is_none());
            assert!(
                !answer.body.contains(password) || password == "wrong",
                "no password is sent back"
            );
        }
        let mut browser = Browser::new(&world);
        browser.get("/accounts/login/").await;
        let empty = browser.sign_in("", "").await;
        assert_eq!(empty.status, 422);
        assert!(
            empty.body.contains("Enter your username.")
                && empty.body.contains("Enter your password.")
        );
    })
    .await;
}

#[tokio::test]
async fn next_never_leads_to_another_site() {
    on_both(|world| async move {
        world.user("halfspring").await;
        for next in
            ["//evil", "/\\evil", "https://evil.example/", "javascript:alert(1)", "/%2f/evil", ""]
        {
            let mut browser = Browser::new(&world);
            browser.get("/accounts/login/").await;
            let fields = [("username", "halfspring"), ("password", PASSWORD), ("next", next)];
            let answer = browser.submit("/accounts/login/", &fields).await;
            assert_eq!(answer.status, 303);
            assert_eq!(answer.header("location"), "/accounts/profile/", "{next}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_form_refuses_what_was_not_sent_from_its_page() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        world.user("other").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let mut other = Browser::signed_in(&world, "other").await;
        other.get("/accounts/profile/").await;
        let mut anonymous = Browser::new(&world);
        anonymous.get("/accounts/login/").await;
        let own = browser.csrf.clone();
        let paths = [
            "/accounts/logout/",
            "/accounts/logout/everywhere/",
            "/accounts/password_change/",
            "/accounts/profile/edit/",
            "/accounts/email_change/",
            "/accounts/login/",
            "/o/applications/register/",
        ];
        let same = [("sec-fetch-site", "same-origin"), ("origin", "https://auth.example")];
        let foreign: [&[(&str, &str)]; 4] = [
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
        ];
        for path in paths {
            for token in ["", "x", &other.csrf, &anonymous.csrf] {
                let answer = browser.submit_raw(path, &[("csrf_token", token)], &same).await;
                assert_eq!(answer.status, 403, "{path} with {token:?}");
            }
            assert_eq!(browser.submit_raw(path, &[], &[]).await.status, 403, "{path}");
            for headers in foreign {
                let answer = browser.submit_raw(path, &[("csrf_token", &own)], headers).await;
                assert_eq!(answer.status, 403, "{path} {headers:?}");
            }
        }
        assert_eq!(browser.get("/accounts/profile/").await.status, 200, "still signed in");
        let now = world.store.users().find(user.account.id).await.unwrap().unwrap();
        assert_eq!(now.account.epoch, user.account.epoch);
    })
    .await;
}

#[tokio::test]
async fn a_form_from_before_signing_in_is_void_afterwards() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::new(&world);
        browser.get("/accounts/login/").await;
        let before = browser.csrf.clone();
        assert_eq!(browser.sign_in("halfspring", PASSWORD).await.status, 303);
        let answer = browser.submit_raw("/accounts/logout/", &[("csrf_token", &before)], &[]).await;
        assert_eq!(answer.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_by_idleness_and_by_age() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        world.clock.advance(Duration::from_hours(25));
        assert_eq!(browser.get("/accounts/profile/").await.status, 303);
        assert_eq!(
            browser.get("/accounts/profile/").await.status,
            303,
            "asking does not revive it"
        );
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for _ in 0..27 {
            world.clock.advance(Duration::from_hours(12));
            assert_eq!(browser.get("/accounts/profile/").await.status, 200);
        }
        world.clock.advance(Duration::from_hours(12));
        assert_eq!(browser.get("/accounts/profile/").await.status, 303, "two weeks are the most");
    })
    .await;
}

#[tokio::test]
async fn changing_the_password_needs_the_old_one_and_ends_everything_else() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let mut elsewhere = Browser::signed_in(&world, "halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get("/accounts/password_change/").await;
        let path = "/accounts/password_change/";
        let new = "another set of words";
        let wrong = browser.submit(path, &[("old_password", "wrong"), ("new_password", new)]).await;
        assert_eq!(wrong.status, 422);
        let short =
            browser.submit(path, &[("old_password", PASSWORD), ("new_password", "short")]).await;
        assert_eq!(short.status, 422);
        let like = browser
            .submit(path, &[("old_password", PASSWORD), ("new_password", "halfspring1")])
            .await;
        assert_eq!(like.status, 422);
        assert!(world.is_active(client, &tokens.access).await, "nothing has changed yet");
        let before = browser.session().unwrap().clone();
        let done = browser.submit(path, &[("old_password", PASSWORD), ("new_password", new)]).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_ne!(browser.session().unwrap(), &before);
        assert_eq!(browser.get("/accounts/profile/").await.status, 200);
        assert_eq!(elsewhere.get("/accounts/profile/").await.status, 303);
        assert!(!world.is_active(client, &tokens.access).await);
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        assert_eq!(
            world.post_as("/o/token/", client, &refresh).await.refusal(),
            "400 invalid_grant"
        );
    })
    .await;
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_sessions_and_tokens() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let tokens = world.tokens(client, "halfspring").await;
        let mut elsewhere = Browser::signed_in(&world, "halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        assert_eq!(browser.submit("/accounts/logout/everywhere/", &[]).await.status, 303);
        assert_eq!(browser.get("/accounts/profile/").await.status, 303);
        assert_eq!(elsewhere.get("/accounts/profile/").await.status, 303);
        assert!(!world.is_active(client, &tokens.access).await);
    })
    .await;
}

#[tokio::test]
async fn looking_at_pages_makes_no_sessions_and_signs_nobody_out() {
    on_both(|world| async move {
        let user = world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        assert_eq!(browser.get("/accounts/logout/").await.status, 200, "asks first");
        assert_eq!(browser.get("/accounts/profile/").await.status, 200);
        for _ in 0..5 {
            Browser::new(&world).get("/accounts/login/").await;
        }
        assert_eq!(world.store.sessions().list(user.account.id).await.unwrap().len(), 1);
        assert_eq!(Browser::new(&world).get("/").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_files_that_a_page_links_are_served() {
    on_both(|world| async move {
        let page = Browser::new(&world).get("/").await.body;
        for ending in [".css", ".js", ".svg"] {
            let address =
                page.split('"').find(|text| text.starts_with("/static/") && text.ends_with(ending));
            let file = world.get(address.unwrap()).await;
            assert_eq!(file.status, 200, "{address:?}");
            assert!(file.header("cache-control").contains("immutable"));
        }
    })
    .await;
}
