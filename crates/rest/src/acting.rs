//! With which scopes a browser's session acts: all that the person has, or fewer, which they chose to see what a client would.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use oauth::{
    principal::{Principal, Via},
    scope::{ScopeSet, ScopeToken},
};
use pages::{CookieKind, cookie::BadCookie};

/// The cookie that keeps the choice until the browser is closed.
const COOKIE: &str = "api_scopes";
/// Begins the value, so that the choice of no scope at all is not an empty cookie, which means no choice.
const MARK: &str = ".";

/// What a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// Every scope that they have.
    All,
    /// Those of them that are in this set.
    Only(ScopeSet),
}

impl Chosen {
    /// Reads the cookie. One that cannot be understood leaves no scope: it may take away, and never give.
    pub(crate) fn of(kind: CookieKind, headers: &HeaderMap) -> Self {
        match kind.read(headers, COOKIE) {
            None => Self::All,
            Some(value) => Self::Only(decoded(value).unwrap_or(ScopeSet::empty())),
        }
    }

    /// The cookie that says so.
    ///
    /// # Errors
    /// Scopes with names so long that no cookie holds them.
    pub(crate) fn cookie(&self, kind: CookieKind) -> Result<HeaderValue, BadCookie> {
        match self {
            Self::All => kind.clear(COOKIE),
            Self::Only(scopes) => {
                let names: Vec<&str> = scopes.iter().map(ScopeToken::as_str).collect();
                let value = format!("{MARK}{}", URL_SAFE_NO_PAD.encode(names.join(" ")));
                kind.set(COOKIE, &value, None)
            }
        }
    }

    /// The caller with what was chosen; the bearer of a token is what the token says.
    pub(crate) fn narrow(&self, mut principal: Principal) -> Principal {
        if let (Self::Only(scopes), Via::Session) = (self, principal.via) {
            principal.scopes = principal.scopes.intersection(scopes);
        }
        principal
    }
}

fn decoded(value: &str) -> Option<ScopeSet> {
    let bytes = URL_SAFE_NO_PAD.decode(value.strip_prefix(MARK)?).ok()?;
    ScopeSet::parse(&String::from_utf8(bytes).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE as HEADER;
    use oauth::{
        id::{ClientId, TokenId},
        time::Timestamp,
    };

    use super::*;

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    fn sent(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER, HeaderValue::from_str(cookie).unwrap())])
    }

    fn caller(scopes: &str, via: Via) -> Principal {
        Principal {
            user: None,
            subject: "somebody".to_owned(),
            client: ClientId::parse("first-party").unwrap(),
            scopes: set(scopes),
            audience: Vec::new(),
            confirmation: None,
            authenticated_at: None,
            acr: None,
            token: TokenId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
            expires_at: Timestamp::from_millis(i64::MAX),
            via,
        }
    }

    #[test]
    fn what_was_chosen_comes_back_from_the_cookie() {
        for kind in [CookieKind::Plain, CookieKind::Secure] {
            for scopes in ["", "read", "read write:all", "a/b!~"] {
                let chosen = Chosen::Only(set(scopes));
                let cookie = chosen.cookie(kind).unwrap();
                let (pair, _) = cookie.to_str().unwrap().split_once(';').unwrap();
                assert_eq!(Chosen::of(kind, &sent(pair)), chosen, "{scopes:?}");
            }
            assert!(Chosen::All.cookie(kind).unwrap().to_str().unwrap().contains("Max-Age=0"));
            assert_eq!(Chosen::of(kind, &HeaderMap::new()), Chosen::All);
        }
    }

    #[test]
    fn a_choice_takes_away_and_never_gives() {
        for (has, cookie, left) in [
            ("read write", "", "read write"),
            ("read write", "api_scopes=.cmVhZA", "read"),
            ("read", "api_scopes=.cmVhZCB3cml0ZQ", "read"),
            ("read write", "api_scopes=.", ""),
            ("read write", "api_scopes=cmVhZA", ""),
            ("read write", "api_scopes=.%%%", ""),
            ("read write", "api_scopes=.Ig", ""),
        ] {
            let chosen = Chosen::of(CookieKind::Plain, &sent(cookie));
            assert_eq!(chosen.narrow(caller(has, Via::Session)).scopes, set(left), "{cookie}");
            let bearer = chosen.narrow(caller(has, Via::Bearer));
            assert_eq!(bearer.scopes, set(has), "a token is what it is: {cookie}");
        }
    }
}
