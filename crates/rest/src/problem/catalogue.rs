//! The codes that resources themselves answer, with what they mean; the page behind a problem's `type`.

/// One kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// The stable code.
    pub code: &'static str,
    /// The status it comes with.
    pub status: u16,
    /// A few words.
    pub title: &'static str,
    /// What to do about it.
    pub advice: &'static str,
}

const fn entry(
    code: &'static str,
    status: u16,
    title: &'static str,
    advice: &'static str,
) -> Entry {
    Entry { code, status, title, advice }
}

/// All of them, by status.
pub const ENTRIES: &[Entry] = &[
    entry(
        "malformed",
        400,
        "The request cannot be read",
        "Check the body against its Content-Type: complete JSON without repeated keys, or a form in UTF-8.",
    ),
    entry(
        "unknown_parameter",
        400,
        "Unknown query parameter",
        "Use only the parameters that the answer names; OPTIONS lists them.",
    ),
    entry(
        "invalid_parameter",
        400,
        "A query parameter cannot be understood",
        "Correct the parameter that the answer names.",
    ),
    entry(
        "invalid_cursor",
        400,
        "The cursor does not belong to this list",
        "Take the first page again, without `cursor`, and follow its links as they are.",
    ),
    entry(
        "too_many_rows",
        400,
        "The list is too long for one answer",
        "Narrow it by filters or a search, or take it as `?format=ndjson`.",
    ),
    entry(
        "invalid_idempotency_key",
        400,
        "The Idempotency-Key cannot be used",
        "Send one string of visible ASCII characters, such as a UUID, together with an access token, where the description of the API names the header.",
    ),
    entry(
        "idempotency_key_required",
        400,
        "An Idempotency-Key is needed",
        "Send a new UUID as `Idempotency-Key` for each thing that you want done, and the same one when you try again.",
    ),
    entry(
        "missing_token",
        401,
        "A credential is needed",
        "Send an access token as `Authorization: Bearer …`, or sign in when you use a browser.",
    ),
    entry(
        "invalid_token",
        401,
        "The access token is not accepted",
        "It may have expired or been revoked: get a new one with your refresh token, or sign in again.",
    ),
    entry(
        "insufficient_user_authentication",
        401,
        "A more recent sign-in is needed",
        "Send the person to the authorization endpoint with the `max_age` that the challenge names, then try again with the new token.",
    ),
    entry(
        "insufficient_scope",
        403,
        "The access token lacks a scope",
        "Ask for a token with the scope that the answer names.",
    ),
    entry(
        "forbidden",
        403,
        "Not allowed",
        "Your account may not do this, whatever the token says.",
    ),
    entry(
        "csrf",
        403,
        "The form cannot be accepted",
        "Reload the page and send the form again; a program sends an access token instead of a cookie.",
    ),
    entry(
        "not_found",
        404,
        "Not found",
        "Check the address; rows that are not yours look as if they did not exist.",
    ),
    entry(
        "method_not_allowed",
        405,
        "This method is not possible here",
        "Use one of the methods in the `Allow` header.",
    ),
    entry(
        "not_acceptable",
        406,
        "No answer in a form that you accept",
        "Accept `application/json` or `text/html`.",
    ),
    entry("conflict", 409, "It contradicts what is there", "Read the row again and decide anew."),
    entry(
        "request_in_progress",
        409,
        "The same request is being worked on",
        "Send it again after the time in `Retry-After`, with the same `Idempotency-Key`.",
    ),
    entry(
        "referenced",
        409,
        "Rows refer to each other",
        "Remove the rows that refer to this one first, or refer to a row that exists.",
    ),
    entry(
        "precondition_failed",
        412,
        "Somebody else was faster",
        "Read the row again, decide anew, and send its present `ETag` in `If-Match`.",
    ),
    entry("too_large", 413, "The body is too large", "Send less; the answer names the limit."),
    entry(
        "unsupported_media_type",
        415,
        "The body's type is not understood",
        "Send `application/json`, or a form: `application/x-www-form-urlencoded` or `multipart/form-data`.",
    ),
    entry(
        "validation_failed",
        422,
        "Some fields cannot be taken",
        "Correct the fields that `errors` names.",
    ),
    entry(
        "idempotency_key_reused",
        422,
        "The Idempotency-Key was used for something else",
        "Take a new key for each thing that you want done.",
    ),
    entry(
        "precondition_required",
        428,
        "A change must say what it is about",
        "Read the row first and send its `ETag` in `If-Match`.",
    ),
    entry(
        "too_many_requests",
        429,
        "Too many requests",
        "Wait as long as `Retry-After` says; `RateLimit` tells how many are left.",
    ),
    entry("internal", 500, "The server failed", "Tell the operator the request id."),
    entry(
        "unavailable",
        503,
        "Not available at the moment",
        "Try again after the time in `Retry-After`.",
    ),
];

/// The entry of a code.
pub fn find(code: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.code == code)
}

pub(super) fn title(code: &str) -> Option<&'static str> {
    find(code).map(|entry| entry.title)
}

/// Our own codes have a page; others mean no more than their status (RFC 9457 §4.2.1).
pub(super) fn type_uri(code: &str) -> String {
    find(code).map_or_else(|| "about:blank".to_owned(), |entry| format!("/problems/{}", entry.code))
}
