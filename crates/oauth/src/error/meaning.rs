//! What each error code means and what to do about it, in words: for the pages that `error_uri` names (RFC 6749 §5.2).

use super::ErrorCode;

/// What is said about one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// A few words.
    pub title: &'static str,
    /// What has happened.
    pub text: &'static str,
    /// What whoever writes or runs the client can do.
    pub advice: &'static str,
    /// Where the code is defined.
    pub section: &'static str,
}

const fn meaning(
    title: &'static str,
    text: &'static str,
    advice: &'static str,
    section: &'static str,
) -> Meaning {
    Meaning { title, text, advice, section }
}

impl ErrorCode {
    /// The code of this spelling.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// What it means.
    pub const fn meaning(self) -> Meaning {
        match self {
            Self::AccountSelectionRequired
            | Self::ConsentRequired
            | Self::InteractionRequired
            | Self::LoginRequired => of_silence(self),
            Self::AuthorizationPending | Self::ExpiredToken | Self::SlowDown => of_devices(self),
            Self::InvalidRequestObject
            | Self::InvalidRequestUri
            | Self::RegistrationNotSupported
            | Self::RequestNotSupported
            | Self::RequestUriNotSupported => of_request_objects(self),
            Self::InvalidRedirectUri
            | Self::InvalidClientMetadata
            | Self::InvalidSoftwareStatement
            | Self::UnapprovedSoftwareStatement => of_registration(self),
            Self::InvalidToken | Self::InsufficientScope | Self::UnsupportedTokenType => {
                of_tokens(self)
            }
            Self::InvalidClient
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType => of_clients(self),
            _ => of_requests(self),
        }
    }
}

const fn of_requests(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::InvalidScope => meaning(
            "The scope cannot be had",
            "A scope is not known, not written as it should be, or more than this client or the person's approval covers.",
            "Ask for scopes that scopes_supported lists and that the client is registered for. A refresh can narrow the \
             scope and never widen it.",
            "RFC 6749 §5.2",
        ),
        ErrorCode::UnsupportedResponseType => meaning(
            "This server does not offer that response type",
            "response_type is not one of those that the authorization endpoint offers to this client.",
            "Use response_type=code with PKCE; response_types_supported in the metadata lists what there is.",
            "RFC 6749 §4.1.2.1",
        ),
        ErrorCode::AccessDenied => meaning(
            "The person or the server said no",
            "The person declined on the consent page, or a rule of this server does not allow the request.",
            "Let the person go on without it, and ask again only when they want to.",
            "RFC 6749 §4.1.2.1",
        ),
        ErrorCode::ServerError => meaning(
            "Something went wrong here",
            "The server could not finish the request. Its log has the cause.",
            "Try again once. If it stays, tell the operator of this server when it happened, with the request id.",
            "RFC 6749 §4.1.2.1",
        ),
        ErrorCode::TemporarilyUnavailable => meaning(
            "Not at the moment",
            "The server has too much to do, cannot reach its database, or has seen too many failed tries.",
            "Wait as long as the header Retry-After says, then try again; nothing was changed.",
            "RFC 6749 §4.1.2.1",
        ),
        ErrorCode::InvalidTarget => meaning(
            "The resource is not known here",
            "resource names something that is no resource of this server, or that was not asked for at the beginning.",
            "Use the identifier that the resource's own metadata gives (RFC 9728), letter by letter.",
            "RFC 8707 §2",
        ),
        ErrorCode::UnmetAuthenticationRequirements => meaning(
            "Nobody can sign in as strongly as asked",
            "The request demands a way of signing in (acr) that this server does not have.",
            "Look at acr_values_supported in the metadata, or ask for it as a wish and not as essential.",
            "OpenID Connect Core Unmet Authentication Requirements §2",
        ),
        _ => meaning(
            "The request cannot be understood",
            "A parameter is missing, sent twice, empty or malformed, or parameters contradict each other. The description \
             beside the code says which.",
            "Correct the request; sending the same one again gives the same answer.",
            "RFC 6749 §5.2",
        ),
    }
}

const fn of_clients(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::InvalidClient => meaning(
            "The client could not prove who it is",
            "The client id is not known here, or the secret, the assertion or the way of sending it is not the one that is \
             registered.",
            "Send the secret in the way that the client is registered for (token_endpoint_auth_method): in the \
             Authorization header or in the form, not in both. A lost secret cannot be read again; rotate it on the page \
             of the application.",
            "RFC 6749 §5.2",
        ),
        ErrorCode::InvalidGrant => meaning(
            "What was to be traded in is not valid",
            "The code, refresh token, assertion, username or password is wrong, has expired, was used before, was given to \
             another client, or was revoked. A code also needs the redirect_uri and the code_verifier of its request.",
            "Use every code once and keep the newest refresh token. When a refresh token is refused, the person has to \
             sign in again.",
            "RFC 6749 §5.2",
        ),
        ErrorCode::UnauthorizedClient => meaning(
            "This client may not do that",
            "The client is known, and it is not registered for this grant type or response type.",
            "Add the grant type on the page of the application, or ask the operator of this server.",
            "RFC 6749 §5.2",
        ),
        _ => meaning(
            "This server does not offer that grant",
            "grant_type is not one of those that the token endpoint offers; upper and lower case matter.",
            "Look at grant_types_supported in the metadata of this server.",
            "RFC 6749 §5.2",
        ),
    }
}

