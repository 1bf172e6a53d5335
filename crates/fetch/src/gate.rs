//! How many fetches are under way and how many wait, over all and for one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::FetchError;
use crate::policy::Policy;

/// Lets a bounded number pass and a bounded number wait.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Everybody who is past the door: under way or waiting.
    places: Arc<Semaphore>,
    /// Everybody who is under way.
    all: Arc<Semaphore>,
    per_host: usize,
    places_per_host: usize,
    hosts: Hosts,
}

/// The hosts that somebody is here for; never more than there are places.
type Hosts = Arc<Mutex<HashMap<String, Host>>>;

#[derive(Debug)]
struct Host {
    way: Arc<Semaphore>,
    visitors: usize,
}

/// Leave to go ahead, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Pass {
    _visit: Visit,
    _way: OwnedSemaphorePermit,
    _all: OwnedSemaphorePermit,
}

/// A place past the door.
#[derive(Debug)]
struct Visit {
    hosts: Hosts,
    host: String,
    _place: OwnedSemaphorePermit,
}

impl Gate {
    pub(crate) fn new(policy: &Policy) -> Self {
        let all = policy.at_once.max(1);
        let per_host = policy.at_once_per_host.max(1);
        Self {
            places: Arc::new(Semaphore::new(all + policy.waiting)),
            all: Arc::new(Semaphore::new(all)),
            per_host,
            places_per_host: per_host + policy.waiting_per_host,
            hosts: Hosts::default(),
        }
    }

    /// Waits for leave to ask this host.
    pub(crate) async fn enter(&self, host: &str) -> Result<Pass, FetchError> {
        let (visit, way) = self.visit(host)?;
        let closed = |_| FetchError::Busy;
        // First the host, so that those who wait for a slow one hold up nobody else.
        let way = way.acquire_owned().await.map_err(closed)?;
        let all = Arc::clone(&self.all).acquire_owned().await.map_err(closed)?;
        Ok(Pass { _visit: visit, _way: way, _all: all })
    }

    fn visit(&self, host: &str) -> Result<(Visit, Arc<Semaphore>), FetchError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| FetchError::Busy)?;
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = hosts
            .entry(host.to_owned())
            .or_insert_with(|| Host { way: Arc::new(Semaphore::new(self.per_host)), visitors: 0 });
        if entry.visitors >= self.places_per_host {
            return Err(FetchError::Busy);
        }
        entry.visitors += 1;
        let way = Arc::clone(&entry.way);
        let visit = Visit { hosts: Arc::clone(&self.hosts), host: host.to_owned(), _place: place };
        Ok((visit, way))
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = hosts.get_mut(&self.host) {
            entry.visitors -= 1;
            if entry.visitors == 0 {
                hosts.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    fn gate() -> Gate {
        Gate::new(&Policy {
            at_once: 3,
            at_once_per_host: 2,
            waiting: 3,
            waiting_per_host: 1,
            ..Policy::default()
        })
    }

    #[tokio::test]
    async fn one_host_takes_no_more_than_its_share() {
        let gate = gate();
        let first = gate.enter("a").await.unwrap();
        let _second = gate.enter("a").await.unwrap();
        let mut third = Box::pin(gate.enter("a"));
        assert!(third.as_mut().now_or_never().is_none(), "two at once to one host");
        assert_eq!(gate.enter("a").await.unwrap_err(), FetchError::Busy, "one waits for it");
        let _other = gate.enter("b").await.unwrap();
        drop(first);
        assert!(third.await.is_ok());
    }

    #[tokio::test]
    async fn the_places_over_all_are_bounded() {
        let gate = gate();
        let hosts = ["a", "b", "c"];
        let mut passes = Vec::new();
        for host in hosts {
            passes.push(gate.enter(host).await.unwrap());
        }
        let mut waiting: Vec<_> = ["d", "e", "f"].map(|host| Box::pin(gate.enter(host))).into();
        for one in &mut waiting {
            assert!(one.as_mut().now_or_never().is_none());
        }
        assert_eq!(gate.enter("g").await.unwrap_err(), FetchError::Busy);
        passes.clear();
        for one in waiting {
            assert!(one.await.is_ok());
        }
    }

    #[tokio::test]
    async fn nothing_is_left_when_everybody_has_gone() {
        let gate = gate();
        let pass = gate.enter("a").await.unwrap();
        let second = gate.enter("a").await.unwrap();
        let mut given_up = Box::pin(gate.enter("a"));
        assert!(given_up.as_mut().now_or_never().is_none());
        drop((pass, second, given_up));
        assert!(gate.hosts.lock().unwrap().is_empty());
        assert_eq!((gate.places.available_permits(), gate.all.available_permits()), (6, 3));
    }
}
