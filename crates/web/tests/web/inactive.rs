//! Disabled users and clients, changed passwords, deleted applications: shut out of every path at once.

use crate::browser::Browser;
use crate::world::{PASSWORD, Tokens, World, on_both};

/// Every way to get or use a credential, as one line: what still works.
async fn open_doors(world: &World, secret: &str, tokens: &Tokens) -> Vec<&'static str> {
    let client = ("photos", secret);
    let mut open = Vec::new();
    let password = [("grant_type", "password"), ("username", "halfspring"), ("password", PASSWORD)];
    if world.post_as("/o/token/", client, &password).await.status == 200 {
        open.push("password");
    }
    if world.post_as("/o/token/", client, &[("grant_type", "client_credentials")]).await.status
        == 200
    {
        open.push("client_credentials");
    }
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    if world.post_as("/o/token/", client, &refresh).await.status == 200 {
        open.push("refresh_token");
    }
    let own = world.post_as("/o/introspect/", client, &[("token", &tokens.access)]).await;
    if own.status == 200 && own.json()["active"] == true {
        open.push("introspection");
    }
    let form = [("username", "halfspring"), ("password", PASSWORD)];
    if world.post("/authentication/token/", &form).await.status == 200 {
        open.push("first-party");
    }
    let mut browser = Browser::new(world);
    browser.get("/accounts/login/").await;
    if browser.sign_in("halfspring", PASSWORD).await.status == 303 {
        open.push("sign-in");
    }
    open
}

async fn prepare(world: &World) -> (store::User, store::Application, String, Tokens) {
    let user = world.user("halfspring").await;
    let (application, secret) = world.client("photos").await;
    let secret = secret.expose().to_owned();
    let tokens = world.tokens(("photos", &secret), "halfspring").await;
    (user, application, secret, tokens)
}

#[tokio::test]
async fn all_is_open_while_nothing_is_disabled() {
    on_both(|world| async move {
        let (_, _, secret, tokens) = prepare(&world).await;
        let expected = [
            "password",
            "client_credentials",
            "refresh_token",
            "introspection",
            "first-party",
            "sign-in",
        ];
        assert_eq!(open_doors(&world, &secret, &tokens).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_user_is_shut_out_of_everything_of_theirs() {
    on_both(|world| async move {
        let (user, _, secret, tokens) = prepare(&world).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        world.store.users().disable(user.account.id).await.unwrap();
        assert_eq!(open_doors(&world, &secret, &tokens).await, ["client_credentials"]);
        assert_eq!(browser.get("/accounts/profile/").await.status, 303);
        world.store.users().enable(user.account.id).await.unwrap();
        assert_eq!(
            browser.get("/accounts/profile/").await.status,
            303,
            "what had ended stays ended"
        );
        assert!(!world.is_active(("photos", &secret), &tokens.access).await);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_client_is_shut_out_of_everything_of_its() {
    on_both(|world| async move {
        let (_, application, secret, tokens) = prepare(&world).await;
        world.store.applications().disable(application.id).await.unwrap();
        assert_eq!(open_doors(&world, &secret, &tokens).await, ["first-party", "sign-in"]);
        world.store.applications().enable(application.id).await.unwrap();
        assert!(!world.is_active(("photos", &secret), &tokens.access).await);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_client_is_unknown() {
    on_both(|world| async move {
        let (_, application, secret, tokens) = prepare(&world).await;
        world.store.applications().delete(application.id).await.unwrap();
        assert_eq!(open_doors(&world, &secret, &tokens).await, ["first-party", "sign-in"]);
    })
    .await;
}

#[tokio::test]
async fn a_rotated_secret_ends_the_old_one_and_its_access_tokens_but_not_the_sign_ins() {
    on_both(|world| async move {
        let (_, application, old, tokens) = prepare(&world).await;
        let (_, new) = world.store.applications().rotate_secret(&application).await.unwrap();
        let refused =
            world.post_as("/o/token/", ("photos", &old), &[("grant_type", "client_credentials")]);
        assert_eq!(refused.await.refusal(), "401 invalid_client");
        assert!(!world.is_active(("photos", new.expose()), &tokens.access).await);
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        let next = world.post_as("/o/token/", ("photos", new.expose()), &refresh).await.tokens();
        assert!(world.is_active(("photos", new.expose()), &next.access).await);
    })
    .await;
}
