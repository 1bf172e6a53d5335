//! Changing rows: what was sent, checked; what it refers to, found; the row, locked; all of it kept together or not at all.
use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use sea_orm::{
    Condition, ConnectionTrait, DatabaseTransaction, QueryResult, Value,
    sea_query::{Expr, LockType, Query, SelectStatement},
};

use crate::{
    Problem, Result,
    core::{Rows, Values},
    ctx::Ctx,
    dialect::Dialect,
    field::written,
    input::{
        Submitted,
        validate::{self, Mode},
    },
    list,
    mounted::Mounted,
    problem::{FieldError, REFERENCED},
    relation::{Expansion, Links, Look, MOST_CHILDREN, Reader, Writing},
};

use super::{
    Answer, Exchange,
    nested::Children,
    precondition::{Precondition, etag},
};

/// What a caller wants a row to be.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) values: Values,
    pub(super) links: Links,
    pub(super) children: Children,
}

impl Draft {
    /// Checks what was sent, all of it, so that a caller learns every error at once.
    pub(super) fn of(
        mounted: &Mounted,
        submitted: &Submitted,
        mode: Mode,
    ) -> Result<Self, Vec<FieldError>> {
        Self::within(mounted, submitted, mode, &mut { MOST_CHILDREN })
    }

    /// The same of a row that may bring `left` rows below it.
    pub(super) fn within(
        mounted: &Mounted,
        submitted: &Submitted,
        mode: Mode,
        left: &mut usize,
    ) -> Result<Self, Vec<FieldError>> {
        let mut columns = submitted.clone();
        if mounted.state.dialect() == Dialect::DjangoRestFramework {
            let known = |name: &str| {
                mounted.facts.field(name).is_some()
                    || mounted.facts.relations.iter().any(|relation| relation.name == name)
            };
            columns.fields.retain(|(name, _)| known(name));
        }
        let children = Children::take(mounted, &mut columns, mode, left);
        let links = Links::take(&mounted.facts, &mounted.registry, &mut columns, mode);
        let values = validate::values(&mounted.facts.fields, &columns, mode);
        match (links, values, children) {
            (Ok(links), Ok(values), Ok(children)) => Ok(Self { values, links, children }),
            (links, values, children) => {
                let wrong = values.err().into_iter().chain(links.err()).chain(children.err());
                Err(wrong.flatten().collect())
            }
        }
    }
}

/// A row that was written.
pub(super) struct Written {
    /// As callers see it, with the children that came with it.
    pub(super) json: Vec<u8>,
    /// The tag of the row itself, as it is read.
    pub(super) tag: HeaderValue,
    pub(super) key: Option<Value>,
}

/// A change under way: who wants it, of which resource, in which transaction.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) mounted: &'a Mounted,
    pub(super) transaction: &'a DatabaseTransaction,
    /// What the permission says about the rows.
    pub(super) condition: Option<&'a Condition>,
}

