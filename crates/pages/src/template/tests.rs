//! What the templates promise: hostile text stays text, forms are wired up for everybody, mistakes are found.

use http_body_util::BodyExt;
use minijinja::context;

use super::*;
use crate::form::{Choice, Field, Form, Kind};
use crate::page::{Link, Message, SignedIn, Tone};
use crate::refusal::Refusal;

const HOSTILE: [&str; 5] = [
    "\"><svg onload=alert(1)>",
    "'><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "{{ 7 * 191 }}",
    "javascript:alert(1)",
];

fn pages() -> Pages {
    Pages::builder().build().unwrap()
}

fn with(source: &str) -> Pages {
    Pages::builder().templates(&[("t.html", source)]).build().unwrap()
}

fn hostile_page(text: &str) -> Page {
    Page {
        navigation: vec![Link::new(text, text)],
        user: Some(SignedIn {
            name: text.into(),
            account: Some(text.into()),
            sign_out: "/out".into(),
        }),
        sign_in: Some(text.into()),
        messages: vec![Message::danger(text)],
        csrf_token: text.into(),
        request_id: Some(text.into()),
        breadcrumbs: vec![Link::new(text, text)],
    }
}

fn hostile_form(text: &str) -> Form {
    let kinds = [
        Kind::Text,
        Kind::Email,
        Kind::Url,
        Kind::Tel,
        Kind::Search,
        Kind::Password,
        Kind::Number,
        Kind::Textarea,
        Kind::Select,
        Kind::Radio,
        Kind::Checkboxes,
        Kind::Checkbox,
        Kind::Hidden,
    ];
    let mut form = Form::post(text).submit(text).cancel(text).fail("", text);
    for (position, kind) in kinds.into_iter().enumerate() {
        // Some fields before the first section, and two sections.
        if position % 5 == 4 {
            form = form.section(text, text);
        }
        let mut field = Field::new(kind, text, text)
            .value(text)
            .help(text)
            .error(text)
            .placeholder(text)
            .autocomplete(text)
            .choices([Choice::new(text, text).help(text)]);
        field.step = Some(text.to_owned());
        form = form.field(field);
    }
    form
}

fn assert_harmless(html: &str) {
    for never in ["<svg onload", "<img src=x", "<script>", "1337", "href=\"javascript", "{{"] {
        let text = html.replace("{{ 7 * 191 }}", "");
        assert!(!text.contains(never), "{never} in {text}");
    }
}

#[test]
fn hostile_text_stays_text_on_every_ready_made_page() {
    let pages = pages();
    for text in HOSTILE {
        let page = hostile_page(text);
        let form = FormPage::new(text, hostile_form(text)).intro(text).link(text, text);
        assert_harmless(&pages.render("form_page.html", &page, form).unwrap());
        let message = MessagePage::new(text, Tone::Info, text).link(text, text);
        assert_harmless(&pages.render("message.html", &page, message).unwrap());
        let confirm = ConfirmPage {
            title: text.into(),
            consequences: vec![text.into()],
            action: text.into(),
            confirm: text.into(),
            cancel: text.into(),
            tone: Tone::Danger,
        };
        assert_harmless(&pages.render("confirm.html", &page, confirm).unwrap());
        let error = Refusal::forbidden().because(text).advise(text).link(text, text);
        let context = context! { error => Serde(error), status => 403 };
        assert_harmless(&pages.render("error.html", &page, context).unwrap());
    }
}

#[test]
fn hostile_text_stays_text_in_every_component() {
    let pages = with(
        "{% import 'components.html' as ui %}{{ ui.link(x, x) }}{{ ui.button_link(x, x, x) }}{{ ui.button(x, x, x, x) }}\
         {{ ui.post_button(x, '/', x, x) }}{{ ui.alert(x, x, x) }}{{ ui.badge(x, x) }}{{ ui.method(x) }}{{ ui.code(x, x) }}\
         {{ ui.heading(x, x) }}{% call ui.card(x, x, x) %}{{ x }}{% endcall %}{{ ui.facts([[x, x]]) }}\
         {{ ui.table([x], [[x]], x) }}{{ ui.empty(x, x, x, x) }}",
    );
    for text in HOSTILE {
        assert_harmless(&pages.render("t.html", &Page::default(), context! { x => text }).unwrap());
    }
}

