//! `/admin/api/…` over HTTP, on both databases: what an operator's program does, and who may not.

use reqwest::Client;
use serde_json::{Value, json};

use crate::admin_place::{Node, Place, SCOPE, on_both, on_postgres, send};
use crate::house::House;

const SECRET: &str = "a secret that somebody chose";
const PASSWORD: &str = "three unrelated words";

fn robot() -> Value {
    json!({
        "client_name": "Robot", "client_secret": SECRET, "grant_types": ["client_credentials"],
        "consent": "trusted", "scope": "read",
    })
}

async fn ready(place: &Place) -> (Node, String) {
    let node = place.node().await;
    let secret = node.root("root", &format!("read {SCOPE}")).await;
    let token = node.token(("root", &secret), SCOPE).await;
    (node, token)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_is_made_what_is_said_again_and_again() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let call = async |method: &str, path: &str, body: Option<Value>| {
            node.call(&root, (method, path), body).await
        };
        let one = "/applications/robot/";
        call("GET", one, None).await.status(404);
        call("PATCH", one, Some(json!({"active": false}))).await.status(404);
        let made = call("PUT", one, Some(robot())).await.status(201);
        assert_eq!(made.headers["location"], "/admin/api/applications/robot/");
        assert_eq!(made.headers["cache-control"], "no-store");
        assert_eq!(
            (&made.json()["action"], &made.json()["consent"]),
            (&json!("created"), &json!("trusted"))
        );
        assert!(!made.text.contains(SECRET), "{made:?}");
        let kept = node.token(("robot", SECRET), "read").await;

        // Said again, in the words of the answer or without a slash, it changes nothing, and no token ends.
        let epoch = async || {
            let id = "robot".parse().unwrap();
            node.store().applications().find_by_client_id(&id).await.unwrap().unwrap().client.epoch
        };
        for (path, body) in [(one, robot()), ("/applications/robot", made.json())] {
            let again = call("PUT", path, Some(body)).await.status(200).json();
            assert_eq!((&again["action"], &again["changed"]), (&json!("unchanged"), &json!([])));
        }
        assert_eq!(epoch().await, 0);

        let shown = call("GET", one, None).await.status(200);
        assert_eq!(shown.json().get("client_secret"), None);
        assert!(!shown.text.contains("argon2"), "{shown:?}");
        let patched =
            call("PATCH", one, Some(json!({"name": "Other", "tos_uri": "https://a.example/"})));
        let patched = patched.await.status(200).json();
        assert_eq!(patched["changed"], json!(["name", "tos_uri"]));
        assert_eq!(
            (&patched["client_name"], &patched["consent"]),
            (&json!("Other"), &json!("trusted"))
        );
        let bare = call("PATCH", one, Some(json!({"tos_uri": null}))).await.status(200).json();
        assert_eq!((bare.get("tos_uri"), epoch().await), (None, 0));

        for (active, action, status) in [(false, "disabled", 401), (true, "enabled", 200)] {
            let done = call("PATCH", one, Some(json!({"active": active}))).await.status(200).json();
            assert_eq!(done["action"], action);
            let fields = [("grant_type", "client_credentials")];
            node.ask_token(("robot", SECRET), &fields).await.status(status);
        }
        // What was given before ends with the switch.
        let dead = node.call(&kept, ("GET", "/keys/"), None).await.status(401);
        assert_eq!(dead.json()["code"], "invalid_token");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_replaced_and_an_application_deleted() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let call = async |method: &str, path: &str, body: Option<Value>| {
            node.call(&root, (method, path), body).await
        };
        let one = "/applications/robot/";
        call("PUT", one, Some(robot())).await.status(201);
        let rotated = call("POST", "/applications/robot/rotate-secret/", None).await.status(200);
        let secret = rotated.json()["client_secret"].as_str().unwrap().to_owned();
        node.token(("robot", &secret), "read").await;
        node.ask_token(("robot", SECRET), &[("grant_type", "client_credentials")])
            .await
            .status(401);

        call("DELETE", one, None).await.status(204);
        call("DELETE", one, None).await.status(404);
        let drawn = json!({"name": "Drawn", "grant_types": ["client_credentials"]});
        let drawn = call("PUT", "/applications/drawn/", Some(drawn)).await.status(201).json();
        assert!(drawn["client_secret"].as_str().unwrap().starts_with("gws_"));
        let public = json!({
            "name": "App", "client_type": "public", "grant_types": ["authorization_code"],
            "redirect_uris": ["https://app.example/cb"],
        });
        call("PUT", "/applications/app/", Some(public)).await.status(201);
        call("POST", "/applications/app/rotate-secret/", None).await.status(409);
        call("DELETE", "/applications/grantwell-first-party/", None).await.status(409);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_made_what_is_said_and_what_is_not_said_stays() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let call = async |method: &str, path: &str, body: Option<Value>| {
            node.call(&root, (method, path), body).await
        };
        let one = "/users/ann/";
        call("PATCH", one, Some(json!({"active": false}))).await.status(404);
        let ann = json!({
            "password": PASSWORD, "email": "ann@example.org",
            "claims": {"email_verified": true, "given_name": "Ann", "level": 7},
        });
        let made = call("PUT", one, Some(ann.clone())).await.status(201);
        assert_eq!(made.headers["location"], "/admin/api/users/ann/");
        assert!(!made.text.contains(PASSWORD) && !made.text.contains("argon2"), "{made:?}");
        let shown = call("GET", one, None).await.status(200).json();
        assert_eq!(shown["claims"]["email_verified"], true);
        assert_eq!((&shown["claims"]["level"], &shown["has_password"]), (&json!(7), &json!(true)));
        for again in [ann, json!({}), shown] {
            let again = call("PUT", one, Some(again)).await.status(200).json();
            assert_eq!(again["action"], "unchanged", "{again}");
        }
        let change = json!({"claims": {"given_name": null, "nickname": "A"}, "staff": true});
        let changed = call("PATCH", one, Some(change)).await.status(200).json();
        assert_eq!(changed["changed"], json!(["given_name", "nickname", "staff"]));
        assert_eq!(changed["claims"].get("given_name"), None);
        call("DELETE", one, None).await.status(204);
        call("GET", one, None).await.status(404);
        // A name with letters that a path cannot hold as they are.
        let named = call("PUT", "/users/j%C3%B6rg%40home/", Some(json!({}))).await.status(201);
        assert_eq!(named.json()["username"], "jörg@home");
        assert_eq!(named.headers["location"], "/admin/api/users/j%C3%B6rg%40home/");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        for kind in ["users", "applications"] {
            for name in ["a1", "a2", "a3"] {
                let body = match kind {
                    "users" => json!({}),
                    _ => json!({"name": name, "grant_types": ["client_credentials"]}),
                };
                let path = format!("/{kind}/{name}/");
                node.call(&root, ("PUT", &path), Some(body)).await.status(201);
            }
            let mut seen = 0;
            let mut next = Some(format!("/{kind}/?limit=2"));
            while let Some(path) = next {
                let page = node.call(&root, ("GET", &path), None).await.status(200);
                seen += page.json().as_array().unwrap().len();
                let link = page.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
                next = link.map(|link| {
                    let path = link.split(['<', '>']).nth(1).unwrap().to_owned();
                    path.strip_prefix("/admin/api").unwrap().to_owned()
                });
            }
            assert_eq!(seen, if kind == "users" { 3 } else { 4 }, "{kind}");
            for wrong in ["limit=0", "limit=501", "after=x", "page=2"] {
                node.call(&root, ("GET", &format!("/{kind}/?{wrong}")), None).await.status(400);
            }
        }
    })
    .await;
}

