//! `user …`: the accounts, as an operator looks after them.

mod disable;
mod enable;
mod list;
mod set_claims;
mod set_password;

use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use store::User;

use super::{Context, rfc3339};
use crate::error::Result;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the accounts
    List(list::Arguments),
    /// Switch an account off and end every session and token it has
    Disable(disable::Arguments),
    /// Switch an account on again; what had ended stays ended
    Enable(enable::Arguments),
    /// Set a new password and end every session and token of the account
    SetPassword(set_password::Arguments),
    /// Set what is known about a person and may be told to applications
    SetClaims(set_claims::Arguments),
}

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list::run(context, arguments).await,
        Command::Disable(arguments) => disable::run(context, arguments).await,
        Command::Enable(arguments) => enable::run(context, arguments).await,
        Command::SetPassword(arguments) => set_password::run(context, arguments).await,
        Command::SetClaims(arguments) => set_claims::run(context, arguments).await,
    }
}

/// An account as a command prints it.
#[derive(Serialize)]
struct Shown {
    id: String,
    username: String,
    email: Option<String>,
    active: bool,
    staff: bool,
    superuser: bool,
    created_at: String,
    last_sign_in_at: Option<String>,
}

impl Shown {
    fn of(user: &User) -> Self {
        let account = &user.account;
        Self {
            id: account.id.to_string(),
            username: account.username.as_str().to_owned(),
            email: account.email.as_ref().map(|email| email.as_str().to_owned()),
            active: account.active,
            staff: account.staff,
            superuser: account.superuser,
            created_at: rfc3339(account.created_at),
            last_sign_in_at: account.last_sign_in_at.map(rfc3339),
        }
    }
}
