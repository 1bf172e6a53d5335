//! The form of an application, for registering one and for changing one.

mod groups;
mod members;

pub(super) use members::registered;

use oauth::client::{Client, ClientType, Draft, FieldError, RedirectUri};
use oauth::grant::GrantType;
use oauth::policy::Policy;
use pages::form::{Choice, Kind};
use pages::{Field, Form};
use store::Application;

use super::{grant_help, grant_label, type_label};
use crate::extract::page_form::PageForm;

/// The members that a new application is asked for; the others can be said afterwards.
const FIRST: [&str; 3] = ["client_uri", "post_logout_redirect_uris", "allowed_origins"];

/// When what the form was filled with had last been changed.
const SEEN: &str = "seen";

/// Fields that are groups of checkboxes and may be sent several times.
pub(super) const GROUPS: [&str; 2] = ["grant_types", "scope"];

/// The form with what a new application usually needs already chosen.
pub(super) fn blank(policy: &Policy, action: String) -> Form {
    let kind = Field::new(Kind::Radio, "client_type", "Client type")
        .choices([
            Choice::new(ClientType::Confidential.as_str(), type_label(ClientType::Confidential))
                .help("Runs on a server of yours and can keep a secret."),
            Choice::new(ClientType::Public.as_str(), type_label(ClientType::Public))
                .help("Runs on people's devices or in their browsers; it gets no secret."),
        ])
        .value(ClientType::Confidential.as_str())
        .required();
    let mut form = Form::post(action).field(name()).field(kind);
    let chosen = if policy.capabilities.offers(&GrantType::Password) {
        format!("{} {}", GrantType::Password, GrantType::RefreshToken)
    } else {
        GrantType::ClientCredentials.to_string()
    };
    for field in common(policy) {
        let field = if field.name == "grant_types" { field.value(&chosen) } else { field };
        form = form.field(field);
    }
    members::with_some(form, policy, &FIRST).guard_changes()
}

/// The form with what is registered now, and when that had last been changed. The client type stays as it is: a secret that
/// was known to a public client protects nothing.
pub(super) fn filled(policy: &Policy, action: String, known: &Application) -> Form {
    let client = &known.client;
    let words: Vec<&str> = client.grant_types.iter().map(GrantType::as_str).collect();
    let uris: Vec<&str> = client.redirect_uris.iter().map(RedirectUri::as_str).collect();
    let seen = Field::hidden(SEEN, known.updated_at.as_millis().to_string());
    let mut form = Form::post(action).field(seen).field(name().value(&client.name));
    for field in common(policy) {
        let field = match field.name.as_str() {
            "grant_types" => field.value(words.join(" ")),
            "redirect_uris" => field.value(uris.join("\n")),
            "scope" => {
                field.value(client.scope.as_ref().map(ToString::to_string).unwrap_or_default())
            }
            _ => field,
        };
        form = form.field(field);
    }
    members::with_all(form, policy, client).all_optional().guard_changes()
}

fn name() -> Field {
    Field::text("name", "Name")
        .required()
        .autofocus()
        .autocomplete("off")
        .max_length(u64::try_from(Draft::MAX_NAME).unwrap_or(255))
        .help("People will recognise the application by it.")
}

fn common(policy: &Policy) -> Vec<Field> {
    let grants = policy.capabilities.grants();
    let grants =
        grants.map(|grant| Choice::new(grant.as_str(), grant_label(grant)).help(grant_help(grant)));
    let all = policy.declared_scope().union(&policy.person_scope());
    let scopes = all.iter().map(|scope| {
        let words = policy.words_for(scope).unwrap_or_default();
        Choice::new(scope.as_str(), scope.as_str()).help(words)
    });
    let mut fields = vec![
        Field::new(Kind::Checkboxes, "grant_types", "Grant types").choices(grants).required(),
        Field::new(Kind::Textarea, "redirect_uris", "Redirect URIs")
            .monospace()
            .rows(3)
            .placeholder("https://app.example.com/callback")
            .help("One on each line: where people may be sent back to after signing in."),
    ];
    if !all.is_empty() {
        fields.push(
            Field::new(Kind::Checkboxes, "scope", "Scopes").choices(scopes).help(
                "The most the application can get. Choose none to allow all, later ones too.",
            ),
        );
    }
    fields
}

fn lines(sent: &PageForm, name: &str) -> Vec<String> {
    let lines = sent.text(name).lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What was sent for a new application, unchecked.
///
/// # Errors
/// What is not even of the kind of its field.
pub(super) fn draft(sent: &PageForm) -> Result<Draft, Vec<FieldError>> {
    let draft = Draft {
        client_type: sent.text("client_type").to_owned(),
        grant_types: grants(sent),
        ..Draft::default()
    };
    over(draft, sent)
}

/// What was sent about an application that is known, unchecked. What the form does not show stays.
///
/// # Errors
/// As [`draft`].
pub(super) fn change(client: &Client, sent: &PageForm) -> Result<Draft, Vec<FieldError>> {
    let mut draft = client.draft().with_grants(grants(sent));
    if let Some(method) = sent.optional("auth_method") {
        draft.auth_method = Some(method.to_owned());
    }
    over(draft, sent)
}

fn over(draft: Draft, sent: &PageForm) -> Result<Draft, Vec<FieldError>> {
    let scopes: Vec<&str> = sent.all("scope").filter(|scope| !scope.is_empty()).collect();
    let draft = draft.write(&members::sent(sent)?, false)?;
    Ok(Draft {
        name: sent.text("name").to_owned(),
        redirect_uris: lines(sent, "redirect_uris"),
        scope: (!scopes.is_empty()).then(|| scopes.join(" ")),
        ..draft
    })
}

fn grants(sent: &PageForm) -> Vec<String> {
    sent.all("grant_types").map(str::to_owned).collect()
}

/// Whether what the form was filled with has changed since.
pub(super) fn is_outdated(sent: &PageForm, known: &Application) -> bool {
    sent.optional(SEEN).is_some_and(|seen| seen != known.updated_at.as_millis().to_string())
}

/// The form as it was sent, after somebody else has changed the application: sent once more, it takes the place of that.
pub(super) fn overtaken(form: Form, sent: &PageForm) -> Form {
    form.fill(&sent.pairs()).fail(
        SEEN,
        "Somebody else has changed this application since you opened this form, so nothing was saved. What you have entered \
         is still here. Look at what is registered now in another window; if you save again, yours takes its place.",
    )
}

/// The form as it was sent, with what is wrong at its fields.
pub(super) fn refused(form: Form, sent: &PageForm, errors: Vec<FieldError>) -> Form {
    let form = form.fill(&sent.pairs());
    errors.into_iter().fold(form, |form, error| form.fail(error.field, error.message))
}
