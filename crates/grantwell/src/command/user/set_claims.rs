//! `user set-claims`: what the provider knows and may tell about a person (OpenID Connect Core 1.0 §5.1).

use std::process::ExitCode;

use accounts::profile::{Edit, decide, members};
use clap::Args;
use oauth::json::{self, Limits};
use serde_json::{Map, Value};

use crate::command::Context;
use crate::error::{Error, Exit, Result};
use crate::output::text_from_stdin;
use crate::people;

/// How large a JSON of claims may be.
const LIMITS: Limits = Limits { bytes: 64 * 1024, depth: 6, values: 1000 };

/// How often a change is tried again that somebody else came before.
const TRIES: usize = 3;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The name that the person signs in with
    username: String,
    /// A claim and its value, such as `given_name=Ann`, `email_verified=true` or `address.country=France`; without a
    /// value it is removed. A name that no standard knows makes a claim of your own
    #[arg(value_name = "NAME=VALUE")]
    claims: Vec<String>,
    /// Only check the claims and say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print all that is known as JSON; without any NAME=VALUE, read the claims from standard input as a JSON object,
    /// in which null removes one
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let claims = match (arguments.claims.as_slice(), arguments.json) {
        ([], false) => {
            let told = "Name at least one claim, such as `given_name=Ann`, or give --json and the claims on standard input.";
            return Err(Error::new(Exit::Usage, told));
        }
        ([], true) => from_json(&text_from_stdin(LIMITS.bytes)?)?,
        (pairs, _) => from_pairs(pairs)?,
    };
    let names = claims.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let edit = Edit::from_claims(claims);
    let store = context.store().await?;
    let user = people::find(&store, &arguments.username).await?;
    let name = user.account.username.as_str();
    let mut known = None;
    for _ in 0..TRIES {
        let Some(seen) = store.users().person(user.account.id).await? else { break };
        let profile = decide(&edit, &seen.claims)
            .map_err(|faults| people::refused("No claim was changed.", &faults))?;
        if arguments.dry_run {
            context
                .out
                .say(format!("Would be set for {name}: {names}. Nothing was changed (--dry-run)."));
            return Ok(ExitCode::SUCCESS);
        }
        known = store.users().set_claims(&seen, &profile).await?;
        if known.is_some() {
            break;
        }
    }
    let Some(person) = known else {
        let told = format!(
            "{name} was changed by somebody else at the same moment. No claim was changed: run the command again."
        );
        return Err(Error::new(Exit::TryAgain, told));
    };
    context.out.say(format!("Set for {name}: {names}."));
    if arguments.json {
        context.out.json(&members(&person.claims))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn from_json(text: &str) -> Result<Map<String, Value>> {
    json::read_object(text.as_bytes(), LIMITS).map_err(|error| {
        Error::failed(format!(
            "The claims on standard input cannot be read as JSON: {error}. No claim was changed."
        ))
    })
}

/// A text, but for the two marks; a part of the address stands after a dot.
fn from_pairs(pairs: &[String]) -> Result<Map<String, Value>> {
    let usage = |told: String| Error::new(Exit::Usage, told);
    let mut claims = Map::new();
    for pair in pairs {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(usage(format!("{pair}: write a claim as NAME=VALUE.")));
        };
        let value = match (name, text) {
            (_, "") => Value::Null,
            ("email_verified" | "phone_number_verified", "true") => Value::Bool(true),
            ("email_verified" | "phone_number_verified", "false") => Value::Bool(false),
            _ => Value::from(text),
        };
        let (object, name) = match name.strip_prefix("address.") {
            None => (&mut claims, name),
            Some(part) => match claims.entry("address").or_insert_with(|| Map::new().into()) {
                Value::Object(parts) => (parts, part),
                _ => return Err(usage("address: give it as a whole or part by part.".to_owned())),
            },
        };
        if object.insert(name.to_owned(), value).is_some() {
            return Err(usage(format!("{name} is given twice.")));
        }
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pairs(pairs: &[&str]) -> Result<Value> {
        let pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        from_pairs(&pairs).map(Value::Object)
    }

    #[test]
    fn pairs_make_the_object_that_json_would_give() {
        let given = [
            "name=Ann = Bo",
            "nickname=",
            "email_verified=true",
            "phone_number_verified=maybe",
            "address.country=France",
            "address.locality=",
            "level=7",
        ];
        let expected = json!({
            "name": "Ann = Bo", "nickname": null, "email_verified": true,
            "phone_number_verified": "maybe",
            "address": {"country": "France", "locality": null}, "level": "7",
        });
        assert_eq!(pairs(&given).unwrap(), expected);
        for wrong in [
            &["name"][..],
            &["name=a", "name=b"],
            &["address.country=a", "address.country=b"],
            &["address=", "address.country=a"],
            &["address.country=a", "address="],
        ] {
            assert_eq!(pairs(wrong).unwrap_err().exit(), Exit::Usage, "{wrong:?}");
        }
    }
}
