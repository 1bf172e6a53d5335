//! Clients that are named by the address of a document, which lies on a server of theirs.

use std::sync::{Arc, Mutex, PoisonError};

use fetch::testing::{Answer as Reply, Peer};
use oauth::client::Origin;
use serde_json::{Value, json};

use crate::authorize::{VERIFIER, press, request};
use crate::browser::Browser;
use crate::world::{Answer, CALLBACK, World, on_both_with};

const ID: &str = "https://app.example/client.json";

/// A server of the client, whose answer may be changed.
struct Site {
    answer: Arc<Mutex<Reply>>,
    peer: Peer,
}

impl Site {
    async fn start() -> Self {
        let answer = Arc::new(Mutex::new(Reply::json(document(|_| ()).to_string())));
        let given = Arc::clone(&answer);
        let reply = move |_: &_| given.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let peer = Peer::start(&["app.example"], reply).await;
        Self { answer, peer }
    }

    fn says(&self, answer: Reply) {
        *self.answer.lock().unwrap() = answer;
    }

    fn tells(&self, document: &Value) {
        self.says(Reply::json(document.to_string()));
    }
}

fn document(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
    let document = json!({
        "client_id": ID,
        "client_name": "Stable finder",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let Value::Object(mut document) = document else { unreachable!() };
    change(&mut document);
    Value::Object(document)
}

/// Runs `test` on both databases, with the client's server and clients by document allowed.
async fn with_site<F: Future<Output = ()>>(test: impl Fn(World, Arc<Site>) -> F) {
    let site = Arc::new(Site::start().await);
    let policy = site.peer.policy();
    let change = move |settings: &mut grantwell_web::Settings| {
        settings.policy.client_id_documents = true;
        settings.fetcher = fetch::Fetcher::new(policy.clone());
        settings.limits.client_registrations.free = 50;
    };
    on_both_with(change, |world| {
        site.tells(&document(|_| ()));
        test(world, Arc::clone(&site))
    })
    .await;
}

async fn kept(world: &World) -> Option<store::Application> {
    world.store.applications().find_by_client_id(&ID.parse().unwrap()).await.unwrap()
}

fn redeem<'a>(code: &'a str, extra: &'a [(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("client_id", ID),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    fields.extend(extra);
    fields
}

/// RCIMD-4.1-c, RCIMD-5-a
#[tokio::test]
async fn a_document_is_enough_to_sign_people_in() {
    with_site(|world, site| async move {
        world.user("halfspring").await;
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert_eq!(metadata["client_id_metadata_document_supported"], true);
        let before = site.peer.asked().len();
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(&request(ID, &[])).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.body.contains("Stable finder"));
        assert!(page.body.contains("described by app.example"), "{}", page.body);
        let (_, answer) = press(&mut browser, &page.body, "allow").await.redirect();
        let tokens = world.post("/o/token/", &redeem(&answer["code"], &[])).await.tokens();
        let again = [
            ("grant_type", "refresh_token"),
            ("client_id", ID),
            ("refresh_token", tokens.refresh.as_str()),
        ];
        assert_eq!(world.post("/o/token/", &again).await.status, 200);
        assert_eq!(site.peer.asked().len() - before, 1, "it is held for a while");
        let application = kept(&world).await.unwrap();
        assert_eq!(application.client.metadata.origin, Origin::Document);
        let other = [("redirect_uri", "https://app.example/other")];
        assert_eq!(browser.get(&request(ID, &other)).await.status, 400);
    })
    .await;
}

#[tokio::test]
async fn a_request_may_be_pushed_by_a_client_that_is_seen_for_the_first_time() {
    with_site(|world, _| async move {
        world.user("halfspring").await;
        let query = request(ID, &[]);
        let fields: Vec<(String, String)> =
            url::form_urlencoded::parse(query.split_once('?').unwrap().1.as_bytes())
                .into_owned()
                .collect();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let pushed = world.post("/o/par/", &fields).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        let name = pushed.json()["request_uri"].as_str().unwrap().to_owned();
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let fields = [("client_id", ID), ("request_uri", name.as_str())];
        let page = browser.get(&format!("/o/authorize/?{}", crate::world::encode(&fields))).await;
        assert!(page.body.contains("Stable finder"), "{}", page.body);
    })
    .await;
}

/// Also where a device asks.
#[tokio::test]
async fn a_device_may_be_described_by_a_document_and_its_page_says_so() {
    with_site(|world, site| async move {
        world.user("halfspring").await;
        let grants = json!(["urn:ietf:params:oauth:grant-type:device_code"]);
        site.tells(&document(|it| drop(it.insert("grant_types".to_owned(), grants))));
        let begun = world.post("/o/device-authorization/", &[("client_id", ID)]).await;
        assert_eq!(begun.status, 200, "{begun:?}");
        let code = begun.json()["user_code"].as_str().unwrap().to_owned();
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get("/o/device/").await;
        let typed = browser.submit("/o/device/", &[("user_code", &code)]).await;
        let page = browser.get(typed.header("location")).await;
        assert!(page.body.contains("described by app.example"), "{}", page.body);
    })
    .await;
}

