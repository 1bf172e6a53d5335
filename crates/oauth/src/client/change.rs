//! Changes of a registered client: by whoever looks after it, and by an operator.

use super::draft::check_sealing;
use super::{Client, ClientMetadata, ClientType, ConsentRule, Draft, FieldError, Origin};
use crate::policy::Policy;

impl Draft {
    /// Check what somebody who is no operator changes about `client`, and make the changed client. What an operator has set
    /// (consent, PKCE, how it came to be registered) is not theirs to say and stays, and so does what a change never touches.
    pub fn check_change(
        mut self,
        client: &Client,
        policy: &Policy,
    ) -> Result<Client, Vec<FieldError>> {
        let known = &client.metadata;
        (self.metadata.consent, self.metadata.pkce) = (ConsentRule::default(), None);
        self.metadata.origin = known.origin;
        let made = self.check(policy)?;
        Client {
            name: made.name,
            auth_method: made.auth_method,
            grant_types: made.grant_types,
            redirect_uris: made.redirect_uris,
            scope: made.scope,
            metadata: ClientMetadata { consent: known.consent, pkce: known.pkce, ..made.metadata },
            ..client.clone()
        }
        .with_privileges_checked(policy)
    }

    /// Check what an operator changes about `client`, and make the changed client. How it came to be registered stays, and with
    /// that what it may have at most; so does whether it can keep a secret, and the built-in application as a whole.
    pub fn check_operator_change(
        mut self,
        client: &Client,
        policy: &Policy,
    ) -> Result<Client, Vec<FieldError>> {
        if client.first_party {
            return Err(vec![FieldError::built_in()]);
        }
        // Whoever changes it is an operator, however the application came to be registered.
        let origin = std::mem::replace(&mut self.metadata.origin, Origin::Operator);
        let made = self.check(policy)?;
        if let Some(error) = other_type(client, made.client_type) {
            return Err(vec![error]);
        }
        Client {
            name: made.name,
            auth_method: made.auth_method,
            grant_types: made.grant_types,
            redirect_uris: made.redirect_uris,
            scope: made.scope,
            metadata: ClientMetadata { origin, ..made.metadata },
            ..client.clone()
        }
        .with_privileges_checked(policy)
    }
}

impl Client {
    /// Check that it does not have a scope that is only for what the operator alone looks after.
    fn check_scope(&self, policy: &Policy) -> Result<(), FieldError> {
        let excess =
            policy.operator_scope(Origin::Operator).without(&policy.operator_scope_of(self));
        let excess = self.scope.as_ref().map(|scope| scope.intersection(&excess));
        let Some(excess) = excess.filter(|excess| !excess.is_empty()) else { return Ok(()) };
        let message = format!(
            "Only an application that an operator registered and nobody else owns may have the scope {excess}: whoever looks after this one can change where its tokens go. Register another one."
        );
        Err(FieldError { field: "scope", code: "operators_only", message })
    }

    /// Check that neither its scope nor its way to authenticate is only for what an operator registered.
    pub fn check_privileges(&self, policy: &Policy) -> Result<(), FieldError> {
        check_sealing(self.auth_method, self.metadata.origin)?;
        self.check_scope(policy)
    }

    fn with_privileges_checked(self, policy: &Policy) -> Result<Self, Vec<FieldError>> {
        self.check_privileges(policy).map_err(|error| vec![error])?;
        Ok(self)
    }
}

/// A client stays one that can keep a secret, or one that cannot.
pub(super) fn other_type(known: &Client, wanted: ClientType) -> Option<FieldError> {
    let message = match known.client_type {
        same if same == wanted => return None,
        ClientType::Public => {
            "This application is public and stays so: say client_type = \"public\", or register another one."
        }
        ClientType::Confidential => {
            "This application is confidential and stays so: register another one."
        }
    };
    let message = message.to_owned();
    Some(FieldError { field: "client_type", code: "invalid", message })
}
