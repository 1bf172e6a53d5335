//! The two traits that an author sees: [`Resource`], the facts, and [`ViewSet`], the behaviour.
use std::future::Future;

use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    ModelTrait, Select,
};
use serde::Serialize;

use crate::{
    access::{Access, Requirements},
    action::Actions,
    ctx::Ctx,
    deprecation::Deprecation,
    field::Declared,
    idempotency::Idempotency,
    listing::Listing,
    permission::{self, Permission},
    problem::Result,
    relation::Relation,
    throttle::Throttle,
};

/// The row type of a resource.
pub type ModelOf<R> = <<R as Resource>::Entity as EntityTrait>::Model;
/// The type of a resource's pending changes.
pub type ActiveModelOf<R> = <<R as Resource>::Entity as EntityTrait>::ActiveModel;

/// The facts of a resource: where it is, who may use it, what its fields are. `#[derive(Resource)]` writes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a resource",
    label = "not a resource",
    note = "put `#[derive(Resource)]` and `#[resource(path = \"…\", read = …, write = …)]` on the sea-orm `Model`, or write `impl Resource` by hand"
)]
pub trait Resource: Send + Sync + Sized + 'static {
    /// The table.
    type Entity: EntityTrait<
            Model: IntoActiveModel<<Self::Entity as EntityTrait>::ActiveModel> + Send + Sync,
            ActiveModel: ActiveModelBehavior + Send + Sync,
            Column: Send + Sync,
        >;
    /// What callers are shown of a row.
    type Output: From<ModelOf<Self>> + Serialize + Send;
    /// Who may list and retrieve.
    type Read: Access;
    /// Who may create, update and delete.
    type Write: Access;
    /// What each method asks for; `#[resource(methods(delete = …))]` says it where [`Read`](Self::Read) and
    /// [`Write`](Self::Write) are not enough.
    const REQUIREMENTS: Requirements = Requirements::of::<Self::Read, Self::Write>();
    /// The path below the prefix, without slashes at its ends: `unicorn`.
    const PATH: &'static str;
    /// The heading of its page.
    const NAME: &'static str = Self::PATH;
    /// Rows in one answer at most.
    const PAGE_SIZE: u64 = 100;
    /// How many rows may be made, changed or removed by one request; 0, unless said otherwise: one at a time.
    const BULK: usize = 0;
    /// Whether PUT, PATCH and DELETE must say by `If-Match` which state of the row they are about (428 without it).
    const REQUIRE_IF_MATCH: bool = false;
    /// Whether POST and PATCH may, must or cannot have an `Idempotency-Key`.
    const IDEMPOTENCY: Idempotency = Idempotency::Optional;
    /// Since when it should not be used, and until when it is there.
    const DEPRECATION: Option<Deprecation> = None;
    /// How its list is answered.
    const LISTING: Listing = Listing::DEFAULT;
    /// The order of rows that is not asked for, as in `?ordering=`: `-created_at,name`; empty for that of the keys.
    const ORDERING: &'static str = "";
    /// What the rows are, for people; `#[derive(Resource)]` takes the doc comment of the struct.
    const DESCRIPTION: &'static str = "";
    /// Whether [`Output`](Self::Output) is the model itself, so that the fields say what an answer holds.
    const SHOWS_MODEL: bool = false;
    /// The fields that callers see or send.
    fn fields() -> &'static [Declared];
    /// What hangs together with the rows of other resources; none, unless said otherwise.
    fn relations() -> Vec<Relation> {
        Vec::new()
    }
}

/// What a caller wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See many rows.
    List,
    /// See one row.
    Retrieve,
    /// Add a row.
    Create,
    /// Replace a row's fields (PUT).
    Update,
    /// Change some of a row's fields (PATCH).
    PartialUpdate,
    /// Remove a row.
    Delete,
    /// Learn what the resource is (OPTIONS).
    Describe,
    /// An action of the author's own.
    Extra {
        /// Its name, which is the last part of its address.
        name: &'static str,
        /// Whether it changes nothing: its method is GET.
        safe: bool,
    },
}

