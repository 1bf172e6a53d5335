//! The guide's project: unicorns behind OAuth 2, with accounts, tokens, scopes and pages.

use grantwell::prelude::*;
use sea_orm::entity::prelude::*;
use serde::Serialize;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

scopes! {
    pub Read  = "read"  => "See your unicorns",
    pub Write = "write" => "Change your unicorns",
}

/// A unicorn.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "unicorn")]
#[resource(path = "unicorn", read = Read, write = Write)]
pub struct Model {
    /// Its number.
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    pub id: i64,
    /// Its name.
    #[resource(max_length = 100, search, order)]
    pub name: String,
    /// Its age in years.
    #[resource(min = 0, filter, order)]
    pub age: i32,
}

impl ViewSet for Model {}

fn main() -> grantwell::Result {
    Project::new("unicorn")
        .resources("/v1", Resources::new().add::<Model>())
        .migrations(grantwell::migrations!())
        .settings(|settings| {
            settings.server.listen = "0.0.0.0:8000".into();
            settings.oauth.access_token_lifetime = Span::seconds(36_000);
            // The guide's password, `1234abcd`, is one of the first that are guessed. A real project leaves this off.
            settings.accounts.allow_common_passwords = true;
            // The guide's second way sends name and password to `/o/token/`, which OAuth 2.1 no longer has.
            settings.oauth.allow_password_grant = true;
        })
        .main()
}