#[test]
fn everything_is_escaped_whatever_a_template_is_called() {
    let pages = Pages::builder().templates(&[("mail.txt", "{{ x }}")]).build().unwrap();
    assert_eq!(
        pages.render("mail.txt", &Page::default(), context! { x => "<b>" }).unwrap(),
        "&lt;b&gt;"
    );
}

#[test]
fn a_misspelt_variable_is_an_error_that_tells_no_values() {
    let pages = with("{{ secret }} {{ pgae.user }}");
    let error = pages
        .render("t.html", &Page::default(), context! { secret => "gws_hush" })
        .unwrap_err()
        .to_string();
    assert!(error.contains("t.html") && error.contains("undefined"), "{error}");
    assert!(!error.contains("gws_hush"), "{error}");
}

#[test]
fn a_broken_template_is_found_at_the_start() {
    let error =
        Pages::builder().templates(&[("t.html", "{% if %}")]).build().unwrap_err().to_string();
    assert!(error.contains("t.html"), "{error}");
    let pages = with("{{ asset('no.css') }}");
    assert!(pages.render("t.html", &Page::default(), ()).is_err());
}

#[tokio::test]
async fn a_page_that_fails_is_a_plain_500_without_a_reason() {
    let response = with("{{ nothing }}").respond(StatusCode::OK, "t.html", &Page::default(), ());
    assert_eq!(response.status(), 500);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let body = std::str::from_utf8(&body).unwrap();
    assert!(
        body.contains("Something went wrong")
            && !body.contains("t.html")
            && !body.contains("undefined")
    );
}

#[test]
fn a_form_is_wired_up_for_screen_readers() {
    let form = Form::post("/x")
        .field(Field::username("username", "Username").help("Short.").error("Taken."))
        .field(Field::password("password", "Password").value("1234abcd"));
    let html =
        pages().render("form_page.html", &Page::new("tok"), FormPage::new("Join", form)).unwrap();
    for wanted in [
        "<label for=\"f-username\">",
        "id=\"f-username\" name=\"username\" required",
        "autocomplete=\"username\"",
        "aria-describedby=\"f-username-error f-username-help\"",
        "aria-invalid=\"true\"",
        "id=\"f-username-error\"",
        "id=\"f-username-help\"",
        "href=\"#f-username\"",
        "role=\"alert\"",
        "autocomplete=\"current-password\"",
        "<input type=\"hidden\" name=\"csrf_token\" value=\"tok\">",
        "<a class=\"skip\" href=\"#content\">",
        "<html lang=\"en\">",
        "<title>Join · Grantwell</title>",
    ] {
        assert!(html.contains(wanted), "{wanted} in {html}");
    }
    assert_eq!(html.matches("aria-invalid").count(), 1);
    assert!(!html.contains("1234abcd"), "a password is never sent back");
}

#[test]
fn the_fields_of_a_section_stand_below_its_heading() {
    let form = Form::post("/x")
        .field(Field::text("first", "First"))
        .section("Name", "")
        .field(Field::text("given", "Given").required())
        .field(Field::text("family", "Family").error("Missing."))
        .section("Where", "On earth.")
        .field(Field::text("city", "City"));
    let render = |form: Form| {
        pages().render("form_page.html", &Page::new("tok"), FormPage::new("You", form)).unwrap()
    };
    let html = render(form.clone());
    let order = [
        "name=\"first\"",
        "role=\"group\" aria-labelledby=\"s-1\"",
        "id=\"s-1\">Name<",
        "name=\"given\"",
        "name=\"family\"",
        "role=\"group\" aria-labelledby=\"s-2\"",
        "On earth.",
        "name=\"city\"",
        "type=\"submit\"",
    ];
    let mut rest = html.as_str();
    for wanted in order {
        assert_eq!(html.matches(wanted).count(), 1, "{wanted}");
        (_, rest) = rest.split_once(wanted).unwrap_or_else(|| panic!("{wanted} comes too early"));
    }
    assert!(html.contains("href=\"#f-family\""), "the summary names fields of sections");
    assert_eq!(html.matches("class=\"optional\"").count(), 3);
    assert_eq!(render(form.all_optional()).matches("class=\"optional\"").count(), 0);
}

