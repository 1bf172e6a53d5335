//! The tools of the browsable page: suggestions for keys, scopes to act with, requests as code, raw bodies, pages for staff.
use axum::body::Body;
use futures_util::future::BoxFuture;
use grantwell_rest::{
    BrowserSession, Person, Principal, Resources, RestState, TEMPLATES, Verifier, VerifyFailure,
    docs::Readers,
};
use http::{Request, header, request::Parts};
use serde_json::json;

use super::{
    library::{self, library},
    page::{browse, token},
    program,
    stand::{Answer, Callers, Stand, make_table, on_both, unicorns},
};

const ALL: &str = "read+write+publish";
const NARROW: &str = "read+write; api_scopes=.cmVhZA";

/// Rooms, of which a list shows few.
mod room {
    use grantwell_rest::{Resource, ViewSet};
    use sea_orm::entity::prelude::*;
    use serde::Serialize;

    use super::program::{Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "room")]
    #[resource(path = "room", read = Read, write = Write, page_size = 3, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[resource(search)]
        pub place: String,
    }
    impl ViewSet for Model {}
}

/// Shelves, which are handed from one author to another.
mod shelf {
    use grantwell_rest::{Ctx, Input, Resource, Result, ViewSet, viewset};
    use sea_orm::{DatabaseTransaction, entity::prelude::*};
    use serde::Serialize;

    use super::program::{Read, Write};

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
    #[sea_orm(table_name = "shelf")]
    #[resource(path = "shelf", read = Read, write = Write, crate = grantwell_rest)]
    pub struct Model {
        #[sea_orm(primary_key)]
        #[resource(read_only)]
        pub id: i64,
        #[resource(filter(exact, in))]
        pub author_id: i64,
        pub room_id: Option<i64>,
        #[sea_orm(belongs_to, from = "author_id", to = "id")]
        #[resource(expand)]
        pub author: BelongsTo<super::library::author::Entity>,
        #[sea_orm(belongs_to, from = "room_id", to = "id")]
        #[resource(expand)]
        pub room: BelongsTo<Option<super::room::Entity>>,
    }

    #[derive(Input)]
    #[resource(crate = grantwell_rest)]
    pub struct Heir {
        author_id: i64,
    }

    #[viewset(crate = grantwell_rest)]
    impl ViewSet for Model {
        #[action(list, scope = Write)]
        async fn give(_: &Ctx, transaction: &DatabaseTransaction, to: Heir) -> Result<u64> {
            let theirs = Entity::find().filter(Column::AuthorId.eq(to.author_id));
            Ok(theirs.count(transaction).await?)
        }
    }
}

#[test]
fn filters_and_actions_suggest_as_well() {
    on_both(async |database| {
        make_table(&database, library::author::Entity).await;
        make_table(&database, room::Entity).await;
        make_table(&database, shelf::Entity).await;
        let resources = Resources::new()
            .add::<library::author::Model>()
            .add::<room::Model>()
            .add::<shelf::Model>();
        let stand = Stand::new(database, resources);
        let page = browse(&stand, "GET /v1/shelf/", ALL, None).await;
        for (id, many) in [
            ("f-author_id", false),
            ("f-give-author_id", false),
            ("f-filter-author_id", false),
            ("f-filter-author_id__in", true),
        ] {
            let id = format!("id=\"{id}\"");
            let list = attribute(&page, &id, "data-suggest");
            let expected = "/v1/author/?fields=id%2Cname&page_size=10";
            assert_eq!(list.as_deref(), Some(expected), "{id}: {}", page.text);
            let (_, tag) = page.text.split_once(&id).unwrap();
            let tag = tag.split_once('>').unwrap().0;
            assert_eq!(tag.contains("data-suggest-many"), many, "{id}");
        }
        let rooms = attribute(&page, "id=\"f-room_id\"", "data-suggest").unwrap();
        assert_eq!(rooms, "/v1/room/?fields=id%2Cplace&page_size=3", "no more than the list gives");
        assert_eq!(stand.get(&format!("{rooms}&search=x")).await.status, 200);
        let search = attribute(&page, "id=\"f-room_id\"", "data-suggest-search");
        assert_eq!(search.as_deref(), Some("search"));
    });
}

