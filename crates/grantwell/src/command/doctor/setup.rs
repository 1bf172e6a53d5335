//! What `doctor` looks at on every machine: database, migrations, master key, administrator, folders.

use database::migration;
use store::Store;

use super::{Finding, Level};
use crate::command::Context;
use crate::open;

pub(super) async fn findings(context: &Context) -> Vec<Finding> {
    let settings = context.settings();
    let mut findings = Vec::new();
    if let Err(error) = context.project.policy(settings) {
        findings.push(Finding::new(
            "settings.policy",
            Level::Error,
            error.to_string(),
            "Mend that setting.",
        ));
    }
    if let Err(error) = crate::people::password_policy(settings) {
        findings.push(Finding::new(
            "settings.passwords",
            Level::Error,
            error.to_string(),
            "Mend that setting.",
        ));
    }
    if let Err(error) = crate::outgoing::fetcher(settings) {
        findings.push(Finding::new(
            "settings.fetch",
            Level::Error,
            error.to_string(),
            "Mend that file, or remove the setting.",
        ));
    }
    if let Some(folder) = settings.pages.templates.as_ref().filter(|folder| !folder.is_dir()) {
        let text = format!("pages.templates names {}, which is no folder.", folder.display());
        findings.push(Finding::new(
            "pages.templates",
            Level::Error,
            text,
            "Make the folder, or remove the setting.",
        ));
    }
    let key = open::master_key_path(settings);
    if settings.keys.master_key.is_none() && open::is_readable_by_others(&key) {
        let text = format!("Others on this machine can read the master key in {}.", key.display());
        findings.push(Finding::new(
            "keys.readable",
            Level::Error,
            text,
            format!("Run: chmod 600 {}", key.display()),
        ));
    }
    findings.extend(of_database(context).await);
    findings
}

async fn of_database(context: &Context) -> Vec<Finding> {
    let settings = context.settings();
    let file = open::sqlite_file(settings.database_url());
    if file.is_some_and(|file| !std::path::Path::new(file).exists()) {
        let text = "The database file is not there yet.";
        return vec![Finding::new(
            "database.new",
            Level::Info,
            text,
            "Run `migrate`, or start the server.",
        )];
    }
    let database = match open::database(settings).await {
        Ok(database) => database,
        Err(error) => {
            let fix = "Check database.url, and that the database server runs.";
            return vec![Finding::new("database.reach", Level::Error, error.to_string(), fix)];
        }
    };
    if let Err(error) = migration::check(&database, &context.project.migration_sets()).await {
        return vec![Finding::new(
            "database.migrations",
            Level::Error,
            error.to_string(),
            "Run `migrate`.",
        )];
    }
    match context.store().await {
        Ok(store) => of_store(&store).await,
        Err(error) => vec![Finding::new(
            "keys.open",
            Level::Error,
            error.to_string(),
            "Give the key that belongs to this database.",
        )],
    }
}

async fn of_store(store: &Store) -> Vec<Finding> {
    match store.users().count_superusers().await {
        Ok(0) => {
            let fix = "Run `createsuperuser`, or open the address that `setup-link` prints.";
            vec![Finding::new(
                "accounts.administrator",
                Level::Info,
                "There is no administrator yet.",
                fix,
            )]
        }
        Ok(_) => Vec::new(),
        Err(error) => vec![Finding::new(
            "database.read",
            Level::Error,
            error.to_string(),
            "Look at the database.",
        )],
    }
}
