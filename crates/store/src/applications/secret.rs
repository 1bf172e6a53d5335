//! The secret of a client: drawn, kept in the form that its method needs, and read again where a MAC is checked with it.

use oauth::client::{AuthMethod, StoredSecret};
use oauth::id::ApplicationId;
use oauth::secret::Secret;
use vault::Purpose;

use super::{Application, Applications};
use crate::StoreError;

/// What a generated client secret begins with, so that it is recognised where it leaks.
const PREFIX: &str = "gws_";

/// The random bytes of a secret that is sent.
const BYTES: usize = 32;

/// The random bytes of a secret that MACs are made with: written down, as many as HS512 asks for at least (RFC 7518 §3.2).
const MAC_BYTES: usize = 48;

/// Where a new secret of an application comes from.
#[derive(Debug)]
pub enum NewSecret {
    /// There is none: a public client, one that signs, or a change that leaves the secret as it is.
    None,
    /// It is drawn here and shown once.
    Generated,
    /// Somebody chose it, for an import; its slow hash (PHC string).
    Chosen(String),
    /// Somebody chose it, and it is kept sealed: for a method that has it so ([`AuthMethod::seals_secret`]).
    ChosenToSeal(Secret),
}

impl Applications<'_> {
    /// The secret itself of a client that makes MACs with it; none of any other client.
    ///
    /// # Errors
    /// [`StoreError::Key`] if it does not open under the master key: somebody changed the row by hand.
    pub fn sealed_secret(self, application: &Application) -> Result<Option<Secret>, StoreError> {
        match &application.client.secret {
            Some(StoredSecret::Sealed(sealed)) => {
                let opened = self.0.vault().unwrap_client_secret(application.id, sealed);
                opened.map(Some).map_err(|error| StoreError::Key(error.to_string()))
            }
            None | Some(StoredSecret::Digest(_) | StoredSecret::Slow(_)) => Ok(None),
        }
    }

    /// What is kept of a secret of this application, whose client authenticates by `method`; and what is shown of it.
    pub(super) fn stored(
        self,
        id: ApplicationId,
        method: AuthMethod,
        secret: NewSecret,
    ) -> Result<(Option<StoredSecret>, Option<Secret>), StoreError> {
        Ok(match secret {
            NewSecret::None => (None, None),
            NewSecret::Chosen(hash) => (Some(StoredSecret::Slow(hash)), None),
            NewSecret::ChosenToSeal(chosen) => (Some(self.seal(id, &chosen)?), None),
            NewSecret::Generated => {
                let bytes = if method.seals_secret() { MAC_BYTES } else { BYTES };
                let drawn = self.0.entropy().text(bytes)?;
                let shown = Secret::new(format!("{PREFIX}{}", drawn.expose()));
                let stored = if method.seals_secret() {
                    self.seal(id, &shown)?
                } else {
                    let text = shown.expose().as_bytes();
                    StoredSecret::Digest(self.0.vault().digest(Purpose::ClientSecret, text))
                };
                (Some(stored), Some(shown))
            }
        })
    }

    fn seal(self, id: ApplicationId, secret: &Secret) -> Result<StoredSecret, StoreError> {
        let sealed = self.0.vault().wrap_client_secret(id, secret);
        sealed.map(StoredSecret::Sealed).map_err(|error| StoreError::Key(error.to_string()))
    }
}