/// The value of an attribute after some text of the page, as a browser reads it.
fn attribute(page: &Answer, after: &str, name: &str) -> Option<String> {
    let (_, rest) = page.text.split_once(after)?;
    let (tag, _) = rest.split_once('>')?;
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = value.split_once('"')?;
    Some(value.replace("&quot;", "\"").replace("&amp;", "&"))
}

#[test]
fn a_key_is_suggested_by_the_list_that_the_caller_may_read() {
    on_both(async |database| {
        let stand = library(&database).await;
        for name in ["Ann", "Bob"] {
            assert_eq!(stand.json("POST /v1/author/", &json!({ "name": name })).await.status, 201);
        }
        let tag = json!({"name": "red", "hidden": true});
        assert_eq!(stand.json("POST /v1/tag/", &tag).await.status, 201);
        let page = browse(&stand, "GET /v1/book/", ALL, None).await;
        let of = |name: &str| attribute(&page, "id=\"f-author_id\"", name);
        let list = of("data-suggest").unwrap();
        assert_eq!(list, "/v1/author/?fields=id%2Cname&page_size=10");
        assert_eq!(of("data-suggest-value").as_deref(), Some("id"));
        assert_eq!(of("data-suggest-label").as_deref(), Some("name"));
        assert_eq!(of("data-suggest-row").as_deref(), Some("/v1/author/{}/?fields=id%2Cname"));
        let rows = stand.get(&list).await.json();
        assert_eq!(rows, json!([{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]));
        // The list's own rule about rows holds: a hidden tag is suggested to nobody.
        let tags = attribute(&page, "id=\"f-tags\"", "data-suggest").unwrap();
        assert!(page.text.contains("data-suggest-many"));
        assert_eq!(stand.get(&tags).await.json(), json!([]));

        // Reviews are behind another scope, and books may not be read with it.
        let page = browse(&stand, "GET /v1/review/", "publish+write", None).await;
        assert!(page.text.contains("id=\"f-book_id\""), "{}", page.text);
        assert!(!page.text.contains("data-suggest"), "what may not be read is not suggested");

        let alone = Resources::new().add::<library::book::Model>();
        let page = browse(&Stand::new(database, alone), "GET /v1/book/", ALL, None).await;
        assert!(page.text.contains("id=\"f-author_id\""));
        assert!(!page.text.contains("data-suggest"), "what has no address is not asked");
    });
}

#[test]
fn a_person_acts_with_fewer_scopes_than_they_have() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let page = browse(&stand, "GET /v1/unicorn/", "read+write", None).await;
        assert!(page.text.contains("Acting with all your scopes"), "{}", page.text);
        let csrf = token(&page).to_owned();
        let choose = async |form: &str, session: &str| {
            browse(&stand, "POST /v1/", session, Some(&format!("csrf_token={csrf}&{form}"))).await
        };
        let chosen = choose("scope%3Aread=1&next=%2Fv1%2Funicorn%2F%3Fage%3D4", "read+write").await;
        assert_eq!(
            (chosen.status.as_u16(), chosen.header("location")),
            (303, "/v1/unicorn/?age=4")
        );
        let cookie = "api_scopes=.cmVhZA; Path=/; HttpOnly; SameSite=Lax";
        assert_eq!(chosen.header("set-cookie"), cookie);
        let away = choose("scope%3Aread=1&next=%2F%2Felsewhere.example%2F", "read+write").await;
        assert_eq!(away.header("location"), "/v1/", "back to this API only");

        let page = browse(&stand, "GET /v1/unicorn/", NARROW, None).await;
        for words in ["fewer scopes than you have", "Changing anything needs the scope write"] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        assert!(!page.text.contains("Create a row"));
        // The token of a form is bound to the session, which is the same: nothing but the choice refuses this.
        let form = format!("csrf_token={csrf}&name=dash&age=5");
        let refused = browse(&stand, "POST /v1/unicorn/", NARROW, Some(&form)).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        let none = "read+write; api_scopes=.";
        assert_eq!(browse(&stand, "GET /v1/unicorn/", none, None).await.status, 403);
        let more = "read; api_scopes=.cmVhZCB3cml0ZQ";
        let page = browse(&stand, "GET /v1/unicorn/", more, None).await;
        assert!(!page.text.contains("Create a row"), "no cookie gives what the person has not");

        let all = choose("all=1&next=%2Fv1%2F", "read+write; api_scopes=.").await;
        assert!(all.header("set-cookie").contains("Max-Age=0"));
    });
}

