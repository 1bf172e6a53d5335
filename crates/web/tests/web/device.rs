//! The device grant over HTTP: asked for, typed, confirmed, polled; and everybody who tries to come between.

use std::time::Duration;

use oauth::client::{AuthMethod, Client, ClientType, ConsentRule, GrantType};
use serde_json::Value;

use crate::browser::Browser;
use crate::world::{Answer, PASSWORD, World, on_both, on_both_with};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What a device was given.
struct Started {
    device_code: String,
    user_code: String,
    complete: String,
}

/// A public client that is registered for devices.
async fn television(world: &World) {
    let public = |client: &mut Client| {
        client.client_type = ClientType::Public;
        client.auth_method = AuthMethod::None;
        "Television".clone_into(&mut client.name);
        client.grant_types = [GrantType::DeviceCode, GrantType::RefreshToken].into();
    };
    world.site("tv", public).await;
}

async fn start(world: &World, more: &[(&str, &str)]) -> Started {
    let mut fields = vec![("client_id", "tv")];
    fields.extend(more);
    let mut request = crate::world::form_request("/o/device-authorization/", &fields);
    request.headers_mut().insert("user-agent", "Television/7 <b>".parse().unwrap());
    let answer = world.send(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    started(&answer.json())
}

fn started(json: &Value) -> Started {
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let complete = text("verification_uri_complete");
    Started {
        device_code: text("device_code"),
        user_code: text("user_code"),
        complete: complete.strip_prefix("https://auth.example").unwrap().to_owned(),
    }
}

async fn poll(world: &World, code: &str) -> Answer {
    let fields = [("grant_type", GRANT), ("client_id", "tv"), ("device_code", code)];
    world.post("/o/token/", &fields).await
}

/// Type a code; the page that asks comes back, or the form with what is wrong.
async fn enter(browser: &mut Browser, code: &str) -> Answer {
    browser.get("/o/device/").await;
    let answer = browser.submit("/o/device/", &[("user_code", code)]).await;
    if answer.status != 303 {
        return answer;
    }
    browser.get(answer.header("location")).await
}

async fn press(browser: &mut Browser, code: &str, button: &str) -> Answer {
    let fields = [(button, button), ("user_code", code), ("scope", "read"), ("scope", "write")];
    browser.submit("/o/device/confirm/", &fields).await
}

async fn person(world: &World, name: &str) -> Browser {
    world.user(name).await;
    Browser::signed_in(world, name).await
}

/// R8628-3.1-a, R8628-3.5-a, R8628-3.3.1-a
#[tokio::test]
async fn a_device_gets_tokens_once_its_person_has_allowed_it() {
    on_both(|world| async move {
        television(&world).await;
        let fields = [("client_id", "tv"), ("scope", "read")];
        let answer = world.post("/o/device-authorization", &fields).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let json = answer.json();
        assert_eq!(json["verification_uri"], "https://auth.example/o/device/");
        assert_eq!((json["expires_in"].as_u64(), json["interval"].as_u64()), (Some(600), Some(5)));

        let device = start(&world, &[]).await;
        assert!(device.device_code.starts_with("gwd_"));
        assert_eq!(poll(&world, &device.device_code).await.refusal(), "400 authorization_pending");
        let mut browser = person(&world, "halfspring").await;
        let typed = device.user_code.to_lowercase().replace('-', " ");
        let page = enter(&mut browser, &typed).await;
        assert_eq!(page.status, 200, "{page:?}");
        for shown in [
            device.user_code.as_str(),
            "Allow Television on your device?",
            "halfspring",
            "See your unicorns",
            "Change your unicorns",
            "192.0.2.1",
            "Television/7 &lt;b&gt;",
            "2027-01-15",
            "Did you start this?",
            "id=\"allow\"",
            "id=\"deny\"",
        ] {
            assert!(page.body.contains(shown), "{shown}: {}", page.body);
        }
        let done = press(&mut browser, &device.user_code, "allow").await;
        assert_eq!(done.status, 200, "{done:?}");
        assert!(done.body.contains("You can go back to your device"));

        world.clock.advance(Duration::from_secs(5));
        let answer = poll(&world, &device.device_code).await;
        assert_eq!(answer.json()["scope"], "read write");
        let tokens = answer.tokens();
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "tv"),
            ("refresh_token", tokens.refresh.as_str()),
        ];
        assert_eq!(world.post("/o/token/", &fields).await.status, 200);
        let list = browser.get("/o/authorized_tokens/").await;
        assert!(list.body.contains("Television"), "the person can end it");
        let again = enter(&mut browser, &device.user_code).await;
        assert!(again.body.contains("This code is not good"), "a user code works once");
        let device = start(&world, &[("scope", "openid read")]).await;
        enter(&mut browser, &device.user_code).await;
        press(&mut browser, &device.user_code, "allow").await;
        let answer = poll(&world, &device.device_code).await.json();
        assert_eq!(answer["scope"], "openid read");
        assert_eq!(answer["id_token"].as_str().unwrap().split('.').count(), 3);
    })
    .await;
}

