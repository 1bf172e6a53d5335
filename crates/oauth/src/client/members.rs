//! A client as JSON in the words of RFC 7591 §2: how it is shown, and how a draft is read from it.

use super::field_error::{Errors, FieldError};
use super::{AuthMethod, Client, ClientMetadata, ClientType, Draft, GrantType, RedirectUri};
use serde_json::{Map, Value};

/// The members that every client has.
const COMMON: [&str; 6] = [
    "client_name",
    "client_type",
    "grant_types",
    "redirect_uris",
    "scope",
    "token_endpoint_auth_method",
];

/// The members that whoever registers a client may write, beside those that every client has.
const OPEN: [&str; 33] = [
    "access_token_format",
    "access_token_lifetime",
    "allowed_origins",
    "application_type",
    "backchannel_logout_session_required",
    "backchannel_logout_uri",
    "client_uri",
    "contacts",
    "default_acr_values",
    "default_max_age",
    "frontchannel_logout_session_required",
    "frontchannel_logout_uri",
    "id_token_lifetime",
    "id_token_signed_response_alg",
    "initiate_login_uri",
    "jwks",
    "jwks_uri",
    "logo_uri",
    "policy_uri",
    "post_logout_redirect_uris",
    "request_object_signing_alg",
    "request_uris",
    "require_auth_time",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "response_types",
    "sector_identifier_uri",
    "software_id",
    "software_version",
    "subject_type",
    "token_endpoint_auth_signing_alg",
    "tos_uri",
    "userinfo_signed_response_alg",
];

/// Our own members, which only an operator may write.
const OPERATORS: [&str; 2] = ["consent", "pkce"];

/// What the implicit flows are called as a grant (RFC 7591 §2.1); a client has it by its response types.
pub(crate) const IMPLICIT: &str = "implicit";

impl Client {
    /// Everything that is registered, without the secret.
    pub fn members(&self) -> Map<String, Value> {
        let mut members = match serde_json::to_value(&self.metadata) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let mut grants: Vec<&str> = self.grant_types.iter().map(GrantType::as_str).collect();
        if self.metadata.response_types.iter().any(|kind| kind.is_implicit()) {
            grants.push(IMPLICIT);
        }
        let redirects: Vec<&str> = self.redirect_uris.iter().map(RedirectUri::as_str).collect();
        members.insert("client_name".to_owned(), self.name.as_str().into());
        members.insert("redirect_uris".to_owned(), redirects.into());
        members.insert("grant_types".to_owned(), grants.into());
        members.insert("token_endpoint_auth_method".to_owned(), self.auth_method.as_str().into());
        if let Some(scope) = &self.scope {
            members.insert("scope".to_owned(), scope.to_string().into());
        }
        members
    }

    /// What would have to be asked for to get this client.
    pub fn draft(&self) -> Draft {
        Draft {
            name: self.name.clone(),
            client_type: self.client_type.as_str().to_owned(),
            auth_method: Some(self.auth_method.as_str().to_owned()),
            grant_types: self.grant_types.iter().map(|grant| grant.as_str().to_owned()).collect(),
            redirect_uris: self.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            scope: self.scope.as_ref().map(ToString::to_string),
            metadata: self.metadata.clone(),
        }
    }
}

impl Draft {
    /// Write `members` over the draft; `null` takes a member back to its default, and those that are not known are left
    /// (RFC 7591 §2). What only an operator may write is left too, unless `operator` says that it is one. How the client
    /// came to be registered is not to be said by anybody.
    ///
    /// # Errors
    /// The members that are not of their type.
    pub fn write(
        mut self,
        members: &Map<String, Value>,
        operator: bool,
    ) -> Result<Self, Vec<FieldError>> {
        let mut errors = Errors(Vec::new());
        self.overwrite(members, operator, &mut errors);
        if errors.0.is_empty() { Ok(self) } else { Err(errors.0) }
    }

