//! `token …`: looks into a token that somebody handed in, or ends it. The token is read from standard input.

use std::process::ExitCode;

use ambient::Clock;
use clap::Subcommand;
use oauth::client::{Client, ClientType};
use oauth::endpoint::introspect::{self, Answer};
use oauth::endpoint::revoke::{self, Request};
use oauth::id::ClientId;
use oauth::secret::Secret;
use store::Store;

use super::Context;
use crate::error::{Error, Exit, Result};
use crate::output::{Output, secret_from_stdin};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print what a token says and whether it is good (RFC 7662), as JSON
    Introspect,
    /// End a token; a refresh token with every access token that stems from it
    Revoke {
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    let store = context.store().await?;
    if context.out.can_ask() {
        context.out.say("Paste the token and end with Ctrl-D:");
    }
    let request = Request { token: Secret::new(secret_from_stdin()?.to_string()) };
    match command {
        Command::Introspect => introspect(&context, &store, &request).await,
        Command::Revoke { dry_run } => revoke(&context, &store, &request, dry_run).await,
    }
}

async fn introspect(context: &Context, store: &Store, request: &Request) -> Result<ExitCode> {
    let policy = context.project.policy(context.settings())?;
    let facts = store.introspect().load(request, &policy.issuer).await?;
    let owner = match &facts {
        introspect::Facts::Access { token, .. } => operator(store, &token.client).await?,
        introspect::Facts::Refresh { authorization, .. } => {
            operator(store, &authorization.client).await?
        }
        introspect::Facts::Nothing => None,
    };
    let answer = match owner
        .map(|client| introspect::decide(&client, facts, &policy, Clock::system().now()))
    {
        Some(introspect::Decision::Answer(answer)) => answer,
        Some(introspect::Decision::Refuse(error)) => return Err(Error::failed(error.to_string())),
        None => Answer::INACTIVE,
    };
    context.out.json(&answer)?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(
    context: &Context,
    store: &Store,
    request: &Request,
    dry_run: bool,
) -> Result<ExitCode> {
    let policy = context.project.policy(context.settings())?;
    let now = Clock::system().now();
    let decision = admin::find_revocation(store, request, &policy, now).await?;
    if dry_run {
        say_what(context.out, &decision);
        context.out.say("Nothing was changed (--dry-run).");
        return Ok(ExitCode::SUCCESS);
    }
    if decision == revoke::Decision::Nothing {
        context.out.say("That is no live token of this server: there is nothing to end.");
        return Ok(Exit::NotFound.into());
    }
    store.revoke().apply(&decision).await?;
    say_what(context.out, &decision);
    Ok(ExitCode::SUCCESS)
}

fn say_what(out: Output, decision: &revoke::Decision) {
    out.say(match decision {
        revoke::Decision::RevokeAuthorization(_) => {
            "To be ended: the authorization with every token that stems from it."
        }
        revoke::Decision::RevokeToken { .. } => "To be ended: this access token.",
        revoke::Decision::Nothing => "To be ended: nothing, that is no live token of this server.",
    });
}

/// The client that a token belongs to, with the operator's right to ask about it.
async fn operator(store: &Store, id: &ClientId) -> Result<Option<Client>> {
    let found = store.applications().find_by_client_id(id).await?;
    Ok(found
        .map(|application| Client { client_type: ClientType::Confidential, ..application.client }))
}
