//! `token …` with the tokens of a running server.

use reqwest::Client;
use serde_json::Value;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_looked_into_and_ended_without_being_an_argument() {
    let house = House::new();
    let scopes = [("GRANTWELL__OAUTH__SCOPES", r#"{"read":"See","write":"Change"}"#)];
    let server = house.serve(&scopes);
    let fields = [("username", "ann"), ("password", "quiet harbour lights")];
    let sent = Client::new().post(server.url("/authentication/register/")).form(&fields).send();
    let made: Value = sent.await.unwrap().json().await.unwrap();
    let run = |verb: &[&str], token: &Value| {
        house.run_with(&[&["token"], verb].concat(), &scopes, token.as_str().unwrap())
    };
    let (access, refresh) = (&made["access_token"], &made["refresh_token"]);
    let seen = run(&["introspect"], access).code(0).json();
    assert_eq!(
        (&seen["active"], &seen["username"]),
        (&Value::Bool(true), &Value::from("ann")),
        "{seen}"
    );
    assert_eq!(seen["scope"], "read write");
    assert_eq!(run(&["introspect"], refresh).code(0).json()["active"], true);

    run(&["revoke", "--dry-run"], refresh).code(0);
    assert_eq!(
        run(&["introspect"], refresh).code(0).json()["active"],
        true,
        "a dry run changes nothing"
    );
    run(&["revoke"], refresh).code(0);
    for token in [access, refresh] {
        assert_eq!(
            run(&["introspect"], token).code(0).json(),
            serde_json::json!({ "active": false })
        );
    }
}
