//! Who asks and where the answer may go: the two checks before which nothing redirects (RFC 6749 §4.1.2.1).

use super::parameters::Parameters;
use crate::active;
use crate::client::Client;
use crate::error::{ErrorCode, OAuthError};
use crate::redirect_uri::{host_of, source_of};
use crate::response::{ResponseMode, ResponseType};

/// A trusted place to answer to. It can only be had from [`locate`]; so whoever can redirect has passed its checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    uri: String,
    named: bool,
    mode: ResponseMode,
    state: Option<String>,
}

impl Destination {
    /// The redirect URI, as the request wrote it.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Whether the request named it; then the token request has to name it too (RFC 6749 §4.1.3).
    pub const fn is_named(&self) -> bool {
        self.named
    }

    /// By which way the answer travels.
    pub const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// What the client gets back unchanged.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The host that a person is sent to, or the scheme of an app on the device.
    pub fn host(&self) -> &str {
        host_of(&self.uri)
    }

    /// The same as a source of a page's content security policy: scheme, host and port, or the scheme of an app.
    pub fn source(&self) -> String {
        source_of(&self.uri)
    }

    /// Whether the answer stays on the device: a loopback address or a scheme of an app.
    pub fn is_on_device(&self) -> bool {
        !self.uri.starts_with("https://")
    }
}

/// Find the place to answer to. An error here is a page for the person, never a redirect.
///
/// Client first, then the redirect URI byte by byte; whatever else is wrong with the request is looked at afterwards.
pub fn locate(parameters: &Parameters, client: Option<&Client>) -> Result<Destination, OAuthError> {
    let named = parameters.one("client_id")?.ok_or(NO_CLIENT)?;
    let client = client.filter(|client| client.id.as_str() == named).ok_or(UNKNOWN_CLIENT)?;
    active::admit(&active::Facts::of_client(client.standing())).map_err(|_| DISABLED_CLIENT)?;
    let (uri, named) = match parameters.one("redirect_uri")? {
        Some(uri) => (uri, true),
        None => (only(client)?, false),
    };
    if !client.redirect_uris.iter().any(|registered| registered.matches(uri)) {
        return Err(UNKNOWN_URI);
    }
    // Ways that cannot be read fall back to the one of the response type: the answer is an error then.
    let kind = parameters.one("response_type").ok().flatten().map(ResponseType::parse);
    let kind = kind.and_then(Result::ok).unwrap_or(ResponseType::Code);
    let mode = parameters.one("response_mode").ok().flatten().map(ResponseMode::parse);
    let mode = mode.and_then(Result::ok).filter(|mode| mode.suits(kind));
    Ok(Destination {
        uri: uri.to_owned(),
        named,
        mode: mode.unwrap_or(kind.default_mode()),
        // A repeated state is sent back to nobody: which of the two would it be?
        state: parameters.one("state").ok().flatten().map(str::to_owned),
    })
}

/// The redirect URI of a request that names none: the registered one, if there is exactly one.
fn only(client: &Client) -> Result<&str, OAuthError> {
    match client.redirect_uris.as_slice() {
        [only] => Ok(only.as_str()),
        [] => Err(NO_URI_REGISTERED),
        _ => Err(WHICH_URI),
    }
}

const NO_CLIENT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter client_id is missing, so it is not known which application asks",
);
const UNKNOWN_CLIENT: OAuthError =
    OAuthError::new(ErrorCode::InvalidClient, "no application is registered under this client_id");
const DISABLED_CLIENT: OAuthError =
    OAuthError::new(ErrorCode::UnauthorizedClient, "the application has been switched off here");
