//! The answers of operations: their headers, and every problem that can really come.
use serde_json::{Map, Value as Json, json};

use super::About;
use crate::{Dialect, problem::catalogue};

/// A problem that operations may answer: its status, the name of the shared answer, what it means, the code of the example.
struct Known {
    status: u16,
    name: &'static str,
    text: &'static str,
    code: &'static str,
}

const fn known(status: u16, name: &'static str, text: &'static str, code: &'static str) -> Known {
    Known { status, name, text, code }
}

const KNOWN: &[Known] = &[
    known(400, "Malformed", "The request cannot be read.", "invalid_parameter"),
    known(401, "Unauthenticated", "A good access token is needed.", "missing_token"),
    known(
        403,
        "Forbidden",
        "The access token lacks the scope, or the person may not do this.",
        "insufficient_scope",
    ),
    known(404, "NotFound", "It is not there, or not there for this caller.", "not_found"),
    known(406, "NotAcceptable", "There is no answer in a form that is accepted.", "not_acceptable"),
    known(409, "Conflict", "It contradicts what is there.", "conflict"),
    known(412, "PreconditionFailed", "Somebody else was faster.", "precondition_failed"),
    known(413, "TooLarge", "The body is too large.", "too_large"),
    known(
        415,
        "UnsupportedMediaType",
        "The type of the body is not understood.",
        "unsupported_media_type",
    ),
    known(422, "Invalid", "Some fields cannot be taken; `errors` names each.", "validation_failed"),
    known(428, "PreconditionRequired", "`If-Match` is missing.", "precondition_required"),
    known(429, "TooManyRequests", "More requests than the rate allows.", "too_many_requests"),
    known(503, "Unavailable", "Not available at the moment; try again.", "unavailable"),
];

impl Known {
    /// The name of the shared answer in a dialect.
    fn named(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Problems => self.name.to_owned(),
            Dialect::DjangoRestFramework => format!("{}Django", self.name),
        }
    }
}

/// The shared answers in a dialect, for `components.responses`.
pub(super) fn problems(about: &About, dialect: Dialect) -> Map<String, Json> {
    let answer = |known| match dialect {
        Dialect::Problems => problem(known, about),
        Dialect::DjangoRestFramework => in_django(known, about),
    };
    let there = KNOWN.iter().filter(|known| status_in(dialect, known.status) == known.status);
    there.map(|known| (known.named(dialect), answer(known))).collect()
}

/// References to shared answers, by status.
pub(super) fn references(dialect: Dialect, statuses: &[u16]) -> Map<String, Json> {
    let statuses: Vec<u16> = statuses.iter().map(|status| status_in(dialect, *status)).collect();
    let named = KNOWN.iter().filter(|known| statuses.contains(&known.status)).map(|known| {
        let place = format!("#/components/responses/{}", known.named(dialect));
        (known.status.to_string(), json!({ "$ref": place }))
    });
    named.collect()
}

/// Fields that cannot be taken are a 400 in the other dialect.
fn status_in(dialect: Dialect, status: u16) -> u16 {
    match (dialect, status) {
        (Dialect::DjangoRestFramework, 422) => 400,
        (_, status) => status,
    }
}

/// The schemas that the shared answers of a dialect need.
pub(super) fn schemas(dialect: Dialect) -> Map<String, Json> {
    let named = match dialect {
        Dialect::Problems => json!({ "Problem": problem_schema() }),
        Dialect::DjangoRestFramework => json!({
            "Detail": {
                "type": "object",
                "description": "What went wrong, in one sentence.",
                "required": ["detail"],
                "properties": { "detail": { "type": "string" } },
            },
            "FieldErrors": {
                "type": "object",
                "description": "What is wrong with each field; `non_field_errors` is about no single one.",
                "additionalProperties": { "type": "array", "items": { "type": "string" } },
            },
        }),
    };
    named.as_object().cloned().unwrap_or_default()
}