impl Work<'_> {
    /// Adds a row.
    pub(super) async fn insert(self, draft: Draft) -> Result<Written> {
        let Self { ctx, mounted, transaction, .. } = self;
        self.writing().check_targets(&draft.values).await?;
        let rows = mounted.core.create(ctx, transaction, draft.values).await?;
        self.finish(&*rows, &draft.links, draft.children).await
    }

    /// Changes the row that the statement finds.
    pub(super) async fn change(
        self,
        select: &SelectStatement,
        draft: Draft,
        precondition: &Precondition,
    ) -> Result<Written> {
        let Self { ctx, mounted, transaction, .. } = self;
        let row = self.found(select, precondition).await?;
        self.writing().check_targets(&draft.values).await?;
        let rows = mounted.core.update(ctx, transaction, row, draft.values).await?;
        self.finish(&*rows, &draft.links, draft.children).await
    }

    /// Removes the row that the statement finds.
    pub(super) async fn remove(
        self,
        select: &SelectStatement,
        precondition: &Precondition,
    ) -> Result<()> {
        let row = self.found(select, precondition).await?;
        self.mounted.core.delete(self.ctx, self.transaction, row).await
    }

    /// The row, locked, if it still is what the caller saw and is theirs to change.
    async fn found(
        self,
        select: &SelectStatement,
        precondition: &Precondition,
    ) -> Result<QueryResult> {
        let row = locked(self.ctx, self.mounted, self.transaction, select).await?;
        if let Some(condition) = self.condition {
            check_row(self.mounted, self.transaction, &row, condition.clone()).await?;
        }
        if precondition.is_given() {
            let rows = self.mounted.core.decode(std::slice::from_ref(&row))?;
            precondition.check(&self.represent(&*rows).await?)?;
        }
        Ok(row)
    }

    /// Keeps the links and the children of a row that was written, and shows it.
    async fn finish(self, rows: &dyn Rows, links: &Links, children: Children) -> Result<Written> {
        let Self { mounted, transaction, .. } = self;
        let key = mounted.facts.key().and_then(|key| rows.value(0, key.column));
        if let Some(key) = &key {
            self.writing().store(links, key).await?;
            if let Some(condition) = self.condition {
                // Nobody makes a row, or changes one, into one that is not theirs.
                meets(mounted, transaction, key, condition.clone()).await?;
            }
        }
        let members = self.write_children(rows, children).await?;
        let mut json = self.represent(rows).await?;
        let tag = etag(&json);
        if !members.is_empty() && json.pop_if(|last| *last == b'}').is_some() {
            json.push(b',');
            json.extend(members);
            json.push(b'}');
        }
        Ok(Written { json, tag, key })
    }

    fn writing(&self) -> Writing<'_> {
        let (facts, registry) = (&self.mounted.facts, &*self.mounted.registry);
        Writing { facts, registry, ctx: self.ctx, transaction: self.transaction }
    }

    /// One row as callers see it.
    async fn represent(self, rows: &dyn Rows) -> Result<Vec<u8>> {
        let look = Look {
            ctx: self.ctx,
            registry: &self.mounted.registry,
            reader: Reader::Transaction(self.transaction),
        };
        one(look, self.mounted, rows, &Expansion::default()).await
    }
}

/// One row as callers see it, with what hangs on it.
pub(super) async fn one(
    look: Look<'_>,
    mounted: &Mounted,
    rows: &dyn Rows,
    expansion: &Expansion,
) -> Result<Vec<u8>> {
    let members = look.members(&mounted.facts, rows, expansion).await?;
    let mut json = Vec::with_capacity(128);
    rows.write(0, members.first().map_or(&[], Vec::as_slice), &mut json)?;
    Ok(json)
}

/// The row that the statement finds, which nobody else changes until the transaction ends.
pub(super) async fn locked(
    ctx: &Ctx,
    mounted: &Mounted,
    transaction: &DatabaseTransaction,
    select: &SelectStatement,
) -> Result<QueryResult> {
    let mut select = select.clone();
    // SQLite has one writer at a time.
    if let (database::Kind::Postgres, Some(key)) = (ctx.database().kind(), mounted.facts.key()) {
        select.lock_with_tables(LockType::Update, [key.reference.0.clone()]);
    }
    transaction.query_one(&select).await?.ok_or_else(Problem::not_found)
}

/// Whether a row meets the condition of the permission.
pub(super) async fn check_row(
    mounted: &Mounted,
    transaction: &DatabaseTransaction,
    row: &QueryResult,
    condition: Condition,
) -> Result<()> {
    let rows = mounted.core.decode(std::slice::from_ref(row))?;
    match mounted.facts.key().and_then(|key| rows.value(0, key.column)) {
        Some(key) => meets(mounted, transaction, &key, condition).await,
        None => Err(not_theirs()),
    }
}

async fn meets(
    mounted: &Mounted,
    transaction: &DatabaseTransaction,
    key: &Value,
    condition: Condition,
) -> Result<()> {
    let Some(field) = mounted.facts.key() else { return Err(not_theirs()) };
    let select = Query::select()
        .expr(Expr::val(1))
        .from(field.reference.0.clone())
        .cond_where(
            Condition::all()
                .add(sea_orm::sea_query::ExprTrait::eq(
                    Expr::col(field.reference.clone()),
                    key.clone(),
                ))
                .add(condition),
        )
        .to_owned();
    match transaction.query_one(&select).await? {
        Some(_) => Ok(()),
        None => Err(not_theirs()),
    }
}

fn not_theirs() -> Problem {
    Problem::forbidden("This row is not yours to change, or would not be yours any more.")
}

