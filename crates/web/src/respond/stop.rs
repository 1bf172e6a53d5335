//! Why a request stops before a rule can decide it, told apart only as far as the caller can act on it.

use std::time::Duration;

use ambient::EntropyError;
use store::StoreError;
use vault::SealError;

use crate::hashing::Busy;

/// Why a request stops. The cause is written to the log where this is made, and nowhere shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The database cannot be reached.
    Unavailable,
    /// Everything works, but more is asked than can be done at once.
    Busy,
    /// Our own fault.
    Internal,
    /// The caller has tried too often.
    TooManyTries {
        /// How long to wait.
        wait: Duration,
    },
}

impl Stop {
    /// How long the caller should wait, in whole seconds, rounded up; nothing where waiting does not help.
    pub(crate) fn retry_after(self) -> Option<u32> {
        match self {
            Self::Unavailable => Some(5),
            Self::Busy => Some(1),
            Self::Internal => None,
            Self::TooManyTries { wait } => {
                let seconds = wait.as_millis().div_ceil(1000).max(1);
                Some(u32::try_from(seconds).unwrap_or(u32::MAX))
            }
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                tracing::warn!(%error, "the database cannot be reached");
                Self::Unavailable
            }
            StoreError::Busy(_) => {
                tracing::warn!(%error, "the database is busy");
                Self::Busy
            }
            error => {
                tracing::error!(%error, "the store failed");
                Self::Internal
            }
        }
    }
}

impl From<EntropyError> for Stop {
    fn from(error: EntropyError) -> Self {
        tracing::error!(%error, "no randomness");
        Self::Internal
    }
}

impl From<SealError> for Stop {
    fn from(error: SealError) -> Self {
        tracing::error!(%error, "an access token could not be sealed");
        Self::Internal
    }
}

impl From<Busy> for Stop {
    fn from(error: Busy) -> Self {
        tracing::warn!(%error, "the hashing lane is full");
        Self::Busy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_whole_seconds_rounded_up() {
        let wait =
            |millis| Stop::TooManyTries { wait: Duration::from_millis(millis) }.retry_after();
        assert_eq!(wait(0), Some(1));
        assert_eq!(wait(1), Some(1));
        assert_eq!(wait(1001), Some(2));
        assert_eq!(Stop::Internal.retry_after(), None);
    }
}
