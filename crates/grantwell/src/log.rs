//! Sets up the log: text for people, JSON for machines, on standard error, so that data stays alone on standard output.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::error::{Error, Exit, Result};
use crate::settings::{Log, LogFormat};

/// Starts the log of this process. A second call does nothing, so that tests and embedding programs may have their own.
pub(crate) fn start(settings: &Log) -> Result<()> {
    let wrong = |why: &str| {
        let told = format!(
            "log.level is {:?}: {why}. Write error, warn, info, debug or trace, or such as info,sqlx=debug.",
            settings.level
        );
        Error::new(Exit::BadSettings, told)
    };
    if let Some(word) = bare_word(&settings.level) {
        return Err(wrong(&format!("{word} is no level")));
    }
    let filter = EnvFilter::try_new(&settings.level).map_err(|error| wrong(&error.to_string()))?;
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

/// A word alone that is no level. The filter would take it for the name of a module, and the log would fall silent.
fn bare_word(filter: &str) -> Option<&str> {
    let words = filter.split(',').map(str::trim).filter(|word| !word.is_empty());
    let mut bare = words.filter(|word| !word.contains(['=', '[', ':']));
    bare.find(|word| word.parse::<LevelFilter>().is_err())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_level_is_found_and_a_filter_is_not() {
        for (filter, found) in [
            ("info", None),
            ("WARN", None),
            ("info,sqlx=debug", None),
            ("off, tower_http::trace=debug", None),
            ("inf", Some("inf")),
            ("sqlx=debug,verbose", Some("verbose")),
        ] {
            assert_eq!(bare_word(filter), found, "{filter}");
        }
    }
}
