//! `completions`: a script that lets a shell complete our commands.

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use crate::error::Result;
use crate::output::Output;
use crate::project::Project;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments, project: &Project, out: Output) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut super::tree(project),
        project.name(),
        &mut script,
    );
    out.text(String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
