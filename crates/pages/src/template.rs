//! Templates: ours and those of other rooms are embedded, a file of the same name in the override folder wins.
//!
//! A page extends `base.html` and fills its blocks `title`, `content`, and if need be `layout` (`narrow` for a card in the
//! middle) and `head`. Inside the block it says `{% import "components.html" as ui %}`; the comments in
//! `components.html` tell what there is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::asset::Assets;
use crate::headers::no_store;
use crate::json::escape;
use crate::page::{Brand, ConfirmPage, FormPage, MessagePage, Page};

const EMBEDDED: &[(&str, &str)] = &[
    ("base.html", include_str!("../templates/base.html")),
    ("components.html", include_str!("../templates/components.html")),
    ("confirm.html", include_str!("../templates/confirm.html")),
    ("error.html", include_str!("../templates/error.html")),
    ("form_page.html", include_str!("../templates/form_page.html")),
    ("message.html", include_str!("../templates/message.html")),
];

/// Renders pages and serves the static files they need. Cheap to clone.
#[derive(Clone)]
pub struct Pages(Arc<Inner>);

struct Inner {
    sources: Sources,
    loaded: Loaded,
}

/// What the pages are made from.
struct Sources {
    templates: Vec<(String, String)>,
    files: Vec<(String, Bytes)>,
    brand: Brand,
    folder: Option<PathBuf>,
    reload: bool,
}

/// What is made from it.
#[derive(Clone)]
struct Loaded {
    environment: Arc<Environment<'static>>,
    assets: Arc<Assets>,
}

/// The pages cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A template does not parse.
    #[error("the template {name} cannot be read: {reason}")]
    Template {
        /// Its name.
        name: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// The override folder cannot be read.
    #[error("the folder {} for templates of your own cannot be read: {source}", path.display())]
    Folder {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A static file has a name or an ending that is not served.
    #[error("the static file {0:?} has a name or an ending that is not served")]
    File(String),
}

/// A page could not be rendered. The text names template and line, and no values.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RenderError(String);

impl From<Error> for RenderError {
    fn from(error: Error) -> Self {
        Self(explain(&error))
    }
}

fn explain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str("; because ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("brand", &self.0.sources.brand.name).finish_non_exhaustive()
    }
}

/// Gathers what [`Pages`] are made from.
#[derive(Default)]
#[must_use]
pub struct Builder {
    templates: Vec<(String, String)>,
    files: Vec<(String, Bytes)>,
    brand: Brand,
    folder: Option<PathBuf>,
    reload: bool,
}

impl Builder {
    /// Adds templates of another room, by name, such as `("accounts/login.html", include_str!(…))`. A later one of the
    /// same name wins.
    pub fn templates(mut self, templates: &[(&str, &str)]) -> Self {
        self.templates.extend(
            templates.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())),
        );
        self
    }

    /// Adds static files of another room.
    pub fn static_files(mut self, files: &[(&str, &'static [u8])]) -> Self {
        self.files.extend(
            files.iter().map(|(name, bytes)| ((*name).to_owned(), Bytes::from_static(bytes))),
        );
        self
    }

    /// A folder whose `*.html` files win over embedded templates of the same path, and whose `static/` holds static
    /// files. A `brand.css` there is linked by every page after our own.
    pub fn override_folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folder = Some(path.into());
        self
    }

    /// Whose site it is.
    pub fn brand(mut self, brand: Brand) -> Self {
        self.brand = brand;
        self
    }

    /// Whether the override folder is read again for each page (development).
    pub fn reload(mut self, reload: bool) -> Self {
        self.reload = reload;
        self
    }

    /// Reads and compiles everything, so that a broken template is found at the start.
    pub fn build(self) -> Result<Pages, BuildError> {
        let Self { templates, files, brand, folder, reload } = self;
        let reload = reload && folder.is_some();
        let sources = Sources { templates, files, brand, folder, reload };
        let loaded = sources.load()?;
        Ok(Pages(Arc::new(Inner { sources, loaded })))
    }
}

impl Sources {
    fn load(&self) -> Result<Loaded, BuildError> {
        let mut assets = Assets::embedded();
        for (name, bytes) in &self.files {
            if !assets.insert(name, bytes.clone()) {
                return Err(BuildError::File(name.clone()));
            }
        }
        let mut templates: Vec<(String, String)> = EMBEDDED
            .iter()
            .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
            .collect();
        templates.extend(self.templates.iter().cloned());
        if let Some(folder) = &self.folder {
            read_folder(folder, &mut templates, &mut assets)?;
        }
        let assets = Arc::new(assets);
        let mut environment = environment(&self.brand, &assets);
        for (name, source) in templates {
            environment
                .add_template_owned(name.clone(), source)
                .map_err(|error| BuildError::Template { name, reason: explain(&error) })?;
        }
        Ok(Loaded { environment: Arc::new(environment), assets })
    }
}

