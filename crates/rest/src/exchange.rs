//! One request to a resource: who asks, may they, what for; the answer as JSON or inside the browsable page.
mod act;
pub(crate) mod answer;
mod bulk;
mod export;
mod extra;
pub(crate) mod form;
mod list;
mod nested;
mod once;
pub(crate) mod precondition;
mod root;
mod rows;
mod write;

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use http::{Method, StatusCode, header, request::Parts};
use oauth::principal::{Principal, Via};

pub(crate) use answer::Answer;
pub(crate) use root::attach_root;

use crate::{
    Problem, Requirement, Result, browse, cors,
    ctx::Ctx,
    deprecation::Deprecation,
    dialect::{self, Dialect},
    guard,
    idempotency::Attempt,
    input::{self, Submitted},
    mounted::{ALLOW_ITEM, Mounted},
    negotiate::Format,
    resource::Action,
    state::RestState,
    throttle::{self, Said},
};

/// Adds a resource to a router: the list and the rows, each with and without a slash at the end.
pub(crate) fn attach(router: Router<RestState>, mounted: &Arc<Mounted>) -> Router<RestState> {
    let bare = mounted.path.trim_end_matches('/');
    let mut router = both(router, bare, mounted, Place::List);
    router = both(router, &format!("{bare}/{{id}}"), mounted, Place::Item);
    let mut names: Vec<(&str, bool)> =
        mounted.facts.actions.iter().map(|action| (action.name, action.detail)).collect();
    names.sort_unstable();
    names.dedup();
    for (name, detail) in names {
        let path = if detail { format!("{bare}/{{id}}/{name}") } else { format!("{bare}/{name}") };
        router = both(router, &path, mounted, Place::Extra { name, detail });
    }
    router
}

/// What an address is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    List,
    Item,
    /// An action of the author's own, about the list or about a row.
    Extra {
        name: &'static str,
        detail: bool,
    },
}

fn both(
    router: Router<RestState>,
    path: &str,
    mounted: &Arc<Mounted>,
    place: Place,
) -> Router<RestState> {
    let mounted = Arc::clone(mounted);
    let serve = any(move |request: Request| {
        let mounted = Arc::clone(&mounted);
        async move {
            let state = mounted.state.clone();
            cors::around(&state, request, |request| serve(mounted, request, place)).await
        }
    });
    router.route(path, serve.clone()).route(&format!("{path}/"), serve)
}

async fn serve(mounted: Arc<Mounted>, request: Request, place: Place) -> Response {
    let (parts, body) = request.into_parts();
    let key = match place {
        Place::Item => segment(parts.uri.path(), 0),
        Place::Extra { detail: true, .. } => segment(parts.uri.path(), 1),
        Place::List | Place::Extra { detail: false, .. } => None,
    };
    let item = place == Place::Item;
    let mut exchange = Exchange {
        mounted,
        place,
        item,
        key,
        method: parts.method.clone(),
        parts,
        format: Format::Json,
        principal: None,
        submitted: Submitted::default(),
        typed: None,
        attempt: None,
        said: Said::default(),
        action: if item { Action::Retrieve } else { Action::List },
    };
    let result = exchange.run(body).await;
    let result = result.map_err(|problem| {
        let id = exchange.parts.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        problem.about(exchange.parts.uri.path(), id)
    });
    let head = exchange.parts.method == Method::HEAD;
    let mut response = match (exchange.format, exchange.mounted.state.dialect()) {
        (Format::Html, _) if head => browse::without_body(browse::page(&exchange, result).await),
        (Format::Html, _) => browse::page(&exchange, result).await,
        (_, Dialect::DjangoRestFramework) if result.is_err() => exchange.translated(result, head),
        (Format::Json | Format::Csv | Format::Ndjson, _) => answer::json(result, head),
    };
    exchange.said.tell(response.headers_mut());
    if let Some(deprecation) = exchange.deprecation() {
        deprecation.tell(response.headers_mut());
    }
    response
}

/// A segment of a path, counted from its end, decoded. `None` when it is not UTF-8, which no key is.
fn segment(path: &str, from_end: usize) -> Option<String> {
    let segment = path.strip_suffix('/').unwrap_or(path).rsplit('/').nth(from_end)?;
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// A request on its way.
pub(crate) struct Exchange {
    pub(crate) mounted: Arc<Mounted>,
    pub(crate) place: Place,
    /// Whether it is about one row.
    pub(crate) item: bool,
    /// The key in the address.
    pub(crate) key: Option<String>,
    pub(crate) parts: Parts,
    /// What is wanted: the request's method, unless a form names another.
    pub(crate) method: Method,
    pub(crate) format: Format,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) submitted: Submitted,
    /// The body as it was typed on the page.
    pub(crate) typed: Option<String>,
    /// The request under the name that its `Idempotency-Key` gives it.
    pub(crate) attempt: Option<Attempt>,
    /// What the throttles said.
    pub(crate) said: Said,
    pub(crate) action: Action,
}

