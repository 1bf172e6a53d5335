//! A good answer before it is written as JSON or as a page.
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::{Result, list::ListQuery};

/// The media type of answers.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The same address gives other answers to other callers.
const VARY: HeaderValue = HeaderValue::from_static("Accept, Authorization, Cookie");
/// Rows may be somebody's own: no shared cache keeps them.
const CACHE: HeaderValue = HeaderValue::from_static("private, no-cache");

/// A good answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) json: Vec<u8>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// For the page's pagination: what was asked and how many rows there are.
    pub(crate) list: Option<(ListQuery, u64)>,
}

impl Answer {
    pub(crate) fn ok(json: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, json, headers: Vec::new(), list: None }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// The answer as JSON.
pub(crate) fn json(result: Result<Answer>, head: bool) -> Response {
    let answer = match result {
        Ok(answer) => answer,
        Err(problem) => {
            let mut response = without_body_if(head, problem.into_response());
            response.headers_mut().insert(header::VARY, VARY);
            return response;
        }
    };
    let empty = matches!(answer.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = answer.json.len();
    let mut response =
        Response::new(if head || empty { Body::empty() } else { Body::from(answer.json) });
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, JSON);
    }
    if head && !empty {
        headers.insert(header::CONTENT_LENGTH, length.into());
    }
    headers.insert(header::VARY, VARY);
    headers.insert(header::CACHE_CONTROL, CACHE);
    headers.extend(answer.headers);
    response
}

fn without_body_if(head: bool, response: Response) -> Response {
    if head { response.map(|_| Body::empty()) } else { response }
}
