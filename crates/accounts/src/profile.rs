//! What a person, or the operator for them, says about who they are: the claims of OpenID Connect Core 1.0 §5.1.
//!
//! An [`Edit`] changes some of what is known; [`decide`] checks it value by value and gives all that is known
//! afterwards. What the edit does not name stays.

mod entry;
mod value;

pub use entry::Entry;

use std::collections::BTreeMap;

use oauth::claims::{Address, CustomClaims, PersonClaims, StandardClaim};
use serde_json::{Map, Value};

use crate::email::Email;
use crate::field_error::{Field, FieldError};

/// Values to be changed, unchecked. An empty text removes what was known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit {
    texts: BTreeMap<Entry, String>,
    email_verified: Option<bool>,
    phone_number_verified: Option<bool>,
    custom: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// All that is known about a person after an edit; it keeps the rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    claims: PersonClaims,
    email: Option<Email>,
}

impl Profile {
    /// All of it. When it last changed is for the store to say.
    pub fn claims(&self) -> &PersonClaims {
        &self.claims
    }

    /// The address among it.
    pub fn email(&self) -> Option<&Email> {
        self.email.as_ref()
    }
}

impl Edit {
    /// Sets one text; the empty one removes it.
    #[must_use]
    pub fn text(mut self, entry: Entry, text: impl Into<String>) -> Self {
        self.texts.insert(entry, text.into());
        self
    }

    /// Says whether the person was seen to control the address.
    #[must_use]
    pub fn email_verified(mut self, verified: bool) -> Self {
        self.email_verified = Some(verified);
        self
    }

    /// Says whether the person was seen to control the telephone number.
    #[must_use]
    pub fn phone_number_verified(mut self, verified: bool) -> Self {
        self.phone_number_verified = Some(verified);
        self
    }

    /// Reads an edit from claims as they stand on the wire: texts, the two marks, `address` with its parts, and any
    /// other name as a claim of the installation's own. Null removes. What has another shape is told by [`decide`]
    /// with everything else.
    pub fn from_claims(claims: Map<String, Value>) -> Self {
        let mut edit = Self::default();
        for (name, value) in claims {
            match StandardClaim::parse(&name) {
                None => edit.add_custom(name, value),
                Some(claim) => edit.add(claim, value),
            }
        }
        edit
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    fn add(&mut self, claim: StandardClaim, value: Value) {
        match claim {
            StandardClaim::EmailVerified => {
                self.email_verified = self.mark(Entry::Email, "email_verified", &value);
            }
            StandardClaim::PhoneNumberVerified => {
                self.phone_number_verified =
                    self.mark(Entry::PhoneNumber, "phone_number_verified", &value);
            }
            StandardClaim::Address => self.add_address(value),
            StandardClaim::UpdatedAt => self.errors.push(FieldError::new(
                Field::Custom,
                "read_only",
                "updated_at follows from the changes and cannot be set. Leave it out.",
            )),
            text => match Entry::of(text) {
                Some(entry) => self.add_text(entry, value),
                None => self.add_custom(text.as_str().to_owned(), value),
            },
        }
    }

    fn add_text(&mut self, entry: Entry, value: Value) {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            _ => return self.errors.push(not_text(entry)),
        };
        self.texts.insert(entry, text);
    }

    fn add_address(&mut self, value: Value) {
        match value {
            Value::Null => {
                self.texts.extend(Entry::ADDRESS.map(|entry| (entry, String::new())));
            }
            Value::Object(parts) => {
                for (name, value) in parts {
                    match Entry::ADDRESS.into_iter().find(|entry| entry.name() == name) {
                        Some(entry) => self.add_text(entry, value),
                        None => self.errors.push(FieldError::new(
                            Field::Custom,
                            "unknown",
                            format!(
                                "An address has no part {name:?}. Its parts are {ADDRESS_PARTS}."
                            ),
                        )),
                    }
                }
            }
            _ => self.errors.push(FieldError::new(
                Field::Custom,
                "invalid",
                format!("An address is an object; its parts are {ADDRESS_PARTS}."),
            )),
        }
    }

    fn add_custom(&mut self, name: String, value: Value) {
        self.custom.insert(name, value);
    }

    fn mark(&mut self, of: Entry, name: &str, value: &Value) -> Option<bool> {
        match value {
            Value::Bool(mark) => Some(*mark),
            Value::Null => Some(false),
            _ => {
                let message = format!("{name} is true or false.");
                self.errors.push(FieldError::new(Field::Profile(of), "invalid", message));
                None
            }
        }
    }
}

const ADDRESS_PARTS: &str = "formatted, street_address, locality, region, postal_code and country";

fn not_text(entry: Entry) -> FieldError {
    let message = format!("{} is a text.", entry.name());
    FieldError::new(Field::Profile(entry), "invalid", message)
}