#[test]
fn a_form_that_only_asks_carries_no_token() {
    let form = Form::get("/search").field(Field::new(Kind::Search, "q", "Search"));
    let html =
        pages().render("form_page.html", &Page::new("tok"), FormPage::new("Search", form)).unwrap();
    assert!(!html.contains("csrf_token") && html.contains("method=\"get\""), "{html}");
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let page = Page {
        user: Some(SignedIn { name: "a".into(), account: None, sign_out: "/".into() }),
        ..Page::new("t")
    };
    let html =
        pages().render("form_page.html", &page, FormPage::new("x", hostile_form("y"))).unwrap();
    for never in ["style=", "<style", "onclick", "onload", "http://", "https://", "src=\"//"] {
        assert!(!html.contains(never), "{never} in {html}");
    }
    assert_eq!(
        html.matches("<script").count(),
        html.matches("<script src=\"/static/grantwell/").count()
    );
}

#[test]
fn a_file_in_the_override_folder_wins_and_is_read_again_in_development() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("accounts").join("login.html");
    std::fs::create_dir(folder.path().join("accounts")).unwrap();
    std::fs::create_dir(folder.path().join("static")).unwrap();
    std::fs::write(&file, "theirs {{ brand.name }}").unwrap();
    std::fs::write(folder.path().join("static").join("brand.css"), ":root{--accent:red}").unwrap();
    let build = |reload| {
        Pages::builder()
            .templates(&[("accounts/login.html", "ours")])
            .override_folder(folder.path())
            .brand(Brand::new("Stable & Co"))
            .reload(reload)
            .build()
            .unwrap()
    };
    let (kept, reloading) = (build(false), build(true));
    let render = |pages: &Pages| pages.render("accounts/login.html", &Page::default(), ()).unwrap();
    assert_eq!(render(&kept), "theirs Stable &amp; Co");
    let css = kept.asset("brand.css").unwrap();
    let message = MessagePage::new("x", Tone::Info, "y");
    assert!(kept.render("message.html", &Page::default(), message).unwrap().contains(&css));

    std::fs::write(&file, "changed").unwrap();
    assert_eq!(render(&kept), "theirs Stable &amp; Co");
    assert_eq!(render(&reloading), "changed");
    std::fs::write(&file, "{% broken").unwrap();
    assert!(reloading.render("accounts/login.html", &Page::default(), ()).is_err());
}

#[test]
fn a_missing_override_folder_is_said_so() {
    let error =
        Pages::builder().override_folder("/no/such/folder").build().unwrap_err().to_string();
    assert!(error.contains("/no/such/folder"), "{error}");
}

#[test]
fn a_moment_is_shown_in_utc_for_machines_and_people() {
    let pages = with("{{ at | time }}");
    let render = |at: i64| pages.render("t.html", &Page::default(), context! { at });
    assert_eq!(
        render(1_795_460_280_000).unwrap(),
        "<time datetime=\"2026-11-23T18:58:00Z\">23 Nov 2026, 18:58 UTC</time>"
    );
    assert!(render(i64::MAX).is_err());
}

#[test]
fn only_web_addresses_become_links() {
    for (href, expected) in [
        ("/a", true),
        ("https://x", true),
        ("mailto:a@b", true),
        ("?page=2", true),
        ("#x", true),
        ("javascript:alert(1)", false),
        (" javascript:alert(1)", false),
        ("java\nscript:alert(1)", false),
        ("/\n/x", false),
        ("/\\x", false),
        ("data:text/html,x", false),
        ("", false),
    ] {
        assert_eq!(is_web_address(href), expected, "{href:?}");
    }
}
