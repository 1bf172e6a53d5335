//! Who is answered with pages, and pages of one's own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use grantwell::settings::{Readers, Settings};
use grantwell::testing::InProcess;

const LIST: &str = "/v1/authors/?format=html";

async fn shop(change: impl FnOnce(&mut Settings)) -> InProcess {
    InProcess::start_with(bookshop::project(), change).await.unwrap()
}

#[tokio::test]
async fn pages_are_for_those_whom_the_settings_name() {
    for (readers, status) in
        [(Readers::Everybody, 200), (Readers::Staff, 400), (Readers::Nobody, 400)]
    {
        let shop = shop(|settings| settings.pages.browsable = readers).await;
        for caller in [shop.anonymous(), shop.as_user("ray").scopes("browse")] {
            let answer = caller.get(LIST).await.expect(status);
            let is_page = answer.header("content-type").starts_with("text/html");
            assert_eq!(is_page, readers == Readers::Everybody, "{readers:?}");
            caller.get("/v1/authors/").await.expect(200);
        }
    }
}

#[tokio::test]
async fn the_documentation_is_linked_where_everybody_may_read_it() {
    for (readers, linked) in [(Readers::Everybody, true), (Readers::Staff, false)] {
        let shop = shop(|settings| settings.docs.readers = readers).await;
        let page = shop.anonymous().get(LIST).await.expect(200).text;
        assert_eq!(page.contains("href=\"/docs\""), linked, "{readers:?}: {page}");
    }
}

#[tokio::test]
async fn a_template_of_ones_own_takes_the_place_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rest")).unwrap();
    let root = "{% extends \"base.html\" %}{% block title %}Shelves{% endblock %}\
        {% block content %}<h1>Our shelves</h1>{% for link in resources %}<p>{{ link.label }}</p>{% endfor %}{% endblock %}";
    std::fs::write(folder.path().join("rest/root.html"), root).unwrap();
    let path = folder.path().to_owned();
    let shop = shop(|settings| settings.pages.templates = Some(path)).await;
    let page = shop.anonymous().get("/v1/?format=html").await.expect(200).text;
    assert!(page.contains("<h1>Our shelves</h1><p>authors</p>"), "{page}");
    assert!(page.contains("class=\"bar\""), "what stands around it is still ours: {page}");
    let list = shop.anonymous().get(LIST).await.expect(200).text;
    assert!(list.contains("Request and answer"), "the other pages are as they were: {list}");
}
