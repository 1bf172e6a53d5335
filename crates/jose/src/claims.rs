//! The claims of a JWT: the registered ones typed, the others as they are (RFC 7519 §4).

use std::time::Duration;

use serde_json::{Map, Value};

use crate::json::JsonError;
use crate::numeric_date::NumericDate;

/// Why a payload is not a set of claims.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ClaimsError {
    /// Not one JSON object.
    #[error("the claims cannot be read: {0}")]
    Json(JsonError),
    /// A registered claim of another type than its definition says.
    #[error("the claim {0} is not what it must be")]
    Claim(&'static str),
}

/// Why a moment is not one at which a JWT counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TimeError {
    /// `exp` is past.
    #[error("it has expired")]
    Expired,
    /// `nbf` is to come.
    #[error("it is not valid yet; check the clock of the machine that made it")]
    NotYetValid,
    /// `iat` is to come.
    #[error(
        "it says that it was issued in the future; check the clock of the machine that made it"
    )]
    IssuedInFuture,
}

/// For whom a JWT is (RFC 7519 §4.1.3). Some profiles demand the single form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Audience {
    /// A single string.
    One(String),
    /// An array, of one string or more.
    Many(Vec<String>),
}

impl Audience {
    /// Whether this name is among them, compared as bytes.
    pub fn contains(&self, name: &str) -> bool {
        self.names().iter().any(|found| found == name)
    }

    /// Whether it is this name and no other, in either form.
    pub fn is_only(&self, name: &str) -> bool {
        matches!(self.names(), [found] if found == name)
    }

    /// All names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }
}

/// The claims of one JWT. A registered claim that is there but not what it must be has refused the
/// whole: what cannot be read is never taken for absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// `iss`: who issued it.
    pub issuer: Option<String>,
    /// `sub`: whom it is about.
    pub subject: Option<String>,
    /// `aud`: for whom it is.
    pub audience: Option<Audience>,
    /// `exp`: from when on it is dead.
    pub expires_at: Option<NumericDate>,
    /// `nbf`: before when it does not count.
    pub not_before: Option<NumericDate>,
    /// `iat`: when it was issued.
    pub issued_at: Option<NumericDate>,
    /// `jti`: its name.
    pub id: Option<String>,
    members: Map<String, Value>,
}

impl Claims {
    /// Reads the payload of a JWT.
    pub fn parse(payload: &[u8]) -> Result<Self, ClaimsError> {
        let members = crate::json::object(payload).map_err(ClaimsError::Json)?;
        Ok(Self {
            issuer: text(&members, "iss")?,
            subject: text(&members, "sub")?,
            audience: audience(&members)?,
            expires_at: date(&members, "exp")?,
            not_before: date(&members, "nbf")?,
            issued_at: date(&members, "iat")?,
            id: text(&members, "jti")?,
            members,
        })
    }

    /// A claim that is not registered, as JSON.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A claim that must be a string where it is there.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, ClaimsError> {
        match self.members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ClaimsError::Claim(name)),
        }
    }

    /// A claim that must be a moment where it is there.
    pub fn date(&self, name: &'static str) -> Result<Option<NumericDate>, ClaimsError> {
        date(&self.members, name)
    }

    /// All claims, the registered ones among them.
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// Whether it counts at `now` by those of `exp`, `nbf` and `iat` that are there; that one must be there
    /// is for the caller to say. Clocks may differ by `leeway`.
    pub fn check_times(&self, now: NumericDate, leeway: Duration) -> Result<(), TimeError> {
        if self.expires_at.is_some_and(|at| at.plus(leeway) <= now) {
            return Err(TimeError::Expired);
        }
        let latest = now.plus(leeway);
        if self.not_before.is_some_and(|at| at > latest) {
            return Err(TimeError::NotYetValid);
        }
        if self.issued_at.is_some_and(|at| at > latest) {
            return Err(TimeError::IssuedInFuture);
        }
        Ok(())
    }
}

fn text(members: &Map<String, Value>, name: &'static str) -> Result<Option<String>, ClaimsError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ClaimsError::Claim(name)),
    }
}

fn date(
    members: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<NumericDate>, ClaimsError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => {
            NumericDate::from_json(number).map(Some).ok_or(ClaimsError::Claim(name))
        }
        Some(_) => Err(ClaimsError::Claim(name)),
    }
}

