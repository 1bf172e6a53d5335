//! The table that says which migrations a database has: `grantwell_migration`.

use sea_orm::sea_query::{Alias, ColumnDef, Expr, ExprTrait, Index, Order, Query, Table};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

const TABLE: &str = "grantwell_migration";

/// One applied migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) app: String,
    pub(crate) name: String,
    /// Milliseconds since the epoch.
    pub(crate) at: i64,
    pub(crate) checksum: String,
}

/// Creates the table if it is not there. Two nodes must not do it at once on PostgreSQL; the caller holds the lock.
pub(crate) async fn create(on: &impl ConnectionTrait) -> Result<(), DbErr> {
    let text = |name: &str| ColumnDef::new(Alias::new(name)).text().not_null().take();
    let table = Table::create()
        .table(Alias::new(TABLE))
        .if_not_exists()
        .col(text("app"))
        .col(text("name"))
        .col(ColumnDef::new(Alias::new("applied_at")).big_integer().not_null())
        .col(text("checksum"))
        .primary_key(Index::create().col(Alias::new("app")).col(Alias::new("name")))
        .take();
    on.execute(&table).await.map(drop)
}

async fn exists(on: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let question = if on.get_database_backend() == DbBackend::Sqlite {
        Query::select()
            .expr(Expr::val(1))
            .from(Alias::new("sqlite_master"))
            .and_where(Expr::col(Alias::new("name")).eq(TABLE))
            .take()
    } else {
        Query::select()
            .expr(Expr::val(1))
            .from((Alias::new("information_schema"), Alias::new("tables")))
            .and_where(Expr::col(Alias::new("table_schema")).eq(Expr::cust("current_schema()")))
            .and_where(Expr::col(Alias::new("table_name")).eq(TABLE))
            .take()
    };
    Ok(on.query_one(&question).await?.is_some())
}

/// All applied migrations; none if the table is not there yet.
pub(crate) async fn load(on: &impl ConnectionTrait) -> Result<Vec<Applied>, DbErr> {
    if !exists(on).await? {
        return Ok(Vec::new());
    }
    let query = Query::select()
        .columns(["app", "name", "applied_at", "checksum"].map(Alias::new))
        .from(Alias::new(TABLE))
        .order_by(Alias::new("applied_at"), Order::Asc)
        .order_by(Alias::new("name"), Order::Asc)
        .take();
    let rows = on.query_all(&query).await?;
    rows.iter()
        .map(|row| {
            Ok(Applied {
                app: row.try_get("", "app")?,
                name: row.try_get("", "name")?,
                at: row.try_get("", "applied_at")?,
                checksum: row.try_get("", "checksum")?,
            })
        })
        .collect()
}

/// Notes that a migration was applied.
pub(crate) async fn record(on: &impl ConnectionTrait, applied: &Applied) -> Result<(), DbErr> {
    let insert = Query::insert()
        .into_table(Alias::new(TABLE))
        .columns(["app", "name", "applied_at", "checksum"].map(Alias::new))
        .values_panic([
            applied.app.as_str().into(),
            applied.name.as_str().into(),
            applied.at.into(),
            applied.checksum.as_str().into(),
        ])
        .take();
    on.execute(&insert).await.map(drop)
}

/// Notes that a migration was undone.
pub(crate) async fn forget(on: &impl ConnectionTrait, app: &str, name: &str) -> Result<(), DbErr> {
    let delete = Query::delete()
        .from_table(Alias::new(TABLE))
        .and_where(Expr::col(Alias::new("app")).eq(app))
        .and_where(Expr::col(Alias::new("name")).eq(name))
        .take();
    on.execute(&delete).await.map(drop)
}

/// Waits until no other node migrates, until the end of the transaction (PostgreSQL; SQLite has claimed the file).
pub(crate) async fn lock(on: &impl ConnectionTrait) -> Result<(), DbErr> {
    if on.get_database_backend() == DbBackend::Postgres {
        // Any number will do that nobody else takes: "grantwel" in ASCII.
        let key = i64::from_be_bytes(*b"grantwel");
        on.execute_raw(Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_advisory_xact_lock($1)",
            [key.into()],
        ))
        .await?;
    }
    Ok(())
}
