//! The browsable page, as a browser meets it: signed in, signed out, without a scope; its forms and their guard.
use axum::body::Body;
use http::{Request, header};

use super::stand::{Answer, FORM, JSON, Stand, on_both, unicorns};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A request as a browser with this session sends it; a form when there is one.
pub async fn browse(stand: &Stand, line: &str, session: &str, form: Option<&str>) -> Answer {
    let (method, uri) = line.split_once(' ').unwrap();
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::ACCEPT, BROWSER)
        .header(header::HOST, "unicorns.example");
    if !session.is_empty() {
        request = request.header(header::COOKIE, format!("session={session}"));
    }
    if let Some(form) = form {
        request = request
            .header(header::CONTENT_TYPE, FORM)
            .header(header::ORIGIN, "http://unicorns.example")
            .header("sec-fetch-site", "same-origin");
        return stand.send(request.body(Body::from(form.to_owned())).unwrap()).await;
    }
    stand.send(request.body(Body::empty()).unwrap()).await
}

pub fn token(page: &Answer) -> &str {
    let (_, rest) =
        page.text.split_once(r#"name="csrf_token" value=""#).expect("the page has a form token");
    rest.split_once('"').unwrap().0
}

#[test]
fn a_signed_in_person_works_with_rows_through_forms() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let list = browse(&stand, "GET /v1/unicorn/", "read+write", None).await;
        assert_eq!(list.status, 200, "{}", list.text);
        assert!(list.header("content-type").starts_with("text/html"));
        for words in [
            "halfspring",
            "Create a row",
            "Raw body",
            "Needs the scope write (Change your unicorns)",
            "200 OK",
            "X-Total-Count",
        ] {
            assert!(list.text.contains(words), "{words} is missing");
        }
        let csrf = token(&list).to_owned();
        let wrong = format!("csrf_token={csrf}&name=&age=-4");
        let refused = browse(&stand, "POST /v1/unicorn/", "read+write", Some(&wrong)).await;
        assert_eq!(refused.status, 422);
        for words in ["0 or more", "must not be empty", r#"value="-4""#] {
            assert!(refused.text.contains(words), "{words}: {}", refused.text);
        }
        let good = format!("csrf_token={csrf}&name=%3Csvg+onload%3Dalert(1)%3E&age=4");
        let made = browse(&stand, "POST /v1/unicorn/", "read+write", Some(&good)).await;
        assert_eq!((made.status.as_u16(), made.header("location")), (201, "/v1/unicorn/1/"));
        assert!(!made.text.contains("<svg onload"), "what somebody wrote stays text");
        let item = browse(&stand, "GET /v1/unicorn/1/", "read+write", None).await;
        assert!(!item.text.contains("<svg onload"));
        for words in ["Update this row", r#"value="4""#, r#"value="DELETE""#, r#"value="PATCH""#] {
            assert!(item.text.contains(words), "{words} is missing");
        }
        let put = format!("csrf_token={}&_method=PUT&name=dash&age=9", token(&item));
        let updated = browse(&stand, "POST /v1/unicorn/1/", "read+write", Some(&put)).await;
        assert_eq!(updated.status, 200);
        assert_eq!(stand.get("/v1/unicorn/1/").await.text, r#"{"id":1,"name":"dash","age":9}"#);
        let raw =
            format!("csrf_token={}&_method=PATCH&_content=%7B%22age%22%3A+10%7D", token(&item));
        assert_eq!(
            browse(&stand, "POST /v1/unicorn/1/", "read+write", Some(&raw)).await.status,
            200
        );
        assert_eq!(stand.get("/v1/unicorn/1/").await.text, r#"{"id":1,"name":"dash","age":10}"#);
        let broken = format!("csrf_token={}&_method=PATCH&_content=%7B", token(&item));
        assert_eq!(
            browse(&stand, "POST /v1/unicorn/1/", "read+write", Some(&broken)).await.status,
            400
        );
        let options = format!("csrf_token={}&_method=OPTIONS", token(&item));
        let described = browse(&stand, "POST /v1/unicorn/", "read+write", Some(&options)).await;
        assert!(described.status == 200 && described.text.contains("max_length"));
        let delete = format!("csrf_token={}&_method=DELETE", token(&item));
        let gone = browse(&stand, "POST /v1/unicorn/1/", "read+write", Some(&delete)).await;
        assert_eq!((gone.status.as_u16(), gone.header("location")), (303, "/v1/unicorn/"));
        assert_eq!(stand.get("/v1/unicorn/").await.text, "[]");
    });
}

