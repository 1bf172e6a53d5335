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
    /// How requests of devices of one client from one address are slowed down.
    pub device_requests: Rule,
    /// How wrong user codes of one person are slowed down: five guesses during the life of a code keep the chance to hit it
    /// below 2⁻³² (RFC 8628 §5.1).
    pub user_codes: Rule,
    /// The same for one address, which several people may share.
    pub user_codes_from_address: Rule,
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
            device_requests: Rule {
                free: 60,
                first_delay: Duration::from_secs(1),
                max_delay: Duration::from_mins(1),
                window: Duration::from_mins(10),
            },
            user_codes: guesses(5),
            user_codes_from_address: guesses(20),
            hashing_parallel: processors,
            hashing_queue: 64,
            applications_per_user: 100,
            waiting_requests: 10_000,
        }
    }
}

/// Beyond the free guesses there is one in half an hour, the longest that a code may live.
const fn guesses(free: u32) -> Rule {
    let pause = Duration::from_mins(30);
    Rule { free, first_delay: pause, max_delay: pause, window: Duration::from_hours(1) }
}
