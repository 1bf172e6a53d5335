//! The browsable page: the same answer as a program gets, with its request and headers, links, and forms to go on.
mod forms;
mod frame;
mod links;
mod operation;
mod picker;
mod readers;
mod scopes;
mod search;
mod snippet;

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

pub(crate) use frame::Frame;
use operation::Outcome;
pub(crate) use readers::format;
pub(crate) use scopes::choose;

use crate::{
    Problem, Requirement, Result,
    exchange::{Answer, Exchange, Place, answer, precondition},
    field::label_of,
    mounted::Root,
    resource::Action,
    state::RestState,
};

/// The templates of this room, for `Pages::builder().templates(…)`.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("rest/docs.html", include_str!("../templates/rest/docs.html")),
    ("rest/docs_redirect.html", include_str!("../templates/rest/docs_redirect.html")),
    ("rest/operation.html", include_str!("../templates/rest/operation.html")),
    ("rest/parts.html", include_str!("../templates/rest/parts.html")),
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
    expansions: Vec<Link>,
    can_describe: bool,
    deprecation: Option<String>,
    write_hint: Option<String>,
    sign_in: Option<String>,
    pager: Option<links::Pager>,
    rows: Vec<Link>,
    search: Option<search::Search>,
    operations: Vec<operation::Operation>,
    /// This request from elsewhere, and what it needs.
    snippets: Vec<snippet::Snippet>,
    scope: Option<String>,
    scopes: Option<scopes::Switch>,
    #[serde(flatten)]
    shown: Shown,
}

#[derive(Serialize)]
struct RootPage {
    resources: Vec<Link>,
    scopes: Option<scopes::Switch>,
    #[serde(flatten)]
    shown: Shown,
}

/// The state of the row that the page shows, for the forms that change it.
pub(crate) struct Seen(Option<String>);

impl Seen {
    /// Of a row that is shown whole; or what the form said that is answered here: whoever was too late has to look again.
    fn of(exchange: &Exchange, result: &Result<Answer>) -> Self {
        let query = exchange.parts.uri.query().unwrap_or_default();
        let whole = query.is_empty() || query == "format=html";
        let tag = match result {
            Ok(answer) if exchange.item && whole => Some(precondition::etag(&answer.json)),
            Ok(_) => None,
            Err(_) => exchange.parts.headers.get(header::IF_MATCH).cloned(),
        };
        Self(tag.and_then(|tag| tag.to_str().ok().map(str::to_owned)))
    }

    fn tag(&self) -> Option<String> {
        self.0.clone()
    }
}

/// The page around an answer of a resource.
pub(crate) async fn page(exchange: &Exchange, result: Result<Answer>) -> Response {
    let mounted = &*exchange.mounted;
    if exchange.action == Action::Delete && result.is_ok() {
        return deleted(exchange, result);
    }
    let Some(browsable) = mounted.state.browsable() else { return answer::json(result, false) };
    let frame = Frame::of(&mounted.state, &exchange.parts, breadcrumbs(exchange)).await;
    let list = result.as_ref().ok().and_then(|answer| answer.list.clone());
    let errors = result.as_ref().err().map(|problem| problem.errors().to_vec()).unwrap_or_default();
    let seen = Seen::of(exchange, &result);
    let (shown, status, headers, json) =
        show(&exchange.parts, exchange.method.clone(), result).await;
    let good = status.is_success();
    let outcome = Outcome {
        status,
        detail: shown.problem.as_ref().map_or("", |problem| &problem.detail),
        errors: &errors,
        row: good.then_some(&json),
        seen: &seen,
    };
    let known = exchange.principal.is_some();
    let reads_list = exchange.action == Action::List;
    let next = exchange.shown_at();
    let context = ResourcePage {
        title: title(exchange),
        intro: intro(exchange),
        path: exchange.parts.uri.path().to_owned(),
        formats: links::formats(exchange),
        orders: if list.is_some() { links::orders(exchange) } else { Vec::new() },
        expansions: if good && matches!(exchange.action, Action::List | Action::Retrieve) {
            links::expansions(exchange)
        } else {
            Vec::new()
        },
        can_describe: exchange.is_session(),
        deprecation: exchange.deprecation().map(|deprecation| deprecation.text()),
        write_hint: (good && !may_write(exchange)).then(|| hint(writing(exchange), known)),
        sign_in: (!known && status == StatusCode::UNAUTHORIZED).then(|| frame.sign_in.clone()),
        pager: list.as_ref().and_then(links::pager),
        rows: if reads_list { links::rows(exchange, &json) } else { Vec::new() },
        // What was mistyped stands in it.
        search: (reads_list && (good || status == StatusCode::BAD_REQUEST))
            .then(|| search::form(exchange))
            .flatten(),
        operations: operations(exchange, outcome),
        snippets: snippets(exchange),
        scope: names(exchange.requirement()),
        scopes: scopes::switch(
            &mounted.state,
            &exchange.parts,
            (&mounted.root, &mounted.scopes),
            &next,
        )
        .await,
        shown,
    };
    let response = browsable.pages.respond(status, "rest/resource.html", &frame.page, context);
    frame.finish(response, &headers)
}