#[test]
fn a_form_without_its_token_or_from_elsewhere_changes_nothing() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        stand.form("POST /v1/unicorn/", "name=dash&age=5").await;
        let page = browse(&stand, "GET /v1/unicorn/", "read", None).await;
        let others = token(&page).to_owned();
        for form in [
            "name=a&age=1".to_owned(),
            "csrf_token=&name=a&age=1".to_owned(),
            "csrf_token=AAAA&name=a&age=1".to_owned(),
            format!("csrf_token={others}&name=a&age=1"),
            "_method=DELETE".to_owned(),
        ] {
            for path in ["/v1/unicorn/", "/v1/unicorn/1/"] {
                let answer =
                    browse(&stand, &format!("POST {path}"), "read+write", Some(&form)).await;
                assert_eq!(answer.status, 403, "{path} {form}");
                assert!(answer.text.contains("Nothing was changed"), "{form}");
            }
        }
        // A script of another site sends no form, but the cookie.
        for line in ["POST /v1/unicorn/", "PUT /v1/unicorn/1/", "DELETE /v1/unicorn/1/"] {
            let (method, uri) = line.split_once(' ').unwrap();
            let request = Request::builder()
                .method(method)
                .uri(uri)
                .header(header::COOKIE, "session=read+write")
                .header(header::CONTENT_TYPE, JSON)
                .body(Body::from(r#"{"name":"a","age":1}"#))
                .unwrap();
            let answer = stand.send(request).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json()["code"].as_str()),
                (403, Some("csrf")),
                "{line}"
            );
        }
        assert_eq!(stand.get("/v1/unicorn/").await.text, r#"[{"id":1,"name":"dash","age":5}]"#);
    });
}

#[test]
fn a_browser_without_the_right_to_is_told_the_way() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let stranger = browse(&stand, "GET /v1/unicorn/?page=1", "", None).await;
        assert_eq!(stranger.status, 401);
        assert!(stranger.header("www-authenticate").starts_with("Bearer "));
        assert!(
            stranger.text.contains("/accounts/login/?next=%2Fv1%2Funicorn%2F%3Fpage%3D1"),
            "{}",
            stranger.text
        );
        let reader = browse(&stand, "GET /v1/unicorn/", "read", None).await;
        assert_eq!(reader.status, 200);
        assert!(!reader.text.contains("Create a row"));
        assert!(reader.text.contains("Changing anything needs the scope write"));
        let writer = browse(&stand, "GET /v1/unicorn/", "write", None).await;
        assert_eq!(writer.status, 403);
        assert!(writer.text.contains("scope `read`"));
        let form = format!("csrf_token={}&name=a&age=1", token(&reader));
        let refused = browse(&stand, "POST /v1/unicorn/", "read", Some(&form)).await;
        assert_eq!(refused.status, 403);
        assert!(refused.text.contains("scope `write`"));
        let root = browse(&stand, "GET /v1/", "", None).await;
        assert!(root.status == 200 && root.text.contains(r#"href="/v1/unicorn/""#));
        let nothing = browse(&stand, "GET /v1/nothing/", "", None).await;
        assert!(nothing.status == 404 && nothing.text.contains("Not found"));
    });
}

#[test]
fn the_page_has_pages_search_and_json() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        for name in ["ann", "bob", "carl"] {
            stand.form("POST /v1/unicorn/", &format!("name={name}&age=1")).await;
        }
        let list =
            browse(&stand, "GET /v1/unicorn/?page_size=2&search=&age=", "read+write", None).await;
        assert_eq!(list.status, 200, "{}", list.text);
        for words in [
            "Page 1 of 2, 3 rows",
            "Next",
            "Search and filter",
            r#"href="/v1/unicorn/2/""#,
            "format=json",
        ] {
            assert!(list.text.contains(words), "{words} is missing");
        }
        let json = browse(&stand, "GET /v1/unicorn/1/?format=json", "read", None).await;
        assert_eq!(json.header("content-type"), "application/json");
        let head = browse(&stand, "HEAD /v1/unicorn/", "read", None).await;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    });
}

#[test]
fn a_script_of_the_page_sends_the_token_in_a_header() {
    on_both(async |database| {
        let stand = unicorns(&database).await;
        let page = browse(&stand, "GET /v1/unicorn/", "read+write", None).await;
        for (session, status) in [("read+write", 201), ("read", 403)] {
            let request = Request::post("/v1/unicorn/")
                .header(header::COOKIE, format!("session={session}"))
                .header(header::CONTENT_TYPE, JSON)
                .header("x-csrf-token", token(&page))
                .body(Body::from(r#"{"name":"a","age":1}"#))
                .unwrap();
            assert_eq!(stand.send(request).await.status.as_u16(), status, "{session}");
        }
    });
}