#[test]
fn a_choice_of_scopes_needs_a_session_and_its_token() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        for (session, form, status) in [
            ("", "scope%3Aread=1", 405),
            ("read+write", "scope%3Aread=1", 403),
            ("read+write", "csrf_token=AAAA&scope%3Aread=1", 403),
        ] {
            let answer = browse(&stand, "POST /v1/", session, Some(form)).await;
            assert_eq!(answer.status.as_u16(), status, "{session} {form}");
            assert!(!answer.headers.contains_key("set-cookie") || session.is_empty());
        }
        let bearer = stand.form("POST /v1/", "scope%3Aread=1").await;
        assert_eq!(bearer.status, 405, "a program finds here what it always found");
        let request = Request::get("/v1/unicorn/")
            .header(header::AUTHORIZATION, "Bearer read+write")
            .header(header::COOKIE, "api_scopes=.")
            .body(Body::empty())
            .unwrap();
        assert_eq!(stand.send(request).await.status, 200, "a token is what it is");
    });
}

#[test]
fn what_was_typed_into_a_raw_body_stays_and_is_told_what_is_wrong() {
    on_both(async |database| {
        let stand = library(&database).await;
        stand.json("POST /v1/author/", &json!({"name": "Ann"})).await;
        let list = browse(&stand, "GET /v1/book/", ALL, None).await;
        let csrf = token(&list).to_owned();
        let send = async |line: &str, body: &str| {
            let body: String = form_urlencoded::byte_serialize(body.as_bytes()).collect();
            let form = format!("csrf_token={csrf}&_content={body}");
            browse(&stand, line, ALL, Some(&form)).await
        };
        let broken = send("POST /v1/book/", "{\"title\": <oops>").await;
        assert_eq!(broken.status, 400);
        for words in
            ["{&quot;title&quot;: &lt;oops&gt;</textarea>", "not JSON", "value=\"raw\" checked"]
        {
            assert!(broken.text.contains(words), "{words}: {}", broken.text);
        }
        let book =
            json!({"title": "One", "code": "x", "price": 1, "author_id": 1, "tags": ["none"]});
        let refused = send("POST /v1/book/", &book.to_string()).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.text.contains("<code>/tags/0</code> There is no `tag`"),
            "{}",
            refused.text
        );
        let made = send("POST /v1/book/", &book.to_string().replace("\"none\"", "")).await;
        assert_eq!(made.status, 201, "{}", made.text);

        let at = made.header("location").to_owned();
        let item = browse(&stand, &format!("GET {at}"), ALL, None).await;
        assert!(item.text.contains("id=\"f-publish-raw\""), "{}", item.text);
        let call = format!("POST {at}publish/");
        let refused = send(&call, "{\"price\": 0, \"note\": \"<b>\"}").await;
        assert_eq!(refused.status, 422);
        for words in ["<code>/price</code> This must be 1 or more.", "&lt;b&gt;&quot;}</textarea>"]
        {
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        assert_eq!(send(&call, "{\"price\": 7}").await.status, 200);
        assert_eq!(stand.get(&at).await.json()["price"], 7);
    });
}

