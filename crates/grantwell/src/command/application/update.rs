//! `application update`: changes what is registered, by the same rules as `application create`.

use std::process::ExitCode;

use clap::Args;
use oauth::client::Client;
use oauth::secret::Secret;
use store::{Application, NewSecret, Step, Store, StoreError};

use super::facts::{Facts, refused};
use super::{KEEP_SECRET, Shown, find};
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
    /// Give it a new secret, shown once, and end every token it has: needed when it authenticates from now on in a way for which the present secret is none, such as `client_secret_jwt`
    #[arg(long)]
    new_secret: bool,
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
    check_secret(&found.client, &client, arguments.new_secret)?;
    if arguments.dry_run {
        found.client = client;
        Shown::of(&found).print(&context, arguments.json)?;
        context.out.say("Nothing was changed (--dry-run).");
        return Ok(ExitCode::SUCCESS);
    }
    let secret = if arguments.new_secret { NewSecret::Generated } else { NewSecret::None };
    let (changed, shown) = write(&store, &found, client, secret).await?;
    Shown::of(&changed).with_secret(shown.as_ref()).print(&context, arguments.json)?;
    if shown.is_some() {
        context.out.say(KEEP_SECRET);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether the secret fits how the client authenticates from now on.
fn check_secret(known: &Client, wanted: &Client, new_secret: bool) -> Result<()> {
    let method = wanted.auth_method;
    if new_secret && !method.has_secret() {
        return Err(Error::failed(format!(
            "Nothing was changed.\nAn application that authenticates by {method} has no secret: leave out --new-secret."
        )));
    }
    if !new_secret && known.needs_new_secret(method) {
        return Err(Error::failed(format!(
            "Nothing was changed.\nThe application has no secret that {method} could be checked with: add --new-secret, which makes one, shows it once and ends every token that the application has."
        )));
    }
    Ok(())
}

/// Changes what was found, and nothing else.
async fn write(
    store: &Store,
    found: &Application,
    client: Client,
    secret: NewSecret,
) -> Result<(Application, Option<Secret>)> {
    let (id, seen) = (found.id, found.updated_at);
    let step = Step::Change { id, seen, client: Box::new(client), secret, active: None };
    let done = store.apply(Vec::new(), vec![step]).await.map_err(|error| match error {
        StoreError::Overtaken(_) => Error::new(
            Exit::TryAgain,
            format!(
                "Nothing was changed.\nSomebody else changed or deleted {} meanwhile. Look at it with `application show`, and run this again.",
                found.client.id
            ),
        ),
        other => other.into(),
    })?;
    let changed = done.applications.into_iter().next();
    changed.ok_or_else(|| Error::not_found("The application is gone."))
}