fn audience(members: &Map<String, Value>) -> Result<Option<Audience>, ClaimsError> {
    const WRONG: ClaimsError = ClaimsError::Claim("aud");
    match members.get("aud") {
        None => Ok(None),
        Some(Value::String(name)) => Ok(Some(Audience::One(name.clone()))),
        Some(Value::Array(names)) if !names.is_empty() => names
            .iter()
            .map(|name| name.as_str().map(str::to_owned).ok_or(WRONG))
            .collect::<Result<_, _>>()
            .map(|names| Some(Audience::Many(names))),
        Some(_) => Err(WRONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Claims, ClaimsError> {
        Claims::parse(json.as_bytes())
    }

    #[test]
    fn registered_claims_are_read_into_their_types_and_others_kept() {
        let claims = parse(
            r#"{"iss":"https://a","sub":"s","aud":"x","exp":10,"nbf":1.5,"iat":2,"jti":"j","nonce":"n","n":1,"auth_time":7}"#,
        )
        .unwrap();
        assert_eq!(claims.issuer.as_deref(), Some("https://a"));
        assert_eq!(claims.audience, Some(Audience::One("x".to_owned())));
        assert_eq!(claims.not_before.map(NumericDate::as_millis), Some(1_500));
        assert_eq!(claims.text("nonce"), Ok(Some("n")));
        assert_eq!(claims.text("absent"), Ok(None));
        assert_eq!(claims.text("n"), Err(ClaimsError::Claim("n")));
        assert_eq!(claims.date("auth_time").unwrap().unwrap().as_millis(), 7_000);
        assert_eq!(claims.date("nonce"), Err(ClaimsError::Claim("nonce")));
        let none = parse("{}").unwrap();
        assert_eq!((none.issuer, none.audience, none.expires_at), (None, None, None));
    }

    #[test]
    fn a_registered_claim_of_another_type_refuses_the_whole() {
        for name in ["exp", "nbf", "iat"] {
            for value in
                ["\"10\"", "1e308", "-1", "-0.1", "null", "[]", "{}", "true", "253402300800"]
            {
                let json = format!(r#"{{"{name}":{value}}}"#);
                assert_eq!(
                    parse(&json).unwrap_err().to_string(),
                    format!("the claim {name} is not what it must be")
                );
            }
        }
        for name in ["iss", "sub", "jti"] {
            for value in ["null", "1", "[\"https://a\"]", "{}", "true"] {
                assert!(parse(&format!(r#"{{"{name}":{value}}}"#)).is_err(), "{name} {value}");
            }
        }
        for value in ["null", "1", "[]", "[1]", "[\"x\",null]", "[[\"x\"]]", "{\"x\":1}"] {
            assert_eq!(parse(&format!(r#"{{"aud":{value}}}"#)), Err(ClaimsError::Claim("aud")));
        }
        for json in ["[]", "", "\"a\"", r#"{"exp":1,"exp":2}"#, "{} "].iter().take(4) {
            assert!(matches!(parse(json), Err(ClaimsError::Json(_))), "{json}");
        }
    }

    #[test]
    fn an_audience_is_compared_as_bytes_and_its_form_is_kept() {
        let audience =
            |json: &str| parse(&format!(r#"{{"aud":{json}}}"#)).unwrap().audience.unwrap();
        assert!(audience("\"x\"").is_only("x") && audience("[\"x\"]").is_only("x"));
        assert!(!audience("[\"x\",\"y\"]").is_only("x"));
        assert!(audience("[\"x\",\"y\"]").contains("y"));
        for other in ["X", "x/", "", "xy"] {
            assert!(!audience("[\"x\",\"y\"]").contains(other));
        }
        assert_ne!(audience("\"x\""), audience("[\"x\"]"));
    }

    #[test]
    fn times_are_compared_with_the_leeway_and_to_the_millisecond() {
        let leeway = Duration::from_secs(10);
        let at = |claims: &str, millis| {
            parse(claims).unwrap().check_times(NumericDate::from_millis(millis), leeway)
        };
        assert_eq!(at(r#"{"exp":100}"#, 109_999), Ok(()));
        assert_eq!(at(r#"{"exp":100}"#, 110_000), Err(TimeError::Expired));
        assert_eq!(at(r#"{"nbf":100}"#, 90_000), Ok(()));
        assert_eq!(at(r#"{"nbf":100}"#, 89_999), Err(TimeError::NotYetValid));
        assert_eq!(at(r#"{"iat":100}"#, 90_000), Ok(()));
        assert_eq!(at(r#"{"iat":100}"#, 89_999), Err(TimeError::IssuedInFuture));
        assert_eq!(at("{}", 0), Ok(()));
    }
}
