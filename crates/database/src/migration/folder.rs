//! The folder `migrations/` of an app: numbered files and `index.toml`, which lists them in order.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::checksum;
use super::{Answers, Entities, Migration, MigrationError, Operation, State, diff};

const HEAD: &str = "# The migrations of this app in the order in which they are applied. Written by makemigrations.\n\
                    # When two branches both added one, git reports a conflict here: keep both, in the order you want.\n\n";

/// The migrations of an app on disk.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    index: Content,
    migrations: Vec<Migration>,
    edited: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    app: String,
    #[serde(rename = "migration", default, skip_serializing_if = "Vec::is_empty")]
    migrations: Vec<Listed>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    checksum: String,
}

/// What is asked of [`make`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The app; it is written down with the first migration and must not change afterwards.
    pub app: String,
    /// How the migration is called; without it, after what it does.
    pub name: Option<String>,
    /// Write one without operations, for SQL of your own.
    pub empty: bool,
    /// Write nothing, only tell.
    pub dry_run: bool,
}

/// What [`make`] found and wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// The new migration, if there is one: its name.
    pub name: Option<String>,
    /// Its file.
    pub path: Option<PathBuf>,
    /// Its text.
    pub text: String,
    /// What it does.
    pub operations: Vec<Operation>,
    /// Migrations whose file was edited since the index was written; the index now has their new checksum.
    pub edited: Vec<String>,
}

impl Made {
    /// Whether the folder fits the entities: what `makemigrations --check` wants to know.
    pub fn is_up_to_date(&self) -> bool {
        self.name.is_none() && self.edited.is_empty()
    }
}

impl Folder {
    /// Reads the folder. One that is not there yet is empty and belongs to `app`.
    ///
    /// # Errors
    /// [`MigrationError::Io`], [`MigrationError::File`], and a folder that belongs to another app.
    pub fn open(path: impl Into<PathBuf>, app: &str) -> Result<Self, MigrationError> {
        let path = path.into();
        let index = path.join("index.toml");
        if !index.exists() {
            let folder = Self {
                index: Content { app: app.to_owned(), migrations: Vec::new() },
                migrations: Vec::new(),
                edited: Vec::new(),
                path,
            };
            folder.refuse_strangers()?;
            return Ok(folder);
        }
        let index: Content =
            toml::from_str(&read(&index)?).map_err(|wrong| MigrationError::File {
                file: index.display().to_string(),
                reason: format!(
                    "{wrong}\nIf a merge left conflict marks here, keep the entries of both sides."
                ),
            })?;
        if index.app != app {
            let reason = format!("these are the migrations of {}, not of {app}", index.app);
            return Err(MigrationError::File { file: path.display().to_string(), reason });
        }
        let mut folder = Self { index, migrations: Vec::new(), edited: Vec::new(), path };
        for listed in &folder.index.migrations {
            let text = read(&folder.file(&listed.name))?;
            if checksum(&text) != listed.checksum {
                folder.edited.push(listed.name.clone());
            }
            folder.migrations.push(Migration::parse(&listed.name, &text)?);
        }
        folder.refuse_strangers()?;
        Ok(folder)
    }

    /// The migrations in order.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The schema after all of them.
    ///
    /// # Errors
    /// [`MigrationError::Operation`] if one does not fit.
    pub fn state(&self) -> Result<State, MigrationError> {
        State::of(&self.migrations)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.toml"))
    }

    /// A file that the index does not list would silently never be applied.
    fn refuse_strangers(&self) -> Result<(), MigrationError> {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return Ok(()) };
        for entry in entries.flatten() {
            let file = entry.file_name().to_string_lossy().into_owned();
            let Some(name) = file.strip_suffix(".toml").filter(|name| *name != "index") else {
                continue;
            };
            if !self.index.migrations.iter().any(|listed| listed.name == name) {
                return Err(MigrationError::File {
                    file: entry.path().display().to_string(),
                    reason: "index.toml does not list it. Add it there in its place, or remove the file.".into(),
                });
            }
        }
        Ok(())
    }

    fn next_number(&self) -> u32 {
        let number =
            |listed: &Listed| listed.name.split('_').next().and_then(|digits| digits.parse().ok());
        self.index.migrations.iter().filter_map(number).max().unwrap_or(0) + 1
    }

    /// Writes the migration first and the index last, so that a crash between leaves an error and not a wrong order.
    fn write(&mut self, name: Option<&str>, text: &str) -> Result<(), MigrationError> {
        let is_new = !self.path.join("index.toml").exists();
        std::fs::create_dir_all(&self.path).map_err(|failed| io(&self.path, &failed))?;
        for (listed, migration) in self.index.migrations.iter_mut().zip(&self.migrations) {
            listed.checksum.clone_from(&migration.checksum);
        }
        if let Some(name) = name {
            write(&self.file(name), text)?;
            self.index.migrations.push(Listed { name: name.to_owned(), checksum: checksum(text) });
        }
        let index = toml::to_string(&self.index).map_err(|failed| MigrationError::File {
            file: "index.toml".into(),
            reason: failed.to_string(),
        })?;
        write(&self.path.join("index.toml"), &format!("{HEAD}{index}"))?;
        // `migrations!()` cannot watch a folder that was not there; it watches the manifest until then.
        let manifest = self.path.parent().map(|root| root.join("Cargo.toml"));
        if let Some(manifest) = manifest.filter(|manifest| is_new && manifest.is_file()) {
            write(&manifest, &read(&manifest)?)?;
        }
        Ok(())
    }
}

