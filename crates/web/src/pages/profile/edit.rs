//! Changing what is known about oneself.

use accounts::profile::{Edit, Entry, decide, text};
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use oauth::claims::PersonClaims;
use pages::form::Kind;
use pages::redirect::{LocalPath, see_other};
use pages::{Field, Form, FormPage, Link, Message};
use store::Person;

use super::super::{Opened, accept, open};
use super::about::{GROUPS, label};
use crate::extract::page_form::PageForm;
use crate::respond::page_failure::PageFailure;
use crate::state::State;
use crate::visit::with_cookies;

/// How often a change is tried again that somebody else came before.
const TRIES: usize = 3;

/// `GET /accounts/profile/edit/`.
pub(crate) async fn show(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let opened = open(&state, request).await?;
    let person = load(&state, &opened).await?;
    page(&state, &opened, form(&state, &person.claims))
}

/// `POST /accounts/profile/edit/`. A field that was not sent stays as it is.
pub(crate) async fn submit(
    Shared(state): Shared<State>,
    request: Request,
) -> Result<Response, PageFailure> {
    let (opened, sent) = accept(&state, request, &[]).await?;
    let edit = edit(&sent);
    for _ in 0..TRIES {
        let person = load(&state, &opened).await?;
        let profile = match decide(&edit, &person.claims) {
            Ok(profile) => profile,
            Err(errors) => {
                let form = form(&state, &person.claims).fill(&sent.pairs());
                let form = errors
                    .into_iter()
                    .fold(form, |form, error| form.fail(error.field.name(), error.message));
                return page(&state, &opened, form);
            }
        };
        if state.store.users().set_claims(&person, &profile).await?.is_some() {
            let user = person.account.id;
            tracing::info!(target: "audit", event = "profile_changed", %user);
            let flash = state.flash.set(&[Message::success("Your profile is saved.")]).ok();
            let to = LocalPath::or(Some(&state.urls().profile()), "/");
            return Ok(with_cookies(see_other(&to), flash));
        }
    }
    let person = load(&state, &opened).await?;
    let told =
        "Your profile was changed elsewhere at the same moment, and nothing was saved. Save again.";
    page(&state, &opened, form(&state, &person.claims).fill(&sent.pairs()).fail("", told))
}

/// The person who is signed in, as stored now.
pub(in crate::pages) async fn load(state: &State, opened: &Opened) -> Result<Person, PageFailure> {
    let account = opened.visit.person(state, &opened.parts)?;
    let person = state.store.users().person(account.id).await?;
    // Deleted since the session was looked up.
    person.ok_or_else(|| PageFailure::elsewhere(&state.urls().sign_in()))
}

/// The entries of the form that were sent; what else was sent counts for nothing.
fn edit(sent: &PageForm) -> Edit {
    let entries = GROUPS.iter().flat_map(|group| group.entries);
    entries.fold(Edit::default(), |edit, entry| match sent.all(entry.name()).next() {
        Some(text) => edit.text(*entry, text),
        None => edit,
    })
}

fn form(state: &State, claims: &PersonClaims) -> Form {
    let urls = state.urls();
    let form = Form::post(urls.edit_profile()).all_optional();
    let form = GROUPS.iter().fold(form, |form, group| {
        let form = form.section(group.title, group.help);
        group.entries.iter().fold(form, |form, entry| form.field(field(*entry, claims)))
    });
    form.submit("Save profile").cancel(urls.profile()).guard_changes()
}

fn field(entry: Entry, claims: &PersonClaims) -> Field {
    let kind = match entry {
        Entry::StreetAddress => Kind::Textarea,
        Entry::Website | Entry::Profile | Entry::Picture => Kind::Url,
        Entry::PhoneNumber => Kind::Tel,
        _ => Kind::Text,
    };
    let field = Field::new(kind, entry.name(), label(entry))
        .autocomplete(autocomplete(entry))
        .max_length(u64::try_from(entry.max_chars()).unwrap_or(u64::MAX))
        .value(text(claims, entry).unwrap_or_default());
    match entry {
        Entry::Birthdate => field.help("YYYY-MM-DD, or only the year."),
        Entry::Locale => field.help("A language tag, such as en-GB."),
        Entry::Zoneinfo => field.help("Such as Europe/Paris."),
        Entry::Picture => field.help("The web address of an image."),
        Entry::PhoneNumber => field.help("With the country code, such as +33 1 23 45 67 89."),
        Entry::StreetAddress => field.rows(2),
        _ => field,
    }
}

/// What a browser may fill in by itself (HTML §4.10.18.7).
const fn autocomplete(entry: Entry) -> &'static str {
    match entry {
        Entry::Name => "name",
        Entry::GivenName => "given-name",
        Entry::MiddleName => "additional-name",
        Entry::FamilyName => "family-name",
        Entry::Nickname => "nickname",
        Entry::Gender => "sex",
        Entry::Birthdate => "bday",
        Entry::Picture => "photo",
        Entry::Website => "url",
        Entry::Email => "email",
        Entry::PhoneNumber => "tel",
        Entry::StreetAddress => "street-address",
        Entry::Locality => "address-level2",
        Entry::Region => "address-level1",
        Entry::PostalCode => "postal-code",
        Entry::Country => "country-name",
        Entry::Locale => "language",
        Entry::PreferredUsername | Entry::Profile | Entry::Formatted | Entry::Zoneinfo => "off",
    }
}

fn page(state: &State, opened: &Opened, form: Form) -> Result<Response, PageFailure> {
    let frame = opened.visit.frame(state, &opened.parts)?;
    let frame = frame.below([Link::new("Your account", state.urls().profile())]);
    let intro =
        "Everything here is optional. An application sees a part of it only when you allow that.";
    let page = FormPage::new("Edit your profile", form).intro(intro).wide();
    let answer = state.pages.form(&frame.page, &page);
    Ok(frame.finish(answer))
}
