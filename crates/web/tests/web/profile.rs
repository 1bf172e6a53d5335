//! What a person says about themselves: shown, edited, refused field by field; the e-mail address only with the password.

use accounts::profile::{Edit, decide};
use oauth::claims::PersonClaims;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::world::{PASSWORD, World, on_both};

const EDIT: &str = "/accounts/profile/edit/";
const EMAIL: &str = "/accounts/email_change/";
const SHOW: &str = "/accounts/profile/";

async fn known(world: &World, name: &str) -> PersonClaims {
    let name = accounts::Username::parse(name).unwrap();
    let user = world.store.users().find_by_username(&name).await.unwrap().unwrap();
    world.store.users().person(user.account.id).await.unwrap().unwrap().claims
}

/// What an operator has set.
async fn operator_sets(world: &World, name: &str, claims: Value) {
    let name = accounts::Username::parse(name).unwrap();
    let user = world.store.users().find_by_username(&name).await.unwrap().unwrap();
    let person = world.store.users().person(user.account.id).await.unwrap().unwrap();
    let Value::Object(claims) = claims else { panic!("no object") };
    let profile = decide(&Edit::from_claims(claims), &person.claims).unwrap();
    world.store.users().set_claims(&person, &profile).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_person_edits_what_is_known_and_sees_it() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        assert!(browser.get(SHOW).await.body.contains("nothing here yet"));
        let page = browser.get(EDIT).await;
        assert_eq!(page.status, 200);
        for wanted in [
            "autocomplete=\"given-name\"",
            "autocomplete=\"tel\"",
            "type=\"tel\"",
            "role=\"group\"",
        ] {
            assert!(page.body.contains(wanted), "{wanted}");
        }
        let fields = [
            ("name", " Half Spring "),
            ("birthdate", "0000-03-20"),
            ("phone_number", "+33 1 23 45 67 89"),
            ("street_address", "1 Meadow\r\n2nd floor"),
            ("country", "France"),
            ("locale", "en_gb"),
        ];
        let answer = browser.submit(EDIT, &fields).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, SHOW));
        let page = browser.get(SHOW).await.body;
        for wanted in
            ["Your profile is saved.", "Half Spring", "+33123456789", "2nd floor", "en-GB"]
        {
            assert!(page.contains(wanted), "{wanted}");
        }
        // A field that was not sent stays; an empty one is removed.
        browser.get(EDIT).await;
        browser.submit(EDIT, &[("birthdate", ""), ("nickname", "Halfy")]).await;
        let claims = known(&world, "halfspring").await;
        assert_eq!(claims.name.as_deref(), Some("Half Spring"));
        assert_eq!(claims.nickname.as_deref(), Some("Halfy"));
        assert_eq!(claims.birthdate, None);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_nothing_is_saved() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get(EDIT).await;
        let fields =
            [("name", "Half"), ("birthdate", "1990-02-30"), ("website", "javascript:alert(1)")];
        let answer = browser.submit(EDIT, &fields).await;
        assert_eq!(answer.status, 422);
        for wanted in [
            "id=\"f-birthdate-error\"",
            "id=\"f-website-error\"",
            "There is no such day",
            "value=\"Half\"",
        ] {
            assert!(answer.body.contains(wanted), "{wanted}");
        }
        assert_eq!(answer.body.matches("aria-invalid").count(), 2);
        assert!(!answer.body.contains("href=\"javascript"));
        assert_eq!(known(&world, "halfspring").await, PersonClaims::default());
    })
    .await;
}

#[tokio::test]
async fn a_person_cannot_say_what_is_for_the_operator_to_say() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let set = json!({"preferred_username": "halfspring", "department": "stables", "email": "half@spring.example"});
        operator_sets(&world, "halfspring", set).await;
        let before = known(&world, "halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get(EDIT).await;
        let fields = [
            ("name", "Half"),
            ("preferred_username", "root"),
            ("email", "root@id.example"),
            ("email_verified", "true"),
            ("phone_number_verified", "true"),
            ("department", "board"),
            ("custom", "{\"department\":\"board\"}"),
            ("sub", "root"),
            ("superuser", "true"),
        ];
        assert_eq!(browser.submit(EDIT, &fields).await.status, 303);
        let after = known(&world, "halfspring").await;
        assert_eq!(after, PersonClaims { name: Some("Half".to_owned()), ..before });
        let page = browser.get(SHOW).await.body;
        assert!(page.contains("Kept by the administrators") && page.contains("stables"), "is shown");
    })
    .await;
}

#[tokio::test]
async fn another_address_needs_the_password_and_is_not_confirmed() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let set = json!({"email": "old@spring.example", "email_verified": true});
        operator_sets(&world, "halfspring", set).await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        let page = browser.get(SHOW).await.body;
        assert!(page.contains("old@spring.example") && !page.contains("not confirmed"));
        browser.get(EMAIL).await;
        let email = "new@spring.example";
        for (email, password, wanted) in [
            (email, "", "This is not your password."),
            (email, "a wrong password", "This is not your password."),
            ("new@", PASSWORD, "Enter an address"),
        ] {
            let fields = [("email", email), ("password", password)];
            let answer = browser.submit(EMAIL, &fields).await;
            assert_eq!(answer.status, 422);
            assert!(answer.body.contains(wanted), "{wanted}");
            assert!(!answer.body.contains(PASSWORD));
            let claims = known(&world, "halfspring").await;
            assert!(claims.email.as_deref() == Some("old@spring.example") && claims.email_verified);
        }
        let answer = browser.submit(EMAIL, &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, SHOW));
        let claims = known(&world, "halfspring").await;
        assert!(claims.email.as_deref() == Some(email) && !claims.email_verified);
        assert!(browser.get(SHOW).await.body.contains("not confirmed"));
        browser.get(EMAIL).await;
        browser.submit(EMAIL, &[("email", ""), ("password", PASSWORD)]).await;
        assert_eq!(known(&world, "halfspring").await.email, None);
    })
    .await;
}

#[tokio::test]
async fn guessing_the_password_at_the_address_is_counted_like_anywhere_else() {
    on_both(|world| async move {
        world.user("halfspring").await;
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get(EMAIL).await;
        let mut last = 200;
        for _ in 0..20 {
            let fields = [("email", "a@b.example"), ("password", "a guess")];
            last = browser.submit(EMAIL, &fields).await.status.as_u16();
        }
        assert_eq!(last, 429);
    })
    .await;
}

#[tokio::test]
async fn the_pages_about_a_person_are_for_that_person() {
    on_both(|world| async move {
        world.user("halfspring").await;
        world.user("other").await;
        let mut stranger = Browser::new(&world);
        for path in [EDIT, EMAIL] {
            let answer = stranger.get(path).await;
            assert_eq!(answer.status, 303, "{path}");
            assert!(answer.header("location").starts_with("/accounts/login/?next="), "{path}");
        }
        stranger.get("/accounts/login/").await;
        assert_eq!(stranger.submit(EDIT, &[("name", "x")]).await.status, 303);
        let mut browser = Browser::signed_in(&world, "halfspring").await;
        browser.get(EDIT).await;
        browser.submit(EDIT, &[("name", "</dd><script>alert(1)</script>")]).await;
        let page = browser.get(SHOW).await.body;
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script>alert"));
        assert_eq!(known(&world, "other").await, PersonClaims::default());
        let mut other = Browser::signed_in(&world, "other").await;
        assert!(!other.get(SHOW).await.body.contains("alert(1)"));
    })
    .await;
}
