//! What the store knows about a code or a refresh token: both name an authorization and prove it by a MAC.

use crate::access_token::Bearer;
use crate::active::Standing;
use crate::authorization::Authorization;

/// What the store knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The authorization that was named; `None` if there is none.
    pub known: Option<Known>,
    /// How the client is doing.
    pub client: Standing,
}

/// An authorization and what goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The row.
    pub authorization: Authorization,
    /// Whether the presented MAC is the one that we would make for what was presented.
    pub mac_matches: bool,
    /// The account and its epoch now.
    pub user: Bearer,
    /// How the account is doing.
    pub user_standing: Standing,
}