/// Where it is put, what is said, and what is wrong with it.
type Wrong = (&'static str, Value, &'static [&'static str]);

fn wrong_declarations() -> Vec<Wrong> {
    let mut all = wrong_applications();
    all.extend(wrong_people());
    all
}

fn application(more: &Value) -> Value {
    let mut all = robot();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn wrong_applications() -> Vec<Wrong> {
    vec![
        (
            "/applications/robot/",
            application(&json!({"redirect_uri": 1})),
            &["/redirect_uri unknown_member"],
        ),
        (
            "/applications/robot/",
            application(&json!({"client_id": "other"})),
            &["/client_id other_name"],
        ),
        (
            "/applications/robot/",
            application(&json!({"client_secret": "short"})),
            &["/client_secret invalid"],
        ),
        (
            "/applications/robot/",
            application(&json!({"client_secret": 7})),
            &["/client_secret invalid"],
        ),
        (
            "/applications/robot/",
            application(&json!({"client_secret_file": "/etc/passwd"})),
            &["/client_secret_file unknown_member"],
        ),
        (
            "/applications/robot/",
            application(&json!({"grant_types": "all", "contacts": 7})),
            &["/grant_types invalid", "/contacts invalid"],
        ),
        ("/applications/robot/", application(&json!({"scope": "sudo"})), &["/scope unknown_scope"]),
        ("/applications/robot/", application(&json!({"owner": "nobody"})), &["/owner unknown"]),
        ("/applications/grantwell-first-party/", application(&json!({})), &["/client_id built_in"]),
    ]
}

fn wrong_people() -> Vec<Wrong> {
    vec![
        (
            "/users/ann/",
            json!({"password": "short"}),
            &["/password password_too_short", "/password password_too_common"],
        ),
        (
            "/users/ann/",
            json!({"password_file": "/etc/passwd"}),
            &["/password_file unknown_member"],
        ),
        ("/users/ann/", json!({"stafff": true}), &["/stafff unknown_member"]),
        (
            "/users/ann/",
            json!({"staff": "yes", "claims": 7}),
            &["/claims invalid", "/staff invalid"],
        ),
        (
            "/users/ann/",
            json!({"email": "x", "claims": {"birthdate": "x", "address": {"country": 7}}}),
            &["/claims/birthdate", "/email", "/claims/address/country"],
        ),
        ("/users/ann/", json!({"username": "bob"}), &["/username other_name"]),
        ("/users/%20/", json!({}), &["/username"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_is_named_and_changes_nothing() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        for (path, body, expected) in wrong_declarations() {
            let refused = node.call(&root, ("PUT", path), Some(body.clone())).await.status(422);
            assert_eq!(refused.headers["content-type"], "application/problem+json");
            let faults = refused.faults();
            let same = faults.len() == expected.len()
                && expected.iter().all(|it| faults.iter().any(|fault| fault.starts_with(it)));
            assert!(same, "{path} {body}: {faults:?}");
            assert!(!refused.text.contains("\"short\""), "{refused:?}");
        }
        assert!(node.store().users().list(None, 9).await.unwrap().is_empty());
        assert_eq!(node.store().applications().list(None, None, 9).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_refused() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let near = node.call(&root, ("PUT", "/users/ann/"), Some(json!({"stafff": true}))).await;
        assert!(near.text.contains("did you mean staff?"), "{near:?}");
        let large = format!("{{\"a\": \"{}\"}}", "x".repeat(70_000));
        for (body, status) in [
            ("{\"staff\": true, \"staff\": false}", 400),
            ("{\"claims\": {\"a\": 1, \"a\": 2}}", 400),
            ("[]", 400),
            ("{", 400),
            ("", 415),
            (large.as_str(), 413),
        ] {
            let answer = node.call_text(&root, ("PUT", "/users/ann/"), Some(body)).await;
            let expected = if body.is_empty() { 400 } else { status };
            assert_eq!(answer.status, expected, "{body:.40} {answer:?}");
        }
        let form = node.http.put(node.server.url("/admin/api/users/ann/")).bearer_auth(&root);
        send(form.form(&[("staff", "true")])).await.status(415);
        let other = node.call(&root, ("POST", "/users/ann/"), None).await.status(405);
        assert!(other.headers["allow"].to_str().unwrap().contains("PUT"), "{other:?}");
        for (path, body) in [
            ("/keys/rotate/", json!({"algorithm": "none"})),
            ("/keys/rotate/", json!({"now": true})),
            ("/tokens/revoke/", json!({})),
            ("/tokens/revoke/", json!({"username": "ann", "client_id": "robot"})),
            ("/tokens/revoke/", json!({"username": "nobody"})),
            ("/tokens/revoke/", json!({"client_id": "nobody"})),
        ] {
            node.call(&root, ("POST", path), Some(body)).await.status(422);
        }
        assert!(node.store().users().list(None, 9).await.unwrap().is_empty());
        assert_eq!(node.store().applications().list(None, None, 9).await.unwrap().len(), 1);
    })
    .await;
}

/// R6750-3-b, R9728-5.1-a: who has no business here is told what is missing, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_scope_of_an_operators_application_opens_it_and_for_people_their_rank() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let bare = send(node.http.get(node.server.url("/admin/api/users/"))).await.status(401);
        let challenge = bare.headers["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("scope=\"grantwell:admin\""), "{challenge}");
        let described = "/.well-known/oauth-protected-resource/admin/api";
        assert!(challenge.contains(described), "{challenge}");
        let described = send(node.http.get(node.server.url(described))).await.status(200).json();
        assert_eq!(described["scopes_supported"], json!([SCOPE]));

        let put = |name: &str, body: Value| {
            let (path, root) = (format!("/users/{name}/"), root.clone());
            let node = &node;
            async move { node.call(&root, ("PUT", &path), Some(body)).await.status(201) }
        };
        put("plain", json!({"password": PASSWORD})).await;
        put("staff", json!({"password": PASSWORD, "staff": true})).await;
        put("super", json!({"password": PASSWORD, "superuser": true})).await;
        let secret = node.root("second", &format!("read {SCOPE}")).await;
        let second = ("second", secret.as_str());
        for (name, look, change) in [("plain", 403, 403), ("staff", 200, 403), ("super", 200, 200)]
        {
            let (token, _) = node.tokens_of(second, (name, PASSWORD), SCOPE).await;
            node.call(&token, ("GET", "/users/plain/"), None).await.status(look);
            let body = Some(json!({"claims": {"nickname": name}}));
            node.call(&token, ("PATCH", "/users/plain/"), body).await.status(change);
        }
        // Rank is what it is now, not what it was when the token was given.
        let (token, _) = node.tokens_of(second, ("super", PASSWORD), SCOPE).await;
        let down = Some(json!({"superuser": false, "staff": false}));
        node.call(&root, ("PATCH", "/users/super/"), down).await.status(200);
        node.call(&token, ("GET", "/users/plain/"), None).await.status(403);

        let other = node.token(second, "read").await;
        let refused = node.call(&other, ("GET", "/users/"), None).await.status(403);
        assert_eq!(refused.json()["code"], "insufficient_scope");
        assert!(
            refused.headers["www-authenticate"].to_str().unwrap().contains("insufficient_scope")
        );
        // Nobody gets it without asking for it.
        let fields = [("grant_type", "client_credentials")];
        let default = node.ask_token(second, &fields).await.status(200).json();
        assert_eq!(default["scope"], "read");

        // Taken from the application, it is taken from the tokens that were given before.
        let mine = node.token(second, SCOPE).await;
        node.call(&mine, ("GET", "/users/"), None).await.status(200);
        let less = Some(json!({"scope": "read"}));
        node.call(&root, ("PATCH", "/applications/second/"), less).await.status(200);
        node.call(&mine, ("GET", "/users/"), None).await.status(403);
        let off = Some(json!({"active": false}));
        node.call(&root, ("PATCH", "/applications/second/"), off).await.status(200);
        node.call(&mine, ("GET", "/users/"), None).await.status(401);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_registers_itself_does_not_get_the_scope() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        for scope in [SCOPE, "read grantwell:admin"] {
            let asked = json!({"redirect_uris": ["https://a.example/cb"], "scope": scope});
            let request = node.http.post(node.server.url("/o/register/")).json(&asked);
            let answer = send(request).await;
            if answer.status == 400 {
                continue;
            }
            let made = answer.status(201).json();
            assert_eq!(made["scope"], "read");
            // Nor does an operator give it to one, which could change its own redirect URIs afterwards.
            let path = format!("/applications/{}/", made["client_id"].as_str().unwrap());
            let more = Some(json!({"scope": scope}));
            let refused = node.call(&root, ("PATCH", &path), more).await.status(422);
            assert_eq!(refused.faults(), ["/scope operators_only"]);
        }
        let metadata = node.http.get(node.server.url("/.well-known/openid-configuration"));
        assert!(!send(metadata).await.status(200).text.contains(SCOPE));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_is_switched_off_is_out_on_every_node() {
    on_postgres(async |place| {
        let (here, root) = ready(&place).await;
        let there = place.node().await;
        let ann = json!({"password": PASSWORD, "superuser": true});
        here.call(&root, ("PUT", "/users/ann/"), Some(ann)).await.status(201);
        let secret = here.root("site", &format!("read {SCOPE}")).await;
        let site = ("site", secret.as_str());
        let (access, refresh) = there.tokens_of(site, ("ann", PASSWORD), SCOPE).await;
        there.call(&access, ("GET", "/keys/"), None).await.status(200);
        let off = Some(json!({"active": false}));
        let done = here.call(&root, ("PATCH", "/users/ann/"), off).await.status(200).json();
        assert_eq!(done["action"], "disabled");
        // The other node hears of it by the feed.
        let mut tries = 0;
        while there.call(&access, ("GET", "/keys/"), None).await.status != 401 {
            tries += 1;
            assert!(tries < 500, "the access token still works");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let refused = there.ask_token(site, &fields).await.status(400);
        assert_eq!(refused.json()["error"], "invalid_grant");
        // Switched on again, what had ended stays ended.
        let on = Some(json!({"active": true}));
        here.call(&root, ("PATCH", "/users/ann/"), on).await.status(200);
        there.call(&access, ("GET", "/keys/"), None).await.status(401);
        there.ask_token(site, &fields).await.status(400);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_make_the_same_thing_at_once_make_it_once() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let node = std::sync::Arc::new(node);
        let ann = json!({"claims": {"nickname": "A"}});
        for (path, body) in [("/applications/robot/", robot()), ("/users/ann/", ann)] {
            let calls: Vec<_> = (0..8)
                .map(|_| {
                    let (node, root, body) = (node.clone(), root.clone(), body.clone());
                    tokio::spawn(async move { node.call(&root, ("PUT", path), Some(body)).await })
                })
                .collect();
            let mut made = 0;
            for call in calls {
                let answer = call.await.unwrap();
                made += usize::from(answer.status == 201);
                assert!([200, 201].contains(&answer.status), "{answer:?}");
            }
            assert_eq!(made, 1, "{path}");
        }
        // Whoever changes different members of one application at once: all changes are there afterwards.
        let patch = |member: &'static str, to: String| {
            let (node, root) = (node.clone(), root.clone());
            let body = Some(json!({ member: to }));
            tokio::spawn(
                async move { node.call(&root, ("PATCH", "/applications/robot/"), body).await },
            )
        };
        let members = ["client_uri", "tos_uri", "policy_uri"];
        for round in 0..6 {
            let to = format!("https://robot.example/{round}");
            for call in members.map(|member| patch(member, to.clone())) {
                call.await.unwrap().status(200);
            }
            let shown = node.call(&root, ("GET", "/applications/robot/"), None).await.json();
            assert!(members.iter().all(|member| shown[member] == *to), "{shown}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_replaced_and_tokens_ended_by_call() {
    on_both(async |place| {
        let (node, root) = ready(&place).await;
        let post = async |path: &str, body: Value| {
            node.call(&root, ("POST", path), Some(body)).await.status(200).json()
        };
        let count = async || {
            let keys = node.call(&root, ("GET", "/keys/"), None).await.status(200).json();
            keys.as_array().unwrap().len()
        };
        assert_eq!(count().await, 2);
        assert_eq!(post("/keys/rotate/", json!({})).await.as_array().unwrap().len(), 2);
        let one = post("/keys/rotate/", json!({"algorithm": "ES256"})).await;
        assert_eq!(
            (&one[0]["algorithm"], &one[0]["state"]),
            (&json!("ES256"), &json!("announced"))
        );
        assert_eq!(count().await, 5);
        let jwks = send(node.http.get(node.server.url("/.well-known/jwks.json"))).await.json();
        let kid = |key: &Value| key["kid"] == one[0]["kid"];
        assert!(jwks["keys"].as_array().unwrap().iter().any(kid), "{jwks}");

        let ann = json!({"password": PASSWORD, "superuser": true});
        node.call(&root, ("PUT", "/users/ann/"), Some(ann)).await.status(201);
        let secret = node.root("site", &format!("read {SCOPE}")).await;
        let site = ("site", secret.as_str());
        let (one, refresh) = node.tokens_of(site, ("ann", PASSWORD), SCOPE).await;
        let (two, _) = node.tokens_of(site, ("ann", PASSWORD), SCOPE).await;
        let works =
            async |token: &str| node.call(token, ("GET", "/keys/"), None).await.status == 200;
        assert_eq!(post("/tokens/revoke/", json!({"token": refresh})).await["revoked"], true);
        assert_eq!(post("/tokens/revoke/", json!({"token": "nonsense"})).await["revoked"], false);
        assert!(!works(&one).await && works(&two).await);
        post("/tokens/revoke/", json!({"username": "ann"})).await;
        assert!(!works(&two).await);
        let (three, _) = node.tokens_of(site, ("ann", PASSWORD), SCOPE).await;
        post("/tokens/revoke/", json!({"client_id": "site"})).await;
        assert!(!works(&three).await);
        node.token(site, "read").await;
    })
    .await;
}

/// The requests of `docs/guides/admin-api.md`, against the binary; and what its log keeps of them.
#[tokio::test(flavor = "multi_thread")]
async fn the_guide_works_and_the_log_says_who_did_what_without_secrets() {
    let house = House::migrated();
    let create = [
        "application",
        "create",
        "--name",
        "Operations",
        "--client-id",
        "operations",
        "--grant-type",
        "client_credentials",
        "--scope",
        SCOPE,
        "--json",
    ];
    let made = house.run(&create).code(0).json();
    let server = house.serve(&[("GRANTWELL__LOG__LEVEL", "info")]);
    let http = Client::new();
    let fields = [("grant_type", "client_credentials"), ("scope", SCOPE)];
    let request = http.post(server.url("/o/token/")).form(&fields);
    let secret = made["client_secret"].as_str().unwrap();
    let answer = send(request.basic_auth("operations", Some(secret))).await.status(200).json();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let put = async |path: &str, body: Value| {
        let request = http.put(server.url(&format!("/admin/api{path}")));
        send(request.bearer_auth(&token).json(&body)).await
    };
    let robot = json!({
        "name": "Robot", "grant_types": ["client_credentials"], "client_secret": SECRET,
    });
    put("/applications/robot/", robot).await.status(201);
    put("/users/ann/", json!({"password": PASSWORD, "claims": {"given_name": "Ann"}}))
        .await
        .status(201);
    server.until_it_says(0, "user_created");
    let said = server.stop().1.join("\n");
    for expected in ["application_created", "user_created", "operations", "robot"] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    for secret in [SECRET, PASSWORD, token.as_str(), secret] {
        assert!(!said.contains(secret), "{said}");
    }
}
