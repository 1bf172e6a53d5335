//! The actions themselves, once the caller has passed.
use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use sea_orm::{ConnectionTrait, sea_query::SelectStatement};

use crate::{
    Problem, Result,
    core::{Values, Written},
    ctx::Ctx,
    describe,
    field::{coerce, written},
    input::{
        ACCEPT_PATCH, ACCEPT_PATCH_NAME, ACCEPT_POST, ACCEPT_POST_NAME,
        validate::{self, Mode},
    },
    list::{check_item_query, item_fields, pick},
    mounted::{ALLOW_ITEM, ALLOW_LIST},
    problem::FieldError,
    resource::Action,
};

use super::{Answer, Exchange, list};

impl Exchange {
    /// Does what `self.action` says.
    pub(super) async fn act(&self) -> Result<Answer> {
        let result = match self.action {
            Action::List => list::run(self).await,
            Action::Retrieve => self.retrieve().await,
            Action::Create => self.create().await,
            Action::Update => self.update(Mode::Replace).await,
            Action::PartialUpdate => self.update(Mode::Partial).await,
            Action::Delete => self.delete().await,
            Action::Describe => self.describe(),
        };
        result.map_err(|problem| problem.rename_columns(&self.mounted.facts.fields))
    }

    async fn retrieve(&self) -> Result<Answer> {
        let fields = item_fields(&self.mounted.facts, self.parts.uri.query())?;
        let ctx = self.ctx();
        let select = self.select_one(&ctx).await?;
        let row = ctx.db().query_one(&select).await?.ok_or_else(Problem::not_found)?;
        let json = self.mounted.core.write_one(&ctx, row).await?;
        let Some(fields) = fields else { return Ok(Answer::ok(json)) };
        let mut picked = Vec::with_capacity(json.len());
        pick(&json, &fields, &mut picked)?;
        Ok(Answer::ok(picked))
    }

    async fn create(&self) -> Result<Answer> {
        check_item_query(self.parts.uri.query())?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        mounted.core.permit(&ctx).await?;
        let values = self.values(Mode::Create)?;
        let database = ctx.database().clone();
        let Written { json, key } = database
            .write::<_, Problem, _>(move |transaction| {
                Box::pin(async move { mounted.core.create(&ctx, transaction, values).await })
            })
            .await?;
        let mut answer = Answer::ok(json);
        answer.status = StatusCode::CREATED;
        let location = key.as_ref().and_then(written).map(|key| self.mounted.item_path(&key));
        if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok())
        {
            answer = answer.with(header::LOCATION, location);
        }
        Ok(answer)
    }

    async fn update(&self, mode: Mode) -> Result<Answer> {
        check_item_query(self.parts.uri.query())?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let select = self.select_one(&ctx).await?;
        // Somebody else's row is not there; that comes before what is wrong with the fields.
        let values = match self.values(mode) {
            Ok(values) => values,
            Err(problem) => {
                ctx.db().query_one(&select).await?.ok_or_else(Problem::not_found)?;
                return Err(problem);
            }
        };
        let database = ctx.database().clone();
        let Written { json, .. } = database
            .write::<_, Problem, _>(move |transaction| {
                Box::pin(async move {
                    let row =
                        transaction.query_one(&select).await?.ok_or_else(Problem::not_found)?;
                    mounted.core.update(&ctx, transaction, row, values).await
                })
            })
            .await?;
        Ok(Answer::ok(json))
    }

    async fn delete(&self) -> Result<Answer> {
        check_item_query(self.parts.uri.query())?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let select = self.select_one(&ctx).await?;
        let database = ctx.database().clone();
        database
            .write::<_, Problem, _>(move |transaction| {
                Box::pin(async move {
                    let row =
                        transaction.query_one(&select).await?.ok_or_else(Problem::not_found)?;
                    mounted.core.delete(&ctx, transaction, row).await
                })
            })
            .await?;
        let mut answer = Answer::ok(Vec::new());
        answer.status = StatusCode::NO_CONTENT;
        Ok(answer)
    }

    fn describe(&self) -> Result<Answer> {
        check_item_query(self.parts.uri.query())?;
        let facts = &self.mounted.facts;
        let with_fields = self.satisfies(facts.read) || self.satisfies(facts.write);
        let answer = Answer::ok(describe::json(facts, &self.mounted.path, with_fields));
        Ok(if self.item {
            answer.with(header::ALLOW, ALLOW_ITEM).with(ACCEPT_PATCH_NAME, ACCEPT_PATCH)
        } else {
            answer.with(header::ALLOW, ALLOW_LIST).with(ACCEPT_POST_NAME, ACCEPT_POST)
        })
    }

    /// The statement for the row in the address. An address that cannot be a key is that of no row.
    async fn select_one(&self, ctx: &Ctx) -> Result<SelectStatement> {
        let mut select = self.mounted.core.select(ctx).await?;
        let (Some(field), Some(text)) = (self.mounted.facts.key(), self.key.as_deref()) else {
            return Err(Problem::not_found());
        };
        if text.contains('\0') {
            return Err(Problem::not_found());
        }
        let value = coerce::unlimited_text(field, text).map_err(|_| Problem::not_found())?;
        select.and_where(field.equals(value, ctx.database().kind()));
        Ok(select)
    }

    fn values(&self, mode: Mode) -> Result<Values> {
        validate::values(&self.mounted.facts.fields, &self.submitted, mode)
            .map_err(Problem::invalid)
    }
}

impl Problem {
    /// Errors that the database found name columns; callers know fields.
    fn rename_columns(mut self, fields: &[crate::field::Field]) -> Self {
        for error in self.errors_mut() {
            let Some(column) = error.field() else { continue };
            if fields.iter().any(|field| field.name == column) {
                continue;
            }
            if let Some(field) = fields.iter().find(|field| field.column == column) {
                *error = FieldError::new(field.name, error.code.clone(), error.detail.clone());
            }
        }
        self
    }
}
