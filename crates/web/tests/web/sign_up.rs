//! Making an account in the browser, alone and on the way to an application.

use crate::authorize::{press, request};
use crate::browser::Browser;
use crate::world::{PASSWORD, on_both, on_both_with};

const PAGE: &str = "/accounts/register/";

/// ROIDC-3.1.2.1-h: `prompt=create` leads to the form, and from there on to the application.
#[tokio::test]
async fn a_new_person_gets_to_the_application_that_they_came_from() {
    on_both(|world| async move {
        world.site("site", |_| ()).await;
        for prompt in [None, Some("create")] {
            let mut browser = Browser::new(&world);
            let asked: Vec<(&str, &str)> =
                prompt.map(|value| ("prompt", value)).into_iter().collect();
            let (to, fields) = browser.get(&request("site", &asked)).await.redirect();
            let next = crate::world::encode(&[("next", fields["next"].as_str())]);
            let to = if prompt.is_some() {
                to
            } else {
                let page = browser.get(&format!("{to}?{next}")).await.body;
                let link = page.split("href=\"/accounts/register/?").nth(1).unwrap();
                let query = link.split('"').next().unwrap().replace("&amp;", "&");
                assert_eq!(query, next, "it is not lost on the way");
                PAGE.to_owned()
            };
            assert_eq!(to, PAGE);
            let page = browser
                .get(&format!("{PAGE}?{}", crate::world::encode(&[("next", &fields["next"])])))
                .await;
            assert!(page.header("content-security-policy").contains("https://app.example"));
            let name = format!("new{}", asked.len());
            let sent =
                [("username", name.as_str()), ("password", PASSWORD), ("next", &fields["next"])];
            let made = browser.submit(PAGE, &sent).await;
            assert_eq!(
                (made.status.as_u16(), made.header("location")),
                (303, fields["next"].as_str())
            );
            let page = browser.get(&fields["next"]).await;
            assert!(page.body.contains(&name), "{page:?}");
            let answer = press(&mut browser, &page.body, "allow").await.redirect().1;
            assert!(answer.contains_key("code"), "{answer:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nobody_is_sent_elsewhere() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::new(&world);
        browser.get(PAGE).await;
        let table: [(&[(&str, &str)], &str); 4] = [
            (&[], "f-username-error"),
            (&[("username", "Halfspring"), ("password", PASSWORD)], "f-username-error"),
            (&[("username", "ann"), ("password", "short")], "f-password-error"),
            (&[("username", "ann"), ("password", PASSWORD), ("email", "x")], "f-email-error"),
        ];
        for (fields, expected) in table {
            let answer = browser.submit(PAGE, fields).await;
            assert_eq!(answer.status, 422, "{fields:?}: {answer:?}");
            assert!(answer.body.contains(expected), "{fields:?}: {}", answer.body);
            assert_eq!(browser.session(), None);
        }
        let forged = browser.submit_raw(PAGE, &[("username", "ann"), ("password", PASSWORD)], &[]);
        assert_eq!(forged.await.status, 403, "a form of another site");
        let away = [("username", "ann"), ("password", PASSWORD), ("next", "https://evil.example/")];
        let made = browser.submit(PAGE, &away).await;
        assert_eq!((made.status.as_u16(), made.header("location")), (303, "/accounts/profile/"));
        assert!(browser.session().is_some());
        assert_eq!(browser.get("/accounts/profile/").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn a_closed_server_makes_no_account_for_anybody() {
    let close = |settings: &mut grantwell_web::Settings| settings.registration = false;
    on_both_with(close, |world| async move {
        world.site("site", |_| ()).await;
        let mut browser = Browser::new(&world);
        assert_eq!(browser.get(PAGE).await.status, 403);
        browser.get("/accounts/login/").await;
        let fields = [("username", "ann"), ("password", PASSWORD)];
        assert_eq!(browser.submit(PAGE, &fields).await.status, 403);
        let name = accounts::Username::parse("ann").unwrap();
        assert!(world.store.users().find_by_username(&name).await.unwrap().is_none());
        let to = browser.get(&request("site", &[("prompt", "create")])).await.redirect().0;
        assert_eq!(to, "/accounts/login/");
    })
    .await;
}

/// Each name that is tried is counted, because the answer says whether somebody has it.
#[tokio::test]
async fn names_are_not_guessed_in_bulk() {
    let few = |settings: &mut grantwell_web::Settings| settings.limits.registrations.free = 3;
    on_both_with(few, |world| async move {
        let mut browser = Browser::new(&world);
        browser.get(PAGE).await;
        let mut status = Vec::new();
        for number in 0..5 {
            let name = format!("guess{number}");
            let answer = browser.submit(PAGE, &[("username", &name), ("password", "short")]).await;
            status.push(answer.status.as_u16());
        }
        assert_eq!(status, [422, 422, 422, 429, 429]);
    })
    .await;
}
