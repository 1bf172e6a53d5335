//! How much one caller may ask of us: bytes, tries, hashes at once.

use std::time::Duration;

use accounts::throttle::{Rule, Rules};

/// The bounds of this room. Every default is meant for a server on the open internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a protocol, first-party or form request, in bytes.
    pub body: usize,
    /// How tries at passwords are slowed down.
    pub passwords: Rules,
    /// How failed client authentications are slowed down. A client that sends its right, generated secret never waits.
    pub clients: Rules,
    /// How registrations from one address are slowed down.
    pub registrations: Rule,
    /// How clients that register themselves from one address are slowed down.
    pub client_registrations: Rule,
    /// How many clients may have registered themselves.
    pub registered_clients: u64,
    /// How many password hashes run at once; each takes about 19 MiB of memory meanwhile.
    pub hashing_parallel: usize,
    /// How many more may wait; beyond, the answer is 503 with `Retry-After`.
    pub hashing_queue: usize,
    /// How many applications one person may have registered.
    pub applications_per_user: u64,
    /// How many pushed authorization requests of one client may wait, and how many that browsers posted for it.
    pub waiting_requests: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            body: 64 * 1024,
            passwords: Rules::default(),
            clients: Rules::default(),
            registrations: Rule {
                free: 100,
                first_delay: Duration::from_secs(1),
                max_delay: Duration::from_mins(1),
                window: Duration::from_hours(1),
            },
            client_registrations: Rule {
                free: 20,
                first_delay: Duration::from_secs(1),
                max_delay: Duration::from_mins(10),
                window: Duration::from_hours(1),
            },
            registered_clients: 10_000,
            hashing_parallel: processors,
            hashing_queue: 64,
            applications_per_user: 100,
            waiting_requests: 10_000,
        }
    }
}
