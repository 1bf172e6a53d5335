//! The crate `oauth2`: each grant that needs no ID token, introspection and revocation.

mod house;

use oauth2::basic::{BasicClient, BasicErrorResponseType};
use oauth2::{
    ClientId, ClientSecret, DeviceAuthorizationUrl, IntrospectionUrl, RequestTokenError,
    ResourceOwnerPassword, ResourceOwnerUsername, RevocationUrl, Scope,
    StandardDeviceAuthorizationResponse, StandardRevocableToken, TokenUrl,
};
use openidconnect::{OAuth2TokenResponse, TokenIntrospectionResponse};

use house::{Made, approve, http, url};

macro_rules! client {
    ($made:expr) => {
        client!($made, $made.secret)
    };
    ($made:expr, $secret:expr) => {{
        let mut client = BasicClient::new(ClientId::new($made.id.clone()));
        if !$secret.is_empty() {
            client = client.set_client_secret(ClientSecret::new($secret.to_owned()));
        }
        let at = |path: &str| format!("{}/o/{path}/", url());
        client
            .set_token_uri(TokenUrl::new(at("token")).unwrap())
            .set_introspection_url(IntrospectionUrl::new(at("introspect")).unwrap())
            .set_revocation_url(RevocationUrl::new(house::secure(&at("revoke_token"))).unwrap())
            .set_device_authorization_url(
                DeviceAuthorizationUrl::new(at("device-authorization")).unwrap(),
            )
    }};
}

fn read() -> Scope {
    Scope::new("read".to_owned())
}

#[test]
fn oauth2_acts_for_itself_introspects_and_revokes() {
    let made = Made::new(&["--grant-type", "client_credentials"]);
    let client = client!(made);
    let token = client.exchange_client_credentials().add_scope(read()).request(&http).unwrap();
    let alive = |token| client.introspect(token).request(&http).unwrap().active();
    assert_eq!(house::unicorns(token.access_token().secret()), 200);
    assert!(alive(token.access_token()));
    let revocable = StandardRevocableToken::AccessToken(token.access_token().clone());
    client.revoke_token(revocable).unwrap().request(&http).unwrap();
    assert!(!alive(token.access_token()));
    assert_eq!(house::unicorns(token.access_token().secret()), 401);

    let refused = client!(made, "wrong").exchange_client_credentials().request(&http);
    let Err(RequestTokenError::ServerResponse(refusal)) = refused else {
        panic!("a wrong secret was not refused: {refused:?}")
    };
    assert_eq!(*refusal.error(), BasicErrorResponseType::InvalidClient);
}

#[test]
fn oauth2_brings_a_password_and_refreshes_until_a_replay() {
    let made = Made::new(&["--grant-type", "password"]);
    let client = client!(made);
    let username = approve("register", "")["username"].as_str().unwrap().to_owned();
    let password = ResourceOwnerPassword::new("quiet harbour lights".to_owned());
    let first = client
        .exchange_password(&ResourceOwnerUsername::new(username), &password)
        .add_scope(read())
        .request(&http)
        .unwrap();
    let refresh = |token| client.exchange_refresh_token(token).request(&http);
    let second = refresh(first.refresh_token().unwrap()).unwrap();
    let third = refresh(second.refresh_token().unwrap()).unwrap();
    assert_eq!(house::unicorns(third.access_token().secret()), 200);
    for dead in [&first, &third] {
        assert!(refresh(dead.refresh_token().unwrap()).is_err());
    }
}

#[test]
fn oauth2_waits_for_a_person_to_type_the_code() {
    let made = Made::new(&[
        "--client-type",
        "public",
        "--grant-type",
        "urn:ietf:params:oauth:grant-type:device_code",
    ]);
    let client = client!(made);
    let asked: StandardDeviceAuthorizationResponse =
        client.exchange_device_code().add_scope(read()).request(&http).unwrap();
    approve("device", asked.verification_uri_complete().unwrap().secret());
    let token = client
        .exchange_device_access_token(&asked)
        .request(&http, std::thread::sleep, None)
        .unwrap();
    assert_eq!(house::unicorns(token.access_token().secret()), 200);
}
