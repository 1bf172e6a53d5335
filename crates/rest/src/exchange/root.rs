//! The API root, which lists the resources, and the answer to addresses below it where nothing is.
use std::sync::Arc;

use axum::{Router, extract::Request, response::Response, routing::any};
use http::{Method, StatusCode, header, request::Parts};

use crate::{
    Problem, browse, list,
    mounted::{ALLOW_ROOT, Root},
    negotiate::Format,
    state::RestState,
};

use super::answer::{self, Answer};

/// Adds the root at the prefix, and a 404 for everything below it that is nothing else.
pub(crate) fn attach_root(
    router: Router<RestState>,
    prefix: &str,
    root: Arc<Root>,
) -> Router<RestState> {
    let below = Arc::clone(&root);
    let on_root = any(move |request: Request| serve(Arc::clone(&root), request, true));
    let router = router.route(&format!("{prefix}/"), on_root.clone());
    if prefix.is_empty() {
        return router;
    }
    let on_nothing = any(move |request: Request| serve(Arc::clone(&below), request, false));
    router.route(prefix, on_root).route(&format!("{prefix}/{{*nothing}}"), on_nothing)
}

async fn serve(root: Arc<Root>, request: Request, exists: bool) -> Response {
    let (parts, body) = request.into_parts();
    let chosen = if exists { browse::choose(&root, &parts, body).await } else { None };
    let result = match chosen {
        Some(Ok(response)) => return response,
        Some(Err(problem)) => Err(problem),
        None if exists => Ok(()),
        None => Err(Problem::not_found()),
    };
    let (format, result) = match browse::format(&root.state, &parts, false).await {
        Ok(format) => {
            let checked = result.and_then(|()| list::check_item_query(parts.uri.query()));
            (format, checked.and_then(|()| run(&root, &parts)))
        }
        Err(problem) => (Format::Json, Err(problem)),
    };
    let id = parts.headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let result = result.map_err(|problem| problem.about(parts.uri.path(), id));
    let head = parts.method == Method::HEAD;
    match format {
        Format::Json | Format::Csv | Format::Ndjson => answer::json(result, head),
        Format::Html if head => browse::without_body(browse::root(&root, &parts, result).await),
        Format::Html => browse::root(&root, &parts, result).await,
    }
}

fn run(root: &Root, parts: &Parts) -> crate::Result<Answer> {
    match parts.method.as_str() {
        "GET" | "HEAD" => Ok(Answer::ok(root.json())),
        "OPTIONS" => Ok(Answer::ok(root.json()).with(header::ALLOW, ALLOW_ROOT)),
        _ => Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            format!("{} is not possible here. Allowed: GET, HEAD, OPTIONS.", parts.method),
        )
        .with_header(header::ALLOW, ALLOW_ROOT)),
    }
}
