//! `apply`: makes people and applications what a file says, all of it or nothing.

mod file;
mod report;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use admin::Hasher;
use admin::plan::{self, Action, Fault, Newcomers, Planned, PlannedUser, Surroundings};
use ambient::Entropy;
use clap::Args;
use oauth::secret::Secret;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Store, StoreError};

use crate::command::Context;
use crate::error::{Error, Exit};
use crate::people;
use file::{Kind, Tables};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// What shall be: TOML, or JSON in a file whose name ends in `.json`; - reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Delete the applications of the operator that are not in the file, without asking; never those that developers or programs registered, and never a person
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

/// What became of one account.
#[derive(Serialize)]
struct DoneUser {
    username: String,
    action: Action,
    changed: Vec<String>,
}

/// All that is to be done.
struct Plan {
    users: Vec<PlannedUser>,
    applications: Vec<Planned>,
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode, Error> {
    let policy = context.project.policy(context.settings())?;
    let passwords = people::password_policy(context.settings())?;
    let tables = file::read(&arguments.file)?;
    if tables.applications.is_empty() && arguments.prune {
        return Err(refused(
            "The file names no application, and with --prune every one of the operator would be deleted. \
             Delete them by `application delete` if that is what you want.",
        ));
    }
    let (store, hasher) = (context.store().await?, Hasher::new(Entropy::system()));
    let folder = arguments.file.parent().unwrap_or(Path::new(""));
    let around =
        Surroundings { store: &store, policy: &policy, passwords: &passwords, hasher: &hasher };
    let mut plan = make_plan(around, &tables, folder).await?;
    if arguments.prune {
        let named: BTreeSet<&str> =
            plan.applications.iter().map(|step| step.client_id.as_str()).collect();
        let surplus = plan::surplus(&super::application::all(&store).await?, &named);
        plan.applications.extend(surplus);
    }
    let (users, applications) =
        if arguments.dry_run { foretold(plan) } else { apply(&store, plan).await? };
    print(&context, &users, &applications, &arguments)?;
    Ok(ExitCode::SUCCESS)
}

/// What has to be done for each table; or everything that is wrong with any of them. People come first: they may own what
/// follows.
async fn make_plan(
    around: Surroundings<'_>,
    tables: &Tables,
    folder: &Path,
) -> Result<Plan, Error> {
    let (mut users, mut applications, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let mut newcomers = Newcomers::new();
    for (members, name) in tables.users.iter().zip(report::names(&tables.users, Kind::User)) {
        let (members, password, faults) = opened(members, Kind::User, folder);
        let planned = plan::user(around, &members, password).await.map_err(failed)?;
        if let Some(planned) = kept(planned, faults, &name, &mut lines) {
            newcomers.extend([planned.id.clone()]);
            users.push(planned);
        }
    }
    let names = report::names(&tables.applications, Kind::Application);
    for (members, name) in tables.applications.iter().zip(names) {
        let (members, secret, faults) = opened(members, Kind::Application, folder);
        let planned = plan::application(around, &members, secret, &newcomers).await;
        let planned = planned.map_err(failed)?;
        applications.extend(kept(planned, faults, &name, &mut lines));
    }
    lines.extend(report::named_twice(&tables.users, Kind::User));
    lines.extend(report::named_twice(&tables.applications, Kind::Application));
    if lines.is_empty() {
        Ok(Plan { users, applications })
    } else {
        Err(refused(&lines.join("\n")))
    }
}

/// The members without the secret, and the secret from where it stands.
fn opened(
    members: &Map<String, Value>,
    kind: Kind,
    folder: &Path,
) -> (Map<String, Value>, Option<Secret>, Vec<Fault>) {
    let mut bare = members.clone();
    bare.retain(|member, _| !kind.secrets().contains(&member.as_str()));
    match file::secret(members, kind, folder) {
        Ok(secret) => (bare, secret, Vec::new()),
        Err(fault) => (bare, None, vec![fault]),
    }
}

/// What is planned, if nothing is wrong; otherwise a line for each fault.
fn kept<T>(
    planned: Result<T, Vec<Fault>>,
    mut faults: Vec<Fault>,
    name: &str,
    lines: &mut Vec<String>,
) -> Option<T> {
    let planned = planned.map_err(|more| faults.extend(more)).ok();
    lines.extend(faults.iter().map(|fault| format!("{name}: {fault}")));
    planned.filter(|_| faults.is_empty())
}

/// Does everything that is planned, at once.
async fn apply(store: &Store, plan: Plan) -> Result<(Vec<DoneUser>, Vec<Done>), Error> {
    let (mut user_steps, mut steps) = (Vec::new(), Vec::new());
    let (mut users, mut applications) = (Vec::new(), Vec::new());
    for PlannedUser { username, action, changed, step, .. } in plan.users {
        user_steps.extend(step);
        users.push(DoneUser { username, action, changed });
    }
    for Planned { client_id, action, changed, step } in plan.applications {
        steps.extend(step);
        applications.push(Done { client_id, action, changed, client_secret: None });
    }
    if user_steps.is_empty() && steps.is_empty() {
        return Ok((users, applications));
    }
    let applied = store.apply(user_steps, steps).await.map_err(|error| match error {
        StoreError::Conflict { field: "client_id" | "username" }
        | StoreError::NotFound(_)
        | StoreError::Overtaken(_) => Error::new(
            Exit::TryAgain,
            "Nothing was changed.\nSomebody else made, changed or deleted one of these meanwhile. Run it again.",
        ),
        other => other.into(),
    })?;
    for (application, secret) in applied.applications {
        let id = application.client.id.as_str();
        if let Some(one) = applications.iter_mut().find(|one| one.client_id == id) {
            one.client_secret = secret.map(|secret| secret.expose().to_owned());
        }
    }
    Ok((users, applications))
}

/// What would be done.
fn foretold(plan: Plan) -> (Vec<DoneUser>, Vec<Done>) {
    let user = |it: PlannedUser| DoneUser {
        username: it.username,
        action: it.action,
        changed: it.changed,
    };
    let application = |it: Planned| Done {
        client_id: it.client_id,
        action: it.action,
        changed: it.changed,
        client_secret: None,
    };
    let applications = plan.applications.into_iter().map(application).collect();
    (plan.users.into_iter().map(user).collect(), applications)
}

fn print(
    context: &Context,
    users: &[DoneUser],
    applications: &[Done],
    arguments: &Arguments,
) -> Result<(), Error> {
    let actions = users.iter().map(|one| one.action);
    let counts = report::counts(actions.chain(applications.iter().map(|one| one.action)));
    if arguments.json {
        let summary: Map<String, Value> =
            counts.iter().map(|(action, count)| (action.to_string(), (*count).into())).collect();
        context.out.json(&serde_json::json!({
            "users": users,
            "applications": applications,
            "summary": summary,
            "dry_run": arguments.dry_run,
        }))?;
    } else {
        for one in users {
            context.out.data(one.line())?;
        }
        for one in applications {
            context.out.data(one.line())?;
        }
    }
    context.out.say(report::summary(&counts));
    if applications.iter().any(|one| one.client_secret.is_some()) {
        context.out.say("Keep each secret now: it cannot be shown again.");
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

impl DoneUser {
    /// What became of the account, whose it is, and what has changed, between tabs.
    fn line(&self) -> String {
        let mut parts = vec![self.action.to_string(), format!("user {}", self.username)];
        if self.action == Action::Changed {
            parts.push(self.changed.join(" "));
        }
        parts.join("\t")
    }
}

fn failed(error: plan::PlanError) -> Error {
    match error {
        plan::PlanError::Store(error) => error.into(),
        plan::PlanError::Hash(error) => Error::failed(format!("Nothing was changed.\n{error}.")),
    }
}

fn refused(why: &str) -> Error {
    Error::failed(format!("Nothing was changed.\n{why}"))
}
