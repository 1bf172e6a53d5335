//! The standard claims (OpenID Connect Core 1.0 §5.1) and the scopes that ask for them (§5.4).

use super::CustomClaims;
use crate::scope::ScopeSet;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A claim of §5.1, without `sub`, which every answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StandardClaim {
    /// The full name, as it is displayed.
    Name,
    /// Given names.
    GivenName,
    /// Family names.
    FamilyName,
    /// Middle names.
    MiddleName,
    /// A casual name.
    Nickname,
    /// What the person wishes to be called at the client; never a key to anything (§5.7).
    PreferredUsername,
    /// The URL of a page about the person.
    Profile,
    /// The URL of a picture of the person.
    Picture,
    /// The URL of the person's own page.
    Website,
    /// The e-mail address; never a key to anything (§5.7).
    Email,
    /// Whether the person was seen to control that address.
    EmailVerified,
    /// The gender, in any words.
    Gender,
    /// The birthday: `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    Birthdate,
    /// The time zone, such as `Europe/Paris`.
    Zoneinfo,
    /// The language, as BCP 47 writes it.
    Locale,
    /// The telephone number, as E.164 writes it.
    PhoneNumber,
    /// Whether the person was seen to control that number.
    PhoneNumberVerified,
    /// The postal address (§5.1.1).
    Address,
    /// When any of this last changed, in whole seconds since the Unix epoch.
    UpdatedAt,
}

impl StandardClaim {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::MiddleName,
        Self::Nickname,
        Self::PreferredUsername,
        Self::Profile,
        Self::Picture,
        Self::Website,
        Self::Email,
        Self::EmailVerified,
        Self::Gender,
        Self::Birthdate,
        Self::Zoneinfo,
        Self::Locale,
        Self::PhoneNumber,
        Self::PhoneNumberVerified,
        Self::Address,
        Self::UpdatedAt,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::MiddleName => "middle_name",
            Self::Nickname => "nickname",
            Self::PreferredUsername => "preferred_username",
            Self::Profile => "profile",
            Self::Picture => "picture",
            Self::Website => "website",
            Self::Email => "email",
            Self::EmailVerified => "email_verified",
            Self::Gender => "gender",
            Self::Birthdate => "birthdate",
            Self::Zoneinfo => "zoneinfo",
            Self::Locale => "locale",
            Self::PhoneNumber => "phone_number",
            Self::PhoneNumberVerified => "phone_number_verified",
            Self::Address => "address",
            Self::UpdatedAt => "updated_at",
        }
    }

    /// What it is, for a consent page: "the application wants to know …".
    pub const fn description(self) -> &'static str {
        match self {
            Self::Name => "your full name",
            Self::GivenName => "your given name",
            Self::FamilyName => "your family name",
            Self::MiddleName => "your middle name",
            Self::Nickname => "your nickname",
            Self::PreferredUsername => "the name you like to be called",
            Self::Profile => "the address of your profile page",
            Self::Picture => "your picture",
            Self::Website => "the address of your website",
            Self::Email => "your e-mail address",
            Self::EmailVerified => "whether your e-mail address is confirmed",
            Self::Gender => "your gender",
            Self::Birthdate => "your date of birth",
            Self::Zoneinfo => "your time zone",
            Self::Locale => "your language",
            Self::PhoneNumber => "your telephone number",
            Self::PhoneNumberVerified => "whether your telephone number is confirmed",
            Self::Address => "your postal address",
            Self::UpdatedAt => "when your profile last changed",
        }
    }

    /// The claim of this name on the wire.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|claim| claim.as_str() == name)
    }

    /// The scope that asks for it (§5.4).
    pub const fn scope(self) -> ClaimScope {
        match self {
            Self::Name
            | Self::GivenName
            | Self::FamilyName
            | Self::MiddleName
            | Self::Nickname
            | Self::PreferredUsername
            | Self::Profile
            | Self::Picture
            | Self::Website
            | Self::Gender
            | Self::Birthdate
            | Self::Zoneinfo
            | Self::Locale
            | Self::UpdatedAt => ClaimScope::Profile,
            Self::Email | Self::EmailVerified => ClaimScope::Email,
            Self::PhoneNumber | Self::PhoneNumberVerified => ClaimScope::Phone,
            Self::Address => ClaimScope::Address,
        }
    }
}

/// A scope that stands for a bundle of claims (§5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimScope {
    /// Who the person is.
    Profile,
    /// The e-mail address.
    Email,
    /// The postal address.
    Address,
    /// The telephone number.
    Phone,
}