const UNKNOWN_URI: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the redirect_uri is not one of those registered for this application; they are compared character by character",
);
const NO_URI_REGISTERED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the application has not registered a redirect URI, so there is nowhere to send the answer",
);
const WHICH_URI: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter redirect_uri is missing; the application has registered several, so it has to say which",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::RedirectUri;
    use crate::fixtures::client;

    fn with(uris: &[&str]) -> Client {
        let redirect_uris = uris.iter().map(|uri| RedirectUri::parse(uri).unwrap()).collect();
        Client { redirect_uris, ..client() }
    }

    fn run(query: &str, client: Option<&Client>) -> Result<Destination, OAuthError> {
        locate(&Parameters::parse(query.as_bytes()).unwrap(), client)
    }

    const CB: &str = "https://app.example/cb?x=1";

    /// R6749-3.1.2.4-a: whatever else is wrong, client and redirect URI come first.
    #[test]
    fn nothing_is_trusted_before_client_and_redirect_uri_are() {
        let one = with(&[CB]);
        let two = with(&[CB, "https://app.example/other"]);
        let none = with(&[]);
        let off = Client { active: false, ..with(&[CB]) };
        let good = "redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1";
        let junk = "&response_type=nonsense&prompt=none&scope=%22";
        for (query, client) in [
            (format!("{good}{junk}"), Some(&one)),
            (format!("client_id=cli&{good}{junk}"), None),
            (format!("client_id=other&{good}{junk}"), Some(&one)),
            (format!("client_id=cli&{good}{junk}"), Some(&off)),
            (format!("client_id=cli&client_id=cli&{good}"), Some(&one)),
            (format!("client_id=cli&{good}&{good}"), Some(&one)),
            (format!("client_id=cli{junk}"), Some(&two)),
            (format!("client_id=cli{junk}"), Some(&none)),
            ("client_id=cli&redirect_uri=https://app.example/cb".to_owned(), Some(&one)),
            ("client_id=cli&redirect_uri=https://evil.example/".to_owned(), Some(&one)),
        ] {
            assert!(run(&query, client).is_err(), "{query}");
        }
        let found = run(&format!("client_id=cli&{good}{junk}&state=s"), Some(&two)).unwrap();
        assert_eq!((found.uri(), found.is_named(), found.state()), (CB, true, Some("s")));
    }

    /// R6749-3.1.2.3-a
    #[test]
    fn a_single_registered_uri_need_not_be_named() {
        let found = run("client_id=cli", Some(&with(&[CB]))).unwrap();
        assert_eq!((found.uri(), found.is_named(), found.host()), (CB, false, "app.example"));
        assert_eq!((found.is_on_device(), found.state()), (false, None));
        assert_eq!(found.source(), "https://app.example");
    }

    #[test]
    fn an_error_travels_by_the_way_that_the_request_wants_if_it_may() {
        let client = with(&[CB]);
        let mode =
            |query: &str| run(&format!("client_id=cli&{query}"), Some(&client)).unwrap().mode();
        assert_eq!(mode(""), ResponseMode::Query);
        assert_eq!(mode("response_type=nonsense"), ResponseMode::Query);
        assert_eq!(mode("response_mode=form_post"), ResponseMode::FormPost);
        assert_eq!(mode("response_type=id_token"), ResponseMode::Fragment);
        // Multiple Response Types §5: never a token in a query, so not its error either.
        assert_eq!(mode("response_type=id_token&response_mode=query"), ResponseMode::Fragment);
    }

    #[test]
    fn the_host_is_shown_as_the_person_will_meet_it() {
        let native = with(&["com.example.app:/cb", "http://127.0.0.1/cb"]);
        let app = run("client_id=cli&redirect_uri=com.example.app:/cb", Some(&native)).unwrap();
        assert_eq!((app.host(), app.is_on_device()), ("com.example.app", true));
        assert_eq!(app.source(), "com.example.app:");
        let loopback = run("client_id=cli&redirect_uri=http://127.0.0.1:5000/cb", Some(&native));
        let loopback = loopback.unwrap();
        assert_eq!(loopback.host(), "127.0.0.1:5000");
        assert_eq!(loopback.source(), "http://127.0.0.1:5000");
        assert!(loopback.is_on_device());
    }
}
