//! `serve`: opens the project, says where everything is, and answers requests until it is told to stop.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use tokio::net::TcpListener;

use super::{Context, setup_link};
use crate::app::{App, listening_on};
use crate::error::{Error, Exit, Result};
use crate::output::Output;
use crate::settings::{Settings, without_password};

#[derive(Args, Debug, Default)]
pub(super) struct Arguments {
    /// Where to listen: a port, or an address and a port such as 0.0.0.0:8000
    #[arg(value_name = "ADDR")]
    address: Option<String>,
    /// Do not apply missing migrations
    #[arg(long)]
    no_migrate: bool,
}

impl Arguments {
    /// The arguments as settings.
    pub(super) fn flags(&self) -> Vec<(String, String, &'static str)> {
        let mut flags = Vec::new();
        if let Some(address) = &self.address {
            let bare_port = address.bytes().all(|byte| byte.is_ascii_digit());
            let address = if bare_port { format!("127.0.0.1:{address}") } else { address.clone() };
            flags.push(("server.listen".to_owned(), address, "ADDR"));
        }
        if self.no_migrate {
            flags.push((
                "database.migrate_on_start".to_owned(),
                "false".to_owned(),
                "--no-migrate",
            ));
        }
        flags
    }
}

pub(super) async fn run(context: Context, _arguments: Arguments) -> Result<ExitCode> {
    let started = Instant::now();
    report_panics();
    let Context { project, loaded, out } = context;
    let name = project.name().to_owned();
    let prefixes: Vec<String> =
        project.mounted().iter().map(|(prefix, _)| prefix.clone()).collect();
    // Bound first: a port that is taken is told at once, and whoever connects meanwhile waits instead of being refused.
    let listener = listen(&loaded.settings.server.listen).await?;
    let settings = listening_on(loaded.settings, listener.local_addr()?);
    let key = crate::open::master_key_path(&settings);
    let new_key = settings.keys.master_key.is_none() && !key.exists();
    let app = App::open(project, settings).await?;
    app.shutdown().begin_on_signals()?;
    if let Some(tls) = app.tls() {
        tls.reload_on_hangup()?;
    }
    out.say(banner(&name, &app, &prefixes, started));
    if new_key {
        let key = key.display();
        out.say(format!(
            "  Master key    made in {key}: keep a copy, apart from those of the database"
        ));
    }
    first_run(&app, out).await?;
    let cut = app.serve(listener).await;
    if cut > 0 {
        out.say(format!(
            "{name} has stopped; {cut} connections were cut after server.shutdown_grace."
        ));
    } else {
        out.say(format!("{name} has stopped."));
    }
    Ok(ExitCode::SUCCESS)
}

async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, InvalidInput, PermissionDenied};
        let reason = match error.kind() {
            AddrInUse => {
                "another program listens there. Stop it, or choose another port: `serve 8001`"
                    .to_owned()
            }
            AddrNotAvailable => "this machine has no such address".to_owned(),
            PermissionDenied => {
                "that needs more rights. Ports below 1024 belong to root: choose a higher one"
                    .to_owned()
            }
            InvalidInput => "that is not an address and a port, such as 127.0.0.1:8000".to_owned(),
            _ => error.to_string(),
        };
        let exit = if error.kind() == InvalidInput { Exit::BadSettings } else { Exit::Failed };
        Error::new(exit, format!("Cannot listen on {address}: {reason}."))
    })
}

fn banner(name: &str, app: &App, prefixes: &[String], started: Instant) -> String {
    let base = app.public_url().as_str().trim_end_matches('/');
    let mut lines = vec![format!(
        "{name} is ready in {:.2} s ({}{})",
        started.elapsed().as_secs_f64(),
        database_name(app.settings()),
        migrated(app.applied().len()),
    )];
    let mut line = |label: &str, text: String| lines.push(format!("  {label:<13} {text}"));
    for prefix in prefixes {
        line("API", format!("{base}/{}/", prefix.trim_matches('/')));
    }
    line("Register", format!("{base}/authentication/register/"));
    line("Sign in", format!("{base}/accounts/login/"));
    line("Applications", format!("{base}/o/applications/"));
    line("Issuer", format!("{}  (/.well-known/oauth-authorization-server)", app.policy().issuer));
    line("Stop", "Ctrl-C".to_owned());
    lines.join("\n")
}

fn database_name(settings: &Settings) -> String {
    match crate::open::sqlite_file(settings.database_url()) {
        Some(file) => format!("SQLite, {file}"),
        None => without_password(settings.database_url()),
    }
}

fn migrated(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", 1 migration applied".to_owned(),
        count => format!(", {count} migrations applied"),
    }
}

/// Without an administrator: a link to become one, and the commands that do the same.
async fn first_run(app: &App, out: Output) -> Result<()> {
    if app.store().users().count_superusers().await? > 0 {
        return Ok(());
    }
    let link = setup_link::link(app.settings(), app.store()).await?;
    let program = std::env::args().next().unwrap_or_default();
    out.say(format!("  First run     create the administrator at {link}  (30 minutes, once)"));
    out.say(format!(
        "                or with: {program} createsuperuser   (a new link: {program} setup-link)"
    ));
    Ok(())
}

/// A panic is told in the log, in its format, instead of as bare text. Where it happened, not what was in hand.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "unknown".to_owned(), ToString::to_string);
        let text = panic.payload().downcast_ref::<&str>().copied();
        let text = text
            .or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no text");
        tracing::error!(place, text, "a panic: this is a fault in the program");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_a_bare_port() {
        for (given, listen) in
            [("8001", "127.0.0.1:8001"), ("0.0.0.0:9", "0.0.0.0:9"), ("[::1]:9", "[::1]:9")]
        {
            let arguments = Arguments { address: Some(given.to_owned()), no_migrate: false };
            assert_eq!(
                arguments.flags(),
                [("server.listen".to_owned(), listen.to_owned(), "ADDR")]
            );
        }
    }

    #[tokio::test]
    async fn an_address_that_cannot_be_had_is_told_in_one_line() {
        let held = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for (address, exit, text) in [
            (held.local_addr().unwrap().to_string(), Exit::Failed, "another program listens there"),
            ("nonsense".to_owned(), Exit::BadSettings, "not an address and a port"),
            ("192.0.2.1:8000".to_owned(), Exit::Failed, "no such address"),
        ] {
            let error = listen(&address).await.unwrap_err();
            assert_eq!(error.exit(), exit, "{error}");
            let error = error.to_string();
            assert!(error.contains(text) && !error.contains('\n'), "{error}");
        }
    }
}
