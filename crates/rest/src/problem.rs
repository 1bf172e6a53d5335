//! Errors of resources as RFC 9457 problem details.
pub mod catalogue;

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use database::DatabaseError;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

/// The code for what the database says about references between rows.
pub(crate) const REFERENCED: &str = "referenced";

/// What steps of a resource answer: a value, or the problem to tell the caller.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where it is in the body, as a JSON Pointer (RFC 6901): `/age`. Empty for the whole body.
    pub pointer: String,
    /// One word for programs: `required`, `type`, `max_length`, …
    pub code: Cow<'static, str>,
    /// A sentence for people.
    pub detail: Cow<'static, str>,
}

impl FieldError {
    /// An error of the field called `name`.
    pub fn new(
        name: &str,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        Self { pointer, code: code.into(), detail: detail.into() }
    }

    /// An error further inside: `tags/0`, `3/name`. The names hold neither `/` nor `~`.
    pub fn at(
        path: &str,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { pointer: format!("/{path}"), code: code.into(), detail: detail.into() }
    }

    /// The same error, further inside.
    #[must_use]
    pub(crate) fn inside(mut self, path: &str) -> Self {
        self.pointer = format!("/{path}{}", self.pointer);
        self
    }

    /// The name of the field, if the pointer names one.
    pub fn field(&self) -> Option<String> {
        self.pointer.strip_prefix('/').map(|name| name.replace("~1", "/").replace("~0", "~"))
    }
}

/// A refusal or failure: status, a stable code, a sentence, and which fields are meant.
#[derive(Debug, thiserror::Error)]
#[error("{} {}: {}", .0.status.as_u16(), .0.code, .0.detail)]
pub struct Problem(Box<Facts>);

#[derive(Debug)]
struct Facts {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: HeaderMap,
    instance: Option<String>,
    request_id: Option<String>,
    /// The whole body in the other dialect, where the code alone does not tell it.
    in_django: Option<serde_json::Value>,
}

impl Problem {
    /// A problem with a code of your own: one or a few lower-case words joined by underscores.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Facts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: HeaderMap::new(),
            instance: None,
            request_id: None,
            in_django: None,
        }))
    }

    /// 400: the request cannot be read.
    pub fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 403: the caller is known, has the scope, and still may not do this.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404: not there, or not for this caller to know about.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is nothing at this address, or it is not yours to see.",
        )
    }

    /// 409: it contradicts what is there.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 422: fields hold values that cannot be taken.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => match only.field() {
                Some(name) => Cow::Owned(format!(
                    "The field `{name}` cannot be taken as it is: {}",
                    only.detail
                )),
                None => only.detail.clone(),
            },
            many => Cow::Owned(format!(
                "{} fields cannot be taken as they are; `errors` says why.",
                many.len()
            )),
        };
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation_failed", detail);
        problem.0.errors = errors;
        problem
    }

    /// 500: our fault. The cause goes to the log, not to the caller.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "a resource failed");

        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on the server; nothing was changed. The server's log has the cause under this request id.",
        )
    }

    /// 503: the database is away; the caller may try again.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The database cannot be reached at the moment; nothing was changed. Try again in a few seconds.",
        )
        .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// Adds a response header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// Adds what is wrong with one field.
    #[must_use]
    pub(crate) fn with_error(mut self, error: FieldError) -> Self {
        self.0.errors.push(error);
        self
    }

    /// Says the same in the words of Django REST framework.
    #[must_use]
    pub(crate) fn in_django(mut self, body: serde_json::Value) -> Self {
        self.0.in_django = Some(body);
        self
    }

    /// The body in the words of Django REST framework, where the problem brings it.
    pub(crate) fn django_body(&self) -> Option<&serde_json::Value> {
        self.0.in_django.as_ref()
    }

    /// Says which address and which request it was, unless that is known already.
    #[must_use]
    pub fn about(mut self, instance: &str, request_id: Option<&str>) -> Self {
        self.0.instance.get_or_insert_with(|| instance.to_owned());
        if let (None, Some(id)) = (&self.0.request_id, request_id) {
            self.0.request_id = Some(id.to_owned());
        }
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The sentence for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The headers that go with it.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The errors of single fields.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    pub(crate) fn errors_mut(&mut self) -> &mut [FieldError] {
        &mut self.0.errors
    }

    /// The title that all problems with this code share.
    pub fn title(&self) -> &'static str {
        catalogue::title(self.0.code)
            .or_else(|| self.0.status.canonical_reason())
            .unwrap_or("Problem")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let problem = pages::Problem {
            r#type: &catalogue::type_uri(self.0.code),
            title: self.title(),
            status: self.0.status,
            detail: &self.0.detail,
            instance: self.0.instance.as_deref(),
            code: self.0.code,
            request_id: self.0.request_id.as_deref(),
            errors: &self.0.errors,
        };
        let mut response = problem.into_response();
        response.headers_mut().extend(self.0.headers);
        response
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        match error {
            unavailable if unavailable.is_unavailable() => Self::unavailable(),
            DatabaseError::Unique { columns, .. } => unique(&columns),
            DatabaseError::NotNull { column, .. } => {
                Self::invalid(vec![FieldError::new(&column, "required", "This field is required.")])
            }
            DatabaseError::Value(why) => {
                tracing::debug!(why, "the database refused a value");
                Self::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "validation_failed",
                    "A value does not fit into the database: it is too long, too large or out of range. Nothing was changed.",
                )
            }
            DatabaseError::ForeignKey => Self::new(
                StatusCode::CONFLICT,
                REFERENCED,
                "A row that this one refers to does not exist, or other rows still refer to the one that should go.",
            ),
            other => Self::internal(&other),
        }
    }
}

fn unique(columns: &[String]) -> Problem {
    let detail = match columns {
        [_] => "This value is taken; it must be unique.",
        _ => "These values together are taken; they must be unique.",
    };
    let errors: Vec<FieldError> =
        columns.iter().map(|column| FieldError::new(column, "unique", detail)).collect();
    if errors.is_empty() {
        // An index on an expression names no column.
        return Problem::conflict("A row with the same values is there already.");
    }
    Problem::invalid(errors)
}

impl From<sea_orm::DbErr> for Problem {
    fn from(error: sea_orm::DbErr) -> Self {
        match error {
            // Between the look and the change, somebody else deleted the row.
            sea_orm::DbErr::RecordNotFound(_) | sea_orm::DbErr::RecordNotUpdated => {
                Self::not_found()
            }
            other => DatabaseError::from(other).into(),
        }
    }
}