impl Exchange {
    async fn run(&mut self, body: Body) -> Result<Answer> {
        let exports = !self.item && matches!(self.parts.method, Method::GET | Method::HEAD);
        self.format = browse::format(&self.mounted.state, &self.parts, exports).await?;
        let action = self.action_of(&self.parts.method);
        let by_form = form::may_name_the_method(self);
        if action.is_none() && !by_form {
            return Err(self.method_not_allowed());
        }
        self.principal =
            guard::authenticate(&self.mounted.state, &self.parts, &self.mounted.metadata)
                .await?
                .map(Arc::new);
        if by_form && !self.is_bearer() {
            return form::run(self, body).await;
        }
        let Some(action) = action else { return Err(self.method_not_allowed()) };
        self.action = action;
        self.throttle().await?;
        self.require(self.requirement())?;
        if self.reads_a_body() {
            let body =
                input::read(&self.parts.headers, body, self.mounted.state.body_limit()).await?;
            self.submitted = input::parse(&self.parts.method, &self.parts.headers, &body)?;
            self.note_attempt(&body)?;
        }
        if !action.is_read() && self.is_session() {
            form::check_csrf(self, None).await?;
        }
        self.act().await
    }

    /// A refusal in the words that old clients know.
    fn translated(&self, result: Result<Answer>, head: bool) -> Response {
        match result {
            Err(problem) => {
                let asked = dialect::Asked {
                    facts: &self.mounted.facts,
                    method: &self.parts.method,
                    item: self.key.is_some(),
                    rows: self.submitted.rows.as_ref().map(Vec::len),
                };
                dialect::response(problem, &asked)
            }
            Ok(answer) => answer::json(Ok(answer), head),
        }
    }

    /// Counts the request. Refusals count as well: whoever guesses asks often.
    async fn throttle(&mut self) -> Result<()> {
        let mounted = &self.mounted;
        if mounted.throttles.is_empty() {
            return Ok(());
        }
        let address = mounted.state.address(&self.parts);
        let counter = mounted.state.counter();
        self.said = throttle::ask(&mounted.throttles, counter, &self.ctx(), address).await;
        self.said.check()
    }

    fn action_of(&self, method: &Method) -> Option<Action> {
        if let Place::Extra { .. } = self.place {
            return match method.as_str() {
                "OPTIONS" => Some(Action::Describe),
                _ => self.extra_of(method).map(|(_, extra)| extra.action()),
            };
        }
        let bulk = self.mounted.facts.bulk > 0;
        match (self.item, method.as_str()) {
            (false, "PATCH") if bulk => Some(Action::PartialUpdate),
            (false, "DELETE") if bulk => Some(Action::Delete),
            (_, "OPTIONS") => Some(Action::Describe),
            (false, "GET" | "HEAD") => Some(Action::List),
            (false, "POST") => Some(Action::Create),
            (true, "GET" | "HEAD") => Some(Action::Retrieve),
            (true, "PUT") => Some(Action::Update),
            (true, "PATCH") => Some(Action::PartialUpdate),
            (true, "DELETE") => Some(Action::Delete),
            _ => None,
        }
    }

    /// The address at which what this is about is shown again.
    pub(crate) fn shown_at(&self) -> String {
        let uri = &self.parts.uri;
        match (self.place, self.key.as_deref()) {
            _ if self.parts.method == Method::GET => uri.to_string(),
            (Place::Extra { .. }, Some(key)) => self.mounted.item_path(key),
            (Place::Extra { .. }, None) => self.mounted.path.clone(),
            _ => uri.path().to_owned(),
        }
    }

    /// What the action asks for.
    pub(crate) fn requirement(&self) -> Requirement {
        match (self.action, self.extra_of(&self.method)) {
            (Action::Extra { .. }, Some((_, extra))) => extra.requirement,
            (action, _) => self.mounted.facts.requirement(action),
        }
    }

    fn require(&self, requirement: Requirement) -> Result<()> {
        guard::require(requirement, self.principal.as_deref(), &self.mounted.metadata)
    }

    pub(crate) fn satisfies(&self, requirement: Requirement) -> bool {
        guard::satisfies(requirement, self.principal.as_deref())
    }

    fn is_bearer(&self) -> bool {
        self.principal.as_ref().is_some_and(|principal| principal.via == Via::Bearer)
    }

    pub(crate) fn is_session(&self) -> bool {
        self.principal.as_ref().is_some_and(|principal| principal.via == Via::Session)
    }

    fn ctx(&self) -> Ctx {
        Ctx {
            state: self.mounted.state.clone(),
            principal: self.principal.clone(),
            action: self.action,
            metadata: Arc::clone(&self.mounted.metadata),
        }
    }

    fn reads_a_body(&self) -> bool {
        match self.action {
            Action::Create | Action::Update | Action::PartialUpdate => true,
            Action::Extra { safe, .. } => !safe,
            _ => false,
        }
    }

    /// What is possible here.
    fn allow(&self) -> http::HeaderValue {
        match self.place {
            Place::List => self.mounted.allow_list(),
            Place::Item => ALLOW_ITEM,
            Place::Extra { .. } => self.extra_allow(),
        }
    }

    /// What is said about the end of what is asked for.
    pub(crate) fn deprecation(&self) -> Option<Deprecation> {
        let extra = self.extra_of(&self.method).and_then(|(_, extra)| extra.deprecation);
        extra.or(self.mounted.facts.deprecation)
    }

    fn method_not_allowed(&self) -> Problem {
        let allow = self.allow();
        let words = allow.to_str().unwrap_or_default().to_owned();
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            format!("{} is not possible here. Allowed: {words}.", self.parts.method),
        )
        .with_header(header::ALLOW, allow)
    }
}
