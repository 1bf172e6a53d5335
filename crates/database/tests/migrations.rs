//! Migrations on real databases: every operation forward and back, several nodes at once, and what is refused.

#![expect(clippy::unwrap_used, reason = "a failure in a helper is a failure of the test")]

#[path = "support/databases.rs"]
mod databases;

use databases::{each, execute, rows};
use grantwell_database::migration::{
    Action, Column, ColumnType, ForeignKey, Function, Index, Literal, Migration, MigrationError,
    Operation, Set, Target, check, migrate, plan, show, unapply,
};
use grantwell_database::{Database, Kind, Options};

const NOW: i64 = 1_790_000_000_000;

/// A set of an app, made from texts. It lives as long as the test program, as one from `migrations!()` does.
fn set(app: &'static str, files: &[(&str, String)]) -> Set {
    let files: Vec<(&'static str, &'static str)> = files
        .iter()
        .map(|(name, text)| {
            (
                &*Box::leak(name.to_string().into_boxed_str()),
                &*Box::leak(text.clone().into_boxed_str()),
            )
        })
        .collect();
    Set { app, files: Box::leak(files.into_boxed_slice()) }
}

fn text(operations: &[Operation]) -> String {
    Migration::text("test", operations).unwrap()
}

fn nullable(name: &str, kind: ColumnType) -> Column {
    Column { nullable: true, ..Column::new(name, kind) }
}

fn numbered() -> Column {
    Column { auto_increment: true, ..Column::new("id", ColumnType::BigInt) }
}

fn base() -> Vec<Operation> {
    let index = |name: &str, column: &str, unique| Index {
        name: name.into(),
        columns: vec![column.into()],
        unique,
    };
    vec![
        Operation::CreateTable {
            table: "owner".into(),
            primary_key: vec!["id".into()],
            columns: vec![numbered(), Column::new("email", ColumnType::String(100))],
            indexes: vec![index("owner_email_unique", "email", true)],
            foreign_keys: vec![],
        },
        Operation::CreateTable {
            table: "unicorn".into(),
            primary_key: vec!["id".into()],
            columns: vec![
                numbered(),
                Column::new("name", ColumnType::String(40)),
                Column::new("age", ColumnType::Integer),
                nullable("weight", ColumnType::Double),
                nullable("owner_id", ColumnType::BigInt),
                nullable("mother_id", ColumnType::BigInt),
                Column {
                    default: Some(Literal::Boolean(false)),
                    ..Column::new("retired", ColumnType::Boolean)
                },
            ],
            indexes: vec![index("unicorn_age_index", "age", false)],
            foreign_keys: vec![
                reference("owner_id", "owner", Action::Cascade),
                reference("mother_id", "unicorn", Action::SetNull),
            ],
        },
    ]
}

fn reference(column: &str, table: &str, on_delete: Action) -> ForeignKey {
    ForeignKey {
        name: format!("unicorn_{column}_foreign"),
        columns: vec![column.into()],
        references: table.into(),
        referenced_columns: vec!["id".into()],
        on_delete,
        on_update: Action::NoAction,
    }
}

const ROWS: [&str; 5] = [
    "INSERT INTO owner (email) VALUES ('a@example.org')",
    "INSERT INTO unicorn (name, age, weight, owner_id) VALUES ('Twilight', 7, 300.5, 1)",
    "INSERT INTO unicorn (name, age, mother_id) VALUES ('Flurry', 0, 1)",
    "INSERT INTO unicorn (name, age) VALUES ('Gone', 9)",
    "DELETE FROM unicorn WHERE name = 'Gone'",
];

