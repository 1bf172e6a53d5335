//! Whether a person may sign in: one answer for every refusal, whatever the reason.

use std::time::Duration;

use oauth::id::UserId;

use crate::account::Account;
use crate::password::Outcome;
use crate::throttle::Verdict;

/// What is known about a try. The password is verified only after the throttle let it through; for a try that
/// is turned away, `account` and `password` are not looked up at all.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What the counters say, this try included.
    pub throttle: Verdict,
    /// The account of that name, if there is one.
    pub account: Option<&'a Account>,
    /// What became of the password; for an unknown name the outcome of the dummy.
    pub password: Outcome,
}

/// What to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// The person is who they say.
    Accept {
        /// Who.
        user: UserId,
        /// Whether the password's hash is to be stored anew, with today's parameters.
        rehash: bool,
    },
    /// Refused. The answer is the same for every reason; the reason is for the log alone.
    Refuse(Refusal),
    /// Turned away unseen.
    SlowDown {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// Why a try was refused, for the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// There is no such user.
    UnknownUser,
    /// The password is wrong, or none was ever set.
    WrongPassword,
    /// The account is disabled; the password was right.
    Disabled,
}

impl Refusal {
    /// What every refused person reads.
    pub const MESSAGE: &'static str = "The username or the password is not right. Both are needed; the password is case-sensitive.";

    /// The reason in the log.
    pub fn reason(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown user",
            Self::WrongPassword => "wrong password",
            Self::Disabled => "account disabled",
        }
    }
}

/// Decides a try to sign in.
pub fn decide(facts: &Facts<'_>) -> Decision {
    if let Verdict::SlowDown { retry_after } = facts.throttle {
        return Decision::SlowDown { retry_after };
    }
    let Some(account) = facts.account else { return Decision::Refuse(Refusal::UnknownUser) };
    let Outcome::Matches { rehash } = facts.password else {
        return Decision::Refuse(Refusal::WrongPassword);
    };
    if !account.active {
        return Decision::Refuse(Refusal::Disabled);
    }
    Decision::Accept { user: account.id, rehash }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::tests::halfspring;

    #[test]
    fn a_try_is_accepted_only_when_everything_is_right() {
        let active = halfspring();
        let disabled = Account { active: false, ..halfspring() };
        let retry_after = Duration::from_secs(4);
        let slow = Verdict::SlowDown { retry_after };
        let right = Outcome::Matches { rehash: false };
        let weak = Outcome::Matches { rehash: true };
        let refuse = Decision::Refuse;
        for (throttle, account, password, expected) in [
            (
                Verdict::Proceed,
                Some(&active),
                right,
                Decision::Accept { user: active.id, rehash: false },
            ),
            (
                Verdict::Proceed,
                Some(&active),
                weak,
                Decision::Accept { user: active.id, rehash: true },
            ),
            (Verdict::Proceed, Some(&active), Outcome::Differs, refuse(Refusal::WrongPassword)),
            (Verdict::Proceed, Some(&disabled), right, refuse(Refusal::Disabled)),
            (Verdict::Proceed, Some(&disabled), Outcome::Differs, refuse(Refusal::WrongPassword)),
            (Verdict::Proceed, None, Outcome::Differs, refuse(Refusal::UnknownUser)),
            (Verdict::Proceed, None, right, refuse(Refusal::UnknownUser)),
            (slow, Some(&active), right, Decision::SlowDown { retry_after }),
            (slow, None, Outcome::Differs, Decision::SlowDown { retry_after }),
        ] {
            let facts = Facts { throttle, account, password };
            assert_eq!(decide(&facts), expected, "{facts:?}");
        }
    }
}
