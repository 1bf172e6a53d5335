//! The browsable page: the same answer as a program gets, with its request and headers, links, and forms to go on.
mod forms;
mod links;
mod search;

use axum::{
    Router,
    body::Body,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use pages::{Link, Page, Value as Fragment, redirect::LocalPath};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    Problem, Requirement, Result,
    exchange::{Answer, Exchange, Place, answer},
    field::label_of,
    mounted::Root,
    resource::Action,
    state::RestState,
};

/// The templates of this room, for `Pages::builder().templates(…)`.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("rest/docs.html", include_str!("../templates/rest/docs.html")),
    ("rest/docs_redirect.html", include_str!("../templates/rest/docs_redirect.html")),
    ("rest/resource.html", include_str!("../templates/rest/resource.html")),
    ("rest/root.html", include_str!("../templates/rest/root.html")),
];

/// The request and its answer, as shown.
#[derive(Serialize)]
struct Shown {
    method: String,
    address: String,
    status: String,
    tone: &'static str,
    headers: Vec<(String, String)>,
    json: Option<Fragment>,
    problem: Option<Trouble>,
}

#[derive(Serialize)]
struct Trouble {
    title: &'static str,
    detail: String,
}

#[derive(Serialize)]
struct ResourcePage {
    title: String,
    intro: String,
    path: String,
    formats: Vec<Link>,
    orders: Vec<Link>,
    can_describe: bool,
    can_delete: bool,
    delete_note: String,
    write_note: String,
    write_hint: Option<String>,
    sign_in: Option<String>,
    pager: Option<links::Pager>,
    rows: Vec<Link>,
    search: Option<search::Search>,
    form: Option<forms::Form>,
    actions: Vec<forms::ActionForm>,
    #[serde(flatten)]
    shown: Shown,
}

#[derive(Serialize)]
struct RootPage {
    resources: Vec<Link>,
    #[serde(flatten)]
    shown: Shown,
}

/// The page around an answer of a resource.
pub(crate) async fn page(exchange: &Exchange, result: Result<Answer>) -> Response {
    let mounted = &*exchange.mounted;
    // A form goes back to the list; a program that sends DELETE has nothing to follow.
    if exchange.action == Action::Delete && result.is_ok() {
        if exchange.parts.method == Method::DELETE {
            return answer::json(result, false);
        }
        return match LocalPath::parse(&mounted.path) {
            Ok(path) => pages::redirect::see_other(&path),
            Err(_) => answer::json(result, false),
        };
    }
    let Some(browsable) = mounted.state.browsable() else { return answer::json(result, false) };
    let frame = Frame::of(&mounted.state, &exchange.parts, breadcrumbs(exchange)).await;
    let list = result.as_ref().ok().and_then(|answer| answer.list.clone());
    let errors = result.as_ref().err().map(|problem| problem.errors().to_vec()).unwrap_or_default();
    let (shown, status, headers, json) =
        show(&exchange.parts, exchange.method.clone(), result).await;
    let good = status.is_success();
    let known = exchange.principal.is_some();
    let facts = &mounted.facts;
    let changing = if exchange.item { Action::Update } else { Action::Create };
    let may = |requirement: Requirement| {
        exchange.satisfies(requirement)
            && (exchange.is_session() || requirement == Requirement::Public)
    };
    let (write, delete) = (facts.requirement(changing), facts.requirement(Action::Delete));
    let may_write = may(write);
    let there = good || status == StatusCode::UNPROCESSABLE_ENTITY;
    let form = (may_write && there && exchange.action != Action::Describe)
        .then(|| forms::write(exchange, &errors, good.then_some(&json)))
        .filter(|_| !matches!(exchange.place, Place::Extra { .. }));
    let context = ResourcePage {
        title: title(exchange),
        intro: intro(exchange),
        path: exchange.parts.uri.path().to_owned(),
        formats: links::formats(exchange),
        orders: if list.is_some() { links::orders(exchange) } else { Vec::new() },
        can_describe: exchange.is_session(),
        can_delete: exchange.item && may(delete) && good && exchange.action != Action::Describe,
        delete_note: note(delete),
        write_note: note(write),
        write_hint: (good && !may_write).then(|| hint(write, known)),
        sign_in: (!known && status == StatusCode::UNAUTHORIZED).then(|| frame.sign_in.clone()),
        pager: list.as_ref().and_then(links::pager),
        rows: if exchange.action == Action::List {
            links::rows(exchange, &json)
        } else {
            Vec::new()
        },
        search: list.as_ref().and_then(|_| search::form(exchange)),
        form,
        actions: if there { forms::actions(exchange, &errors) } else { Vec::new() },
        shown,
    };
    let response = browsable.pages.respond(status, "rest/resource.html", &frame.page, context);
    frame.finish(response, &headers)
}

