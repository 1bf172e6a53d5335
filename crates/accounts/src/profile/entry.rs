//! The values of a profile that are texts, in the order in which a form shows them.

use oauth::claims::StandardClaim;

/// One text of a profile.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Entry {
    /// The full name.
    Name,
    /// Given names.
    GivenName,
    /// Middle names.
    MiddleName,
    /// Family names.
    FamilyName,
    /// A casual name.
    Nickname,
    /// What the person is called at clients. Some clients take it for a key although they must not (§5.7), so a person
    /// who may choose it may pass for another there: only the operator sets it.
    PreferredUsername,
    /// The gender, in any words.
    Gender,
    /// The birthday.
    Birthdate,
    /// The URL of a picture.
    Picture,
    /// The URL of a page about the person.
    Profile,
    /// The URL of the person's own page.
    Website,
    /// The address for mail.
    Email,
    /// The telephone number.
    PhoneNumber,
    /// Street and house number.
    StreetAddress,
    /// City.
    Locality,
    /// State, province or prefecture.
    Region,
    /// Zip code.
    PostalCode,
    /// Country.
    Country,
    /// The whole postal address, as written on a letter.
    Formatted,
    /// The language.
    Locale,
    /// The time zone.
    Zoneinfo,
}

impl Entry {
    /// All of them.
    pub const ALL: [Self; 21] = [
        Self::Name,
        Self::GivenName,
        Self::MiddleName,
        Self::FamilyName,
        Self::Nickname,
        Self::PreferredUsername,
        Self::Gender,
        Self::Birthdate,
        Self::Picture,
        Self::Profile,
        Self::Website,
        Self::Email,
        Self::PhoneNumber,
        Self::StreetAddress,
        Self::Locality,
        Self::Region,
        Self::PostalCode,
        Self::Country,
        Self::Formatted,
        Self::Locale,
        Self::Zoneinfo,
    ];

    /// The parts of the postal address.
    pub const ADDRESS: [Self; 6] = [
        Self::StreetAddress,
        Self::Locality,
        Self::Region,
        Self::PostalCode,
        Self::Country,
        Self::Formatted,
    ];

    /// The name in a form and, but for `address` around its parts, on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::MiddleName => "middle_name",
            Self::FamilyName => "family_name",
            Self::Nickname => "nickname",
            Self::PreferredUsername => "preferred_username",
            Self::Gender => "gender",
            Self::Birthdate => "birthdate",
            Self::Picture => "picture",
            Self::Profile => "profile",
            Self::Website => "website",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::StreetAddress => "street_address",
            Self::Locality => "locality",
            Self::Region => "region",
            Self::PostalCode => "postal_code",
            Self::Country => "country",
            Self::Formatted => "formatted",
            Self::Locale => "locale",
            Self::Zoneinfo => "zoneinfo",
        }
    }

    /// The most characters.
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Name => 300,
            Self::Formatted | Self::StreetAddress => 500,
            Self::Picture | Self::Profile | Self::Website => 2048,
            Self::Email => crate::email::MAX_BYTES,
            Self::PhoneNumber => 40,
            Self::Birthdate => 10,
            Self::PostalCode => 30,
            Self::Locale => 35,
            Self::Gender | Self::Zoneinfo => 64,
            Self::GivenName
            | Self::MiddleName
            | Self::FamilyName
            | Self::Nickname
            | Self::PreferredUsername
            | Self::Locality
            | Self::Region
            | Self::Country => 150,
        }
    }

    /// The entry that holds this claim; `None` for those that are no single text.
    pub fn of(claim: StandardClaim) -> Option<Self> {
        let not_part = |entry: &Self| !Self::ADDRESS.contains(entry);
        Self::ALL.into_iter().filter(not_part).find(|entry| entry.name() == claim.as_str())
    }
}
