//! The actions themselves, once the caller has passed.
use http::{StatusCode, header};
use sea_orm::{ConnectionTrait, Value, sea_query::SelectStatement};

use crate::{
    Problem, Result,
    ctx::Ctx,
    describe,
    field::coerce,
    input::{ACCEPT_PATCH, ACCEPT_PATCH_NAME, ACCEPT_POST, ACCEPT_POST_NAME, validate::Mode},
    list::{check_item_query, item_query},
    negotiate::Format,
    problem::FieldError,
    relation::Expansion,
    resource::Action,
};

use super::{Answer, Exchange, Place, list, precondition, rows::Shown};

impl Exchange {
    /// Does what `self.action` says.
    pub(super) async fn act(&self) -> Result<Answer> {
        let many = !self.item;
        let result = match self.action {
            Action::Extra { .. } => self.extra().await,
            Action::PartialUpdate if many => self.change_many().await,
            Action::Delete if many => self.delete_many().await,
            Action::List => list::run(self).await,
            Action::Retrieve => self.retrieve().await,
            Action::Create => self.create().await,
            Action::Update => self.update(Mode::Replace).await,
            Action::PartialUpdate => self.update(Mode::Partial).await,
            Action::Delete => self.delete().await,
            Action::Describe => self.describe(),
        };
        let answer =
            result.map_err(|problem| problem.rename_columns(&self.mounted.facts.fields))?;
        // A page is no representation that a program would come back for.
        let tagged = self.action.is_read()
            && self.action != Action::Describe
            && self.format == Format::Json
            && answer.status == StatusCode::OK;
        Ok(if tagged { self.tagged(answer) } else { answer })
    }

    /// The answer with its entity tag, or 304 for who has it already.
    fn tagged(&self, answer: Answer) -> Answer {
        let tag = precondition::etag(&answer.json);
        let mut answer = answer;
        if precondition::has_already(&self.parts.headers, &tag) {
            answer.status = StatusCode::NOT_MODIFIED;
        }
        answer.with(header::ETAG, tag)
    }

    async fn retrieve(&self) -> Result<Answer> {
        let query = item_query(&self.mounted.facts, self.parts.uri.query())?;
        let ctx = self.ctx();
        let select = self.select_one(&ctx).await?;
        let row = ctx.db().query_one(&select).await?.ok_or_else(Problem::not_found)?;
        let rows = self.mounted.core.admit(&ctx, &row).await?;
        let expansion = self.expansion(query.expand.as_deref())?;
        let shown = Shown {
            mounted: &self.mounted,
            ctx: &ctx,
            expansion: &expansion,
            fields: query.fields.as_deref(),
        };
        let rows = shown.decoded(&*rows).await?;
        Ok(Answer::ok(rows.into_iter().next().unwrap_or_default()))
    }

    /// What of the relations is asked for.
    pub(super) fn expansion(&self, asked: Option<&str>) -> Result<Expansion> {
        match asked {
            Some(asked) => Expansion::parse(&self.mounted.registry, &self.mounted.facts, asked),
            None => Ok(Expansion::default()),
        }
    }

    fn describe(&self) -> Result<Answer> {
        check_item_query(self.parts.uri.query())?;
        let facts = &self.mounted.facts;
        let with_fields =
            facts.requirements.each().iter().any(|(_, requirement)| self.satisfies(*requirement));
        let answer = Answer::ok(describe::json(facts, &self.mounted.path, with_fields));
        let answer = answer.with(header::ALLOW, self.allow());
        Ok(match self.place {
            Place::Item => answer.with(ACCEPT_PATCH_NAME, ACCEPT_PATCH),
            Place::List => answer.with(ACCEPT_POST_NAME, ACCEPT_POST),
            Place::Extra { .. } => answer,
        })
    }

    /// The statement for the row in the address. An address that cannot be a key is that of no row.
    pub(super) async fn select_one(&self, ctx: &Ctx) -> Result<SelectStatement> {
        let (Some(field), Some(text)) = (self.mounted.facts.key(), self.key.as_deref()) else {
            return Err(Problem::not_found());
        };
        if text.contains('\0') {
            return Err(Problem::not_found());
        }
        let value = coerce::unlimited_text(field, text).map_err(|_| Problem::not_found())?;
        self.select_by(ctx, value).await
    }

    /// The statement for the row with a key.
    pub(super) async fn select_by(&self, ctx: &Ctx, key: Value) -> Result<SelectStatement> {
        let mut select = self.mounted.core.select(ctx).await?;
        if let Some(field) = self.mounted.facts.key() {
            select.and_where(field.equals(key, ctx.database().kind()));
        }
        Ok(select)
    }
}

impl Problem {
    /// The same problem, of one row of many.
    pub(super) fn of_row(self, index: usize) -> Self {
        self.inside(&index.to_string())
    }

    /// The same problem, further inside of what was sent.
    pub(super) fn inside(mut self, path: &str) -> Self {
        if self.errors().is_empty() {
            let error = FieldError::at(path, self.code(), self.detail().to_owned());
            self = self.with_error(error);
        } else {
            for error in self.errors_mut() {
                *error = error.clone().inside(path);
            }
        }
        self
    }

    /// Errors that the database found name columns; callers know fields.
    pub(super) fn rename_columns(mut self, fields: &[crate::field::Field]) -> Self {
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
