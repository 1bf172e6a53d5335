//! What can be done from the page: each change and each action as a form, as a raw body, and as text for a program.
use http::{Method, StatusCode};
use pages::form::Field as Input;
use serde::Serialize;
use serde_json::Value as Json;

use super::{
    Seen,
    forms::{self, Filling},
    may, names, note, plain,
    snippet::{self, Call, Snippet},
    writing,
};
use crate::{
    Requirement,
    action::ExtraFacts,
    exchange::{Exchange, Place, form},
    field::{Field, label_of},
    input::Submitted,
    problem::FieldError,
    relation::Relation,
    resource::Action,
};

/// Something that can be done.
#[derive(Serialize)]
pub(super) struct Operation {
    /// What ids and names on the page begin with.
    id: String,
    title: String,
    note: String,
    path: String,
    method: &'static str,
    fields: Vec<Input>,
    errors: Vec<String>,
    buttons: Vec<Button>,
    scope: Option<String>,
    guard: bool,
    tag: Option<String>,
    raw: Option<Raw>,
    snippets: Vec<Snippet>,
    /// The tabs, each with its word and its label, and the one that is open.
    views: Vec<View>,
    view: &'static str,
    /// Why it cannot be done.
    locked: Option<String>,
}

/// A tab: its word for styles, and its label.
type View = (&'static str, &'static str);
const FORM: View = ("form", "Form");
const RAW: View = ("raw", "Raw body");
const CODE: View = ("code", "Code");

#[derive(Serialize)]
struct Raw {
    field: Input,
    errors: Vec<Located>,
}

/// What is wrong in a raw body, and where.
#[derive(Serialize)]
struct Located {
    pointer: String,
    detail: String,
}

#[derive(Serialize)]
struct Button {
    label: String,
    look: &'static str,
    name: Option<&'static str>,
    value: Option<String>,
}

impl Button {
    fn new(label: impl Into<String>, look: &'static str, method: &Method) -> Self {
        let other = !matches!(*method, Method::POST | Method::GET);
        Self {
            label: label.into(),
            look,
            name: other.then_some(form::METHOD),
            value: other.then(|| method.to_string()),
        }
    }
}

/// The answer as far as forms care: what went wrong, the row that is shown, its state.
#[derive(Clone, Copy)]
pub(super) struct Outcome<'a> {
    pub(super) status: StatusCode,
    pub(super) detail: &'a str,
    pub(super) errors: &'a [FieldError],
    pub(super) row: Option<&'a Json>,
    pub(super) seen: &'a Seen,
}

impl Outcome<'_> {
    /// Whether forms belong below the answer: it is good, or it is about what was typed into one.
    pub(super) fn has_forms(&self, action: Action) -> bool {
        let had_a_form = !action.is_read() || matches!(action, Action::Extra { .. });
        self.status.is_success() || (had_a_form && self.is_about_the_input())
    }

    fn is_about_the_input(&self) -> bool {
        matches!(self.status.as_u16(), 400 | 409 | 412 | 422 | 428)
    }

    fn failed(&self) -> bool {
        !self.status.is_success()
    }
}

/// The form to create on a list, or to update on a row.
pub(super) fn write(exchange: &Exchange, outcome: Outcome<'_>) -> Operation {
    let facts = &exchange.mounted.facts;
    let item = exchange.item;
    // A row just created is shown above; the form below it is for the next one.
    let row = outcome.row.filter(|_| item);
    let open = |field: &&Field| if item { field.changeable() } else { field.writable() };
    let fields: Vec<&Field> = facts.fields.iter().filter(open).collect();
    let links: Vec<&Relation> =
        facts.relations.iter().filter(|relation| relation.writable).collect();
    let called = outcome.failed();
    let draft = Draft { exchange, outcome, called };
    let filling = draft.filling(row);
    let mut inputs = forms::inputs(exchange, &fields, filling);
    let link = |relation: &&Relation| forms::link_input(exchange, relation, filling);
    inputs.extend(links.iter().map(link));
    let is_shown = |name: &str| {
        fields.iter().any(|field| field.name == name)
            || links.iter().any(|relation| forms::belongs(name, relation.name))
    };
    let body = draft.body(|| forms::body(&fields, &links, row));
    let path = exchange.parts.uri.path().to_owned();
    let each = &facts.requirements;
    let methods: Vec<(Method, Requirement)> = if item {
        let both = [(Method::PATCH, each.patch), (Method::PUT, each.put)].into_iter();
        both.filter(|(_, requirement)| may(exchange, *requirement)).collect()
    } else {
        vec![(Method::POST, each.post)]
    };
    let needed = writing(exchange);
    let buttons = methods.iter().rev().enumerate().map(|(index, (method, _))| {
        Button::new(method.as_str(), if index == 0 { "primary" } else { "plain" }, method)
    });
    let calls: Vec<Call> = methods
        .iter()
        .map(|(method, needed)| call(exchange, method, &path, *needed).body(body.clone()))
        .map(|call| call.tag(required_tag(exchange, outcome.seen)))
        .collect();
    Operation {
        id: "write".to_owned(),
        title: if item { "Update this row".to_owned() } else { "Create a row".to_owned() },
        note: note(needed),
        method: "post",
        errors: draft.other_errors(is_shown),
        fields: inputs,
        buttons: buttons.collect(),
        scope: names(needed),
        guard: item,
        tag: outcome.seen.tag(),
        snippets: snippet::all(&calls),
        // Of a row, a form would show as empty what a raw body did not name.
        views: if item && draft.is_raw() { vec![RAW, CODE] } else { vec![FORM, RAW, CODE] },
        view: draft.view(),
        raw: Some(draft.raw("write", &body)),
        locked: None,
        path,
    }
}

