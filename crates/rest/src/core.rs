//! The object-safe core: the few steps that need a resource's types, so that everything else is compiled once for all.
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult,
    IdenStatic, IntoActiveModel, Iterable, ModelTrait, QueryResult, QueryTrait, Value,
    sea_query::SelectStatement,
};

use crate::{
    access::{Access, Requirement},
    action::{Actions, ExtraFacts},
    ctx::Ctx,
    field::{self, Field, Kind},
    permission::{Permission, Verdict},
    problem::{Problem, Result},
    relation::Relation,
    resource::{Action, ActiveModelOf, ModelOf, Resource, ViewSet},
};

/// Values for columns, by the column's place in the entity.
pub(crate) type Values = Vec<(usize, Value)>;

/// The steps that need the types.
pub(crate) trait Core: Send + Sync {
    /// Asks whether this caller may do this at all, and gives the condition that the rows have to meet.
    fn permit<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Option<Condition>>>;
    /// Asks the author's `permit`, then gives the rows that this caller may see.
    fn select<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<SelectStatement>>;
    /// Appends rows as JSON, separated by commas.
    fn write_rows(&self, rows: &[QueryResult], out: &mut Vec<u8>) -> Result<()>;
    /// The rows with their types.
    fn decode(&self, rows: &[QueryResult]) -> Result<Box<dyn Rows>>;
    /// Asks `permit` about a row.
    fn admit<'a>(&'a self, ctx: &'a Ctx, row: &'a QueryResult) -> BoxFuture<'a, Result<()>>;
    fn create<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        values: Values,
    ) -> BoxFuture<'a, Result<Box<dyn Rows>>>;
    fn update<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
        values: Values,
    ) -> BoxFuture<'a, Result<Box<dyn Rows>>>;
    fn delete<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
    ) -> BoxFuture<'a, Result<()>>;
    /// Runs one of the author's own actions: by its place among them.
    fn extra<'a>(&'a self, place: usize, call: Call<'a>) -> BoxFuture<'a, Result<Vec<u8>>>;
}

/// What an action of the author's own is called with.
pub(crate) struct Call<'a> {
    pub(crate) ctx: &'a Ctx,
    /// Absent for actions that only read.
    pub(crate) transaction: Option<&'a DatabaseTransaction>,
    /// Present for actions about one row.
    pub(crate) row: Option<QueryResult>,
    pub(crate) values: Values,
}

/// Rows with their types, seen without them.
pub(crate) trait Rows: Send + Sync {
    fn len(&self) -> usize;
    /// Appends a row as JSON; `members` are more of the object's members, already written, without the comma before them.
    fn write(&self, row: usize, members: &[u8], out: &mut Vec<u8>) -> Result<()>;
    /// What a column of a row holds.
    fn value(&self, row: usize, column: &str) -> Option<Value>;
    /// The kind of values in a column.
    fn kind(&self, column: &str) -> Kind;
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
    /// What hangs together with the rows of others, and is open to callers.
    pub relations: Vec<Relation>,
    /// The actions besides the usual ones.
    pub actions: Vec<ExtraFacts>,
    /// How many rows may be made, changed or removed by one request; 0 for one at a time.
    pub bulk: usize,
    /// Whether changes must say by `If-Match` what they change.
    pub require_if_match: bool,
    /// What the rows are, for people; empty when nothing was said.
    pub description: &'static str,
    /// Whether callers are shown the model itself, so that the fields say what an answer holds.
    pub shows_model: bool,
    /// JSON Schema of what callers are shown, where the author gives one.
    pub output_schema: Option<serde_json::Value>,
}

