//! The order to stop: given once, by a signal or by the program, and heard everywhere.

use std::sync::Arc;

use tokio::sync::watch;

/// A switch that goes from "running" to "stopping" and never back. Clones are the same switch.
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Shutdown {
    /// Gives the order. Giving it again changes nothing.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether the order was given.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the order.
    pub async fn begun(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }

    /// Gives the order when the process is told to end (SIGTERM, SIGINT). A second signal ends it at once.
    pub fn begin_on_signals(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            for again in [false, true] {
                let name = tokio::select! {
                    _ = terminate.recv() => "SIGTERM",
                    _ = interrupt.recv() => "SIGINT",
                };
                if again {
                    tracing::warn!(
                        signal = name,
                        "told to stop for the second time: ending at once"
                    );
                    std::process::exit(130);
                }
                tracing::info!(signal = name, "told to stop: finishing what is in flight");
                shutdown.begin();
            }
        });
        Ok(())
    }
}