/// R8628-3.5-a
#[tokio::test]
async fn the_device_learns_what_became_of_it_and_slows_down_when_told() {
    on_both(|world| async move {
        television(&world).await;
        let mut browser = person(&world, "halfspring").await;
        let device = start(&world, &[]).await;
        let code = device.device_code.as_str();
        let ask = async |seconds| {
            world.clock.advance(Duration::from_secs(seconds));
            poll(&world, code).await.refusal()
        };
        assert_eq!(ask(0).await, "400 authorization_pending");
        assert_eq!(ask(5).await, "400 authorization_pending");
        assert_eq!(ask(2).await, "400 slow_down");
        assert_eq!(ask(6).await, "400 slow_down", "ten seconds now");
        assert_eq!(ask(15).await, "400 authorization_pending", "fifteen");
        let page = enter(&mut browser, &device.user_code).await;
        assert_eq!(page.status, 200);
        let denied = press(&mut browser, &device.user_code, "deny").await;
        assert!(denied.body.contains("The device was refused"));
        assert_eq!(ask(0).await, "400 access_denied");
        assert_eq!(ask(600).await, "400 expired_token");

        let late = start(&world, &[]).await;
        world.clock.advance(Duration::from_mins(10));
        assert_eq!(poll(&world, &late.device_code).await.refusal(), "400 expired_token");
        let page = enter(&mut browser, &late.user_code).await;
        assert!(page.body.contains("This code is not good"), "{}", page.body);
    })
    .await;
}

/// R8628-3.5-b: of twenty at once one is first; the others are replays, so even its tokens end, as with codes.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_first_and_the_rest_are_replays() {
    on_both(|world| async move {
        television(&world).await;
        let mut browser = person(&world, "halfspring").await;
        let device = start(&world, &[]).await;
        enter(&mut browser, &device.user_code).await;
        press(&mut browser, &device.user_code, "allow").await;
        let tries = (0..20).map(|_| {
            let (world, code) = (world.clone(), device.device_code.clone());
            tokio::spawn(async move { poll(&world, &code).await })
        });
        let mut answers = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            answers.push(one.await.unwrap());
        }
        let good: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 400)));
        let refresh = good[0].tokens().refresh;
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "tv"),
            ("refresh_token", refresh.as_str()),
        ];
        assert_eq!(world.post("/o/token/", &fields).await.refusal(), "400 invalid_grant");
    })
    .await;
}

