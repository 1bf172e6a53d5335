//! A project with a grant of its own: whoever holds the right badge to the reader gets a token.

use grantwell::oauth::error::{ErrorCode, OAuthError};
use grantwell::oauth::grant::extension::Permit;
use grantwell::{Asked, ExtensionGrant, Project};

/// The grant by badge.
struct Badge;

impl ExtensionGrant for Badge {
    fn grant_type(&self) -> &'static str {
        "https://stable.example/grants/badge"
    }

    async fn permit(&self, asked: Asked<'_>) -> Result<Permit, OAuthError> {
        match asked.required("badge")? {
            "7" => Ok(Permit::for_username("halfspring")),
            _ => Err(OAuthError::new(ErrorCode::InvalidGrant, "nobody has this badge")),
        }
    }
}

fn main() -> grantwell::Result {
    Project::new("stable").grant(Badge).main()
}
