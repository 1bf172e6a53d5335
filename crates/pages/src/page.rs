//! What a page shows around its own content, and the descriptions of the ready-made pages.

use serde::{Deserialize, Serialize};

use crate::form::Form;

/// A label and where it leads.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// The text.
    pub label: String,
    /// A path of this site, or an `https:` URL. Anything else is shown as text (a `javascript:` link never works).
    pub href: String,
    /// Whether it is the page being shown (`aria-current`).
    pub current: bool,
}

impl Link {
    /// A link to another page.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), current: false }
    }

    /// Marks it as the page (or the part of the site) being shown.
    #[must_use]
    pub fn current(mut self, current: bool) -> Self {
        self.current = current;
        self
    }
}

/// Whose site it is: shown on every page, set once.
#[derive(Debug, Clone, Serialize)]
pub struct Brand {
    /// The name in the header and in titles.
    pub name: String,
    /// Where the name leads.
    pub home: String,
    /// The static file to show beside the name, such as `logo.svg` in the override folder; the name's first letter
    /// otherwise.
    pub logo: Option<String>,
    /// Links at the foot of each page, such as privacy, terms, help.
    pub footer: Vec<Link>,
}

impl Brand {
    /// A brand with a name, leading to `/`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), home: "/".to_owned(), logo: None, footer: Vec::new() }
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self::new("Grantwell")
    }
}

/// How good or bad the news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Neither.
    #[default]
    Info,
    /// It worked.
    Success,
    /// Take care.
    Warning,
    /// It failed, or it destroys something.
    Danger,
}

/// A line at the top of a page, usually about what has just been done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// How good or bad.
    pub tone: Tone,
    /// The text, one sentence.
    pub text: String,
}

impl Message {
    /// Neutral news.
    pub fn info(text: impl Into<String>) -> Self {
        Self { tone: Tone::Info, text: text.into() }
    }

    /// It worked.
    pub fn success(text: impl Into<String>) -> Self {
        Self { tone: Tone::Success, text: text.into() }
    }

    /// Take care.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, text: text.into() }
    }

    /// It failed.
    pub fn danger(text: impl Into<String>) -> Self {
        Self { tone: Tone::Danger, text: text.into() }
    }
}

/// The person that is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct SignedIn {
    /// The name to show.
    pub name: String,
    /// Where the name leads, such as the account page.
    pub account: Option<String>,
    /// Where the sign-out form is posted.
    pub sign_out: String,
}

/// The frame of a page: everything in `base.html` that is not the page's own content. In a template it is `page`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    /// Links in the header.
    pub navigation: Vec<Link>,
    /// Who is signed in.
    pub user: Option<SignedIn>,
    /// Where to sign in, shown when nobody is signed in.
    pub sign_in: Option<String>,
    /// Lines above the content.
    pub messages: Vec<Message>,
    /// The token of [`crate::Csrf::issue`], for every form on the page, the sign-out form included.
    pub csrf_token: String,
    /// The number to quote when asking for help.
    pub request_id: Option<String>,
    /// Links that lead to this page, from the outermost; shown above the title.
    pub breadcrumbs: Vec<Link>,
}

impl Page {
    /// A frame with a form token and nothing else.
    pub fn new(csrf_token: impl Into<String>) -> Self {
        Self { csrf_token: csrf_token.into(), ..Self::default() }
    }
}

/// A page around one form (`form_page.html`).
#[derive(Debug, Clone, Serialize)]
pub struct FormPage {
    /// The title and heading.
    pub title: String,
    /// A sentence below the heading.
    pub intro: Option<String>,
    /// The form.
    pub form: Form,
    /// Links below the form, such as "Forgot your password?".
    pub links: Vec<Link>,
    /// A narrow card in the middle, as for signing in; otherwise the form has the width of a text.
    pub narrow: bool,
    /// As wide as the page, for a form with sections.
    pub wide: bool,
}

impl FormPage {
    /// A page of the usual width with nothing but the form.
    pub fn new(title: impl Into<String>, form: Form) -> Self {
        Self {
            title: title.into(),
            intro: None,
            form,
            links: Vec::new(),
            narrow: false,
            wide: false,
        }
    }

    /// As a narrow card.
    #[must_use]
    pub fn narrow(mut self) -> Self {
        self.narrow = true;
        self
    }

    /// As wide as the page.
    #[must_use]
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    /// With a sentence below the heading.
    #[must_use]
    pub fn intro(mut self, text: impl Into<String>) -> Self {
        self.intro = Some(text.into());
        self
    }

    /// With a link below the form.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link::new(label, href));
        self
    }
}

/// A page that says one thing (`message.html`).
#[derive(Debug, Clone, Serialize)]
pub struct MessagePage {
    /// The title and heading.
    pub title: String,
    /// How good or bad.
    pub tone: Tone,
    /// The text, a paragraph each.
    pub paragraphs: Vec<String>,
    /// Where to go next; the first is shown as a button.
    pub links: Vec<Link>,
}

impl MessagePage {
    /// A page with a title and a first paragraph.
    pub fn new(title: impl Into<String>, tone: Tone, text: impl Into<String>) -> Self {
        Self { title: title.into(), tone, paragraphs: vec![text.into()], links: Vec::new() }
    }

    /// With a way to go on.
    #[must_use]
    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Self {
        self.links.push(Link::new(label, href));
        self
    }
}

/// A question before something that cannot be undone (`confirm.html`).
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmPage {
    /// The question, such as "Delete the application “Shop”?".
    pub title: String,
    /// What will happen, a line each.
    pub consequences: Vec<String>,
    /// Where the answer is posted.
    pub action: String,
    /// The button: a verb and its object, such as "Delete application".
    pub confirm: String,
    /// Where the way back leads.
    pub cancel: String,
    /// Red or not.
    pub tone: Tone,
}
