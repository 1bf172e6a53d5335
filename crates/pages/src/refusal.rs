//! A refusal that people and programs both understand: what happened, what to do, a number to quote.

use std::borrow::Cow;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use minijinja::value::Serde;
use serde::Serialize;

use crate::accept::wants_html;
use crate::headers::no_store;
use crate::page::{Link, Page};
use crate::problem::Problem;
use crate::template::Pages;

/// Why a request was not fulfilled.
///
/// As a response it is an RFC 9457 problem. [`Pages::refuse`] (or [`pages_for_people`] around a router) makes it a page
/// for a caller that wants HTML.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    /// The status of the response.
    #[serde(skip)]
    pub status: StatusCode,
    /// A stable code for programs.
    pub code: Cow<'static, str>,
    /// The heading.
    pub title: Cow<'static, str>,
    /// What happened, and why.
    pub what_happened: Cow<'static, str>,
    /// What the reader can do about it.
    pub what_to_do: Cow<'static, str>,
    /// The number to quote; filled in from the frame when absent.
    pub request_id: Option<String>,
    /// Seconds after which trying again makes sense (`Retry-After`).
    pub retry_after: Option<u32>,
    /// Ways to go on.
    pub links: Vec<Link>,
}

impl Refusal {
    /// A refusal with a title; add what happened and what to do.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            title: title.into(),
            what_happened: Cow::Borrowed(""),
            what_to_do: Cow::Borrowed(""),
            request_id: None,
            retry_after: None,
            links: Vec::new(),
        }
    }

    /// What happened, and why.
    #[must_use]
    pub fn because(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.what_happened = text.into();
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn advise(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.what_to_do = text.into();
        self
    }

    /// With a way to go on.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link::new(label, href));
        self
    }

    /// With the number to quote.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Try again after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// There is nothing here.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Nothing here")
            .because("There is no page at this address, or it is not yours to see.")
            .advise("Check the address, or start from the front page.")
            .link("Front page", "/")
    }

    /// Not with this method.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Not like this")
            .because("This address exists, but not for the method that was used.")
            .advise("The `Allow` header of this answer names the methods that work.")
    }

    /// Signed in, but not entitled.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed")
            .because("You are signed in, but this account may not do that.")
            .advise("Ask an administrator for access, or sign in with another account.")
    }

    /// Our fault. The cause goes to the log, never to the reader.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side")
            .because("The request could not be completed because of an error in this server.")
            .advise("Try again. If it happens again, quote the request number below when you ask for help.")
    }

    /// The database or another part is away for the moment.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available right now")
            .because("A part of this server cannot be reached at the moment. Nothing was changed.")
            .advise("Try again in a few seconds.")
            .retry_after(2)
    }

    /// Too many tries.
    pub fn too_many_requests(seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many tries")
            .because("There were too many tries in a short time.")
            .advise(format!("Wait {seconds} seconds and try again."))
            .retry_after(seconds)
    }

    /// The refusal that a response is: one that a handler returned, or a 404 or 405 of the router, which has no body.
    pub fn in_response(response: &Response) -> Option<Self> {
        let bare = || !response.headers().contains_key(header::CONTENT_TYPE);
        match (response.extensions().get::<Self>(), response.status()) {
            (Some(refusal), _) => Some(refusal.clone()),
            (None, StatusCode::NOT_FOUND) if bare() => Some(Self::not_found()),
            (None, StatusCode::METHOD_NOT_ALLOWED) if bare() => Some(Self::method_not_allowed()),
            _ => None,
        }
    }

    /// Gives a refusal without a number this one; every other response stays as it is.
    pub fn number(response: Response, request_id: &str) -> Response {
        match Self::in_response(&response) {
            Some(refusal) if refusal.request_id.is_none() => {
                with_headers_of(&response, refusal.request_id(request_id).into_response())
            }
            _ => response,
        }
    }

    fn problem(&self) -> Response {
        let problem = Problem::<()> {
            r#type: "about:blank",
            title: &self.title,
            status: self.status,
            detail: &join(&self.what_happened, &self.what_to_do),
            instance: None,
            code: &self.code,
            request_id: self.request_id.as_deref(),
            errors: &[],
        };
        problem.into_response()
    }

    fn finish(&self, mut response: Response) -> Response {
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        no_store(&mut response);
        response
    }
}

fn join(happened: &str, todo: &str) -> String {
    let mut text = happened.to_owned();
    if !happened.is_empty() && !todo.is_empty() {
        text.push(' ');
    }
    text.push_str(todo);
    text
}

impl From<ambient::EntropyError> for Refusal {
    /// The system gave no random bytes: nothing can be signed or drawn, and the reader can only try again.
    fn from(error: ambient::EntropyError) -> Self {
        tracing::error!(%error, "no randomness");
        Self::unavailable()
    }
}

