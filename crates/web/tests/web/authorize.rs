//! The authorization endpoint over HTTP: what is trusted before anything redirects, and every way there and back.

use oauth::client::{ClientMetadata, ConsentRule, Origin, RedirectUri};
use oauth::response::ResponseType;

use crate::browser::Browser;
use crate::world::{CALLBACK, World, encode, on_both, on_both_with};

pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The path of a good request of `client`, with more parameters.
pub(crate) fn request(client: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("state", "s-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    format!("/o/authorize/?{}", encode(&fields))
}

/// Press a button of the consent page that `page` shows.
pub(crate) async fn press(browser: &mut Browser, page: &str, button: &str) -> crate::world::Answer {
    let action = page.split("action=\"").find(|rest| rest.starts_with("/o/authorize/consent/"));
    let action = action.unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let mut fields = vec![(button, button)];
    for rest in page.split("name=\"scope\" value=\"").skip(1) {
        fields.push(("scope", rest.split('"').next().unwrap()));
    }
    browser.submit(&action, &fields).await
}

/// R6749-3.1.2.4-a, R6749-3.1-d, R21-3.1-f: whatever else is wrong with it.
#[tokio::test]
async fn nothing_redirects_before_client_and_redirect_uri_are_trusted() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        world.site("off", |_| ()).await;
        let off = world.store.client(&"off".parse().unwrap()).await.unwrap().unwrap();
        world.store.applications().disable(off.id).await.unwrap();
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let junk = [("prompt", "none"), ("scope", "sudo"), ("response_type", "nonsense")];
        let with = |name, value: &'static str| {
            let mut more = junk.to_vec();
            more.push((name, value));
            request("site", &more)
        };
        for path in [
            with("client_id", ""),
            with("client_id", "unknown"),
            with("client_id", "off"),
            with("redirect_uri", "https://evil.example/"),
            with("redirect_uri", "https://app.example/cb?x=1&y=2"),
            with("redirect_uri", "https://app.example/cb/../cb?x=1"),
            with("redirect_uri", "https://APP.example/cb?x=1"),
            with("redirect_uri", "javascript:alert(1)"),
            format!("{}&client_id=site", with("state", "x")),
            format!("{}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1", with("state", "x")),
            format!("{}&state=%00", with("state", "")),
            format!("{}&state=%ff", with("state", "")),
        ] {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, 400, "{path}: {answer:?}");
            assert!(!answer.headers.contains_key("location"), "{path}");
            assert!(answer.body.contains("<h1"), "{path}: a page for a person");
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
        }
    })
    .await;
}

/// ROIDC-3.1.2.4-a
#[tokio::test]
async fn the_consent_page_says_every_claim_that_is_asked_for_alone() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let claims =
            r#"{"userinfo":{"email":null,"department":null,"<b>":null},"id_token":{"sub":null}}"#;
        let page = browser.get(&request("site", &[("scope", "openid"), ("claims", claims)])).await;
        for wanted in ["See your e-mail address", "See what is kept about you as “department”"]
        {
            assert!(page.body.contains(wanted), "{wanted} in {}", page.body);
        }
        assert!(page.body.contains("“&lt;b&gt;”") && !page.body.contains("<b>"));
    })
    .await;
}

/// R6749-4.1.2-b, R6749-4.1.2.1-a, R9207-2-a, R6749-3.1.2-b
#[tokio::test]
async fn every_answer_names_the_issuer_and_gives_the_state_back() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let state = "a%b+c\"d'é &=#".repeat(40);
        let page = browser.get(&request("site", &[("state", &state)])).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("The application site") && page.body.contains("app.example"));
        assert!(page.body.contains("See your unicorns"));
        assert!(
            page.header("content-security-policy")
                .contains("form-action 'self' https://app.example;")
        );
        let denied = press(&mut browser, &page.body, "deny").await;
        let (to, fields) = denied.redirect();
        assert_eq!(to, "https://app.example/cb");
        assert_eq!(fields["x"], "1", "what the URI had in its query stays");
        assert_eq!(
            (fields["error"].as_str(), fields["iss"].as_str()),
            ("access_denied", "https://auth.example")
        );
        assert_eq!(fields["state"], state);
        assert_eq!(denied.header("cache-control"), "no-store");
        assert_eq!(denied.header("referrer-policy"), "no-referrer");
        // Nothing is remembered of a refusal.
        let page = browser.get(&request("site", &[("state", "")])).await;
        let allowed = press(&mut browser, &page.body, "allow").await;
        let (_, fields) = allowed.redirect();
        assert!(fields["code"].starts_with("gwc_") && !fields.contains_key("state"));
        assert_eq!(fields["iss"], "https://auth.example");
        let scope = browser.get(&request("site", &[("scope", "sudo")])).await;
        let (_, fields) = scope.redirect();
        assert_eq!((fields["error"].as_str(), fields["state"].as_str()), ("invalid_scope", "s-1"));
        assert_eq!(fields["iss"], "https://auth.example");
    })
    .await;
}