#[test]
fn a_refusal_leaves_no_empty_form_for_a_row() {
    on_both(async |database| {
        let stand = library(&database).await;
        stand.json("POST /v1/author/", &json!({"name": "Ann"})).await;
        let book = json!({"title": "One", "code": "x", "price": 1, "author_id": 1});
        assert_eq!(stand.json("POST /v1/book/", &book).await.status, 201);
        let page = browse(&stand, "GET /v1/author/1/", ALL, None).await;
        let csrf = token(&page).to_owned();
        let send = async |line: &str, form: &str| {
            browse(&stand, line, ALL, Some(&format!("csrf_token={csrf}&{form}"))).await
        };
        let kept = send("POST /v1/author/1/", "_method=DELETE").await;
        assert_eq!(kept.status, 409, "{}", kept.text);
        assert!(kept.text.contains("Delete this row") && !kept.text.contains("Update this row"));
        let raw =
            send("POST /v1/book/1/", "_method=PATCH&_content=%7B%22price%22%3A%22x%22%7D").await;
        assert_eq!(raw.status, 422, "{}", raw.text);
        assert!(raw.text.contains("id=\"f-write-raw\"") && !raw.text.contains("id=\"f-title\""));
        let typed = send("POST /v1/book/1/", "_method=PATCH&price=x&title=Two").await;
        assert_eq!(typed.status, 422);
        assert!(typed.text.contains("value=\"Two\""), "{}", typed.text);
    });
}

#[test]
fn a_form_changes_the_row_that_it_showed_and_no_later_one() {
    on_both(async |database| {
        let stand = library(&database).await;
        stand.json("POST /v1/author/", &json!({"name": "Ann"})).await;
        let book = json!({"title": "One", "code": "x", "price": 1, "author_id": 1});
        assert_eq!(stand.json("POST /v1/book/", &book).await.status, 201);
        let review = json!({"book_id": 1, "reader": "ann", "rating": 3});
        assert_eq!(stand.json("POST /v1/review/", &review).await.status, 201);
        let page = browse(&stand, "GET /v1/review/1/", ALL, None).await;
        let tag = attribute(&page, "name=\"_if_match\"", "value").unwrap();
        let seen: String = form_urlencoded::byte_serialize(tag.as_bytes()).collect();
        let csrf = token(&page).to_owned();
        let rate = async |seen: &str, rating: u8| {
            let form = format!("csrf_token={csrf}&_method=PATCH{seen}&rating={rating}");
            browse(&stand, "POST /v1/review/1/", ALL, Some(&form)).await
        };
        assert_eq!(rate("", 4).await.status, 428);
        let seen = format!("&_if_match={seen}");
        assert_eq!(rate(&seen, 4).await.status, 200);
        let late = rate(&seen, 5).await;
        assert_eq!(late.status, 412, "{}", late.text);
        assert!(late.text.contains("value=\"5\""), "what was typed stays");
        assert_eq!(attribute(&late, "name=\"_if_match\"", "value"), Some(tag.clone()));
        // Code for it says which state it is about as well.
        assert!(page.text.contains(&format!("If-Match: {}", tag.replace('"', "&quot;"))));
    });
}

#[test]
fn requests_are_there_as_code_with_every_value_in_its_place() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let name = "</script><b>it's $(id)\"";
        let made = stand.json("POST /v1/unicorn/", &json!({"name": name, "age": 5})).await;
        assert_eq!(made.status, 201);
        let page = browse(&stand, "GET /v1/unicorn/1/", "read+write", None).await;
        assert!(!page.text.contains("</script><b>"), "a value stays text");
        let json = "&quot;name&quot;: &quot;&lt;/script&gt;&lt;b&gt;it&#x27;\\&#x27;&#x27;s $(id)\\&quot;&quot;";
        for words in [
            json,
            "curl -X PATCH &#x27;https://api.example/v1/unicorn/1/&#x27;",
            "curl -X DELETE",
            "Authorization: Bearer $TOKEN",
            "requests.request(",
            "await fetch(&quot;https://api.example/v1/unicorn/1/&quot;",
            "reqwest::Method::PUT",
        ] {
            assert!(page.text.contains(words), "{words}: {}", page.text);
        }
        let list = "GET /v1/unicorn/?age=5&search=a'b&format=html";
        let page = browse(&stand, list, "read", None).await;
        let url = "https://api.example/v1/unicorn/?age=5&amp;search=a&#x27;\\&#x27;&#x27;b&#x27;";
        assert!(page.text.contains(url), "{}", page.text);
    });
}

