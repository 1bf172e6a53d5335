//! `registration-token …`: tokens with which others may register clients by themselves (RFC 7591 §3).

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use store::RegistrationToken;

use super::{Context, rfc3339};
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a token and print it, this once
    Create {
        /// For whom it is, to find it again in the list
        #[arg(long, default_value = "")]
        label: String,
        /// How many clients it may register
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        uses: u32,
        /// For how many days it is good
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=365))]
        days: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the tokens
    List {
        /// Print a list of JSON objects
        #[arg(long)]
        json: bool,
    },
    /// End a token; the clients that were registered with it stay
    Revoke {
        /// The id, as `registration-token list` shows it
        id: String,
    },
}

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    let store = context.store().await?;
    let tokens = store.registration_tokens();
    match command {
        Command::Create { label, uses, days, json } => {
            if label.chars().count() > 200 || label.chars().any(char::is_control) {
                return Err(Error::failed("The label has at most 200 characters, on one line."));
            }
            let lifetime = Duration::from_hours(24).saturating_mul(days);
            let (made, token) = tokens.create(&label, uses, lifetime).await?;
            if json {
                let mut shown = as_json(&made);
                if let Some(shown) = shown.as_object_mut() {
                    shown.insert("token".to_owned(), token.expose().into());
                }
                context.out.json(&shown)?;
            } else {
                context.out.data(token.expose())?;
            }
            context.out.say("Keep the token now: only its digest is stored. It is sent to the registration endpoint as `Authorization: Bearer …`.");
            if !context.settings().oauth.client_registration {
                context.out.say("It is good for nothing yet: oauth.client_registration is off.");
            }
        }
        Command::List { json } => {
            let all = tokens.list().await?;
            if json {
                context.out.json(&all.iter().map(as_json).collect::<Vec<_>>())?;
            } else {
                for token in &all {
                    context.out.data(line(token))?;
                }
            }
        }
        Command::Revoke { id } => {
            if !tokens.revoke(&id).await? {
                return Err(Error::not_found(format!(
                    "There is no registration token with the id {id}. `registration-token list` shows all."
                )));
            }
            context.out.say(format!("Revoked {id}."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(token: &RegistrationToken) -> Value {
    json!({
        "id": token.id,
        "label": token.label,
        "uses_left": token.uses_left,
        "created_at": rfc3339(token.created_at),
        "expires_at": rfc3339(token.expires_at),
    })
}

fn line(token: &RegistrationToken) -> String {
    let until = rfc3339(token.expires_at);
    format!("{}\t{}\tfor {} more until {until}", token.id, token.label, token.uses_left)
}