    /// The members that an operator may write by [`Draft::write`].
    pub(super) fn members() -> impl Iterator<Item = &'static str> {
        COMMON.into_iter().chain(OPEN).chain(OPERATORS)
    }

    /// As [`Draft::write`]; a member that is not of its type is left as it was.
    pub(super) fn overwrite(
        &mut self,
        members: &Map<String, Value>,
        operator: bool,
        errors: &mut Errors,
    ) {
        self.write_common(members, errors);
        let own = OPERATORS.iter().filter(|_| operator);
        for member in OPEN.iter().chain(own) {
            let Some(value) = members.get(*member) else { continue };
            match with(&self.metadata, member, value) {
                Some(metadata) => self.metadata = metadata,
                None => errors.add(member, "invalid", wrong(value)),
            }
        }
    }

    fn write_common(&mut self, members: &Map<String, Value>, errors: &mut Errors) {
        if let Some(value) = members.get("client_name") {
            self.name = text("name", value, errors).unwrap_or_default();
        }
        if let Some(value) = members.get("client_type") {
            self.client_type = text("client_type", value, errors).unwrap_or_default();
        }
        if let Some(value) = members.get("scope") {
            self.scope = text("scope", value, errors);
        }
        if let Some(value) = members.get("token_endpoint_auth_method") {
            self.auth_method = text("auth_method", value, errors);
        }
        if let Some(value) = members.get("redirect_uris") {
            self.redirect_uris = texts("redirect_uris", value, errors);
        }
        if let Some(value) = members.get("grant_types") {
            self.grant_types = texts("grant_types", value, errors);
            // It says no more than the response types do.
            self.grant_types.retain(|grant| grant != IMPLICIT);
        }
    }

    /// What a client that registers itself gets where it says nothing (RFC 7591 §2): the type follows from how it
    /// authenticates, `code` from its grants.
    pub(crate) fn with_defaults(mut self, members: &Map<String, Value>) -> Self {
        let said = |member: &str| members.get(member).is_some_and(|value| !value.is_null());
        let method = self.auth_method.get_or_insert(AuthMethod::ClientSecretBasic.to_string());
        let public = method == AuthMethod::None.as_str();
        let kind = if public { ClientType::Public } else { ClientType::Confidential };
        self.client_type = kind.to_string();
        if !said("grant_types") {
            self.grant_types = vec![GrantType::AuthorizationCode.to_string()];
        }
        let has_code =
            self.grant_types.iter().any(|it| it == GrantType::AuthorizationCode.as_str());
        if !said("response_types") && !has_code {
            self.metadata.response_types.clear();
        }
        self
    }
}

/// The metadata with one member changed; nothing if the value is not of its type.
fn with(metadata: &ClientMetadata, member: &str, value: &Value) -> Option<ClientMetadata> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(metadata) else { return None };
    if value.is_null() {
        all.remove(member);
    } else {
        all.insert(member.to_owned(), value.clone());
    }
    serde_json::from_value(Value::Object(all)).ok()
}

fn text(field: &'static str, value: &Value, errors: &mut Errors) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => {
            errors.add(field, "invalid", wrong(other));
            None
        }
    }
}

fn texts(field: &'static str, value: &Value, errors: &mut Errors) -> Vec<String> {
    let list = match value {
        Value::Null => Some(Vec::new()),
        Value::Array(list) => list.iter().map(|it| it.as_str().map(str::to_owned)).collect(),
        _ => None,
    };
    list.unwrap_or_else(|| {
        errors.add(field, "invalid", "This is a list of texts.");
        Vec::new()
    })
}

