//! What goes away says so: in every answer, on the page, in its description and in the OpenAPI document.
use grantwell_rest::{Deprecation, Resources, openapi};
use serde_json::json;

use super::{
    page::browse,
    program,
    stand::{NOTHING, Stand, make_table, on_both},
};

mod old {
    use grantwell_rest::{Ctx, Public, Resource, Result, ViewSet, viewset};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use super::super::program::Write;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "old")]
    #[resource(path = "old", read = Public, write = Write, crate = grantwell_rest,
        deprecated = "2027-01-01", sunset = "2027-06-30", deprecation_link = "/changes/")]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[resource(deprecated)]
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    #[viewset(crate = grantwell_rest)]
    impl ViewSet for Model {
        #[action(list, method = "get", scope = Public, deprecated = "2026-12-01")]
        async fn count(_: &Ctx) -> Result<i64> {
            Ok(std::future::ready(7).await)
        }
    }
}

const SENTENCE: &str =
    "Deprecated since 2027-01-01. It goes away on 2027-06-30. What to do: /changes/";

#[test]
fn every_answer_tells_programs_since_when_and_until_when() {
    on_both(async |database| {
        make_table(&database, old::Entity).await;
        make_table(&database, program::Entity).await;
        let resources = Resources::new().add::<old::Model>().add::<program::Model>();
        let stand = Stand::new(database, resources);
        for (line, since, sunset) in [
            ("GET /v1/old/", "@1798761600", "Wed, 30 Jun 2027 00:00:00 GMT"),
            ("GET /v1/old/7/", "@1798761600", "Wed, 30 Jun 2027 00:00:00 GMT"),
            ("POST /v1/old/", "@1798761600", "Wed, 30 Jun 2027 00:00:00 GMT"),
            ("GET /v1/old/count/", "@1796083200", ""),
            ("GET /v1/unicorn/", "", ""),
        ] {
            let answer = stand.ask(line, "read+write", NOTHING).await;
            assert_eq!(answer.header("deprecation"), since, "{line}");
            assert_eq!(answer.header("sunset"), sunset, "{line}");
            let mut links = answer.headers.get_all("link").iter();
            let link = "</changes/>; rel=\"deprecation\"; type=\"text/html\"";
            assert_eq!(links.any(|value| value == link), !sunset.is_empty(), "{line}");
        }
        let page = browse(&stand, "GET /v1/old/", "read+write", None).await;
        assert!(page.text.contains("It goes away on 2027-06-30."), "{}", page.text);
        let other = browse(&stand, "GET /v1/unicorn/", "read+write", None).await;
        assert!(!other.text.contains("Deprecated"));
        let told = stand.ask("OPTIONS /v1/old/", "read", NOTHING).await.json();
        assert_eq!(told["deprecated"], SENTENCE);
        assert_eq!(told["fields"]["name"]["deprecated"], true);
        assert_eq!(told["actions"][0]["deprecated"], "Deprecated since 2026-12-01.");
    });
}

#[test]
fn the_document_marks_it_and_a_whole_version_can_be_marked() {
    let about = openapi::About::default();
    let resources = Resources::new().add::<old::Model>().add::<program::Model>();
    let document = openapi::document(&about, [("/v1", &resources)]);
    let operation = |path: &str, method: &str| document["paths"][path][method].clone();
    for method in ["get", "post"] {
        assert_eq!(operation("/v1/old/", method)["deprecated"], true);
        assert_eq!(operation("/v1/unicorn/", method)["deprecated"], json!(null));
    }
    let list = operation("/v1/old/", "get");
    assert!(list["description"].as_str().unwrap().ends_with(SENTENCE));
    let count = operation("/v1/old/count/", "get");
    assert_eq!(count["description"], "Deprecated since 2026-12-01.");
    let fields = &document["components"]["schemas"]["Old"]["properties"];
    assert_eq!(
        (&fields["name"]["deprecated"], &fields["id"]["deprecated"]),
        (&json!(true), &json!(null))
    );
    let whole = Resources::new()
        .add::<old::Model>()
        .deprecated(Deprecation::since("2028-01-01", 1_830_297_600))
        .add::<program::Model>();
    let since: Vec<String> = whole.facts().map(|facts| facts.deprecation.unwrap().text()).collect();
    assert_eq!(since, [SENTENCE, "Deprecated since 2028-01-01."]);
}
