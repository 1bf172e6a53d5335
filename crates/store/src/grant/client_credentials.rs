//! Facts of [`oauth::grant::client_credentials`]: nothing is written, and nothing read that is not in memory.

use oauth::active::Standing;
use oauth::client::Client;
use oauth::grant::client_credentials::Facts;

use crate::Application;

impl Application {
    /// How the client is doing.
    pub fn standing(&self) -> Facts {
        standing(&self.client)
    }
}

fn standing(client: &Client) -> Standing {
    Standing::of(client.active, client.epoch, client.epoch)
}
