//! What a command says: data on standard output, talk on standard error, questions only to a terminal.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The most that is read from standard input for a secret.
const SECRET_LIMIT: u64 = 4096;

/// The two streams of a command, and whether somebody is there to answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    colour: bool,
}

#[expect(
    clippy::unused_self,
    reason = "whoever may write was given an `Output`; the streams themselves are global"
)]
impl Output {
    /// The streams of this process. `NO_COLOR` (any value but the empty one) turns colours off.
    pub(crate) fn of_process() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { colour: wanted && io::stderr().is_terminal() }
    }

    /// Writes one line of data. A reader that went away (`… | head`) is no error.
    pub(crate) fn data(self, line: impl AsRef<str>) -> Result<()> {
        let mut out = io::stdout().lock();
        ignore_closed(writeln!(out, "{}", line.as_ref()).and_then(|()| out.flush()))
    }

    /// Writes a text of data as it is.
    pub(crate) fn text(self, text: impl AsRef<str>) -> Result<()> {
        let mut out = io::stdout().lock();
        ignore_closed(out.write_all(text.as_ref().as_bytes()).and_then(|()| out.flush()))
    }

    /// Writes a value as JSON, indented for people who look at it.
    pub(crate) fn json(self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::failed(error.to_string()))?;
        self.data(text)
    }

    /// Says something to the person at the terminal.
    pub(crate) fn say(self, line: impl AsRef<str>) {
        let _ = writeln!(io::stderr().lock(), "{}", line.as_ref());
    }

    /// Tells an error, the way every command does.
    pub(crate) fn error(self, error: &Error) {
        let head = if self.colour { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
        let text = error.to_string().replace('\n', "\n       ");
        self.say(format!("{head} {text}"));
    }

    /// Whether there is a person to ask: both standard input and standard error are a terminal.
    pub(crate) fn can_ask(self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for one line of text.
    pub(crate) fn ask(self, question: &str) -> Result<String> {
        let mut err = io::stderr().lock();
        write!(err, "{question}: ").and_then(|()| err.flush())?;
        drop(err);
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            return Err(Error::unconfirmed("There was no answer: standard input has ended."));
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Asks whether to go on.
    pub(crate) fn confirm(self, question: &str) -> Result<bool> {
        Ok(matches!(
            self.ask(&format!("{question} [y/N]"))?.to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }

    /// Asks for a secret without showing it.
    pub(crate) fn ask_secret(self, question: &str) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(rpassword::prompt_password(format!("{question}: "))?))
    }
}

/// Reads a secret from standard input, to its end or to the first line end.
pub(crate) fn secret_from_stdin() -> Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    io::stdin().lock().take(SECRET_LIMIT + 1).read_to_string(&mut text)?;
    secret_of(&text, "standard input")
}

/// Reads a text of at most `limit` bytes from standard input, to its end.
pub(crate) fn text_from_stdin(limit: usize) -> Result<String> {
    let mut text = String::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    io::stdin().lock().take(bound).read_to_string(&mut text)?;
    if text.len() > limit {
        return Err(Error::failed(format!("Standard input holds more than {limit} bytes.")));
    }
    Ok(text)
}

/// Reads a secret from a file that holds it alone.
pub(crate) fn secret_from_file(path: &std::path::Path) -> Result<Zeroizing<String>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::failed(format!("{} cannot be read: {error}", path.display())))?;
    secret_of(&Zeroizing::new(text), &path.display().to_string())
}

/// The secret that a place holds: one line, with or without a line end.
pub(crate) fn secret_of(text: &str, place: &str) -> Result<Zeroizing<String>> {
    if text.len() as u64 > SECRET_LIMIT {
        return Err(Error::failed(format!(
            "{place} holds more than {SECRET_LIMIT} bytes, which cannot be a secret."
        )));
    }
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Error::failed(format!("{place} is empty where a secret was expected."))),
        line if line.contains('\n') => {
            Err(Error::failed(format!("{place} holds more than one line.")))
        }
        line => Ok(Zeroizing::new(line.to_owned())),
    }
}

fn ignore_closed(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::from),
    }
}
