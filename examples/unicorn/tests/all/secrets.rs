//! The log of a whole run contains none of the secrets that the run used.

use crate::house::{PASSWORD, on_both};

on_both! { no_secret_reaches_the_log(house) {
    let _ = &mut house;
    let mut secrets = vec![PASSWORD.to_owned(), "wrong password of ann".to_owned(), "gws_madeup".to_owned()];
    let made = house.register("ann").await;
    secrets.extend([made.field("access_token"), made.field("refresh_token")]);
    let signed_in = house.sign_in("ann").await;
    secrets.extend([signed_in.field("access_token"), signed_in.field("refresh_token")]);
    let refreshed = house.refresh(&made.field("refresh_token")).await;
    secrets.extend([refreshed.field("access_token"), refreshed.field("refresh_token")]);
    house.form("/authentication/token/", &[("username", "ann"), ("password", "wrong password of ann")]).await;

    let client = house.application("client_credentials");
    secrets.push(client.1.clone());
    let granted = house.client_form("/o/token/", &client, &[("grant_type", "client_credentials")]).await;
    secrets.push(granted.field("access_token"));
    let wrong = (client.0.clone(), "gws_madeup".to_owned());
    house.client_form("/o/token/", &wrong, &[("grant_type", "client_credentials")]).await;
    house.client_form("/o/introspect/", &client, &[("token", &granted.field("access_token"))]).await;
    house.client_form("/o/revoke_token/", &client, &[("token", &granted.field("access_token"))]).await;

    // A client that puts its token where it does not belong.
    let token = signed_in.field("access_token");
    house.send(house.http.get(house.url(&format!("/v1/unicorn/?access_token={token}")))).await;
    house.get("/v1/unicorn/", &token).await;
    house.send(house.http.post(house.url("/o/token/")).body(format!("{{\"password\":\"{PASSWORD}\"}}"))).await;

    let page = house.send(house.http.get(house.url("/accounts/login/")).header("accept", "text/html")).await;
    for cookie in page.headers.get_all("set-cookie") {
        let value = cookie.to_str().unwrap().split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
        if value.len() > 8 {
            secrets.push(value);
        }
    }
    let log = house.log();
    assert!(log.contains("/authentication/token/"), "the log names the requests:\n{log}");
    for secret in secrets {
        assert!(!log.contains(&secret), "the log contains the secret {secret}:\n{log}");
    }
} }
