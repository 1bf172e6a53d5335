//! `cargo xtask fuzz`: builds the fuzz targets with coverage feedback on the stable compiler and runs each for a while.

use std::path::Path;
use std::process::Command;

use crate::output::say;
use crate::tools;

/// What libFuzzer needs from the compiler; these flags are stable.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Run every target, or the named ones, for `seconds` each.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let (numbers, names): (Vec<&str>, Vec<&str>) =
        arguments.iter().partition(|argument| argument.parse::<u32>().is_ok());
    let seconds = numbers.first().unwrap_or(&"20");
    let fuzz = tools::root().join("fuzz");
    let target = tools::target().join("fuzz");
    // Naming the target keeps build scripts and macros, which run here and now, free of the flags.
    let host = host()?;
    tools::run(
        Command::new("cargo")
            .args(["build", "--release", "--target", &host, "--manifest-path"])
            .arg(fuzz.join("Cargo.toml"))
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", COVERAGE),
    )?;
    let mut ran = 0;
    for name in targets(&fuzz)? {
        if !names.is_empty() && !names.contains(&name.as_str()) {
            continue;
        }
        let corpus = fuzz.join("corpus").join(&name);
        std::fs::create_dir_all(&corpus)
            .map_err(|error| format!("{}: {error}", corpus.display()))?;
        let limit = format!("-max_total_time={seconds}");
        let mut command = Command::new(target.join(&host).join("release").join(&name));
        tools::run(command.arg(&corpus).args([&limit, "-max_len=4096", "-timeout=5"]))?;
        ran += 1;
    }
    say(&format!("{ran} fuzz targets ran for {seconds} s each and found nothing"));
    Ok(())
}

fn host() -> Result<String, String> {
    let version = tools::ask(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc -vV names no host".to_owned())
}

fn targets(fuzz: &Path) -> Result<Vec<String>, String> {
    let folder = fuzz.join("targets");
    let entries =
        std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}