impl Action {
    /// Whether it changes nothing.
    pub fn is_read(self) -> bool {
        matches!(
            self,
            Self::List | Self::Retrieve | Self::Describe | Self::Extra { safe: true, .. }
        )
    }
}

/// The behaviour of a resource. Every step has a default: `impl ViewSet for Model {}` is enough; override any.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no behaviour as a resource",
    label = "`ViewSet` is missing",
    note = "write `impl ViewSet for {Self} {{}}` (and override the steps that you want to change)"
)]
pub trait ViewSet: Resource {
    /// The rows that this caller may see at all. Rows outside look as if they did not exist, for reading and for writing.
    /// The statement may join other tables, but it may not group rows or make them distinct: a row to change is locked by it.
    fn query(ctx: &Ctx) -> impl Future<Output = Result<Select<Self::Entity>>> + Send {
        let _ = ctx;
        std::future::ready(Ok(Self::Entity::find()))
    }

    /// Who may do what, besides the scope: values such as `owner(Column::Owner) | staff()`, joined. Everybody, unless said
    /// otherwise.
    fn permission() -> Permission {
        permission::everybody()
    }

    /// How often callers may ask; what [`Resources::throttle`](crate::Resources::throttle) says, unless said otherwise.
    fn throttles() -> Option<Vec<Throttle>> {
        None
    }

    /// Checks fields against each other, or against the database, before a row is written; `change` holds the whole row with
    /// what the caller sent set, and may be changed here. On create nothing else is set yet: look with `try_as_ref`.
    ///
    /// # Errors
    /// [`Problem::invalid`](crate::Problem::invalid) with one [`FieldError`](crate::FieldError) for each field at fault.
    fn validate(
        ctx: &Ctx,
        transaction: &DatabaseTransaction,
        change: &mut ActiveModelOf<Self>,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (ctx, transaction, change);
        std::future::ready(Ok(()))
    }

    /// JSON Schema of what callers are shown, for a resource whose `Output` is a type of the author's own:
    /// `Some(rest::openapi::schema_of::<Shown>())`. Without it the OpenAPI document says what the fields are, and that there may
    /// be fewer or others.
    fn output_schema() -> Option<serde_json::Value> {
        None
    }

    /// The actions besides the usual ones; `#[viewset]` writes it from functions with `#[action(…)]`.
    fn actions() -> Actions<Self> {
        Actions::none()
    }

    /// Whether this caller may do this. Asked once with no row, after the scope has been checked, and again with the row
    /// when it is about one.
    ///
    /// # Errors
    /// The problem to answer, most often [`Problem::forbidden`](crate::Problem::forbidden).
    fn permit(ctx: &Ctx, row: Option<&ModelOf<Self>>) -> impl Future<Output = Result<()>> + Send {
        let _ = (ctx, row);
        std::future::ready(Ok(()))
    }

    /// Adds a row. `new` holds the fields that the caller sent, checked; set others here.
    fn create(
        ctx: &Ctx,
        transaction: &DatabaseTransaction,
        new: ActiveModelOf<Self>,
    ) -> impl Future<Output = Result<ModelOf<Self>>> + Send {
        let _ = ctx;
        async move { Ok(new.insert(transaction).await?) }
    }

    /// Changes a row, for PUT and for PATCH. `changed` is the row with the sent fields set.
    fn update(
        ctx: &Ctx,
        transaction: &DatabaseTransaction,
        changed: ActiveModelOf<Self>,
    ) -> impl Future<Output = Result<ModelOf<Self>>> + Send {
        let _ = ctx;
        async move { Ok(changed.update(transaction).await?) }
    }

    /// Removes a row.
    fn delete(
        ctx: &Ctx,
        transaction: &DatabaseTransaction,
        row: ModelOf<Self>,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = ctx;
        async move { row.delete(transaction).await.map(drop).map_err(Into::into) }
    }
}
