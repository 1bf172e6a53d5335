//! The operator's commands over accounts, felt by the server that runs.

use crate::guide::until;
use crate::house::{PASSWORD, on_both};

const OTHER: &str = "another set of words";

on_both! { a_disabled_account_is_shut_out_of_the_running_server(house) {
    let _ = &mut house;
    let made = house.register("ann").await;
    let bob = house.register("bob").await.field("access_token");
    let token = made.field("access_token");
    assert_eq!(house.get("/v1/unicorn/", &token).await.status, 200);
    let (code, _, err) = house.command(&["user", "disable", "ann", "--yes"], "");
    assert_eq!(code, 0, "{err}");
    until("the token is refused", async || house.get("/v1/unicorn/", &token).await.status == 401).await;
    assert_eq!(house.refresh(&made.field("refresh_token")).await.status, 400);
    assert_eq!(house.sign_in("ann").await.status, 400);
    assert_eq!(house.get("/v1/unicorn/", &bob).await.status, 200, "nobody else is signed out");
    assert_eq!(house.command(&["user", "enable", "ann"], "").0, 0);
    let again = house.sign_in("ann").await;
    assert_eq!(again.status, 200, "{again:?}");
    assert_eq!(house.get("/v1/unicorn/", &again.field("access_token")).await.status, 200);
    assert_eq!(house.get("/v1/unicorn/", &token).await.status, 401, "what had ended stays ended");
} }

on_both! { a_password_that_the_operator_sets_replaces_the_old_one_at_once(house) {
    let _ = &mut house;
    let token = house.register("ann").await.field("access_token");
    let (code, out, err) = house.command(&["user", "set-password", "ann", "--json"], &format!("{OTHER}\n"));
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains(OTHER) && !err.contains(OTHER) && !out.contains("argon2"), "{out}{err}");
    until("the token is refused", async || house.get("/v1/unicorn/", &token).await.status == 401).await;
    for (password, status) in [(PASSWORD, 400), (OTHER, 200)] {
        let fields = [("username", "ann"), ("password", password)];
        assert_eq!(house.form("/authentication/token/", &fields).await.status, status, "{password}");
    }
} }
