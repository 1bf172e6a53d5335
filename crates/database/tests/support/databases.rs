//! Gives a test an empty database of each kind, and removes it afterwards.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failure here is a failure of the test"
)]

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use grantwell_database::{Database, Options};
use sea_orm::ConnectionTrait;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Runs `test` on an empty SQLite file and, if `GRANTWELL_TEST_POSTGRES` is set, on an empty PostgreSQL database. The
/// test is given options, so that it can connect as often as it likes.
pub(crate) async fn each<F>(test: impl Fn(Options) -> F)
where
    F: Future<Output = ()>,
{
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.sqlite3");
    test(Options::new(format!("sqlite://{}", file.display()))).await;

    let Ok(base) = std::env::var("GRANTWELL_TEST_POSTGRES") else {
        println!("GRANTWELL_TEST_POSTGRES is not set: the PostgreSQL half is skipped");
        return;
    };
    let name =
        format!("database_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = Database::connect(&Options::new(&base)).await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    server.read().execute_unprepared(&create).await.unwrap();
    let (server_url, _) = base.rsplit_once('/').unwrap();
    let test = test(Options::new(format!("{server_url}/{name}")));
    let result = std::panic::AssertUnwindSafe(test).catch_unwind().await;
    server.read().execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
}

/// Executes statements in one write.
pub(crate) async fn execute(
    database: &Database,
    statements: &[&str],
) -> Result<(), grantwell_database::DatabaseError> {
    let statements: Vec<String> = statements.iter().map(|sql| (*sql).to_owned()).collect();
    database
        .write(move |transaction| {
            Box::pin(async move {
                for sql in &statements {
                    transaction.execute_unprepared(sql).await?;
                }
                Ok(())
            })
        })
        .await
}

/// The rows of `sql`, every value as text, `-` for null.
pub(crate) async fn rows(database: &Database, sql: &str) -> Vec<String> {
    let statement = sea_orm::Statement::from_string(database.kind().backend(), sql);
    let rows = database.read().query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| {
            let text = |at| {
                row.try_get_by_index::<Option<String>>(at).map(|value| value.unwrap_or("-".into()))
            };
            (0..row.column_names().len()).map(|at| text(at).unwrap()).collect::<Vec<_>>().join("|")
        })
        .collect()
}
