//! The actions themselves, once the caller has passed.
use http::{HeaderName, StatusCode, header};
use sea_orm::{ConnectionTrait, QueryResult, Value, sea_query::SelectStatement};

use crate::{
    Problem, Result,
    ctx::Ctx,
    describe,
    field::coerce,
    input::{ACCEPT_PATCH, ACCEPT_PATCH_NAME, ACCEPT_POST, ACCEPT_POST_NAME, validate::Mode},
    list::{self, ListQuery},
    negotiate::Format,
    pairs,
    problem::FieldError,
    relation::{Expansion, Look, Reader},
    resource::Action,
};

use super::{Answer, Exchange, Place, precondition};

const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

impl Exchange {
    /// Does what `self.action` says.
    pub(super) async fn act(&self) -> Result<Answer> {
        let many = !self.item;
        let result = match self.action {
            Action::Extra { .. } => self.extra().await,
            Action::PartialUpdate if many => self.change_many().await,
            Action::Delete if many => self.delete_many().await,
            Action::List => self.list().await,
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

    async fn list(&self) -> Result<Answer> {
        let mounted = &*self.mounted;
        let (facts, database) = (&mounted.facts, mounted.state.database());
        let query = ListQuery::parse(facts, self.parts.uri.query())?;
        let ctx = self.ctx();
        let mut select = mounted.core.select(&ctx).await?;
        query.narrow(facts, database.kind(), &mut select);
        query.page_of(facts, &mut select);
        let rows = database.read().query_all(&select).await?;
        let json = self.rows_json(&ctx, &rows).await?;
        let total = match query.total_from(rows.len() as u64) {
            Some(total) => total,
            None => count(&ctx, select).await?,
        };
        let mut answer = Answer::ok(json).with(TOTAL, total.into());
        if let Some(link) = list::link_header(&mounted.path, &query, total) {
            answer = answer.with(header::LINK, link);
        }
        answer.list = Some((query, total));
        Ok(answer)
    }

    async fn retrieve(&self) -> Result<Answer> {
        list::check_shown_query(&self.mounted.facts, self.parts.uri.query())?;
        let ctx = self.ctx();
        let select = self.select_one(&ctx).await?;
        let expansion = self.expansion()?;
        let row = ctx.db().query_one(&select).await?.ok_or_else(Problem::not_found)?;
        let core = &*self.mounted.core;
        core.admit(&ctx, &row).await?;
        let rows = core.decode(std::slice::from_ref(&row))?;
        Ok(Answer::ok(super::write::one(self.look(&ctx), &self.mounted, &*rows, &expansion).await?))
    }

    /// What of the relations is asked for.
    fn expansion(&self) -> Result<Expansion> {
        let query = self.parts.uri.query().unwrap_or_default();
        let pairs = pairs::parse(query.as_bytes()).unwrap_or_default();
        match pairs.iter().find(|(name, _)| name == list::EXPAND) {
            Some((_, value)) => {
                Expansion::parse(&self.mounted.registry, &self.mounted.facts, value)
            }
            None => Ok(Expansion::default()),
        }
    }

    fn look<'a>(&'a self, ctx: &'a Ctx) -> Look<'a> {
        Look { ctx, registry: &self.mounted.registry, reader: Reader::Pool(ctx.db()) }
    }

    /// The rows of a list as JSON, with what hangs on them.
    async fn rows_json(&self, ctx: &Ctx, rows: &[QueryResult]) -> Result<Vec<u8>> {
        let facts = &self.mounted.facts;
        let expansion = self.expansion()?;
        let mut json = Vec::with_capacity(2 + rows.len() * 64);
        json.push(b'[');
        if expansion.is_empty() && !facts.relations.iter().any(|relation| relation.writable) {
            self.mounted.core.write_rows(rows, &mut json)?;
        } else {
            let rows = self.mounted.core.decode(rows)?;
            let members = self.look(ctx).members(facts, &*rows, &expansion).await?;
            for (row, members) in members.iter().enumerate() {
                if row > 0 {
                    json.push(b',');
                }
                rows.write(row, members, &mut json)?;
            }
        }
        json.push(b']');
        Ok(json)
    }

    fn describe(&self) -> Result<Answer> {
        list::check_item_query(self.parts.uri.query())?;
        let facts = &self.mounted.facts;
        let with_fields = self.satisfies(facts.read) || self.satisfies(facts.write);
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

async fn count(ctx: &Ctx, select: SelectStatement) -> Result<u64> {
    let row = ctx.db().query_one(&list::count(select)).await?;
    let total: i64 = match row {
        Some(row) => row.try_get_by_index(0)?,
        None => 0,
    };
    Ok(u64::try_from(total).unwrap_or_default())
}

impl Problem {
    /// The same problem, of one row of many.
    pub(super) fn of_row(mut self, index: usize) -> Self {
        let row = index.to_string();
        if self.errors().is_empty() {
            let error = FieldError::at(&row, self.code(), self.detail().to_owned());
            self = self.with_error(error);
        } else {
            for error in self.errors_mut() {
                *error = error.clone().inside(&row);
            }
        }
        self
    }

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
