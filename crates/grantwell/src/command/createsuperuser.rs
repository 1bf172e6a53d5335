//! `createsuperuser`: an account that may do everything; asks at a terminal, else takes flags and a password from a
//! file, a variable that names one, or standard input.

use std::path::PathBuf;
use std::process::ExitCode;

use accounts::registration::{self, Decision, Draft, Facts, NewAccount, Request};
use clap::Args;
use serde_json::json;
use store::{NewUser, Store, StoreError};

use super::Context;
use crate::error::{Error, Result};
use crate::people;

const NOT_MADE: &str = "The account was not made.";

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The name to sign in with
    #[arg(long)]
    username: Option<String>,
    /// The address for mail
    #[arg(long)]
    email: Option<String>,
    /// A file that holds the password; without it, and without a terminal, it is read from standard input
    #[arg(long, value_name = "FILE", env = "GRANTWELL_PASSWORD_FILE", hide_env_values = true)]
    password_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let out = context.out;
    let asks = out.can_ask();
    let username = match arguments.username {
        Some(username) => username,
        None if asks => out.ask("Username")?,
        None => {
            return Err(Error::unconfirmed(
                "Nobody is there to ask for a username: give it with --username.",
            ));
        }
    };
    let email = match arguments.email {
        Some(email) => email,
        None if asks => out.ask("Email address (may be left empty)")?,
        None => String::new(),
    };
    let password = people::new_password(out, arguments.password_file.as_deref())?;
    let account = check(&context, &store, &username, &email, &password).await?;
    let new = NewUser {
        password: Some(people::hash(&account.password)?),
        username: account.username,
        email: account.email,
        staff: true,
        superuser: true,
    };
    let made = store.users().create(new).await;
    let user = made.map_err(|error| match error {
        StoreError::Conflict { field: "username" } => {
            people::refused(NOT_MADE, &[registration::username_taken()])
        }
        other => other.into(),
    })?;
    if arguments.json {
        out.json(&json!({ "id": user.account.id.to_string(), "username": user.account.username.as_str() }))?;
    } else {
        out.say(format!("Made the administrator {}.", user.account.username.as_str()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The rules of registration hold for administrators too.
async fn check(
    context: &Context,
    store: &Store,
    username: &str,
    email: &str,
    password: &str,
) -> Result<NewAccount> {
    let policy = people::password_policy(context.settings())?;
    let draft = Draft { username: Some(username), email: Some(email), password: Some(password) };
    let request = Request::parse(&draft, &policy);
    let taken = people::find(store, username).await.is_ok();
    match registration::decide(request, Facts { open: true, username_taken: taken }) {
        Decision::Create(account) => Ok(account),
        Decision::Refuse(errors) => Err(people::refused(NOT_MADE, &errors)),
        Decision::Closed => Err(Error::failed("Registration is closed.")),
    }
}
