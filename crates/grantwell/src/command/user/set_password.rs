//! `user set-password`: a new password for somebody who has lost theirs; asks at a terminal, else reads it from a file
//! or from standard input.

use std::path::PathBuf;
use std::process::ExitCode;

use accounts::password_policy::Owner;
use clap::Args;

use super::Shown;
use crate::command::Context;
use crate::error::{Error, Exit, Result};
use crate::people;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The name that the person signs in with
    username: String,
    /// A file that holds the password; without it, and without a terminal, it is read from standard input
    #[arg(long, value_name = "FILE", env = "GRANTWELL_PASSWORD_FILE", hide_env_values = true)]
    password_file: Option<PathBuf>,
    /// Only check the password and say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let user = people::find(&store, &arguments.username).await?;
    let account = &user.account;
    let name = account.username.as_str();
    let password = people::new_password(context.out, arguments.password_file.as_deref())?;
    let policy = people::password_policy(context.settings())?;
    let owner = Owner { username: Some(&account.username), email: account.email.as_ref() };
    let faults = policy.check(&password, owner);
    if !faults.is_empty() {
        return Err(people::refused("The password was not changed.", &faults));
    }
    if arguments.dry_run {
        context.out.say(format!("Would be done: {name} gets this password, and every session and token of the account ends. Nothing was changed (--dry-run)."));
        return Ok(ExitCode::SUCCESS);
    }
    let hash = people::hash(&password)?;
    let Some(user) = store.users().set_password(account, Some(hash)).await? else {
        let told = format!(
            "{name} was changed by somebody else at the same moment. The password was not set: run the command again."
        );
        return Err(Error::new(Exit::TryAgain, told));
    };
    context.out.say(format!(
        "Set the password of {name}. Every session and token of the account has ended."
    ));
    if !user.account.active {
        context.out.say(format!("{name} is disabled and cannot sign in: `user enable {name}`."));
    }
    if arguments.json {
        context.out.json(&Shown::of(&user))?;
    }
    Ok(ExitCode::SUCCESS)
}
