//! The commands of every project: what can be typed, and which file does it.

mod application;
mod apply;
mod cleartokens;
mod completions;
mod config;
pub(crate) mod consent;
mod createsuperuser;
mod doctor;
mod keys;
mod makemigrations;
mod migrate;
mod openapi;
#[cfg(test)]
mod reference;
mod registration_token;
mod routes;
mod serve;
pub(crate) mod setup_link;
mod showmigrations;
mod token;
mod user;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use admin::rfc3339;
use store::Store;

use crate::error::{Error, Exit, Result};
use crate::output::Output;
use crate::project::Project;
use crate::settings::{Index, Kind, Loaded, Settings, Sources, load};

/// The command line.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, disable_help_subcommand = true, max_term_width = 110)]
struct Line {
    #[command(flatten)]
    given: Given,
    /// What to do; without a command the server starts.
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where settings come from besides the environment; good for every command.
#[derive(Args, Debug)]
struct Given {
    /// The settings file [default: grantwell.toml, if it is there]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GRANTWELL_CONFIG",
        hide_env_values = true
    )]
    config: Option<PathBuf>,
    /// Sets one setting for this run, such as `server.listen=0.0.0.0:8000`; not for secrets
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (the default)
    #[command(visible_alias = "runserver")]
    Serve(serve::Arguments),
    /// Bring the database up to the newest migration
    Migrate(migrate::Arguments),
    /// Write a migration file for what has changed in the resources
    Makemigrations(makemigrations::Arguments),
    /// List all migrations and whether they are applied
    Showmigrations(showmigrations::Arguments),
    /// Make an account that may do everything
    Createsuperuser(createsuperuser::Arguments),
    /// List, disable and enable accounts, set a password or what is known about a person
    #[command(subcommand)]
    User(user::Command),
    /// Make, list, show and delete client applications
    #[command(subcommand)]
    Application(application::Command),
    /// Make people and applications what a file says: create, change and, if wanted, delete
    Apply(apply::Arguments),
    /// The same as `application create`
    #[command(hide = true)]
    Createapplication(application::create::Arguments),
    /// Make, list and revoke tokens with which clients may register themselves
    #[command(subcommand)]
    RegistrationToken(registration_token::Command),
    /// Print a one-time link with which the first administrator is made in a browser
    SetupLink(setup_link::Arguments),
    /// Delete expired sessions, authorizations and revocations
    Cleartokens(cleartokens::Arguments),
    /// List and rotate the keys that seal tokens
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look into a token, or revoke it
    #[command(subcommand)]
    Token(token::Command),
    /// Look for mistakes in the settings and the set-up
    #[command(visible_alias = "check")]
    Doctor(doctor::Arguments),
    /// List every address that the server answers to
    Routes(routes::Arguments),
    /// Print the OpenAPI document of the API, or say what of an older one it breaks
    Openapi(openapi::Arguments),
    /// Show the settings in force, or the reference of all settings
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for a shell
    Completions(completions::Arguments),
}

/// What every command has.
pub(crate) struct Context {
    /// The project as its `main` declared it.
    pub(crate) project: Project,
    /// The settings in force.
    pub(crate) loaded: Loaded,
    /// Where to write.
    pub(crate) out: Output,
}

impl Context {
    /// The settings in force.
    pub(crate) fn settings(&self) -> &Settings {
        &self.loaded.settings
    }

    /// The store, over a database that is up to date.
    pub(crate) async fn store(&self) -> Result<Store> {
        crate::open::store_of_command(self.settings(), &self.project.migration_sets()).await
    }
}

/// Reads the command line and does what it says. Everything that goes wrong is told here, once.
pub(crate) fn run(project: Project, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let out = Output::of_process();
    let line = match parse(&project, arguments) {
        Ok(line) => line,
        Err(error) => {
            // Help and version are told on standard output with code 0, mistakes on standard error with code 2.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8));
        }
    };
    match dispatch(project, line, out) {
        Ok(code) => code,
        Err(error) => {
            out.error(&error);
            error.exit().into()
        }
    }
}

/// The clap description of all commands, under the project's own name.
pub(super) fn tree(project: &Project) -> clap::Command {
    let name = project.name().to_owned();
    let about = format!("{name}: the server and its commands");
    Line::command().name(name.clone()).bin_name(name).about(about)
}

