//! Lists: the kinds of pages, cursors, lookups, the shape of answers, and which members rows have.
use grantwell_rest::{Listing, Pagination, Public, Resource, Resources, Shape, Total, ViewSet};
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde_json::{Value as Data, json};

use super::stand::{Answer, NOTHING, Stand, make_table, on_both};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "sheep")]
#[resource(
    path = "sheep",
    read = Public,
    write = Public,
    pagination = "cursor",
    shape = "envelope",
    ordering = "-age",
    crate = grantwell_rest
)]
pub struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only, filter(isnull, lt))]
    pub id: i64,
    #[resource(
        search,
        order,
        filter(
            exact,
            iexact,
            contains,
            icontains,
            startswith,
            istartswith,
            endswith,
            iendswith,
            in,
            gte
        )
    )]
    pub name: String,
    #[resource(order, filter(exact, gt, gte, lt, lte, range, in, isnull))]
    pub age: Option<i32>,
    #[sea_orm(column_type = "Decimal(Some((10, 2)))", nullable)]
    #[resource(order, filter(gte, in))]
    pub price: Option<Decimal>,
    #[resource(order, filter(exact, gte, lt, range))]
    pub born: Option<DateTimeUtc>,
    #[resource(filter(gt, exact))]
    pub seen: Option<DateTimeWithTimeZone>,
}
impl ViewSet for Model {}

/// The same table, with what others say.
macro_rules! views {
    ($($name:ident, $path:literal, $size:literal, $listing:expr;)*) => {$(
        pub struct $name;
        impl Resource for $name {
            type Entity = Entity;
            type Output = Model;
            type Read = Public;
            type Write = Public;
            const PATH: &'static str = $path;
            const PAGE_SIZE: u64 = $size;
            const LISTING: Listing = $listing;
            fn fields() -> &'static [grantwell_rest::field::Declared] {
                <Model as Resource>::fields()
            }
        }
        impl ViewSet for $name {}
    )*};
}

const OFFSET: Listing = Listing { pagination: Some(Pagination::LimitOffset), ..Listing::DEFAULT };
views! {
    Numbered, "numbered", 3, Listing { pagination: Some(Pagination::Page), ..Listing::DEFAULT };
    Uncounted, "uncounted", 3, Listing {
        pagination: Some(Pagination::Page), total: Some(Total::None), shape: Some(Shape::Envelope)
    };
    Guessed, "guessed", 3, Listing { total: Some(Total::Estimated), ..OFFSET };
    Offset, "offset", 3, OFFSET;
    Whole, "whole", 5, Listing { pagination: Some(Pagination::None), ..Listing::DEFAULT };
    Short, "short", 4, Listing { pagination: Some(Pagination::None), ..Listing::DEFAULT };
    Silent, "silent", 3, Listing::DEFAULT;
}

