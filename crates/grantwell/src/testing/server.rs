//! A server inside the test process: a free port, a temporary database, and the addresses to ask.

use std::net::SocketAddr;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::app::{App, listening_on};
use crate::error::Result;
use crate::project::Project;
use crate::settings::Settings;

/// A server that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    app: App,
    address: SocketAddr,
    task: Option<JoinHandle<usize>>,
    /// Database and master key; removed with the server.
    folder: Option<TempDir>,
}

impl Server {
    /// Starts a project on an empty SQLite database in a temporary folder.
    ///
    /// # Errors
    /// What the command `serve` would tell.
    pub async fn start(project: Project) -> Result<Self> {
        Self::start_with(project, |_| {}).await
    }

    /// Starts a project with changed settings, such as `database.url` for an empty PostgreSQL database. Neither
    /// `grantwell.toml` nor the environment is read.
    ///
    /// # Errors
    /// What the command `serve` would tell.
    pub async fn start_with(project: Project, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut settings = settings_in(&folder, &project);
        "127.0.0.1:0".clone_into(&mut settings.server.listen);
        change(&mut settings);
        let listener = TcpListener::bind(&settings.server.listen).await?;
        let address = listener.local_addr()?;
        let app = App::open(project, listening_on(settings, address)).await?;
        let serving = app.clone();
        let task = tokio::spawn(async move { serving.serve(listener).await });
        Ok(Self { app, address, task: Some(task), folder: Some(folder) })
    }

    /// The address of a path on this server.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.app.tls().is_some() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// The parts of the server, to look behind the answers.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Stops as on SIGTERM: what is in flight is finished. Returns how many connections had to be cut.
    pub async fn stop(mut self) -> usize {
        self.app.shutdown().begin();
        let cut = match self.task.take() {
            Some(task) => task.await.unwrap_or_default(),
            None => 0,
        };
        drop(self.folder.take());
        cut
    }
}

/// The settings of a project whose database and master key are in a folder of its own.
pub(super) fn settings_in(folder: &TempDir, project: &Project) -> Settings {
    let mut settings = project.defaults();
    settings.server.public_url = None;
    settings.database.url = Some(format!("sqlite://{}/db.sqlite3", folder.path().display()).into());
    settings.keys.master_key_file = Some(folder.path().join("master.key"));
    settings
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.shutdown().begin();
    }
}
