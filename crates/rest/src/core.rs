//! The object-safe core: the few steps that need a resource's types, so that everything else is compiled once for all.
mod rows;

use futures_util::future::BoxFuture;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, FromQueryResult,
    IdenStatic, IntoActiveModel, Iterable, ModelTrait, QueryResult, QueryTrait, Value,
    sea_query::{ColumnType, SelectStatement},
};

use crate::{
    access::{Requirement, Requirements},
    action::{Actions, ExtraFacts},
    ctx::Ctx,
    deprecation::Deprecation,
    field::{self, Field},
    idempotency::Idempotency,
    list::{self, Ordered},
    listing::Listing,
    parameter::{self, Parameter},
    permission::{Permission, StepUp, Verdict},
    problem::{FieldError, Problem, Result},
    relation::Relation,
    resource::{Action, ActiveModelOf, ModelOf, Resource, ViewSet},
    throttle::Throttle,
};

pub(crate) use rows::Rows;
use rows::{Models, append};

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
    /// The values of columns, by their places in the entity, in the order asked for.
    fn values_of(&self, row: &QueryResult, columns: &[usize]) -> Result<Vec<Value>>;
    /// Asks `permit` about a row, and gives it with its types.
    fn admit<'a>(
        &'a self,
        ctx: &'a Ctx,
        row: &'a QueryResult,
    ) -> BoxFuture<'a, Result<Box<dyn Rows>>>;
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

/// What is known about a resource without its types.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The path below the prefix.
    pub path: &'static str,
    /// The heading of its page.
    pub name: &'static str,
    /// Rows in one answer at most.
    pub page_size: u64,
    /// What each method asks for.
    pub requirements: Requirements,
    /// What the permission asks of the sign-in.
    pub(crate) permission: Permission,
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
    /// Since when it should not be used; what is said about all resources where it says nothing itself.
    pub deprecation: Option<Deprecation>,
    /// Whether a request may have an `Idempotency-Key`.
    pub idempotency: Idempotency,
    /// How often callers may ask; `None` for what is said about all resources.
    pub throttles: Option<Vec<Throttle>>,
    /// How lists are answered: what the resource says, completed by [`Resources::lists`](crate::Resources::lists).
    pub lists: Listing,
    /// The order of rows that is not asked for; empty for that of the keys.
    pub ordering: Vec<Ordered>,
    /// The query parameters of a list.
    pub parameters: Vec<Parameter>,
    /// The query parameters of a row that is read.
    pub item_parameters: Vec<Parameter>,
    /// What the rows are, for people; empty when nothing was said.
    pub description: &'static str,
    /// Whether callers are shown the model itself, so that the fields say what an answer holds.
    pub shows_model: bool,
    /// JSON Schema of what callers are shown, where the author gives one.
    pub output_schema: Option<serde_json::Value>,
}