async fn flock(database: &database::Database) -> Stand {
    make_table(database, Entity).await;
    let resources = Resources::new()
        .add::<Model>()
        .add::<Numbered>()
        .add::<Uncounted>()
        .add::<Guessed>()
        .add::<Offset>()
        .add::<Whole>()
        .add::<Short>()
        .add::<Silent>()
        .lists(Listing { shape: Some(Shape::Envelope), ..OFFSET });
    let stand = Stand::new(database.clone(), resources);
    for sheep in [
        json!({"name": "Änne", "age": 3, "price": "1.50", "born": "2026-01-01T10:00:00Z", "seen": "2026-01-01T10:00:00+02:00"}),
        json!({"name": "änne", "age": 1, "price": "20.00", "born": "2026-01-01T12:00:00.5Z", "seen": "2026-01-01T09:00:00Z"}),
        json!({"name": "Bo_b%", "age": 2, "born": "2026-01-02T00:00:00Z"}),
        json!({"name": "bob", "age": 2, "price": "3.25"}),
        json!({"name": "O'Neill \\ co"}),
    ] {
        let made = stand.json("POST /v1/sheep/", &sheep).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    stand
}

fn ids(rows: &Data) -> Vec<i64> {
    let rows = rows.get("results").unwrap_or(rows);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

fn links(answer: &Answer) -> Vec<(String, String)> {
    let header = answer.header("link");
    let parts = header.split(", ").filter_map(|part| part.split_once(">; rel=\""));
    parts.map(|(to, rel)| (rel.trim_matches('"').to_owned(), to[1..].to_owned())).collect()
}

fn link(answer: &Answer, wanted: &str) -> Option<String> {
    links(answer).into_iter().find(|(rel, _)| rel == wanted).map(|(_, to)| to)
}

#[test]
fn a_filter_compares_as_its_name_says() {
    on_both(async |database| {
        let stand = flock(&database).await;
        for (query, expected) in [
            ("age=2", vec![3, 4]),
            ("age__gt=2", vec![1]),
            ("age__gte=2", vec![1, 3, 4]),
            ("age__lt=2", vec![2]),
            ("age__lte=2", vec![2, 3, 4]),
            ("age__range=2,3", vec![1, 3, 4]),
            ("age__in=1,3,9", vec![1, 2]),
            ("age__isnull=true", vec![5]),
            ("age__isnull=false", vec![1, 2, 3, 4]),
            ("id__isnull=true", vec![]),
            ("age__gte=2&id__lt=4", vec![1, 3]),
            ("price__gte=3.25", vec![2, 4]),
            ("price__in=1.5,20", vec![1, 2]),
            ("name=bob", vec![4]),
            ("name__iexact=BOB", vec![4]),
            ("name__iexact=%C3%84NNE", vec![1, 2]),
            ("name__contains=%C3%A4n", vec![2]),
            ("name__contains=B", vec![3]),
            ("name__icontains=%C3%84N", vec![1, 2]),
            ("name__icontains=_b%25", vec![3]),
            ("name__icontains=%5C", vec![5]),
            ("name__startswith=b", vec![4]),
            ("name__istartswith=B", vec![3, 4]),
            ("name__endswith=ob", vec![4]),
            ("name__iendswith=B%25", vec![3]),
            ("name__endswith=CO", vec![]),
            ("name__in=bob,nobody", vec![4]),
            ("born__gte=2026-01-01T12:00:00Z", vec![2, 3]),
            ("born__lt=2026-01-01T12:00:00.250Z", vec![1]),
            ("born__range=2026-01-01T11:00:00%2B01:00,2026-01-01T12:00:01Z", vec![1, 2]),
            ("born=2026-01-01T11:00:00%2B01:00", vec![1]),
            ("seen__gt=2026-01-01T08:30:00Z", vec![2]),
            ("seen=2026-01-01T08:00:00Z", vec![1]),
            ("search=%C3%84NNE", vec![1, 2]),
            ("search=%22o%27neill+%5C%22", vec![5]),
        ] {
            let answer = stand.get(&format!("/v1/numbered/?page_size=3&{query}")).await;
            assert_eq!(answer.status, 200, "{query}: {}", answer.text);
            let mut found = ids(&answer.json());
            if let Some(next) = link(&answer, "next") {
                found.extend(ids(&stand.get(&next).await.json()));
            }
            assert_eq!(found, expected, "{query}");
        }
    });
}

#[test]
fn what_a_list_does_not_understand_is_refused_by_name() {
    on_both(async |database| {
        let stand = flock(&database).await;
        let many = (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let many = format!("numbered/?age__in={many}");
        let long = format!("numbered/?name__icontains={}", "x".repeat(201));
        for (path, words) in [
            ("numbered/?age__gtee=1", "Did you mean `age__gte`?"),
            ("numbered/?price__lt=1", "Did you mean `price__gte`?"),
            ("numbered/?age__exact=1", "It is written `age`."),
            ("numbered/?age__range=1", "two values"),
            ("numbered/?age__range=1,2,3", "two values"),
            ("numbered/?age__gte=old", "whole number"),
            ("numbered/?age__isnull=perhaps", "true or false"),
            ("numbered/?age__in=1,x", "whole number"),
            (&many, "At most 100 values"),
            (&long, "at most 200 characters"),
            ("numbered/?fields=nmae", "Did you mean `name`?"),
            ("sheep/1/?fields=nmae", "Did you mean `name`?"),
            ("sheep/1/?age=1", "Allowed: `format`, `fields`"),
            ("numbered/?offset=1", "no query parameter `offset`"),
            ("offset/?page=1", "no query parameter `page`"),
            ("offset/?limit=4", "from 1 to 3"),
            ("offset/?offset=-1", "from 0"),
            ("offset/?offset=9223372036854775808", "from 0"),
            ("whole/?page_size=1", "no query parameter"),
            ("short/", "more than 4 rows"),
            ("sheep/?cursor=AAAA", "does not belong to this list"),
            ("sheep/?cursor=%C3%A4", "does not belong to this list"),
            ("numbered/?format=csv&page=1", "the whole list"),
            ("sheep/1/?format=csv", "Allowed: json, html."),
        ] {
            let answer = stand.get(&format!("/v1/{path}")).await;
            assert_eq!(answer.status, 400, "{path}: {}", answer.text);
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(words), "{path}: {detail}");
        }
    });
}

#[test]
fn a_list_comes_in_the_pieces_and_the_shape_that_its_author_chose() {
    on_both(async |database| {
        let stand = flock(&database).await;
        let host = "https://api.example";
        let offset = stand.get("/v1/offset/?limit=2&offset=1").await;
        assert_eq!(ids(&offset.json()), [2, 3]);
        assert_eq!(offset.header("x-total-count"), "5");
        let expected = [("first", 0), ("prev", 0), ("next", 3), ("last", 4)];
        let expected =
            expected.map(|(rel, at)| (rel.to_owned(), format!("/v1/offset/?offset={at}&limit=2")));
        assert_eq!(links(&offset), expected);
        // It says nothing about the shape, so what counts for all does.
        let envelope = offset.json();
        assert_eq!(envelope["count"], 5);
        assert_eq!(envelope["next"], format!("{host}/v1/offset/?offset=3&limit=2"));
        assert_eq!(envelope["previous"], format!("{host}/v1/offset/?offset=0&limit=2"));
        let silent = stand.get("/v1/silent/?offset=4").await.json();
        assert_eq!((silent["count"].clone(), silent["next"].clone()), (json!(5), Data::Null));

        let first = stand.get("/v1/uncounted/").await;
        let rels: Vec<String> = links(&first).into_iter().map(|(rel, _)| rel).collect();
        assert_eq!(
            (rels, first.header("x-total-count")),
            (vec!["first".into(), "next".into()], "")
        );
        assert_eq!(first.json().get("count"), None);
        let last = stand.get("/v1/uncounted/?page=2").await;
        assert_eq!((ids(&last.json()), link(&last, "next")), (vec![4, 5], None));

        let guessed = stand.get("/v1/guessed/").await;
        let (exact, estimated) = ("x-total-count", "x-estimated-count");
        if database.kind() == database::Kind::Postgres {
            assert_eq!((guessed.header(exact), guessed.json().get("count")), ("", None));
            assert!(guessed.header(estimated).parse::<u64>().unwrap() >= 4);
            assert!(guessed.json()["estimated_count"].as_u64().unwrap() >= 4);
        } else {
            assert_eq!((guessed.header(exact), guessed.header(estimated)), ("5", ""));
        }
        // The end of the list is no guess.
        assert_eq!(stand.get("/v1/guessed/?offset=3").await.header(exact), "5");
        assert_eq!(ids(&stand.get("/v1/whole/").await.json()), [1, 2, 3, 4, 5]);
    });
}

#[test]
fn a_cursor_goes_both_ways_and_is_good_for_its_list_alone() {
    on_both(async |database| {
        let stand = flock(&database).await;
        // Rows without an age come first when the largest comes first, on every database.
        let first = stand.get("/v1/sheep/?page_size=2").await;
        assert_eq!(ids(&first.json()), [5, 1]);
        assert_eq!(first.json().get("count"), None);
        let second = stand.get(&link(&first, "next").unwrap()).await;
        assert_eq!(ids(&second.json()), [3, 4]);
        let third = stand.get(&link(&second, "next").unwrap()).await;
        assert_eq!((ids(&third.json()), link(&third, "next")), (vec![2], None));
        let back = stand.get(&link(&third, "prev").unwrap()).await;
        assert_eq!(ids(&back.json()), [3, 4]);
        let back = stand.get(&link(&back, "prev").unwrap()).await;
        assert_eq!((ids(&back.json()), link(&back, "prev")), (vec![5, 1], None));
        assert_eq!(ids(&stand.get(&link(&third, "first").unwrap()).await.json()), [5, 1]);

        let next = link(&first, "next").unwrap();
        let (_, cursor) = next.split_once("cursor=").unwrap();
        let cursor = cursor.split('&').next().unwrap();
        let mut changed = cursor.to_owned().into_bytes();
        changed[60] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        for query in [
            format!("cursor={changed}"),
            format!("cursor={}", &cursor[..cursor.len() - 4]),
            format!("cursor={cursor}&ordering=age"),
            format!("cursor={cursor}&ordering=-age,name"),
            format!("cursor={cursor}&age__gte=1"),
            format!("cursor={cursor}&search=bob"),
        ] {
            let answer = stand.get(&format!("/v1/sheep/?{query}")).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["code"].clone()),
                (400, json!("invalid_cursor")),
                "{query}"
            );
        }
        // How much is shown of how many rows is no part of the list that it belongs to.
        for query in ["page_size=1", "fields=id", "ordering=-age", "age__gte="] {
            let answer = stand.get(&format!("/v1/sheep/?cursor={cursor}&{query}")).await;
            assert_eq!((answer.status.as_u16(), ids(&answer.json())[0]), (200, 3), "{query}");
        }
    });
}

