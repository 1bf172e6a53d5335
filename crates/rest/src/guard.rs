//! Who is asking, and whether that is enough: 401 and 403 with the challenges of RFC 6750 §3 and RFC 9728 §5.1.
use http::{HeaderValue, StatusCode, header, request::Parts};
use oauth::{
    error::ErrorCode,
    principal::{Principal, Via},
};

use crate::{
    Declaration, Problem, Requirement, Result, access, acting::Chosen, cors::Asker,
    state::RestState, verifier::VerifyFailure,
};

/// The address of the metadata about the protected resource at `prefix` (RFC 9728 §3).
pub(crate) fn metadata_url(state: &RestState, prefix: &str) -> String {
    format!(
        "{}/.well-known/oauth-protected-resource{}",
        state.public_url(),
        prefix.trim_end_matches('/')
    )
}

/// The caller, if a credential was brought; a session with the scopes that its person chose to act with.
pub(crate) async fn authenticate(
    state: &RestState,
    parts: &Parts,
    metadata: &str,
) -> Result<Option<Principal>> {
    let verified = state.verifier().verify(parts).await;
    if let Ok(Some(principal)) = &verified {
        Asker::note(&parts.extensions, principal);
    }
    let caller = verified.map_err(|failure| match failure {
        VerifyFailure::Unavailable => unchecked(),
        VerifyFailure::Refused(error) if error.code() == ErrorCode::InvalidRequest => {
            let text = error.description().into_owned();
            let challenge =
                challenge(&[("error", "invalid_request"), ("error_description", &text)], metadata);
            Problem::malformed(text).with_header(header::WWW_AUTHENTICATE, challenge)
        }
        VerifyFailure::Refused(error) => {
            let text = error.description().into_owned();
            let challenge =
                challenge(&[("error", "invalid_token"), ("error_description", &text)], metadata);
            Problem::new(StatusCode::UNAUTHORIZED, "invalid_token", text)
                .with_header(header::WWW_AUTHENTICATE, challenge)
        }
    })?;
    Ok(match (caller, state.browsable()) {
        (Some(caller), Some(browsable)) if caller.via == Via::Session => {
            let chosen = Chosen::of(browsable.csrf.cookie_kind(), &parts.headers);
            Some(chosen.narrow(caller))
        }
        (caller, _) => caller,
    })
}

/// Whether somebody may open the administration.
pub(crate) async fn is_staff(state: &RestState, principal: &Principal) -> Result<bool> {
    let person = state.verifier().person(principal).await.map_err(|_| unchecked())?;
    Ok(person.is_some_and(|person| person.staff || person.superuser))
}

/// 503: neither accepted nor refused; the caller may try again with the same token.
pub(crate) fn unchecked() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "Access tokens cannot be checked at the moment; nothing was changed. Try again in a few seconds.",
    )
    .with_header(header::RETRY_AFTER, HeaderValue::from_static("5"))
}

/// Whether the caller brings what is required.
pub(crate) fn satisfies(requirement: Requirement, principal: Option<&Principal>) -> bool {
    requirement.is_met_by(&|name| has(principal, name))
}

fn has(principal: Option<&Principal>, name: &str) -> bool {
    principal.is_some_and(|principal| principal.scopes.iter().any(|scope| scope.as_str() == name))
}

/// Lets the caller pass, or says what is missing.
pub(crate) fn require(
    requirement: Requirement,
    principal: Option<&Principal>,
    metadata: &str,
) -> Result<()> {
    if satisfies(requirement, principal) {
        return Ok(());
    }
    let needed = requirement.the_scopes();
    // Of alternatives, the one that is nearest: a client asks for what is named here.
    let wanted = requirement.nearest(&|name| has(principal, name));
    let scope = access::names(&wanted);
    if principal.is_none() {
        // RFC 6750 §3.1: without a credential there is no error code.
        let problem = Problem::new(
            StatusCode::UNAUTHORIZED,
            "missing_token",
            format!(
                "This needs an access token with {needed}: send it as `Authorization: Bearer <token>`."
            ),
        );
        return Err(problem
            .with_header(header::WWW_AUTHENTICATE, challenge(&[("scope", &scope)], metadata)));
    }
    let lacking: Vec<_> =
        wanted.iter().copied().filter(|scope| !has(principal, scope.name)).collect();
    let problem = Problem::new(
        StatusCode::FORBIDDEN,
        "insufficient_scope",
        insufficient(requirement, &needed, &lacking),
    );
    let text = match wanted.as_slice() {
        [_] => format!("the scope {scope} is needed"),
        _ => format!("the scopes {scope} are needed"),
    };
    let parameters =
        [("error", "insufficient_scope"), ("error_description", text.as_str()), ("scope", &scope)];
    Err(problem.with_header(header::WWW_AUTHENTICATE, challenge(&parameters, metadata)))
}

fn insufficient(requirement: Requirement, needed: &str, lacking: &[Declaration]) -> String {
    if let Requirement::Scope(scope) = requirement {
        let words = scope.description;
        return format!("This needs {needed} ({words}), which the access token does not have.");
    }
    let named = lacking.iter().map(|scope| format!("`{}` ({})", scope.name, scope.description));
    let named: Vec<String> = named.collect();
    format!("This needs {needed}; the access token lacks {}.", named.join(" and "))
}

/// `Bearer a="b", …`; values are quoted strings without the characters that RFC 6750 §3 forbids in them.
pub(crate) fn challenge(parameters: &[(&str, &str)], metadata: &str) -> HeaderValue {
    let mut text = String::from("Bearer ");
    for (name, value) in parameters.iter().copied().chain([("resource_metadata", metadata)]) {
        if text.len() > "Bearer ".len() {
            text.push_str(", ");
        }
        text.push_str(name);
        text.push_str("=\"");
        text.extend(value.chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')));
        text.push('"');
    }
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer"))
}
