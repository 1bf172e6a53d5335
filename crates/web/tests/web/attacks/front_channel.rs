//! What can be changed on the way through the browser: PKCE taken away, answers mixed up, a consent form that was altered.

use oauth::client::{Client, ConsentRule};
use oauth::pkce::Pkce;

use crate::authorize::{CHALLENGE, VERIFIER, press, request};
use crate::browser::Browser;
use crate::world::{CALLBACK, World, on_both};

type Fields<'a> = &'a [(&'a str, &'a str)];

// Ways to change a request.
const NONE: Fields<'static> = &[("code_challenge", ""), ("code_challenge_method", "")];
const PLAIN: Fields<'static> = &[("code_challenge_method", "plain")];
const BARE: Fields<'static> = &[("code_challenge_method", "")];

fn trusted(client: &mut Client) {
    client.metadata.consent = ConsentRule::Trusted;
}

async fn redeem(world: &World, client: (&str, &str), code: &str, verifier: &str) -> String {
    let mut fields =
        vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    if !verifier.is_empty() {
        fields.push(("code_verifier", verifier));
    }
    let answer = world.post_as("/o/token/", client, &fields).await;
    if answer.status == 200 { "200".to_owned() } else { answer.refusal() }
}

/// R7636-4.4.1-a, R7636-4.6-b, R9700-2.1.1-a, R9700-2.1.1-b
#[tokio::test]
async fn pkce_cannot_be_taken_away_on_the_way() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let strict = world.site("strict", trusted).await;
        let plain = world
            .site("plain", |client| {
                trusted(client);
                client.metadata.pkce = Some(Pkce::AllowPlain);
            })
            .await;
        let loose = world
            .site("loose", |client| {
                trusted(client);
                client.metadata.pkce = Some(Pkce::AllowNone);
            })
            .await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let wrong = "400 invalid_grant";
        let refused = "invalid_request";
        let long = "x".repeat(129);
        for (client, changed, verifier, expected) in [
            (("strict", &strict), &[][..], VERIFIER, "200"),
            (("strict", &strict), &[], "", wrong),
            (("strict", &strict), &[], CHALLENGE, wrong),
            (("strict", &strict), NONE, VERIFIER, refused),
            (("strict", &strict), PLAIN, CHALLENGE, refused),
            (("strict", &strict), BARE, CHALLENGE, refused),
            (("strict", &strict), &[("code_challenge_method", "s256")], VERIFIER, refused),
            (("strict", &strict), &[("code_challenge_method", "none")], VERIFIER, refused),
            (("strict", &strict), &[("code_challenge", "short")], "short", refused),
            (("strict", &strict), &[("code_challenge", &long)], &long, refused),
            (("plain", &plain), PLAIN, CHALLENGE, "200"),
            (("plain", &plain), PLAIN, VERIFIER, wrong),
            (("plain", &plain), PLAIN, "", wrong),
            (("plain", &plain), &[], CHALLENGE, wrong),
            (("plain", &plain), NONE, VERIFIER, refused),
            (("loose", &loose), NONE, "", "200"),
            (("loose", &loose), NONE, VERIFIER, wrong),
            (("loose", &loose), &[], "", wrong),
            (("loose", &loose), &[], CHALLENGE, wrong),
        ] {
            let (_, fields) = browser.get(&request(client.0, changed)).await.redirect();
            let outcome = match fields.get("code") {
                Some(code) => redeem(&world, (client.0, client.1), code, verifier).await,
                None => fields["error"].clone(),
            };
            assert_eq!(outcome, expected, "{} {changed:?} {verifier}", client.0);
        }
    })
    .await;
}