/// RCIMD-4-a, RCIMD-4.1-a, RCIMD-4.1-b, RCIMD-4.4-a, RCIMD-6.6-a
#[tokio::test]
async fn what_is_no_good_document_is_refused_kept_nowhere_and_mended_at_once() {
    with_site(|world, site| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let good = document(|_| ()).to_string();
        let with = |member: &str, value: Value| {
            Reply::json(
                document(|document| drop(document.insert(member.to_owned(), value))).to_string(),
            )
        };
        let table = [
            ("status", Reply::status(404)),
            (
                "another 2xx",
                Reply::status(203).body(good.clone()).header("content-type", "application/json"),
            ),
            ("a redirect", Reply::status(302).header("location", "https://app.example/x")),
            ("not JSON", Reply::status(200).body(good.clone()).header("content-type", "text/html")),
            ("broken", Reply::json("{")),
            ("another client", with("client_id", json!("https://app.example/other.json"))),
            ("a secret", with("client_secret", json!("x"))),
            ("a secret method", with("token_endpoint_auth_method", json!("client_secret_post"))),
            ("no redirect URI", with("redirect_uris", json!([]))),
            ("passwords", with("grant_types", json!(["password"]))),
        ];
        for (what, answer) in table {
            site.says(answer);
            let page = browser.get(&request(ID, &[])).await;
            assert_eq!(page.status, 400, "{what}: {page:?}");
            assert!(page.body.contains("This request cannot be answered"), "{what}");
            assert!(
                !page.headers.contains_key("location") && kept(&world).await.is_none(),
                "{what}"
            );
        }
        site.says(Reply::json(good));
        assert_eq!(browser.get(&request(ID, &[])).await.status, 200, "no failure is remembered");
        let before = site.peer.asked().len();
        for bad in
            ["https://app.example/", "https://app.example/a/../b", "https://127.0.0.1/c.json"]
        {
            assert_eq!(browser.get(&request(bad, &[])).await.status, 400, "{bad}");
        }
        assert_eq!(site.peer.asked().len(), before, "nobody was asked");
    })
    .await;
}

/// RCIMD-6.6-a: cut off while it comes.
#[tokio::test]
async fn a_large_document_is_refused() {
    with_site(|world, site| async move {
        let long = "x".repeat(6000);
        site.tells(&document(|document| {
            drop(document.insert("client_uri".to_owned(), json!(long)));
        }));
        let page = Browser::new(&world).get(&request(ID, &[])).await;
        assert_eq!(page.status, 400);
        assert!(kept(&world).await.is_none());
    })
    .await;
}

/// RCIMD-6.3-a
#[tokio::test]
async fn a_client_that_has_become_another_is_asked_about_again() {
    with_site(|world, site| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(&request(ID, &[])).await;
        press(&mut browser, &page.body, "allow").await;
        assert!(browser.get(&request(ID, &[])).await.redirect().1.contains_key("code"));
        // Another node has not read the document yet.
        site.tells(&document(|it| {
            drop(it.insert("tos_uri".to_owned(), json!("https://app.example/t")));
        }));
        let mut same = browser.on(&world.another_node());
        assert!(
            same.get(&request(ID, &[])).await.redirect().1.contains_key("code"),
            "the same app"
        );
        assert!(kept(&world).await.unwrap().client.metadata.tos_uri.is_some());
        site.tells(&document(|it| drop(it.insert("client_name".to_owned(), json!("Your bank")))));
        let mut renamed = browser.on(&world.another_node());
        let page = renamed.get(&request(ID, &[])).await;
        assert!(page.status == 200 && page.body.contains("Your bank"), "{page:?}");
        // What an operator decides stays.
        let id = kept(&world).await.unwrap().id;
        world.store.applications().disable(id).await.unwrap();
        let before = site.peer.asked().len();
        let mut disabled = browser.on(&world.another_node());
        assert_eq!(disabled.get(&request(ID, &[])).await.status, 400);
        assert!(!kept(&world).await.unwrap().client.active);
        assert_eq!(site.peer.asked().len(), before, "nothing is fetched for it");
    })
    .await;
}

/// An operator's own client of such a name is what was registered, and one address brings only so many.
#[tokio::test]
async fn only_clients_without_a_registration_are_fetched_and_only_so_many() {
    let site = Site::start().await;
    let policy = site.peer.policy();
    let change = |settings: &mut grantwell_web::Settings| {
        settings.policy.client_id_documents = true;
        settings.fetcher = fetch::Fetcher::new(policy.clone());
        settings.limits.client_registrations.free = 2;
    };
    let peer = &site.peer;
    on_both_with(change, |world| async move {
        let before = peer.asked().len();
        world.site(ID, |client| client.metadata.origin = Origin::Operator).await;
        let to = Browser::new(&world).get(&request(ID, &[])).await;
        assert_eq!((to.status.as_u16(), peer.asked().len()), (303, before));
        let ask = async |number: u8| -> Answer {
            let id = format!("https://app.example/{number}.json");
            Browser::new(&world).get(&request(&id, &[])).await
        };
        let status: Vec<u16> =
            [ask(1).await, ask(2).await, ask(3).await].map(|answer| answer.status.as_u16()).into();
        assert_eq!(status, [400, 400, 429], "documents about another client count too");
    })
    .await;
}

#[tokio::test]
async fn without_the_setting_nothing_is_fetched() {
    let site = Site::start().await;
    let policy = site.peer.policy();
    let change = |settings: &mut grantwell_web::Settings| {
        settings.fetcher = fetch::Fetcher::new(policy.clone());
    };
    on_both_with(change, |world| async move {
        let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
        assert!(metadata.get("client_id_metadata_document_supported").is_none());
        assert_eq!(Browser::new(&world).get(&request(ID, &[])).await.status, 400);
    })
    .await;
    assert!(site.peer.asked().is_empty());
}
