//! `application rotate-secret`: a new secret, and the end of every token under the old one.

use std::process::ExitCode;

use clap::Args;
use oauth::client::AuthMethod;

use super::{KEEP_SECRET, Shown, find};
use crate::command::Context;
use crate::command::consent::Consent;
use crate::error::{Error, Result};

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The client id
    client_id: String,
    #[command(flatten)]
    consent: Consent,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let application = find(&store, &arguments.client_id).await?;
    let why = match application.client.auth_method {
        method if method.has_secret() => None,
        AuthMethod::None => Some("is a public client"),
        _ => Some("signs with a key of its own"),
    };
    if let Some(why) = why {
        return Err(Error::failed(format!("{} {why} and has no secret.", arguments.client_id)));
    }
    let what = format!(
        "the secret of {} ({}) is replaced; the old one and every access token of the application end at once",
        application.client.name, arguments.client_id
    );
    if !arguments.consent.given(context.out, &what)? {
        return Ok(ExitCode::SUCCESS);
    }
    let (application, secret) = store.applications().rotate_secret(&application).await?;
    Shown::of(&application).with_secret(Some(&secret)).print(&context, arguments.json)?;
    context.out.say(KEEP_SECRET);
    Ok(ExitCode::SUCCESS)
}
