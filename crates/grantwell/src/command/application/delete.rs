//! `application delete`: the end of a client and of everything that people allowed it.

use std::process::ExitCode;

use clap::Args;

use super::find;
use crate::command::Context;
use crate::command::consent::Consent;
use crate::error::Result;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The client id
    client_id: String,
    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let store = context.store().await?;
    let application = find(&store, &arguments.client_id).await?;
    let what = format!(
        "{} ({}) is deleted with everything that people allowed it; its tokens end at once",
        application.client.name, arguments.client_id
    );
    if arguments.consent.given(context.out, &what)? {
        store.applications().delete(application.id).await?;
        context.out.say(format!("Deleted {}.", arguments.client_id));
    }
    Ok(ExitCode::SUCCESS)
}
