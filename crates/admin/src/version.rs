//! Which state of a thing a caller has seen: `ETag` in answers, `If-Match` in what changes it (RFC 9110 §8.8.3, §13.1.1).

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use rest::Problem;
use serde_json::{Map, Value};
use store::{Application, Person};
use vault::Purpose;

use crate::show;
use crate::state::State;

/// The name of one state of one thing. It is another one after any change of what is shown, and of what ends tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version(String);

impl Version {
    /// Of an application whose owner has this name.
    pub(crate) fn of_application(
        state: &State,
        application: &Application,
        owner: Option<&str>,
    ) -> Self {
        let moment = application.updated_at.as_millis();
        let beside = format!("{} {moment}", application.client.epoch);
        Self::of(state, &beside, show::application(application, owner))
    }

    /// Of a person.
    pub(crate) fn of_person(state: &State, person: &Person) -> Self {
        Self::of(state, &person.account.epoch.to_string(), show::user(person))
    }

    /// `beside` is what changes and is not shown.
    fn of(state: &State, beside: &str, shown: Map<String, Value>) -> Self {
        let whole = format!("{beside} {}", Value::Object(shown));
        let digest = state.store().vault().digest(Purpose::EntityTag, whole.as_bytes());
        let name = digest.iter().take(16).fold(0, |name, byte| (name << 8) | u128::from(*byte));
        Self(format!("\"{name:032x}\""))
    }

    /// The answer with this name.
    pub(crate) fn on(&self, mut response: Response) -> Response {
        if let Ok(tag) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// What a change rests on, if the caller says it.
#[derive(Debug)]
pub(crate) struct IfMatch(Option<String>);

impl IfMatch {
    /// Whether the caller says it.
    pub(crate) const fn is_said(&self) -> bool {
        self.0.is_some()
    }

    /// Refuses a change that rests on another state than the present one; `None`: there is nothing of this name.
    pub(crate) fn check(&self, present: Option<&Version>) -> Result<(), Problem> {
        let Some(said) = &self.0 else { return Ok(()) };
        // Compared as they are: a weak one (`W/"…"`) never matches (§8.8.3.2).
        let known = |tag: &str| tag == "*" || present.is_some_and(|version| version.0 == tag);
        if present.is_some() && said.split(',').map(str::trim).any(known) {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition_failed",
            "This is not the state that `If-Match` names: it has changed since you read it, or is gone. Nothing was changed; read it again and decide anew.",
        ))
    }
}

impl FromRequestParts<State> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &State) -> Result<Self, Problem> {
        let headers = parts.headers.get_all(header::IF_MATCH).iter();
        let texts: Result<Vec<&str>, _> = headers.map(HeaderValue::to_str).collect();
        let texts = texts.map_err(|_| Problem::malformed("The header If-Match cannot be read."))?;
        Ok(Self((!texts.is_empty()).then(|| texts.join(","))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_present_state_passes() {
        let present = Version("\"a1\"".to_owned());
        for (said, there, gone) in [
            (None, true, true),
            (Some("\"a1\""), true, false),
            (Some("*"), true, false),
            (Some("\"b2\" , \"a1\""), true, false),
            (Some("\"b2\""), false, false),
            (Some("W/\"a1\""), false, false),
            (Some("a1"), false, false),
            (Some(""), false, false),
        ] {
            let condition = IfMatch(said.map(str::to_owned));
            assert_eq!(condition.check(Some(&present)).is_ok(), there, "{said:?}");
            assert_eq!(condition.check(None).is_ok(), gone, "{said:?}");
        }
    }
}
