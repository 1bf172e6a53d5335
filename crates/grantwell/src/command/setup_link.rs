//! `setup-link`: a one-time address at which the first administrator is made in a browser.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use store::Store;

use super::Context;
use crate::error::{Error, Result};
use crate::settings::Settings;

/// How long such a link is good for.
pub(crate) const LIFETIME: Duration = Duration::from_mins(30);

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Make a link although there is an administrator already
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    if !arguments.force && store.users().count_superusers().await? > 0 {
        return Err(Error::failed(
            "There is an administrator already. With --force a link for another one is made.",
        ));
    }
    context.out.data(link(context.settings(), &store).await?)?;
    context.out.say("Good for 30 minutes, once. Whoever opens it becomes administrator.");
    Ok(ExitCode::SUCCESS)
}

/// Makes a link.
pub(crate) async fn link(settings: &Settings, store: &Store) -> Result<String> {
    let secret = store.setup_links().create(LIFETIME).await?;
    let base = crate::policy::public_url(settings)?;
    Ok(format!("{}/setup?token={}", base.as_str().trim_end_matches('/'), secret.expose()))
}