/// R21-7.5.3-a: the request survives the sign-in, in several tabs at once.
#[tokio::test]
async fn the_whole_request_survives_the_sign_in() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        world.site("other", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::new(&world);
        let one =
            browser.get(&request("site", &[("state", "one"), ("login_hint", "halfspring")])).await;
        let two = browser.get(&request("other", &[("state", "two")])).await;
        let (to, one) = one.redirect();
        assert_eq!((to.as_str(), one["login_hint"].as_str()), ("/accounts/login/", "halfspring"));
        let form = browser
            .get(&format!(
                "/accounts/login/?{}",
                encode(&[("next", &one["next"]), ("login_hint", "halfspring")])
            ))
            .await;
        assert!(form.body.contains("value=\"halfspring\""), "the hint is filled in");
        assert!(form.header("content-security-policy").contains("https://app.example"));
        let fields = [
            ("username", "halfspring"),
            ("password", crate::world::PASSWORD),
            ("next", &one["next"]),
        ];
        let answer = browser.submit("/accounts/login/", &fields).await;
        assert_eq!(answer.header("location"), one["next"]);
        let page = browser.get(&one["next"]).await;
        let (_, first) = press(&mut browser, &page.body, "allow").await.redirect();
        let (_, two) = two.redirect();
        let (_, second) = browser.get(&two["next"]).await.redirect();
        assert_eq!((first["state"].as_str(), second["state"].as_str()), ("one", "two"));
        assert!(second.contains_key("code"));
    })
    .await;
}

/// R6749-3.1-a, ROIDC-3.1.2.1-b: also when it is longer than any URL.
#[tokio::test]
async fn a_posted_request_is_taken_up_again_by_get() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for (state, is_kept) in [("short".to_owned(), false), ("x".repeat(10_000), true)] {
            let query = request("site", &[("state", &state)]);
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(query.split_once('?').unwrap().1.as_bytes())
                    .into_owned()
                    .collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            // From another site: no cookie, no token, another origin.
            let answer = Browser::new(&world)
                .submit_raw("/o/authorize/", &fields, &[("origin", "https://app.example")])
                .await;
            assert_eq!(answer.status, 303, "{answer:?}");
            let to = answer.header("location").to_owned();
            assert_eq!(to.contains("request_uri"), is_kept, "{to}");
            let mut answer = browser.get(&to).await;
            if !is_kept {
                answer = press(&mut browser, &answer.body, "allow").await;
            }
            let (_, fields) = answer.redirect();
            assert_eq!(fields["state"], state);
            // What was kept is good for one answer.
            if is_kept {
                assert_eq!(browser.get(&to).await.status, 400);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_comes_by_the_way_that_was_asked_for() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let fragment = browser.get(&request("site", &[("response_mode", "fragment")])).await;
        let location = fragment.header("location");
        assert!(location.starts_with("https://app.example/cb?x=1#code=gwc_"), "{location}");
        let form = browser.get(&request("site", &[("response_mode", "form_post")])).await;
        assert_eq!(form.status, 200, "{form:?}");
        assert!(form.body.contains("action=\"https://app.example/cb?x=1\""), "{}", form.body);
        assert!(form.body.contains("name=\"code\" value=\"gwc_"));
        assert!(form.body.contains("name=\"iss\" value=\"https://auth.example\""));
        assert_eq!(form.header("cache-control"), "no-store");
        let error = browser
            .get(&request("site", &[("response_mode", "form_post"), ("scope", "sudo")]))
            .await;
        assert!(error.body.contains("name=\"error\" value=\"invalid_scope\""), "{}", error.body);
    })
    .await;
}

/// ROIDC-3.1.2.1-c, ROIDC-3.1.2.1-d, ROIDC-3.1.2.1-e
#[tokio::test]
async fn prompt_and_max_age_are_obeyed_and_end() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let silent = request("site", &[("prompt", "none")]);
        let (_, fields) = Browser::new(&world).get(&silent).await.redirect();
        assert_eq!(fields["error"], "login_required");
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        assert!(browser.get(&silent).await.redirect().1.contains_key("code"));
        world.clock.advance(std::time::Duration::from_secs(2));
        for more in [("prompt", "login"), ("max_age", "1"), ("max_age", "0")] {
            let (to, fields) = browser.get(&request("site", &[more])).await.redirect();
            assert_eq!(
                (to.as_str(), fields["again"].as_str()),
                ("/accounts/login/", "1"),
                "{more:?}"
            );
            assert_eq!(fields["login_hint"], "halfspring", "who is there need not type the name");
            // Coming back without having signed in changes nothing.
            let (to, _) = browser.get(&fields["next"]).await.redirect();
            assert_eq!(to, "/accounts/login/");
            world.clock.advance(std::time::Duration::from_secs(1));
            browser.get("/accounts/login/?again=1").await;
            browser.sign_in("halfspring", crate::world::PASSWORD).await;
            let (_, answer) = browser.get(&fields["next"]).await.redirect();
            assert!(answer.contains_key("code"), "{more:?}");
            world.clock.advance(std::time::Duration::from_secs(2));
        }
        let (to, fields) =
            browser.get(&request("site", &[("prompt", "select_account")])).await.redirect();
        assert_eq!(to, "/accounts/choose/");
        let page = browser
            .get(&format!("/accounts/choose/?{}", encode(&[("next", &fields["next"])])))
            .await;
        assert!(page.body.contains("Go on as halfspring"));
        assert!(browser.get(&fields["next"]).await.redirect().1.contains_key("code"));
    })
    .await;
}