impl Facts {
    pub(crate) fn of<R: ViewSet>() -> Self {
        Self {
            path: R::PATH,
            name: R::NAME,
            page_size: R::PAGE_SIZE.max(1),
            read: R::Read::REQUIREMENT,
            write: R::Write::REQUIREMENT,
            fields: field::of_entity::<R::Entity>(R::fields()),
            relations: R::relations(),
            actions: R::actions().into_facts(),
            bulk: R::BULK,
            require_if_match: R::REQUIRE_IF_MATCH,
            description: R::DESCRIPTION,
            shows_model: R::SHOWS_MODEL,
            output_schema: R::output_schema(),
        }
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
pub(crate) struct Typed<R: ViewSet> {
    permission: Permission,
    actions: Actions<R>,
    resource: PhantomData<fn() -> R>,
}

impl<R: ViewSet> Typed<R> {
    pub(crate) fn new() -> Self {
        Self { permission: R::permission(), actions: R::actions(), resource: PhantomData }
    }

    async fn condition(&self, ctx: &Ctx) -> Result<Option<Condition>> {
        match self.permission.ask(ctx).await? {
            Verdict::Yes => Ok(None),
            Verdict::No(problem) => Err(problem),
            Verdict::Rows(condition) => Ok(Some(condition)),
        }
    }
}

fn model<R: Resource>(row: &QueryResult) -> Result<ModelOf<R>> {
    Ok(ModelOf::<R>::from_query_result(row, "")?)
}

/// Rows of one resource.
struct Models<R: Resource>(Vec<ModelOf<R>>);

impl<R: Resource> Models<R> {
    fn one(model: ModelOf<R>) -> Box<dyn Rows> {
        Box::new(Self(vec![model]))
    }
}

fn column<R: Resource>(name: &str) -> Option<<R::Entity as EntityTrait>::Column> {
    <R::Entity as EntityTrait>::Column::iter().find(|column| column.as_str() == name)
}

impl<R: Resource> Rows for Models<R> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn write(&self, row: usize, members: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Some(model) = self.0.get(row) else { return Ok(()) };
        append::<R>(model.clone(), out)?;
        // An author's own `Output` may be no object; then there is nowhere to put members.
        if !members.is_empty() && out.pop_if(|last| *last == b'}').is_some() {
            if out.last().is_some_and(|last| *last != b'{') {
                out.push(b',');
            }
            out.extend_from_slice(members);
            out.push(b'}');
        }
        Ok(())
    }

    fn value(&self, row: usize, name: &str) -> Option<Value> {
        Some(self.0.get(row)?.get(column::<R>(name)?))
    }

    fn kind(&self, name: &str) -> Kind {
        column::<R>(name).map_or(Kind::Opaque, |column| {
            let definition = column.def();
            Kind::of(&ModelOf::<R>::get_value_type(column), definition.get_column_type())
        })
    }
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
    fn permit<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<Option<Condition>>> {
        Box::pin(async move {
            R::permit(ctx, None).await?;
            self.condition(ctx).await
        })
    }

    fn select<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Result<SelectStatement>> {
        Box::pin(async move {
            R::permit(ctx, None).await?;
            // Whoever may change rows has to see them first: what may not be read looks as if it did not exist.
            let condition = if ctx.action().is_read() {
                self.condition(ctx).await?
            } else {
                self.condition(&ctx.for_others(Action::Retrieve)).await?
            };
            let mut select = R::query(ctx).await?.into_query();
            if let Some(condition) = condition {
                select.cond_where(condition);
            }
            Ok(select)
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

    fn decode(&self, rows: &[QueryResult]) -> Result<Box<dyn Rows>> {
        let models = rows.iter().map(model::<R>).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(Models::<R>(models)))
    }

    fn admit<'a>(&'a self, ctx: &'a Ctx, row: &'a QueryResult) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { R::permit(ctx, Some(&model::<R>(row)?)).await })
    }

    fn create<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        values: Values,
    ) -> BoxFuture<'a, Result<Box<dyn Rows>>> {
        Box::pin(async move {
            let mut new = <ActiveModelOf<R> as ActiveModelTrait>::default();
            set::<R>(&mut new, values)?;
            R::validate(ctx, transaction, &mut new).await?;
            Ok(Models::<R>::one(R::create(ctx, transaction, new).await?))
        })
    }

    fn update<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
        values: Values,
    ) -> BoxFuture<'a, Result<Box<dyn Rows>>> {
        Box::pin(async move {
            let model = model::<R>(&row)?;
            R::permit(ctx, Some(&model)).await?;
            let mut changed = model.into_active_model();
            set::<R>(&mut changed, values)?;
            R::validate(ctx, transaction, &mut changed).await?;
            Ok(Models::<R>::one(R::update(ctx, transaction, changed).await?))
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

    fn extra<'a>(&'a self, place: usize, call: Call<'a>) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move {
            let row = match &call.row {
                Some(row) => Some(model::<R>(row)?),
                None => None,
            };
            R::permit(call.ctx, row.as_ref()).await?;
            self.actions.run(place, call.ctx, call.transaction, row, call.values).await
        })
    }
}
