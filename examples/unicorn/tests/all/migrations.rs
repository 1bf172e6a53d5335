//! The migrations in the folder are those that the resources ask for.

use std::path::Path;
use std::process::{Command, Output};

fn makemigrations(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unicorn"));
    command.arg("makemigrations").args(arguments).current_dir(folder).env_clear();
    command.output().unwrap()
}

#[test]
fn nothing_is_missing_in_the_folder() {
    let output = makemigrations(Path::new(env!("CARGO_MANIFEST_DIR")), &["--check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn an_empty_folder_misses_the_first_migration_and_gets_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let check = makemigrations(folder.path(), &["--check"]);
    assert_eq!(check.status.code(), Some(1), "{check:?}");
    assert!(!folder.path().join("migrations").exists(), "a check writes nothing");
    let made = makemigrations(folder.path(), &[]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    let text =
        |root: &Path| std::fs::read_to_string(root.join("migrations/0001_initial.toml")).unwrap();
    assert_eq!(text(folder.path()), text(Path::new(env!("CARGO_MANIFEST_DIR"))));
}

#[test]
fn under_cargo_run_the_folder_is_that_of_the_package() {
    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_unicorn"));
    command.args(["makemigrations", "--check"]).current_dir(elsewhere.path()).env_clear();
    let output = command.env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_question_that_nobody_answers_ends_with_4_and_names_the_flags() {
    let folder = tempfile::tempdir().unwrap();
    makemigrations(folder.path(), &[]);
    // As if the field had been called otherwise until now.
    let file = folder.path().join("migrations/0001_initial.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"age\"", "\"years\"")).unwrap();
    let asked = makemigrations(folder.path(), &[]);
    assert_eq!(asked.status.code(), Some(4), "{asked:?}");
    let said = String::from_utf8_lossy(&asked.stderr).into_owned();
    assert!(said.contains("--rename unicorn.years=age"), "{said}");
    let made = makemigrations(folder.path(), &["--rename", "unicorn.years=age"]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    assert!(String::from_utf8_lossy(&made.stdout).starts_with("migrations/0002_"), "{made:?}");
}
