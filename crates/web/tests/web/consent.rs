//! Consent over HTTP: asked, remembered, listed, withdrawn; forged by nobody.

use oauth::client::ConsentRule;
use oauth::scope::ScopeToken;

use crate::authorize::{VERIFIER, press, request};
use crate::browser::Browser;
use crate::world::{CALLBACK, on_both, on_both_with};

/// ROIDC-3.1.2.4-a, R21-7.9-a
#[tokio::test]
async fn what_was_allowed_is_remembered_and_only_more_is_asked() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(&request("site", &[("scope", "read")])).await;
        assert!(press(&mut browser, &page.body, "allow").await.redirect().1.contains_key("code"));
        let again = browser.get(&request("site", &[("scope", "read")])).await;
        assert!(again.redirect().1.contains_key("code"), "the same is not asked twice");
        let more = browser.get(&request("site", &[("scope", "read write")])).await;
        assert_eq!(more.status, 200);
        assert!(more.body.contains("(allowed before)"), "{}", more.body);
        let wanted =
            browser.get(&request("site", &[("scope", "read"), ("prompt", "consent")])).await;
        assert_eq!(wanted.status, 200, "the client wants it asked");
    })
    .await;
}

#[tokio::test]
async fn a_client_may_have_to_ask_each_time_or_never() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("always", |client| client.metadata.consent = ConsentRule::Always).await;
        world.site("own", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for _ in 0..2 {
            let page = browser.get(&request("always", &[])).await;
            assert!(
                press(&mut browser, &page.body, "allow").await.redirect().1.contains_key("code")
            );
        }
        assert!(browser.get(&request("own", &[])).await.redirect().1.contains_key("code"));
    })
    .await;
}

#[tokio::test]
async fn an_optional_scope_is_left_out_unless_it_is_ticked() {
    let optional = |settings: &mut grantwell_web::Settings| {
        let write = ScopeToken::parse("write").unwrap();
        for scope in settings.policy.scopes.iter_mut().filter(|scope| scope.name == write) {
            scope.optional = true;
        }
    };
    on_both_with(optional, |world| async move {
        world.user("halfspring").await;
        let secret = world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(&request("site", &[])).await;
        assert!(
            page.body.contains("type=\"checkbox\" name=\"scope\" value=\"write\">"),
            "unticked"
        );
        let action = page.body.split("action=\"/o/authorize/consent/").nth(1).unwrap();
        let action = action.split('"').next().unwrap().replace("&amp;", "&");
        let path = format!("/o/authorize/consent/{action}");
        // More than was asked for cannot be ticked.
        let fields = [("allow", "allow"), ("scope", "read"), ("scope", "admin")];
        let (_, answer) = browser.submit(&path, &fields).await.redirect();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &answer["code"]),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let tokens = world.post_as("/o/token/", ("site", &secret), &fields).await;
        assert_eq!(tokens.json()["scope"], "read");
    })
    .await;
}

/// W-CSRF-1: without the token of this session's own page nobody consents.
#[tokio::test]
async fn nobody_consents_for_somebody_else() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.user("mylittlepony").await;
        world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let mut other = Browser::signed_in(&world, "mylittlepony").await;
        let page = browser.get(&request("site", &[])).await;
        let action = page.body.split("action=\"/o/authorize/consent/").nth(1).unwrap();
        let path = format!(
            "/o/authorize/consent/{}",
            action.split('"').next().unwrap().replace("&amp;", "&")
        );
        let theirs = other.csrf.clone();
        for token in ["", "x", theirs.as_str()] {
            let fields = [("allow", "allow"), ("scope", "read"), ("csrf_token", token)];
            let answer = browser.submit_raw(&path, &fields, &[]).await;
            assert_eq!(answer.status, 403, "{answer:?}");
        }
        // The other person can answer the same question for themselves only.
        other.get(&path.replace("consent/", "")).await;
        let answer = other.submit(&path, &[("allow", "allow"), ("scope", "read")]).await;
        assert!(answer.redirect().1.contains_key("code"));
        assert_eq!(browser.get(&request("site", &[])).await.status, 200, "still asked");
        let neither = browser.submit(&path, &[("scope", "read")]).await;
        assert_eq!(neither.status, 400, "no answer is no consent");
    })
    .await;
}

