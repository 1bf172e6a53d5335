//! A small project for tests: notes, whose table has nothing that would keep one from being made twice.

use grantwell::database::Database;
use grantwell::prelude::*;
use grantwell::testing::InProcess;
use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, Schema, Set};
use serde::Serialize;

scopes! {
    pub(crate) Read = "read" => "Read notes",
    pub(crate) Write = "write" => "Write notes",
}

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Resource)]
#[sea_orm(table_name = "note")]
#[resource(path = "notes", read = Public, write = Write, bulk = 1000)]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    #[resource(read_only)]
    id: i64,
    #[resource(max_length = 100_000)]
    text: String,
    #[resource(default = 0)]
    read: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

#[viewset]
impl ViewSet for Model {
    /// Counts one more reader.
    #[action(detail, scope = Read)]
    async fn read(
        _: &Ctx,
        transaction: &DatabaseTransaction,
        note: Model,
    ) -> Result<Model, Problem> {
        let read = note.read + 1;
        let mut change = ActiveModel::from(note);
        change.read = Set(read);
        Ok(change.update(transaction).await?)
    }
}

/// The project.
pub(crate) fn project() -> Project {
    Project::new("notes").resources("/v1", Resources::new().add::<Model>())
}

/// Makes the table.
pub(crate) async fn table(app: &InProcess) {
    make(app.app().store().database()).await;
}

async fn make(database: &Database) {
    let schema = Schema::new(database.kind().backend());
    let statement = schema.create_table_from_entity(Entity);
    database.execute_write(&statement).await.unwrap();
}

/// Tells one story on both databases.
pub(crate) async fn on_both<F: Future<Output = ()>>(story: impl Fn(InProcess) -> F) {
    let app = InProcess::start(project()).await.unwrap();
    table(&app).await;
    story(app).await;
    on_postgres(story).await;
}

/// Tells it on PostgreSQL.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(story: impl Fn(InProcess) -> F) {
    let Ok(server) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: GRANTWELL_TEST_POSTGRES is not set");
        return;
    };
    let app = InProcess::start_on_postgres(project(), &server).await.unwrap();
    table(&app).await;
    story(app.clone()).await;
    app.remove().await.unwrap();
}
