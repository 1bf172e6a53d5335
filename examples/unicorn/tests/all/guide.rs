//! The guide, word for word, and what its reader would try next.

use crate::house::on_both;

on_both! { the_guide_runs_word_for_word(house) {
    let _ = &mut house;
    let made = house.form("/authentication/register/", &[("username", "halfspring"), ("password", "1234abcd")]).await;
    assert_eq!(made.status, 201, "{made:?}");
    let keys: Vec<String> = made.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["access_token", "expires_in", "token_type", "scope", "refresh_token"]);
    assert_eq!((made.json()["expires_in"].as_i64(), made.field("scope").as_str()), (Some(36000), "read write"));
    assert_eq!(made.header("cache-control"), "no-store");
    let token = made.field("access_token");

    for (number, name, age) in [(1, "djangounchained", "34"), (2, "mylittlepony", "22")] {
        let request = house.http.post(house.url("/v1/unicorn/")).bearer_auth(&token);
        let answer = house.send(request.form(&[("name", name), ("age", age)])).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.text, format!("{{\"id\":{number},\"name\":\"{name}\",\"age\":{age}}}"));
        assert!(answer.header("location").ends_with(&format!("/v1/unicorn/{number}/")), "{answer:?}");
    }
    let list = house.get("/v1/unicorn/", &token).await;
    assert_eq!(
        list.text,
        r#"[{"id":1,"name":"djangounchained","age":34},{"id":2,"name":"mylittlepony","age":22}]"#
    );
    let bare = house.send(house.http.get(house.url("/v1/unicorn/"))).await;
    assert_eq!(bare.status, 401);
    assert!(bare.header("www-authenticate").starts_with("Bearer"), "{bare:?}");
    assert!(!bare.header("www-authenticate").contains("error="), "RFC 6750 §3.1: no code without a token");
} }

on_both! { the_manual_way_works_with_an_application_of_ones_own(house) {
    let _ = &mut house;
    house.register("ann").await;
    let client = house.application("password");
    let fields = [("grant_type", "password"), ("username", "ann"), ("password", crate::house::PASSWORD)];
    let granted = house.client_form("/o/token/", &client, &fields).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    assert_eq!(house.get("/v1/unicorn/", &granted.field("access_token")).await.status, 200);

    let refresh = granted.field("refresh_token");
    let revoked = house.client_form("/o/revoke_token/", &client, &[("token", &refresh)]).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
    assert_eq!(house.get("/v1/unicorn/", &granted.field("access_token")).await.status, 401);
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(house.client_form("/o/token/", &client, &fields).await.field("error"), "invalid_grant");
} }

on_both! { a_restart_keeps_what_was_answered(house) {
    let made = house.register("ann").await;
    let revoked = house.register("bob").await;
    let out = house.form("/authentication/token/revoke/", &[("token", &revoked.field("access_token"))]).await;
    assert_eq!(out.status, 200, "{out:?}");
    house.crash_and_restart().await;
    assert_eq!(house.get("/v1/unicorn/", &made.field("access_token")).await.status, 200);
    assert_eq!(house.get("/v1/unicorn/", &revoked.field("access_token")).await.status, 401);
    assert_eq!(house.refresh(&made.field("refresh_token")).await.status, 200);
} }

on_both! { commands_and_server_share_one_truth(house) {
    let _ = &mut house;
    let client = house.application("client_credentials");
    let grant = [("grant_type", "client_credentials")];
    let granted = house.client_form("/o/token/", &client, &grant).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    let (code, _, err) = house.command(&["application", "delete", &client.0, "--yes"], "");
    assert_eq!(code, 0, "{err}");
    let token = granted.field("access_token");
    until("the deleted application's token is refused", async || house.get("/v1/unicorn/", &token).await.status == 401).await;
    until("the deleted application gets no token", async || house.client_form("/o/token/", &client, &grant).await.status == 401).await;
} }

/// Ask again until it is so. A bound keeps a failing test from hanging; no promise about time is checked.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it never came to be that {what}");
}
