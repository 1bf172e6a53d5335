//! `routes`: every address that the server answers to.

use std::process::ExitCode;

use clap::Args;

use super::Context;
use crate::error::Result;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Print a list of JSON objects
    #[arg(long)]
    json: bool,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode> {
    let admin = crate::policy::admin_prefix(context.settings())?;
    let routes = crate::app::routes(
        &context.project,
        admin,
        crate::app::has_docs(&context.project, context.settings()),
    );
    if arguments.json {
        context.out.json(&routes)?;
    } else {
        for route in &routes {
            context.out.data(format!("{}\t{}", route.path, route.about))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
