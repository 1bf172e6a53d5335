//! What an application wishes, as both pages that ask a person show it, and how the answer is read from their forms.

use http::StatusCode;
use oauth::client::{Client, Origin};
use oauth::endpoint::client_id_document::address;
use oauth::policy::Policy;
use oauth::scope::{ScopeSet, ScopeToken};
use pages::Refusal;
use serde::Serialize;
use url::Url;

use crate::extract::page_form::PageForm;

/// One scope.
#[derive(Serialize)]
pub(crate) struct Wish {
    name: String,
    words: String,
    new: bool,
    optional: bool,
}

/// The scopes in words. That the application learns who somebody is is said by the page itself.
pub(crate) fn wishes(policy: &Policy, asked: &ScopeSet, new: &ScopeSet) -> Vec<Wish> {
    let wish = |scope: &ScopeToken| Wish {
        name: scope.to_string(),
        words: policy.words_for(scope).unwrap_or(scope.as_str()).to_owned(),
        new: new.contains(scope),
        optional: policy.is_optional(scope),
    };
    asked.iter().filter(|scope| scope.as_str() != "openid").map(wish).collect()
}

/// An application for which nobody here answers.
#[derive(Serialize)]
pub(crate) struct Stranger {
    /// The host of the document that describes it; none for one that registered itself.
    described_by: Option<String>,
}

impl Stranger {
    /// What is to be said of this client, if anything is (Client ID Metadata Document §6.1).
    pub(crate) fn of(client: &Client) -> Option<Self> {
        let host = |url: Url| url.host_str().map(str::to_owned);
        let document = || address(&client.id)?.ok().and_then(host);
        match client.metadata.origin {
            Origin::Operator | Origin::Developer => None,
            Origin::Dynamic => Some(Self { described_by: None }),
            Origin::Document => Some(Self { described_by: document() }),
        }
    }
}

/// The letter that stands for a name.
pub(crate) fn initial(name: &str) -> String {
    name.chars().take(1).collect::<String>().to_uppercase()
}

/// What a person answered with the buttons that both forms have.
pub(crate) enum Pressed {
    /// Yes, to the scopes that were ticked or could not be left out.
    Allow(ScopeSet),
    /// No.
    Deny,
}

/// The button that was pressed; `None` if none was, or both were.
pub(crate) fn pressed(form: &PageForm) -> Option<Pressed> {
    match (form.optional("allow"), form.optional("deny")) {
        (Some(_), None) => {
            let ticked: Vec<&str> = form.all("scope").collect();
            ScopeSet::parse(&ticked.join(" ")).ok().map(Pressed::Allow)
        }
        (None, Some(_)) => Some(Pressed::Deny),
        _ => None,
    }
}

/// A form came back without the name of a button.
pub(crate) fn no_answer() -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "no_answer", "There was no answer")
        .because("The form was sent without a yes or a no.")
        .advise("Go back and press one of its buttons.")
}
