//! The profile `testing`: nothing that a test would have to wait for.

use serde_json::Value;

use crate::house::House;

fn rotated(house: &House, profile: &str) -> Value {
    let environment = [("GRANTWELL__OAUTH__PROFILE", profile)];
    let arguments = ["keys", "rotate", "--algorithm", "ES256", "--json"];
    house.run_with(&arguments, &environment, "").code(0).json()
}

#[test]
fn a_new_key_signs_at_once_there_and_is_announced_first_everywhere_else() {
    let house = House::migrated();
    assert_eq!(rotated(&house, "oauth21")["state"], "announced");
    let key = rotated(&house, "testing");
    assert_eq!((&key["state"], &key["active_from"]), (&"active".into(), &key["created_at"]));
    let shown = house.run(&["keys", "list", "--json"]).code(0).json();
    let shown = shown.as_array().unwrap().iter().find(|it| it["kid"] == key["kid"]).unwrap();
    assert_eq!(shown["state"], "active");
}

/// A server that runs meanwhile signs with the key that a command has made beside it.
#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_the_new_key_up() {
    let house = House::migrated();
    let testing = ("GRANTWELL__OAUTH__PROFILE", "testing");
    let server = house.serve(&[testing]);
    let jwks = || async {
        let answer = reqwest::get(server.url("/.well-known/jwks.json")).await.unwrap();
        answer.json::<Value>().await.unwrap()
    };
    let key = rotated(&house, "testing");
    while !jwks().await["keys"].as_array().unwrap().iter().any(|it| it["kid"] == key["kid"]) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(server.stop().0, 0);
}
