//! Sets up the log: text for people, JSON for machines, on standard error, so that data stays alone on standard output.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::error::{Error, Exit, Result};
use crate::settings::{Log, LogFormat};

/// Starts the log of this process. A second call does nothing, so that tests and embedding programs may have their own.
pub(crate) fn start(settings: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.level).map_err(|error| {
        Error::new(
            Exit::BadSettings,
            format!("log.level is {:?}, which is not a filter: {error}", settings.level),
        )
    })?;
    let terminal = std::io::stderr().is_terminal();
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal && !plain)
        .with_span_events(FmtSpan::NONE);
    let as_json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    // An error here says only that a log is already there.
    let _ = if as_json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        builder.with_target(false).try_init()
    };
    Ok(())
}
