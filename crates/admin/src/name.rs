//! The name in an address, and the members of a body that belong with it.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rest::Problem;
use serde_json::{Map, Value};

use crate::problem::{gone, of_member};
use crate::state::State;

/// What may stand in a segment of a path as it is (RFC 3986 §2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The last name in the path, decoded.
pub(crate) struct Name(pub(crate) String);

impl FromRequestParts<State> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| gone())
    }
}

/// The address of what has this name.
pub(crate) fn address(state: &State, kind: &str, name: &str) -> String {
    format!("{}/{kind}/{}/", state.prefix(), utf8_percent_encode(name, SEGMENT))
}

/// Writes the name of the address into the body, which may name it again and nothing else; what is only shown is left out.
pub(crate) fn named(
    mut members: Map<String, Value>,
    (member, name): (&str, &str),
    shown_only: &[&str],
) -> Result<Map<String, Value>, Problem> {
    members.retain(|member, _| !shown_only.contains(&member.as_str()));
    match members.insert(member.to_owned(), name.into()) {
        None => Ok(members),
        Some(Value::String(again)) if again == name => Ok(members),
        Some(_) => Err(of_member(
            member,
            "other_name",
            "This is not the name in the address; leave it out.",
        )),
    }
}
