//! The one gate: is everything a credential rests on still standing?
//!
//! Every path that accepts a credential asks it, so that a disabled user or client is shut out of
//! all of them at once.

use std::fmt;

/// How one of the things a credential rests on is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All is well.
    Good,
    /// Switched off.
    Disabled,
    /// The credential was issued before the epoch was raised (password changed, secret rotated,
    /// signed out everywhere).
    Outdated,
    /// Withdrawn.
    Revoked,
    /// Its time is over.
    Expired,
    /// There is no such thing, or no longer.
    Missing,
}

impl Standing {
    /// The standing of a user or client whose row says `active` and `epoch`, for a credential that
    /// was issued under `issued_under`.
    pub const fn of(active: bool, epoch: u32, issued_under: u32) -> Self {
        if !active {
            Self::Disabled
        } else if issued_under < epoch {
            Self::Outdated
        } else {
            Self::Good
        }
    }
}

/// What a credential rests on. `None` means that it does not rest on such a thing, not that
/// nothing is known: what cannot be found is [`Standing::Missing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// On whose behalf; none when a client acts for itself.
    pub user: Option<Standing>,
    /// To whom it was issued.
    pub client: Standing,
    /// The approval it stems from.
    pub authorization: Option<Standing>,
    /// The token itself.
    pub token: Option<Standing>,
}

impl Facts {
    /// A client acting for itself, with no token yet.
    pub const fn of_client(client: Standing) -> Self {
        Self { user: None, client, authorization: None, token: None }
    }

    /// A client acting for a user, with no token yet.
    pub const fn of_user(user: Standing, client: Standing) -> Self {
        Self { user: Some(user), client, authorization: None, token: None }
    }
}

/// Which of them, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The user.
    User,
    /// The client.
    Client,
    /// The approval.
    Authorization,
    /// The token.
    Token,
}

/// Why the gate is shut. For the log, not for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} is {standing}")]
pub struct Inactive {
    /// What does not stand.
    pub part: Part,
    /// How it is.
    pub standing: Standing,
}

/// Let it pass only if everything stands.
pub fn admit(facts: &Facts) -> Result<(), Inactive> {
    let parts = [
        (Part::Client, Some(facts.client)),
        (Part::User, facts.user),
        (Part::Authorization, facts.authorization),
        (Part::Token, facts.token),
    ];
    for (part, standing) in parts {
        match standing {
            None | Some(Standing::Good) => {}
            Some(standing) => return Err(Inactive { part, standing }),
        }
    }
    Ok(())
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "in good standing",
            Self::Disabled => "disabled",
            Self::Outdated => "outdated",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Missing => "missing",
        })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Authorization => "authorization",
            Self::Token => "token",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: [Standing; 5] = [
        Standing::Disabled,
        Standing::Outdated,
        Standing::Revoked,
        Standing::Expired,
        Standing::Missing,
    ];

    /// R21-4.3.3-d, lesson 4
    #[test]
    fn one_part_that_does_not_stand_shuts_the_gate() {
        let good = Some(Standing::Good);
        let all = Facts { user: good, client: Standing::Good, authorization: good, token: good };
        assert_eq!(admit(&all), Ok(()));
        for bad in BAD {
            let shut = |facts: Facts, part| {
                assert_eq!(admit(&facts), Err(Inactive { part, standing: bad }));
            };
            shut(Facts { user: Some(bad), ..all }, Part::User);
            shut(Facts { client: bad, ..all }, Part::Client);
            shut(Facts { authorization: Some(bad), ..all }, Part::Authorization);
            shut(Facts { token: Some(bad), ..all }, Part::Token);
        }
    }

    #[test]
    fn what_a_credential_does_not_rest_on_does_not_shut_it() {
        assert_eq!(admit(&Facts::of_client(Standing::Good)), Ok(()));
    }

    #[test]
    fn a_raised_epoch_outdates_what_was_issued_before_it_and_nothing_after() {
        assert_eq!(Standing::of(true, 3, 3), Standing::Good);
        assert_eq!(Standing::of(true, 3, 2), Standing::Outdated);
        // The reader's view of the row is the older one.
        assert_eq!(Standing::of(true, 3, 4), Standing::Good);
        assert_eq!(Standing::of(false, 3, 4), Standing::Disabled);
    }

    #[test]
    fn the_log_says_which_part_and_how_it_is() {
        for (part, standing, text) in [
            (Part::User, Standing::Disabled, "the user is disabled"),
            (Part::Client, Standing::Outdated, "the client is outdated"),
            (Part::Authorization, Standing::Revoked, "the authorization is revoked"),
            (Part::Token, Standing::Expired, "the token is expired"),
            (Part::Token, Standing::Missing, "the token is missing"),
            (Part::Token, Standing::Good, "the token is in good standing"),
        ] {
            assert_eq!(Inactive { part, standing }.to_string(), text);
        }
    }
}