#[test]
fn each_button_says_which_scope_it_needs() {
    on_both(async |database| {
        let stand = library(&database).await;
        stand.json("POST /v1/author/", &json!({"name": "Ann"})).await;
        let book = json!({"title": "One", "code": "x", "price": 1, "author_id": 1});
        assert_eq!(stand.json("POST /v1/book/", &book).await.status, 201);
        let list = browse(&stand, "GET /v1/book/", ALL, None).await;
        for words in ["needs <code>write</code>", "needs <code>read</code>", "open to everybody"] {
            assert!(list.text.contains(words), "{words}: {}", list.text);
        }
        assert!(list.text.contains("method=\"get\" action=\"/v1/book/count/\""), "{}", list.text);
        let counted = browse(&stand, "GET /v1/book/count/", ALL, None).await;
        assert_eq!(counted.status, 200, "{}", counted.text);
        let item = browse(&stand, "GET /v1/book/1/", "read+write", None).await;
        assert!(item.text.contains("You do not act with the scope publish here."), "{}", item.text);
        assert!(!item.text.contains("/publish/"), "what cannot be called has no form");
        assert!(item.text.contains("href=\"/v1/book/1/\"") || !item.text.contains("1 · One"));
        assert!(list.text.contains(">1 · One</a>"), "a row is called by its name");
    });
}

#[test]
fn relations_are_expanded_and_a_mistyped_search_corrected_by_click() {
    on_both(async |database| {
        let stand = library(&database).await;
        let page = browse(&stand, "GET /v1/book/?ordering=title", ALL, None).await;
        assert!(page.text.contains("href=\"?ordering=title&amp;expand=author\""), "{}", page.text);
        let page = browse(&stand, "GET /v1/book/?expand=tags,author.books", ALL, None).await;
        let fold = "href=\"?expand=tags\" aria-current=\"true\">Author";
        assert!(page.text.contains(fold), "{}", page.text);
        let wrong = browse(&stand, "GET /v1/book/?ordering=nothing", ALL, None).await;
        assert_eq!(wrong.status, 400);
        assert!(wrong.text.contains("Search and filter"), "{}", wrong.text);
    });
}

/// Callers of whom those with the scope `staff` may open the administration.
struct Staff;

impl Verifier for Staff {
    fn verify<'a>(
        &'a self,
        parts: &'a Parts,
    ) -> BoxFuture<'a, Result<Option<Principal>, VerifyFailure>> {
        Callers.verify(parts)
    }

    fn session<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Option<BrowserSession>> {
        Callers.session(parts)
    }

    fn person<'a>(
        &'a self,
        principal: &'a Principal,
    ) -> BoxFuture<'a, Result<Option<Person>, VerifyFailure>> {
        let staff = principal.scopes.iter().any(|scope| scope.as_str() == "staff");
        Box::pin(std::future::ready(Ok(Some(Person { staff, superuser: false }))))
    }
}

#[test]
fn pages_may_be_for_staff_alone() {
    on_both(async |database| {
        make_table(&database, program::Entity).await;
        let clock = ambient::Clock::system();
        let pages = pages::Pages::builder().templates(TEMPLATES).build().unwrap();
        let kind = pages::CookieKind::Plain;
        let csrf = pages::Csrf::new([7; 32], kind, ambient::Entropy::system());
        let state = RestState::new(database, std::sync::Arc::new(Staff), clock)
            .with_pages(pages, csrf)
            .with_page_readers(Readers::Staff);
        let router = Resources::new().add::<program::Model>().router("/v1", state);
        let stand = Stand { router };
        for (line, session, status, kind) in [
            ("GET /v1/unicorn/", "read+staff", 200, "text/html; charset=utf-8"),
            ("GET /v1/", "read+staff", 200, "text/html; charset=utf-8"),
            ("GET /v1/unicorn/", "read", 200, "application/json"),
            ("GET /v1/", "read", 200, "application/json"),
            ("GET /v1/unicorn/", "", 401, "application/problem+json"),
            ("GET /v1/unicorn/?format=html", "read", 400, "application/problem+json"),
        ] {
            let answer = browse(&stand, line, session, None).await;
            assert_eq!(answer.status.as_u16(), status, "{line} {session}: {}", answer.text);
            assert_eq!(answer.header("content-type"), kind, "{line} {session}");
        }
    });
}
