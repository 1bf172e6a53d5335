//! A client as somebody asks for it, and the check that makes a registration of it (RFC 7591 §2).

use super::field_error::{Errors, FieldError};
use super::keys;
use super::metadata::Surroundings;
use super::{AuthMethod, Client, ClientMetadata, ClientType, GrantType, Origin, RedirectUri};
use crate::id::ClientId;
use crate::policy::Policy;
use crate::response::ResponseType;
use crate::scope::ScopeSet;
use crate::secret::Secret;
use jose::MacAlgorithm;
use std::collections::BTreeSet;

/// What a form, a command or a JSON document says about a client, unchecked.
///
/// It has no field for what a developer may not decide (owner, first party, active).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The name people read.
    pub name: String,
    /// `confidential` or `public`.
    pub client_type: String,
    /// A word of [`AuthMethod`]; `None` chooses `none` for a public client and either form of the
    /// secret for a confidential one.
    pub auth_method: Option<String>,
    /// Words of [`GrantType`].
    pub grant_types: Vec<String>,
    /// Redirect URIs, one each.
    pub redirect_uris: Vec<String>,
    /// The most it may be granted; `None` means every declared scope.
    pub scope: Option<String>,
    /// What else is registered.
    pub metadata: ClientMetadata,
}

/// A draft that holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The name people read.
    pub name: String,
    /// Whether it can keep a secret.
    pub client_type: ClientType,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// What it may do at the token endpoint.
    pub grant_types: BTreeSet<GrantType>,
    /// Where a person may be sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// The most it may be granted; `None` means every declared scope.
    pub scope: Option<ScopeSet>,
    /// What else is registered.
    pub metadata: ClientMetadata,
}

impl Registration {
    /// A chosen secret of fewer bytes can be guessed.
    pub const SHORTEST_SECRET: usize = 16;

    /// Check a secret that somebody chose for it.
    pub fn check_secret(&self, chosen: &Secret) -> Result<(), FieldError> {
        let wrong =
            |message: String| Err(FieldError { field: "client_secret", code: "invalid", message });
        if self.client_type == ClientType::Public {
            return wrong(
                "A public client cannot keep a secret: give none, or make it confidential."
                    .to_owned(),
            );
        }
        if !self.auth_method.has_secret() {
            return wrong(
                "A client that signs has no secret here: give none, or choose another authentication method."
                    .to_owned(),
            );
        }
        let shortest = Self::SHORTEST_SECRET;
        if chosen.expose().len() < shortest {
            return wrong(format!("A secret of fewer than {shortest} characters can be guessed."));
        }
        if self.auth_method.seals_secret() {
            // Without a registered algorithm the weakest is possible.
            let registered = self.metadata.token_endpoint_auth_signing_alg.as_deref();
            let used = keys::allowed_macs(registered).into_iter().min();
            let algorithm = used.unwrap_or(MacAlgorithm::Hs256);
            let shortest = algorithm.shortest_secret();
            if chosen.expose().len() < shortest {
                return wrong(format!(
                    "A secret for {algorithm} has {shortest} bytes or more (RFC 7518 §3.2)."
                ));
            }
        }
        Ok(())
    }
}

impl Registration {
    /// The client of this registration, before anything is known of it: without a secret, an owner or resources, and switched on.
    pub fn into_client(self, id: ClientId) -> Client {
        Client {
            id,
            name: self.name,
            owner: None,
            client_type: self.client_type,
            auth_method: self.auth_method,
            secret: None,
            grant_types: self.grant_types,
            redirect_uris: self.redirect_uris,
            scope: self.scope,
            resources: Vec::new(),
            metadata: self.metadata,
            active: true,
            first_party: false,
            epoch: 0,
        }
    }
}

impl Draft {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 255;
    /// How many redirect URIs a client may have.
    pub const MAX_REDIRECT_URIS: usize = 50;

