//! What is wrong with one field of a form, for a program and for a person.

use std::borrow::Cow;
use std::fmt;

use crate::profile::Entry;

/// A field that a person fills in.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Field {
    /// The name to sign in with.
    Username,
    /// The address for mail.
    Email,
    /// The password.
    Password,
    /// A text of one's profile.
    Profile(Entry),
    /// The claims that the installation adds to a profile.
    Custom,
    /// All claims of a declaration together.
    Claims,
    /// Whether an account may be used.
    Active,
    /// Whether a person may open the administration.
    Staff,
    /// Whether a person may do everything there.
    Superuser,
}

impl Field {
    /// The name of the field in a form and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Email => "email",
            Self::Password => "password",
            Self::Profile(entry) => entry.name(),
            Self::Custom => "custom",
            Self::Claims => "claims",
            Self::Active => "active",
            Self::Staff => "staff",
            Self::Superuser => "superuser",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One field that was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// Which field.
    pub field: Field,
    /// What is wrong, as a stable word for programs.
    pub code: &'static str,
    /// What is wrong and what to do, as sentences for a person.
    pub message: Cow<'static, str>,
}

impl FieldError {
    /// A refusal of `field`.
    pub fn new(field: Field, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { field, code, message: message.into() }
    }
}
