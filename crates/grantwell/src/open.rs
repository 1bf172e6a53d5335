//! Opens what the server and the commands work on: the database, the master key, the store.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ambient::{Clock, Entropy};
use database::migration::{self, Set};
use database::{Database, DatabaseError, Kind, Options};
use store::{Store, StoreError};
use vault::{MasterKey, RsaSize, Vault};
use zeroize::Zeroizing;

use crate::error::{Error, Exit, Result};
use crate::settings::{Private, Profile, Settings, without_password};

/// A master key and, if this run made it, the file in which it now stands.
pub(crate) struct FoundKey {
    pub(crate) key: MasterKey,
    pub(crate) made: Option<PathBuf>,
}

/// Connects to the database of the settings.
pub(crate) async fn database(settings: &Settings) -> Result<Database> {
    let mut options = Options::new(settings.database_url());
    options.max_connections = settings.database.max_connections;
    options.acquire_timeout = settings.database.acquire_timeout.duration();
    Database::connect(&options).await.map_err(|error| {
        let hint = match &error {
            DatabaseError::Url(_) => return error.into(),
            other if other.is_unavailable() => "Look whether it runs, and whether host and port in database.url (or DATABASE_URL) are right.",
            _ => "Look whether name, user and password in database.url (or DATABASE_URL) are right; a database has to be made before it is used.",
        };
        let place = without_password(settings.database_url());
        let told = Error::from(error);
        Error::new(told.exit(), format!("{told}\nThe database is {place}. {hint}"))
    })
}

/// Opens the store. The migrations have to be applied.
pub(crate) async fn store(
    settings: &Settings,
    database: Database,
    clock: Clock,
    entropy: Entropy,
) -> Result<Store> {
    let found = master_key(settings, &entropy)?;
    let opened =
        Store::open(database, Vault::new(found.key), clock, entropy, store_options(settings)).await;
    match (opened, found.made) {
        // The database is older than the key that was just made for it: the right one was lost or is elsewhere.
        (Err(StoreError::WrongMasterKey { .. }), Some(made)) => {
            let _ = fs::remove_file(&made);
            Err(Error::new(Exit::BadSettings, missing_key(&made)))
        }
        (opened, _) => Ok(opened?),
    }
}

/// What most commands need: the store over a database whose migrations are applied.
pub(crate) async fn store_of_command(settings: &Settings, sets: &[Set]) -> Result<Store> {
    let database = database(settings).await?;
    migration::check(&database, sets).await?;
    store(settings, database, Clock::system(), Entropy::system()).await
}

fn store_options(settings: &Settings) -> store::Options {
    let mut options = store::Options::default();
    options.max_staleness = settings.oauth.max_staleness.duration();
    // Several times within the promise, but never without a pause.
    options.poll_every = (options.max_staleness / 4).max(Duration::from_millis(50));
    options.signing_algorithms = settings.oauth.algorithms();
    options.rsa_size = RsaSize::from_bits(settings.keys.rsa_bits).unwrap_or_default();
    options.keep_unused_clients = settings.oauth.unused_client_lifetime.unless_zero();
    options.sweep_every = settings.oauth.sweep_interval.unless_zero();
    if settings.oauth.profile == Profile::Testing {
        // A test of a rotation does not wait, and nobody else holds a copy of the keys.
        options.key_announced = Duration::ZERO;
    }
    options
}

/// The master key of the settings, or that of its file, which is made if it is not there.
fn master_key(settings: &Settings, entropy: &Entropy) -> Result<FoundKey> {
    if let Some(text) = &settings.keys.master_key {
        return Ok(FoundKey { key: parse_key(text, "keys.master_key")?, made: None });
    }
    let path = master_key_path(settings);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let text = Private::from(text.trim().to_owned());
            Ok(FoundKey { key: parse_key(&text, &path.display().to_string())?, made: None })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make_key(path, entropy),
        Err(error) => Err(Error::new(
            Exit::BadSettings,
            format!("The master key file {} cannot be read: {error}.", path.display()),
        )),
    }
}

/// Where the master key stands, if it stands in a file.
pub(crate) fn master_key_path(settings: &Settings) -> PathBuf {
    if let Some(path) = &settings.keys.master_key_file {
        return path.clone();
    }
    match sqlite_file(settings.database_url()) {
        Some(file) => PathBuf::from(format!("{file}.key")),
        None => PathBuf::from("grantwell.key"),
    }
}

