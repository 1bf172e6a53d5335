//! What is loaded in the browser of somebody who signs out: OpenID Connect Front-Channel Logout.

use crate::id::SessionId;
use crate::issuer::Issuer;
use crate::redirect_uri::with_query;

/// The registered address with the issuer and the session (§2). They are always there, also where a client does not demand
/// them: a client that has several people in one browser would else sign out the wrong one.
pub fn address(registered: &str, issuer: &Issuer, session: SessionId) -> String {
    with_query(registered, &[("iss", issuer.as_str()), ("sid", &session.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn issuer_and_session_follow_what_is_registered() {
        let issuer = Issuer::parse("https://id.example").unwrap();
        let session = SessionId::from_uuid(Uuid::from_u128(7));
        let rest = "iss=https%3A%2F%2Fid.example&sid=00000000-0000-0000-0000-000000000007";
        for (registered, expected) in [
            ("https://app.example/out", format!("https://app.example/out?{rest}")),
            ("https://app.example/out?a=b", format!("https://app.example/out?a=b&{rest}")),
        ] {
            assert_eq!(address(registered, &issuer, session), expected);
        }
    }
}
