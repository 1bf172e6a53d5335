//! `user enable`: an account that was switched off may sign in again.

use std::process::ExitCode;

use clap::Args;

use super::Shown;
use crate::command::Context;
use crate::error::Result;
use crate::people;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The name that the person signs in with
    username: String,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let mut user = people::find(&store, &arguments.username).await?;
    let name = user.account.username.as_str().to_owned();
    // Enabling raises the epoch, so asking for it twice must not sign anybody out.
    if user.account.active {
        context.out.say(format!("{name} is enabled already. Nothing was changed."));
    } else {
        user = store.users().enable(user.account.id).await?;
        context.out.say(format!("Enabled {name}. Earlier sessions and tokens stay ended."));
    }
    if arguments.json {
        context.out.json(&Shown::of(&user))?;
    }
    Ok(ExitCode::SUCCESS)
}
