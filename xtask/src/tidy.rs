//! The checks that no compiler makes: doors between rooms, first lines, sizes, sorted manifests, the tables of
//! standards and threats, the programs that pages show, the commands that pages show and nobody runs.

mod dependencies;
mod guides;
mod readme;
mod rfc;
mod sources;

use crate::output::say;

/// Run every check and name each fault with its file.
pub(crate) fn run() -> Result<(), String> {
    let root = crate::tools::root();
    let mut faults = dependencies::check(&root)?;
    faults.extend(sources::check(&root)?);
    faults.extend(rfc::check(&root)?);
    faults.extend(readme::check(&root)?);
    faults.extend(guides::check(&root)?);
    if faults.is_empty() {
        say("tidy: no faults");
        return Ok(());
    }
    Err(format!("tidy found {} fault(s):\n  {}", faults.len(), faults.join("\n  ")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_workspace_is_tidy() {
        if let Err(faults) = super::run() {
            panic!("{faults}");
        }
    }
}
