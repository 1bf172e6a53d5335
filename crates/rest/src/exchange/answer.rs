//! A good answer before it is written as JSON or as a page.
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::{Result, list::links::Links};

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
    /// The body instead of `json`, and its media type: a list that is read while it is sent.
    pub(crate) stream: Option<(HeaderValue, Body)>,
    /// For the page's pagination.
    pub(crate) list: Option<Listed>,
}

/// Where in a list an answer is.
#[derive(Clone)]
pub(crate) struct Listed {
    /// In words: `Page 2 of 3, 5 rows`.
    pub(crate) text: String,
    /// The pieces around it.
    pub(crate) links: Links,
}

impl Answer {
    pub(crate) fn ok(json: Vec<u8>) -> Self {
        Self { status: StatusCode::OK, json, headers: Vec::new(), stream: None, list: None }
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
    // How long a list will be that is read while it is sent, nobody knows: a HEAD does not say it.
    let length = answer.stream.is_none().then_some(answer.json.len());
    let (content_type, body) = match answer.stream {
        Some(stream) => stream,
        None => (JSON, Body::from(answer.json)),
    };
    // The router takes the body of a HEAD away; an empty one here would make it say that there is none.
    let without = empty || (head && length.is_some());
    let mut response = Response::new(if without { Body::empty() } else { body });
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if let (true, false, Some(length)) = (head, empty, length) {
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