/// What was done for one request does not count for another, nor for one that somebody made up.
#[tokio::test]
async fn an_interaction_belongs_to_its_request() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        world.clock.advance(std::time::Duration::from_secs(2));
        let (_, fields) = browser
            .get(&request("site", &[("prompt", "select_account"), ("state", "a")]))
            .await
            .redirect();
        let moved = fields["next"].replace("state=a", "state=b");
        assert_ne!(moved, fields["next"]);
        assert_eq!(browser.get(&moved).await.redirect().0, "/accounts/choose/");
        let made_up = request("site", &[("prompt", "login"), ("interaction", "0.1.00")]);
        assert_eq!(browser.get(&made_up).await.redirect().0, "/accounts/login/");
    })
    .await;
}

/// A choice that was made an hour ago is asked for again.
#[tokio::test]
async fn an_interaction_does_not_live_for_ever() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |client| client.metadata.consent = ConsentRule::Trusted).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        world.clock.advance(std::time::Duration::from_secs(2));
        let asked = request("site", &[("prompt", "select_account")]);
        let next = browser.get(&asked).await.redirect().1["next"].clone();
        assert!(browser.get(&next).await.redirect().1.contains_key("code"));
        world.clock.advance(std::time::Duration::from_mins(61));
        assert_eq!(browser.get(&next).await.redirect().0, "/accounts/choose/");
    })
    .await;
}

/// R9700-4.11-a, R21-7.12.2-a
#[tokio::test]
async fn a_stranger_is_not_sent_to_the_address_of_a_client_that_nobody_knows() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("stranger", |client| client.metadata.origin = Origin::Dynamic).await;
        let wrong = request("stranger", &[("scope", "sudo")]);
        let page = Browser::new(&world).get(&wrong).await;
        assert_eq!(page.status, 400, "{page:?}");
        assert!(!page.headers.contains_key("location") && page.body.contains("app.example"));
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        assert_eq!(browser.get(&wrong).await.redirect().1["error"], "invalid_scope");
        let page = browser.get(&request("stranger", &[])).await;
        assert!(page.body.contains("registered itself"), "{}", page.body);
    })
    .await;
}

#[tokio::test]
async fn without_the_capability_there_is_no_endpoint() {
    let withdraw = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.withdraw(&oauth::grant::GrantType::AuthorizationCode);
    };
    on_both_with(withdraw, |world| async move {
        world.site("site", |client| client.metadata = ClientMetadata::default()).await;
        assert_eq!(world.get(&request("site", &[])).await.status, 404);
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(metadata.get("authorization_endpoint").is_none());
    })
    .await;
}

/// R8252-7.3-a
#[tokio::test]
async fn an_app_on_the_device_may_listen_on_any_port() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world
            .site("app", |client| {
                client.redirect_uris = vec![RedirectUri::parse("http://127.0.0.1/cb").unwrap()];
                client.client_type = oauth::client::ClientType::Public;
                client.auth_method = oauth::client::AuthMethod::None;
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let path = request("app", &[("redirect_uri", "http://127.0.0.1:49152/cb")]);
        for _ in 0..2 {
            // RFC 8252 §8.6: asked each time, since any program on the device could pass for it.
            let page = browser.get(&path).await;
            assert!(page.body.contains("a program on this device"), "{}", page.body);
            let (to, fields) = press(&mut browser, &page.body, "allow").await.redirect();
            assert_eq!(to, "http://127.0.0.1:49152/cb");
            assert!(fields.contains_key("code"));
        }
    })
    .await;
}

/// R6749-4.1.1-b
#[tokio::test]
async fn no_token_comes_through_the_browser_by_default() {
    on_both(|world: World| async move {
        world.user("halfspring").await;
        world
            .site("site", |client| client.metadata.response_types = ResponseType::ALL.into())
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        for kind in ["token", "id_token token", "code token", "code id_token"] {
            let path =
                request("site", &[("response_type", kind), ("nonce", "n"), ("scope", "openid")]);
            let (_, fields) = browser.get(&path).await.redirect();
            assert_eq!(fields["error"], "unsupported_response_type", "{kind}");
            assert!(!fields.contains_key("access_token") && !fields.contains_key("id_token"));
        }
    })
    .await;
}
