//! A throw-away PostgreSQL for the tests: made by `initdb` in a temporary folder, gone at the end.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::output::say;
use crate::tools;

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Postgres {
    /// Start one on a free port, installing PostgreSQL first where that is possible.
    pub(crate) fn start() -> Result<Self, String> {
        let binaries = if let Some(found) = binaries() {
            found
        } else {
            tools::install(&["postgresql"])?;
            binaries().ok_or("PostgreSQL was installed and `initdb` is still not to be found")?
        };
        let folder = tempfile::Builder::new()
            .prefix("grantwell-postgres-")
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let server = Self { binaries, folder, port: tools::free_port()? };
        if tools::is_root() {
            tools::ask(Command::new("chown").arg("postgres").arg(server.folder.path()))?;
        }
        let data = server.data();
        server.ask(
            "initdb",
            &["-D", &data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"],
        )?;
        // Durability is kept on: a promise of ours is that what was answered is on disk.
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=400",
            server.port,
            server.folder.path().display()
        );
        let log = server.folder.path().join("log").display().to_string();
        server.ask("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"])?;
        Ok(server)
    }

    /// Where it listens, as `DATABASE_URL` understands it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Make an empty database and give its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String, String> {
        let port = self.port.to_string();
        self.ask("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", "postgres", name])?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> Result<String, String> {
        let path = self.binaries.join(program);
        // PostgreSQL refuses to run as root.
        let mut command = if tools::is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        tools::ask(command.args(arguments).current_dir("/"))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.data();
        if let Err(fault) = self.ask("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]) {
            crate::output::complain(&format!("PostgreSQL did not stop: {fault}"));
        }
    }
}

/// `cargo xtask postgres`: keep one running until Ctrl-C.
pub(crate) fn serve() -> Result<(), String> {
    let server = Postgres::start()?;
    say(&format!("export GRANTWELL_TEST_POSTGRES={}", server.url()));
    say("Ends when standard input ends or at Enter.");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|error| error.to_string())?;
    Ok(())
}

/// The folder that holds `initdb`: on the path, or where Debian puts it, newest first.
fn binaries() -> Option<PathBuf> {
    if let Some(program) = tools::find(&["initdb"]) {
        return program.canonicalize().ok()?.parent().map(Path::to_path_buf);
    }
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    versions.sort();
    versions.pop()
}
