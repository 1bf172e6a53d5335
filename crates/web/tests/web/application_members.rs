//! What a developer may say about an application on its page: every member, in and out again, and the way it authenticates.

use oauth::client::{AuthMethod, Client};
use serde_json::{Value, json};

use crate::applications::register;
use crate::browser::Browser;
use crate::signer::{Algorithm, Signer};
use crate::world::{CALLBACK, World, on_both, on_sqlite_with};

const BASE: [(&str, &str); 3] =
    [("name", "Unicorn shop"), ("grant_types", "authorization_code"), ("redirect_uris", CALLBACK)];

/// A value for each member of the form but the keys by value, as it is typed.
const TYPED: [(&str, &str); 29] = [
    ("client_uri", "https://app.example/"),
    ("logo_uri", "https://app.example/logo.png"),
    ("policy_uri", "https://app.example/privacy"),
    ("tos_uri", "https://app.example/terms"),
    ("contacts", "ann@app.example\r\nbob@app.example\r\n"),
    ("allowed_origins", "https://app.example"),
    ("initiate_login_uri", "https://app.example/start"),
    ("jwks_uri", "https://app.example/jwks.json"),
    ("token_endpoint_auth_signing_alg", "ES256"),
    ("access_token_format", "sealed"),
    ("access_token_lifetime", "60"),
    ("id_token_lifetime", "120"),
    ("id_token_signed_response_alg", "ES256"),
    ("userinfo_signed_response_alg", "ES256"),
    ("subject_type", "pairwise"),
    ("default_max_age", "3600"),
    ("require_auth_time", "true"),
    ("require_pushed_authorization_requests", "true"),
    ("require_signed_request_object", "true"),
    ("request_object_signing_alg", "ES256"),
    ("request_uris", "https://app.example/request"),
    ("post_logout_redirect_uris", "https://app.example/bye"),
    ("backchannel_logout_uri", "https://app.example/told"),
    ("backchannel_logout_session_required", "true"),
    ("frontchannel_logout_uri", "https://app.example/out"),
    ("frontchannel_logout_session_required", "true"),
    ("application_type", "web"),
    ("software_id", "unicorn-shop"),
    ("software_version", "1.0"),
];

async fn client(world: &World, id: &str) -> Client {
    let found = world.store.applications().find_by_client_id(&id.parse().unwrap()).await;
    found.unwrap().unwrap().client
}

/// The value of a field of the page, as a browser would send it.
fn field(page: &str, name: &str) -> String {
    let at = page.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {page}"));
    let tag = page[..at].rfind('<').unwrap();
    let rest = &page[tag..];
    let inner = |rest: &str, end: &str| rest.split(end).next().unwrap().to_owned();
    if rest.starts_with("<textarea") {
        return inner(rest.split_once(">\n").unwrap().1, "</textarea>");
    }
    if rest.starts_with("<select") {
        let options = inner(rest, "</select>");
        let chosen = options.split("<option ").find(|one| one.contains(" selected"));
        return chosen.map(|one| inner(&one["value=\"".len()..], "\"")).unwrap_or_default();
    }
    let tag = inner(rest, ">");
    if tag.contains("type=\"checkbox\"") && !tag.contains(" checked") {
        return String::new();
    }
    inner(tag.split_once("value=\"").unwrap().1, "\"")
}

/// What is typed is registered, shown, and in the form again; what is emptied is as usual again.
#[tokio::test]
async fn every_member_goes_in_and_comes_out_again() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, _) = register(&mut browser).await;
        let update = format!("{href}update/");
        browser.get(&update).await;
        let saved = browser.submit(&update, &[&BASE[..], &TYPED].concat()).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        let known = client(&world, &id).await;
        let members = known.members();
        for (name, typed) in TYPED {
            let expected = match (name, typed) {
                ("contacts", _) => json!(["ann@app.example", "bob@app.example"]),
                (_, "true") => json!(true),
                ("access_token_lifetime" | "id_token_lifetime" | "default_max_age", number) => {
                    number.parse::<u32>().unwrap().into()
                }
                (list, one) if members[list].is_array() => json!([one]),
                (_, text) => json!(text),
            };
            assert_eq!(members[name], expected, "{name}");
        }
        let page = browser.get(&update).await.body;
        let again: Vec<(&str, String)> =
            TYPED.iter().map(|(name, _)| (*name, field(&page, name))).collect();
        for ((name, typed), (_, shown)) in TYPED.iter().zip(&again) {
            assert_eq!(shown, &typed.trim().replace("\r\n", "\n"), "{name}");
        }
        let again: Vec<(&str, &str)> =
            again.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(browser.submit(&update, &[&BASE[..], &again].concat()).await.status, 303);
        assert_eq!(client(&world, &id).await, known, "sent as it is shown, nothing changes");
        let detail = browser.get(&href).await.body;
        for shown in ["https://app.example/told", "60 seconds", "By a name that only it", "yes"] {
            assert!(detail.contains(shown), "{shown} in {detail}");
        }
        // A box that is not ticked is not sent, a choice that has to be made is.
        let switch = |name: &&(&str, &str)| name.1 != "true";
        let empty: Vec<(&str, &str)> = TYPED
            .iter()
            .filter(switch)
            .map(|(name, _)| match *name {
                "subject_type" => ("subject_type", "public"),
                "application_type" => ("application_type", "web"),
                other => (other, ""),
            })
            .collect();
        let saved = browser.submit(&update, &[&BASE[..], &empty].concat()).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        let bare = client(&world, &id).await.metadata;
        assert_eq!(bare, oauth::client::ClientMetadata::default());
    })
    .await;
}

