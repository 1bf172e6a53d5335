//! `keys …`: the keys that seal access tokens.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use store::SealingKeyRow;

use super::{Context, rfc3339};
use crate::error::Result;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys
    List {
        /// Print a list of JSON objects
        #[arg(long)]
        json: bool,
    },
    /// Make a new key; what older ones sealed stays good until it expires
    Rotate {
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    let store = context.store().await?;
    match command {
        Command::List { json } => {
            let keys = store.keys().list().await?;
            if json {
                context.out.json(&keys.iter().map(as_json).collect::<Vec<_>>())?;
            } else {
                for key in &keys {
                    context.out.data(line(key))?;
                }
            }
        }
        Command::Rotate { dry_run: true, .. } => {
            let delay = store.options().key_announced.as_secs();
            context.out.say(format!("Would be done: a new key is made and seals tokens after {delay} s. Nothing was changed (--dry-run)."));
        }
        Command::Rotate { dry_run: false, json } => {
            let key = store.keys().rotate().await?;
            if json {
                context.out.json(&as_json(&key))?;
            } else {
                context.out.data(line(&key))?;
            }
            context.out.say("Older keys open what they sealed until it expires; then `cleartokens` or the server deletes them.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(key: &SealingKeyRow) -> String {
    format!(
        "{}\t{}\t{}\tseals from {}",
        key.id,
        key.state.as_str(),
        key.algorithm,
        rfc3339(key.active_from)
    )
}

fn as_json(key: &SealingKeyRow) -> Value {
    json!({
        "kid": key.id.to_string(),
        "state": key.state.as_str(),
        "algorithm": key.algorithm,
        "created_at": rfc3339(key.created_at),
        "active_from": rfc3339(key.active_from),
        "retired_at": key.retired_at.map(rfc3339),
        "expires_at": key.expires_at.map(rfc3339),
    })
}
