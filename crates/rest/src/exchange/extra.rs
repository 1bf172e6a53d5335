//! Actions of the author's own: found by their address and method, their input checked, run in a transaction.
use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode};
use sea_orm::ConnectionTrait as _;

use crate::{
    Problem, Result,
    action::ExtraFacts,
    core::Call,
    input::{
        Submitted,
        validate::{self, Mode},
    },
};

use super::{Answer, Exchange, Place};

impl Exchange {
    /// The action at this address that a method calls, and its place among all.
    pub(super) fn extra_of(&self, method: &Method) -> Option<(usize, &ExtraFacts)> {
        let Place::Extra { name, detail } = self.place else { return None };
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.mounted.facts.actions.iter().enumerate().find(|(_, action)| {
            action.name == name && action.detail == detail && action.method == method
        })
    }

    /// The address of an action, of this row where it is about one.
    pub(crate) fn extra_path(&self, action: &ExtraFacts) -> String {
        match (&self.key, action.detail) {
            (Some(key), true) => format!("{}{}/", self.mounted.item_path(key), action.name),
            _ => format!("{}{}/", self.mounted.path, action.name),
        }
    }

    /// What `Allow` says at the address of an action.
    pub(super) fn extra_allow(&self) -> HeaderValue {
        let Place::Extra { name, detail } = self.place else {
            return HeaderValue::from_static("OPTIONS");
        };
        let mut words: Vec<&str> = Vec::new();
        for action in &self.mounted.facts.actions {
            if action.name == name && action.detail == detail {
                words.push(action.method.as_str());
                if action.method == Method::GET {
                    words.push("HEAD");
                }
            }
        }
        words.push("OPTIONS");
        HeaderValue::from_str(&words.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
    }

    pub(super) async fn extra(&self) -> Result<Answer> {
        let (place, extra) =
            self.extra_of(&self.method).ok_or_else(|| self.method_not_allowed())?;
        let submitted = self.extra_input(extra)?;
        let values = validate::values(&extra.fields, &submitted, Mode::Create);
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let (select, detail) =
            (if extra.detail { Some(self.select_one(&ctx).await?) } else { None }, extra.detail);
        if extra.method == Method::GET {
            let row = match &select {
                Some(select) => {
                    Some(ctx.db().query_one(select).await?.ok_or_else(Problem::not_found)?)
                }
                None => None,
            };
            let values = values.map_err(Problem::invalid)?;
            let call = Call { ctx: &ctx, transaction: None, row, values };
            return Ok(answer(mounted.core.extra(place, call).await?));
        }
        self.change(move |transaction| {
            Box::pin(async move {
                let row = match (&select, detail) {
                    (Some(select), true) => {
                        Some(super::write::locked(&ctx, &mounted, transaction, select).await?)
                    }
                    _ => None,
                };
                if let (Some(row), Some(condition)) = (&row, condition) {
                    super::write::check_row(&mounted, transaction, row, condition).await?;
                }
                let values = values.map_err(Problem::invalid)?;
                let call = Call { ctx: &ctx, transaction: Some(transaction), row, values };
                Ok(answer(mounted.core.extra(place, call).await?))
            })
        })
        .await
    }

    /// The input: the body, or for an action that reads, the query string.
    fn extra_input(&self, extra: &ExtraFacts) -> Result<Submitted> {
        if self.submitted.rows.is_some() {
            return Err(crate::input::not_an_object("The body", "list"));
        }
        if extra.method != Method::GET {
            crate::list::check_item_query(self.parts.uri.query())?;
            return Ok(self.submitted.clone());
        }
        let mut submitted = crate::input::parse_query(self.parts.uri.query().unwrap_or_default())?;
        submitted.take("format");
        Ok(submitted)
    }
}

fn answer(json: Vec<u8>) -> Answer {
    let mut answer = Answer::ok(json);
    if answer.json.is_empty() {
        answer.status = StatusCode::NO_CONTENT;
    }
    answer
}
