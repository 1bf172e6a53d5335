//! `doctor`: looks for mistakes in the settings and the set-up, and says how to mend each.

use std::process::ExitCode;

use ambient::Clock;
use clap::Args;
use serde::Serialize;

use super::Context;
use crate::error::{Exit, Result};
use crate::settings::{Settings, deviates_from};

mod deployment;
mod setup;
mod tls;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Also look for what a server on the internet must not have
    #[arg(long)]
    deploy: bool,
    /// Print a list of JSON objects
    #[arg(long)]
    json: bool,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// Good to know.
    Info,
    /// Probably not what is wanted.
    Warning,
    /// It does not work, or it is dangerous.
    Error,
}

/// One finding.
#[derive(Debug, Serialize)]
struct Finding {
    id: String,
    level: Level,
    text: String,
    fix: String,
}

impl Finding {
    fn new(
        id: impl Into<String>,
        level: Level,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { id: id.into(), level, text: text.into(), fix: fix.into() }
    }
}

pub(super) async fn run(context: Context, arguments: Arguments) -> Result<ExitCode> {
    let mut findings = setup::findings(&context).await;
    findings.extend(tls::findings(context.settings(), Clock::system().now()));
    findings.extend(loosened(&context));
    if arguments.deploy {
        findings.extend(deployment::findings(context.settings()));
    }
    if arguments.json {
        context.out.json(&findings)?;
    } else {
        for finding in &findings {
            let level = match finding.level {
                Level::Info => "info",
                Level::Warning => "warning",
                Level::Error => "error",
            };
            context
                .out
                .data(format!("{level} [{}] {}\n  {}", finding.id, finding.text, finding.fix))?;
        }
        if findings.is_empty() {
            context.out.say("Nothing to report.");
        }
    }
    let bad = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if bad { Exit::Failed.into() } else { ExitCode::SUCCESS })
}

/// Every setting that loosens something, by its name.
fn loosened(context: &Context) -> Vec<Finding> {
    let profile = context.settings().oauth.profile;
    let by_profile = profile.over(Settings::default()).loosened();
    let unset = |name: &String| {
        if by_profile.contains(name) {
            format!("the profile {}", profile.as_str())
        } else {
            "the project's own defaults".to_owned()
        }
    };
    let told = |name: String| {
        let origin = context.loaded.origins.get(&name);
        let origin = origin.map_or_else(|| unset(&name), ToString::to_string);
        let against = deviates_from(&name).map(|section| format!(" It deviates from {section}."));
        let text = format!("{name} is on ({origin}).{}", against.unwrap_or_default());
        Finding::new(
            format!("allow.{name}"),
            Level::Warning,
            text,
            "Turn it off unless its reason still holds: see `config reference`.",
        )
    };
    context.settings().loosened().into_iter().map(told).collect()
}