fn wrong(value: &Value) -> String {
    let shown: String = value.to_string().chars().take(100).collect();
    format!("This member cannot have the value {shown}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::TokenFormat;
    use crate::client::ApplicationType;
    use crate::client::{ConsentRule, Origin};
    use crate::fixtures::{client, policy};
    use crate::pkce::Pkce;
    use crate::response::ResponseType;
    use crate::subject::SubjectType;
    use jose::Algorithm;
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(members) => members,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_shown_can_be_written_again() {
        let mut known = client();
        known.grant_types = [GrantType::AuthorizationCode, GrantType::RefreshToken].into();
        known.redirect_uris = vec!["https://app.example/cb".parse().unwrap()];
        known.metadata.origin = Origin::Operator;
        known.metadata.consent = ConsentRule::Trusted;
        known.metadata.tos_uri = Some("https://app.example/terms".to_owned());
        let draft = Draft {
            client_type: "confidential".to_owned(),
            metadata: ClientMetadata { origin: Origin::Operator, ..ClientMetadata::default() },
            ..Draft::default()
        };
        let made = draft.write(&known.members(), true).unwrap().check(&policy()).unwrap();
        assert_eq!((made.name, made.metadata), (known.name.clone(), known.metadata.clone()));
        assert_eq!((made.grant_types, made.scope), (known.grant_types, known.scope));
        assert_eq!(made.redirect_uris, known.redirect_uris);
    }

    /// Every member has a value here; a member that is added has to be thought of.
    fn full() -> ClientMetadata {
        let text = || Some("x".to_owned());
        let list = || vec!["x".to_owned()];
        ClientMetadata {
            application_type: ApplicationType::Native,
            client_uri: text(),
            logo_uri: text(),
            tos_uri: text(),
            policy_uri: text(),
            contacts: list(),
            software_id: text(),
            software_version: text(),
            response_types: ResponseType::ALL.into(),
            default_max_age: Some(1),
            require_auth_time: true,
            default_acr_values: list(),
            initiate_login_uri: text(),
            require_pushed_authorization_requests: true,
            require_signed_request_object: true,
            request_uris: list(),
            request_object_signing_alg: text(),
            token_endpoint_auth_signing_alg: text(),
            jwks: Some(json!({"keys": []})),
            jwks_uri: text(),
            id_token_signed_response_alg: Some(Algorithm::Es256),
            userinfo_signed_response_alg: Some(Algorithm::Es256),
            subject_type: SubjectType::Pairwise,
            sector_identifier_uri: text(),
            post_logout_redirect_uris: list(),
            backchannel_logout_uri: text(),
            backchannel_logout_session_required: true,
            frontchannel_logout_uri: text(),
            frontchannel_logout_session_required: true,
            allowed_origins: list(),
            access_token_format: Some(TokenFormat::Jwt),
            access_token_lifetime: Some(1),
            id_token_lifetime: Some(1),
            consent: ConsentRule::Always,
            pkce: Some(Pkce::Required),
            origin: Origin::Operator,
        }
    }

    /// R7591-5-a: a member that is stored is either open to all or named here.
    #[test]
    fn every_member_is_known_and_only_operators_write_theirs() {
        let all = object(serde_json::to_value(full()).unwrap());
        for member in all.keys().filter(|member| *member != "origin") {
            let known = OPEN.contains(&member.as_str()) || OPERATORS.contains(&member.as_str());
            assert!(known, "who may write {member}?");
        }
        let greedy = object(json!({
            "consent": "trusted", "pkce": "allow_none", "origin": "operator", "active": true,
            "first_party": true, "owner": "x", "client_id": "mine", "client_secret": "mine",
        }));
        let dynamic = ClientMetadata { origin: Origin::Dynamic, ..ClientMetadata::default() };
        let draft = Draft { metadata: dynamic.clone(), ..Draft::default() };
        assert_eq!(draft.clone().write(&greedy, false).unwrap().metadata, dynamic);
        let operator = draft.write(&greedy, true).unwrap().metadata;
        assert_eq!((operator.consent, operator.origin), (ConsentRule::Trusted, Origin::Dynamic));
    }

    #[test]
    fn every_member_that_may_be_written_is_one_that_is_read() {
        let names: Vec<&str> = Draft::members().collect();
        for member in &names {
            let wrong = object(json!({ *member: {"no": "member"} }));
            let free = Draft::default().write(&wrong, true).is_ok();
            assert_eq!(free, *member == "jwks", "{member}");
        }
        for member in client().members().keys().filter(|member| *member != "origin") {
            assert!(names.contains(&member.as_str()), "{member} is shown and cannot be written");
        }
    }

    #[test]
    fn a_value_of_another_type_is_named_and_null_is_none() {
        let members = object(json!({
            "client_name": 7, "redirect_uris": ["https://a.example", 7], "contacts": "x",
            "default_max_age": -1, "subject_type": "secret", "response_types": ["magic"],
        }));
        let errors = Draft::default().write(&members, false).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        let expected = [
            "name",
            "redirect_uris",
            "contacts",
            "default_max_age",
            "response_types",
            "subject_type",
        ];
        assert_eq!(fields, expected);
        let mut known = client();
        known.metadata.tos_uri = Some("https://app.example/terms".to_owned());
        let nothing =
            json!({"tos_uri": null, "scope": null, "redirect_uris": null, "grant_types": null});
        let bare = known.draft().write(&object(nothing), false).unwrap();
        assert_eq!((bare.metadata.tos_uri, bare.scope), (None, None));
        assert!(bare.redirect_uris.is_empty());
        assert!(!known.draft().grant_types.is_empty() && bare.grant_types.is_empty());
    }
}