fn parse(
    project: &Project,
    arguments: impl IntoIterator<Item = OsString>,
) -> std::result::Result<Line, clap::Error> {
    let matches = tree(project).try_get_matches_from(arguments)?;
    Line::from_arg_matches(&matches)
}

fn dispatch(project: Project, line: Line, out: Output) -> Result<ExitCode> {
    let command = line.command.unwrap_or_else(|| Command::Serve(serve::Arguments::default()));
    // These two work whatever the settings are.
    match &command {
        Command::Completions(arguments) => return completions::run(arguments, &project, out),
        Command::Config(config::Command::Reference) => return config::reference(out),
        _ => {}
    }
    let mut sources = Sources::of_process(line.given.config);
    sources.flags = flags(&line.given.set)?;
    if let Command::Serve(arguments) = &command {
        sources.flags.extend(arguments.flags());
    }
    let loaded = load(project.defaults(), &sources)?;
    // What a command does, it says itself: its log is for warnings, unless somebody asks for more.
    let mut log = loaded.settings.log.clone();
    if !matches!(command, Command::Serve(_)) && !loaded.origins.contains_key("log.level") {
        "warn".clone_into(&mut log.level);
    }
    crate::log::start(&log)?;
    let context = Context { project, loaded, out };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(dispatch_async(context, command));
    // A password hash that nobody waits for any more must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done
}

async fn dispatch_async(context: Context, command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(arguments) => Box::pin(serve::run(context, arguments)).await,
        Command::Migrate(arguments) => migrate::run(context, arguments).await,
        Command::Makemigrations(arguments) => makemigrations::run(&context, arguments),
        Command::Showmigrations(arguments) => showmigrations::run(context, arguments).await,
        Command::Createsuperuser(arguments) => createsuperuser::run(context, arguments).await,
        Command::User(command) => user::run(context, command).await,
        Command::Application(command) => Box::pin(application::run(context, command)).await,
        Command::Apply(arguments) => apply::run(context, arguments).await,
        Command::Createapplication(arguments) => application::create::run(context, arguments).await,
        Command::RegistrationToken(command) => registration_token::run(context, command).await,
        Command::SetupLink(arguments) => setup_link::run(context, arguments).await,
        Command::Cleartokens(arguments) => cleartokens::run(context, arguments).await,
        Command::Keys(command) => keys::run(context, command).await,
        Command::Token(command) => token::run(context, command).await,
        Command::Doctor(arguments) => doctor::run(context, arguments).await,
        Command::Routes(arguments) => routes::run(&context, &arguments),
        Command::Openapi(arguments) => openapi::run(&context, &arguments),
        Command::Config(command) => config::run(&context, &command),
        Command::Completions(arguments) => {
            completions::run(&arguments, &context.project, context.out)
        }
    }
}

/// `--set section.key=value`, without anything secret: other people on the machine see arguments.
fn flags(set: &[String]) -> Result<Vec<(String, String, &'static str)>> {
    let mut flags = Vec::with_capacity(set.len());
    for text in set {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Error::new(
                Exit::Usage,
                format!("--set {text}: expected SECTION.KEY=VALUE."),
            ));
        };
        let (section, key) = name.split_once('.').unwrap_or_default();
        if Index::of_settings().field(section, key).is_some_and(|field| field.kind == Kind::Private)
            && value.contains('@')
        {
            return Err(Error::new(Exit::Usage, secret_in_argument(name)));
        }
        if name == "keys.master_key" {
            return Err(Error::new(Exit::Usage, secret_in_argument(name)));
        }
        flags.push((name.to_owned(), value.to_owned(), "--set"));
    }
    Ok(flags)
}

fn secret_in_argument(name: &str) -> String {
    let variable = name.replace('.', "__").to_uppercase();
    format!(
        "--set {name}: everybody on this machine can read the arguments of a command, so a secret may not be one. \
         Set GRANTWELL__{variable}, or name a file that holds it in GRANTWELL__{variable}_FILE."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        tree(&Project::new("unicorn")).debug_assert();
    }

    #[test]
    fn no_secret_is_taken_from_an_argument() {
        for (text, refused) in [
            ("keys.master_key=abc", true),
            ("database.url=postgres://u:p@h/d", true),
            ("database.url=sqlite://x", false),
            ("server.listen=0.0.0.0:1", false),
            ("server.listen", true),
        ] {
            assert_eq!(flags(&[text.to_owned()]).is_err(), refused, "{text}");
        }
    }
}
