//! The typed settings of a project: what can be set, the defaults, and the text of the reference page.
//!
//! The doc comments of the fields below *are* the reference: `config reference` prints them.

mod api;
mod contradictions;
mod describe;
mod docs;
mod fetch;
mod load;
mod oauth;
mod profile;
mod reference;
mod server;
mod trusted_issuer;
mod value;

pub use api::{Api, Errors, RequestRate};
pub use describe::{Field, Index, Kind, Section};
pub use docs::{Docs, Readers};
pub use fetch::Fetch;
pub(crate) use load::json_of_toml;
pub use load::{Loaded, Origin, SettingsError, Sources, load};
pub use oauth::{AccessTokenFormat, OAuth};
pub use profile::Profile;
pub(crate) use profile::deviates_from;
pub(crate) use reference::without_password;
pub use reference::{dump_json, dump_toml, markdown};
pub use server::Server;
pub use trusted_issuer::{Subject, TrustedIssuer};
pub use value::{Private, Size, Span};

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that can be set, by section.
///
/// Sources, each overriding the one before it: the library's defaults, the defaults of the project
/// ([`Project::settings`](crate::Project::settings)), `grantwell.toml`, environment variables named
/// `GRANTWELL__SECTION__KEY` (and `DATABASE_URL`), flags.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the server listens, under which name the world sees it, and its limits.
    pub server: Server,
    /// Where the data is kept.
    pub database: Database,
    /// The authorization server: its name, the lifetimes of what it issues, its scopes.
    pub oauth: OAuth,
    /// People: registration, passwords, sessions, failed tries.
    pub accounts: Accounts,
    /// The administration: its API for programs.
    pub admin: Admin,
    /// What callers of the resources meet: the words of errors, and how often they may ask.
    pub api: Api,
    /// How pages look.
    pub pages: Pages,
    /// What the API says about itself: the OpenAPI document and the interactive page.
    pub docs: Docs,
    /// Outgoing requests: what clients keep on servers of their own, such as their keys, is fetched from there.
    pub fetch: Fetch,
    /// What is written to the log, and in which form.
    pub log: Log,
    /// The master key, under which every other key is derived or stored.
    pub keys: Keys,
}

/// Where the data is kept.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://` and a path, or `postgres://user:password@host/name`. Also read from `DATABASE_URL`. When it
    /// is not set: `sqlite://db.sqlite3`, a file in the current folder.
    #[serde(skip_serializing)]
    pub url: Option<Private>,
    /// The most connections that are open to the database at once.
    pub max_connections: u32,
    /// How long a request waits for a free connection; then it is answered with 503.
    pub acquire_timeout: Span,
    /// Apply the migrations that are missing whenever the server starts. Turn it off to run `migrate` yourself.
    pub migrate_on_start: bool,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: None,
            max_connections: 16,
            acquire_timeout: Span::seconds(5),
            migrate_on_start: true,
        }
    }
}

/// People: registration, passwords, sessions, failed tries.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// Whether anybody may make an account for themselves.
    pub registration: bool,
    /// The fewest characters of a new password.
    pub password_min_length: usize,
    /// Accept passwords from the list of the most used ones, which are the first that are guessed.
    pub allow_common_passwords: bool,
    /// Accept passwords that resemble the user name or the address.
    pub allow_similar_passwords: bool,
    /// How many passwords are hashed at once, each with 19 MiB of memory; 0 for one per processor.
    pub hashing_at_once: usize,
    /// A browser session that is not used for this long ends.
    pub session_idle: Span,
    /// However often it is used, a browser session ends this long after the sign-in.
    pub session_absolute: Span,
    /// How many tries at one account's password one network address has within `throttle_window`; each further one
    /// waits, from a second on twice as long each time.
    pub tries_per_account_and_address: u32,
    /// How many tries one account takes from all addresses together. The wait beyond is a minute at most, so that a
    /// stranger cannot keep a person out.
    pub tries_per_account: u32,
    /// How many tries one network address has over all accounts.
    pub tries_per_address: u32,
    /// How many accounts one network address may register within an hour without waiting.
    pub registrations_per_address: u32,
    /// The time over which tries are counted.
    pub throttle_window: Span,
    /// How long one has to wait at most.
    pub longest_wait: Span,
}

impl Default for Accounts {
    fn default() -> Self {
        Self {
            registration: true,
            password_min_length: 8,
            allow_common_passwords: false,
            allow_similar_passwords: false,
            hashing_at_once: 0,
            session_idle: Span::days(1),
            session_absolute: Span::days(14),
            tries_per_account_and_address: 5,
            tries_per_account: 20,
            tries_per_address: 100,
            registrations_per_address: 100,
            throttle_window: Span::seconds(3600),
            longest_wait: Span::seconds(900),
        }
    }
}

/// The administration: its API for programs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Serve the JSON API by which applications, people, keys and tokens are managed. It takes access tokens with the
    /// scope `grantwell:admin`, which no application has unless an operator registers it for it by name.
    pub api: bool,
    /// Below which path it is.
    pub api_prefix: String,
}

impl Default for Admin {
    fn default() -> Self {
        Self { api: true, api_prefix: "/admin/api".to_owned() }
    }
}

/// How pages look.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pages {
    /// The name shown on every page. When it is not set: the name of the project.
    pub brand: Option<String>,
    /// A folder with templates that replace the built-in ones of the same name.
    pub templates: Option<PathBuf>,
    /// Read the templates of that folder again for each page, while they are being written.
    pub reload_templates: bool,
    /// Whose browser is shown resources as pages with forms: that of `everybody`, of `staff` (those who may open the
    /// administration), or of `nobody`. The others get what programs get.
    pub browsable: Readers,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            brand: None,
            templates: None,
            reload_templates: false,
            browsable: Readers::Everybody,
        }
    }
}

/// What is written to the log, and in which form.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `text` for people, `json` for machines, `auto` for text on a terminal and JSON elsewhere.
    pub format: LogFormat,
    /// What is logged: `error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,grantwell=debug`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Auto, level: "info".to_owned() }
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One line of text per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// The master key, under which every other key is derived or stored.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// 32 bytes as base64url or hex. All servers over one database share it. Whoever has it and a copy of the
    /// database can make tokens.
    #[serde(skip_serializing)]
    pub master_key: Option<Private>,
    /// The file that holds the master key; it is made, readable by its owner only, if it is not there. When it
    /// is not set: beside the SQLite database, with `.key` at the end of the name (`db.sqlite3.key`), or
    /// `grantwell.key` in the current folder.
    pub master_key_file: Option<PathBuf>,
    /// How many bits a new RSA key has: 2048, 3072 or 4096. A signature with 4096 takes six times as long as one
    /// with 2048.
    pub rsa_bits: u32,
}

impl Default for Keys {
    fn default() -> Self {
        Self { master_key: None, master_key_file: None, rsa_bits: 2048 }
    }
}

impl Settings {
    /// The database URL: the one that was set, or the SQLite file of a new project.
    pub fn database_url(&self) -> &str {
        self.database.url.as_ref().map_or("sqlite://db.sqlite3", Private::expose)
    }

    /// The settings that are looser than the defaults by name: every `allow_…` that is on, as `section.key`.
    pub fn loosened(&self) -> Vec<String> {
        let tree = serde_json::to_value(self).unwrap_or_default();
        let mut names = Vec::new();
        for (section, fields) in tree.as_object().into_iter().flatten() {
            for (key, value) in fields.as_object().into_iter().flatten() {
                if key.starts_with("allow_") && value == &serde_json::Value::Bool(true) {
                    names.push(format!("{section}.{key}"));
                }
            }
        }
        names
    }
}