/// The button that removes a row.
pub(super) fn delete(exchange: &Exchange, seen: &Seen) -> Operation {
    let write = exchange.mounted.facts.requirements.delete;
    let path = exchange.parts.uri.path().to_owned();
    let call = call(exchange, &Method::DELETE, &path, write).tag(required_tag(exchange, seen));
    Operation {
        id: "delete".to_owned(),
        title: "Delete this row".to_owned(),
        note: note(write),
        method: "post",
        fields: Vec::new(),
        errors: Vec::new(),
        buttons: vec![Button::new("DELETE", "danger", &Method::DELETE)],
        scope: names(write),
        guard: false,
        tag: seen.tag(),
        raw: None,
        snippets: snippet::all(&[call]),
        views: vec![FORM, CODE],
        view: "form",
        locked: None,
        path,
    }
}

/// The author's actions at this place: those that this caller may call, and for somebody who is signed in why not the others.
pub(super) fn actions(exchange: &Exchange, outcome: Outcome<'_>) -> Vec<Operation> {
    let facts = &exchange.mounted.facts;
    let here = |action: &&ExtraFacts| match exchange.place {
        Place::List => !action.detail,
        Place::Item => action.detail,
        Place::Extra { name, detail } => action.name == name && action.detail == detail,
    };
    let shown = facts.actions.iter().filter(here);
    shown
        .filter_map(|action| {
            let requirement = action.requirement;
            if may(exchange, requirement) {
                return Some(open_action(exchange, action, outcome));
            }
            exchange.is_session().then(|| locked_action(action))
        })
        .collect()
}

fn open_action(exchange: &Exchange, action: &ExtraFacts, outcome: Outcome<'_>) -> Operation {
    let here = matches!(exchange.place, Place::Extra { .. }) && exchange.method == action.method;
    let called = here && outcome.failed();
    let draft = Draft { exchange, outcome, called };
    let fields: Vec<&Field> = action.fields.iter().collect();
    let reads = action.method == Method::GET;
    let id = id_of(action);
    let asked = query_of(exchange).filter(|_| reads && here);
    let filling = match &asked {
        Some(asked) => Filling { sent: Some(asked), ..draft.filling(None) },
        None => draft.filling(None),
    };
    let mut inputs = forms::inputs(exchange, &fields, filling);
    for input in &mut inputs {
        input.id = format!("{id}-{}", input.name);
    }
    let path = exchange.extra_path(action);
    let example = draft.body(|| forms::body(&fields, &[], None));
    let takes_body = !reads && !fields.is_empty();
    let mut call = call(exchange, &action.method, &path, action.requirement);
    if takes_body {
        call = call.body(example.clone());
    }
    let look = if action.method == Method::DELETE { "danger" } else { "primary" };
    Operation {
        method: if reads { "get" } else { "post" },
        errors: draft.other_errors(|name| fields.iter().any(|field| field.name == name)),
        fields: inputs,
        buttons: vec![Button::new(title_of(action), look, &action.method)],
        guard: !matches!(action.method, Method::POST | Method::GET),
        snippets: snippet::all(&[call]),
        views: if takes_body { vec![FORM, RAW, CODE] } else { vec![FORM, CODE] },
        view: draft.view(),
        raw: takes_body.then(|| draft.raw(&id, &example)),
        locked: None,
        path,
        ..locked_action(action)
    }
}

