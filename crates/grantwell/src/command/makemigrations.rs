//! `makemigrations`: compares the resources with the migrations and writes what makes up the difference.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use database::migration::{self, Answer, Answers, Flags, Literal, Order, Question};

use super::Context;
use crate::app::entities;
use crate::error::{Error, Exit, Result};
use crate::output::Output;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Only say, by the exit code, whether a migration is missing: 0 no, 1 yes
    #[arg(long)]
    check: bool,
    /// What to call the migration, without its number
    #[arg(long)]
    name: Option<String>,
    /// This column or table was renamed
    #[arg(long, value_name = "TABLE.OLD=NEW")]
    rename: Vec<String>,
    /// What the rows that exist get in a new column
    #[arg(long, value_name = "TABLE.COLUMN=VALUE")]
    default: Vec<String>,
    /// This column or table is really gone, with what it holds
    #[arg(long, value_name = "TABLE[.COLUMN]")]
    drop: Vec<String>,
    /// The values of this column may be dropped, since they do not fit its new type
    #[arg(long, value_name = "TABLE.COLUMN")]
    replace: Vec<String>,
    /// Write a migration without operations, for SQL of your own
    #[arg(long)]
    empty: bool,
    /// Print what would be written
    #[arg(long, conflicts_with = "check")]
    dry_run: bool,
    /// The folder of the migrations [default: migrations, beside the Cargo.toml under `cargo run`]
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Cargo says where the package is. In a workspace that is not the folder in which `cargo run` was typed, and files
/// that were written there would never be part of the program.
fn default_folder() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    package.join("migrations")
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode> {
    let out = context.out;
    let mut answers =
        Person { flags: flags(&arguments)?, out, asks: out.can_ask() && !arguments.check };
    let app = match context.project.own_migrations() {
        Some(set) => set.app.to_owned(),
        None => context.project.name().to_owned(),
    };
    let dry_run = arguments.check || arguments.dry_run;
    let order = Order { app, name: arguments.name, empty: arguments.empty, dry_run };
    let entities = entities(context.project.all_resources());
    let folder = arguments.folder.unwrap_or_else(default_folder);
    let made = migration::make(&folder, &order, &entities, &mut answers).map_err(|error| {
        match error {
            // Nobody is there to answer, and no flag does.
            open @ migration::MigrationError::Unresolved(_) => Error::unconfirmed(open.to_string()),
            other => other.into(),
        }
    })?;
    for name in &made.edited {
        out.say(format!("{name} was edited since it was written; its new checksum is taken. If it was applied anywhere, undo the edit."));
    }
    let Some(name) = &made.name else {
        out.say("No changes: the migrations fit the resources.");
        return Ok(if arguments.check && !made.is_up_to_date() {
            Exit::Failed.into()
        } else {
            ExitCode::SUCCESS
        });
    };
    if dry_run {
        out.text(&made.text)?;
        out.say(format!("{name} is missing: run `makemigrations`. Nothing was written."));
        return Ok(if arguments.check { Exit::Failed.into() } else { ExitCode::SUCCESS });
    }
    if let Some(path) = &made.path {
        out.data(path.display().to_string())?;
    }
    for operation in &made.operations {
        out.say(format!("  {operation}"));
    }
    out.say("Review the file, build again, and run `migrate` (or start the server).");
    Ok(ExitCode::SUCCESS)
}

fn flags(arguments: &Arguments) -> Result<Flags> {
    let mut flags = Flags::default();
    let usage = |text: String| Error::new(Exit::Usage, text);
    for rename in &arguments.rename {
        flags.rename(rename).map_err(usage)?;
    }
    for default in &arguments.default {
        flags.default_value(default).map_err(usage)?;
    }
    arguments.drop.iter().for_each(|name| flags.drop_name(name));
    arguments.replace.iter().for_each(|name| flags.replace(name));
    Ok(flags)
}

/// The flags first; then the person at the terminal, if there is one.
struct Person {
    flags: Flags,
    out: Output,
    asks: bool,
}

impl Answers for Person {
    fn answer(&mut self, question: &Question) -> Answer {
        let known = self.flags.answer(question);
        if known != Answer::Open || !self.asks {
            return known;
        }
        match question {
            Question::RenameTable { alike: false, .. }
            | Question::RenameColumn { alike: false, .. } => Answer::Open,
            Question::RenameTable { from, to, .. } => {
                self.yes_or_no(&format!("Was the table {from} renamed to {to}?"))
            }
            Question::RenameColumn { table, from, to, .. } => {
                self.yes_or_no(&format!("Was {table}.{from} renamed to {table}.{to}?"))
            }
            Question::Replace { table, column, .. } => self.yes_or_no(&format!(
                "The values of {table}.{column} do not fit its new type. Drop them?"
            )),
            Question::Fill { table, column, kind } => {
                let text = self
                    .out
                    .ask(&format!("What do the rows that exist get in {table}.{column} ({kind})?"));
                text.ok()
                    .and_then(|text| Literal::parse(&text, *kind).ok())
                    .map_or(Answer::Open, Answer::Value)
            }
        }
    }
}

impl Person {
    fn yes_or_no(&self, question: &str) -> Answer {
        match self.out.confirm(question) {
            Ok(true) => Answer::Yes,
            Ok(false) => Answer::No,
            Err(_) => Answer::Open,
        }
    }
}
