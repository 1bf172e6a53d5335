//! The crates `oauth2` and `openidconnect` sign people in, refresh, introspect, revoke and register themselves.

mod house;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientRegistrationRequest, CoreGrantType,
    CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::registration::EmptyAdditionalClientMetadata;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl,
    LogoutRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PostLogoutRedirectUrl,
    RedirectUrl, Scope, TokenResponse,
};

use house::{CALLBACK, Made, approve, field, http, url};

fn provider() -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(url()).unwrap();
    CoreProviderMetadata::discover(&issuer, &http).unwrap()
}

#[test]
fn openidconnect_signs_a_person_in_asks_who_it_is_and_refreshes() {
    let made = Made::new(&["--grant-type", "authorization_code", "--redirect-uri", CALLBACK]);
    sign_in(&made.id, &made.secret);
}

#[test]
fn openidconnect_registers_itself_and_signs_a_person_in() {
    let request = CoreClientRegistrationRequest::new(
        vec![RedirectUrl::new(CALLBACK.to_owned()).unwrap()],
        EmptyAdditionalClientMetadata::default(),
    )
    .set_grant_types(Some(vec![CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]));
    let endpoint = provider().registration_endpoint().unwrap().clone();
    let made = request.register(&endpoint, &http).unwrap();
    let secret = made.client_secret().unwrap().secret().clone();
    sign_in(made.client_id(), &secret);
}

fn sign_in(id: &str, secret: &str) {
    let client = CoreClient::from_provider_metadata(
        provider(),
        ClientId::new(id.to_owned()),
        Some(ClientSecret::new(secret.to_owned())),
    )
    .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (go, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scopes(["profile", "offline_access"].map(|name| Scope::new(name.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let person = approve("approve", go.as_str());
    let back = person["back"].as_str().unwrap();
    assert_eq!(field(back, "state").as_deref(), Some(state.secret().as_str()));
    let tokens = client
        .exchange_code(AuthorizationCode::new(field(back, "code").unwrap()))
        .unwrap()
        .set_pkce_verifier(verifier)
        .request(&http)
        .unwrap();

    let id_token = tokens.id_token().unwrap();
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).unwrap();
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&client.id_token_verifier()).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));
    let other = Nonce::new("another".to_owned());
    assert!(id_token.claims(&client.id_token_verifier(), &other).is_err());

    let told: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request(&http)
        .unwrap();
    let name = told.preferred_username().map(|name| name.as_str());
    assert_eq!(name, person["username"].as_str());

    let again = client
        .exchange_refresh_token(tokens.refresh_token().unwrap())
        .unwrap()
        .request(&http)
        .unwrap();
    assert_ne!(again.access_token().secret(), tokens.access_token().secret());

    let leave = LogoutRequest::from(house::end_session())
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(
            PostLogoutRedirectUrl::new("https://app.example/bye".to_owned()).unwrap(),
        )
        .http_get_url();
    assert!(leave.as_str().starts_with(&format!("{}/o/logout/?", url())));
}
