//! `application update`: changes what is registered, by the same rules as `application create`.

use std::process::ExitCode;

use clap::Args;
use oauth::client::Client;
use store::StoreError;

use super::facts::{Facts, refused};
use super::{Shown, find};
use crate::command::Context;
use crate::error::{Error, Exit, Result};

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The client id
    client_id: String,
    /// The name that people see
    #[arg(long)]
    name: Option<String>,
    /// How it gets tokens, in place of the present ways; give it once for each
    #[arg(long = "grant-type", value_name = "GRANT")]
    grant_types: Vec<String>,
    /// Where a browser may be sent back to, in place of the present addresses; give it once for each
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// The most it may be given, separated by spaces
    #[arg(long)]
    scope: Option<String>,
    #[command(flatten)]
    facts: Facts,
    /// Only say what it would be
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let policy = context.project.policy(context.settings())?;
    let store = context.store().await?;
    let mut found = find(&store, &arguments.client_id).await?;
    let known = found.client.draft();
    let known = match arguments.grant_types.as_slice() {
        [] => known,
        grants => known.with_grants(grants.to_vec()),
    };
    let mut draft = arguments.facts.write(known)?;
    if let Some(name) = arguments.name {
        draft.name = name;
    }
    if !arguments.grant_types.is_empty() {
        draft.grant_types = arguments.grant_types;
    }
    if !arguments.redirect_uris.is_empty() {
        draft.redirect_uris = arguments.redirect_uris;
    }
    if let Some(scope) = arguments.scope {
        draft.scope = Some(scope);
    }
    let made = draft.check_operator_change(&found.client, &policy);
    let resources = arguments.facts.resources()?;
    let client = Client {
        resources: resources.unwrap_or_else(|| found.client.resources.clone()),
        ..made.map_err(|errors| refused(&errors))?
    };
    if arguments.dry_run {
        found.client = client;
        Shown::of(&found).print(&context, arguments.json)?;
        context.out.say("Nothing was changed (--dry-run).");
        return Ok(ExitCode::SUCCESS);
    }
    let changed = store.applications().update(&found, client).await.map_err(|error| match error {
        StoreError::Overtaken(_) => Error::new(
            Exit::TryAgain,
            format!(
                "Nothing was changed.\nSomebody else changed or deleted {} meanwhile. Look at it with `application show`, and run this again.",
                found.client.id
            ),
        ),
        other => other.into(),
    })?;
    Shown::of(&changed).print(&context, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}
