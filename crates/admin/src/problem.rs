//! What went wrong, as the problems that `rest` answers (RFC 9457): which status, which code, which member.

use http::{Method, StatusCode};
use oauth::json::JsonError;
use rest::{FieldError, Problem};
use store::StoreError;

use crate::gate::Refusal;
use crate::plan::{Fault, PlanError};

/// What is asked for is not there.
pub(crate) fn gone() -> Problem {
    Problem::not_found()
}

/// Somebody else came before, again and again.
pub(crate) fn overtaken() -> Problem {
    Problem::conflict(
        "Somebody else changed the same thing at the same moment; nothing was changed. Read it again and decide anew.",
    )
}

pub(crate) fn of_store(error: StoreError) -> Problem {
    match error {
        unavailable if unavailable.is_unavailable() => Problem::unavailable(),
        StoreError::NotFound(_) => gone(),
        StoreError::Conflict { .. } | StoreError::Overtaken(_) => overtaken(),
        StoreError::Forbidden(why) => Problem::conflict(format!("{}.", capital(why))),
        other => Problem::internal(&other),
    }
}

pub(crate) fn of_plan(error: PlanError) -> Problem {
    match error {
        PlanError::Store(error) => of_store(error),
        PlanError::Hash(error) => Problem::internal(&error),
    }
}

pub(crate) fn of_gate(refusal: Refusal) -> Problem {
    Problem::forbidden(match refusal {
        Refusal::Browser => {
            "The admin API takes access tokens only: send one as `Authorization: Bearer <token>`."
        }
        Refusal::Client => {
            "The application of this token may no longer manage this server: its registration does not name the scope `grantwell:admin`."
        }
        Refusal::Person => {
            "The person of this token may not do this: an administrator may do everything, staff may look."
        }
    })
}

pub(crate) fn of_json(error: &JsonError) -> Problem {
    match error {
        JsonError::TooLong(limit) => too_large(*limit),
        other => {
            Problem::malformed(format!("The body is not the JSON that is read here: {other}."))
        }
    }
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("The body is larger than {limit} bytes."),
    )
}

/// The members that cannot be taken.
pub(crate) fn of_faults(faults: Vec<Fault>) -> Problem {
    Problem::invalid(faults.into_iter().map(field_error).collect())
}

/// One member that cannot be taken.
pub(crate) fn of_member(member: &str, code: &'static str, detail: impl Into<String>) -> Problem {
    of_faults(vec![Fault::new(&[member], code, detail)])
}

pub(crate) async fn other_method(method: Method) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{method} is not possible here; the `Allow` header says what is."),
    )
}

/// With the place as a JSON Pointer (RFC 6901).
fn field_error(fault: Fault) -> FieldError {
    let part = |part: &String| format!("/{}", part.replace('~', "~0").replace('/', "~1"));
    let pointer = fault.path.iter().map(part).collect();
    FieldError { pointer, code: fault.code.into(), detail: fault.message.into() }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
