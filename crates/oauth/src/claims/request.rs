//! The `claims` parameter: claims that a client asks for one by one (OpenID Connect Core 1.0 §5.5).

use super::{CustomClaims, StandardClaim, is_reserved};
use crate::error::{ErrorCode, OAuthError};
use crate::json::{self, Limits};
use crate::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a client asks for beyond its scopes, and where it wants to be told.
///
/// Its JSON is the parameter itself without what means nothing, so it can be stored and read back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct ClaimsRequest {
    /// What the answer of `UserInfo` should tell.
    pub userinfo: Section,
    /// What the ID token should tell.
    pub id_token: Section,
}

/// The claims of one place, by name. Names that nothing here understands stay: a later reader,
/// such as a [`ClaimsHook`](super::ClaimsHook), may know them.
pub type Section = BTreeMap<String, Asked>;

/// How one claim is asked for (§5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The client says that it needs the claim. Leaving it out is still no error.
    pub essential: bool,
    /// `value` or `values`: the only values that the client can use; `None` is any value.
    pub wanted: Option<Vec<Value>>,
}

impl Asked {
    /// Whether this value is one that the client can use.
    pub fn admits(&self, value: &Value) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(value))
    }

    fn parse(asked: Value) -> Result<Self, OAuthError> {
        let mut members = match asked {
            Value::Null => return Ok(Self::default()),
            Value::Object(members) => members,
            _ => return Err(NOT_ASKED),
        };
        let essential = match members.remove("essential") {
            None => false,
            Some(Value::Bool(essential)) => essential,
            Some(_) => return Err(NOT_BOOLEAN),
        };
        let wanted = match (members.remove("value"), members.remove("values")) {
            (None, None) => None,
            (Some(value), None) => Some(vec![value]),
            (None, Some(Value::Array(values)))
                if (1..=ClaimsRequest::MAX_VALUES).contains(&values.len()) =>
            {
                Some(values)
            }
            _ => return Err(NOT_VALUES),
        };
        Ok(Self { essential, wanted })
    }

    /// The wanted texts; a value that is no text cannot be had.
    fn texts(&self) -> Vec<&str> {
        self.wanted.iter().flatten().filter_map(Value::as_str).collect()
    }
}

impl From<Asked> for Value {
    fn from(asked: Asked) -> Self {
        let mut members = Map::new();
        if asked.essential {
            members.insert("essential".to_owned(), true.into());
        }
        match asked.wanted {
            None => {}
            Some(mut only) if only.len() == 1 => {
                members.insert("value".to_owned(), only.pop().into());
            }
            Some(wanted) => {
                members.insert("values".to_owned(), wanted.into());
            }
        }
        if members.is_empty() { Self::Null } else { Self::Object(members) }
    }
}

/// How an authentication context is asked for: the claim `acr` of the ID token (§5.5.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcrWish<'a> {
    /// The client cannot do without.
    pub essential: bool,
    /// The contexts that it accepts, the preferred one first; empty is any.
    pub values: Vec<&'a str>,
}

impl AcrWish<'_> {
    /// Whether a sign-in that reached this context may go on. If not, the sign-in has failed: an
    /// essential context is never replaced by a lower one.
    pub fn admits(&self, reached: Option<&str>) -> bool {
        !self.essential
            || self.values.is_empty()
            || reached.is_some_and(|reached| self.values.contains(&reached))
    }
}

impl ClaimsRequest {
    /// The longest parameter, in bytes.
    pub const MAX_BYTES: usize = 8192;
    /// How many claims may be asked for in one place.
    pub const MAX_CLAIMS: usize = 64;
    /// How many values may be listed for one claim.
    pub const MAX_VALUES: usize = 20;

    const LIMITS: Limits = Limits { bytes: Self::MAX_BYTES, depth: 6, values: 512 };