impl IntoResponse for Refusal {
    /// The problem, with the refusal itself as an extension for [`pages_for_people`].
    fn into_response(self) -> Response {
        let mut response = self.finish(self.problem());
        response.extensions_mut().insert(self);
        response
    }
}

impl Pages {
    /// The refusal as a page when the caller wants HTML, as a problem otherwise.
    pub fn refuse(&self, refusal: &Refusal, page: &Page, request: &HeaderMap) -> Response {
        let mut refusal = refusal.clone();
        if refusal.request_id.is_none() {
            refusal.request_id.clone_from(&page.request_id);
        }
        let mut response = if wants_html(request) {
            let mut page = page.clone();
            page.request_id.clone_from(&refusal.request_id);
            let context =
                minijinja::context! { error => Serde(&refusal), status => refusal.status.as_u16() };
            self.respond(refusal.status, "error.html", &page, context)
        } else {
            refusal.problem()
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        refusal.finish(response)
    }

    /// What [`pages_for_people`] does to a response, for a caller that wants HTML and sent these `Accept` headers.
    pub fn for_a_person(&self, response: Response, accept: &HeaderMap) -> Response {
        let Some(refusal) = Refusal::in_response(&response) else { return response };
        let page = response.extensions().get::<Page>().cloned().unwrap_or_default();
        with_headers_of(&response, self.refuse(&refusal, &page, accept))
    }
}

/// A refusal written anew, with the headers that the handler had set.
fn with_headers_of(response: &Response, mut shown: Response) -> Response {
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE
            && name != header::CONTENT_LENGTH
            && !shown.headers().contains_key(name)
        {
            shown.headers_mut().append(name, value.clone());
        }
    }
    shown
}

/// Middleware: turns each [`Refusal`] that a handler returned into a page for callers that want HTML, and plain 404 and
/// 405 answers of the router too. Headers that the handler set (`WWW-Authenticate`, `Allow`, cookies) are kept.
///
/// `router.layer(axum::middleware::from_fn_with_state(pages, refusal::pages_for_people))`
pub async fn pages_for_people(
    State(pages): State<Pages>,
    request: Request,
    next: Next,
) -> Response {
    let accept = accept_of_a_person(request.headers());
    let response = next.run(request).await;
    match accept {
        Some(accept) => pages.for_a_person(response, &accept),
        None => response,
    }
}

/// The `Accept` headers of a caller that wants HTML.
pub fn accept_of_a_person(request: &HeaderMap) -> Option<HeaderMap> {
    wants_html(request).then(|| {
        let all = request.get_all(header::ACCEPT).iter();
        all.map(|value| (header::ACCEPT, value.clone())).collect()
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::{Router, middleware, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn ask(path: &str, accept: &str) -> (Response<()>, String) {
        let pages = Pages::builder().build().unwrap();
        let router: Router = Router::new()
            .route("/away", get(|| async { Refusal::unavailable().request_id("r-1") }))
            .route(
                "/hostile",
                get(|| async { Refusal::forbidden().because("<svg onload=alert(1)>") }),
            )
            .route(
                "/cookies",
                get(|| async {
                    ([("set-cookie", "a=1"), ("www-authenticate", "Bearer")], Refusal::forbidden())
                }),
            )
            .layer(middleware::from_fn_with_state(pages, pages_for_people));
        let request =
            Request::builder().uri(path).header("accept", accept).body(Body::empty()).unwrap();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_program_gets_a_problem() {
        let (response, body) = ask("/away", "*/*").await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["retry-after"], "2");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(problem["code"], "unavailable");
        assert_eq!(problem["status"], 503);
        assert_eq!(problem["request_id"], "r-1");
    }

    #[tokio::test]
    async fn a_person_gets_a_page_with_the_number_to_quote() {
        let (response, body) = ask("/away", "text/html").await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(response.headers()["retry-after"], "2");
        assert!(
            body.contains("Not available right now")
                && body.contains("r-1")
                && body.contains("Try again"),
            "{body}"
        );
    }

    #[tokio::test]
    async fn the_routers_own_404_is_a_page_too() {
        let (response, body) = ask("/missing", "text/html").await;
        assert_eq!(response.status(), 404);
        assert!(body.contains("Nothing here"));
    }

    #[tokio::test]
    async fn headers_of_the_handler_are_kept() {
        let (response, body) = ask("/cookies", "text/html").await;
        assert_eq!(response.headers()["set-cookie"], "a=1");
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(response.headers().get_all("content-type").iter().count(), 1);
        assert!(body.contains("Not allowed"));
    }

    #[tokio::test]
    async fn hostile_text_in_a_refusal_stays_text() {
        let (_, body) = ask("/hostile", "text/html").await;
        assert!(!body.contains("<svg onload"), "{body}");
        assert!(body.contains("&lt;svg onload"), "{body}");
    }
}