const fn of_tokens(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::InsufficientScope => meaning(
            "The access token lacks a scope",
            "The token is good, and what was asked needs a scope that it does not have. The WWW-Authenticate header names \
             it.",
            "Ask the person for that scope in a new authorization request.",
            "RFC 6750 §3.1",
        ),
        ErrorCode::UnsupportedTokenType => meaning(
            "This kind of token cannot be revoked",
            "The revocation endpoint takes access tokens and refresh tokens.",
            "Send one of these, or let the token expire.",
            "RFC 7009 §2.2.1",
        ),
        _ => meaning(
            "The access token is not accepted",
            "It has expired, was revoked, is for another resource, or is no access token of this server.",
            "Trade in the refresh token for a new one; without one, the person has to sign in again.",
            "RFC 6750 §3.1",
        ),
    }
}

const fn of_silence(code: ErrorCode) -> Meaning {
    const ADVICE: &str = "Send the person to the authorization endpoint again without prompt=none, so that they can be asked.";
    match code {
        ErrorCode::AccountSelectionRequired => meaning(
            "The person would have to choose an account",
            "The request allows no page to be shown (prompt=none), and it is not clear which account is meant.",
            ADVICE,
            "OpenID Connect Core §3.1.2.6",
        ),
        ErrorCode::ConsentRequired => meaning(
            "The person would have to be asked",
            "The request allows no page to be shown (prompt=none), and the person has not yet allowed all that is asked for.",
            ADVICE,
            "OpenID Connect Core §3.1.2.6",
        ),
        ErrorCode::LoginRequired => meaning(
            "The person would have to sign in",
            "The request allows no page to be shown (prompt=none), and nobody is signed in, or not recently enough.",
            ADVICE,
            "OpenID Connect Core §3.1.2.6",
        ),
        _ => meaning(
            "A page would have to be shown",
            "The request allows no page to be shown (prompt=none), and it cannot be answered without one.",
            ADVICE,
            "OpenID Connect Core §3.1.2.6",
        ),
    }
}

const fn of_devices(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::ExpiredToken => meaning(
            "The device has waited too long",
            "The device code has expired before anybody allowed the device.",
            "Start again: ask for a new device code and show the new user code.",
            "RFC 8628 §3.5",
        ),
        ErrorCode::SlowDown => meaning(
            "The device asks too often",
            "It asked again before its interval was over.",
            "Wait five seconds longer between tries from now on, and go on asking.",
            "RFC 8628 §3.5",
        ),
        _ => meaning(
            "The person has not decided yet",
            "The device code is good, and nobody has allowed or refused the device so far.",
            "Ask again after the interval; this is no failure.",
            "RFC 8628 §3.5",
        ),
    }
}

const fn of_request_objects(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::InvalidRequestUri => meaning(
            "What request_uri names cannot be had",
            "It has expired, was used before, was made for another client, or is not an address that the client has \
             registered and that can be read.",
            "Push the request again and use the new request_uri at once, or register the address.",
            "RFC 9101 §7, RFC 9126 §2.2",
        ),
        ErrorCode::RegistrationNotSupported => meaning(
            "Clients cannot be registered in a request",
            "The parameter registration is not offered.",
            "Register the client before: on the pages, or at the registration endpoint.",
            "OpenID Connect Core §3.1.2.6",
        ),
        ErrorCode::RequestNotSupported => meaning(
            "Signed requests are not offered here",
            "The parameter request is not taken by this server.",
            "Send the parameters themselves, or push them (RFC 9126).",
            "RFC 9101 §7",
        ),
        ErrorCode::RequestUriNotSupported => meaning(
            "Requests are not read from an address here",
            "The parameter request_uri is not taken by this server.",
            "Send the parameters themselves, or push them (RFC 9126).",
            "RFC 9101 §7",
        ),
        _ => meaning(
            "The signed request is not valid",
            "The JWT in request is not signed by a key of the client for an algorithm that it may use, has expired, is for \
             another server, or says something else than the parameters beside it.",
            "Sign it with a key of the client's jwks, with iss = the client id and aud = the issuer, for a short time.",
            "RFC 9101 §7",
        ),
    }
}

const fn of_registration(code: ErrorCode) -> Meaning {
    match code {
        ErrorCode::InvalidRedirectUri => meaning(
            "A redirect URI cannot be registered",
            "It is not absolute, has a fragment, uses http for a host that is not the device itself, or is of a scheme \
             that is not safe.",
            "Use https, a loopback address for native applications, or a private-use scheme such as com.example.app:/done.",
            "RFC 7591 §3.2.2",
        ),
        ErrorCode::InvalidSoftwareStatement => meaning(
            "The software statement is not valid",
            "The statement that came with the registration is not a JWT that can be checked.",
            "Register without it, or ask whoever made it.",
            "RFC 7591 §3.2.2",
        ),
        ErrorCode::UnapprovedSoftwareStatement => meaning(
            "Nobody here trusts the software statement",
            "This server trusts nobody to make statements about software.",
            "Register without it.",
            "RFC 7591 §3.2.2",
        ),
        _ => meaning(
            "The client cannot be registered like this",
            "A member is not known, of the wrong kind, not for clients that register themselves, or does not fit with \
             another one. The description beside the code names each.",
            "Correct the members that are named; members that are left out get their defaults.",
            "RFC 7591 §3.2.2",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        let mut titles: Vec<_> = ErrorCode::ALL.iter().map(|code| code.meaning().title).collect();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
            let meaning = code.meaning();
            assert!(meaning.text.ends_with('.') && meaning.advice.ends_with('.'), "{code}");
            assert!(meaning.section.contains('§'), "{code}");
        }
        assert_eq!(ErrorCode::parse("magic"), None);
    }
}
