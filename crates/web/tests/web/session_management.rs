//! OpenID Connect Session Management: what clients and browsers are told of a session, and the frame in which they compare.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use grantwell_web as web;
use oauth::client::{Client, ClientType, ConsentRule, RedirectUri};

use crate::authorize::{press, request};
use crate::browser::Browser;
use crate::world::{World, on_both, on_both_with, on_sqlite_with};

const COOKIE: &str = "__Host-grantwell_browser_state";
const FRAME: &str = "/o/check-session/";

fn on(settings: &mut web::Settings) {
    settings.policy.capabilities.endpoints.check_session = Some(FRAME.to_owned());
}

fn sha256(text: &str) -> impl AsRef<[u8]> + use<> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes())
}

/// What the frame's script does with it.
fn is_unchanged(told: &str, client: &str, origin: &str, browser: &Browser) -> bool {
    let (hash, salt) = told.split_once('.').unwrap();
    let known = browser.cookies.get(COOKIE).map_or("", String::as_str);
    let now = sha256(&format!("{client} {origin} {known} {salt}"));
    URL_SAFE_NO_PAD.encode(now.as_ref()) == hash
}

async fn trusted(world: &World) {
    world.site("site", |client: &mut Client| client.metadata.consent = ConsentRule::Trusted).await;
}

async fn told(browser: &mut Browser, scope: &str) -> Option<String> {
    let answer = browser.get(&request("site", &[("scope", scope)])).await;
    let (_, fields) = answer.redirect();
    assert!(fields.contains_key("code"), "{fields:?}");
    fields.get("session_state").cloned()
}

/// Session Management §2, §3.2
#[tokio::test]
async fn what_a_client_is_told_holds_until_somebody_signs_in_or_out() {
    on_both_with(on, |world| async move {
        trusted(&world).await;
        world.user("one").await;
        world.user("other").await;
        let mut browser = Browser::signed_in(&world, "one").await;
        let origin = "https://app.example";
        let first = told(&mut browser, "openid").await.unwrap();
        assert!(!first.contains(' '), "{first}");
        assert!(is_unchanged(&first, "site", origin, &browser));
        for (client, origin) in [("other", origin), ("site", "https://evil.example")] {
            assert!(!is_unchanged(&first, client, origin, &browser), "{client} {origin}");
        }
        let second = told(&mut browser, "openid").await.unwrap();
        assert!(first != second && is_unchanged(&second, "site", origin, &browser), "salted");
        // The browser has lost what it knew: it gets it again with the next answer.
        browser.cookies.remove(COOKIE);
        assert!(!is_unchanged(&first, "site", origin, &browser));
        told(&mut browser, "openid").await.unwrap();
        assert!(is_unchanged(&first, "site", origin, &browser));

        browser.get("/accounts/logout/").await;
        browser.submit("/accounts/logout/", &[]).await;
        assert!(!browser.cookies.contains_key(COOKIE), "{:?}", browser.cookies);
        assert!(!is_unchanged(&first, "site", origin, &browser));
        browser.get("/accounts/login/").await;
        browser.sign_in("other", crate::world::PASSWORD).await;
        assert!(browser.cookies.contains_key(COOKIE), "also before any client asks");
        assert!(!is_unchanged(&first, "site", origin, &browser));
        assert_eq!(told(&mut browser, "read").await, None, "not told who is there");
    })
    .await;
}

/// What scripts can read opens nothing and shows nothing of what does.
#[tokio::test]
async fn the_readable_cookie_opens_nothing() {
    on_both_with(on, |world| async move {
        world.user("one").await;
        let browser = Browser::signed_in(&world, "one").await;
        let (shown, session) = (browser.cookies[COOKIE].clone(), browser.session().unwrap());
        assert!(shown != *session && shown.len() == 43, "{shown}");
        let mut thief = Browser::new(&world);
        thief.cookies.insert("__Host-grantwell_session".to_owned(), shown.clone());
        thief.cookies.insert(COOKIE.to_owned(), shown);
        assert_eq!(thief.get("/accounts/profile/").await.status, 303);
    })
    .await;
}

#[tokio::test]
async fn an_app_without_a_web_page_is_told_nothing() {
    on_sqlite_with(on, |world| async move {
        let app = |client: &mut Client| {
            client.client_type = ClientType::Public;
            client.auth_method = oauth::client::AuthMethod::None;
            client.grant_types = [oauth::client::GrantType::AuthorizationCode].into();
            client.metadata.consent = ConsentRule::Trusted;
            client.redirect_uris = vec![RedirectUri::parse("com.example.app:/cb").unwrap()];
        };
        world.site("app", app).await;
        world.user("one").await;
        let mut browser = Browser::signed_in(&world, "one").await;
        let to = [("scope", "openid"), ("redirect_uri", "com.example.app:/cb")];
        let page = browser.get(&request("app", &to)).await;
        let (_, fields) = press(&mut browser, &page.body, "allow").await.redirect();
        assert!(fields.contains_key("code") && !fields.contains_key("session_state"), "{fields:?}");
    })
    .await;
}

/// Session Management §3.3: any site may show the frame, which runs its own script and can do nothing else.
#[tokio::test]
async fn the_frame_runs_its_own_script_and_nothing_else() {
    on_both_with(on, |world| async move {
        let page = world.get(FRAME).await;
        assert_eq!(page.status, 200);
        let script = page.body.split("<script>").nth(1).unwrap();
        let script = script.split("</script>").next().unwrap();
        let hash = STANDARD.encode(sha256(script).as_ref());
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("script-src 'sha256-{hash}';")), "{policy}");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(policy.contains("frame-ancestors https:"), "{policy}");
        assert!(page.body.contains(&format!("data-cookie=\"{COOKIE}\"")), "{}", page.body);
        for absent in ["set-cookie", "x-frame-options"] {
            assert!(!page.headers.contains_key(absent), "{absent}");
        }
        assert_eq!(page.header("cross-origin-resource-policy"), "cross-origin");
    })
    .await;
}

/// Off, it costs no cookie and says nothing.
#[tokio::test]
async fn it_is_off_by_itself() {
    on_both(|world| async move {
        trusted(&world).await;
        world.user("one").await;
        let mut browser = Browser::signed_in(&world, "one").await;
        assert_eq!(told(&mut browser, "openid").await, None);
        assert!(!browser.cookies.contains_key(COOKIE));
        assert_eq!(world.get(FRAME).await.status, 404);
    })
    .await;
}
