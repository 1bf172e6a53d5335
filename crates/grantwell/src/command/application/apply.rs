//! `application apply`: makes the applications what a file says, all of it or nothing.

mod file;
mod plan;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use oauth::client::StoredSecret;
use oauth::client::declaration::{Declaration, GivenSecret};
use oauth::id::UserId;
use oauth::policy::Policy;
use oauth::secret::Secret;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Application, Store, StoreError};
use vault::Purpose;

use crate::command::Context;
use crate::error::{Error, Exit};
use crate::people;
use plan::{Action, Fault, Planned, Wanted};

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// What the applications shall be: TOML, or JSON in a file whose name ends in `.json`; - reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Delete the applications of the operator that are not in the file, without asking; never those that developers or programs registered
    #[arg(long)]
    prune: bool,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What became of one application.
#[derive(Serialize)]
struct Done {
    client_id: String,
    action: Action,
    changed: Vec<String>,
    /// Only when it was just made: it cannot be had again.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode, Error> {
    let policy = context.project.policy(context.settings())?;
    let tables = file::read(&arguments.file)?;
    if tables.is_empty() && arguments.prune {
        return Err(refused(
            "The file names no application, and with --prune every one of the operator would be deleted. \
             Delete them by `application delete` if that is what you want.",
        ));
    }
    let store = context.store().await?;
    let folder = arguments.file.parent().unwrap_or(Path::new(""));
    let surroundings = Surroundings { store: &store, policy: &policy, folder };
    let mut steps = surroundings.plan(&tables).await?;
    if arguments.prune {
        let named: BTreeSet<&str> = steps.iter().map(|step| step.client_id.as_str()).collect();
        let surplus = plan::surplus(&super::all(&store).await?, &named);
        steps.extend(surplus);
    }
    let done = if arguments.dry_run { foretold(steps) } else { apply(&store, steps).await? };
    print(&context, &done, &arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// What a table of the file is looked at with.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    store: &'a Store,
    policy: &'a Policy,
    /// Where the files of secrets are looked for.
    folder: &'a Path,
}

impl Surroundings<'_> {
    /// What has to be done for each table; or everything that is wrong with any of them.
    async fn plan(self, tables: &[Map<String, Value>]) -> Result<Vec<Planned>, Error> {
        let (mut steps, mut faults) = (Vec::new(), Vec::new());
        for (members, name) in tables.iter().zip(plan::names(tables)) {
            let found = self.one(members).await?;
            match found {
                Ok(step) => steps.push(step),
                Err(wrong) => faults.extend(wrong.into_iter().map(|fault| fault.of(&name))),
            }
        }
        faults.extend(plan::named_twice(tables));
        if faults.is_empty() {
            return Ok(steps);
        }
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Err(refused(&lines.join("\n")))
    }

