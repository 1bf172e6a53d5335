//! A folder of its own for each test, in which the `grantwell` binary is run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a database to be.
pub(crate) struct House(TempDir);

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The same, after checking that it ended with this code.
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

impl House {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A house whose database is there.
    pub(crate) fn migrated() -> Self {
        let house = Self::new();
        house.run(&["migrate"]).code(0);
        house
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], "")
    }

    /// Runs a command with variables and with this on standard input.
    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &str)],
        input: &str,
    ) -> Ran {
        let mut child = self
            .command(arguments, environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that ends without reading closes the pipe.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Starts the server on a free port, and waits until it says that it is ready.
    pub(crate) fn serve(&self, environment: &[(&str, &str)]) -> Running {
        let mut child = self
            .command(&["serve", "127.0.0.1:0"], environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else { panic!("the server ended: {said:?}") };
            let address = line
                .split_once("Issuer")
                .and_then(|(_, rest)| rest.split_whitespace().next())
                .map(str::to_owned);
            said.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        // Somebody has to read on, or a full pipe would stop the server.
        let rest = std::thread::spawn(move || lines.map_while(Result::ok).collect());
        Running { child, address, said, rest: Some(rest) }
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grantwell"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .envs(environment.iter().copied());
        command
    }
}

/// A running server.
pub(crate) struct Running {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    /// What it said until it was ready.
    pub(crate) said: Vec<String>,
    rest: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Running {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Tells it to stop and gives the exit code and what it said.
    pub(crate) fn stop(mut self) -> (i32, Vec<String>) {
        self.terminate();
        let status = self.child.wait().unwrap();
        let mut said = std::mem::take(&mut self.said);
        said.extend(self.rest.take().unwrap().join().unwrap());
        (status.code().unwrap_or(-1), said)
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let sent =
            Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
