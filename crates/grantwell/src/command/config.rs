//! `config dump` and `config reference`: the settings in force, and all that there are.

use std::process::ExitCode;

use clap::Subcommand;

use super::Context;
use crate::error::Result;
use crate::output::Output;
use crate::settings::{dump_json, dump_toml, markdown};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the settings in force and where each comes from, without the secrets
    Dump {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the reference of all settings as Markdown
    Reference,
}

pub(super) fn run(context: &Context, command: &Command) -> Result<ExitCode> {
    match command {
        Command::Dump { json: true } => context.out.json(&dump_json(&context.loaded))?,
        Command::Dump { json: false } => context.out.text(dump_toml(&context.loaded))?,
        Command::Reference => return reference(context.out),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn reference(out: Output) -> Result<ExitCode> {
    out.text(markdown())?;
    Ok(ExitCode::SUCCESS)
}
