//! `showmigrations`: every migration, and when it was applied.

use std::process::ExitCode;

use clap::Args;
use database::migration;
use oauth::time::Timestamp;
use serde_json::json;

use super::{Context, rfc3339};
use crate::error::Result;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Print a list of JSON objects
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let database = crate::open::database(context.settings()).await?;
    let entries = migration::show(&database, &context.project.migration_sets()).await?;
    let when = |at: Option<i64>| at.map(|at| rfc3339(Timestamp::from_millis(at)));
    if arguments.json {
        let rows = entries
            .iter()
            .map(|e| json!({ "app": e.app, "name": e.name, "applied_at": when(e.applied_at) }));
        context.out.json(&rows.collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut app = "";
    for entry in &entries {
        if entry.app != app {
            context.out.data(&entry.app)?;
            app = &entry.app;
        }
        let mark = if entry.applied_at.is_some() { 'X' } else { ' ' };
        context.out.data(format!(" [{mark}] {}", entry.name))?;
    }
    Ok(ExitCode::SUCCESS)
}
