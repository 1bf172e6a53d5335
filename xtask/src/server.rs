//! The example project as a running server, in a folder of its own on a free port.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::tools;

/// A started server; dropping it ends the process and removes its folder.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    port: u16,
    database: String,
}

impl Server {
    /// Start `binary` on a free port over `database` (`None`: its own SQLite file), with the text of a settings file that
    /// its commands read as well.
    pub(crate) fn start(
        binary: &Path,
        database: Option<&str>,
        settings: &str,
    ) -> Result<Self, String> {
        Self::start_on(tools::free_port()?, binary, database, settings)
    }

    /// The same on a port that the caller has chosen.
    pub(crate) fn start_on(
        port: u16,
        binary: &Path,
        database: Option<&str>,
        settings: &str,
    ) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("grantwell-server-")
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?;
        std::fs::write(folder.path().join("grantwell.toml"), settings)
            .map_err(|error| format!("no settings file: {error}"))?;
        let log = |name: &str| {
            std::fs::File::create(folder.path().join(name)).map_err(|error| error.to_string())
        };
        let mut command = Command::new(binary);
        command.arg("serve").current_dir(folder.path());
        environment(&mut command, port, database);
        let child = command
            .stdin(Stdio::null())
            .stdout(log("out.log")?)
            .stderr(log("err.log")?)
            .spawn()
            .map_err(|error| format!("{} did not start: {error}", binary.display()))?;
        let mut server =
            Self { child, folder, port, database: database.unwrap_or_default().to_owned() };
        server.wait()?;
        Ok(server)
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The folder that it runs in.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// The URL of its database; empty for its own SQLite file.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// All that it printed so far.
    pub(crate) fn log(&self) -> String {
        ["out.log", "err.log"]
            .iter()
            .filter_map(|name| std::fs::read_to_string(self.folder.path().join(name)).ok())
            .collect()
    }

    fn wait(&mut self) -> Result<(), String> {
        // Ten times the promised start, fifty times over, for a machine that is busy building.
        for _ in 0..600 {
            if is_ready(self.port) {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the server ended at once: {status}\n{}", self.log()));
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(format!("the server was not ready within a minute\n{}", self.log()))
    }
}

/// Whether the server says that it is ready. It listens before it migrates, so a connection alone says too little.
fn is_ready(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let head = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

/// Whether somebody listens on `port` within a minute.
pub(crate) fn listens_soon(port: u16) -> bool {
    (0..600).any(|_| {
        let there = TcpStream::connect(("127.0.0.1", port)).is_ok();
        if !there {
            thread::sleep(Duration::from_millis(100));
        }
        there
    })
}

/// The environment that puts a project on `port` and `database`.
pub(crate) fn environment(command: &mut Command, port: u16, database: Option<&str>) {
    command.env("GRANTWELL__SERVER__LISTEN", format!("0.0.0.0:{port}"));
    // Clients under test listen on this machine, without TLS.
    command.env("GRANTWELL__FETCH__ALLOW_HTTP", "true");
    command.env("GRANTWELL__FETCH__ALLOW_PRIVATE_NETWORKS", "true");
    command.env("GRANTWELL__SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}"));
    command.env_remove("DATABASE_URL");
    if let Some(url) = database {
        command.env("DATABASE_URL", url);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
