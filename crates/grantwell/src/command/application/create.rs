//! `application create`: registers a client, by the same rules as the page does.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use oauth::client::{Client, ClientMetadata, Draft, GrantType, Origin, Registration};
use oauth::id::ClientId;
use oauth::secret::Secret;
use store::{NewSecret, StoreError};
use zeroize::Zeroizing;

use super::facts::Facts;
use super::{KEEP_SECRET, Shown};
use crate::command::Context;
use crate::error::{Error, Result};
use crate::output::{secret_from_file, secret_from_stdin};
use crate::people;

#[derive(Args, Debug)]
pub(in crate::command) struct Arguments {
    /// The name that people see
    #[arg(long)]
    name: String,
    /// confidential (runs on a server of yours) or public (runs on the devices of others)
    #[arg(long, default_value = "confidential", value_name = "TYPE")]
    client_type: String,
    /// How it gets tokens, such as `client_credentials` or `password`; give it once for each
    #[arg(long = "grant-type", visible_alias = "authorization-grant-type", value_name = "GRANT")]
    grant_types: Vec<String>,
    /// Do not let it refresh: without this, the grants that act for a person bring `refresh_token` along
    #[arg(long)]
    no_refresh_token: bool,
    /// Where a browser may be sent back to; give it once for each
    #[arg(long = "redirect-uri", visible_alias = "redirect-uris", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// The most it may be given, separated by spaces; without it: every scope
    #[arg(long)]
    scope: Option<String>,
    /// How it proves who it is: `client_secret_basic` or `client_secret_post` (it sends its secret), `client_secret_jwt` (it proves that it knows it), `private_key_jwt` (it signs) or none; without it: it sends its secret either way
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    #[command(flatten)]
    facts: Facts,
    /// A file with its public keys, a JSON object with `keys`: for `--auth-method private_key_jwt` and for signed requests
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The username of the person whose application it is; without it: the operator's
    #[arg(long, value_name = "USERNAME")]
    owner: Option<String>,
    /// An id that clients already use, for an import; without it one is made
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Read a secret that clients already use from standard input
    #[arg(long, conflicts_with = "secret_file")]
    secret_stdin: bool,
    /// Read a secret that clients already use from a file
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(in crate::command) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let policy = context.project.policy(context.settings())?;
    let draft = Draft {
        name: arguments.name,
        client_type: arguments.client_type,
        auth_method: arguments.auth_method,
        grant_types: with_refresh(arguments.grant_types, arguments.no_refresh_token),
        redirect_uris: arguments.redirect_uris,
        scope: arguments.scope,
        metadata: ClientMetadata {
            origin: Origin::Operator,
            jwks: arguments.jwks.as_deref().map(read_jwks).transpose()?,
            ..ClientMetadata::default()
        },
    };
    let draft = arguments.facts.write(draft)?;
    let resources = arguments.facts.resources()?.unwrap_or_default();
    let registration = draft.check(&policy).map_err(|errors| {
        let lines: Vec<String> =
            errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
        refused(&lines.join("\n"))
    })?;
    let id = client_id(arguments.client_id)?;
    let chosen = match (arguments.secret_stdin, &arguments.secret_file) {
        (true, _) => Some(secret_from_stdin()?),
        (false, Some(path)) => Some(secret_from_file(path)?),
        (false, None) => None,
    };
    let secret = secret(&registration, chosen)?;
    let store = context.store().await?;
    let owner = match &arguments.owner {
        Some(username) => Some(people::find(&store, username).await?.account.id),
        None => None,
    };
    let was_chosen = matches!(secret, NewSecret::Chosen(_));
    let client = Client { owner, resources, ..registration.into_client(id.clone()) };
    client
        .check_privileges(&policy)
        .map_err(|error| refused(&format!("{}: {}", error.field, error.message)))?;
    let made = store.applications().create(client, secret).await;
    let (application, shown) = made.map_err(|error| match error {
        StoreError::Conflict { field: "client_id" } => {
            refused(&format!("client_id: There is an application with the id {id} already."))
        }
        other => other.into(),
    })?;
    Shown::of(&application).with_secret(shown.as_ref()).print(&context, arguments.json)?;
    if shown.is_some() {
        context.out.say(KEEP_SECRET);
    } else if was_chosen {
        context.out.say("The given secret is stored as a slow hash until `application rotate-secret` replaces it.");
    }
    Ok(ExitCode::SUCCESS)
}

/// A grant that acts for a person is of little use when the person has to come back each hour.
fn with_refresh(mut grants: Vec<String>, without: bool) -> Vec<String> {
    let for_a_person = grants.iter().any(|grant| {
        let grant = GrantType::parse(grant).ok();
        matches!(
            grant,
            Some(GrantType::AuthorizationCode | GrantType::DeviceCode | GrantType::Password)
        )
    });
    if for_a_person && !without && !grants.iter().any(|grant| grant == "refresh_token") {
        grants.push("refresh_token".to_owned());
    }
    grants
}

fn refused(why: &str) -> Error {
    Error::failed(format!("The application was not made.\n{why}"))
}

fn read_jwks(path: &Path) -> Result<serde_json::Value> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| refused(&format!("jwks: The file {shown} cannot be read: {error}.")))?;
    serde_json::from_str(&text)
        .map_err(|error| refused(&format!("jwks: The file {shown} is not JSON: {error}.")))
}

fn secret(registration: &Registration, chosen: Option<Zeroizing<String>>) -> Result<NewSecret> {
    let Some(text) = chosen else {
        let drawn = registration.auth_method.has_secret();
        return Ok(if drawn { NewSecret::Generated } else { NewSecret::None });
    };
    registration
        .check_secret(&Secret::from(text.as_str()))
        .map_err(|error| refused(&format!("secret: {}", error.message)))?;
    if registration.auth_method.seals_secret() {
        return Ok(NewSecret::ChosenToSeal(Secret::from(text.as_str())));
    }
    Ok(NewSecret::Chosen(people::hash(&text)?))
}

fn client_id(given: Option<String>) -> Result<ClientId> {
    if let Some(text) = given {
        return text.parse().map_err(|error| refused(&format!("client_id: {error}.")));
    }
    let drawn = ambient::Entropy::system().fill();
    Ok(ClientId::from_random(&drawn.map_err(|error| Error::failed(error.to_string()))?))
}
