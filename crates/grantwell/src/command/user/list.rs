//! `user list`: every account, one a line.

use std::process::ExitCode;

use clap::Args;

use super::Shown;
use crate::command::Context;
use crate::error::Result;

/// How many are read at once.
const PAGE: u64 = 500;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// Print a list of JSON objects
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let mut all = Vec::new();
    let mut last = None;
    loop {
        let page = store.users().list(last, PAGE).await?;
        last = page.last().map(|user| user.account.id);
        all.extend(page.iter().map(Shown::of));
        if (page.len() as u64) < PAGE {
            break;
        }
    }
    if arguments.json {
        context.out.json(&all)?;
        return Ok(ExitCode::SUCCESS);
    }
    for shown in &all {
        let kind = if shown.superuser { "administrator" } else { "person" };
        let state = if shown.active { "" } else { "\tdisabled" };
        let email = shown.email.as_deref().unwrap_or("-");
        context.out.data(format!("{}\t{email}\t{kind}{state}", shown.username))?;
    }
    if all.is_empty() {
        context.out.say("There are no accounts. `createsuperuser` makes the first.");
    }
    Ok(ExitCode::SUCCESS)
}
