//! The table of docs/reference/performance.md: ratios first, because absolute figures are of one machine.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::Outcome;
use crate::load::Measured;
use crate::scenario::SCENARIOS;
use crate::subject::{ROWS, Streamed, Subject};

/// One scenario at one number of connections.
pub(crate) struct Row {
    /// The scenario's name.
    pub(crate) scenario: &'static str,
    /// Callers at once.
    pub(crate) connections: usize,
    /// Grantwell.
    pub(crate) ours: Measured,
    /// The bare handler.
    pub(crate) bare: Measured,
}

/// All that was measured.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<(&'static str, Row)>,
    facts: Vec<String>,
}

impl Report {
    /// Note start-up time and idle memory.
    pub(crate) fn started(
        &mut self,
        database: &str,
        ours: &Subject,
        bare: &Subject,
    ) -> Outcome<()> {
        for (name, subject) in [("Grantwell", ours), ("bare", bare)] {
            self.facts.push(format!(
                "| {database} | {name} | {:.0} ms | {:.0} MB | {:.1} MB |",
                subject.started_in().as_secs_f64() * 1000.0,
                subject.idle_memory(),
                subject.program_size()?,
            ));
        }
        Ok(())
    }

    /// Note memory after the load.
    pub(crate) fn ended(&mut self, database: &str, ours: &Subject, bare: &Subject) -> Outcome<()> {
        let (ours, bare) = (ours.memory()?.1, bare.memory()?.1);
        self.facts.push(format!(
            "| {database} | most memory under load | | {ours:.0} MB (bare {bare:.0} MB) | |"
        ));
        Ok(())
    }

    /// Note what a million rows cost.
    pub(crate) fn streamed(&mut self, database: &str, streamed: Streamed) {
        let Streamed { seconds, memory: (before, most) } = streamed;
        self.facts.push(format!(
            "| {database} | 1,000,000 rows as NDJSON in {seconds:.1} s | | {most:.0} MB (before {before:.0} MB) | |"
        ));
    }

    /// Add one row.
    pub(crate) fn row(&mut self, database: &'static str, row: Row) {
        self.rows.push((database, row));
    }

    /// The whole page.
    pub(crate) fn markdown(&self, quick: bool) -> String {
        let mut page = String::from(
            "# Performance\n\nWritten by `cargo xtask bench`. Grantwell and a bare axum and sea-orm server \
             (`bench/src/bin/bare/`) take turns on the same machine in the same run; the load generator \
             shares its cores. Neither writes a line for each request (`log.level = \"warn\"`). Trust the \
             ratios; the absolute figures are of one machine.\n\n",
        );
        if quick {
            page.push_str("A quick run: one second for each figure.\n\n");
        }
        let _ = writeln!(page, "Each table starts with {ROWS} unicorns. What is compared:\n");
        for scenario in SCENARIOS {
            let _ = writeln!(page, "- **{}**: {}.", scenario.name, scenario.about);
        }
        page.push_str("\n| database | scenario | connections | ratio | Grantwell req/s | bare req/s | Grantwell p50 / p99 ms | bare p50 / p99 ms | failed |\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
        for (database, row) in &self.rows {
            let (ours, bare) = (&row.ours, &row.bare);
            let _ = writeln!(
                page,
                "| {database} | {} | {} | **{:.2}** | {:.0} | {:.0} | {:.2} / {:.2} | {:.2} / {:.2} | {} |",
                row.scenario,
                row.connections,
                ours.rate() / bare.rate().max(f64::MIN_POSITIVE),
                ours.rate(),
                bare.rate(),
                ours.percentile(50),
                ours.percentile(99),
                bare.percentile(50),
                bare.percentile(99),
                ours.failed + bare.failed,
            );
        }
        page.push_str("\n| database | server | start to ready | idle memory | program |\n|---|---|--:|--:|--:|\n");
        page.push_str(&self.facts.join("\n"));
        page.push('\n');
        page
    }
}

/// One line for the person who waits.
pub(crate) fn progress(scenario: &str, connections: usize, ours: &Measured, bare: &Measured) {
    let ratio = ours.rate() / bare.rate().max(f64::MIN_POSITIVE);
    let line = format!(
        "{scenario} × {connections}: {ratio:.2} ({:.0}/s beside {:.0}/s)",
        ours.rate(),
        bare.rate()
    );
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// The page on standard output.
pub(crate) fn print(page: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{page}");
}
