//! Refusals of the first-party API: RFC 9457 problems that name the field.

use accounts::FieldError as AccountError;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use oauth::error::{ErrorCode, OAuthError};
use rest::{FieldError, Problem};

use super::fields::FieldsError;
use crate::extract::body::BodyError;
use crate::grant::Failure;
use crate::respond::stop::Stop;

/// The fields that an account cannot be made with.
pub(super) fn of_account(errors: Vec<AccountError>) -> Problem {
    let field =
        |error: AccountError| FieldError::new(error.field.name(), error.code, error.message);
    Problem::invalid(errors.into_iter().map(field).collect())
}

/// The fields that were not sent.
pub(super) fn missing(names: &[&'static str]) -> Problem {
    let field = |name: &&'static str| FieldError::new(name, "required", "This field is required.");
    Problem::invalid(names.iter().map(field).collect())
}

/// The refusal of a rule: the same code as at the protocol endpoints, so that one table of codes serves both.
pub(super) fn of_rule(error: &OAuthError) -> Problem {
    let status = match error.code() {
        ErrorCode::InsufficientScope | ErrorCode::UnauthorizedClient => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, error.code().as_str(), sentence(&error.description()))
}

pub(super) fn of_grant(failure: Failure) -> Problem {
    match failure {
        Failure::Refused(error) => of_rule(&error),
        Failure::Stopped(stop) => of_stop(stop),
    }
}

pub(super) fn of_stop(stop: Stop) -> Problem {
    let problem = match stop {
        Stop::Unavailable => return Problem::unavailable(),
        Stop::Busy => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "The server has more to do than it can at once; nothing was changed. Try again in a moment.",
        ),
        Stop::Internal => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on the server. Its log has the cause under this request id.",
        ),
        Stop::TooManyTries { .. } => Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "There were too many tries in a short time. Wait as many seconds as Retry-After says.",
        ),
    };
    match stop.retry_after() {
        Some(seconds) => problem.with_header(RETRY_AFTER, HeaderValue::from(seconds)),
        None => problem,
    }
}

pub(super) fn of_body(error: BodyError) -> Problem {
    match error {
        BodyError::UnsupportedMedia => Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "Send the fields as application/json or application/x-www-form-urlencoded.",
        ),
        BodyError::TooLarge => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than this address reads.",
        ),
        BodyError::Truncated => Problem::malformed("The body did not arrive whole; send it again."),
    }
}

pub(super) fn of_fields(error: FieldsError) -> Problem {
    match error {
        FieldsError::Malformed(why) => {
            Problem::malformed(format!("The body is not a JSON object of texts: {why}."))
        }
        FieldsError::NotText(name) => {
            Problem::invalid(vec![FieldError::new(&name, "type", "This must be a text in quotes.")])
        }
    }
}

/// With a capital at its start and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let mut sentence: String = first.into_iter().chain(letters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}
