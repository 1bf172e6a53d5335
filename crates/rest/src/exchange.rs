//! One request to a resource: who asks, may they, what for; the answer as JSON or inside the browsable page.
mod act;
pub(crate) mod answer;
mod export;
pub(crate) mod form;
mod list;
mod root;

use std::sync::Arc;

use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use http::{Method, StatusCode, header, request::Parts};
use oauth::principal::{Principal, Via};

pub(crate) use answer::Answer;
pub(crate) use root::attach_root;

use crate::{
    Problem, Requirement, Result, browse,
    ctx::Ctx,
    guard,
    input::{self, Submitted},
    mounted::{ALLOW_ITEM, ALLOW_LIST, Mounted},
    negotiate::{self, Format, Offers},
    resource::Action,
    state::RestState,
};

/// Adds a resource to a router: the list and the rows, each with and without a slash at the end.
pub(crate) fn attach(router: Router<RestState>, mounted: &Arc<Mounted>) -> Router<RestState> {
    let (list, item) = (Arc::clone(mounted), Arc::clone(mounted));
    let bare = mounted.path.trim_end_matches('/');
    let on_list = any(move |request: Request| serve(Arc::clone(&list), request, false));
    let on_item = any(move |request: Request| serve(Arc::clone(&item), request, true));
    router
        .route(bare, on_list.clone())
        .route(&mounted.path, on_list)
        .route(&format!("{bare}/{{id}}"), on_item.clone())
        .route(&format!("{bare}/{{id}}/"), on_item)
}

async fn serve(mounted: Arc<Mounted>, request: Request, item: bool) -> Response {
    let (parts, body) = request.into_parts();
    let key = if item { key_of(parts.uri.path()) } else { None };
    let mut exchange = Exchange {
        mounted,
        item,
        key,
        parts,
        format: Format::Json,
        principal: None,
        submitted: Submitted::default(),
        action: if item { Action::Retrieve } else { Action::List },
    };
    let result = exchange.run(body).await;
    let result = result.map_err(|problem| {
        let id = exchange.parts.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        problem.about(exchange.parts.uri.path(), id)
    });
    let head = exchange.parts.method == Method::HEAD;
    match exchange.format {
        Format::Json | Format::Csv | Format::Ndjson => answer::json(result, head),
        Format::Html if head => browse::without_body(browse::page(&exchange, result).await),
        Format::Html => browse::page(&exchange, result).await,
    }
}

/// The last segment of a path, decoded. `None` when it is not UTF-8, which no key is.
fn key_of(path: &str) -> Option<String> {
    let segment = path.strip_suffix('/').unwrap_or(path).rsplit('/').next()?;
    percent_encoding::percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
}

/// A request on its way.
pub(crate) struct Exchange {
    pub(crate) mounted: Arc<Mounted>,
    /// Whether it is about one row.
    pub(crate) item: bool,
    /// The key in the address.
    pub(crate) key: Option<String>,
    pub(crate) parts: Parts,
    pub(crate) format: Format,
    pub(crate) principal: Option<Arc<Principal>>,
    pub(crate) submitted: Submitted,
    pub(crate) action: Action,
}

impl Exchange {
    async fn run(&mut self, body: Body) -> Result<Answer> {
        let offers = Offers {
            pages: self.mounted.state.browsable().is_some(),
            exports: !self.item && matches!(self.parts.method, Method::GET | Method::HEAD),
        };
        self.format = negotiate::format(&self.parts, offers)?;
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
        self.require(self.requirement())?;
        if matches!(action, Action::Create | Action::Update | Action::PartialUpdate) {
            let body =
                input::read(&self.parts.headers, body, self.mounted.state.body_limit()).await?;
            self.submitted = input::parse(&self.parts.method, &self.parts.headers, &body)?;
        }
        if !action.is_read() && self.is_session() {
            form::check_csrf(self, None).await?;
        }
        self.act().await
    }

    fn action_of(&self, method: &Method) -> Option<Action> {
        match (self.item, method.as_str()) {
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

    /// What the action asks for. A description is for everybody; its fields are not.
    fn requirement(&self) -> Requirement {
        match self.action {
            Action::Describe => Requirement::Public,
            action if action.is_read() => self.mounted.facts.read,
            _ => self.mounted.facts.write,
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
        }
    }

    fn method_not_allowed(&self) -> Problem {
        let allow = if self.item { ALLOW_ITEM } else { ALLOW_LIST };
        let words = allow.to_str().unwrap_or_default().to_owned();
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            format!("{} is not possible here. Allowed: {words}.", self.parts.method),
        )
        .with_header(header::ALLOW, allow)
    }
}
