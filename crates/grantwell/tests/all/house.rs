//! A folder of its own for each test, in which the `grantwell` binary is run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

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
        let (heard, rest) = (Arc::new(Mutex::new(said)), lines.map_while(Result::ok));
        let noted = Arc::clone(&heard);
        let reader = std::thread::spawn(move || {
            rest.for_each(|line| noted.lock().unwrap().push(line));
        });
        Running { child, address, heard, reader: Some(reader) }
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
    heard: Arc<Mutex<Vec<String>>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// Tells it to stop and gives the exit code and what it said.
    pub(crate) fn stop(mut self) -> (i32, Vec<String>) {
        self.terminate();
        let status = self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
        (status.code().unwrap_or(-1), self.said())
    }

    /// What it said until now.
    pub(crate) fn said(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it says something with this text in it, after the lines that were heard before.
    pub(crate) fn until_it_says(&self, after: usize, text: &str) {
        while !self.said().iter().skip(after).any(|line| line.contains(text)) {
            let ended = self.reader.as_ref().is_none_or(std::thread::JoinHandle::is_finished);
            assert!(!ended, "it ended without saying {text:?}: {:?}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends a signal, such as `-HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
