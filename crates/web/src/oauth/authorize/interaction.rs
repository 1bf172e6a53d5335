//! What an authorization request has come to, carried in its own URL through sign-in and consent, so that several tabs do not
//! disturb each other and nothing is stored for somebody who has not signed in.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth::endpoint::authorize::{Parameters, Progress};
use oauth::time::Timestamp;
use vault::Purpose;

use crate::state::State;

/// The parameter that carries it: `milliseconds.chosen.digest`.
const NAME: &str = "interaction";

/// How long the same page may take to be answered. After that its sign-in and its choice of account count no more.
const LIFETIME: Duration = Duration::from_hours(1);

/// How far an interaction has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interaction {
    pub(super) progress: Progress,
}

impl Interaction {
    /// The one that the request carries; a new one that begins now if it carries none, one that we did not write for this
    /// very request, or one that is too old.
    pub(super) fn of(state: &State, parameters: &Parameters) -> Self {
        let carried = parameters.one(NAME).ok().flatten();
        let carried = carried.and_then(|text| read(state, parameters, text));
        let now = state.clock.now();
        // One from the future was written by a node whose clock is ahead; what happens now would come before it.
        let fresh =
            |progress: &Progress| progress.begun_at <= now && now < progress.begun_at + LIFETIME;
        let begun = Progress { begun_at: now, account_chosen: false };
        Self { progress: carried.filter(fresh).unwrap_or(begun) }
    }

    /// The same, once the person has chosen the account or has made one.
    pub(super) fn choosing(mut self, chosen: bool) -> Self {
        self.progress.account_chosen |= chosen;
        self
    }

    /// The request with this interaction in it.
    pub(super) fn carried_by(&self, state: &State, parameters: &Parameters) -> Parameters {
        let bare = parameters.without(&[NAME]);
        let head = head(self.progress);
        let digest = digest(state, &head, &bare);
        let text = format!("{head}.{digest}");
        let pairs = bare.pairs().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let all = pairs.chain([(NAME.to_owned(), text)]);
        // They have been read before, and one short parameter more is within the bounds.
        Parameters::from_pairs(all).unwrap_or(bare)
    }
}

/// The request without what we added to it.
pub(super) fn bare(parameters: &Parameters) -> Parameters {
    parameters.without(&[NAME])
}

fn head(progress: Progress) -> String {
    format!("{}.{}", progress.begun_at.as_millis(), u8::from(progress.account_chosen))
}

fn read(state: &State, parameters: &Parameters, text: &str) -> Option<Progress> {
    let (head, mac) = text.rsplit_once('.')?;
    let expected = digest(state, head, &bare(parameters));
    if !oauth::secret::same_bytes(mac.as_bytes(), expected.as_bytes()) {
        return None;
    }
    let (begun_at, chosen) = head.split_once('.')?;
    Some(Progress {
        begun_at: Timestamp::from_millis(begun_at.parse().ok()?),
        account_chosen: chosen == "1",
    })
}

/// Bound to the whole request: what was done for one does not count for another.
fn digest(state: &State, head: &str, bare: &Parameters) -> String {
    let whole = format!("{head}\n{}", bare.to_query());
    let digest = state.store.vault().digest(Purpose::Interaction, whole.as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}
