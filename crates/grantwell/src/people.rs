//! What the commands do with accounts and chosen secrets: find, check, hash.

use std::path::Path;

use accounts::password::{self, Parameters, SALT_BYTES};
use accounts::{FieldError, PasswordPolicy, Username};
use ambient::Entropy;
use store::{Store, User};
use zeroize::Zeroizing;

use crate::error::{Error, Exit, Result};
use crate::output::{Output, secret_from_file, secret_from_stdin};
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
    found.ok_or_else(|| {
        Error::not_found(format!("There is no user named {name}. `user list` shows all."))
    })
}

/// A new password: from a file, from the person at the terminal (who types it twice), or from standard input.
pub(crate) fn new_password(out: Output, file: Option<&Path>) -> Result<Zeroizing<String>> {
    if let Some(file) = file {
        return secret_from_file(file);
    }
    if !out.can_ask() {
        return secret_from_stdin();
    }
    let first = out.ask_secret("Password")?;
    if first == out.ask_secret("Password (again)")? {
        Ok(first)
    } else {
        Err(Error::failed("The two passwords differ. Nothing was changed."))
    }
}

/// What is wrong with each field, a line for each.
pub(crate) fn refused(what: &str, errors: &[FieldError]) -> Error {
    let lines: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", error.field.name(), error.message)).collect();
    Error::failed(format!("{what}\n{}", lines.join("\n")))
}

/// The slow hash of a password, or of a client secret that somebody chose. Takes a noticeable part of a second.
pub(crate) fn hash(secret: &str) -> Result<String> {
    let salt =
        Entropy::system().fill::<SALT_BYTES>().map_err(|error| Error::failed(error.to_string()))?;
    password::hash(secret, &salt, Parameters::OWASP)
        .map_err(|error| Error::failed(error.to_string()))
}
