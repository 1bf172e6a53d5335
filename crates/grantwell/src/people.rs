//! What the commands do with accounts and chosen secrets: find, check, hash.

use accounts::password::{self, Parameters, SALT_BYTES};
use accounts::{PasswordPolicy, Username};
use ambient::Entropy;
use store::{Store, User};

use crate::error::{Error, Exit, Result};
use crate::settings::Settings;

/// The rules for new passwords.
pub(crate) fn password_policy(settings: &Settings) -> Result<PasswordPolicy> {
    let policy = PasswordPolicy {
        min_length: settings.accounts.password_min_length,
        allow_common: settings.accounts.allow_common_passwords,
        allow_similar: settings.accounts.allow_similar_passwords,
    };
    let checked = policy.validate();
    checked.map_err(|error| {
        Error::new(Exit::BadSettings, format!("accounts.password_min_length: {error}."))
    })?;
    Ok(policy)
}

/// The account of this name.
pub(crate) async fn find(store: &Store, name: &str) -> Result<User> {
    let found = match Username::parse(name) {
        Ok(username) => store.users().find_by_username(&username).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| Error::not_found(format!("There is no user named {name}.")))
}

/// The slow hash of a password, or of a client secret that somebody chose. Takes a noticeable part of a second.
pub(crate) fn hash(secret: &str) -> Result<String> {
    let salt =
        Entropy::system().fill::<SALT_BYTES>().map_err(|error| Error::failed(error.to_string()))?;
    password::hash(secret, &salt, Parameters::OWASP)
        .map_err(|error| Error::failed(error.to_string()))
}
