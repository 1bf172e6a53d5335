//! `cargo xtask bench`: the same scenarios against Grantwell and against a bare axum handler that
//! does the same database work, on both databases, in one run; writes docs/reference/performance.md.

mod load;
mod report;
mod scenario;
mod subject;

use std::path::Path;
use std::time::Duration;

use load::Measured;
use report::{Report, Row};
use scenario::{SCENARIOS, Scenario};
use subject::{Kind, Subject};

/// Callers at once.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let length = Duration::from_secs(if quick { 1 } else { 3 });
    let postgres = std::env::var("GRANTWELL_TEST_POSTGRES").ok();
    let mut report = Report::default();
    for database in [Some("SQLite"), postgres.as_ref().map(|_| "PostgreSQL")].into_iter().flatten()
    {
        let url = postgres.as_deref().filter(|_| database == "PostgreSQL");
        let ours = Subject::start(Kind::Grantwell, url).await?;
        let bare = Subject::start(Kind::Bare, url).await?;
        report.started(database, &ours, &bare)?;
        for scenario in SCENARIOS {
            for connections in CONNECTIONS {
                let row = compare(scenario, connections, length, (&ours, &bare)).await?;
                report.row(database, row);
            }
        }
        report.ended(database, &ours, &bare)?;
        report.streamed(database, ours.stream().await?);
    }
    let text = report.markdown(quick);
    report::print(&text);
    if !quick {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/performance.md");
        std::fs::write(root, text)?;
    }
    Ok(())
}

/// Ours and the bare one in turns, so that a busy moment of the machine falls on both.
async fn compare(
    scenario: &Scenario,
    connections: usize,
    length: Duration,
    (ours, bare): (&Subject, &Subject),
) -> Outcome<Row> {
    let mut measured: [Vec<Measured>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..3 {
        for (side, subject) in [ours, bare].into_iter().enumerate() {
            let callers = scenario.callers(subject, connections).await?;
            let result = load::run(subject.address(), callers, length / 3).await?;
            if let Some(side) = measured.get_mut(side) {
                side.push(result);
            }
        }
    }
    let [ours, bare] = measured.map(Measured::sum);
    report::progress(scenario.name, connections, &ours, &bare);
    Ok(Row { scenario: scenario.name, connections, ours, bare })
}
