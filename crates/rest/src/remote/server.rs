//! The authorization server elsewhere: its name, and where it says that its endpoints are (RFC 8414).
use std::sync::Arc;

use fetch::{Cache, FetchError, Fetcher, Keep, Limits, Policy};
use oauth::resource_server::metadata::ServerMetadata;
use url::Url;

/// The most bytes of a metadata document.
const LONGEST: usize = 64 * 1024;

/// The server whose tokens are accepted. Cheap to clone; clones share what is held.
#[derive(Clone, Debug)]
pub struct AuthorizationServer {
    issuer: Arc<str>,
    fetcher: Fetcher,
    addresses: [Url; 2],
    documents: Cache<ServerMetadata>,
    jwks_uri: Option<Url>,
    introspection_endpoint: Option<Url>,
}

/// Why a server cannot be used like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The text is no URL, or no issuer identifier (RFC 8414 §2).
    #[error(
        "{0:?} cannot name an authorization server: it has to be a URL without ? and #, such as https://id.example.com"
    )]
    NotAnIssuer(String),
    /// The text is no URL.
    #[error("{0:?} is not a URL")]
    NotAUrl(String),
    /// The way out does not lead there.
    #[error("{url} cannot be asked: {why}")]
    Closed {
        /// What was given.
        url: String,
        /// What the policy says.
        why: FetchError,
    },
}

impl AuthorizationServer {
    /// The server of this issuer, letter by letter as its tokens and its metadata name it. `policy` says what may be asked: for
    /// a server on a private address, `allow_private_hosts` names its host, and for one without TLS on a closed network,
    /// `allow_http` lets it pass.
    ///
    /// # Errors
    /// When it is no issuer, or the policy does not let it be asked.
    pub fn new(issuer: &str, policy: Policy) -> Result<Self, SetupError> {
        let url = Url::parse(issuer).ok().filter(|_| !issuer.contains(['?', '#', '@']));
        let url = url.ok_or_else(|| SetupError::NotAnIssuer(issuer.to_owned()))?;
        let fetcher = Fetcher::new(policy);
        admit(&fetcher, &url)?;
        let about = Arc::<str>::from(issuer);
        let expected = Arc::clone(&about);
        let documents =
            Cache::new(fetcher.clone(), Limits::json(LONGEST), Keep::keys(2), move |fetched| {
                ServerMetadata::parse(&fetched.body, &expected).map_err(|error| error.to_string())
            });
        Ok(Self {
            issuer: about,
            fetcher,
            addresses: ServerMetadata::addresses(&url),
            documents,
            jwks_uri: None,
            introspection_endpoint: None,
        })
    }

    /// Takes the keys from here, whatever the metadata says.
    ///
    /// # Errors
    /// When it is no URL that may be asked.
    pub fn with_jwks_uri(mut self, url: &str) -> Result<Self, SetupError> {
        self.jwks_uri = Some(self.address(url)?);
        Ok(self)
    }

    /// Asks about tokens here, whatever the metadata says.
    ///
    /// # Errors
    /// When it is no URL that may be asked.
    pub fn with_introspection_endpoint(mut self, url: &str) -> Result<Self, SetupError> {
        self.introspection_endpoint = Some(self.address(url)?);
        Ok(self)
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// Where its keys are.
    pub(super) async fn jwks_uri(&self) -> Result<Url, FetchError> {
        match &self.jwks_uri {
            Some(url) => Ok(url.clone()),
            None => self.metadata().await?.jwks_uri.clone().ok_or_else(|| lacks("jwks_uri")),
        }
    }

    /// Where it answers about tokens.
    pub(super) async fn introspection_endpoint(&self) -> Result<Url, FetchError> {
        if let Some(url) = &self.introspection_endpoint {
            return Ok(url.clone());
        }
        let endpoint = self.metadata().await?.introspection_endpoint.clone();
        endpoint.ok_or_else(|| lacks("introspection_endpoint"))
    }

    /// Its metadata: of the second address only if there is nothing at the first.
    async fn metadata(&self) -> Result<Arc<ServerMetadata>, FetchError> {
        let [oauth, openid] = &self.addresses;
        match self.documents.get(oauth).await {
            Err(FetchError::Status(400..=499)) => self.documents.get(openid).await,
            found => found,
        }
    }

    fn address(&self, text: &str) -> Result<Url, SetupError> {
        let url = Url::parse(text).map_err(|_| SetupError::NotAUrl(text.to_owned()))?;
        admit(&self.fetcher, &url)?;
        Ok(url)
    }
}

fn admit(fetcher: &Fetcher, url: &Url) -> Result<(), SetupError> {
    fetcher.admits(url).map_err(|why| SetupError::Closed { url: url.to_string(), why })
}

fn lacks(member: &str) -> FetchError {
    FetchError::Document(format!("the metadata of the authorization server has no {member}"))
}
