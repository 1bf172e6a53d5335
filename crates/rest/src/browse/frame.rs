//! What stands around the content of a page, and the headers that its answer has.
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header, request::Parts};
use pages::{Link, Page, redirect::LocalPath};

use crate::{Problem, state::RestState};

/// Everything around the content: who is signed in, the form token.
pub(crate) struct Frame {
    pub(super) page: Page,
    pub(super) sign_in: String,
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