    /// Read the parameter. JSON that is broken, repeats a name, is larger than the bounds or has
    /// another shape than §5.5 is `invalid_request`; members that are not understood are ignored.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let mut members = json::read_object(text.as_bytes(), Self::LIMITS).map_err(|error| {
            OAuthError::with_text(
                ErrorCode::InvalidRequest,
                format!("the parameter claims cannot be read: {error}"),
            )
        })?;
        let request = Self {
            userinfo: section(members.remove("userinfo"))?,
            id_token: section(members.remove("id_token"))?,
        };
        request.check()?;
        Ok(request)
    }

    /// The text that [`parse`](Self::parse) reads back to the same request.
    pub fn to_json(&self) -> String {
        Value::Object(self.clone().into()).to_string()
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// How an authentication context is asked for; `None` if it is not.
    pub fn acr(&self) -> Option<AcrWish<'_>> {
        let asked = self.id_token.get("acr")?;
        Some(AcrWish { essential: asked.essential, values: asked.texts() })
    }

    /// Whether the ID token has to tell when the person signed in (§2): the client named
    /// `auth_time` as essential.
    pub fn needs_auth_time(&self) -> bool {
        self.id_token.get("auth_time").is_some_and(|asked| asked.essential)
    }

    /// Whether the request may be answered about this person: the client may name by `sub`, as it
    /// knows it, about whom alone it wants to hear (§5.5.1).
    pub fn admits_subject(&self, sub: &str) -> bool {
        let sub = Value::from(sub);
        [&self.userinfo, &self.id_token]
            .into_iter()
            .all(|section| section.get("sub").is_none_or(|asked| asked.admits(&sub)))
    }

    /// The claims about the person that are asked for here and not by these scopes: what a
    /// consent page has to show besides the scopes. Claims of the protocol are not among them.
    pub fn beyond(&self, scope: &ScopeSet) -> BTreeSet<&str> {
        let names = self.userinfo.keys().chain(self.id_token.keys());
        names
            .map(String::as_str)
            .filter(|name| match StandardClaim::parse(name) {
                Some(claim) => !claim.scope().within(scope),
                None => !is_reserved(name),
            })
            .collect()
    }

    /// The part of it with these names only: what the person agreed to, what a client may ask.
    #[must_use]
    pub fn keep(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let part = |section: &Section| {
            let kept = section.iter().filter(|(name, _)| wanted(name));
            kept.map(|(name, asked)| (name.clone(), asked.clone())).collect()
        };
        Self { userinfo: part(&self.userinfo), id_token: part(&self.id_token) }
    }

    /// The part of it that a client may have that may have no more than these scopes: a standard
    /// claim only with the scope that stands for it, so that naming claims one by one is no way
    /// around the limit of a registration.
    #[must_use]
    pub fn limited_to(&self, scope: &ScopeSet) -> Self {
        self.keep(|name| StandardClaim::parse(name).is_none_or(|c| c.scope().within(scope)))
    }

    fn check(&self) -> Result<(), OAuthError> {
        let sections = [&self.userinfo, &self.id_token];
        if sections.iter().any(|section| section.len() > Self::MAX_CLAIMS) {
            return Err(TOO_MANY);
        }
        let named = sections.into_iter().flat_map(|s| [s.get("sub"), s.get("acr")]);
        let mut texts = named.flatten().flat_map(|asked| asked.wanted.iter().flatten());
        if !texts.all(Value::is_string) {
            return Err(NOT_TEXT);
        }
        // A number can be longer in the form that we write; what is stored must read back.
        if self.to_json().len() > Self::MAX_BYTES { Err(TOO_LONG) } else { Ok(()) }
    }
}

/// A name that nothing could ever be told under is dropped once its shape has been checked.
fn section(members: Option<Value>) -> Result<Section, OAuthError> {
    let members = match members {
        None => return Ok(Section::new()),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(NOT_SECTION),
    };
    let possible = |name: &str| {
        (1..=CustomClaims::MAX_NAME).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let mut section = Section::new();
    for (name, asked) in members {
        let asked = Asked::parse(asked)?;
        if possible(&name) {
            section.insert(name, asked);
        }
    }
    Ok(section)
}

impl TryFrom<Map<String, Value>> for ClaimsRequest {
    type Error = OAuthError;

    /// The same rules for an object that stood in other JSON, such as a request object.
    fn try_from(members: Map<String, Value>) -> Result<Self, OAuthError> {
        Self::parse(&Value::Object(members).to_string())
    }
}

impl From<ClaimsRequest> for Map<String, Value> {
    fn from(request: ClaimsRequest) -> Self {
        let sections = [("userinfo", request.userinfo), ("id_token", request.id_token)];
        let filled = sections.into_iter().filter(|(_, section)| !section.is_empty());
        filled
            .map(|(place, section)| {
                let members = section.into_iter().map(|(name, asked)| (name, asked.into()));
                (place.to_owned(), Value::Object(members.collect()))
            })
            .collect()
    }
}

const NOT_SECTION: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "in the parameter claims, userinfo and id_token are objects whose members are claims",
);
const NOT_ASKED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "in the parameter claims, a claim is asked for by null or by an object",
);
const NOT_BOOLEAN: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "in the parameter claims, essential is a boolean");
const NOT_VALUES: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "in the parameter claims, a claim has either value or values, and values is an array of 1 to \
     20 elements",
);
const NOT_TEXT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "in the parameter claims, the values of sub and acr are strings",
);
const TOO_LONG: OAuthError =
    OAuthError::new(ErrorCode::InvalidRequest, "the parameter claims is longer than 8192 bytes");
const TOO_MANY: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    "the parameter claims asks for more than 64 claims in one place",
);

#[cfg(test)]
mod tests;
