//! The browsable page of a resource with relations and actions of its own.
use serde_json::json;

use super::{
    library::library,
    page::{browse, token},
    stand::on_both,
};

const ALL: &str = "read+write+publish";

#[test]
fn links_and_actions_have_forms() {
    on_both(async |database| {
        let stand = library(&database).await;
        assert_eq!(stand.json("POST /v1/author/", &json!({"name": "Ann"})).await.status, 201);
        for name in ["red", "blue"] {
            let tag = json!({"name": name, "hidden": false});
            assert_eq!(stand.json("POST /v1/tag/", &tag).await.status, 201);
        }
        let list = browse(&stand, "GET /v1/book/", ALL, None).await;
        assert!(list.text.contains("Keys of tag, with commas between them."), "{}", list.text);
        let book = "title=One&code=x&price=10&author_id=1&pages=&reduced=&tags=red%2C+none";
        let form = format!("csrf_token={}&{book}", token(&list));
        let refused = browse(&stand, "POST /v1/book/", ALL, Some(&form)).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        for words in ["There is no `tag` with the key none", r#"value="red, none""#] {
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        let form = form.replace("none", "blue");
        let made = browse(&stand, "POST /v1/book/", ALL, Some(&form)).await;
        assert_eq!(made.status, 201, "{}", made.text);

        // A sequence of PostgreSQL does not go back with what was refused.
        let at = made.header("location").to_owned();
        let (show, call) = (format!("GET {at}"), format!("POST {at}publish/"));
        let published = async || stand.get(&at).await.json()["published"].clone();

        let item = browse(&stand, &show, ALL, None).await;
        for words in [
            "Puts the book on sale. Needs the scope publish (Publish books).",
            &format!("action=\"{at}publish/\""),
            r#"id="f-publish-price""#,
            r#"value="blue, red""#,
        ] {
            assert!(item.text.contains(words), "{words}: {}", item.text);
        }
        let reader = browse(&stand, &show, "read", None).await;
        assert!(!reader.text.contains("publish/"), "who may not call it has no form");

        let csrf = token(&item).to_owned();
        let publish = async |form: &str, session: &str| {
            let form = format!("csrf_token={csrf}&{form}");
            browse(&stand, &call, session, Some(&form)).await
        };
        let refused = publish("price=0&note=x", ALL).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text.contains("This must be 1 or more."), "{}", refused.text);
        assert!(refused.text.contains(r#"value="0""#), "what was typed stays");
        assert_eq!(publish("price=7&note=", ALL).await.status, 200);
        assert_eq!(published().await, true);
        assert_eq!(publish("_method=DELETE", ALL).await.status, 204);
        assert_eq!(published().await, false);
        assert_eq!(publish("price=7", "read+write").await.status, 403);
        let forged = browse(&stand, &call, ALL, Some("price=7")).await;
        assert_eq!(forged.status, 403);
        assert_eq!(published().await, false);
    });
}