fn environment(brand: &Brand, assets: &Arc<Assets>) -> Environment<'static> {
    let mut environment = Environment::new();
    // Whatever a template is called: what it shows is escaped.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // The same as the built-in escaping, except that a slash stays a slash, so that addresses are readable in the source.
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() && *state.auto_escape() == AutoEscape::Html => {
            let mut escaped = String::with_capacity(text.len());
            escape(&mut escaped, text);
            out.write_str(&escaped).map_err(Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    // A misspelt variable is an error, not an empty place.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Errors must not carry the values of variables into the log.
    environment.set_debug(false);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.add_global("brand", Value::from(Serde(brand)));
    let files = Arc::clone(assets);
    environment.add_function("has_asset", move |name: &str| files.address(name).is_some());
    let files = Arc::clone(assets);
    environment.add_function("asset", move |name: &str| {
        files.address(name).ok_or_else(|| {
            Error::new(ErrorKind::InvalidOperation, format!("no static file {name:?}"))
        })
    });
    environment.add_test("web_address", |href: &str| is_web_address(href));
    environment.add_filter("time", time);
    environment
}

/// Addresses that may be put into `href`: a `javascript:` address would run.
fn is_web_address(href: &str) -> bool {
    let plain = !href.chars().any(|c| c.is_control() || c == '\\');
    plain
        && (["/", "?", "#", "https://", "http://", "mailto:"]
            .iter()
            .any(|start| href.starts_with(start)))
}

/// A moment in UTC as `<time>`; a script shows it in the reader's own zone.
fn time(millis: i64) -> Result<Value, Error> {
    let moment = chrono::DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "no such moment"))?;
    let machine = moment.format("%Y-%m-%dT%H:%M:%SZ");
    let person = moment.format("%-d %b %Y, %H:%M UTC");
    Ok(Value::from_safe_string(format!("<time datetime=\"{machine}\">{person}</time>")))
}

/// Folders within folders that are looked into, and files that are taken: an override folder is small.
const MOST_LEVELS: usize = 4;
const MOST_FILES: usize = 1000;

fn read_folder(
    folder: &Path,
    templates: &mut Vec<(String, String)>,
    assets: &mut Assets,
) -> Result<(), BuildError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| BuildError::Folder { path, source }
    };
    let mut waiting = vec![(folder.to_owned(), String::new(), 0)];
    let mut taken = 0;
    while let Some((path, prefix, level)) = waiting.pop() {
        for entry in std::fs::read_dir(&path).map_err(fail(&path))? {
            let entry = entry.map_err(fail(&path))?;
            let Ok(file) = entry.file_name().into_string() else { continue };
            if file.starts_with('.') || taken >= MOST_FILES {
                continue;
            }
            // Links are followed: the folder is the operator's, and Kubernetes mounts its files as links.
            let here = entry.path();
            let name = format!("{prefix}{file}");
            if here.is_dir() {
                if level < MOST_LEVELS {
                    waiting.push((here, format!("{name}/"), level + 1));
                }
            } else if let Some(file) = name.strip_prefix("static/") {
                taken += usize::from(
                    assets.insert(file, std::fs::read(&here).map_err(fail(&here))?.into()),
                );
            } else if here.extension().is_some_and(|ending| ending == "html") {
                templates.push((name, std::fs::read_to_string(&here).map_err(fail(&here))?));
                taken += 1;
            }
        }
    }
    Ok(())
}

impl Pages {
    /// Starts with our own templates.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Renders a template to text. The template sees `page`, the fields of `context`, `brand` and the functions `asset`
    /// and `has_asset`.
    pub fn render(
        &self,
        name: &str,
        page: &Page,
        context: impl Serialize,
    ) -> Result<String, RenderError> {
        let loaded = self.loaded()?;
        let own = Value::from(Serde(context));
        let context = context! { page => Serde(page), ..own };
        Ok(loaded.environment.get_template(name)?.render(context)?)
    }

    /// Renders a template to a response that no cache keeps (every page has a form token). When that fails, the reader
    /// gets a plain 500 page and the log the reason.
    pub fn respond(
        &self,
        status: StatusCode,
        name: &str,
        page: &Page,
        context: impl Serialize,
    ) -> Response {
        let mut response = match self.render(name, page, context) {
            Ok(text) => (status, Html(text)).into_response(),
            Err(error) => {
                tracing::error!(template = name, %error, "a page could not be rendered");
                (StatusCode::INTERNAL_SERVER_ERROR, Html(LAST_RESORT)).into_response()
            }
        };
        no_store(&mut response);
        response
    }

    /// A page around one form; 422 when the form has errors, 200 otherwise.
    pub fn form(&self, page: &Page, form: &FormPage) -> Response {
        let status =
            if form.form.has_errors() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.respond(status, "form_page.html", page, form)
    }

    /// A page that says one thing.
    pub fn message(&self, status: StatusCode, page: &Page, message: &MessagePage) -> Response {
        self.respond(status, "message.html", page, message)
    }

    /// A question before something that cannot be undone.
    pub fn confirm(&self, page: &Page, confirm: &ConfirmPage) -> Response {
        self.respond(StatusCode::OK, "confirm.html", page, confirm)
    }

    /// The address of a static file, as the template function `asset` gives it.
    pub fn asset(&self, name: &str) -> Option<String> {
        self.assets().address(name)
    }

    pub(crate) fn assets(&self) -> Arc<Assets> {
        self.loaded().map_or_else(|_| Arc::clone(&self.0.loaded.assets), |loaded| loaded.assets)
    }

    fn loaded(&self) -> Result<Loaded, RenderError> {
        if self.0.sources.reload {
            self.0.sources.load().map_err(|error| RenderError(error.to_string()))
        } else {
            Ok(self.0.loaded.clone())
        }
    }
}

/// Shown when even the error page cannot be rendered.
const LAST_RESORT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Something went wrong</title>\
     <h1>Something went wrong on our side</h1><p>This page could not be shown. Try again in a moment; if it happens \
     again, tell the people who run this site.</p></html>";

#[cfg(test)]
mod tests;