/// The query string as the input of an action that reads.
fn query_of(exchange: &Exchange) -> Option<Submitted> {
    crate::input::parse_query(exchange.parts.uri.query()?).ok()
}

/// A name may be that of several actions, with a method each.
fn id_of(action: &ExtraFacts) -> String {
    match action.method {
        Method::POST => action.name.to_owned(),
        _ => format!("{}-{}", action.name, action.method.as_str().to_ascii_lowercase()),
    }
}

fn locked_action(action: &ExtraFacts) -> Operation {
    let why = format!("You do not act with {} here.", plain(action.requirement));
    Operation {
        id: id_of(action),
        title: title_of(action),
        note: format!("{} {}", action.help, note(action.requirement)).trim_start().to_owned(),
        path: String::new(),
        method: "post",
        fields: Vec::new(),
        errors: Vec::new(),
        buttons: Vec::new(),
        scope: names(action.requirement),
        guard: false,
        tag: None,
        raw: None,
        snippets: Vec::new(),
        views: Vec::new(),
        view: "form",
        locked: Some(why),
    }
}

fn title_of(action: &ExtraFacts) -> String {
    label_of(&action.name.replace('-', "_"))
}

/// What was sent of one operation, if it is this that was called and failed.
struct Draft<'a> {
    exchange: &'a Exchange,
    outcome: Outcome<'a>,
    called: bool,
}

impl<'a> Draft<'a> {
    /// Whether a raw body was sent; then what is wrong is said beside it, and not beside the fields.
    fn is_raw(&self) -> bool {
        self.called && self.exchange.typed.is_some()
    }

    fn view(&self) -> &'static str {
        if self.is_raw() { "raw" } else { "form" }
    }

    fn form_errors(&self) -> &'a [FieldError] {
        if self.called && !self.is_raw() { self.outcome.errors } else { &[] }
    }

    /// What is wrong with none of the fields that are shown.
    fn other_errors(&self, is_shown: impl Fn(&str) -> bool) -> Vec<String> {
        let others = self.form_errors().iter();
        others
            .filter_map(|error| match error.field() {
                Some(name) if is_shown(&name) => None,
                Some(name) => Some(format!("{name}: {}", error.detail)),
                None => Some(error.detail.clone().into_owned()),
            })
            .collect()
    }

    /// The body for the raw tab and for programs.
    fn body(&self, otherwise: impl Fn() -> Json) -> Json {
        let sent = &self.exchange.submitted;
        // What was typed and is no JSON cannot be sent by a program either.
        if self.is_raw() && !sent.fields.is_empty() { forms::sent_body(sent) } else { otherwise() }
    }

    fn filling(&self, row: Option<&'a Json>) -> Filling<'a> {
        let sent = self.called.then_some(&self.exchange.submitted);
        Filling { sent, errors: self.form_errors(), row }
    }

    fn raw(&self, id: &str, body: &Json) -> Raw {
        let typed = self.exchange.typed.clone().filter(|_| self.called);
        let text = typed.unwrap_or_else(|| snippet::json_text(body));
        let errors = if self.is_raw() { self.located() } else { Vec::new() };
        Raw { field: forms::raw(id, text), errors }
    }

    fn located(&self) -> Vec<Located> {
        if self.outcome.errors.is_empty() {
            let detail = self.outcome.detail.to_owned();
            return vec![Located { pointer: String::new(), detail }];
        }
        let located = |error: &FieldError| Located {
            pointer: error.pointer.clone(),
            detail: error.detail.clone().into_owned(),
        };
        self.outcome.errors.iter().map(located).collect()
    }
}

/// A request that does the same from elsewhere.
pub(super) fn call(
    exchange: &Exchange,
    method: &Method,
    path_and_query: &str,
    requirement: Requirement,
) -> Call {
    let state = &exchange.mounted.state;
    let host = || exchange.parts.headers.get(http::header::HOST)?.to_str().ok();
    let origin = match state.public_url() {
        "" => format!("http://{}", host().unwrap_or("localhost")),
        url => url.to_owned(),
    };
    Call::new(method.clone(), &format!("{origin}{path_and_query}"))
        .token(requirement != Requirement::Public)
}

/// The state of the row, where a change must name it.
fn required_tag(exchange: &Exchange, seen: &Seen) -> Option<String> {
    let required = exchange.item && exchange.mounted.facts.require_if_match;
    required.then(|| seen.tag().unwrap_or_else(|| "\"…\"".to_owned()))
}