/// The schema as the database itself describes it, without the order of columns.
async fn describe(database: &Database) -> Vec<String> {
    let sql = match database.kind() {
        Kind::Sqlite => {
            "SELECT m.name || ' column ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk || ' ' || \
             coalesce(c.dflt_value, '-') FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' \
             UNION ALL SELECT m.name || ' key ' || f.\"from\" || ' ' || f.\"table\" || ' ' || f.\"to\" || ' ' || \
             f.on_delete FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' \
             UNION ALL SELECT tbl_name || ' ' || sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1"
        }
        Kind::Postgres => {
            "SELECT table_name || ' column ' || column_name || ' ' || data_type || ' ' || \
             coalesce(character_maximum_length::text, '') || is_nullable || is_identity || coalesce(column_default, '-') \
             FROM information_schema.columns WHERE table_schema = 'public' \
             UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace AND contype <> 'n' \
             UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        }
    };
    rows(database, sql).await
}

async fn contents(database: &Database) -> Vec<String> {
    rows(
        database,
        "SELECT CAST(id AS text), name, CAST(age AS text), CAST(weight AS text), CAST(owner_id AS text), \
         CAST(mother_id AS text), CAST(CASE WHEN retired THEN 1 ELSE 0 END AS text) FROM unicorn ORDER BY id",
    )
    .await
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
/// Every operation with what it must look like to a reader afterwards: a query and its rows.
fn operations() -> Vec<(Operation, &'static str, &'static [&'static str])> {
    let (unicorn, owner) = (|| "unicorn".to_owned(), || "owner".to_owned());
    let add = |column: Column, fill| Operation::AddColumn { table: unicorn(), column, fill };
    let alter = |column: Column, fill| Operation::AlterColumn { table: unicorn(), column, fill };
    let names = "SELECT name FROM unicorn ORDER BY id";
    let both: &[&str] = &["Twilight", "Flurry"];
    vec![
        (
            add(nullable("horn", ColumnType::Integer), None),
            "SELECT CAST(horn AS text) FROM unicorn",
            &["-", "-"],
        ),
        (
            add(
                Column {
                    default: Some(Literal::Integer(3)),
                    ..Column::new("horn", ColumnType::Integer)
                },
                None,
            ),
            "SELECT CAST(horn AS text) FROM unicorn",
            &["3", "3"],
        ),
        (
            add(
                Column::new("colour", ColumnType::Text),
                Some(Literal::Text("it's \\ white".into())),
            ),
            "SELECT colour FROM unicorn",
            &["it's \\ white", "it's \\ white"],
        ),
        (
            add(
                Column {
                    default: Some(Literal::Function { function: Function::Timestamp }),
                    ..Column::new("seen", ColumnType::Timestamp)
                },
                None,
            ),
            "SELECT CAST(count(seen) AS text) FROM unicorn",
            &["2"],
        ),
        (
            add(Column::new("mark", ColumnType::Binary), Some(Literal::Text("00ff".into()))),
            "SELECT CAST(length(mark) AS text) FROM unicorn",
            &["2", "2"],
        ),
        (Operation::DropColumn { table: unicorn(), column: "weight".into() }, names, both),
        (
            Operation::RenameColumn { table: unicorn(), from: "age".into(), to: "years".into() },
            "SELECT CAST(years AS text) FROM unicorn ORDER BY id",
            &["7", "0"],
        ),
        (
            Operation::RenameColumn { table: owner(), from: "id".into(), to: "number".into() },
            "SELECT CAST(number AS text) FROM owner",
            &["1"],
        ),
        (
            alter(Column::new("age", ColumnType::BigInt), None),
            "SELECT CAST(age AS text) FROM unicorn ORDER BY id",
            &["7", "0"],
        ),
        (alter(Column::new("name", ColumnType::Text), None), names, both),
        (
            alter(Column::new("weight", ColumnType::Double), Some(Literal::Float(1.5))),
            "SELECT CAST(weight AS text) FROM unicorn ORDER BY id",
            &["300.5", "1.5"],
        ),
        (alter(nullable("age", ColumnType::Integer), None), names, both),
        (
            alter(
                Column {
                    default: Some(Literal::Text("x".into())),
                    ..Column::new("name", ColumnType::String(40))
                },
                None,
            ),
            names,
            both,
        ),
        (alter(Column::new("retired", ColumnType::Boolean), None), names, both),
        (
            Operation::AddIndex {
                table: unicorn(),
                index: Index {
                    name: "unicorn_name_age_unique".into(),
                    columns: vec!["name".into(), "age".into()],
                    unique: true,
                },
            },
            names,
            both,
        ),
        (Operation::DropIndex { table: unicorn(), index: "unicorn_age_index".into() }, names, both),
        (
            Operation::AddForeignKey {
                table: unicorn(),
                foreign_key: ForeignKey {
                    name: "second".into(),
                    ..reference("weight_owner", "owner", Action::Restrict)
                },
            },
            names,
            both,
        ),
        (
            Operation::DropForeignKey {
                table: unicorn(),
                foreign_key: "unicorn_owner_id_foreign".into(),
            },
            names,
            both,
        ),
        (
            Operation::RenameTable { from: unicorn(), to: "beast".into() },
            "SELECT name FROM beast ORDER BY id",
            both,
        ),
        (
            Operation::RenameTable { from: owner(), to: "person".into() },
            "SELECT email FROM person",
            &["a@example.org"],
        ),
        (
            Operation::CreateTable {
                table: "pair".into(),
                primary_key: vec!["a".into(), "b".into()],
                columns: vec![
                    Column::new("a", ColumnType::Uuid),
                    Column::new("b", ColumnType::Decimal(Some((10, 2)))),
                ],
                indexes: vec![],
                foreign_keys: vec![],
            },
            names,
            both,
        ),
        (
            Operation::Sql {
                sqlite: "UPDATE unicorn SET age = age + 1; UPDATE unicorn SET age = age + 1".into(),
                postgres: "UPDATE unicorn SET age = age + 1; UPDATE unicorn SET age = age + 1"
                    .into(),
                reverse_sqlite: Some("UPDATE unicorn SET age = age - 2".into()),
                reverse_postgres: Some("UPDATE unicorn SET age = age - 2".into()),
            },
            "SELECT CAST(age AS text) FROM unicorn ORDER BY id",
            &["9", "2"],
        ),
    ]
}

#[tokio::test]
async fn every_operation_is_executed_and_reversed_and_keeps_the_rows() {
    each(|options| async move {
        let database = Database::connect(&options).await.unwrap();
        let mut first = base();
        // A column for the second reference, with its own index so that a rebuild has both to keep.
        first.push(Operation::AddColumn { table: "unicorn".into(), column: nullable("weight_owner", ColumnType::BigInt), fill: None });
        let one = ("0001_initial", text(&first));
        migrate(&database, &[set("test", std::slice::from_ref(&one))], NOW, &mut |_| {}).await.unwrap();
        execute(&database, &ROWS).await.unwrap();
        let (schema, rows_before) = (describe(&database).await, contents(&database).await);
        for (operation, query, expected) in operations() {
            let both = [set("test", &[one.clone(), ("0002_next", text(std::slice::from_ref(&operation)))])];
            let done = migrate(&database, &both, NOW, &mut |_| {}).await.unwrap_or_else(|failed| panic!("{operation}: {failed}"));
            assert_eq!(done.len(), 1, "{operation}");
            assert_eq!(rows(&database, query).await, expected, "{operation} on {}", database.kind());
            // SQLite has one type for all whole numbers.
            let widens = matches!(&operation, Operation::AlterColumn { column, .. } if column.kind == ColumnType::BigInt);
            let invisible = matches!(operation, Operation::Sql { .. }) || (widens && database.kind() == Kind::Sqlite);
            if !invisible {
                assert_ne!(describe(&database).await, schema, "{operation} on {}", database.kind());
            }
            let back = unapply(&database, &both, "test", &Target::Migration("0001".into()), &mut |_| {}).await;
            assert_eq!(back.unwrap_or_else(|failed| panic!("back: {operation}: {failed}")).len(), 1);
            assert_eq!(describe(&database).await, schema, "back: {operation} on {}", database.kind());
            let after = contents(&database).await;
            if matches!(&operation, Operation::DropColumn { .. }) {
                assert_eq!(after.len(), rows_before.len());
                execute(&database, &["UPDATE unicorn SET weight = 300.5 WHERE id = 1"]).await.unwrap();
            } else if matches!(&operation, Operation::AlterColumn { column, .. } if column.name == "weight") {
                execute(&database, &["UPDATE unicorn SET weight = NULL WHERE id = 2"]).await.unwrap();
            } else {
                assert_eq!(after, rows_before, "back: {operation} on {}", database.kind());
            }
        }
        // Rebuilt a dozen times: numbers are not given out twice, the references still hold.
        execute(&database, &["INSERT INTO unicorn (name, age, owner_id) VALUES ('New', 1, 1)"]).await.unwrap();
        assert_eq!(rows(&database, "SELECT CAST(id AS text) FROM unicorn WHERE name = 'New'").await, ["4"]);
        assert!(execute(&database, &["INSERT INTO unicorn (name, age, owner_id) VALUES ('x', 1, 77)"]).await.is_err());
        execute(&database, &["DELETE FROM owner"]).await.unwrap();
        assert_eq!(rows(&database, "SELECT name FROM unicorn").await, ["Flurry"]);
        assert_eq!(rows(&database, "SELECT CAST(mother_id AS text) FROM unicorn").await, ["-"]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn tables_are_dropped_and_come_back_empty() {
    each(|options| async move {
        let database = Database::connect(&options).await.unwrap();
        let drops = ["unicorn", "owner"].map(|table| Operation::DropTable { table: table.into() });
        let sets = [set("test", &[("0001_initial", text(&base())), ("0002_drop", text(&drops))])];
        migrate(&database, &[set("test", &[("0001_initial", text(&base()))])], NOW, &mut |_| {})
            .await
            .unwrap();
        execute(&database, &ROWS).await.unwrap();
        let schema = describe(&database).await;
        migrate(&database, &sets, NOW, &mut |_| {}).await.unwrap();
        assert!(!describe(&database).await.iter().any(|line| line.contains("unicorn")));
        unapply(&database, &sets, "test", &Target::Migration("0001_initial".into()), &mut |_| {})
            .await
            .unwrap();
        assert_eq!(describe(&database).await, schema);
        assert!(contents(&database).await.is_empty());
        unapply(&database, &sets, "test", &Target::Zero, &mut |_| {}).await.unwrap();
        assert!(!describe(&database).await.iter().any(|line| line.contains("unicorn")));
        database.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_nodes_that_start_at_once_apply_each_migration_once() {
    each(|options| async move {
        let mut files = vec![("0001_initial", text(&base()))];
        let names = ["0002_a", "0003_b", "0004_c", "0005_d"];
        for name in names {
            let column = Column::new(name, ColumnType::Integer);
            let fill = Some(Literal::Integer(1));
            files.push((
                name,
                text(&[Operation::AddColumn { table: "unicorn".into(), column, fill }]),
            ));
        }
        let sets = [set("test", &files)];
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let options: Options = options.clone();
                tokio::spawn(async move {
                    let database = Database::connect(&options).await.unwrap();
                    let done = migrate(&database, &sets, NOW, &mut |_| {}).await.unwrap().len();
                    check(&database, &sets).await.unwrap();
                    database.close().await;
                    done
                })
            })
            .collect();
        let mut done = 0;
        for node in nodes {
            done += node.await.unwrap();
        }
        assert_eq!(done, 5);
    })
    .await;
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    each(|options| async move {
        let database = Database::connect(&options).await.unwrap();
        let one = ("0001_initial", text(&base()));
        migrate(&database, &[set("test", std::slice::from_ref(&one))], NOW, &mut |_| {})
            .await
            .unwrap();
        execute(&database, &ROWS).await.unwrap();
        let schema = describe(&database).await;
        let column = || nullable("horn", ColumnType::Integer);
        let add = || Operation::AddColumn { table: "unicorn".into(), column: column(), fill: None };
        let orphan = Operation::Sql {
            sqlite: "UPDATE unicorn SET age = 4242".into(),
            postgres: "UPDATE unicorn SET age = 4242".into(),
            reverse_sqlite: None,
            reverse_postgres: None,
        };
        let key =
            ForeignKey { name: "age_owner".into(), ..reference("age", "owner", Action::NoAction) };
        let reference = Operation::AddForeignKey { table: "unicorn".into(), foreign_key: key };
        let must = Operation::AddColumn {
            table: "unicorn".into(),
            column: Column::new("must", ColumnType::Text),
            fill: None,
        };
        let wrong = Operation::Sql {
            sqlite: "SELEC".into(),
            postgres: "SELEC".into(),
            reverse_sqlite: None,
            reverse_postgres: None,
        };
        for operations in [vec![add(), orphan, reference], vec![add(), must], vec![add(), wrong]] {
            let sets = [set("test", &[one.clone(), ("0002_bad", text(&operations))])];
            let refused = migrate(&database, &sets, NOW, &mut |_| {}).await.unwrap_err();
            assert!(
                matches!(&refused, MigrationError::Apply { name, .. } if name == "0002_bad"),
                "{refused}"
            );
            assert_eq!(describe(&database).await, schema);
            assert_eq!(
                rows(&database, "SELECT CAST(age AS text) FROM unicorn ORDER BY id").await,
                ["7", "0"]
            );
        }
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn edited_unknown_misplaced_and_pending_migrations_are_told_apart() {
    each(|options| async move {
        let database = Database::connect(&options).await.unwrap();
        let column = |name: &str| {
            text(&[Operation::AddColumn {
                table: "unicorn".into(),
                column: nullable(name, ColumnType::Text),
                fill: None,
            }])
        };
        let first = ("0001_initial", text(&base()));
        let (second, third) = (("0002_a", column("a")), ("0003_b", column("b")));
        let all = [set("test", &[first.clone(), second.clone(), third.clone()])];
        assert!(matches!(check(&database, &all).await, Err(MigrationError::Pending(3))));
        let waiting = plan(&database, &all).await.unwrap();
        assert_eq!(
            waiting.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
            ["0001_initial", "0002_a", "0003_b"]
        );
        assert_eq!(waiting.steps[1].operations, ["Add column a to unicorn"]);
        assert!(
            waiting.steps[1].sql[0].starts_with("ALTER TABLE \"unicorn\" ADD COLUMN \"a\" text")
        );
        assert!(describe(&database).await.is_empty(), "a plan changes nothing");

        let one = [set("test", std::slice::from_ref(&first))];
        migrate(&database, &one, NOW, &mut |_| {}).await.unwrap();
        check(&database, &one).await.unwrap();
        let shown = show(&database, &all).await.unwrap();
        assert_eq!(
            shown.iter().map(|entry| entry.applied_at).collect::<Vec<_>>(),
            [Some(NOW), None, None]
        );

        // What a checkout makes of line endings is no edit; a comment is.
        let windows = [set("test", &[("0001_initial", first.1.replace('\n', "\r\n"))])];
        check(&database, &windows).await.unwrap();
        let edited = [set("test", &[("0001_initial", format!("{}# more\n", first.1))])];
        assert!(matches!(
            migrate(&database, &edited, NOW, &mut |_| {}).await,
            Err(MigrationError::Edited { .. })
        ));

        migrate(&database, &[set("test", &[first.clone(), third.clone()])], NOW, &mut |_| {})
            .await
            .unwrap();
        assert!(matches!(
            migrate(&database, &one, NOW, &mut |_| {}).await,
            Err(MigrationError::Unknown { .. })
        ));
        let misplaced = migrate(&database, &all, NOW, &mut |_| {}).await.unwrap_err();
        assert!(
            matches!(&misplaced, MigrationError::OutOfOrder { name, .. } if name == "0002_a"),
            "{misplaced}"
        );

        let lost =
            unapply(&database, &all, "nobody", &Target::Zero, &mut |_| {}).await.unwrap_err();
        assert!(lost.to_string().contains("there are: test"), "{lost}");
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_undone_says_so_before_anything_is_undone() {
    each(|options| async move {
        let database = Database::connect(&options).await.unwrap();
        let once = Operation::Sql {
            sqlite: "UPDATE unicorn SET age = 1".into(),
            postgres: "UPDATE unicorn SET age = 1".into(),
            reverse_sqlite: None,
            reverse_postgres: None,
        };
        let widen = Operation::AlterColumn { table: "unicorn".into(), column: Column::new("age", ColumnType::Double), fill: None };
        for operation in [once, widen] {
            let add = Operation::AddColumn { table: "unicorn".into(), column: nullable("a", ColumnType::Text), fill: None };
            let files = [("0001_initial", text(&base())), ("0002_once", text(&[operation])), ("0003_a", text(&[add]))];
            let sets = [set("test", &files)];
            migrate(&database, &sets, NOW, &mut |_| {}).await.unwrap();
            let schema = describe(&database).await;
            let refused = unapply(&database, &sets, "test", &Target::Zero, &mut |_| {}).await.unwrap_err();
            assert!(matches!(&refused, MigrationError::Irreversible { name, .. } if name == "0002_once"), "{refused}");
            assert_eq!(describe(&database).await, schema);
            execute(&database, &["DROP TABLE unicorn", "DROP TABLE owner", "DELETE FROM grantwell_migration"]).await.unwrap();
        }
        database.close().await;
    })
    .await;
}
