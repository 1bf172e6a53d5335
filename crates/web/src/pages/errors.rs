//! The pages that `error_uri` names: what each error code means and what to do about it (RFC 6749 §5.2).

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use http::StatusCode;
use oauth::error::ErrorCode;
use pages::{Link, Refusal};
use serde::Serialize;

use super::open;
use crate::extract::segment::Segment;
use crate::respond::page_failure::PageFailure;
use crate::state::State;

#[derive(Serialize)]
struct Row {
    code: &'static str,
    title: &'static str,
    href: String,
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Detail {
    code: &'static str,
    title: &'static str,
    text: &'static str,
    advice: &'static str,
    section: &'static str,
}

/// `GET /o/errors/`.
pub(crate) async fn list(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let mut rows: Vec<Row> = ErrorCode::ALL
        .into_iter()
        .map(|code| Row {
            code: code.as_str(),
            title: code.meaning().title,
            href: state.urls().error(code.as_str()),
        })
        .collect();
    rows.sort_unstable_by_key(|row| row.code);
    let frame = opened.visit.frame(&state, &opened.parts)?;
    let content = List { rows };
    let answer = state.pages.respond(StatusCode::OK, "errors/list.html", &frame.page, content);
    Ok(frame.finish(answer))
}

/// `GET /o/errors/{code}/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    Segment(code): Segment,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let code = ErrorCode::parse(&code).ok_or_else(Refusal::not_found)?;
    let meaning = code.meaning();
    let content = Detail {
        code: code.as_str(),
        title: meaning.title,
        text: meaning.text,
        advice: meaning.advice,
        section: meaning.section,
    };
    let above = vec![Link::new("Error codes", state.urls().errors())];
    let frame = opened.visit.frame(&state, &opened.parts)?.below(above);
    let answer = state.pages.respond(StatusCode::OK, "errors/detail.html", &frame.page, content);
    Ok(frame.finish(answer))
}