/// Checks an edit against what is known. Either everything that is wrong, one error for each value and in the order of
/// the form, or all that is known afterwards.
///
/// A new address is not a verified one, nor is a new telephone number, unless the edit says so itself.
pub fn decide(edit: &Edit, present: &PersonClaims) -> Result<Profile, Vec<FieldError>> {
    let mut errors = edit.errors.clone();
    let mut claims = present.clone();
    for (entry, text) in &edit.texts {
        match value::read(*entry, text) {
            Ok(known) => *slot(&mut claims, *entry) = known,
            Err(fault) => {
                errors.push(FieldError::new(Field::Profile(*entry), fault.code, fault.message));
            }
        }
    }
    let email = claims.email.as_deref().map(Email::parse).transpose().unwrap_or_else(|error| {
        errors.push(FieldError::new(Field::Profile(Entry::Email), error.code(), error.to_string()));
        None
    });
    // Nothing that is not there is verified.
    let before = present.email_verified && claims.email == present.email;
    claims.email_verified = claims.email.is_some() && edit.email_verified.unwrap_or(before);
    let before = present.phone_number_verified && claims.phone_number == present.phone_number;
    claims.phone_number_verified =
        claims.phone_number.is_some() && edit.phone_number_verified.unwrap_or(before);
    match custom(edit, present) {
        Ok(custom) => claims.custom = custom,
        Err(message) => errors.push(FieldError::new(Field::Custom, "invalid", message)),
    }
    errors.sort_by_key(|error| error.field);
    errors.dedup_by_key(|error| error.field);
    if errors.is_empty() { Ok(Profile { claims, email }) } else { Err(errors) }
}

/// The claims of the installation's own: those of the edit over those that are known. Null removes.
fn custom(edit: &Edit, present: &PersonClaims) -> Result<CustomClaims, String> {
    let mut all = Map::from(present.custom.clone());
    all.extend(edit.custom.iter().map(|(name, value)| (name.clone(), value.clone())));
    CustomClaims::parse(all).map_err(|fault| format!("{}.", capital(fault.0)))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// Where the text of an entry is kept.
fn slot(claims: &mut PersonClaims, entry: Entry) -> &mut Option<String> {
    let address: &mut Address = &mut claims.address;
    match entry {
        Entry::Name => &mut claims.name,
        Entry::GivenName => &mut claims.given_name,
        Entry::MiddleName => &mut claims.middle_name,
        Entry::FamilyName => &mut claims.family_name,
        Entry::Nickname => &mut claims.nickname,
        Entry::PreferredUsername => &mut claims.preferred_username,
        Entry::Gender => &mut claims.gender,
        Entry::Birthdate => &mut claims.birthdate,
        Entry::Picture => &mut claims.picture,
        Entry::Profile => &mut claims.profile,
        Entry::Website => &mut claims.website,
        Entry::Email => &mut claims.email,
        Entry::PhoneNumber => &mut claims.phone_number,
        Entry::StreetAddress => &mut address.street_address,
        Entry::Locality => &mut address.locality,
        Entry::Region => &mut address.region,
        Entry::PostalCode => &mut address.postal_code,
        Entry::Country => &mut address.country,
        Entry::Formatted => &mut address.formatted,
        Entry::Locale => &mut claims.locale,
        Entry::Zoneinfo => &mut claims.zoneinfo,
    }
}

/// What is known as it stands on the wire (OpenID Connect Core §5.1); [`Edit::from_claims`] takes the same object back.
pub fn members(claims: &PersonClaims) -> Map<String, Value> {
    let standard = StandardClaim::ALL.into_iter();
    let standard =
        standard.filter_map(|claim| Some((claim.as_str().to_owned(), claims.value(claim)?)));
    let custom = claims.custom.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    standard.chain(custom).collect()
}

/// The text of an entry among what is known.
pub fn text(claims: &PersonClaims, entry: Entry) -> Option<&str> {
    let address = &claims.address;
    match entry {
        Entry::Name => &claims.name,
        Entry::GivenName => &claims.given_name,
        Entry::MiddleName => &claims.middle_name,
        Entry::FamilyName => &claims.family_name,
        Entry::Nickname => &claims.nickname,
        Entry::PreferredUsername => &claims.preferred_username,
        Entry::Gender => &claims.gender,
        Entry::Birthdate => &claims.birthdate,
        Entry::Picture => &claims.picture,
        Entry::Profile => &claims.profile,
        Entry::Website => &claims.website,
        Entry::Email => &claims.email,
        Entry::PhoneNumber => &claims.phone_number,
        Entry::StreetAddress => &address.street_address,
        Entry::Locality => &address.locality,
        Entry::Region => &address.region,
        Entry::PostalCode => &address.postal_code,
        Entry::Country => &address.country,
        Entry::Formatted => &address.formatted,
        Entry::Locale => &claims.locale,
        Entry::Zoneinfo => &claims.zoneinfo,
    }
    .as_deref()
}

#[cfg(test)]
mod tests;
