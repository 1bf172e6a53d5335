//! What is known about a person, in the groups in which it is shown and edited.

use accounts::profile::{Entry, text};
use oauth::claims::PersonClaims;
use serde::Serialize;

/// Entries that belong together.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) help: &'static str,
    pub(super) entries: &'static [Entry],
}

/// What a person edits. The address for mail has a page of its own, which asks for the password; what somebody is called
/// at applications is for the operator to say (`Entry::PreferredUsername`).
pub(super) const GROUPS: [Group; 4] = [
    Group {
        title: "Name",
        help: "As you would like to be called.",
        entries: &[
            Entry::Name,
            Entry::Nickname,
            Entry::GivenName,
            Entry::MiddleName,
            Entry::FamilyName,
        ],
    },
    Group {
        title: "About you",
        help: "",
        entries: &[
            Entry::Birthdate,
            Entry::Gender,
            Entry::Locale,
            Entry::Zoneinfo,
            Entry::Website,
            Entry::Profile,
            Entry::Picture,
        ],
    },
    Group {
        title: "Contact",
        help: "Your e-mail address is changed on your account page.",
        entries: &[Entry::PhoneNumber],
    },
    Group {
        title: "Postal address",
        help: "",
        entries: &[
            Entry::StreetAddress,
            Entry::PostalCode,
            Entry::Locality,
            Entry::Region,
            Entry::Country,
        ],
    },
];

/// What an entry is called.
pub(super) const fn label(entry: Entry) -> &'static str {
    match entry {
        Entry::Name => "Full name",
        Entry::GivenName => "Given name",
        Entry::MiddleName => "Middle name",
        Entry::FamilyName => "Family name",
        Entry::Nickname => "Nickname",
        Entry::PreferredUsername => "Known to applications as",
        Entry::Gender => "Gender",
        Entry::Birthdate => "Date of birth",
        Entry::Picture => "Picture",
        Entry::Profile => "Profile page",
        Entry::Website => "Website",
        Entry::Email => "E-mail address",
        Entry::PhoneNumber => "Telephone number",
        Entry::StreetAddress => "Street and number",
        Entry::Locality => "City",
        Entry::Region => "State or region",
        Entry::PostalCode => "Postal code",
        Entry::Country => "Country",
        Entry::Formatted => "Whole address",
        Entry::Locale => "Language",
        Entry::Zoneinfo => "Time zone",
    }
}

/// A group as the page shows it: only what is known.
#[derive(Serialize)]
pub(super) struct Shown {
    title: &'static str,
    facts: Vec<Fact>,
}

#[derive(Serialize)]
struct Fact {
    label: String,
    lines: Vec<String>,
    link: bool,
    confirmed: bool,
}

/// The groups in which something is known, and last what the operator has added, which is told as well.
pub(super) fn shown(claims: &PersonClaims) -> Vec<Shown> {
    let mut groups: Vec<Shown> = GROUPS.iter().map(|group| known(group, claims)).collect();
    let mut added: Vec<Fact> = [Entry::PreferredUsername, Entry::Formatted]
        .into_iter()
        .filter_map(|entry| fact(claims, entry))
        .collect();
    added.extend(claims.custom.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Fact { label: name.to_owned(), lines: vec![value], link: false, confirmed: false }
    }));
    groups.push(Shown { title: "Kept by the administrators", facts: added });
    groups.retain(|group| !group.facts.is_empty());
    groups
}

fn known(group: &Group, claims: &PersonClaims) -> Shown {
    let facts = group.entries.iter().filter_map(|entry| fact(claims, *entry));
    Shown { title: group.title, facts: facts.collect() }
}

fn fact(claims: &PersonClaims, entry: Entry) -> Option<Fact> {
    let text = text(claims, entry)?;
    Some(Fact {
        label: label(entry).to_owned(),
        lines: text.lines().map(str::to_owned).collect(),
        link: matches!(entry, Entry::Website | Entry::Profile | Entry::Picture),
        confirmed: entry == Entry::PhoneNumber && claims.phone_number_verified,
    })
}