/// An answer in the words of Django REST framework.
fn in_django(known: &Known, about: &About) -> Json {
    let detail = json!({ "$ref": "#/components/schemas/Detail" });
    let schema = match known.status {
        400 => {
            let fields = json!({ "$ref": "#/components/schemas/FieldErrors" });
            json!({ "anyOf": [detail, fields, { "type": "array", "items": fields }] })
        }
        _ => detail,
    };
    let mut answer = problem(known, about);
    if let Some(Json::Object(content)) = answer.get_mut("content") {
        content.remove("application/problem+json");
        content.insert("application/json".to_owned(), json!({ "schema": schema }));
    }
    answer
}

fn problem(known: &Known, about: &About) -> Json {
    let mut text = known.text.to_owned();
    if known.status == 413 {
        text = format!("{text} At most {} bytes.", about.body_limit);
    }
    let mut content = json!({ "application/problem+json": {
        "schema": { "$ref": "#/components/schemas/Problem" },
        "example": example(known),
    } });
    if let (true, Some(content)) = (about.pages, content.as_object_mut()) {
        content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
    }
    let mut answer = json!({ "description": text, "content": content });
    let header = match known.status {
        401 | 403 => Some(("WWW-Authenticate", "What a good request would bring (RFC 6750 §3).")),
        503 => Some(("Retry-After", "Seconds after which to try again.")),
        _ => None,
    };
    if let (Some((name, text)), Some(answer)) = (header, answer.as_object_mut()) {
        let header = json!({ name: { "description": text, "schema": { "type": "string" } } });
        answer.insert("headers".to_owned(), header);
    }
    answer
}

fn example(known: &Known) -> Json {
    let (title, detail) = catalogue::find(known.code)
        .map_or((known.text, known.text), |entry| (entry.title, entry.advice));
    let mut example = json!({
        "type": format!("/problems/{}", known.code), "title": title, "status": known.status,
        "detail": detail, "code": known.code,
    });
    if let (422, Some(map)) = (known.status, example.as_object_mut()) {
        let error =
            json!({ "pointer": "/name", "code": "required", "detail": "This field is required." });
        map.insert("errors".to_owned(), json!([error]));
    }
    example
}

/// The schema of a problem (RFC 9457 §3).
fn problem_schema() -> Json {
    let codes: Vec<&str> = catalogue::ENTRIES.iter().map(|entry| entry.code).collect();
    let text = |what: &str| json!({ "type": "string", "description": what });
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "A page about this kind of problem." },
            "title": text("A few words that all problems of this kind share."),
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": text("A sentence about this one."),
            "instance": text("The address that was asked."),
            "code": { "type": "string", "description": "One stable word for programs.", "examples": codes },
            "request_id": text("Names the request in the server's log."),
            "errors": {
                "type": "array",
                "description": "What is wrong with single fields.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "detail"],
                    "properties": {
                        "pointer": text("The field, as a JSON Pointer (RFC 6901)."),
                        "code": text("One word for programs."),
                        "detail": text("A sentence for people."),
                    },
                },
            },
        },
    })
}

/// A good answer with JSON in it, and a page where browsers get one.
pub(super) fn good(about: &About, description: &str, schema: &Json, headers: &Json) -> Json {
    let mut content = json!({ "application/json": { "schema": schema } });
    if let (true, Some(content)) = (about.pages, content.as_object_mut()) {
        content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
    }
    json!({ "description": description, "headers": headers, "content": content })
}

/// An answer without a body.
pub(super) fn empty(description: &str) -> Json {
    json!({ "description": description })
}

/// A header of an answer.
pub(super) fn header(description: &str, kind: &str) -> Json {
    json!({ "description": description, "schema": { "type": kind } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_an_example_from_the_catalogue() {
        for known in KNOWN {
            let entry = catalogue::find(known.code).unwrap();
            assert_eq!(entry.status, known.status, "{}", known.code);
        }
    }
}
