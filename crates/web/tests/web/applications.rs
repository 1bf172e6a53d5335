//! The applications pages: whose they are, what may be registered, the secret that is shown once.

use oauth::client::{ConsentRule, Origin};
use oauth::pkce::Pkce;
use oauth::scope::ScopeSet;

use crate::browser::Browser;
use crate::world::{CALLBACK, PASSWORD, World, on_both, on_both_with};

const NEW: &str = "/o/applications/register/";
const FORM: [(&str, &str); 5] = [
    ("name", "Unicorn shop"),
    ("client_type", "confidential"),
    ("grant_types", "password"),
    ("grant_types", "refresh_token"),
    ("redirect_uris", "https://shop.example/cb\r\nhttp://127.0.0.1/cb\r\n"),
];

/// Registers one and answers its address, client id and secret.
pub(crate) async fn register(browser: &mut Browser) -> (String, String, String) {
    browser.get(NEW).await;
    let answer = browser.submit(NEW, &FORM).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let code = |number: usize| {
        let rest = answer.body.split("<code>").nth(number).unwrap();
        rest.split("</code>").next().unwrap().to_owned()
    };
    let list = browser.get("/o/applications/").await;
    let at = list.body.find("href=\"/o/applications/0").unwrap();
    let href = list.body[at + 6..].split('"').next().unwrap().to_owned();
    (href, code(1), code(2))
}

#[tokio::test]
async fn the_guides_manual_way_works() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, secret) = register(&mut browser).await;
        assert!(secret.starts_with("gws_"), "{secret}");
        let tokens = world.tokens((&id, &secret), "developer").await;
        assert!(world.is_active((&id, &secret), &tokens.access).await);
        let detail = browser.get(&href).await;
        assert!(detail.body.contains(&id) && !detail.body.contains(&secret), "shown once");
        assert!(detail.body.contains("Resource owner password-based"));
        assert!(detail.body.contains("http://127.0.0.1/cb"));
    })
    .await;
}

#[tokio::test]
async fn nobody_sees_anothers_application_but_a_superuser() {
    on_both(|world| async move {
        world.user("owner").await;
        world.user("stranger").await;
        world.user_who("boss", true).await;
        let mut owner = Browser::signed_in(&world, "owner").await;
        let (href, id, secret) = register(&mut owner).await;
        let mut stranger = Browser::signed_in(&world, "stranger").await;
        for page in ["", "update/", "secret/", "delete/"] {
            let path = format!("{href}{page}");
            assert_eq!(stranger.get(&path).await.status, 404, "{page}");
            if !page.is_empty() {
                assert_eq!(stranger.submit(&path, &FORM[..1]).await.status, 404, "{page}");
            }
            let anonymous = Browser::new(&world).get(&path).await;
            assert_eq!(anonymous.status, 303, "{page}");
        }
        assert!(!stranger.get("/o/applications/").await.body.contains(&id));
        let still = world.post_as("/o/token/", (&id, &secret), &[("grant_type", "x")]).await;
        assert_eq!(still.refusal(), "400 unsupported_grant_type", "its secret is untouched");
        let mut boss = Browser::signed_in(&world, "boss").await;
        let list = boss.get("/o/applications/").await.body;
        assert!(list.contains(&id) && list.contains("owner"));
        assert_eq!(boss.get(&href).await.status, 200);
        assert!(!list.contains("grantwell-first-party"));
        for page in
            ["/o/applications/nonsense/", "/o/applications/0190a6f2-7b2c-7d31-8c4e-5a1f6b2d3e4c/"]
        {
            assert_eq!(boss.get(page).await.status, 404);
        }
        let first_party = world.store.first_party().await.unwrap().id;
        assert_eq!(boss.get(&format!("/o/applications/{first_party}/")).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_lost() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let table: [(&[(&str, &str)], &str); 6] = [
            (&[], "Give the application a name"),
            (&[("name", "<svg onload=x>"), ("client_type", "odd")], "f-client_type-error"),
            (
                &[("name", "x"), ("client_type", "public"), ("grant_types", "client_credentials")],
                "A public client",
            ),
            (
                &[("name", "x"), ("client_type", "confidential"), ("grant_types", "implicit")],
                "f-grant_types-error",
            ),
            (
                &[
                    ("name", "x"),
                    ("client_type", "confidential"),
                    ("grant_types", "password"),
                    ("redirect_uris", "javascript:alert(1)"),
                ],
                "f-redirect_uris-error",
            ),
            (
                &[
                    ("name", "x"),
                    ("client_type", "confidential"),
                    ("grant_types", "password"),
                    ("scope", "admin"),
                ],
                "There is no scope admin",
            ),
        ];
        for (fields, expected) in table {
            browser.get(NEW).await;
            let answer = browser.submit(NEW, fields).await;
            assert_eq!(answer.status, 422, "{fields:?}");
            assert!(answer.body.contains(expected), "{fields:?}: {}", answer.body);
            assert!(!answer.body.contains("<svg onload"));
        }
        assert!(browser.get("/o/applications/").await.body.contains("No applications yet"));
    })
    .await;
}

#[tokio::test]
async fn over_posting_changes_nothing_that_is_not_in_the_form() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, secret) = register(&mut browser).await;
        browser.get(&format!("{href}update/")).await;
        let fields = [
            ("name", "Renamed"),
            ("grant_types", "password"),
            ("client_type", "public"),
            ("client_id", "stolen"),
            ("owner", "boss"),
            ("first_party", "true"),
            ("consent", "trusted"),
            ("pkce", "allow_none"),
            ("origin", "operator"),
            ("client_secret", "chosen"),
            ("active", "false"),
        ];
        let saved = browser.submit(&format!("{href}update/"), &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        let page = browser.get(&href).await.body;
        assert!(page.contains("Renamed") && page.contains("The application is saved."));
        let found =
            world.store.applications().find_by_client_id(&id.parse().unwrap()).await.unwrap();
        let client = found.unwrap().client;
        assert!(!client.first_party && client.active && client.secret.is_some());
        assert_eq!(client.metadata.consent, ConsentRule::Remember);
        assert_eq!((client.metadata.pkce, client.metadata.origin), (None, Origin::Developer));
        assert_eq!(client.client_type.as_str(), "confidential");
        // The refresh grant was taken away, and at once.
        world.tokens_without_refresh((&id, &secret), "developer").await;
    })
    .await;
}