/// R9207-2-a, R9700-4.4-a: whatever comes back, and by whichever way, it says who has answered.
#[tokio::test]
async fn no_answer_can_pass_for_one_of_another_server() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", trusted).await;
        let mut signed_in = Browser::signed_in(&world, "halfspring").await;
        let mut nobody = Browser::new(&world);
        for mode in ["query", "fragment", "form_post"] {
            let way = ("response_mode", mode);
            for (what, is_there, changed) in [
                ("code=", true, &[way][..]),
                ("error=login_required", false, &[way, ("prompt", "none")]),
                ("error=invalid_scope", true, &[way, ("scope", "sudo")]),
                ("error=invalid_request", true, &[way, ("code_challenge", "")]),
                ("error=invalid_request", true, &[way, ("prompt", "none login")]),
                ("error=unsupported_response_type", true, &[way, ("response_type", "x")]),
            ] {
                let browser = if is_there { &mut signed_in } else { &mut nobody };
                let answer = browser.get(&request("site", changed)).await;
                let told = match mode {
                    "form_post" => answer.body.replace("name=\"", "").replace("\" value=\"", "="),
                    _ => answer.header("location").replace("%3A%2F%2F", "://"),
                };
                assert!(told.contains(what), "{mode} {what}: {told}");
                assert_eq!(
                    told.matches("iss=https://auth.example").count(),
                    1,
                    "{mode} {what}: {told}"
                );
            }
        }
    })
    .await;
}

/// R21-7.9-a, W-CSRF-1: the request is checked anew when the form comes, whatever the page had said.
#[tokio::test]
async fn an_altered_consent_form_gives_no_more_than_a_request_of_its_own() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.site("site", |_| ()).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(&request("site", &[("scope", "read")])).await;
        let action =
            page.body.split("action=\"").find(|it| it.starts_with("/o/authorize/consent/"));
        let action = action.unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let form = [("allow", "allow"), ("scope", "read")];
        for (what, altered) in [
            ("client", action.replace("client_id=site", "client_id=other")),
            ("client twice", format!("{action}&client_id=site")),
            ("address", action.replace("app.example", "evil.example")),
            ("address twice", format!("{action}&redirect_uri=https%3A%2F%2Fevil.example")),
        ] {
            assert_ne!(altered, action, "{what}");
            let answer = browser.submit(&altered, &form).await;
            assert_eq!(answer.status, 400, "{what}: {answer:?}");
            assert!(!answer.headers.contains_key("location"), "{what}");
        }
        for (what, altered, error) in [
            ("no challenge", action.replace("code_challenge=", "x="), "invalid_request"),
            ("plain", action.replace("S256", "plain"), "invalid_request"),
            ("unknown scope", action.replace("scope=read", "scope=sudo"), "invalid_scope"),
            ("scope twice", format!("{action}&scope=write"), "invalid_request"),
        ] {
            assert_ne!(altered, action, "{what}");
            let (to, fields) = browser.submit(&altered, &form).await.redirect();
            assert_eq!(to, "https://app.example/cb", "{what}");
            assert_eq!(fields["error"], error, "{what}");
        }
        // Nothing that is not in the form's own fields is taken from it.
        let more =
            [form[0], form[1], ("redirect_uri", "https://evil.example/"), ("client_id", "other")];
        let (to, fields) = browser.submit(&action, &more).await.redirect();
        assert_eq!(to, "https://app.example/cb");
        assert!(fields.contains_key("code"));
        // A page that lay open while the person signed out allows nothing.
        let page = browser.get(&request("site", &[("scope", "read write")])).await;
        browser.submit("/accounts/logout/", &[]).await;
        let again = press(&mut browser, &page.body, "allow").await;
        assert!(!again.header("location").contains("code=gwc_"), "{again:?}");
        let mut back = Browser::signed_in(&world, "halfspring").await;
        let page = back.get(&request("site", &[("scope", "read write")])).await;
        let off = world.store.client(&"site".parse().unwrap()).await.unwrap().unwrap();
        world.store.applications().disable(off.id).await.unwrap();
        assert_eq!(press(&mut back, &page.body, "allow").await.status, 400);
    })
    .await;
}
