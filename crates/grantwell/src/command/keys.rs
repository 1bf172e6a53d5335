//! `keys …`: the keys that seal access tokens, and those that sign what others verify.

use std::process::ExitCode;

use clap::Subcommand;
use jose::Algorithm;
use serde_json::{Value, json};
use store::{KeyRow, Store};

use super::{Context, rfc3339};
use crate::error::{Error, Exit, Result};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys
    List {
        /// Print a list of JSON objects
        #[arg(long)]
        json: bool,
    },
    /// Make a new key; what older ones sealed or signed stays good until it expires
    Rotate {
        /// The algorithm whose key is to be replaced: `v4.local` for the key that seals access tokens, or one of
        /// `oauth.signing_algorithms` such as `RS256`
        #[arg(long, value_name = "NAME", default_value = SEALING)]
        algorithm: String,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// The algorithm of the keys that seal.
const SEALING: &str = "v4.local";

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    let store = context.store().await?;
    match command {
        Command::List { json } => {
            let mut keys = store.keys().list().await?;
            keys.extend(store.signing_keys().list().await?);
            if json {
                context.out.json(&keys.iter().map(as_json).collect::<Vec<_>>())?;
            } else {
                for key in &keys {
                    context.out.data(line(key))?;
                }
            }
        }
        Command::Rotate { algorithm, dry_run, json } => {
            let algorithm = replaceable(&store, &algorithm)?;
            if dry_run {
                let delay = store.options().key_announced.as_secs();
                let verb = algorithm.map_or("seals tokens", |_| "signs");
                context.out.say(format!("Would be done: a new key is made and {verb} after {delay} s. Nothing was changed (--dry-run)."));
                return Ok(ExitCode::SUCCESS);
            }
            let key = match algorithm {
                None => store.keys().rotate().await?,
                Some(algorithm) => store.signing_keys().rotate(algorithm).await?,
            };
            if json {
                context.out.json(&as_json(&key))?;
            } else {
                context.out.data(line(&key))?;
            }
            let older = match algorithm {
                None => "Older keys open what they sealed until it expires",
                Some(_) => "Older keys stay published until what they signed expires",
            };
            context.out.say(format!("{older}; then `cleartokens` or the server deletes them."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The signing algorithm of this name; `None` for the one that seals.
fn replaceable(store: &Store, name: &str) -> Result<Option<Algorithm>> {
    if name == SEALING {
        return Ok(None);
    }
    let known = &store.options().signing_algorithms;
    let found = known.iter().copied().find(|algorithm| algorithm.as_str() == name);
    found.map(Some).ok_or_else(|| {
        let known: Vec<_> = known.iter().map(|algorithm| algorithm.as_str()).collect();
        Error::new(
            Exit::Usage,
            format!(
                "This server has no key for {name:?}. It has one for {SEALING} (seals access tokens) and for \
                 oauth.signing_algorithms: {}.",
                known.join(", ")
            ),
        )
    })
}

fn line(key: &KeyRow) -> String {
    let verb = if key.algorithm == SEALING { "seals" } else { "signs" };
    format!(
        "{}\t{}\t{}\t{verb} from {}",
        key.id,
        key.state.as_str(),
        key.algorithm,
        rfc3339(key.active_from)
    )
}

fn as_json(key: &KeyRow) -> Value {
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
