//! `user disable`: an account is switched off, and everything that it was signed in with ends.

use std::process::ExitCode;

use clap::Args;

use super::Shown;
use crate::command::Context;
use crate::command::consent::Consent;
use crate::error::Result;
use crate::people;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The name that the person signs in with
    username: String,
    #[command(flatten)]
    consent: Consent,
    /// Print the account as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let mut user = people::find(&store, &arguments.username).await?;
    let name = user.account.username.as_str().to_owned();
    if user.account.active {
        let what = format!(
            "{name} cannot sign in any more; every session and token of the account ends at once"
        );
        if !arguments.consent.given(context.out, &what)? {
            return Ok(ExitCode::SUCCESS);
        }
        user = store.users().disable(user.account.id).await?;
        context.out.say(format!("Disabled {name}. `user enable` switches the account on again."));
        if user.account.superuser && store.users().count_superusers().await? == 0 {
            context
                .out
                .say("No administrator is left: `setup-link` or `createsuperuser` makes one.");
        }
    } else {
        context.out.say(format!("{name} is disabled already. Nothing was changed."));
    }
    if arguments.json {
        context.out.json(&Shown::of(&user))?;
    }
    Ok(ExitCode::SUCCESS)
}