#[test]
fn rows_have_the_members_that_were_asked_for() {
    on_both(async |database| {
        let stand = flock(&database).await;
        for (path, expected) in [
            (
                "numbered/?fields=age,id&page_size=2",
                r#"{"count":5,"next":"https://api.example/v1/numbered/?page=2&fields=age%2Cid&page_size=2","previous":null,"results":[{"age":3,"id":1},{"age":1,"id":2}]}"#,
            ),
            ("sheep/3/?fields=name", r#"{"name":"Bo_b%"}"#),
            ("sheep/3/?fields=name,%20name", r#"{"name":"Bo_b%"}"#),
            ("whole/?fields=id&format=ndjson&age=2", "{\"id\":3}\n{\"id\":4}\n"),
            (
                "sheep/?fields=name,id&format=csv&ordering=-name&age__isnull=false&name__contains=b",
                "name,id\r\nbob,4\r\nBo_b%,3\r\n",
            ),
            ("sheep/?format=csv&age=77", "id,name,age,price,born,seen\r\n"),
            ("sheep/?format=ndjson&age=77", ""),
        ] {
            let answer = stand.get(&format!("/v1/{path}")).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, expected), "{path}");
        }
        assert_eq!(stand.get("/v1/sheep/3/?fields=").await.json()["age"], 2);
    });
}