/// A form that was filled before somebody else changed the application saves nothing and keeps what was typed; sent again, it
/// is meant.
#[tokio::test]
async fn a_change_over_the_change_of_somebody_else_is_told_first() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut one = Browser::signed_in(&world, "developer").await;
        let (href, id, _) = register(&mut one).await;
        let mut other = Browser::signed_in(&world, "developer").await;
        let update = format!("{href}update/");
        let seen = async |browser: &mut Browser| {
            let page = browser.get(&update).await.body;
            let rest = page.split("name=\"seen\" value=\"").nth(1).unwrap();
            rest.split('"').next().unwrap().to_owned()
        };
        let (early, same) = (seen(&mut one).await, seen(&mut other).await);
        assert_eq!(early, same);
        let fields =
            |name, seen| [("name", name), ("grant_types", "client_credentials"), ("seen", seen)];
        assert_eq!(other.submit(&update, &fields("First", &early)).await.status, 303);
        let told = one.submit(&update, &fields("Second", &early)).await;
        assert_eq!(told.status, 422, "{}", told.body);
        assert!(told.body.contains("Somebody else has changed this application"), "{}", told.body);
        assert!(told.body.contains("value=\"Second\""), "what was typed is kept: {}", told.body);
        let name = async || {
            let found = world.store.applications().find_by_client_id(&id.parse().unwrap()).await;
            found.unwrap().unwrap().client.name
        };
        assert_eq!(name().await, "First");
        let rest = told.body.split("name=\"seen\" value=\"").nth(1).unwrap();
        let late = rest.split('"').next().unwrap().to_owned();
        assert_eq!(one.submit(&update, &fields("Second", &late)).await.status, 303);
        assert_eq!(name().await, "Second");
        let forged = one.submit(&update, &fields("Third", "x")).await;
        assert_eq!((forged.status.as_u16(), name().await.as_str()), (422, "Second"));
    })
    .await;
}

