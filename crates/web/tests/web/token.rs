//! The token endpoint: each grant, and each way to ask wrongly.

use http::StatusCode;
use oauth::client::{Client, GrantType};
use store::NewSecret;

use crate::world::{PASSWORD, World, on_both};

#[tokio::test]
async fn the_password_grant_answers_as_in_the_guide() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        let fields =
            [("grant_type", "password"), ("username", "halfspring"), ("password", PASSWORD)];
        let answer = world.post_as("/o/token/", ("photos", secret.expose()), &fields).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("pragma"), "no-cache");
        assert_eq!(answer.header("content-type"), "application/json");
        let json = answer.json();
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(names, ["access_token", "expires_in", "token_type", "scope", "refresh_token"]);
        assert_eq!(json["expires_in"], 3600);
        assert_eq!(json["token_type"], "Bearer");
        assert_eq!(json["scope"], "read write");
        assert!(json["access_token"].as_str().unwrap().starts_with("v4.local."));
        assert!(json["refresh_token"].as_str().unwrap().starts_with("gwr_"));
    })
    .await;
}

#[tokio::test]
async fn both_forms_of_the_address_and_both_ways_to_authenticate_work() {
    on_both(|world| async move {
        let (_, secret) = world.client("photos").await;
        let secret = secret.expose();
        for path in ["/o/token", "/o/token/"] {
            let asked = [("grant_type", "client_credentials")];
            let answer = world.post_as(path, ("photos", secret), &asked).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let asked = [
                ("grant_type", "client_credentials"),
                ("client_id", "photos"),
                ("client_secret", secret),
            ];
            assert_eq!(world.post(path, &asked).await.status, 200, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn client_credentials_carry_no_user_and_no_refresh_token() {
    on_both(|world| async move {
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let asked = [("grant_type", "client_credentials"), ("scope", "read")];
        let answer = world.post_as("/o/token/", client, &asked).await;
        assert_eq!(answer.json()["scope"], "read");
        assert!(answer.json().get("refresh_token").is_none());
        let token = answer.tokens().access;
        let told = world.post_as("/o/introspect/", client, &[("token", &token)]).await.json();
        assert_eq!(told["active"], true);
        assert!(told.get("sub").is_none() && told.get("username").is_none(), "{told}");
    })
    .await;
}

#[tokio::test]
async fn client_credentials_and_their_introspection_need_no_database() {
    on_both(|world| async move {
        let (_, secret) = world.client("photos").await;
        let client = ("photos", secret.expose());
        let asked = [("grant_type", "client_credentials")];
        let first = world.post_as("/o/token/", client, &asked).await;
        world.store.database().close().await;
        let second = world.post_as("/o/token/", client, &asked).await;
        assert_eq!(second.status, 200, "{}", second.body);
        assert!(world.is_active(client, &first.tokens().access).await);
        let failed = world.post_as("/o/token/", ("other", "x"), &asked).await;
        assert_eq!(failed.refusal(), "503 temporarily_unavailable", "what needs it says so");
        assert!(!failed.header("retry-after").is_empty());
    })
    .await;
}

/// Who asks, what for, and the refusal.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

const GRANT: &str = "grant_type";
const USER: (&str, &str) = ("username", "halfspring");
const RIGHT: (&str, &str) = ("password", PASSWORD);
const BY_PASSWORD: (&str, &str) = (GRANT, "password");
const FOR_ITSELF: (&str, &str) = (GRANT, "client_credentials");
const BY_REFRESH: (&str, &str) = (GRANT, "refresh_token");

const WRONG: [Case<'_>; 18] = [
    ("photos", &[], "400 invalid_request"),
    ("photos", &[(GRANT, "")], "400 invalid_request"),
    ("photos", &[(GRANT, "magic")], "400 unsupported_grant_type"),
    (
        "photos",
        &[(GRANT, "urn:ietf:params:oauth:grant-type:token-exchange")],
        "400 unsupported_grant_type",
    ),
    ("photos", &[(GRANT, "PASSWORD")], "400 unsupported_grant_type"),
    ("photos", &[BY_PASSWORD, USER], "400 invalid_request"),
    ("photos", &[BY_PASSWORD, RIGHT], "400 invalid_request"),
    ("photos", &[BY_PASSWORD, USER, ("password", "wrong")], "400 invalid_grant"),
    ("photos", &[BY_PASSWORD, ("username", "nobody"), RIGHT], "400 invalid_grant"),
    ("photos", &[BY_PASSWORD, ("username", "no name"), RIGHT], "400 invalid_grant"),
    ("photos", &[BY_PASSWORD, USER, RIGHT, ("scope", "admin")], "400 invalid_scope"),
    ("photos", &[BY_PASSWORD, USER, RIGHT, ("scope", "a\"b")], "400 invalid_scope"),
    ("narrow", &[BY_PASSWORD, USER, RIGHT], "400 unauthorized_client"),
    ("narrow", &[FOR_ITSELF, ("scope", "write")], "400 invalid_scope"),
    ("narrow", &[BY_REFRESH, ("refresh_token", "x")], "400 unauthorized_client"),
    ("photos", &[BY_REFRESH], "400 invalid_request"),
    ("photos", &[BY_REFRESH, ("refresh_token", "gwr_x")], "400 invalid_grant"),
    ("photos", &[("scope", "read"), FOR_ITSELF, ("scope", "read")], "400 invalid_request"),
];

#[tokio::test]
async fn every_wrong_request_has_its_error() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let (_, photos) = world.client("photos").await;
        let narrow = Client {
            grant_types: [GrantType::ClientCredentials].into(),
            scope: Some("read".parse().unwrap()),
            ..World::facts("narrow")
        };
        let made = world.store.applications().create(narrow, NewSecret::Generated).await.unwrap();
        let narrow = made.1.unwrap();
        for (client, fields, expected) in WRONG {
            let secret = if client == "photos" { &photos } else { &narrow };
            let answer = world.post_as("/o/token/", (client, secret.expose()), fields).await;
            assert_eq!(answer.refusal(), expected, "{fields:?}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        world.public_client("app").await;
        let public = world.post("/o/token/", &[FOR_ITSELF, ("client_id", "app")]).await;
        assert_eq!(public.refusal(), "400 unauthorized_client");
    })
    .await;
}

#[tokio::test]
async fn a_client_without_the_grant_does_not_learn_whether_a_password_is_right() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let client =
            Client { grant_types: [GrantType::ClientCredentials].into(), ..World::facts("nosy") };
        let made = world.store.applications().create(client, NewSecret::Generated).await.unwrap();
        let secret = made.1.unwrap();
        let mut seen = Vec::new();
        for password in [PASSWORD, "wrong"] {
            let fields =
                [("grant_type", "password"), ("username", "halfspring"), ("password", password)];
            let answer = world.post_as("/o/token/", ("nosy", secret.expose()), &fields).await;
            seen.push((answer.status, answer.body));
        }
        assert_eq!(seen[0], seen[1]);
    })
    .await;
}

#[tokio::test]
async fn a_public_client_gets_and_refreshes_tokens_by_its_name_alone() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.public_client("app").await;
        let fields = [
            ("client_id", "app"),
            ("grant_type", "password"),
            ("username", "HalfSpring"),
            ("password", PASSWORD),
        ];
        let tokens = world.post("/o/token/", &fields).await.tokens();
        let fields = [
            ("client_id", "app"),
            ("grant_type", "refresh_token"),
            ("refresh_token", &tokens.refresh),
        ];
        let next = world.post("/o/token/", &fields).await.tokens();
        assert_ne!(next.refresh, tokens.refresh);
    })
    .await;
}