#[test]
fn options_tells_each_parameter_once() {
    on_both(async |database| {
        let stand = flock(&database).await;
        let described = stand.ask("OPTIONS /v1/sheep/", "", NOTHING).await.json();
        assert_eq!(
            (described["pagination"].clone(), described["shape"].clone()),
            (json!("cursor"), json!("envelope"))
        );
        let parameters = described["parameters"].as_array().unwrap();
        let named = |name: &str| {
            let mut found = parameters.iter().filter(|one| one["name"] == name);
            let one = found.next().unwrap_or_else(|| panic!("{name} is missing"));
            assert!(found.next().is_none(), "{name} is there twice");
            one.clone()
        };
        assert_eq!(
            named("page_size"),
            json!({"name": "page_size", "type": "integer", "help": "Rows in one answer at most.", "min": 1, "max": 100, "default": "100"})
        );
        assert_eq!(named("age__in")["most"], 100);
        assert_eq!(named("age__isnull")["type"], "boolean");
        assert_eq!(named("ordering")["default"], "-age");
        assert_eq!(named("fields")["choices"][0], "id");
        // What is told is understood.
        for parameter in parameters {
            let path = format!("/v1/sheep/?{}=", parameter["name"].as_str().unwrap());
            let status = stand.get(&path).await.status;
            assert!(
                status == 200 || parameter["name"] == "page_size" || parameter["name"] == "format",
                "{path}"
            );
        }
    });
}

#[test]
fn the_page_has_a_form_for_each_filter_and_links_for_order_forms_and_pieces() {
    on_both(async |database| {
        let stand = flock(&database).await;
        let request = http::Request::get("/v1/sheep/?page_size=2&age__gte=1&ordering=-name")
            .header("accept", "text/html")
            .body(axum::body::Body::empty())
            .unwrap();
        let page = stand.send(request).await;
        assert_eq!(page.status, 200, "{}", page.text);
        for words in [
            r#"name="age__gte""#,
            r#"name="age__range""#,
            r#"name="age__isnull""#,
            r#"name="name__icontains""#,
            r#"name="fields""#,
            "Name ↓",
            "?ordering=name&amp;page_size=2&amp;age__gte=1",
            "?age__gte=1&amp;ordering=-name&amp;format=csv",
            "?age__gte=1&amp;ordering=-name&amp;format=ndjson",
            "2 rows",
            "?cursor=",
            r#"href="/v1/sheep/2/""#,
        ] {
            assert!(page.text.contains(words), "{words} is missing: {}", page.text);
        }
    });
}
