//! Why nothing came back.

use std::fmt;

use crate::address::SpecialUse;
use crate::target::UrlFault;

/// What a stranger is told when the URL that they named could not be fetched, whatever the reason. Which names exist
/// inside a network and which ports are open there is nobody's business, so the reasons below are for the log and for
/// the operator alone.
pub const TOLD_TO_STRANGERS: &str = "the document at that URL could not be fetched";

/// Why a fetch failed. The text is fit for a log: it names the host that was asked, and never what it answered.
///
/// To strangers say [`TOLD_TO_STRANGERS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The URL is not one that may be fetched.
    #[error("the URL is not fetched: {0}")]
    Url(#[from] UrlFault),
    /// The host is, or one of its names' addresses is, not public.
    #[error(
        "{host} is not asked: it leads to {meant}, and outgoing requests go to public addresses only (the setting \
         fetch.allow_private_networks opens private ones)"
    )]
    Address {
        /// The host of the URL.
        host: String,
        /// What the address is for.
        meant: SpecialUse,
    },
    /// The name has no address, or no name server answered.
    #[error("{host} cannot be found: {why}")]
    Unresolved {
        /// The host of the URL.
        host: String,
        /// What the system says.
        why: String,
    },
    /// No connection could be made.
    #[error("{host} cannot be reached: {why}")]
    Connect {
        /// The host of the URL.
        host: String,
        /// What the system says.
        why: String,
    },
    /// The host is not who it says, or speaks no TLS that is safe.
    #[error("there is no secure connection to {host}: {why}")]
    Tls {
        /// The host of the URL.
        host: String,
        /// What TLS says.
        why: String,
    },
    /// It took too long.
    #[error("{host} took too long: the time ran out while {stage}")]
    Timeout {
        /// The host of the URL.
        host: String,
        /// What was being waited for.
        stage: Stage,
    },
    /// The head of the answer is too large.
    #[error("{host} answered with a head that is too large")]
    HeadTooLarge {
        /// The host of the URL.
        host: String,
    },
    /// The body of the answer is too large.
    #[error("{host} answered with more than {limit} bytes")]
    BodyTooLarge {
        /// The host of the URL.
        host: String,
        /// How many bytes there might have been.
        limit: usize,
    },
    /// What came is no answer of HTTP/1.1, or it broke off.
    #[error("{host} gave no whole answer: {why}")]
    Answer {
        /// The host of the URL.
        host: String,
        /// What HTTP says.
        why: String,
    },
    /// The body is compressed although that was not asked for.
    #[error("{host} compressed its answer, which was not asked for")]
    Encoded {
        /// The host of the URL.
        host: String,
    },
    /// The answer has another status than the one that was needed. Redirects are not followed and end up here.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The document is not what it should be. The text comes from whoever reads it.
    #[error("the document cannot be used: {0}")]
    Document(String),
    /// Too many requests are waiting to leave.
    #[error("too many requests are waiting to leave")]
    Busy,
    /// The host failed a moment ago and is left alone for a while.
    #[error("{host} failed a moment ago and is left alone for a while")]
    Resting {
        /// The host of the URL.
        host: String,
    },
    /// This machine cannot make secure connections.
    #[error("{0}")]
    Setup(String),
}

/// What was being waited for when the time ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Other requests had to end first.
    Waiting,
    /// Name, connection and TLS handshake.
    Connecting,
    /// The answer.
    Answering,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting for other requests",
            Self::Connecting => "connecting",
            Self::Answering => "waiting for the answer",
        })
    }
}

/// How far a failure reaches: what is left alone for a moment after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blame {
    /// The whole host.
    Host,
    /// This URL; others at the host may be in order.
    Url,
    /// Nobody who was asked.
    Nobody,
}

impl FetchError {
    pub(crate) fn blame(&self) -> Blame {
        match self {
            Self::Unresolved { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Timeout { stage: Stage::Connecting, .. } => Blame::Host,
            Self::Timeout { stage: Stage::Answering, .. }
            | Self::HeadTooLarge { .. }
            | Self::BodyTooLarge { .. }
            | Self::Answer { .. }
            | Self::Encoded { .. } => Blame::Url,
            Self::Url(_)
            | Self::Address { .. }
            | Self::Timeout { stage: Stage::Waiting, .. }
            | Self::Status(_)
            | Self::Document(_)
            | Self::Busy
            | Self::Resting { .. }
            | Self::Setup(_) => Blame::Nobody,
        }
    }
}
