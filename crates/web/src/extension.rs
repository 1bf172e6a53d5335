//! How a program brings a grant of its own (RFC 6749 §4.5): the trait that it implements, and what it is given.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use oauth::client::Client;
use oauth::error::OAuthError;
use oauth::form::Form;
use oauth::grant::extension::{ExtensionName, Permit};
use oauth::scope::ScopeSet;
use oauth::time::Timestamp;

/// A grant that the program brings itself.
///
/// It says who is meant by what a client brings. The client has authenticated and is registered for the grant by then, and
/// afterwards it is the server that looks whether the account and the client are active, keeps the scope within what both
/// may have, lets what counts once count once, and issues.
pub trait ExtensionGrant: Send + Sync + 'static {
    /// The value of `grant_type`: an absolute URI that nobody else uses.
    fn grant_type(&self) -> &'static str;

    /// What the client gets, or the refusal that it is told, such as `invalid_grant`.
    ///
    /// What can be guessed has to be counted here: [`Asked::address`] says where the guess came from.
    fn permit(&self, asked: Asked<'_>) -> impl Future<Output = Result<Permit, OAuthError>> + Send;
}

/// What a client brings for an extension grant.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub(crate) form: &'a Form,
    /// The client, which has authenticated as it is registered to.
    pub client: &'a Client,
    /// The scope that it asks for, if it says so.
    pub scope: Option<&'a ScopeSet>,
    /// Where the request came from.
    pub address: IpAddr,
    /// Now.
    pub now: Timestamp,
}

/// What proves who the client is has been looked at and is nobody else's business.
const OF_THE_CLIENT: [&str; 2] = ["client_secret", "client_assertion"];

impl<'a> Asked<'a> {
    /// A parameter of the request; `None` if it was not sent or is empty.
    pub fn optional(&self, name: &str) -> Option<&'a str> {
        if OF_THE_CLIENT.contains(&name) { None } else { self.form.optional(name) }
    }

    /// A parameter of the request.
    ///
    /// # Errors
    /// `invalid_request` that names it, if it was not sent or is empty.
    pub fn required(&self, name: &'static str) -> Result<&'a str, OAuthError> {
        self.form.required(name)
    }
}

/// A program's own grant, shared by all requests.
#[derive(Clone)]
pub struct Extension {
    name: ExtensionName,
    rule: Arc<dyn Rule>,
}

impl Extension {
    /// A grant of a program.
    ///
    /// # Errors
    /// When its name is not an absolute URI.
    pub fn new(grant: impl ExtensionGrant) -> Result<Self, oauth::error::Malformed> {
        Ok(Self { name: ExtensionName::parse(grant.grant_type())?, rule: Arc::new(grant) })
    }

    /// Its `grant_type`.
    pub fn name(&self) -> &ExtensionName {
        &self.name
    }

    pub(crate) async fn permit(&self, asked: Asked<'_>) -> Result<Permit, OAuthError> {
        self.rule.permit(asked).await
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Extension").field(&self.name).finish()
    }
}

/// The trait as one object for all.
trait Rule: Send + Sync {
    fn permit<'a>(&'a self, asked: Asked<'a>) -> BoxFuture<'a, Result<Permit, OAuthError>>;
}

impl<G: ExtensionGrant> Rule for G {
    fn permit<'a>(&'a self, asked: Asked<'a>) -> BoxFuture<'a, Result<Permit, OAuthError>> {
        Box::pin(ExtensionGrant::permit(self, asked))
    }
}
