//! Writes: the lane of SQLite and the transactions of PostgreSQL answer alike.

#![expect(clippy::unwrap_used, reason = "a failure in a helper is a failure of the test")]

#[path = "support/databases.rs"]
mod databases;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use databases::{each, execute, rows};
use grantwell_database::{Database, DatabaseError, Kind, Options};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, InsertStatement, Query};
use sea_orm::{ConnectionTrait, TransactionTrait};

async fn with_table(options: &Options) -> Database {
    let database = Database::connect(options).await.unwrap();
    execute(
        &database,
        &[
            "CREATE TABLE herd (id integer PRIMARY KEY)",
            "CREATE TABLE unicorn (id integer PRIMARY KEY, herd_id integer REFERENCES herd (id), name text NOT NULL, \
             age integer)",
            "CREATE UNIQUE INDEX unicorn_name ON unicorn (name, age)",
        ],
    )
    .await
    .unwrap();
    database
}

fn insert(id: i32, name: &str) -> InsertStatement {
    let columns = ["id", "name", "age"].map(Alias::new);
    Query::insert()
        .into_table(Alias::new("unicorn"))
        .columns(columns)
        .values_panic([id.into(), name.into(), 1.into()])
        .take()
}

async fn names(database: &Database) -> Vec<String> {
    rows(database, "SELECT name FROM unicorn ORDER BY id").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_writes_are_all_kept_and_each_failure_undoes_only_itself() {
    each(|options| async move {
        let database = with_table(&options).await;
        let tasks: Vec<_> = (0..60)
            .map(|id| {
                let database = database.clone();
                tokio::spawn(async move {
                    database
                        .write::<_, DatabaseError, _>(move |transaction| {
                            Box::pin(async move {
                                transaction.execute(&insert(id, &format!("n{id:02}"))).await?;
                                if id % 3 == 1 {
                                    return Err(DatabaseError::Busy("on purpose".into()));
                                }
                                assert!(id % 3 != 2, "on purpose");
                                Ok(id)
                            })
                        })
                        .await
                })
            })
            .collect();
        for (id, task) in (0..).zip(tasks) {
            let answer = task.await.unwrap();
            match id % 3 {
                0 => assert_eq!(answer.unwrap(), id),
                1 => assert!(
                    matches!(answer, Err(DatabaseError::Busy(reason)) if reason == "on purpose")
                ),
                _ => assert!(matches!(answer, Err(DatabaseError::Panicked))),
            }
        }
        let expected: Vec<_> = (0..60).step_by(3).map(|id| format!("n{id:02}")).collect();
        assert_eq!(names(&database).await, expected);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_violated_rule_is_the_same_error_on_both() {
    each(|options| async move {
        let database = with_table(&options).await;
        database.execute_write(&insert(1, "Twilight")).await.unwrap();
        let refused = database.execute_write(&insert(2, "Twilight")).await.unwrap_err();
        assert!(
            matches!(&refused, DatabaseError::Unique { table, columns } if table == "unicorn" && columns == &["name", "age"]),
            "{refused:?}"
        );
        let refused = database.execute_write(&insert(1, "Rarity")).await.unwrap_err();
        assert!(matches!(&refused, DatabaseError::Unique { columns, .. } if columns == &["id"]), "{refused:?}");
        let refused = execute(&database, &["INSERT INTO unicorn (id, herd_id, name) VALUES (3, 99, 'x')"]).await;
        assert!(matches!(refused, Err(DatabaseError::ForeignKey)), "{refused:?}");
        execute(&database, &["INSERT INTO herd VALUES (1)", "INSERT INTO unicorn (id, herd_id, name) VALUES (4, 1, 'y')"])
            .await
            .unwrap();
        let refused = execute(&database, &["DELETE FROM herd"]).await;
        assert!(matches!(refused, Err(DatabaseError::ForeignKey)), "{refused:?}");
        let refused = execute(&database, &["INSERT INTO unicorn (id) VALUES (5)"]).await;
        let expected = |table: &str, column: &str| table == "unicorn" && column == "name";
        assert!(matches!(&refused, Err(DatabaseError::NotNull { table, column }) if expected(table, column)), "{refused:?}");
        assert_eq!(names(&database).await, ["Twilight", "y"]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_guarded_update_tells_how_many_rows_it_touched_or_returns_the_row() {
    each(|options| async move {
        let database = with_table(&options).await;
        database.execute_write(&insert(1, "Twilight")).await.unwrap();
        let update = |age: i32| {
            Query::update()
                .table(Alias::new("unicorn"))
                .value(Alias::new("age"), age + 1)
                .and_where(Expr::col(Alias::new("age")).eq(age))
                .take()
        };
        assert_eq!(database.execute_write(&update(1)).await.unwrap(), 1);
        assert_eq!(database.execute_write(&update(1)).await.unwrap(), 0);
        let returning = update(2).returning_col(Alias::new("age")).take();
        let row = database.query_write(&returning).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i32>("", "age").unwrap(), 3);
        assert!(database.query_write(&returning).await.unwrap().is_none());
        assert_eq!(rows(&database, "SELECT CAST(age AS text) FROM unicorn").await, ["3"]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_write_inside_a_write_is_refused_and_a_stuck_one_ends() {
    each(|mut options| async move {
        options.transaction_timeout = Duration::from_millis(300);
        let database = with_table(&options).await;
        let inner = database.clone();
        let nested = database
            .write::<(), DatabaseError, _>(move |_| {
                Box::pin(async move { inner.execute_write(&insert(1, "inner")).await.map(drop) })
            })
            .await;
        assert!(matches!(nested, Err(DatabaseError::Nested)), "{nested:?}");
        let stuck = database
            .write::<(), DatabaseError, _>(|transaction| {
                Box::pin(async move {
                    transaction.execute(&insert(2, "stuck")).await?;
                    std::future::pending().await
                })
            })
            .await;
        assert!(matches!(stuck, Err(DatabaseError::Timeout(_))), "{stuck:?}");
        database.execute_write(&insert(3, "after")).await.unwrap();
        assert_eq!(names(&database).await, ["after"]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_nested_transaction_of_the_author_rolls_back_alone() {
    each(|options| async move {
        let database = with_table(&options).await;
        database
            .write::<(), DatabaseError, _>(|transaction| {
                Box::pin(async move {
                    transaction.execute(&insert(1, "outer")).await?;
                    let inner = transaction.begin().await?;
                    inner.execute(&insert(2, "inner")).await?;
                    inner.rollback().await?;
                    let dropped = transaction.begin().await?;
                    dropped.execute(&insert(3, "dropped")).await?;
                    drop(dropped);
                    transaction.execute(&insert(4, "last")).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert_eq!(names(&database).await, ["outer", "last"]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_work_of_a_caller_that_went_away_is_done() {
    each(|options| async move {
        let database = with_table(&options).await;
        let (started, begun) = tokio::sync::oneshot::channel();
        let call = database.write::<(), DatabaseError, _>(|transaction| {
            Box::pin(async move {
                started.send(()).unwrap();
                tokio::time::sleep(Duration::from_millis(50)).await;
                transaction.execute(&insert(1, "kept")).await?;
                Ok(())
            })
        });
        tokio::select! { _ = call => panic!("it sleeps first"), _ = begun => {} }
        for _ in 0..100 {
            if names(&database).await == ["kept"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the row never came");
    })
    .await;
}

#[tokio::test]
async fn closing_finishes_what_waits_and_refuses_what_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(format!("sqlite://{}/x.sqlite3", folder.path().display()));
    let database = with_table(&options).await;
    let waiting: Vec<_> = (0..20)
        .map(|id| {
            let database = database.clone();
            tokio::spawn(
                async move { database.execute_write(&insert(id, &format!("n{id}"))).await },
            )
        })
        .collect();
    tokio::task::yield_now().await;
    database.close().await;
    let late = database.execute_write(&insert(99, "late")).await;
    assert!(matches!(late, Err(DatabaseError::Unavailable(_))), "{late:?}");
    let mut kept = 0;
    for task in waiting {
        kept += usize::from(task.await.unwrap().is_ok());
    }
    let again = Database::connect(&options).await.unwrap();
    assert_eq!(names(&again).await.len(), kept);
    assert_eq!(kept, 20);
}

#[tokio::test]
async fn a_full_queue_is_busy() {
    let mut options = Options::new("sqlite::memory:");
    options.lane_queue = 1;
    let database = with_table(&options).await;
    let (started, begun) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let slow = database.clone();
    let slow = tokio::spawn(async move {
        slow.write::<(), DatabaseError, _>(|_| {
            Box::pin(async move {
                started.send(()).unwrap();
                released.await.unwrap();
                Ok(())
            })
        })
        .await
    });
    begun.await.unwrap();
    let queued = database.clone();
    let queued = tokio::spawn(async move { queued.execute_write(&insert(1, "queued")).await });
    tokio::task::yield_now().await;
    let refused = database.execute_write(&insert(2, "refused")).await;
    assert!(matches!(refused, Err(DatabaseError::Busy(_))), "{refused:?}");
    release.send(()).unwrap();
    slow.await.unwrap().unwrap();
    queued.await.unwrap().unwrap();
    assert_eq!(names(&database).await, ["queued"]);
}

#[tokio::test]
async fn the_read_pool_of_sqlite_refuses_to_write_and_sees_every_commit() {
    let database = with_table(&Options::new("sqlite::memory:")).await;
    assert!(database.read().execute(&insert(1, "x")).await.is_err());
    for id in 0..30 {
        database.execute_write(&insert(id, &format!("n{id}"))).await.unwrap();
        assert_eq!(names(&database).await.len(), usize::try_from(id).unwrap() + 1);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_a_new_sqlite_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let database =
        with_table(&Options::new(format!("sqlite://{}/x.sqlite3", folder.path().display()))).await;
    database.execute_write(&insert(1, "x")).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 2, "the log has its own file");
    for file in files {
        assert_eq!(
            file.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{:?}",
            file.path()
        );
    }
}

#[tokio::test]
async fn two_programs_share_one_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(format!("sqlite://{}/x.sqlite3", folder.path().display()));
    let first = with_table(&options).await;
    let second = Database::connect(&options).await.unwrap();
    let write = |database: Database, from: i32| {
        tokio::spawn(async move {
            for id in from..from + 50 {
                database.execute_write(&insert(id, &format!("n{id}"))).await.unwrap();
            }
        })
    };
    let (one, two) = (write(first.clone(), 0), write(second.clone(), 1000));
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(names(&first).await.len(), 100);
}

#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_is_told_to_everybody_and_the_next_one_works() {
    let database = with_table(&Options::new("sqlite::memory:")).await;
    let (started, begun) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let first = database.clone();
    let first = tokio::spawn(async move {
        first
            .write::<(), DatabaseError, _>(|_| {
                Box::pin(async move {
                    started.send(()).unwrap();
                    released.await.unwrap();
                    Ok(())
                })
            })
            .await
    });
    begun.await.unwrap();
    // These two are one batch. ROLLBACK inside takes the whole transaction away, as a full disk would.
    let healthy = database.clone();
    let healthy = tokio::spawn(async move { healthy.execute_write(&insert(1, "healthy")).await });
    tokio::task::yield_now().await;
    let fatal = database.clone();
    let fatal = tokio::spawn(async move { execute(&fatal, &["ROLLBACK"]).await });
    tokio::task::yield_now().await;
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    assert!(healthy.await.unwrap().is_err(), "an answer must not say that a lost row was kept");
    assert!(fatal.await.unwrap().is_err());
    database.execute_write(&insert(2, "after")).await.unwrap();
    assert_eq!(names(&database).await, ["after"]);
}

#[tokio::test]
async fn a_database_that_is_away_is_told_in_time() {
    let mut options = Options::new("postgres://postgres@127.0.0.1:1/none");
    options.acquire_timeout = Duration::from_millis(400);
    let before = Instant::now();
    let refused = Database::connect(&options).await.unwrap_err();
    assert!(refused.is_unavailable(), "{refused:?}");
    assert!(before.elapsed() < Duration::from_secs(2));
    let refused = Database::connect(&Options::new("sqlite:///no/such/folder/x")).await.unwrap_err();
    assert!(refused.to_string().contains("/no/such/folder"), "{refused}");
}

/// A way to PostgreSQL that can be blocked.
async fn pipe(port: u16, server: String) -> (tokio::task::JoinHandle<()>, u16) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut both = tokio::task::JoinSet::new();
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = tokio::net::TcpStream::connect(&server).await.unwrap();
            both.spawn(
                async move { tokio::io::copy_bidirectional(&mut client, &mut server).await },
            );
        }
    });
    (task, port)
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_quickly_and_found_again() {
    each(|mut options| async move {
        if Kind::of_url(&options.url).unwrap() == Kind::Sqlite {
            return;
        }
        let address = options.url.split_once('@').unwrap().1.split_once('/').unwrap().0.to_owned();
        let (way, port) = pipe(0, address.clone()).await;
        options.url = options.url.replace(&address, &format!("127.0.0.1:{port}"));
        options.acquire_timeout = Duration::from_millis(300);
        let database = with_table(&options).await;
        way.abort();
        assert!(way.await.is_err());
        for _ in 0..3 {
            let begin = Instant::now();
            let refused = database.execute_write(&insert(1, "lost")).await.unwrap_err();
            assert!(refused.is_unavailable(), "{refused:?}");
            assert!(database.ping().await.unwrap_err().is_unavailable());
            assert!(execute(&database, &["SELECT 1"]).await.unwrap_err().is_unavailable());
            assert!(begin.elapsed() < Duration::from_secs(2));
        }
        let (_way, _) = pipe(port, address).await;
        database.execute_write(&insert(2, "found")).await.unwrap();
        assert_eq!(names(&database).await, ["found"]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn connections_that_the_server_cut_are_replaced() {
    each(|options| async move {
        if Kind::of_url(&options.url).unwrap() == Kind::Sqlite {
            return;
        }
        let database = with_table(&options).await;
        let other = Database::connect(&options).await.unwrap();
        database.ping().await.unwrap();
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        other.read().execute_unprepared(cut).await.unwrap();
        execute(&database, &["INSERT INTO herd VALUES (1)"]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_column_that_another_node_changed_is_read_after_one_refusal() {
    each(|options| async move {
        let (database, other) =
            (with_table(&options).await, Database::connect(&options).await.unwrap());
        if database.kind() == Kind::Sqlite {
            return;
        }
        database.execute_write(&insert(1, "x")).await.unwrap();
        let age = Query::select().column(Alias::new("age")).from(Alias::new("unicorn")).take();
        for _ in 0..3 {
            database.read().query_all(&age).await.unwrap();
        }
        other
            .read()
            .execute_unprepared("ALTER TABLE unicorn ALTER COLUMN age TYPE bigint")
            .await
            .unwrap();
        let refused = DatabaseError::from(database.read().query_all(&age).await.unwrap_err());
        assert!(refused.is_unavailable(), "{refused:?}");
        let row = database.read().query_one(&age).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i64>("", "age").unwrap(), 1);
    })
    .await;
}

/// Prints durable inserts per second; run it with `--run-ignored all --no-capture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn measure_the_lane_against_a_commit_per_row() {
    let folder = tempfile::tempdir().unwrap();
    for callers in [1_usize, 64] {
        for lane in [false, true] {
            let mut options =
                Options::new(format!("sqlite://{}/{callers}{lane}", folder.path().display()));
            options.lane_batch = if lane { 256 } else { 1 };
            let database = with_table(&options).await;
            let (next, begin) = (Arc::new(AtomicUsize::new(0)), Instant::now());
            let tasks: Vec<_> = (0..callers)
                .map(|_| {
                    let (database, next) = (database.clone(), next.clone());
                    tokio::spawn(async move {
                        while begin.elapsed() < Duration::from_secs(2) {
                            let id = i32::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap();
                            database.execute_write(&insert(id, &format!("n{id}"))).await.unwrap();
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            let what = if lane { "lane" } else { "commit per row" };
            let per_second =
                next.load(Ordering::Relaxed) as u128 * 1000 / begin.elapsed().as_millis();
            println!("{callers} callers, {what}: {per_second} durable inserts/s");
        }
    }
}
