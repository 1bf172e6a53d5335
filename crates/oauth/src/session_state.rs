//! What a client is told about whether a person is signed in, so that its page can ask the browser later whether that is still
//! so: OpenID Connect Session Management §2, §4.2.

use crate::base64url;
use crate::id::ClientId;
use sha2::{Digest as _, Sha256};
use url::Url;

/// `session_state`: a salted hash over the client, the origin of its page and what the browser knows of the session, and the salt.
/// Nothing for a client that is sent back to no web page, which could not ask.
///
/// `browser_state` and `salt` have no spaces, and the salt no dot.
pub fn session_state(
    client: &ClientId,
    redirect_uri: &str,
    browser_state: &str,
    salt: &str,
) -> Option<String> {
    let origin = Url::parse(redirect_uri).ok()?.origin();
    if !origin.is_tuple() {
        return None;
    }
    let origin = origin.ascii_serialization();
    let hash = Sha256::digest(format!("{client} {origin} {browser_state} {salt}"));
    Some(format!("{}.{salt}", base64url::encode(&hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(client: &str, uri: &str, state: &str, salt: &str) -> Option<String> {
        session_state(&client.parse().unwrap(), uri, state, salt)
    }

    #[test]
    fn it_is_of_one_client_one_origin_and_one_session() {
        let one = of("site", "https://app.example/cb?x=y", "browser", "salt").unwrap();
        // printf 'site https://app.example browser salt' | openssl dgst -sha256 -binary | basenc --base64url
        assert_eq!(one, "Rh-PbiQGfR82qb4ZjiqHUzO3daZkqdhtmGsp9MYIo4Q.salt");
        let same = of("site", "https://app.example:443/other", "browser", "salt");
        assert_eq!(same.as_ref(), Some(&one), "the origin, and not the path");
        for (client, uri, state, salt) in [
            ("other", "https://app.example/cb", "browser", "salt"),
            ("site", "https://other.example/cb", "browser", "salt"),
            ("site", "https://app.example:8443/cb", "browser", "salt"),
            ("site", "http://app.example/cb", "browser", "salt"),
            ("site", "https://app.example/cb", "", "salt"),
            ("site", "https://app.example/cb", "browser", "other"),
        ] {
            assert_ne!(of(client, uri, state, salt).as_ref(), Some(&one), "{client} {uri} {state}");
        }
    }

    #[test]
    fn an_app_without_a_web_page_has_none() {
        for uri in ["com.example.app:/cb", "com.example.app://host/cb", "no address"] {
            assert_eq!(of("app", uri, "browser", "salt"), None, "{uri}");
        }
    }
}