/// Compares `entities` with the migrations in `path` and writes one that makes up the difference.
///
/// # Errors
/// [`MigrationError::Unresolved`] with the open questions; [`MigrationError::Entity`] for what cannot be done; files.
pub fn make(
    path: &Path,
    order: &Order,
    entities: &Entities,
    answers: &mut dyn Answers,
) -> Result<Made, MigrationError> {
    let mut folder = Folder::open(path, &order.app)?;
    let mut answers = Both { first: entities.renames().clone(), then: answers };
    let operations = diff(&folder.state()?, &entities.state()?, &mut answers)?;
    let mut made = Made { operations, edited: folder.edited.clone(), ..Made::default() };
    if order.empty || !made.operations.is_empty() {
        let name =
            format!("{:04}_{}", folder.next_number(), slug(order, &folder, &made.operations)?);
        made.text = Migration::text(&name, &made.operations)?;
        if made.operations.is_empty() {
            made.text.push_str(EMPTY);
        }
        // What is written must read back as the same.
        if Migration::parse(&name, &made.text)?.operations != made.operations {
            let reason = "an operation does not survive being written; please report this".into();
            return Err(MigrationError::File { file: name, reason });
        }
        made.path = Some(folder.file(&name));
        made.name = Some(name);
    }
    if !order.dry_run && !made.is_up_to_date() {
        folder.write(made.name.as_deref(), &made.text)?;
    }
    Ok(made)
}

const EMPTY: &str = "\n# [[operation]]\n# op = \"sql\"\n# sqlite = \"UPDATE …\"\n# postgres = \"UPDATE …\"\n\
                     # reverse_sqlite = \"\"\n# reverse_postgres = \"\"\n";

/// The name of a migration without its number, as Django would call it.
fn slug(
    order: &Order,
    folder: &Folder,
    operations: &[Operation],
) -> Result<String, MigrationError> {
    if let Some(name) = &order.name {
        let plain = !name.is_empty()
            && name.len() <= 60
            && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
        return if plain {
            Ok(name.clone())
        } else {
            let reason =
                "the name of a migration has letters, digits and underscores, at most 60".into();
            Err(MigrationError::File { file: name.clone(), reason })
        };
    }
    if folder.index.migrations.is_empty() {
        return Ok("initial".into());
    }
    let mut name = String::new();
    for operation in operations {
        let next = operation.slug();
        if name.is_empty() {
            name = next.chars().take(52).collect();
        } else if name.len() + next.len() < 52 {
            name = format!("{name}_{next}");
        } else {
            name.push_str("_and_more");
            break;
        }
    }
    let plain =
        |c: char| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '_' };
    Ok(if name.is_empty() { "custom".into() } else { name.chars().map(plain).collect() })
}

/// One source of answers before another.
struct Both<'a, A> {
    first: A,
    then: &'a mut dyn Answers,
}

impl<A: Answers> Answers for Both<'_, A> {
    fn answer(&mut self, question: &super::Question) -> super::Answer {
        match self.first.answer(question) {
            super::Answer::Open => self.then.answer(question),
            known => known,
        }
    }
}

fn read(path: &Path) -> Result<String, MigrationError> {
    std::fs::read_to_string(path).map_err(|failed| io(path, &failed))
}

fn write(path: &Path, text: &str) -> Result<(), MigrationError> {
    std::fs::write(path, text).map_err(|failed| io(path, &failed))
}

fn io(path: &Path, failed: &std::io::Error) -> MigrationError {
    MigrationError::Io { path: path.display().to_string(), reason: failed.to_string() }
}