/// The path in a SQLite URL; none for other databases and for one in memory.
pub(crate) fn sqlite_file(url: &str) -> Option<&str> {
    if Kind::of_url(url).ok()? != Kind::Sqlite {
        return None;
    }
    let rest = url.strip_prefix("sqlite:")?;
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    (!path.is_empty() && path != ":memory:").then_some(path)
}

/// Whether others than the owner may read a file with a secret in it.
pub(crate) fn is_readable_by_others(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

fn parse_key(text: &Private, place: &str) -> Result<MasterKey> {
    MasterKey::parse(text.expose()).map_err(|error| {
        Error::new(
            Exit::BadSettings,
            format!(
                "{place} does not hold a master key: {error}. Put the right one back from your backup; for a new \
                 database, make one with `openssl rand -hex 32`."
            ),
        )
    })
}

/// Writes a new key. The file appears whole or not at all, also if two servers start at once: the second finds the
/// key of the first.
fn make_key(path: PathBuf, entropy: &Entropy) -> Result<FoundKey> {
    let failed = |error: std::io::Error| {
        Error::failed(format!("The master key file {} cannot be made: {error}.", path.display()))
    };
    let text = entropy.text(32).map_err(|error| Error::failed(error.to_string()))?;
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by its owner only, from the first moment on.
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let line = Zeroizing::new(format!("{}\n", text.expose()));
    draft.write_all(line.as_bytes()).and_then(|()| draft.as_file().sync_all()).map_err(failed)?;
    match draft.persist_noclobber(&path) {
        Ok(_) => {
            let key =
                parse_key(&Private::from(text.expose().to_owned()), &path.display().to_string())?;
            Ok(FoundKey { key, made: Some(path) })
        }
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
            let text = fs::read_to_string(&path).map_err(failed)?;
            let key =
                parse_key(&Private::from(text.trim().to_owned()), &path.display().to_string())?;
            Ok(FoundKey { key, made: None })
        }
        Err(error) => Err(failed(error.error)),
    }
}

fn missing_key(path: &Path) -> String {
    format!(
        "This database was made with a master key that is not here: {} does not exist and keys.master_key is not set. \
         Put the file back from your backup. Without it no token, session or client secret of this database can be checked.",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> Settings {
        let mut settings = Settings::default();
        settings.database.url = Some(url.into());
        settings
    }

    #[test]
    fn the_key_stands_beside_the_database() {
        for (url, path) in [
            ("sqlite://db.sqlite3", "db.sqlite3.key"),
            ("sqlite:data/db.sqlite3?mode=rwc", "data/db.sqlite3.key"),
            ("sqlite:///var/lib/x/db.sqlite3", "/var/lib/x/db.sqlite3.key"),
            ("sqlite::memory:", "grantwell.key"),
            ("postgres://u@h/d", "grantwell.key"),
        ] {
            assert_eq!(master_key_path(&settings(url)), PathBuf::from(path), "{url}");
        }
    }

    #[test]
    fn the_key_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&format!("sqlite://{}/db.sqlite3", folder.path().display()));
        let first = master_key(&settings, &Entropy::system()).unwrap();
        let path = first.made.unwrap();
        assert!(!is_readable_by_others(&path));
        let second = master_key(&settings, &Entropy::system()).unwrap();
        assert_eq!(second.made, None);
        assert_eq!(
            Vault::new(first.key).fingerprint().to_string(),
            Vault::new(second.key).fingerprint().to_string()
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn many_that_start_at_once_find_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/db.sqlite3", folder.path().display());
        let prints: Vec<String> = std::thread::scope(|scope| {
            let start = || {
                Vault::new(master_key(&settings(&url), &Entropy::system()).unwrap().key)
                    .fingerprint()
                    .to_string()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(prints.iter().all(|print| print == &prints[0]), "{prints:?}");
    }

    #[test]
    fn a_key_that_is_none_is_refused_without_showing_it() {
        let mut settings = settings("sqlite://x");
        settings.keys.master_key = Some("hunter2".into());
        let error = master_key(&settings, &Entropy::system()).err().unwrap().to_string();
        assert!(error.contains("keys.master_key") && !error.contains("hunter2"), "{error}");
    }
}
