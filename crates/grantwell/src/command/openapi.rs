//! `openapi`: the document about the API, and what of an older one it breaks; needs no database.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::Context;
use crate::error::{Error, Exit, Result};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Print YAML instead of JSON
    #[arg(long, conflicts_with = "check")]
    yaml: bool,
    /// Compare with this older document (JSON) and tell, a line each, what breaks its clients: 0 nothing, 1 something
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Write to this file
    #[arg(short, long, value_name = "FILE", conflicts_with = "check")]
    output: Option<PathBuf>,
}

pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode> {
    let policy = context.project.policy(context.settings())?;
    let document = crate::app::openapi(&context.project, context.settings(), &policy);
    if let Some(path) = &arguments.check {
        return check(context, &read(path)?, &document);
    }
    let text = if arguments.yaml {
        rest::docs::yaml(&document).map_err(Error::failed)?
    } else {
        serde_json::to_string_pretty(&document).map_err(|error| Error::failed(error.to_string()))?
    };
    let text = text.trim_end();
    match &arguments.output {
        None => context.out.data(text)?,
        Some(path) => std::fs::write(path, format!("{text}\n")).map_err(|error| {
            Error::failed(format!("{} cannot be written: {error}.", path.display()))
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(context: &Context, old: &Value, new: &Value) -> Result<ExitCode> {
    let lines = rest::openapi::breaking::changes(old, new);
    for line in &lines {
        context.out.data(line)?;
    }
    Ok(if lines.is_empty() { ExitCode::SUCCESS } else { Exit::Failed.into() })
}

fn read(path: &Path) -> Result<Value> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(Exit::NotFound, format!("{name} cannot be read: {error}.")))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| {
        Error::failed(format!(
            "{name} is not JSON: {error}. --check compares with what `openapi -o FILE` has written."
        ))
    })?;
    if document.get("paths").is_none_or(|paths| !paths.is_object()) {
        return Err(Error::failed(format!(
            "{name} is not an OpenAPI document: it has no `paths`."
        )));
    }
    Ok(document)
}
