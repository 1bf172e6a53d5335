//! `keys …`: the keys that seal access tokens, and those that sign what others verify.

use std::process::ExitCode;

use admin::SEALING;
use clap::Subcommand;
use store::KeyRow;

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

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    let store = context.store().await?;
    match command {
        Command::List { json } => {
            let mut keys = store.keys().list().await?;
            keys.extend(store.signing_keys().list().await?);
            if json {
                context.out.json(&keys.iter().map(admin::key).collect::<Vec<_>>())?;
            } else {
                for key in &keys {
                    context.out.data(line(key))?;
                }
            }
        }
        Command::Rotate { algorithm, dry_run, json } => {
            let algorithm =
                admin::rotatable(&store, &algorithm).map_err(|why| Error::new(Exit::Usage, why))?;
            if dry_run {
                let delay = store.options().key_announced.as_secs();
                let verb = algorithm.map_or("seals tokens", |_| "signs");
                context.out.say(format!("Would be done: a new key is made and {verb} after {delay} s. Nothing was changed (--dry-run)."));
                return Ok(ExitCode::SUCCESS);
            }
            let key = admin::rotate(&store, algorithm).await?;
            if json {
                context.out.json(&admin::key(&key))?;
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