    /// The same with other grant types. The response types that give a code come and go with the authorization code grant
    /// (RFC 7591 §2.1).
    #[must_use]
    pub fn with_grants(mut self, grant_types: Vec<String>) -> Self {
        let has_code =
            |list: &[String]| list.iter().any(|word| word == GrantType::AuthorizationCode.as_str());
        let kinds = &mut self.metadata.response_types;
        if !has_code(&grant_types) {
            kinds.retain(|kind| !kind.has_code());
        } else if !has_code(&self.grant_types) {
            kinds.insert(ResponseType::Code);
        }
        self.grant_types = grant_types;
        self
    }

    /// Check everything and report everything that is wrong at once.
    pub fn check(&self, policy: &Policy) -> Result<Registration, Vec<FieldError>> {
        let mut errors = Errors(Vec::new());
        let name = self.check_name(&mut errors);
        let client_type = self.check_type(&mut errors);
        let auth_method = self.check_auth_method(client_type, &mut errors);
        let grant_types = self.check_grants(client_type, policy, &mut errors);
        let redirect_uris = self.check_redirects(&grant_types, &mut errors);
        let scope = self.check_scope(policy, &mut errors);
        let around = Surroundings {
            auth_method,
            grant_types: &grant_types,
            redirect_uris: &redirect_uris,
            policy,
        };
        let metadata = self.metadata.checked(around, &mut errors);
        let sealing = auth_method.map(|method| check_sealing(method, self.metadata.origin));
        errors.0.extend(sealing.and_then(Result::err));
        if auth_method == Some(AuthMethod::PrivateKeyJwt) && !self.metadata.has_keys() {
            errors.add(
                "jwks",
                "required",
                "A client that signs has public keys: register them as jwks, or say where they are in jwks_uri.",
            );
        }
        match (client_type, auth_method) {
            (Some(client_type), Some(auth_method)) if errors.0.is_empty() => Ok(Registration {
                name,
                client_type,
                auth_method,
                grant_types,
                redirect_uris,
                scope,
                metadata,
            }),
            _ => Err(errors.0),
        }
    }

    fn check_name(&self, errors: &mut Errors) -> String {
        let name = self.name.trim();
        if name.is_empty() {
            errors.add("name", "required", "Give the application a name that its users recognise.");
        } else if name.chars().count() > Self::MAX_NAME {
            errors.add("name", "too_long", "The name has at most 255 characters.");
        } else if name.chars().any(char::is_control) {
            errors.add("name", "invalid", "The name has no control characters or line breaks.");
        }
        name.to_owned()
    }

    fn check_type(&self, errors: &mut Errors) -> Option<ClientType> {
        if self.client_type.is_empty() {
            errors.add(
                "client_type",
                "required",
                "Choose confidential (runs on your server) or public (runs on the user's device).",
            );
            return None;
        }
        errors.take("client_type", "invalid", ClientType::parse(&self.client_type))
    }

    fn check_auth_method(
        &self,
        client_type: Option<ClientType>,
        errors: &mut Errors,
    ) -> Option<AuthMethod> {
        let chosen = match self.auth_method.as_deref().filter(|word| !word.is_empty()) {
            Some(word) => Some(errors.take("auth_method", "invalid", AuthMethod::parse(word))?),
            None => None,
        };
        match (client_type?, chosen) {
            (ClientType::Public, None | Some(AuthMethod::None)) => Some(AuthMethod::None),
            (ClientType::Confidential, None) => Some(AuthMethod::ClientSecret),
            (ClientType::Public, Some(_)) => {
                errors.add(
                    "auth_method",
                    "needs_confidential",
                    "A public client cannot keep a secret: choose none, or make it confidential.",
                );
                None
            }
            (ClientType::Confidential, Some(AuthMethod::None)) => {
                errors.add(
                    "auth_method",
                    "needs_secret",
                    "A confidential client authenticates with its secret: choose a method, or \
                     make it public.",
                );
                None
            }
            (ClientType::Confidential, method) => method,
        }
    }

