//! `application list`: every client, one a line.

use std::process::ExitCode;

use clap::Args;

use super::{Shown, all};
use crate::command::Context;
use crate::error::Result;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// Print a list of JSON objects
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let all: Vec<Shown> = all(&store).await?.iter().map(Shown::of).collect();
    if arguments.json {
        context.out.json(&all)?;
        return Ok(ExitCode::SUCCESS);
    }
    for shown in &all {
        let state = if shown.active { "" } else { "\tdisabled" };
        let grants = shown.grant_types.join(" ");
        context.out.data(format!(
            "{}\t{}\t{}\t{grants}{state}",
            shown.client_id, shown.name, shown.client_type
        ))?;
    }
    if all.is_empty() {
        context.out.say("There are no applications. `application create` makes one.");
    }
    Ok(ExitCode::SUCCESS)
}