/// R8628-3.4-a, R8628-5.4-a, R8628-3.1-a
#[tokio::test]
async fn only_the_client_that_asked_gets_an_answer_and_only_if_it_is_registered_for_it() {
    on_both(|world| async move {
        television(&world).await;
        let (_, secret) = world.client("photos").await;
        let without = world.site("site", |client| {
            client.grant_types.remove(&GrantType::DeviceCode);
        });
        let without = without.await;
        let mut browser = person(&world, "halfspring").await;
        let device = start(&world, &[]).await;
        let fields = [("grant_type", GRANT), ("device_code", device.device_code.as_str())];
        let photos = ("photos", secret.expose());
        let other = world.post_as("/o/token/", photos, &fields).await;
        assert_eq!(other.refusal(), "400 invalid_grant");
        let site = ("site", without.as_str());
        assert_eq!(
            world.post_as("/o/token/", site, &fields).await.refusal(),
            "400 unauthorized_client"
        );
        let begin = "/o/device-authorization/";
        assert_eq!(world.post_as(begin, site, &[]).await.refusal(), "400 unauthorized_client");
        assert_eq!(
            world.post_as(begin, ("photos", "wrong"), &[]).await.refusal(),
            "401 invalid_client"
        );
        let unproved = world.post(begin, &[("client_id", "photos")]).await;
        assert_eq!(unproved.refusal(), "401 invalid_client");
        assert_eq!(
            world.post(begin, &[("client_id", "nobody")]).await.refusal(),
            "401 invalid_client"
        );
        assert_eq!(world.get(begin).await.status, 405);
        let sudo = [("client_id", "tv"), ("scope", "sudo")];
        assert_eq!(world.post(begin, &sudo).await.refusal(), "400 invalid_scope");
        let elsewhere = [("client_id", "tv"), ("resource", "https://elsewhere.example")];
        assert_eq!(world.post(begin, &elsewhere).await.refusal(), "400 invalid_target");
        // After the other client's try it is still good for its own.
        enter(&mut browser, &device.user_code).await;
        press(&mut browser, &device.user_code, "allow").await;
        assert_eq!(
            world.post_as("/o/token/", photos, &fields).await.refusal(),
            "400 invalid_grant"
        );
        assert_eq!(poll(&world, &device.device_code).await.status, 200);
    })
    .await;
}

/// R8628-3.3-b, W-CSRF-1
#[tokio::test]
async fn neither_an_opened_address_nor_a_foreign_form_allows_anything() {
    on_both(|world| async move {
        television(&world).await;
        let device = start(&world, &[]).await;
        let mut stranger = Browser::new(&world);
        let sent = stranger.get(&device.complete).await;
        assert!(sent.header("location").starts_with("/accounts/login/?next=%2Fo%2Fdevice%2F"));
        let mut browser = person(&world, "halfspring").await;
        let page = browser.get(&device.complete).await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(&format!("value=\"{}\"", device.user_code)), "filled in");
        assert!(!page.body.contains("Television"), "nothing is told before the form is sent");
        let confirm = format!("/o/device/confirm/?user_code={}", device.user_code);
        for path in [&confirm, &format!("{confirm}&allow=allow")] {
            let asked = browser.get(path).await;
            assert_eq!(asked.header("location"), device.complete, "sent to the form");
        }
        // Allowed without having typed the code.
        let answer = press(&mut browser, &device.user_code, "allow").await;
        assert_eq!(answer.status, 404, "{answer:?}");
        let enter_fields = [("user_code", device.user_code.as_str()), ("csrf_token", "x")];
        assert_eq!(browser.submit_raw("/o/device/", &enter_fields, &[]).await.status, 403);
        enter(&mut browser, &device.user_code).await;
        let fields =
            [("allow", "allow"), ("user_code", device.user_code.as_str()), ("scope", "read")];
        let answer = browser.submit_raw("/o/device/confirm/", &fields, &[]).await;
        assert_eq!(answer.status, 403);
        let only_the_code = [("user_code", device.user_code.as_str())];
        let neither = browser.submit("/o/device/confirm/", &only_the_code).await;
        assert_eq!(neither.status, 400, "no answer is no consent");
        assert_eq!(poll(&world, &device.device_code).await.refusal(), "400 authorization_pending");
    })
    .await;
}

