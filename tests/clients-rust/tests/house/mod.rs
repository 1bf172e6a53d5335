//! The started server under test, its commands, the person in `tests/clients/person.mjs`, and HTTP.

#![allow(dead_code, reason = "each test binary needs another part of it")]

use std::process::Command;

use openidconnect::reqwest;
use openidconnect::reqwest::blocking::Client;
use openidconnect::reqwest::redirect::Policy;
use openidconnect::{EndSessionUrl, HttpClientError, HttpRequest, HttpResponse, SyncHttpClient};
use serde_json::Value;

pub const CALLBACK: &str = "https://app.example/cb";

fn required(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run these by `cargo xtask test clients`"))
}

pub fn url() -> String {
    required("GRANTWELL_URL")
}

/// One application, made by the command that a developer would run.
pub struct Made {
    pub id: String,
    pub secret: String,
}

impl Made {
    pub fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(required("GRANTWELL_BINARY"));
        command.args(["application", "create", "--json", "--name", "A crate"]).args(arguments);
        command.current_dir(required("GRANTWELL_FOLDER"));
        if let Ok(database) = std::env::var("GRANTWELL_DATABASE")
            && !database.is_empty()
        {
            command.env("DATABASE_URL", database);
        }
        let made = answer(&mut command);
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        Self { id: text("client_id"), secret: text("client_secret") }
    }
}

/// What somebody does with a browser: `approve` a request, let a `device` in, or only `register`.
pub fn approve(what: &str, address: &str) -> Value {
    let clients = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients");
    answer(Command::new("node").args(["act.mjs", what, address]).current_dir(clients))
}

fn answer(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The value of a field in the query of an address.
pub fn field(address: &str, name: &str) -> Option<String> {
    let address = reqwest::Url::parse(address).unwrap();
    let found = address.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

pub fn end_session() -> EndSessionUrl {
    EndSessionUrl::new(format!("{}/o/logout/", url())).unwrap()
}

/// The crate `oauth2` revokes at `https` addresses only (RFC 7009 §2); [`http`] takes the letter away again.
pub fn secure(address: &str) -> String {
    address.replacen("http://", "https://", 1)
}

/// Sends a request of the crates, with no redirect followed.
pub fn http(mut request: HttpRequest) -> Result<HttpResponse, HttpClientError<reqwest::Error>> {
    let address = request.uri().to_string().replacen("https://127.", "http://127.", 1);
    *request.uri_mut() = address.parse().unwrap();
    let client = Client::builder().redirect(Policy::none()).build().map_err(Box::new)?;
    client.call(request)
}

/// What the unicorns answer to this access token.
pub fn unicorns(token: &str) -> u16 {
    let request = Client::new().get(format!("{}/v1/unicorn/", url())).bearer_auth(token);
    request.send().unwrap().status().as_u16()
}