/// Every member that somebody may register has a field, but for what stands here with its reason.
#[tokio::test]
async fn no_member_is_forgotten() {
    on_sqlite_with(
        |_| (),
        |world| async move {
            world.user("developer").await;
            let mut browser = Browser::signed_in(&world, "developer").await;
            let (href, _, _) = register(&mut browser).await;
            let page = browser.get(&format!("{href}update/")).await.body;
            // Its own names on the page, what stays as it was made, what an operator says, and what follows from the grants.
            let elsewhere = [
                "client_name",
                "token_endpoint_auth_method",
                "client_type",
                "consent",
                "pkce",
                "response_types",
                "default_acr_values",
                "active",
                "auth_method",
                "client_id",
                "owner",
                "resources",
            ];
            for member in oauth::client::declaration::Declaration::members() {
                let there = page.contains(&format!("name=\"{member}\""));
                let own = elsewhere.contains(&member) && member != "auth_method";
                assert_eq!(there, !own, "{member}");
            }
        },
    )
    .await;
}

#[tokio::test]
async fn what_is_typed_wrong_is_told_at_its_field() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, _) = register(&mut browser).await;
        let (update, before) = (format!("{href}update/"), client(&world, &id).await);
        browser.get(&update).await;
        for (name, typed) in [
            ("access_token_lifetime", "an hour"),
            ("access_token_lifetime", "-1"),
            ("access_token_lifetime", "86400"),
            ("id_token_lifetime", "0"),
            ("jwks", "{"),
            ("jwks", "[]"),
            ("jwks", r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#),
            ("jwks_uri", "javascript:alert(1)"),
            ("logo_uri", "//elsewhere"),
            ("subject_type", "secret"),
            ("access_token_format", "odd"),
            ("id_token_signed_response_alg", "HS256"),
            ("frontchannel_logout_uri", "https://elsewhere.example/out"),
            ("require_signed_request_object", "true"),
            ("auth_method", "odd"),
            ("auth_method", "none"),
            ("auth_method", "client_secret_jwt"),
            ("sector_identifier_uri", "https://nowhere.invalid/sector.json"),
        ] {
            let refused = browser.submit(&update, &[&BASE[..], &[(name, typed)]].concat()).await;
            assert_eq!(refused.status, 422, "{name}={typed}: {}", refused.body);
            assert!(refused.body.contains(&format!("f-{name}-error")), "{name}={typed}");
        }
        assert_eq!(client(&world, &id).await, before);
    })
    .await;
}

/// From a secret to a key the secret goes; back again there is a new one, which is shown once.
#[tokio::test]
async fn an_application_changes_how_it_proves_who_it_is() {
    on_both(|world| async move {
        world.user("developer").await;
        let mut browser = Browser::signed_in(&world, "developer").await;
        let (href, id, old) = register(&mut browser).await;
        let update = format!("{href}update/");
        browser.get(&update).await;
        let (signer, grants) =
            (Signer::new(Algorithm::Es256, 1), ("grant_types", "client_credentials"));
        let send = async |browser: &mut Browser, more: &[(&str, &str)]| {
            browser.submit(&update, &[&[("name", "Shop"), grants][..], more].concat()).await
        };
        let keyless = send(&mut browser, &[("auth_method", "private_key_jwt")]).await;
        assert!(keyless.status == 422 && keyless.body.contains("f-jwks-error"), "{}", keyless.body);
        let jwks = signer.jwks().to_string();
        let signs = [("auth_method", "private_key_jwt"), ("jwks", jwks.as_str())];
        let saved = send(&mut browser, &signs).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
        let known = client(&world, &id).await;
        assert_eq!((known.auth_method, &known.secret), (AuthMethod::PrivateKeyJwt, &None));
        let page = browser.get(&update).await.body;
        let kept: Value =
            serde_json::from_str(&field(&page, "jwks").replace("&quot;", "\"")).unwrap();
        assert_eq!(kept, signer.jwks());
        assert!(browser.get(&href).await.body.contains("It signs with a key of its own"));

        let back = send(&mut browser, &[("auth_method", "client_secret_post"), ("jwks", "")]).await;
        assert_eq!(back.status, 200, "{}", back.body);
        assert!(back.body.contains("only time that the secret is shown"), "{}", back.body);
        let new = back.body.split("<code>gws_").nth(1).unwrap().split('<').next().unwrap();
        let new = format!("gws_{new}");
        let ask = async |secret: &str| {
            let fields = [
                ("client_id", id.as_str()),
                ("client_secret", secret),
                ("grant_type", "client_credentials"),
            ];
            world.post("/o/token/", &fields).await.status.as_u16()
        };
        assert_eq!((ask(&new).await, ask(&old).await), (200, 401));
        // Another way to send the same secret is no reason for a new one.
        let other = send(&mut browser, &[("auth_method", "client_secret")]).await;
        assert_eq!((other.status.as_u16(), ask(&new).await), (303, 200));
    })
    .await;
}