impl Exchange {
    pub(super) async fn create(&self) -> Result<Answer> {
        list::check_item_query(self.parts.uri.query())?;
        if let Some(rows) = &self.submitted.rows {
            return self.create_many(rows).await;
        }
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let draft = self.draft(Mode::Create)?;
        self.change(move |transaction| {
            Box::pin(async move {
                let (ctx, mounted, condition) = (&ctx, &*mounted, condition.as_ref());
                let work = Work { ctx, mounted, transaction, condition };
                let Written { json, tag, key } = work.insert(draft).await?;
                let mut answer = Answer::ok(json).with(header::ETAG, tag);
                answer.status = StatusCode::CREATED;
                let location = key.as_ref().and_then(written).map(|key| mounted.item_path(&key));
                Ok(match location.map(HeaderValue::try_from) {
                    Some(Ok(location)) => answer.with(header::LOCATION, location),
                    _ => answer,
                })
            })
        })
        .await
    }

    pub(super) async fn update(&self, mode: Mode) -> Result<Answer> {
        list::check_item_query(self.parts.uri.query())?;
        if self.submitted.rows.is_some() {
            return Err(crate::input::not_an_object("The body", "list"));
        }
        let precondition =
            Precondition::of(&self.parts.headers, self.mounted.facts.require_if_match)?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let select = self.select_one(&ctx).await?;
        // Somebody else's row is not there; that comes before what is wrong with the fields.
        let draft = match self.draft(mode) {
            Ok(draft) => draft,
            Err(problem) => {
                ctx.db().query_one(&select).await?.ok_or_else(Problem::not_found)?;
                return Err(problem);
            }
        };
        self.change(move |transaction| {
            Box::pin(async move {
                let (ctx, mounted, condition) = (&ctx, &*mounted, condition.as_ref());
                let work = Work { ctx, mounted, transaction, condition };
                let Written { json, tag, .. } = work.change(&select, draft, &precondition).await?;
                Ok(Answer::ok(json).with(header::ETAG, tag))
            })
        })
        .await
    }

    pub(super) async fn delete(&self) -> Result<Answer> {
        list::check_item_query(self.parts.uri.query())?;
        let precondition =
            Precondition::of(&self.parts.headers, self.mounted.facts.require_if_match)?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let select = self.select_one(&ctx).await?;
        let database = ctx.database().clone();
        let removed = database
            .write::<_, Problem, _>(move |transaction| {
                Box::pin(async move {
                    let (ctx, mounted, condition) = (&ctx, &*mounted, condition.as_ref());
                    let work = Work { ctx, mounted, transaction, condition };
                    work.remove(&select, &precondition).await
                })
            })
            .await;
        match removed {
            Ok(()) => {
                let mut answer = Answer::ok(Vec::new());
                answer.status = StatusCode::NO_CONTENT;
                Ok(answer)
            }
            Err(problem) if problem.code() == REFERENCED => Err(self.still_referred_to().await?),
            Err(problem) => Err(problem),
        }
    }

    pub(super) fn draft(&self, mode: Mode) -> Result<Draft> {
        Draft::of(&self.mounted, &self.submitted, mode).map_err(Problem::invalid)
    }

    /// Says which resources have rows that refer to the one that should have gone.
    async fn still_referred_to(&self) -> Result<Problem> {
        let mut names = Vec::new();
        let (Some(key), Some(text)) = (self.mounted.facts.key(), self.key.as_deref()) else {
            return Ok(Problem::not_found());
        };
        let own =
            crate::field::coerce::unlimited_text(key, text).map_err(|_| Problem::not_found())?;
        for entry in self.mounted.registry.entries() {
            for select in entry.references_to(&self.mounted.facts, &own) {
                if self.mounted.state.database().read().query_one(&select).await?.is_some() {
                    names.push(format!("`{}`", entry.facts.path));
                }
            }
        }
        names.dedup();
        let who = if names.is_empty() {
            "other rows".to_owned()
        } else {
            format!("rows of {}", names.join(" and "))
        };
        Ok(Problem::new(
            StatusCode::CONFLICT,
            REFERENCED,
            format!(
                "This cannot be removed: {who} refer to it. Remove them first, or let them refer to something else."
            ),
        ))
    }
}
