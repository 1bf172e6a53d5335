//! Serves every component and ready-made page, to look at: `cargo run -p grantwell-pages --example gallery`.

use ambient::Entropy;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use grantwell_pages::form::{Choice, Kind};
use grantwell_pages::headers::SecurityHeaders;
use grantwell_pages::{
    Brand, ConfirmPage, CookieKind, Csrf, Field, Form, FormPage, Link, Message, MessagePage, Page,
    Pages, Refusal, SignedIn, Tone, json, refusal,
};
use serde::Serialize;

#[derive(Clone)]
struct App {
    pages: Pages,
    csrf: Csrf,
}

impl App {
    fn frame(&self, headers: &HeaderMap, signed_in: bool) -> (Page, HeaderMap) {
        let mut set = HeaderMap::new();
        let mut page = Page::default();
        if let Ok(issued) = self.csrf.issue(headers, None) {
            page.csrf_token = issued.token;
            set.extend(issued.set_cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        }
        page.request_id = Some("01JD9W6X3N8Q".to_owned());
        if signed_in {
            page.navigation = vec![
                Link::new("Applications", "/").current(true),
                Link::new("Access", "/message"),
                Link::new("API", "/api"),
                Link::new("Documentation", "/missing"),
            ];
            page.user = Some(SignedIn {
                name: "halfspring".to_owned(),
                account: Some("/".to_owned()),
                sign_out: "/".to_owned(),
            });
        } else {
            page.sign_in = Some("/sign-in".to_owned());
        }
        (page, set)
    }
}

#[derive(Serialize)]
struct Components {
    form: Form,
    applications: Vec<[&'static str; 4]>,
    json: grantwell_pages::Value,
    now: i64,
}

fn everything() -> Form {
    let grants = [
        Choice::new("password", "Resource owner password-based")
            .help("The application asks for the username and password itself. Only for your own applications."),
        Choice::new("client-credentials", "Client credentials").help("The application acts for itself, with no person."),
    ];
    Form::post("/").submit("Save application").cancel("/").guard_changes()
        .field(Field::text("name", "Name").required().value("Unicorn shop").help("People see it when they are asked for access."))
        .field(
            Field::new(Kind::Radio, "client_type", "Client type").required()
                .choices([
                    Choice::new("confidential", "Confidential").help("Runs on a server and can keep a secret."),
                    Choice::new("public", "Public").help("Runs on a phone or in a browser, where a secret would be found."),
                ])
                .value("confidential"),
        )
        .field(Field::new(Kind::Select, "grant", "Grant type").required().choices(grants).value("password"))
        .field(
            Field::new(Kind::Textarea, "redirect_uris", "Redirect URIs").monospace().rows(3)
                .value("https://shop.example/callback\nhttp://shop.example/other")
                .help("One a line, each exactly as the application sends it.")
                .error("http://shop.example/other is not encrypted. Use https, or a loopback address for development."),
        )
        .field(
            Field::new(Kind::Checkboxes, "scope", "Scopes")
                .choices([Choice::new("read", "read").help("See your unicorns"), Choice::new("write", "write").help("Change your unicorns")])
                .value("read"),
        )
        .field(Field::new(Kind::Number, "age", "Age").between(Some(0), Some(200)).value("-4").error("Must be 0 or more."))
        .field(Field::text("id", "Client id").read_only().monospace().value("p0t4t0-0c34n-f1sh"))
        .field(Field::new(Kind::Checkbox, "active", "The application may be used").value("true"))
}

async fn components(State(app): State<App>, headers: HeaderMap) -> Response {
    let (mut page, set) = app.frame(&headers, true);
    page.breadcrumbs = vec![Link::new("Applications", "/")];
    page.messages = vec![Message::success("The application “Unicorn shop” was saved.")];
    let unicorns = serde_json::json!([
        {"id": 1, "name": "djangounchained", "age": 34, "magic": true, "herd": null, "url": "https://example.com/v1/unicorn/1/"},
        {"id": 2, "name": "<svg onload=alert(1)>", "age": 22.5, "magic": false, "herd": [], "url": "https://example.com/v1/unicorn/2/"},
    ]);
    let context = Components {
        form: everything(),
        applications: vec![
            ["Unicorn shop", "Confidential", "Password", "2 hours ago"],
            ["Stable door \"><script>alert(1)</script>", "Public", "Refresh token", "Yesterday"],
            [
                "Nightly report with a rather long name",
                "Confidential",
                "Client credentials",
                "never",
            ],
        ],
        json: json::fragment(&unicorns),
        now: 1_795_460_280_000,
    };
    (set, app.pages.respond(StatusCode::OK, "gallery.html", &page, context)).into_response()
}

async fn sign_in(State(app): State<App>, headers: HeaderMap) -> Response {
    let (page, set) = app.frame(&headers, false);
    let form = Form::post("/sign-in")
        .submit("Sign in")
        .field(Field::username("username", "Username").autofocus().value("halfspring"))
        .field(Field::password("password", "Password"));
    let form = if headers.contains_key(header::REFERER) {
        form
    } else {
        form.fail("", "The username or the password is not right.")
    };
    let page_form = FormPage::new("Sign in", form)
        .narrow()
        .intro("to go on to Unicorn shop")
        .link("Create an account", "/register");
    (set, app.pages.form(&page, &page_form)).into_response()
}

async fn register(State(app): State<App>, headers: HeaderMap) -> Response {
    let (page, set) = app.frame(&headers, false);
    let form = Form::post("/register")
        .submit("Create account")
        .field(Field::username("username", "Username").autofocus().value("halfspring"))
        .field(Field::new(Kind::Email, "email", "Email").autocomplete("email"))
        .field(
            Field::password("password", "Password")
                .autocomplete("new-password")
                .help("At least 8 characters; a few words are best."),
        )
        .fail("username", "Somebody else has this username. Choose another one.");
    (set, app.pages.form(&page, &FormPage::new("Create an account", form).narrow())).into_response()
}

async fn message(State(app): State<App>, headers: HeaderMap) -> Response {
    let (page, _) = app.frame(&headers, true);
    let text = "Your password was changed, and every other session was signed out.";
    let message = MessagePage::new("Password changed", Tone::Success, text).link("Continue", "/");
    app.pages.message(StatusCode::OK, &page, &message)
}

async fn confirm(State(app): State<App>, headers: HeaderMap) -> Response {
    let (page, _) = app.frame(&headers, true);
    let confirm = ConfirmPage {
        title: "Delete the application “Unicorn shop”?".to_owned(),
        consequences: vec![
            "14 people lose access through it at once.".to_owned(),
            "Its client id cannot be used again.".to_owned(),
            "This cannot be undone.".to_owned(),
        ],
        action: "/".to_owned(),
        confirm: "Delete application".to_owned(),
        cancel: "/".to_owned(),
        tone: Tone::Danger,
    };
    app.pages.confirm(&page, &confirm)
}

async fn away(State(app): State<App>, headers: HeaderMap) -> Response {
    let (page, _) = app.frame(&headers, true);
    app.pages.refuse(&Refusal::unavailable().link("Try again", "/error"), &page, &headers)
}

/// Two phones beside each other, because a headless browser has no window as narrow as a phone.
async fn phones() -> Response {
    let page = "<!doctype html><style>body{margin:0;display:flex;gap:12px;background:#888}iframe{border:0;height:1700px}</style>\
         <iframe src='/' width=320 style='height:5200px'></iframe><iframe src='/error' width=320></iframe><iframe src='/message' width=390></iframe><iframe src='/sign-in' width=320></iframe><iframe src='/register' width=390></iframe>\
         <iframe src='/confirm' width=320></iframe>";
    (
        [
            (header::CONTENT_TYPE, "text/html"),
            (header::CONTENT_SECURITY_POLICY, "frame-src 'self'; style-src 'unsafe-inline'"),
        ],
        page,
    )
        .into_response()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages = Pages::builder()
        .brand(Brand {
            footer: vec![
                Link::new("Help", "/"),
                Link::new("Privacy", "/"),
                Link::new("Terms", "/"),
            ],
            ..Brand::new("Unicorn")
        })
        .templates(&[("gallery.html", include_str!("gallery.html"))])
        .build()?;
    let csrf = Csrf::new([7; 32], CookieKind::Plain, Entropy::system());
    let app = App { pages: pages.clone(), csrf };
    let mut router = Router::new()
        .route("/", get(components))
        .route("/sign-in", get(sign_in))
        .route("/register", get(register))
        .route("/message", get(message))
        .route("/confirm", get(confirm))
        .route("/error", get(away))
        .with_state(app)
        .merge(pages.static_router())
        .layer(middleware::from_fn_with_state(pages, refusal::pages_for_people));
    // Frames are wanted for the phones only, so there the frame rules are left out.
    let framed = std::env::args().any(|argument| argument == "--framed");
    if framed {
        router = router.route("/phones", get(phones));
    } else {
        router = router.layer(SecurityHeaders::plain_http().layer());
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8099").await?;
    axum::serve(listener, router).await?;
    Ok(())
}