/// A form goes back to the list; a program that sends DELETE has nothing to follow.
fn deleted(exchange: &Exchange, result: Result<Answer>) -> Response {
    match LocalPath::parse(&exchange.mounted.path) {
        Ok(path) if exchange.parts.method != Method::DELETE => pages::redirect::see_other(&path),
        _ => answer::json(result, false),
    }
}

/// Whether a form of this caller's can do what asks for this.
fn may(exchange: &Exchange, requirement: Requirement) -> bool {
    exchange.satisfies(requirement) && (exchange.is_session() || requirement == Requirement::Public)
}

/// What changing anything here asks for: on a row that of PUT, unless only PATCH is open to the caller.
fn writing(exchange: &Exchange) -> Requirement {
    let each = &exchange.mounted.facts.requirements;
    match exchange.item {
        false => each.post,
        true if may(exchange, each.patch) && !may(exchange, each.put) => each.patch,
        true => each.put,
    }
}

fn may_write(exchange: &Exchange) -> bool {
    may(exchange, writing(exchange))
}

/// The scopes to ask for, separated by spaces; none for everybody's.
fn names(requirement: Requirement) -> Option<String> {
    Some(requirement.names()).filter(|names| !names.is_empty())
}

/// What can be done from here.
fn operations(exchange: &Exchange, outcome: Outcome<'_>) -> Vec<operation::Operation> {
    let mut all = Vec::new();
    if !outcome.has_forms(exchange.action) {
        return all;
    }
    let at_extra = matches!(exchange.place, Place::Extra { .. });
    let here = !at_extra && exchange.action != Action::Describe;
    let writes = here && may_write(exchange);
    // Where the row could not be removed it is not shown, and a form would be empty.
    if writes && exchange.action != Action::Delete {
        all.push(operation::write(exchange, outcome));
    }
    all.extend(operation::actions(exchange, outcome));
    if here && exchange.item && may(exchange, exchange.mounted.facts.requirements.delete) {
        all.push(operation::delete(exchange, outcome.seen));
    }
    all
}

/// The request that was answered, for programs; only where it can be sent again.
fn snippets(exchange: &Exchange) -> Vec<snippet::Snippet> {
    if exchange.parts.method != Method::GET {
        return Vec::new();
    }
    let uri = &exchange.parts.uri;
    let pairs =
        uri.query().map(|query| query.split('&').filter(|pair| !pair.starts_with("format=")));
    let query =
        pairs.map(|pairs| pairs.collect::<Vec<_>>().join("&")).filter(|one| !one.is_empty());
    let address = query.map_or(uri.path().to_owned(), |query| format!("{}?{query}", uri.path()));
    snippet::all(&[operation::call(exchange, &Method::GET, &address, exchange.requirement())])
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
    let here = (root.path.as_str(), &*root.scopes);
    let scopes = scopes::switch(&root.state, parts, here, &root.path).await;
    let context = RootPage { resources, scopes, shown };
    let response = browsable.pages.respond(status, "rest/root.html", &frame.page, context);
    frame.finish(response, &headers)
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