/// What the form does not show is there after it as before, what an operator has set too; the response types follow the grants.
#[tokio::test]
async fn a_change_keeps_what_is_not_in_the_form() {
    on_both(|world| async move {
        let developer = world.user("developer").await;
        world
            .site("site", |client| {
                client.owner = Some(developer.account.id);
                client.scope = Some(ScopeSet::parse("read openid email").unwrap());
                client.metadata.consent = ConsentRule::Trusted;
                client.metadata.pkce = Some(Pkce::AllowPlain);
                client.metadata.policy_uri = Some("https://app.example/privacy".to_owned());
                client.metadata.origin = Origin::Developer;
            })
            .await;
        let id = "site".parse().unwrap();
        let find =
            async || world.store.applications().find_by_client_id(&id).await.unwrap().unwrap();
        let before = find().await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let update = format!("/o/applications/{}/update/", before.id);
        let save = async |browser: &mut Browser, grants: &[&str]| {
            let page = browser.get(&update).await;
            for scope in ["read", "openid", "email"] {
                let ticked = format!("name=\"scope\" value=\"{scope}\" checked");
                assert!(page.body.contains(&ticked), "{scope}: {}", page.body);
            }
            let mut fields = vec![
                ("name", "Renamed"),
                ("redirect_uris", CALLBACK),
                (
                    "post_logout_redirect_uris",
                    "https://app.example/bye\r\n\r\nhttps://app.example/out",
                ),
                ("allowed_origins", "https://app.example"),
            ];
            fields.extend(["read", "openid", "email"].map(|scope| ("scope", scope)));
            fields.extend(grants.iter().map(|grant| ("grant_types", *grant)));
            let saved = browser.submit(&update, &fields).await;
            assert_eq!(saved.status, 303, "{}", saved.body);
        };
        save(&mut browser, &["authorization_code", "refresh_token"]).await;
        let after = find().await.client;
        assert_eq!(after.name, "Renamed");
        assert_eq!(after.scope, before.client.scope);
        let mut expected = before.client.metadata.clone();
        expected.post_logout_redirect_uris =
            ["https://app.example/bye", "https://app.example/out"].map(str::to_owned).into();
        expected.allowed_origins = vec!["https://app.example".to_owned()];
        assert_eq!(after.metadata, expected);
        let detail = browser.get(&format!("/o/applications/{}/", before.id)).await.body;
        assert!(detail.contains("https://app.example/out"), "{detail}");
        save(&mut browser, &["client_credentials"]).await;
        assert!(find().await.client.metadata.response_types.is_empty());
        save(&mut browser, &["authorization_code"]).await;
        assert_eq!(find().await.client.metadata, expected);
        let page = browser.get(&update).await.body;
        assert!(
            page.contains("https://app.example/bye\nhttps://app.example/out</textarea>"),
            "{page}"
        );
    })
    .await;
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_at_their_fields() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let update = format!("{}update/", register(&mut browser).await.0);
        browser.get(&update).await;
        let fields = [
            ("name", "x"),
            ("grant_types", "client_credentials"),
            ("allowed_origins", "https://app.example/path"),
            ("post_logout_redirect_uris", "javascript:alert(1)"),
            ("client_uri", "ftp://x"),
        ];
        let refused = browser.submit(&update, &fields).await;
        assert_eq!(refused.status, 422);
        for field in ["allowed_origins", "post_logout_redirect_uris", "client_uri"] {
            assert!(refused.body.contains(&format!("f-{field}-error")), "{field}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_secret_is_shown_once_and_the_old_one_is_dead() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, old) = register(&mut browser).await;
        let path = format!("{href}secret/");
        assert!(browser.get(&path).await.body.contains("stops working at once"));
        let shown = browser.submit(&path, &[]).await;
        assert_eq!(shown.status, 200);
        let new = shown.body.split("gws_").nth(1).unwrap().split('<').next().unwrap();
        let new = format!("gws_{new}");
        let old_try = world.post_as("/o/token/", (&id, &old), &[("grant_type", "x")]).await;
        assert_eq!(old_try.refusal(), "401 invalid_client");
        let new_try = world.post_as("/o/token/", (&id, &new), &[("grant_type", "x")]).await;
        assert_eq!(new_try.refusal(), "400 unsupported_grant_type");
        assert!(!browser.get(&href).await.body.contains(&new));
    })
    .await;
}

#[tokio::test]
async fn deleting_asks_first_and_ends_its_tokens() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, secret) = register(&mut browser).await;
        let (_, watcher) = world.client("watcher").await;
        let path = format!("{href}delete/");
        assert!(browser.get(&path).await.body.contains("cannot be undone"));
        world.tokens((&id, &secret), "developer").await;
        let gone = browser.submit(&path, &[]).await;
        assert_eq!(gone.status, 303);
        assert_eq!(browser.get(&href).await.status, 404);
        let ask = world.post_as("/o/token/", (&id, &secret), &[("grant_type", "x")]).await;
        assert_eq!(ask.refusal(), "401 invalid_client");
        drop(watcher);
    })
    .await;
}

#[tokio::test]
async fn a_public_application_has_no_secret() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        browser.get(NEW).await;
        let fields = [("name", "App"), ("client_type", "public"), ("grant_types", "password")];
        let made = browser.submit(NEW, &fields).await;
        assert_eq!(made.status, 201);
        assert!(!made.body.contains("gws_"));
        let list = browser.get("/o/applications/").await.body;
        let at = list.find("href=\"/o/applications/0").unwrap();
        let href = list[at + 6..].split('"').next().unwrap();
        assert_eq!(browser.get(&format!("{href}secret/")).await.status, 409);
    })
    .await;
}

#[tokio::test]
async fn one_person_cannot_fill_the_table() {
    let few = |settings: &mut grantwell_web::Settings| settings.limits.applications_per_user = 2;
    on_both_with(few, |world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        for expected in [201, 201, 422] {
            browser.get(NEW).await;
            assert_eq!(browser.submit(NEW, &FORM).await.status, expected);
        }
    })
    .await;
}

impl World {
    async fn tokens_without_refresh(&self, client: (&str, &str), username: &str) {
        let fields = [("grant_type", "password"), ("username", username), ("password", PASSWORD)];
        let answer = self.post_as("/o/token/", client, &fields).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.json().get("refresh_token").is_none(), "{}", answer.body);
    }
}
