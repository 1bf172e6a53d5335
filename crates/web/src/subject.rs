//! The name by which a client knows a person: the same for all, or one for each sector (OIDC Core §8).

use oauth::client::Client;
use oauth::id::UserId;
use oauth::subject::{Sector, SubjectType};

use crate::respond::stop::Stop;
use crate::state::State;

/// The `sub` that `client` gets for this person.
///
/// # Errors
/// [`Stop::Internal`] for a pairwise client whose sector is not known: to give it the public name would undo what it is for.
pub(crate) fn of(state: &State, client: &Client, user: UserId) -> Result<String, Stop> {
    match client.metadata.subject_type {
        SubjectType::Public => Ok(user.to_string()),
        SubjectType::Pairwise => {
            let document = client.metadata.sector_identifier_uri.as_deref();
            let Ok(sector) = Sector::of(&client.redirect_uris, document) else {
                let what = "a pairwise client without a sector identifier";
                tracing::error!(client = %client.id, "{what}");
                return Err(Stop::Internal);
            };
            Ok(state.store.vault().pairwise_subject(&sector, user))
        }
    }
}