/// R8628-3.3-a
#[tokio::test]
async fn what_one_person_has_typed_no_other_sees_or_answers() {
    on_both(|world| async move {
        television(&world).await;
        let mut own = person(&world, "halfspring").await;
        let mut other = person(&world, "mylittlepony").await;
        let device = start(&world, &[]).await;
        enter(&mut own, &device.user_code).await;
        let page = enter(&mut other, &device.user_code).await;
        assert!(page.body.contains("This code is not good") && !page.body.contains("Television"));
        let confirm = format!("/o/device/confirm/?user_code={}", device.user_code);
        assert_eq!(other.get(&confirm).await.status, 303);
        other.get("/o/device/").await;
        for button in ["allow", "deny", "other"] {
            assert_eq!(press(&mut other, &device.user_code, button).await.status, 404, "{button}");
        }
        // Whoever typed it can hand it on to another account.
        let left = press(&mut own, &device.user_code, "other").await;
        assert!(left.header("location").starts_with("/accounts/login/?next="), "{left:?}");
        assert_eq!(press(&mut own, &device.user_code, "allow").await.status, 404);
        assert_eq!(enter(&mut other, &device.user_code).await.status, 200);
        press(&mut other, &device.user_code, "allow").await;
        assert_eq!(poll(&world, &device.device_code).await.status, 200);
    })
    .await;
}

