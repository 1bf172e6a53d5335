//! `migrate`: applies what is missing, or says what it would apply.

use std::process::ExitCode;

use ambient::Clock;
use clap::Args;
use database::migration;

use super::Context;
use crate::error::{Exit, Result};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Only print what would be done, with its SQL
    #[arg(long, conflicts_with = "check")]
    plan: bool,
    /// Only say, by the exit code, whether anything is missing: 0 no, 1 yes
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let database = crate::open::database(context.settings()).await?;
    let sets = context.project.migration_sets();
    if arguments.plan || arguments.check {
        let plan = migration::plan(&database, &sets).await?;
        for step in &plan.steps {
            context.out.data(format!("{}.{}", step.app, step.name))?;
            if arguments.plan {
                for operation in &step.operations {
                    context.out.data(format!("  {operation}"))?;
                }
                for sql in &step.sql {
                    context.out.data(format!("    {sql};"))?;
                }
            }
        }
        if plan.steps.is_empty() {
            context.out.say("Nothing to apply: the database is up to date.");
        } else if arguments.check {
            context.out.say("The database is not up to date: run `migrate`.");
            return Ok(Exit::Failed.into());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let out = context.out;
    let mut told = |step: &migration::Step| out.say(format!("Applied {}.{}", step.app, step.name));
    let now = Clock::system().now().as_millis();
    let done = migration::migrate(&database, &sets, now, &mut told).await?;
    if done.is_empty() {
        context.out.say("Nothing to apply: the database is up to date.");
    }
    Ok(ExitCode::SUCCESS)
}