/// R21-7.9-a: listed, and withdrawn at once.
#[tokio::test]
async fn access_can_be_ended() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let secret = world.site("site", |_| ()).await;
        let client = ("site", secret.as_str());
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(&request("site", &[])).await;
        let (_, answer) = press(&mut browser, &page.body, "allow").await.redirect();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &answer["code"]),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let tokens = world.post_as("/o/token/", client, &fields).await.tokens();
        let list = browser.get("/o/authorized_tokens/").await;
        assert!(
            list.body.contains("The application site") && list.body.contains("See your unicorns")
        );
        let path = list.body.split("href=\"/o/authorized_tokens/").nth(1).unwrap();
        let path = format!("/o/authorized_tokens/{}", path.split('"').next().unwrap());
        assert_eq!(browser.get(&path).await.status, 200);
        assert_eq!(browser.submit(&path, &[]).await.status, 303);
        assert!(!world.is_active(client, &tokens.access).await);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
        assert_eq!(
            world.post_as("/o/token/", client, &fields).await.refusal(),
            "400 invalid_grant"
        );
        assert_eq!(browser.get(&request("site", &[])).await.status, 200, "it has to ask again");
        assert!(!browser.get("/o/authorized_tokens/").await.body.contains("The application site"));
        // Another person's list is another one.
        world.user("mylittlepony").await;
        let mut other = Browser::signed_in(&world, "mylittlepony").await;
        assert!(!other.get("/o/authorized_tokens/").await.body.contains("The application site"));
    })
    .await;
}

/// Also an application that nobody was asked about has access, and the page says how it would come back.
#[tokio::test]
async fn what_nobody_was_asked_about_is_listed_and_ended_too() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.user("mylittlepony").await;
        let own = world.site("own", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let (typed, secret) = world.client("typed").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let tokens = world.tokens(("typed", secret.expose()), "halfspring").await;
        let asked = browser.get(&request("own", &[])).await.redirect().1;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", &asked["code"]),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let by_code = world.post_as("/o/token/", ("own", &own), &fields).await.tokens();
        let id = "own".parse().unwrap();
        let own_id = world.store.applications().find_by_client_id(&id).await.unwrap().unwrap().id;
        let list = browser.get("/o/authorized_tokens/").await.body;
        let mut other = Browser::signed_in(&world, "mylittlepony").await;
        let table = [
            (own_id, ("own", own.as_str()), by_code.access, "belongs to this site"),
            (typed.id, ("typed", secret.expose()), tokens.access, "your password again"),
        ];
        for (id, client, access, way_back) in table {
            let path = format!("/o/authorized_tokens/{id}/delete/");
            assert!(list.contains(&path), "{list}");
            assert_eq!(other.get(&path).await.status, 404, "it has nothing of theirs");
            assert!(browser.get(&path).await.body.contains(way_back));
            assert!(world.is_active(client, &access).await);
            assert_eq!(browser.submit(&path, &[]).await.status, 303);
            assert!(!world.is_active(client, &access).await);
            assert_eq!(browser.get(&path).await.status, 404, "there is nothing to end any more");
        }
        let list = browser.get("/o/authorized_tokens/").await.body;
        assert!(list.contains("No application has access"), "{list}");
    })
    .await;
}

/// OIDC Core §4: from here a person gets into an application that has said where its sign-in begins.
#[tokio::test]
async fn an_application_is_opened_where_its_own_sign_in_begins() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let begin = |client: &mut oauth::client::Client| {
            client.metadata.consent = ConsentRule::Trusted;
            client.metadata.initiate_login_uri = Some("https://app.example/begin?x=1".to_owned());
        };
        world.site("opens", begin).await;
        world.site("silent", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for client in ["opens", "silent"] {
            browser.get(&request(client, &[])).await.redirect();
        }
        let list = browser.get("/o/authorized_tokens/").await.body;
        let link = "https://app.example/begin?x=1&amp;iss=https%3A%2F%2Fauth.example";
        assert!(list.contains(link), "{list}");
        assert_eq!(list.matches(">Open<").count(), 1);
        let id = "opens".parse().unwrap();
        let found = world.store.applications().find_by_client_id(&id).await.unwrap().unwrap();
        world.store.applications().disable(found.id).await.unwrap();
        assert!(!browser.get("/o/authorized_tokens/").await.body.contains(link));
    })
    .await;
}
