//! The object-safe core: the few steps that need a resource's types, so that everything else is compiled once for all.
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel, Iterable,
    ModelTrait, PrimaryKeyToColumn, QueryResult, QueryTrait, Value, sea_query::SelectStatement,
};

use crate::{
    access::{Access, Requirement},
    ctx::Ctx,
    field::{self, Field},
    list::{self, Ordered},
    listing::Listing,
    parameter::{self, Parameter},
    problem::{Problem, Result},
    resource::{ActiveModelOf, ModelOf, Resource, ViewSet},
};

/// A row that was written: what to show of it, and its key for the `Location`.
pub(crate) struct Written {
    pub(crate) json: Vec<u8>,
    pub(crate) key: Option<Value>,
}

/// Values for columns, by the column's place in the entity.
pub(crate) type Values = Vec<(usize, Value)>;

/// The steps that need the types.
pub(crate) trait Core: Send + Sync {
    /// Asks the author's `permit` without a row.
    fn permit<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<()>>;
    /// Asks the author's `permit`, then gives the rows that this caller may see.
    fn select<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<SelectStatement>>;
    /// Appends rows as JSON, separated by commas.
    fn write_rows(&self, rows: &[QueryResult], out: &mut Vec<u8>) -> Result<()>;
    /// The values of columns, by their places in the entity, in the order asked for.
    fn values_of(&self, row: &QueryResult, columns: &[usize]) -> Result<Vec<Value>>;
    /// Asks `permit` about a row, then gives it as JSON.
    fn write_one<'a>(&'a self, ctx: &'a Ctx, row: QueryResult) -> BoxFuture<'a, Result<Vec<u8>>>;
    fn create<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        values: Values,
    ) -> BoxFuture<'a, Result<Written>>;
    fn update<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
        values: Values,
    ) -> BoxFuture<'a, Result<Written>>;
    fn delete<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
    ) -> BoxFuture<'a, Result<()>>;
}

/// What is known about a resource without its types.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The path below the prefix.
    pub path: &'static str,
    /// The heading of its page.
    pub name: &'static str,
    /// Rows in one answer at most.
    pub page_size: u64,
    /// What reading asks for.
    pub read: Requirement,
    /// What writing asks for.
    pub write: Requirement,
    /// The fields.
    pub fields: Vec<Field>,
    /// How lists are answered: what the resource says, completed by [`Resources::lists`](crate::Resources::lists).
    pub lists: Listing,
    /// The order of rows that is not asked for; empty for that of the keys.
    pub ordering: Vec<Ordered>,
    /// The query parameters of a list.
    pub parameters: Vec<Parameter>,
    /// The query parameters of a row that is read.
    pub item_parameters: Vec<Parameter>,
}

impl Facts {
    pub(crate) fn of<R: Resource>() -> Self {
        let fields = field::of_entity::<R::Entity>(R::fields());
        let mut facts = Self {
            path: R::PATH,
            name: R::NAME,
            page_size: R::PAGE_SIZE.max(1),
            read: R::Read::REQUIREMENT,
            write: R::Write::REQUIREMENT,
            lists: R::LISTING,
            ordering: list::declared_order(R::PATH, &fields, R::ORDERING),
            fields,
            parameters: Vec::new(),
            item_parameters: Vec::new(),
        };
        facts.list_as(Listing::DEFAULT);
        facts
    }

    /// Completes what the resource says about lists by what counts for all.
    pub(crate) fn list_as(&mut self, others: Listing) {
        self.lists = self.lists.or(others);
        self.parameters = parameter::of_list(self);
        self.item_parameters = parameter::of_item(self);
    }

    /// The fields that answers show.
    pub fn shown(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.write_only)
    }

    /// The order of rows that is not asked for, as `?ordering=` has it.
    pub fn ordering_text(&self) -> String {
        list::cursor::ordering_text(self, &self.ordering)
    }

    /// The field that stands in the URL.
    pub fn key(&self) -> Option<&Field> {
        self.fields.iter().find(|field| field.primary_key)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The only implementation.
pub(crate) struct Typed<R>(PhantomData<fn() -> R>);

impl<R: ViewSet> Typed<R> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

fn model<R: Resource>(row: &QueryResult) -> Result<ModelOf<R>> {
    Ok(ModelOf::<R>::from_query_result(row, "")?)
}

fn written<R: Resource>(model: ModelOf<R>) -> Result<Written> {
    let key = <R::Entity as EntityTrait>::PrimaryKey::iter()
        .next()
        .map(|key| model.get(key.into_column()));
    let mut json = Vec::with_capacity(128);
    append::<R>(model, &mut json)?;
    Ok(Written { json, key })
}

fn append<R: Resource>(model: ModelOf<R>, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, &R::Output::from(model)).map_err(|error| Problem::internal(&error))
}

fn set<R: Resource>(target: &mut ActiveModelOf<R>, values: Values) -> Result<()> {
    let mut columns = <R::Entity as EntityTrait>::Column::iter().enumerate();
    // Both are in the order of the columns.
    for (wanted, value) in values {
        let Some((_, column)) = columns.find(|(index, _)| *index == wanted) else { break };
        target.try_set(column, value)?;
    }
    Ok(())
}

impl<R: ViewSet> Core for Typed<R> {
    fn permit<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<()>> {
        Box::pin(R::permit(ctx, None))
    }

    fn select<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<SelectStatement>> {
        Box::pin(async move {
            R::permit(ctx, None).await?;
            Ok(R::query(ctx).await?.into_query())
        })
    }

    fn write_rows(&self, rows: &[QueryResult], out: &mut Vec<u8>) -> Result<()> {
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            append::<R>(model::<R>(row)?, out)?;
        }
        Ok(())
    }

    fn values_of(&self, row: &QueryResult, columns: &[usize]) -> Result<Vec<Value>> {
        let model = model::<R>(row)?;
        let column = |wanted: &usize| <R::Entity as EntityTrait>::Column::iter().nth(*wanted);
        Ok(columns.iter().filter_map(column).map(|column| model.get(column)).collect())
    }

    fn write_one<'a>(&'a self, ctx: &'a Ctx, row: QueryResult) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move {
            let model = model::<R>(&row)?;
            R::permit(ctx, Some(&model)).await?;
            let mut out = Vec::with_capacity(128);
            append::<R>(model, &mut out)?;
            Ok(out)
        })
    }

    fn create<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        values: Values,
    ) -> BoxFuture<'a, Result<Written>> {
        Box::pin(async move {
            let mut new = <ActiveModelOf<R> as ActiveModelTrait>::default();
            set::<R>(&mut new, values)?;
            written::<R>(R::create(ctx, transaction, new).await?)
        })
    }

    fn update<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
        values: Values,
    ) -> BoxFuture<'a, Result<Written>> {
        Box::pin(async move {
            let model = model::<R>(&row)?;
            R::permit(ctx, Some(&model)).await?;
            let mut changed = model.into_active_model();
            set::<R>(&mut changed, values)?;
            written::<R>(R::update(ctx, transaction, changed).await?)
        })
    }

    fn delete<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let model = model::<R>(&row)?;
            R::permit(ctx, Some(&model)).await?;
            R::delete(ctx, transaction, model).await
        })
    }
}
