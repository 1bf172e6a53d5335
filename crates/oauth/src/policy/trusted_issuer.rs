//! Who is trusted to say about people that they want something done: RFC 7523 §2.1, RFC 7521 §5.

use crate::client::Client;
use crate::client::keys::{KeySource, allowed};
use crate::error::Malformed;
use crate::id::ClientId;
use crate::issuer::Issuer;
use crate::scope::ScopeSet;
use jose::Algorithm;
use std::collections::BTreeSet;
use std::time::Duration;

/// Another server, whose signature stands for its word about a person.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// Its `iss`, compared byte by byte.
    pub issuer: String,
    /// Where its public keys are.
    pub keys: KeySource,
    /// What it may sign with; all of them need a public key.
    pub algorithms: Vec<Algorithm>,
    /// How its `sub` names an account here.
    pub subject: SubjectForm,
    /// How long an assertion of it may live, at most [`TrustedIssuer::LONGEST`]. Default five minutes.
    pub longest: Duration,
    /// The clients that may bring one; `None` for all that are registered for the grant.
    pub clients: Option<BTreeSet<ClientId>>,
    /// The most that may be had by one; `None` for all that the client may have.
    pub scope: Option<ScopeSet>,
}

/// How `sub` names an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SubjectForm {
    /// By its id, which is never given to another.
    #[default]
    UserId,
    /// By its username, written as the account has it.
    Username,
}

impl TrustedIssuer {
    /// The longest that an assertion may live, so that what has to be remembered of it has an end.
    pub const LONGEST: Duration = Duration::from_hours(1);

    /// The defaults, for this issuer with these keys.
    pub fn new(issuer: impl Into<String>, keys: KeySource) -> Self {
        Self {
            issuer: issuer.into(),
            keys,
            algorithms: allowed(None),
            subject: SubjectForm::default(),
            longest: Duration::from_mins(5),
            clients: None,
            scope: None,
        }
    }

    /// Whether it holds together; the error says what does not.
    pub fn check(&self) -> Result<(), Malformed> {
        if self.issuer.is_empty() || self.issuer.chars().any(char::is_control) {
            return Err(Malformed("a trusted issuer has a name, without control characters"));
        }
        if matches!(self.keys, KeySource::None) {
            return Err(Malformed("a trusted issuer has keys, here or at an address"));
        }
        if self.algorithms.is_empty() {
            return Err(Malformed("a trusted issuer may sign with one algorithm at least"));
        }
        if self.longest < Duration::from_secs(1) || self.longest > Self::LONGEST {
            return Err(Malformed("an assertion lives from one second to one hour"));
        }
        Ok(())
    }

    /// Whether this client may bring its assertions.
    pub fn is_for(&self, client: &Client) -> bool {
        self.clients.as_ref().is_none_or(|clients| clients.contains(&client.id))
    }
}

/// Whether each holds together, each has a name of its own, and none is this server: what it signs itself is for others.
pub(super) fn check_all(trusted: &[TrustedIssuer], own: &Issuer) -> Result<(), Malformed> {
    let mut names = BTreeSet::new();
    for issuer in trusted {
        issuer.check()?;
        if issuer.issuer == own.as_str() {
            return Err(Malformed("a trusted issuer is another server than this one"));
        }
        if !names.insert(issuer.issuer.as_str()) {
            return Err(Malformed("two trusted issuers have the same name"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{client, client_id};
    use jose::JwkSet;

    fn trusted() -> TrustedIssuer {
        TrustedIssuer::new("https://partner.example", KeySource::Here(JwkSet::default()))
    }

    #[test]
    fn what_does_not_hold_together_is_found() {
        assert_eq!(trusted().check(), Ok(()));
        let changes: [fn(&mut TrustedIssuer); 6] = [
            |issuer| issuer.issuer = String::new(),
            |issuer| issuer.issuer = "https://partner.example\nx".to_owned(),
            |issuer| issuer.keys = KeySource::None,
            |issuer| issuer.algorithms.clear(),
            |issuer| issuer.longest = Duration::from_millis(999),
            |issuer| issuer.longest = TrustedIssuer::LONGEST + Duration::from_secs(1),
        ];
        for change in changes {
            let mut wrong = trusted();
            change(&mut wrong);
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_empty_list_of_clients_is_not_the_absence_of_a_list() {
        let with = |clients: Option<&[&str]>| {
            let clients = clients.map(|ids| ids.iter().map(|id| client_id(id)).collect());
            TrustedIssuer { clients, ..trusted() }.is_for(&client())
        };
        assert!(with(None) && with(Some(&["other", "cli"])));
        assert!(!with(Some(&[])) && !with(Some(&["other"])));
    }
}