    async fn one(self, members: &Map<String, Value>) -> Result<Result<Planned, Vec<Fault>>, Error> {
        let mut faults = file::unknown(members);
        let secret = file::secret(members, self.folder).unwrap_or_else(|fault| {
            faults.push(fault);
            None
        });
        let declaration = match Declaration::parse(members, self.policy) {
            Ok(declaration) => declaration,
            Err(errors) => {
                faults.extend(errors.into_iter().map(Fault::from));
                return Ok(Err(faults));
            }
        };
        let owner = match self.owner(declaration.owner.as_deref()).await? {
            Ok(owner) => owner,
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        let known = self.store.applications().find_by_client_id(&declaration.id).await?;
        let given = given(self.store, known.as_ref(), secret.as_ref());
        let hash = secret.and_then(|secret| {
            hashed(&declaration, &secret, given).unwrap_or_else(|fault| {
                faults.push(fault);
                None
            })
        });
        let planned = plan::step(Wanted { declaration, known, owner, given, hash });
        Ok(match planned {
            Ok(planned) if faults.is_empty() => Ok(planned),
            Ok(_) => Err(faults),
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        })
    }

    /// The person of this name; a fault if there is none.
    async fn owner(self, name: Option<&str>) -> Result<Result<Option<UserId>, Fault>, Error> {
        let Some(name) = name else { return Ok(Ok(None)) };
        match people::find(self.store, name).await {
            Ok(user) => Ok(Ok(Some(user.account.id))),
            Err(error) if error.exit() == Exit::NotFound => {
                Ok(Err(Fault::new("owner", error.to_string())))
            }
            Err(error) => Err(error),
        }
    }
}

/// What the secret of the file is to the client that is known.
fn given(store: &Store, known: Option<&Application>, secret: Option<&Secret>) -> GivenSecret {
    let Some(secret) = secret else { return GivenSecret::Nothing };
    let same = match known.and_then(|known| known.client.secret.as_ref()) {
        None => false,
        Some(StoredSecret::Slow(hash)) => people::is_hash_of(hash, secret.expose()),
        Some(stored @ StoredSecret::Digest(_)) => {
            let digest = store.vault().digest(Purpose::ClientSecret, secret.expose().as_bytes());
            stored.is_digest(&digest)
        }
    };
    if same { GivenSecret::Known } else { GivenSecret::New }
}

/// The slow hash of a secret that is new to this client; a fault if the client cannot have it.
fn hashed(
    declaration: &Declaration,
    secret: &Secret,
    given: GivenSecret,
) -> Result<Option<String>, Fault> {
    declaration.registration.check_secret(secret)?;
    if given != GivenSecret::New {
        return Ok(None);
    }
    let hash = people::hash(secret.expose());
    hash.map(Some).map_err(|error| Fault::new("client_secret", error.to_string()))
}

/// Does everything that is planned, at once.
async fn apply(store: &Store, planned: Vec<Planned>) -> Result<Vec<Done>, Error> {
    let (mut done, mut steps) = (Vec::new(), Vec::new());
    for Planned { client_id, action, changed, step } in planned {
        steps.extend(step);
        done.push(Done { client_id, action, changed, client_secret: None });
    }
    if steps.is_empty() {
        return Ok(done);
    }
    let applied = store.applications().apply(steps).await.map_err(|error| match error {
        StoreError::Conflict { field: "client_id" } | StoreError::NotFound(_) => refused(
            "Somebody else registered or deleted one of these applications meanwhile. Run it again.",
        ),
        other => other.into(),
    })?;
    for (application, secret) in applied {
        let id = application.client.id.as_str();
        if let Some(one) = done.iter_mut().find(|one| one.client_id == id) {
            one.client_secret = secret.map(|secret| secret.expose().to_owned());
        }
    }
    Ok(done)
}

/// What would be done.
fn foretold(planned: Vec<Planned>) -> Vec<Done> {
    let untouched = |it: Planned| Done {
        client_id: it.client_id,
        action: it.action,
        changed: it.changed,
        client_secret: None,
    };
    planned.into_iter().map(untouched).collect()
}

fn print(context: &Context, done: &[Done], arguments: &Arguments) -> Result<(), Error> {
    let counts = plan::counts(done.iter().map(|one| one.action));
    if arguments.json {
        let summary: Map<String, Value> =
            counts.iter().map(|(action, count)| (action.to_string(), (*count).into())).collect();
        context.out.json(&serde_json::json!({
            "applications": done, "summary": summary, "dry_run": arguments.dry_run,
        }))?;
    } else {
        for one in done {
            context.out.data(one.line())?;
        }
    }
    context.out.say(plan::summary(&counts));
    if done.iter().any(|one| one.client_secret.is_some()) {
        context
            .out
            .say("Keep each secret now: only its digest is stored, so it cannot be shown again.");
    }
    if arguments.dry_run {
        context.out.say("Nothing was changed (--dry-run).");
    }
    Ok(())
}

impl Done {
    /// What became of it, its id, and what has changed or its secret, between tabs.
    fn line(&self) -> String {
        let mut parts = vec![self.action.to_string(), self.client_id.clone()];
        if self.action == Action::Changed {
            parts.push(self.changed.join(" "));
        }
        parts.extend(self.client_secret.as_ref().map(|secret| format!("client_secret: {secret}")));
        parts.join("\t")
    }
}

fn refused(why: &str) -> Error {
    Error::failed(format!("Nothing was changed.\n{why}"))
}