#[tokio::test]
async fn a_weak_hash_is_replaced_at_sign_in_and_the_password_stays() {
    on_both_with_strong_hash(|world| async move {
        let user = world.user("halfspring").await;
        let (_, secret) = world.client("photos").await;
        world.tokens(("photos", secret.expose()), "halfspring").await;
        let now = world.store.users().find(user.account.id).await.unwrap().unwrap();
        assert!(now.password.as_deref().unwrap().contains("t=3"), "{:?}", now.password);
        assert_eq!(now.account.epoch, user.account.epoch, "nothing was signed out by it");
        world.tokens(("photos", secret.expose()), "halfspring").await;
    })
    .await;
}

async fn on_both_with_strong_hash<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    let stronger = accounts::password::Parameters::new(19_456, 3, 1).unwrap();
    crate::world::on_both_with(|settings| settings.hash = stronger, test).await;
}

#[tokio::test]
async fn a_client_may_have_tokens_that_live_shorter_than_those_of_others() {
    on_both(|world| async move {
        let short = |client: &mut Client| client.metadata.access_token_lifetime = Some(60);
        let secret = world.site("short", short).await;
        let answer = world.post_as("/o/token/", ("short", &secret), &[FOR_ITSELF]).await;
        assert_eq!(answer.json()["expires_in"], 60, "{answer:?}");
        let tokens = answer.tokens();
        assert!(world.is_active(("short", &secret), &tokens.access).await);
        world.clock.advance(std::time::Duration::from_secs(61));
        assert!(!world.is_active(("short", &secret), &tokens.access).await);
    })
    .await;
}
