//! Versions of an API beside each other, by their address and by a header.
use axum::body::Body;
use grantwell_rest::{Deprecation, Dialect, Resources, Versions};
use http::{Request, header};
use serde_json::json;

use super::stand::{Answer, JSON, Stand, make_table, on_both};

/// The first version knows pens by one name, the second by two.
mod first {
    use grantwell_rest::{Public, Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "pen")]
    #[resource(path = "pens", read = Public, write = Public, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ViewSet for Model {}
}

mod second {
    use grantwell_rest::{Public, Resource, ViewSet};
    use serde::Serialize;

    pub use super::first::Entity;

    pub struct Pens;

    #[derive(Serialize)]
    pub struct Pen {
        id: i64,
        title: String,
    }

    impl From<super::first::Model> for Pen {
        fn from(model: super::first::Model) -> Self {
            Self { id: model.id, title: model.name }
        }
    }

    impl Resource for Pens {
        type Entity = Entity;
        type Output = Pen;
        type Read = Public;
        type Write = Public;
        const PATH: &'static str = "pens";
        fn fields() -> &'static [grantwell_rest::field::Declared] {
            const FIELDS: &[grantwell_rest::field::Declared] = &[
                grantwell_rest::field::Declared {
                    read_only: true,
                    ..grantwell_rest::field::Declared::new("id")
                },
                grantwell_rest::field::Declared {
                    name: "title",
                    ..grantwell_rest::field::Declared::new("name")
                },
            ];
            FIELDS
        }
    }

    impl ViewSet for Pens {}
}

fn versions() -> Versions {
    let old = Resources::new()
        .add::<first::Model>()
        .deprecated(Deprecation::since("2027-01-01", 1_798_761_600));
    Versions::new().add("v1", old).add("v2", Resources::new().add::<second::Pens>())
}

async fn ask(stand: &Stand, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder().method(method).uri(uri).header(header::CONTENT_TYPE, JSON);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    stand.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[test]
fn a_version_is_chosen_by_address_or_by_header() {
    on_both(async |database| {
        make_table(&database, first::Entity).await;
        let stand = Stand::versions(database, versions(), Dialect::Problems);
        let two = ("accept-version", "2");
        let made = ask(&stand, "POST /api/pens/", &[], r#"{"name": "a"}"#).await;
        assert_eq!((made.status.as_u16(), made.header("location")), (201, "/api/v1/pens/1/"));
        let made = ask(&stand, "POST /api/pens", &[two], r#"{"title": "b"}"#).await;
        assert_eq!((made.status.as_u16(), made.header("location")), (201, "/api/v2/pens/2/"));
        let by_accept = ("accept", "application/json; version=2");
        for (line, headers, member, address) in [
            ("GET /api/v1/pens/1/", &[][..], "name", ""),
            ("GET /api/v2/pens/1/", &[], "title", ""),
            ("GET /api/pens/1/", &[], "name", "/api/v1/pens/1/"),
            ("GET /api/pens/1/", &[two], "title", "/api/v2/pens/1/"),
            ("GET /api/pens/1?format=json", &[by_accept], "title", "/api/v2/pens/1?format=json"),
        ] {
            let answer = ask(&stand, line, headers, "").await;
            assert_eq!(answer.json()[member], "a", "{line}: {}", answer.text);
            assert_eq!(answer.header("content-location"), address, "{line}");
            let mut vary = answer.headers.get_all("vary").iter();
            let varies = vary.any(|value| value.to_str().unwrap().contains("Accept-Version"));
            assert_eq!(varies, !address.is_empty(), "{line}");
            assert_eq!(!answer.header("deprecation").is_empty(), member == "name", "{line}");
        }
        let root = json!({"v1": "/api/v1/", "v2": "/api/v2/"});
        for path in ["/api", "/api/"] {
            assert_eq!(ask(&stand, &format!("GET {path}"), &[], "").await.json(), root);
        }
    });
}

#[test]
fn a_version_that_there_is_not_is_refused_with_those_that_there_are() {
    on_both(async |database| {
        make_table(&database, first::Entity).await;
        let stand = Stand::versions(database.clone(), versions(), Dialect::Problems);
        let old = Stand::versions(database, versions(), Dialect::DjangoRestFramework);
        for (line, header, status, django) in [
            ("GET /api/v9/pens/", "", 404, "Invalid version in URL path."),
            ("GET /api/pens/", "9", 406, "Invalid version in \"Accept\" header."),
            ("POST /api/pens/1/", "9", 406, "Invalid version in \"Accept\" header."),
        ] {
            let headers = [("accept-version", header)];
            let headers = if header.is_empty() { &[] } else { &headers[..] };
            let refused = ask(&stand, line, headers, "").await;
            assert_eq!(refused.status, status, "{line}");
            let detail = refused.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.ends_with("There are: v1, v2."), "{detail}");
            let refused = ask(&old, line, headers, "").await;
            assert_eq!(
                (refused.status.as_u16(), refused.json()),
                (status, json!({"detail": django}))
            );
        }
        let nothing = ask(&stand, "GET /api/pencils/", &[], "").await;
        assert_eq!((nothing.status.as_u16(), &nothing.json()["code"]), (404, &json!("not_found")));
    });
}