impl Facts {
    pub(crate) fn of<R: ViewSet>() -> Self {
        let fields = field::of_entity::<R::Entity>(R::fields());
        let mut facts = Self {
            path: R::PATH,
            name: R::NAME,
            page_size: R::PAGE_SIZE.max(1),
            requirements: R::REQUIREMENTS,
            permission: R::permission(),
            relations: R::relations(),
            actions: R::actions().into_facts(),
            bulk: R::BULK,
            require_if_match: R::REQUIRE_IF_MATCH,
            idempotency: R::IDEMPOTENCY,
            deprecation: R::DEPRECATION,
            throttles: R::throttles(),
            description: R::DESCRIPTION,
            shows_model: R::SHOWS_MODEL,
            output_schema: R::output_schema(),
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

    /// The names of all members that answers may have: fields, and relations.
    pub fn members(&self) -> impl Iterator<Item = &'static str> {
        let relations = self.relations.iter().map(|relation| relation.name);
        self.shown().map(|field| field.name).chain(relations)
    }

    /// The order of rows that is not asked for, as `?ordering=` has it.
    pub fn ordering_text(&self) -> String {
        list::cursor::ordering_text(self, &self.ordering)
    }

    /// What an action asks for. A description is for everybody; its fields are not. One of the author's own says it itself.
    pub fn requirement(&self, action: Action) -> Requirement {
        let each = &self.requirements;
        match action {
            Action::Describe => Requirement::Public,
            Action::List | Action::Retrieve | Action::Extra { safe: true, .. } => each.get,
            Action::Create | Action::Extra { .. } => each.post,
            Action::Update => each.put,
            Action::PartialUpdate => each.patch,
            Action::Delete => each.delete,
        }
    }

    /// Everything that the resource and its actions ask for.
    pub(crate) fn all_requirements(&self) -> impl Iterator<Item = Requirement> {
        let extra = self.actions.iter().map(|action| action.requirement);
        self.requirements.each().into_iter().map(|(_, one)| one).chain(extra)
    }

    /// What an action asks of the sign-in.
    pub(crate) fn sign_in(&self, action: Action) -> StepUp {
        self.permission.sign_in(action)
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
    /// Columns of decimal numbers with so many places.
    decimals: Vec<(<R::Entity as EntityTrait>::Column, u32)>,
}

impl<R: ViewSet> Typed<R> {
    pub(crate) fn new() -> Self {
        let columns = <R::Entity as EntityTrait>::Column::iter();
        let decimals = columns.filter_map(|column| match column.def().get_column_type() {
            ColumnType::Decimal(Some((_, places))) => Some((column, *places)),
            _ => None,
        });
        Self { permission: R::permission(), actions: R::actions(), decimals: decimals.collect() }
    }

    fn model(&self, row: &QueryResult) -> Result<ModelOf<R>> {
        Ok(self.shown(ModelOf::<R>::from_query_result(row, "")?))
    }

    /// The row as it is shown: SQLite forgets the zeros at the end of `12.50`, PostgreSQL keeps them.
    fn shown(&self, mut model: ModelOf<R>) -> ModelOf<R> {
        for (column, places) in &self.decimals {
            if let Value::Decimal(Some(mut number)) = model.get(*column) {
                number.rescale(*places);
                model.set(*column, Value::Decimal(Some(number)));
            }
        }
        model
    }

    fn one(&self, model: ModelOf<R>) -> Box<dyn Rows> {
        Box::new(Models::<R>(vec![self.shown(model)]))
    }

    async fn condition(&self, ctx: &Ctx) -> Result<Option<Condition>> {
        match self.permission.ask(ctx).await? {
            Verdict::Yes => Ok(None),
            Verdict::No(problem) => Err(problem),
            Verdict::SignIn(wanted) => Err(wanted.refuse(ctx)),
            Verdict::Rows(condition) => Ok(Some(condition)),
        }
    }
}

fn set<R: Resource>(target: &mut ActiveModelOf<R>, values: Values) -> Result<()> {
    let mut columns = <R::Entity as EntityTrait>::Column::iter().enumerate();
    // Both are in the order of the columns.
    for (wanted, value) in values {
        let Some((_, column)) = columns.find(|(index, _)| *index == wanted) else { break };
        // What the column's own type does not take, such as a word that is no variant of an enumeration.
        let refused = |_| {
            let what = "This is not a value that the field can hold.";
            Problem::invalid(vec![FieldError::new(column.as_str(), "type", what)])
        };
        target.try_set(column, value).map_err(refused)?;
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
            append::<R>(self.model(row)?, out)?;
        }
        Ok(())
    }

    fn decode(&self, rows: &[QueryResult]) -> Result<Box<dyn Rows>> {
        let models = rows.iter().map(|row| self.model(row)).collect::<Result<Vec<_>>>()?;
        Ok(Box::new(Models::<R>(models)))
    }

    fn values_of(&self, row: &QueryResult, columns: &[usize]) -> Result<Vec<Value>> {
        let model = self.model(row)?;
        let column = |wanted: &usize| <R::Entity as EntityTrait>::Column::iter().nth(*wanted);
        Ok(columns.iter().filter_map(column).map(|column| model.get(column)).collect())
    }

    fn admit<'a>(
        &'a self,
        ctx: &'a Ctx,
        row: &'a QueryResult,
    ) -> BoxFuture<'a, Result<Box<dyn Rows>>> {
        Box::pin(async move {
            let model = self.model(row)?;
            R::permit(ctx, Some(&model)).await?;
            let rows: Box<dyn Rows> = Box::new(Models::<R>(vec![model]));
            Ok(rows)
        })
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
            Ok(self.one(R::create(ctx, transaction, new).await?))
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
            let model = self.model(&row)?;
            R::permit(ctx, Some(&model)).await?;
            let mut changed = model.into_active_model();
            set::<R>(&mut changed, values)?;
            R::validate(ctx, transaction, &mut changed).await?;
            Ok(self.one(R::update(ctx, transaction, changed).await?))
        })
    }

    fn delete<'a>(
        &'a self,
        ctx: &'a Ctx,
        transaction: &'a DatabaseTransaction,
        row: QueryResult,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let model = self.model(&row)?;
            R::permit(ctx, Some(&model)).await?;
            R::delete(ctx, transaction, model).await
        })
    }

    fn extra<'a>(&'a self, place: usize, call: Call<'a>) -> BoxFuture<'a, Result<Vec<u8>>> {
        Box::pin(async move {
            let row = match &call.row {
                Some(row) => Some(self.model(row)?),
                None => None,
            };
            R::permit(call.ctx, row.as_ref()).await?;
            let run = self.actions.find(place)?;
            run(call.ctx, call.transaction, row, call.values).await
        })
    }
}
