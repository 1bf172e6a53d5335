//! The question before a command deletes or ends something: `--yes`, `--dry-run`, or an answer at the terminal.

use clap::Args;

use crate::error::{Error, Result};
use crate::output::Output;

#[derive(Args, Debug)]
pub(crate) struct Consent {
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Only say what would be done
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl Consent {
    /// Whether to go on with `what`. Without a terminal and without `--yes` nobody can say so: exit code 4.
    pub(crate) fn given(&self, out: Output, what: &str) -> Result<bool> {
        if self.dry_run {
            out.say(format!("Would be done: {what}. Nothing was changed (--dry-run)."));
            return Ok(false);
        }
        if self.yes {
            return Ok(true);
        }
        if !out.can_ask() {
            return Err(Error::unconfirmed(format!(
                "To be done: {what}. Nobody is there to ask: confirm it with --yes."
            )));
        }
        if out.confirm(&format!("To be done: {what}. Go on?"))? {
            return Ok(true);
        }
        Err(Error::unconfirmed("Nothing was changed."))
    }
}