    fn check_grants(
        &self,
        client_type: Option<ClientType>,
        policy: &Policy,
        errors: &mut Errors,
    ) -> BTreeSet<GrantType> {
        let mut grants = BTreeSet::new();
        for word in &self.grant_types {
            match GrantType::parse(word) {
                Ok(grant) if policy.capabilities.offers(&grant) => {
                    grants.insert(grant);
                }
                Ok(grant) => errors.add(
                    "grant_types",
                    "not_offered",
                    format!(
                        "This server does not offer the grant type {grant}. {}",
                        offered(policy)
                    ),
                ),
                Err(_) => errors.add(
                    "grant_types",
                    "invalid",
                    format!("There is no grant type of this name. {}", offered(policy)),
                ),
            }
        }
        let is_implicit =
            self.metadata.response_types.iter().any(|kind| kind.is_implicit() && !kind.has_code());
        if self.grant_types.is_empty() && !is_implicit {
            let message =
                format!("Choose how the application gets its tokens. {}", offered(policy));
            errors.add("grant_types", "required", message);
        }
        if grants.contains(&GrantType::ClientCredentials) && client_type == Some(ClientType::Public)
        {
            errors.add(
                "grant_types",
                "needs_confidential",
                "A public client has no credentials, so it cannot use client_credentials: make it \
                 confidential, or choose another grant type.",
            );
        }
        let refresh = GrantType::RefreshToken.as_str();
        if !self.grant_types.is_empty() && self.grant_types.iter().all(|word| word == refresh) {
            errors.add(
                "grant_types",
                "incomplete",
                "Refreshing needs another grant type that gives the first token.",
            );
        }
        grants
    }

    fn check_redirects(
        &self,
        grants: &BTreeSet<GrantType>,
        errors: &mut Errors,
    ) -> Vec<RedirectUri> {
        if self.redirect_uris.len() > Self::MAX_REDIRECT_URIS {
            errors.add("redirect_uris", "too_many", "At most 50 redirect URIs are allowed.");
            return Vec::new();
        }
        let mut uris = Vec::new();
        for text in &self.redirect_uris {
            match RedirectUri::parse(text) {
                Ok(uri) if uris.contains(&uri) => {}
                Ok(uri) => uris.push(uri),
                Err(why) => errors.add(
                    "redirect_uris",
                    "invalid_redirect_uri",
                    format!("{}: {why}.", text.escape_debug()),
                ),
            }
        }
        if grants.contains(&GrantType::AuthorizationCode) && self.redirect_uris.is_empty() {
            errors.add(
                "redirect_uris",
                "required",
                "The authorization code grant sends the browser back: register where to.",
            );
        }
        uris
    }

    fn check_scope(&self, policy: &Policy, errors: &mut Errors) -> Option<ScopeSet> {
        let scope = errors.take("scope", "invalid", ScopeSet::parse(self.scope.as_deref()?))?;
        let known = policy.declared_scope().union(&policy.person_scope());
        let known = known.union(&policy.operator_scope(self.metadata.origin));
        let unknown = scope.without(&known);
        if !unknown.is_empty() {
            errors.add(
                "scope",
                "unknown_scope",
                format!("There is no scope {unknown}. The scopes are: {known}."),
            );
        }
        Some(scope)
    }
}

/// A method for which the server has to keep the secret itself is only for what an operator registered, who answers for
/// both.
pub(super) fn check_sealing(method: AuthMethod, origin: Origin) -> Result<(), FieldError> {
    if !method.seals_secret() || origin == Origin::Operator {
        return Ok(());
    }
    let message = format!(
        "Only an application that an operator registered may authenticate by {method}, because this server has to keep the secret itself for it: sign with a key of your own (private_key_jwt), or send the secret."
    );
    Err(FieldError { field: "auth_method", code: "operators_only", message })
}

fn offered(policy: &Policy) -> String {
    let words: Vec<&str> = policy.capabilities.grants().map(GrantType::as_str).collect();
    format!("This server offers: {}.", words.join(", "))
}

#[cfg(test)]
mod tests;
