//! What `application create` and `application update` take alike: metadata by its registered names, and what only an operator
//! may say.

use std::path::Path;

use clap::Args;
use oauth::client::declaration::check_resource;
use oauth::client::{Draft, FieldError};
use serde_json::{Map, Value};

use crate::error::{Error, Exit, Result};

/// The longest metadata file that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

#[derive(Args, Debug)]
pub(super) struct Facts {
    /// More metadata by its names in RFC 7591, as a JSON object, or @FILE for one in a file; null takes a member away
    #[arg(long, value_name = "JSON|@FILE")]
    metadata: Option<String>,
    /// When people are asked: always, remember (only for what is new), or trusted (never)
    #[arg(long, value_name = "RULE")]
    consent: Option<String>,
    /// What it has to do about PKCE: required, `allow_plain` or `allow_none`
    #[arg(long, value_name = "RULE")]
    pkce: Option<String>,
    /// What it may ask the authorization endpoint for, such as code; give it once for each
    #[arg(long = "response-type", value_name = "TYPE")]
    response_types: Vec<String>,
    /// The identifier of an API that it serves: it may introspect the tokens that are meant for it; give it once for each
    #[arg(long = "resource", value_name = "URI")]
    resources: Vec<String>,
}

impl Facts {
    /// Writes them over a draft. What a flag says goes over what the metadata says.
    pub(super) fn write(&self, draft: Draft) -> Result<Draft> {
        let mut members = match &self.metadata {
            Some(text) => read(text)?,
            None => Map::new(),
        };
        for (member, given) in [("consent", &self.consent), ("pkce", &self.pkce)] {
            if let Some(given) = given {
                members.insert(member.to_owned(), given.as_str().into());
            }
        }
        if !self.response_types.is_empty() {
            members.insert("response_types".to_owned(), self.response_types.clone().into());
        }
        draft.write(&members, true).map_err(|errors| refused(&errors))
    }

    /// The resources that were named, checked; nothing if none was.
    pub(super) fn resources(&self) -> Result<Option<Vec<String>>> {
        for resource in &self.resources {
            check_resource(resource)
                .map_err(|error| Error::failed(format!("resource: {}", error.message)))?;
        }
        Ok((!self.resources.is_empty()).then(|| self.resources.clone()))
    }
}

/// One line for each fault.
pub(super) fn refused(errors: &[FieldError]) -> Error {
    let lines: Vec<String> =
        errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
    Error::failed(format!("Nothing was changed.\n{}", lines.join("\n")))
}

fn read(given: &str) -> Result<Map<String, Value>> {
    let text = match given.strip_prefix('@') {
        Some(path) => file(Path::new(path), LONGEST)?,
        None => given.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Error::new(Exit::Usage, format!("--metadata is not a JSON object: {error}."))
    })
}

/// The text of a file of at most `longest` bytes.
pub(in crate::command) fn file(path: &Path, longest: u64) -> Result<String> {
    let failed = |why: String| Error::failed(format!("{} cannot be read: {why}.", path.display()));
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > longest {
        return Err(failed(format!("it has more than {longest} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}
