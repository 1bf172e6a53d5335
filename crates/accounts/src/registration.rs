//! Making an account: what was typed, what is wrong with it, field by field.

use std::fmt;

use zeroize::Zeroizing;

use crate::email::Email;
use crate::field_error::{Field, FieldError};
use crate::password_policy::{Owner, PasswordPolicy};
use crate::username::{Username, UsernameKey};

/// What a form or a JSON body brought. An empty value counts as absent, as in a form.
#[derive(Clone, Copy, Default)]
pub struct Draft<'a> {
    /// The field `username`.
    pub username: Option<&'a str>,
    /// The field `email`, which may be left out.
    pub email: Option<&'a str>,
    /// The field `password`.
    pub password: Option<&'a str>,
}

/// A draft that was read: its good parts, and every fault so far.
pub struct Request {
    username: Option<Username>,
    email: Option<Email>,
    password: Zeroizing<String>,
    errors: Vec<FieldError>,
}

/// What is known about the rest of the world.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether people may register by themselves.
    pub open: bool,
    /// Whether the [`Request::username_key`] belongs to somebody.
    pub username_taken: bool,
}

/// What to do.
#[derive(Debug)]
pub enum Decision {
    /// Make the account.
    Create(NewAccount),
    /// Everything that is wrong, in the order of the form.
    Refuse(Vec<FieldError>),
    /// Registration is closed.
    Closed,
}

/// An account to be made. The password still has to be hashed.
pub struct NewAccount {
    /// The name to sign in with.
    pub username: Username,
    /// The address, if one was given.
    pub email: Option<Email>,
    /// The password, wiped when dropped.
    pub password: Zeroizing<String>,
}

impl Request {
    /// Reads a draft and checks all that can be checked without asking anybody.
    pub fn parse(draft: &Draft<'_>, policy: &PasswordPolicy) -> Self {
        let mut errors = Vec::new();
        let username = match Username::parse(draft.username.unwrap_or_default()) {
            Ok(username) => Some(username),
            Err(error) => {
                errors.push(FieldError::new(Field::Username, error.code(), error.to_string()));
                None
            }
        };
        let email = match draft.email.filter(|email| !email.is_empty()).map(Email::parse) {
            Some(Ok(email)) => Some(email),
            Some(Err(error)) => {
                errors.push(FieldError::new(Field::Email, error.code(), error.to_string()));
                None
            }
            None => None,
        };
        let password = Zeroizing::new(draft.password.unwrap_or_default().to_owned());
        let owner = Owner { username: username.as_ref(), email: email.as_ref() };
        errors.extend(policy.check(&password, owner));
        Self { username, email, password, errors }
    }

    /// The key to look up whether the name is taken; `None` if what was typed is no name.
    pub fn username_key(&self) -> Option<&UsernameKey> {
        self.username.as_ref().map(Username::key)
    }
}

/// Decides a registration. Between this and the insertion somebody else may take the name: the unique key of
/// the table then refuses, and the caller answers [`username_taken`].
pub fn decide(request: Request, facts: Facts) -> Decision {
    if !facts.open {
        return Decision::Closed;
    }
    let Request { username, email, password, mut errors } = request;
    match username {
        Some(_) if facts.username_taken => errors.insert(0, username_taken()),
        Some(username) if errors.is_empty() => {
            return Decision::Create(NewAccount { username, email, password });
        }
        _ => {}
    }
    Decision::Refuse(errors)
}

/// The refusal of a name that somebody has.
pub fn username_taken() -> FieldError {
    FieldError::new(
        Field::Username,
        "taken",
        "A user with this name already exists. Choose another, or sign in if it is you.",
    )
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("username", &self.username).finish_non_exhaustive()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { username, errors, .. } = self;
        f.debug_struct("Request")
            .field("username", username)
            .field("errors", errors)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("username", &self.username).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft<'a>(username: &'a str, email: &'a str, password: &'a str) -> Draft<'a> {
        Draft { username: Some(username), email: Some(email), password: Some(password) }
    }

    fn decided(draft: &Draft<'_>, username_taken: bool) -> Decision {
        let policy = PasswordPolicy { allow_common: true, ..PasswordPolicy::default() };
        decide(Request::parse(draft, &policy), Facts { open: true, username_taken })
    }

    #[test]
    fn the_guides_registration_makes_an_account() {
        let Decision::Create(account) = decided(&draft("halfspring", "", "1234abcd"), false) else {
            panic!("refused");
        };
        assert_eq!(account.username.as_str(), "halfspring");
        assert_eq!(account.email, None);
        assert_eq!(account.password.as_str(), "1234abcd");
    }

    #[test]
    fn every_fault_is_told_at_once_in_the_order_of_the_form() {
        let long = "x".repeat(1 << 20);
        for (given, taken, expected) in [
            (Draft::default(), false, &[("username", "required"), ("password", "required")][..]),
            (draft("", "", ""), false, &[("username", "required"), ("password", "required")]),
            (draft("halfspring", "", "1234abcd"), true, &[("username", "taken")]),
            (
                draft("halfspring", "x", "1234"),
                true,
                &[("username", "taken"), ("email", "invalid"), ("password", "password_too_short")],
            ),
            (draft("half spring", "", "1234abcd"), false, &[("username", "invalid")]),
            (draft("halfspring", "", "halfspring"), false, &[("password", "password_too_similar")]),
            (
                draft("halfspring", "jane@example.org", "jane@example.org"),
                false,
                &[("password", "password_too_similar")],
            ),
            (
                draft(&long, &long, &long),
                false,
                &[
                    ("username", "too_long"),
                    ("email", "too_long"),
                    ("password", "password_too_long"),
                ],
            ),
        ] {
            let Decision::Refuse(errors) = decided(&given, taken) else { panic!("{given:?}") };
            let found: Vec<_> = errors.iter().map(|e| (e.field.name(), e.code)).collect();
            assert_eq!(found, expected, "{:.80}", format!("{given:?}"));
        }
    }

    #[test]
    fn a_closed_registration_says_nothing_about_names() {
        let request = Request::parse(&draft("halfspring", "", "1"), &PasswordPolicy::default());
        let facts = Facts { open: false, username_taken: true };
        assert!(matches!(decide(request, facts), Decision::Closed));
    }

    #[test]
    fn debug_never_shows_the_password() {
        let draft = draft("halfspring", "", "sw0rdfish-and-chips");
        let request = Request::parse(&draft, &PasswordPolicy::default());
        let shown = format!("{draft:?} {request:?} {:?}", decided(&draft, false));
        assert!(!shown.contains("sw0rdfish"), "{shown}");
    }
}
