//! `application update`: changes what is registered, by the same rules as `application create`.

use std::process::ExitCode;

use clap::Args;
use oauth::client::Client;

use super::facts::{Facts, refused};
use super::{Shown, find};
use crate::command::Context;
use crate::error::{Error, Result};

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
    if found.is_built_in() {
        return Err(Error::failed(
            "The built-in application is the server's own and stays as it is.",
        ));
    }
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
    // Whoever types this is an operator, however the application came to be registered.
    let origin = std::mem::replace(&mut draft.metadata.origin, oauth::client::Origin::Operator);
    let mut made = draft.check(&policy).map_err(|errors| refused(&errors))?;
    made.metadata.origin = origin;
    if made.client_type != found.client.client_type {
        return Err(Error::failed(
            "Nothing was changed.\nclient_type: An application stays confidential or public; register another one.",
        ));
    }
    let resources = arguments.facts.resources()?;
    let client = Client {
        name: made.name,
        auth_method: made.auth_method,
        grant_types: made.grant_types,
        redirect_uris: made.redirect_uris,
        scope: made.scope,
        resources: resources.unwrap_or_else(|| found.client.resources.clone()),
        metadata: made.metadata,
        ..found.client.clone()
    };
    if arguments.dry_run {
        found.client = client;
        Shown::of(&found).print(&context, arguments.json)?;
        context.out.say("Nothing was changed (--dry-run).");
        return Ok(ExitCode::SUCCESS);
    }
    let changed = store.applications().update(found.id, client).await?;
    Shown::of(&changed).print(&context, arguments.json)?;
    Ok(ExitCode::SUCCESS)
}
