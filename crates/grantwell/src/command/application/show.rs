//! `application show`: everything about one client but its secret, which is not kept.

use std::process::ExitCode;

use clap::Args;

use super::{Shown, find};
use crate::command::Context;
use crate::error::Result;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The client id
    client_id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let application = find(&store, &arguments.client_id).await?;
    Shown::of(&application).print(&context, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}