impl ClaimScope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Profile, Self::Email, Self::Address, Self::Phone];

    /// The scope token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Address => "address",
            Self::Phone => "phone",
        }
    }

    /// The claims that it asks for.
    pub fn claims(self) -> impl Iterator<Item = StandardClaim> {
        StandardClaim::ALL.into_iter().filter(move |claim| claim.scope() == self)
    }

    /// Whether it is among these scopes.
    pub fn within(self, scope: &ScopeSet) -> bool {
        scope.iter().any(|token| token.as_str() == self.as_str())
    }
}

/// What is known about a person. An absent value and an empty text are the same: nothing is told.
///
/// The JSON of it names each standard claim as on the wire, and keeps what an installation adds
/// under `custom`; the two marks of verification are left out where they are false.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonClaims {
    /// The full name, as it is displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Middle names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    /// A casual name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// What the person wishes to be called at a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// The URL of a page about the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// The URL of a picture of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The URL of the person's own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the person was seen to control that address.
    #[serde(skip_serializing_if = "is_false")]
    pub email_verified: bool,
    /// The gender, in any words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// The birthday: `YYYY-MM-DD`, `0000-MM-DD` or `YYYY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// The time zone, such as `Europe/Paris`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// The language, as BCP 47 writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The telephone number, as E.164 writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// Whether the person was seen to control that number.
    #[serde(skip_serializing_if = "is_false")]
    pub phone_number_verified: bool,
    /// The postal address.
    #[serde(skip_serializing_if = "Address::is_empty")]
    pub address: Address,
    /// When any of this last changed, in whole seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    /// What the installation knows beyond that.
    #[serde(skip_serializing_if = "CustomClaims::is_empty")]
    pub custom: CustomClaims,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn is_false(mark: &bool) -> bool {
    !mark
}

impl PersonClaims {
    /// The value of a claim as it is told; `None` where nothing is known. A mark of verification
    /// is known where there is something to verify.
    pub fn value(&self, claim: StandardClaim) -> Option<Value> {
        let text = match claim {
            StandardClaim::EmailVerified => {
                return mark(self.email.as_deref(), self.email_verified);
            }
            StandardClaim::PhoneNumberVerified => {
                return mark(self.phone_number.as_deref(), self.phone_number_verified);
            }
            StandardClaim::UpdatedAt => return self.updated_at.map(Value::from),
            StandardClaim::Address => return self.address.value(),
            StandardClaim::Name => &self.name,
            StandardClaim::GivenName => &self.given_name,
            StandardClaim::FamilyName => &self.family_name,
            StandardClaim::MiddleName => &self.middle_name,
            StandardClaim::Nickname => &self.nickname,
            StandardClaim::PreferredUsername => &self.preferred_username,
            StandardClaim::Profile => &self.profile,
            StandardClaim::Picture => &self.picture,
            StandardClaim::Website => &self.website,
            StandardClaim::Email => &self.email,
            StandardClaim::Gender => &self.gender,
            StandardClaim::Birthdate => &self.birthdate,
            StandardClaim::Zoneinfo => &self.zoneinfo,
            StandardClaim::Locale => &self.locale,
            StandardClaim::PhoneNumber => &self.phone_number,
        };
        known(text.as_deref()).map(Value::from)
    }
}

fn mark(of: Option<&str>, mark: bool) -> Option<Value> {
    known(of).map(|_| Value::from(mark))
}

fn known(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// A postal address (§5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    /// All of it, as written on a letter; lines are separated by line breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// Street, house number, post box; may have several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// State, province or prefecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Zip code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl Address {
    /// Whether nothing is known of it.
    pub fn is_empty(&self) -> bool {
        self.parts().next().is_none()
    }

    fn value(&self) -> Option<Value> {
        let members: Map<String, Value> =
            self.parts().map(|(name, text)| (name.to_owned(), text.into())).collect();
        (!members.is_empty()).then_some(Value::Object(members))
    }

    /// The parts that are known.
    fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("formatted", &self.formatted),
            ("street_address", &self.street_address),
            ("locality", &self.locality),
            ("region", &self.region),
            ("postal_code", &self.postal_code),
            ("country", &self.country),
        ]
        .into_iter()
        .filter_map(|(name, text)| known(text.as_deref()).map(|text| (name, text)))
    }
}

#[cfg(test)]
mod tests;
