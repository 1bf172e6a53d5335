//! The log: one line for each request, with who and what, without anything secret.

use reqwest::Client;
use serde_json::Value;

use crate::house::{House, Running};

/// Sends a request for a token and one with that token in a path; gives the token.
async fn ask(server: &Running, id: &str, secret: &str) -> String {
    let http = Client::new();
    let fields = [("grant_type", "client_credentials")];
    let request = http.post(server.url("/o/token/")).basic_auth(id, Some(secret)).form(&fields);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let nowhere = http
        .get(server.url(&format!("/nowhere/{token}?hidden=query")))
        .header("x-request-id", "mine-1");
    nowhere.send().await.unwrap();
    token
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_who_asked_what_and_nothing_secret() {
    let house = House::migrated();
    let create =
        ["application", "create", "--json", "--name", "x", "--grant-type", "client_credentials"];
    let made = house.run(&create).code(0).json();
    let (id, secret) =
        (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let server = house.serve(&[("GRANTWELL__OAUTH__SCOPES", r#"{"read":"See"}"#)]);
    let token = ask(&server, id, secret).await;
    let (_, said) = server.stop();
    let all = said.join("\n");
    let lines: Vec<Value> =
        said.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |route: &str| {
        let line = lines
            .iter()
            .find(|line| line["span"]["route"] == route && line["message"] == "answered");
        line.map_or_else(|| panic!("no line for {route} in\n{all}"), Value::clone)
    };
    let line = of("/o/token/");
    let span = &line["span"];
    assert_eq!((span["method"].as_str(), line["status"].as_u64()), (Some("POST"), Some(200)));
    assert_eq!(span["client_id"], id);
    assert!(line["latency_ms"].is_number() && span["request_id"].is_string(), "{line}");
    assert_eq!(of("-")["span"]["request_id"], "mine-1");
    for hidden in ["hidden", token.as_str(), secret] {
        assert!(!all.contains(hidden), "{hidden} is in the log");
    }
}
