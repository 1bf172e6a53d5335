//! Holds what was read from fetched documents: bounded in number and age, never an error.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;
use url::Url;

use crate::error::FetchError;
use crate::fetched::Fetched;
use crate::fetcher::Fetcher;
use crate::flight::Flights;
use crate::freshness::Freshness;
use crate::policy::Limits;

/// How many documents are held, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// The most documents; the one that was used longest ago makes room.
    pub entries: usize,
    /// A document is used for this long, whatever it says of itself.
    pub floor: Duration,
    /// A document is fetched again after this long, whatever it says of itself.
    pub ceiling: Duration,
    /// How long a document is used that says nothing.
    pub unsaid: Duration,
    /// How much longer a document is used when it cannot be fetched again.
    pub stale: Duration,
    /// [`Cache::again`] fetches no document that is younger than this.
    pub pause: Duration,
    /// After a failure nothing is fetched for this long: what is held is used, or else the failure is told again.
    pub rest: Duration,
}

impl Keep {
    /// For documents that change rarely and have to be there, such as keys: a minute at least, an hour at most, ten
    /// minutes unless they say, another hour when their server is away, again after ten seconds, or a second after a failure.
    pub const fn keys(entries: usize) -> Self {
        Self {
            entries,
            floor: Duration::from_mins(1),
            ceiling: Duration::from_hours(1),
            unsaid: Duration::from_mins(10),
            stale: Duration::from_hours(1),
            pause: Duration::from_secs(10),
            rest: Duration::from_secs(1),
        }
    }

    fn lifetime(&self, freshness: Freshness) -> Duration {
        let said = match freshness {
            Freshness::Unsaid => self.unsaid,
            Freshness::Never => Duration::ZERO,
            Freshness::For(said) => said,
        };
        said.max(self.floor).min(self.ceiling)
    }
}

type Outcome<T> = Result<Arc<T>, FetchError>;
type Parse<T> = dyn Fn(&Fetched) -> Result<T, String> + Send + Sync;

/// Documents by URL, read once and held. Cheap to clone; clones are the same.
pub struct Cache<T>(Arc<Inner<T>>);

struct Inner<T> {
    fetcher: Fetcher,
    limits: Limits,
    keep: Keep,
    parse: Box<Parse<T>>,
    held: Mutex<HashMap<Url, Held<T>>>,
    failed: Mutex<HashMap<Url, (Instant, FetchError)>>,
    flights: Flights<Url, Outcome<T>>,
}

struct Held<T> {
    document: Arc<T>,
    fetched: Instant,
    lifetime: Duration,
    used: Instant,
}

impl<T: Send + Sync + 'static> Cache<T> {
    /// A cache that fetches with these limits. `parse` reads an answer of status 200; its error is a sentence for the
    /// log, which quotes nothing of the document.
    pub fn new(
        fetcher: Fetcher,
        limits: Limits,
        keep: Keep,
        parse: impl Fn(&Fetched) -> Result<T, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            fetcher,
            limits,
            keep,
            parse: Box::new(parse),
            held: Mutex::default(),
            failed: Mutex::default(),
            flights: Flights::default(),
        }))
    }

    /// The document, held or fetched.
    ///
    /// # Errors
    /// When it is not held and cannot be had. That is not remembered.
    pub async fn get(&self, url: &Url) -> Result<Arc<T>, FetchError> {
        match self.0.held(url, |held, age| age < held.lifetime) {
            Some(document) => Ok(document),
            None => self.renew(url).await,
        }
    }

    /// The document, fetched again unless that has just been done: for whoever misses something in the one that is held,
    /// such as a key that was made since.
    ///
    /// # Errors
    /// As [`Cache::get`].
    pub async fn again(&self, url: &Url) -> Result<Arc<T>, FetchError> {
        match self.0.held(url, |_, age| age < self.0.keep.pause) {
            Some(document) => Ok(document),
            None => self.renew(url).await,
        }
    }

    /// Forgets a document, such as that of a client that was changed.
    pub fn forget(&self, url: &Url) {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
    }

    async fn renew(&self, url: &Url) -> Outcome<T> {
        let start = || {
            let (inner, url) = (Arc::clone(&self.0), url.clone());
            async move { inner.fetch(&url).await.inspect_err(|error| inner.fail(&url, error)) }
                .boxed()
        };
        let renewed = match self.0.failure(url) {
            Some(failure) => Err(failure),
            None => self.0.flights.join(url.clone(), start).await,
        };
        let stale = self.0.keep.stale;
        renewed.or_else(|error| {
            self.0.held(url, |held, age| age < held.lifetime.saturating_add(stale)).ok_or(error)
        })
    }
}

impl<T> Inner<T> {
    fn held(
        &self,
        url: &Url,
        is_usable: impl FnOnce(&Held<T>, Duration) -> bool,
    ) -> Option<Arc<T>> {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.get_mut(url)?;
        let now = Instant::now();
        is_usable(held, now.saturating_duration_since(held.fetched)).then(|| {
            held.used = now;
            Arc::clone(&held.document)
        })
    }

    /// How it failed a moment ago.
    fn failure(&self, url: &Url) -> Option<FetchError> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, error) = failed.get(url)?;
        (at.elapsed() < self.keep.rest).then(|| error.clone())
    }

    fn fail(&self, url: &Url, error: &FetchError) {
        if self.keep.rest.is_zero() {
            return;
        }
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= self.keep.entries.max(1) && !failed.contains_key(url) {
            failed.retain(|_, (at, _)| at.elapsed() < self.keep.rest);
            // So many at once are strangers' doing, and each of them is tried once more at worst.
            if failed.len() >= self.keep.entries.max(1) {
                failed.clear();
            }
        }
        failed.insert(url.clone(), (Instant::now(), error.clone()));
    }

    async fn fetch(&self, url: &Url) -> Outcome<T> {
        // Its age counts from the moment at which it was asked for.
        let asked = Instant::now();
        let fetched = self.fetcher.get(url, self.limits).await?.ok()?;
        let document = Arc::new((self.parse)(&fetched).map_err(FetchError::Document)?);
        let lifetime = self.keep.lifetime(fetched.freshness);
        if lifetime.is_zero() || self.keep.entries == 0 {
            self.held.lock().unwrap_or_else(PoisonError::into_inner).remove(url);
            return Ok(document);
        }
        let held = Held {
            document: Arc::clone(&document),
            fetched: asked,
            lifetime,
            used: Instant::now(),
        };
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= self.keep.entries && !all.contains_key(url) {
            let oldest = all.iter().min_by_key(|(_, held)| held.used);
            if let Some(oldest) = oldest.map(|(url, _)| url.clone()) {
                all.remove(&oldest);
            }
        }
        all.insert(url.clone(), held);
        Ok(document)
    }
}

impl<T> Clone for Cache<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Cache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("keep", &self.0.keep).finish_non_exhaustive()
    }
}
