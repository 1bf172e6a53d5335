//! `application …`: the clients that may ask for tokens.

pub(super) mod create;
mod delete;
pub(super) mod facts;
mod list;
mod rotate_secret;
mod show;
mod update;

use std::process::ExitCode;

use clap::Subcommand;
use oauth::id::ClientId;
use oauth::secret::Secret;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Application, Store};

use super::Context;
use crate::error::{Error, Result};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Register an application and print its id and, this once, its secret
    Create(create::Arguments),
    /// List the applications
    List(list::Arguments),
    /// Show one application
    Show(show::Arguments),
    /// Change what is registered about an application
    Update(update::Arguments),
    /// The same as `apply`
    Apply(super::apply::Arguments),
    /// Give an application a new secret and end every token it has
    RotateSecret(rotate_secret::Arguments),
    /// Delete an application with everything that people allowed it
    Delete(delete::Arguments),
}

pub(super) async fn run(context: Context, command: Command) -> Result<ExitCode> {
    match command {
        Command::Create(arguments) => create::run(context, arguments).await,
        Command::List(arguments) => list::run(context, arguments).await,
        Command::Show(arguments) => show::run(context, arguments).await,
        Command::Update(arguments) => update::run(context, arguments).await,
        Command::Apply(arguments) => super::apply::run(context, arguments).await,
        Command::RotateSecret(arguments) => rotate_secret::run(context, arguments).await,
        Command::Delete(arguments) => delete::run(context, arguments).await,
    }
}

/// What is said with a secret that was just made.
pub(super) const KEEP_SECRET: &str = "Keep the secret now: it cannot be shown again.";

/// An application as a command prints it.
#[derive(Serialize)]
struct Shown {
    client_id: String,
    /// Only when it was just made: it cannot be had again.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    name: String,
    client_type: &'static str,
    token_endpoint_auth_method: &'static str,
    grant_types: Vec<String>,
    redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<String>,
    active: bool,
    created_at: String,
    /// What else is registered, by its names in RFC 7591.
    #[serde(flatten)]
    metadata: Map<String, Value>,
}

impl Shown {
    fn of(application: &Application) -> Self {
        let client = &application.client;
        let mut metadata = client.members();
        for shown in ["redirect_uris", "grant_types", "token_endpoint_auth_method", "scope"] {
            metadata.remove(shown);
        }
        Self {
            client_id: client.id.as_str().to_owned(),
            client_secret: None,
            name: client.name.clone(),
            client_type: client.client_type.as_str(),
            token_endpoint_auth_method: client.auth_method.as_str(),
            grant_types: client.grant_types.iter().map(ToString::to_string).collect(),
            redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
            scope: client.scope.as_ref().map(ToString::to_string),
            resources: client.resources.clone(),
            active: client.active,
            metadata,
            created_at: crate::command::rfc3339(application.created_at),
        }
    }

    fn with_secret(mut self, secret: Option<&Secret>) -> Self {
        self.client_secret = secret.map(|secret| secret.expose().to_owned());
        self
    }

    /// One `name: value` per line.
    fn lines(&self) -> String {
        let mut lines = vec![format!("client_id: {}", self.client_id)];
        lines.extend(self.client_secret.as_ref().map(|secret| format!("client_secret: {secret}")));
        lines.push(format!("name: {}", self.name));
        lines.push(format!("client_type: {}", self.client_type));
        lines.push(format!("token_endpoint_auth_method: {}", self.token_endpoint_auth_method));
        lines.push(format!("grant_types: {}", self.grant_types.join(" ")));
        lines.push(format!("redirect_uris: {}", self.redirect_uris.join(" ")));
        lines.extend(self.scope.as_ref().map(|scope| format!("scope: {scope}")));
        if !self.resources.is_empty() {
            lines.push(format!("resources: {}", self.resources.join(" ")));
        }
        let plain = self.metadata.iter().filter(|(name, _)| *name != "client_name");
        lines.extend(plain.map(|(name, value)| match value {
            Value::String(text) => format!("{name}: {text}"),
            other => format!("{name}: {other}"),
        }));
        lines.push(format!("active: {}", self.active));
        lines.push(format!("created_at: {}", self.created_at));
        lines.join("\n")
    }

    fn print(&self, context: &Context, json: bool) -> Result<()> {
        if json { context.out.json(self) } else { context.out.data(self.lines()) }
    }
}

/// How many are read at once.
const PAGE: u64 = 500;

/// Every application but the built-in one.
pub(super) async fn all(store: &Store) -> Result<Vec<Application>> {
    let mut all: Vec<Application> = Vec::new();
    loop {
        let last = all.last().map(|application| application.id);
        let page = store.applications().list(None, last, PAGE).await?;
        let full = page.len() as u64 == PAGE;
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}

/// The application with this client id.
async fn find(store: &Store, client_id: &str) -> Result<Application> {
    let id: Option<ClientId> = client_id.parse().ok();
    let found = match &id {
        Some(id) => store.applications().find_by_client_id(id).await?,
        None => None,
    };
    found.ok_or_else(|| {
        Error::not_found(format!(
            "There is no application with the client id {client_id}. `application list` shows all."
        ))
    })
}
