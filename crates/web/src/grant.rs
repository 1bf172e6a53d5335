//! The grants, each load → decide → apply, for the token endpoint and the first-party API alike.

pub(crate) mod authorization_code;
pub(crate) mod client_credentials;
pub(crate) mod device_code;
pub(crate) mod extension;
pub(crate) mod jwt_bearer;
pub(crate) mod password;
pub(crate) mod refresh_token;

use oauth::error::OAuthError;

use crate::respond::stop::Stop;

/// Why a grant gave nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The rule refused.
    Refused(OAuthError),
    /// It did not come to a decision.
    Stopped(Stop),
}

impl<E: Into<Stop>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Stopped(error.into())
    }
}
