//! `cleartokens`: deletes what has expired, in small portions, also while the server runs.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::Context;
use crate::error::Result;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Only count
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let swept = if arguments.dry_run {
        store.sweep().dry_run().await?
    } else {
        let spinner = spinner();
        let swept = store.sweep().run().await;
        spinner.finish_and_clear();
        swept?
    };
    if arguments.json {
        context.out.json(&swept)?;
    } else {
        for (kind, rows) in [
            ("authorizations", swept.authorizations),
            ("sessions", swept.sessions),
            ("revocations", swept.revocations),
            ("throttles", swept.throttles),
            ("setup_links", swept.setup_links),
            ("keys", swept.keys),
            ("pushed_requests", swept.pushed_requests),
            ("replays", swept.replays),
            ("rates", swept.rates),
            ("registration_tokens", swept.registration_tokens),
            ("unused_clients", swept.unused_clients),
        ] {
            context.out.data(format!("{kind}: {rows}"))?;
        }
    }
    if arguments.dry_run {
        context.out.say("Nothing was deleted (--dry-run).");
    }
    Ok(ExitCode::SUCCESS)
}

/// Shown on a terminal only.
fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message("Deleting what has expired");
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