/// R8628-5.1-a
#[tokio::test]
async fn guesses_are_few_and_ones_own_codes_buy_no_more() {
    on_both(|world| async move {
        television(&world).await;
        let mut browser = person(&world, "halfspring").await;
        let target = start(&world, &[]).await;
        let wrong = |number: usize| format!("BBBB-BBB{}", ["B", "C", "D", "F", "G"][number]);
        for number in 0..4 {
            let own = start(&world, &[]).await;
            let page = enter(&mut browser, &own.user_code).await;
            assert_eq!(page.status, 200, "{page:?}");
            assert!(page.body.contains("Did you start this?"));
            let page = enter(&mut browser, &wrong(number)).await;
            assert!(page.body.contains("This code is not good"), "{}", page.body);
        }
        // What is no code at all is no guess.
        let page = enter(&mut browser, "hello").await;
        assert!(page.body.contains("eight letters"), "{}", page.body);
        enter(&mut browser, &wrong(4)).await;
        let page = enter(&mut browser, &target.user_code).await;
        assert_eq!(page.status, 429, "even the right one has to wait now");
        assert!(!page.header("retry-after").is_empty());
        world.clock.advance(Duration::from_mins(9));
        assert_eq!(enter(&mut browser, &target.user_code).await.status, 429, "for its whole life");
        // Another person is not held up.
        let mut other = person(&world, "mylittlepony").await;
        assert_eq!(enter(&mut other, &target.user_code).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn many_people_at_one_address_share_a_limit() {
    on_both(|world| async move {
        let mut turned_away = 0;
        for number in 0..5 {
            let mut browser = person(&world, &format!("person{number}")).await;
            for _ in 0..5 {
                let page = enter(&mut browser, "BBBB-BBBB").await;
                turned_away += usize::from(page.status == 429);
            }
        }
        assert_eq!(turned_away, 5, "twenty guesses from one address");
    })
    .await;
}

/// R21-4.3.3-d
#[tokio::test]
async fn who_no_longer_stands_gets_and_gives_nothing() {
    on_both(|world| async move {
        television(&world).await;
        let user = world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let device = start(&world, &[]).await;
        let waiting = start(&world, &[]).await;
        enter(&mut browser, &device.user_code).await;
        press(&mut browser, &device.user_code, "allow").await;
        enter(&mut browser, &waiting.user_code).await;
        world.store.users().disable(user.account.id).await.unwrap();
        assert_eq!(poll(&world, &device.device_code).await.refusal(), "400 invalid_grant");
        let answer = press(&mut browser, &waiting.user_code, "allow").await;
        assert_ne!(answer.status, 200, "{answer:?}");
        assert_eq!(poll(&world, &waiting.device_code).await.refusal(), "400 authorization_pending");
        world.store.users().enable(user.account.id).await.unwrap();
        // Their sessions and approvals have ended for good.
        assert_eq!(poll(&world, &device.device_code).await.refusal(), "400 invalid_grant");

        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let device = start(&world, &[]).await;
        enter(&mut browser, &device.user_code).await;
        let tv = world.store.client(&"tv".parse().unwrap()).await.unwrap().unwrap();
        world.store.applications().disable(tv.id).await.unwrap();
        assert_eq!(press(&mut browser, &device.user_code, "allow").await.status, 404);
        assert_eq!(poll(&world, &device.device_code).await.refusal(), "401 invalid_client");
        let fields = [("client_id", "tv")];
        let begun = world.post("/o/device-authorization/", &fields).await;
        assert_eq!(begun.refusal(), "401 invalid_client");
    })
    .await;
}

/// R8628-5.4-a: nobody is trusted so far that the person need not look at the code.
#[tokio::test]
async fn a_trusted_client_has_to_ask_as_well_and_optional_scopes_are_left_out() {
    let optional = |settings: &mut grantwell_web::Settings| {
        for scope in settings.policy.scopes.iter_mut().filter(|one| one.name.as_str() == "write") {
            scope.optional = true;
        }
    };
    on_both_with(optional, |world| async move {
        let trusted = |client: &mut Client| {
            client.client_type = ClientType::Public;
            client.auth_method = AuthMethod::None;
            client.metadata.consent = ConsentRule::Trusted;
        };
        world.site("tv", trusted).await;
        let mut browser = person(&world, "halfspring").await;
        for _ in 0..2 {
            let device = start(&world, &[("scope", "read write")]).await;
            let page = enter(&mut browser, &device.user_code).await;
            assert!(page.body.contains("Did you start this?"));
            assert!(page.body.contains("type=\"checkbox\" name=\"scope\" value=\"write\">"));
            let fields = [("allow", "allow"), ("user_code", &device.user_code), ("scope", "read")];
            let answer = browser.submit("/o/device/confirm/", &fields).await;
            assert_eq!(answer.status, 200);
            assert_eq!(poll(&world, &device.device_code).await.json()["scope"], "read");
        }
    })
    .await;
}

/// R8414-2-b
#[tokio::test]
async fn it_is_advertised_exactly_when_it_is_served() {
    on_both(|world| async move {
        let document = world.get("/.well-known/oauth-authorization-server").await.json();
        let url = "https://auth.example/o/device-authorization/";
        assert_eq!(document["device_authorization_endpoint"], url);
        assert!(document["grant_types_supported"].as_array().unwrap().contains(&GRANT.into()));
    })
    .await;
    let without = |settings: &mut grantwell_web::Settings| {
        settings.policy.capabilities.withdraw(&GrantType::DeviceCode);
    };
    on_both_with(without, |world| async move {
        television(&world).await;
        let document = world.get("/.well-known/oauth-authorization-server").await;
        assert!(!document.body.contains("device"), "{}", document.body);
        let begin = world.post("/o/device-authorization/", &[("client_id", "tv")]).await;
        assert_eq!(begin.status, 404);
        let code = format!("gwd_{}", "A".repeat(43));
        assert_eq!(poll(&world, &code).await.refusal(), "400 unsupported_grant_type");
        assert_eq!(Browser::new(&world).get("/o/device/").await.status, 404);
    })
    .await;
}

/// R6749-6-c: each kind of code fits its own slot only; and a person's password is asked for before anything.
#[tokio::test]
async fn a_device_code_is_nothing_else_and_sign_in_comes_first() {
    on_both(|world| async move {
        television(&world).await;
        world.user("halfspring").await;
        let device = start(&world, &[]).await;
        let code = device.device_code.as_str();
        let refresh =
            [("grant_type", "refresh_token"), ("client_id", "tv"), ("refresh_token", code)];
        assert_eq!(world.post("/o/token/", &refresh).await.refusal(), "400 invalid_grant");
        assert_eq!(poll(&world, &device.user_code).await.refusal(), "400 invalid_grant");
        assert_eq!(poll(&world, "").await.refusal(), "400 invalid_request");
        let mut browser = Browser::new(&world);
        let next = browser.get(&device.complete).await.header("location").to_owned();
        browser.get(&next).await;
        let back = device.complete.as_str();
        let fields = [("username", "halfspring"), ("password", PASSWORD), ("next", back)];
        let answer = browser.submit("/accounts/login/", &fields).await;
        assert_eq!(answer.header("location"), device.complete);
        assert!(browser.get(&device.complete).await.body.contains(&device.user_code));
    })
    .await;
}
