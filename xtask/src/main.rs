//! Checks, generators and the test runner of the workspace: `cargo xtask COMMAND`.

mod console;
mod fuzz;
mod output;
mod postgres;
mod server;
mod stages;
mod tidy;
mod tools;

use std::process::ExitCode;

use output::say;

const HELP: &str = "\
cargo xtask COMMAND

  test [STAGE ...]   everything that the gate checks, in order; or only the named stages:
                     fmt tidy clippy rust docs example console browser clients
  tidy               the checks that no compiler makes: doors between rooms, first lines,
                     sizes, sorted manifests, the tables of standards and threats, what pages show
  generate           write docs/reference/commands.md and settings.md from the program
  bench [--quick]    measure the promises of docs/reference/performance.md
  fuzz [SECONDS] [TARGET ...]
                     run the fuzz targets, 20 seconds each unless told otherwise
  console [PART ...] run what the README and the book show; or only pages with PART in their path
  postgres           start a throw-away PostgreSQL and print its URL; ends with Ctrl-C
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", stages @ ..] => stages::run(stages),
        ["tidy"] => tidy::run(),
        ["generate"] => stages::generate(),
        ["bench", flags @ ..] => stages::bench(flags),
        ["console", parts @ ..] => stages::console(parts),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        ["postgres"] => postgres::serve(),
        ["help" | "--help" | "-h"] | [] => {
            say(HELP);
            Ok(())
        }
        _ => Err(format!("there is no `cargo xtask {}`\n\n{HELP}", arguments.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            output::complain(&message);
            ExitCode::FAILURE
        }
    }
}
