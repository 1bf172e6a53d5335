//! What has to be done so that applications and people are as declared: the facts are loaded, the rules of `oauth` and `accounts`
//! decide, and what comes of it are steps that the store takes together.

mod application;
mod user;

pub use application::{Planned, application, surplus};
pub use user::{PlannedUser, user};

use std::collections::BTreeMap;
use std::fmt;

use accounts::{PasswordPolicy, Username};
use oauth::id::UserId;
use oauth::policy::Policy;
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Store, StoreError};

use crate::hashing::{Failed, Hasher};

/// What a declaration is looked at with.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Where everything is kept.
    pub store: &'a Store,
    /// The rules of OAuth in force.
    pub policy: &'a Policy,
    /// The rules for new passwords in force.
    pub passwords: &'a PasswordPolicy,
    /// What hashes passwords and chosen secrets.
    pub hasher: &'a Hasher,
}

/// The people who will be made together with the applications that they own, by the keys of their names.
pub type Newcomers = BTreeMap<String, UserId>;

/// What keeps a plan from being made, whatever is declared.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The facts cannot be loaded.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A password or secret cannot be hashed.
    #[error(transparent)]
    Hash(#[from] Failed),
}

/// What becomes of an application or an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is made.
    Created,
    /// Some of its facts are others now.
    Changed,
    /// It is switched on, and nothing else.
    Enabled,
    /// It is switched off, and nothing else.
    Disabled,
    /// It is deleted.
    Deleted,
    /// It is as declared.
    Unchanged,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Changed,
        Self::Enabled,
        Self::Disabled,
        Self::Deleted,
        Self::Unchanged,
    ];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
        }
    }

    /// What a change of these members is called that leaves it `active` or not.
    fn of_change(changed: &[String], active: bool) -> Self {
        match changed {
            [only] if only == "active" && active => Self::Enabled,
            [only] if only == "active" => Self::Disabled,
            _ => Self::Changed,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with one member of a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands, from the outside in.
    pub path: Vec<String>,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

impl Fault {
    /// A fault of the member at this path.
    pub fn new(path: &[&str], code: &'static str, message: impl Into<String>) -> Self {
        let path = path.iter().map(|&part| part.to_owned()).collect();
        Self { path, code, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.join("."), self.message)
    }
}

/// A fault for each member that nobody reads.
fn unknown(members: &Map<String, Value>, known: &[&str], of_what: &str) -> Vec<Fault> {
    let others = members.keys().filter(|member| !known.contains(&member.as_str()));
    others
        .map(|member| {
            let message = match rest::nearest(member, known) {
                Some(near) => format!("This is not a member of {of_what}; did you mean {near}?"),
                None => {
                    format!("This is not a member of {of_what}; they are: {}.", known.join(", "))
                }
            };
            Fault::new(&[member], "unknown_member", message)
        })
        .collect()
}

/// The id of the person of this name, who may be about to be made.
async fn person_of(
    store: &Store,
    newcomers: &Newcomers,
    name: &str,
) -> Result<Option<UserId>, StoreError> {
    let Ok(username) = Username::parse(name) else { return Ok(None) };
    if let Some(id) = newcomers.get(username.key().as_str()) {
        return Ok(Some(*id));
    }
    let found = store.users().find_by_username(&username).await?;
    Ok(found.map(|user| user.account.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_alone_has_a_name_of_its_own() {
        let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&it| it.into()).collect() };
        for (changed, active, expected) in [
            (&["active"][..], true, Action::Enabled),
            (&["active"], false, Action::Disabled),
            (&["active", "scope"], true, Action::Changed),
            (&["scope"], false, Action::Changed),
        ] {
            assert_eq!(Action::of_change(&words(changed), active), expected, "{changed:?}");
        }
    }

    #[test]
    fn an_unknown_member_names_the_nearest() {
        let members = [("redirect_uri", 1), ("zzz", 2), ("name", 3)];
        let members = members.map(|(name, value)| (name.to_owned(), Value::from(value)));
        let known = ["name", "redirect_uris"];
        let faults = unknown(&members.into_iter().collect(), &known, "an application");
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].ends_with("did you mean redirect_uris?"), "{faults:?}");
        assert!(faults[1].ends_with("they are: name, redirect_uris."), "{faults:?}");
    }
}