/// The page of the API root, and of addresses below it where nothing is.
pub(crate) async fn root(root: &Root, parts: &Parts, result: Result<Answer>) -> Response {
    let Some(browsable) = root.state.browsable() else { return answer::json(result, false) };
    let crumbs =
        if result.is_ok() { Vec::new() } else { vec![Link::new("API", root.path.as_str())] };
    let frame = Frame::of(&root.state, parts, crumbs).await;
    let (shown, status, headers, _) = show(parts, parts.method.clone(), result).await;
    let resources =
        root.entries.iter().map(|(name, path)| Link::new(*name, path.as_str())).collect();
    let response = browsable.pages.respond(
        status,
        "rest/root.html",
        &frame.page,
        RootPage { resources, shown },
    );
    frame.finish(response, &headers)
}

/// Everything around the content: who is signed in, the form token.
pub(crate) struct Frame {
    page: Page,
    sign_in: String,
    set_cookie: Option<http::HeaderValue>,
}

impl Frame {
    pub(crate) async fn of(state: &RestState, parts: &Parts, breadcrumbs: Vec<Link>) -> Self {
        let session = state.verifier().session(parts).await;
        let identity = session.as_ref().map(|session| session.identity.as_slice());
        let issued = state
            .browsable()
            .and_then(|browsable| browsable.csrf.issue(&parts.headers, identity).ok());
        let (token, set_cookie) =
            issued.map(|issued| (issued.token, issued.set_cookie)).unwrap_or_default();
        let here = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut sign_in = form_urlencoded::Serializer::new(format!("{}?", state.sign_in_path()));
        let sign_in = sign_in.append_pair("next", here).finish().replacen("?&", "?", 1);
        let mut page = Page::new(token);
        if let Some(browsable) = state.browsable() {
            page.navigation = (browsable.navigation)(session.is_some(), parts.uri.path());
        }
        page.sign_in = session.is_none().then(|| sign_in.clone());
        page.user = session.map(|session| session.signed_in);
        page.request_id =
            parts.headers.get("x-request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        page.breadcrumbs = breadcrumbs;
        Self { page, sign_in, set_cookie }
    }

    /// What stands around the content.
    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    /// Sends the visitor to sign in and back here.
    pub(crate) fn to_sign_in(&self) -> Response {
        match LocalPath::parse(&self.sign_in) {
            Ok(path) => pages::redirect::see_other(&path),
            Err(_) => Problem::not_found().into_response(),
        }
    }

    /// The headers that a program would have got, on the page as well, and the cookie that belongs to the forms.
    pub(crate) fn finish(self, mut response: Response, headers: &HeaderMap) -> Response {
        let own = response.headers_mut();
        for (name, value) in headers {
            if !matches!(
                *name,
                header::CONTENT_TYPE | header::CONTENT_LENGTH | header::CACHE_CONTROL
            ) {
                own.append(name.clone(), value.clone());
            }
        }
        if let Some(cookie) = self.set_cookie {
            own.append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// The answer that a program would have got, taken apart.
async fn show(
    parts: &Parts,
    method: Method,
    result: Result<Answer>,
) -> (Shown, StatusCode, HeaderMap, Json) {
    let problem = result
        .as_ref()
        .err()
        .map(|problem| Trouble { title: problem.title(), detail: problem.detail().to_owned() });
    let (head, body) = answer::json(result, false).into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let json: Json = serde_json::from_slice(&bytes).unwrap_or_default();
    let tone = if head.status.is_success() { "success" } else { "danger" };
    let text = |name: &HeaderName| title_case(name.as_str());
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (text(name), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let shown = Shown {
        method: method.to_string(),
        address: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        status: format!(
            "{} {}",
            head.status.as_u16(),
            head.status.canonical_reason().unwrap_or_default()
        ),
        tone,
        headers,
        json: (!bytes.is_empty()).then(|| pages::json::fragment(&json)),
        problem,
    };
    (shown, head.status, head.headers, json)
}

/// `content-type` → `Content-Type`, as people know it.
fn title_case(name: &str) -> String {
    if name == "www-authenticate" {
        return "WWW-Authenticate".to_owned();
    }
    let words = name.split('-').map(|word| {
        let mut characters = word.chars();
        characters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
    });
    words.collect::<Vec<String>>().join("-")
}

fn title(exchange: &Exchange) -> String {
    let name = label_of(exchange.mounted.facts.name);
    match exchange.key.as_deref() {
        Some(key) => format!("{name} {key}"),
        None => name,
    }
}

fn intro(exchange: &Exchange) -> String {
    let facts = &exchange.mounted.facts;
    let (read, write) = (facts.requirements.get, facts.requirements.post);
    match (read == Requirement::Public, write == Requirement::Public) {
        (false, false) => {
            format!("Reading needs {}, changing needs {}.", plain(read), plain(write))
        }
        (true, false) => format!("Everybody may read; changing needs {}.", plain(write)),
        (false, true) => format!("Reading needs {}; everybody may write.", plain(read)),
        (true, true) => "Open to everybody.".to_owned(),
    }
}

/// The scopes as a page has them, without the marks of code.
fn plain(requirement: Requirement) -> String {
    requirement.the_scopes().replace('`', "")
}

fn note(requirement: Requirement) -> String {
    match requirement {
        Requirement::Public => "Open to everybody.".to_owned(),
        _ => format!("Needs {} ({}).", plain(requirement), requirement.descriptions()),
    }
}

fn hint(requirement: Requirement, known: bool) -> String {
    let scope = plain(requirement);
    if known {
        format!("Changing anything needs {scope}, which you do not have here.")
    } else {
        format!("Sign in to change anything: it needs {scope}.")
    }
}

fn breadcrumbs(exchange: &Exchange) -> Vec<Link> {
    let mounted = &exchange.mounted;
    let mut links = vec![Link::new("API", mounted.root.as_str())];
    let extra = matches!(exchange.place, Place::Extra { .. });
    if exchange.item || extra || exchange.action == Action::Create {
        links.push(Link::new(label_of(mounted.facts.name), mounted.path.as_str()));
    }
    if let (true, Some(key)) = (extra, &exchange.key) {
        links.push(Link::new(key.clone(), mounted.item_path(key)));
    }
    links
}

/// The pages behind the `type` of problems: `/problems/{code}` says what a code means and what to do.
pub fn problem_pages(state: &RestState) -> Router {
    let state = state.clone();
    let page = move |Path(code): Path<String>| std::future::ready(problem_page(&state, &code));
    Router::new().route("/problems/{code}", get(page.clone())).route("/problems/{code}/", get(page))
}

fn problem_page(state: &RestState, code: &str) -> Response {
    let entry = crate::problem::catalogue::find(code);
    match (entry, state.browsable()) {
        (Some(entry), Some(browsable)) => {
            let message = pages::MessagePage::new(
                entry.title,
                pages::Tone::Info,
                format!("{} · status {}. {}", entry.code, entry.status, entry.advice),
            );
            browsable.pages.message(StatusCode::OK, &Page::default(), &message)
        }
        (Some(entry), None) => axum::Json(entry).into_response(),
        (None, _) => Problem::not_found().into_response(),
    }
}

/// A response without its body, for HEAD.
pub(crate) fn without_body(response: Response) -> Response {
    response.map(|_| Body::empty())
}
