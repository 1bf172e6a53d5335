//! makemigrations: from entities to files, and from any schema to any other.

#![expect(clippy::unwrap_used, reason = "a failure in a helper is a failure of the test")]
#![expect(unreachable_pub, reason = "sea-orm's derives want `pub`")]

#[path = "support/databases.rs"]
mod databases;

use std::path::Path;

use databases::{each, execute, rows};
use grantwell_database::migration::{
    Action, Answer, Answers, Column, ColumnType, Entities, Flags, Folder, ForeignKey, Index,
    Literal, Migration, MigrationError, Operation, Order, Question, Set, State, Table, Target,
    diff, make, migrate, unapply,
};
use grantwell_database::{Database, Options};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

mod first {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "unicorn")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique)]
        pub nick: String,
        pub age: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod owner {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "owner")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub email: String,
        #[sea_orm(has_many)]
        pub unicorns: HasMany<super::second::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod second {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "unicorn")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique, column_type = "String(StringLen::N(40))")]
        pub name: String,
        pub age: i64,
        pub weight: Option<f64>,
        #[sea_orm(default_value = false)]
        pub retired: bool,
        #[sea_orm(default_value = "plain", indexed)]
        pub horn: String,
        #[sea_orm(default_expr = "Expr::current_timestamp()")]
        pub seen: DateTimeUtc,
        pub born: Option<Date>,
        pub wakes: Option<Time>,
        pub price: Option<Decimal>,
        pub data: Option<Json>,
        pub photo: Option<Vec<u8>>,
        #[sea_orm(unique_key = "place")]
        pub herd: i16,
        #[sea_orm(unique_key = "place")]
        pub place: i32,
        pub owner_id: Option<Uuid>,
        #[sea_orm(belongs_to, from = "owner_id", to = "id", on_delete = "Cascade")]
        pub owner: HasOne<super::owner::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod renamed {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "unicorn")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        #[sea_orm(unique, renamed_from = "nick")]
        pub name: String,
        pub age: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn order() -> Order {
    Order { app: "stable".into(), ..Order::default() }
}

/// What is in the folder, as `migrations!()` would put it into a program.
fn set(folder: &Path) -> Set {
    let migrations = Folder::open(folder, "stable").unwrap();
    let files = migrations.migrations().iter().map(|migration| {
        let text =
            std::fs::read_to_string(folder.join(format!("{}.toml", migration.name))).unwrap();
        (&*Box::leak(migration.name.clone().into_boxed_str()), &*Box::leak(text.into_boxed_str()))
    });
    Set { app: "stable", files: Box::leak(files.collect::<Vec<_>>().into_boxed_slice()) }
}

fn entities() -> Entities {
    Entities::new().add::<owner::Entity>().add::<second::Entity>()
}

#[tokio::test]
async fn entities_become_files_and_files_become_tables_and_no_change_becomes_nothing() {
    each(|options| async move {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("migrations");
        let start = Entities::new().add::<first::Entity>();
        let check = Order { dry_run: true, ..order() };
        let told = make(&folder, &check, &start, &mut Flags::default()).unwrap();
        assert!(!told.is_up_to_date() && !folder.exists(), "a dry run writes nothing");
        let made = make(&folder, &order(), &start, &mut Flags::default()).unwrap();
        assert_eq!(made.name.as_deref(), Some("0001_initial"));
        assert!(make(&folder, &check, &start, &mut Flags::default()).unwrap().is_up_to_date());

        let database = Database::connect(&options).await.unwrap();
        migrate(&database, &[set(&folder)], 1, &mut |_| {}).await.unwrap();
        execute(&database, &["INSERT INTO unicorn (nick, age) VALUES ('Twilight', 7)"])
            .await
            .unwrap();

        // Every question at once, each with the flag that answers it.
        let open =
            make(&folder, &order(), &entities(), &mut Flags::default()).unwrap_err().to_string();
        for flag in
            ["--rename unicorn.nick=name", "--drop unicorn.nick", "--default unicorn.herd=VALUE"]
        {
            assert!(open.contains(flag), "{flag} is not in: {open}");
        }
        let mut flags = Flags::default();
        flags.rename("unicorn.nick=name").unwrap();
        flags.default_value("unicorn.herd=3").unwrap();
        flags.default_value("unicorn.place=4").unwrap();
        let made = make(&folder, &order(), &entities(), &mut flags).unwrap();
        assert!(
            made.name.as_deref().unwrap().starts_with("0002_rename_unicorn_nick_name"),
            "{:?}",
            made.name
        );
        assert!(make(&folder, &check, &entities(), &mut Flags::default()).unwrap().is_up_to_date());
        assert_eq!(Folder::open(&folder, "stable").unwrap().state().unwrap().tables.len(), 2);

        migrate(&database, &[set(&folder)], 2, &mut |_| {}).await.unwrap();
        let query = "SELECT name, CAST(herd AS text), CAST(place AS text), horn FROM unicorn";
        assert_eq!(rows(&database, query).await, ["Twilight|3|4|plain"]);
        reads_and_writes_through_the_entities(&database).await;
        execute(&database, &["DELETE FROM owner"]).await.unwrap();
        assert_eq!(rows(&database, "SELECT name FROM unicorn").await, ["Twilight"]);

        unapply(
            &database,
            &[set(&folder)],
            "stable",
            &Target::Migration("0001".into()),
            &mut |_| {},
        )
        .await
        .unwrap();
        assert_eq!(rows(&database, "SELECT nick FROM unicorn").await, ["Twilight"]);
        database.close().await;
    })
    .await;
}

/// The types of the tables are those that sea-orm expects.
async fn reads_and_writes_through_the_entities(database: &Database) {
    use sea_orm::prelude::{Date, DateTimeUtc, Decimal, Json, Time, Uuid};
    use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
    let id = Uuid::from_u128(7);
    let written = database
        .write::<_, grantwell_database::DatabaseError, _>(move |transaction| {
            Box::pin(async move {
                let keeper = owner::ActiveModel { id: Set(id), email: Set("a@example.org".into()) };
                keeper.insert(transaction).await?;
                let rarity = second::ActiveModel {
                    name: Set("Rarity".into()),
                    age: Set(1 << 40),
                    weight: Set(Some(1.25)),
                    seen: Set(DateTimeUtc::default()),
                    born: Set(Some(Date::from_ymd_opt(2020, 2, 29).unwrap())),
                    wakes: Set(Some(Time::from_hms_opt(6, 30, 0).unwrap())),
                    price: Set(Some(Decimal::new(1250, 2))),
                    data: Set(Some(Json::from(vec!["a", "b"]))),
                    photo: Set(Some(vec![0, 255])),
                    herd: Set(1),
                    place: Set(2),
                    owner_id: Set(Some(id)),
                    ..Default::default()
                };
                Ok(rarity.insert(transaction).await?)
            })
        })
        .await
        .unwrap();
    let read = second::Entity::find_by_id(written.id).one(database.read()).await.unwrap().unwrap();
    assert_eq!(read, written);
    assert_eq!(
        (read.horn.as_str(), read.retired, read.photo),
        ("plain", false, Some(vec![0, 255]))
    );
}

#[test]
fn renamed_from_in_an_entity_answers_the_question() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), &order(), &Entities::new().add::<first::Entity>(), &mut Flags::default())
        .unwrap();
    let made = make(
        folder.path(),
        &order(),
        &Entities::new().add::<renamed::Entity>(),
        &mut Flags::default(),
    )
    .unwrap();
    assert_eq!(made.operations.len(), 1);
    assert!(
        matches!(&made.operations[0], Operation::RenameColumn { from, to, .. } if from == "nick" && to == "name")
    );
}

#[test]
fn the_file_is_what_a_reviewer_reads() {
    let folder = tempfile::tempdir().unwrap();
    let made = make(
        folder.path(),
        &order(),
        &Entities::new().add::<first::Entity>(),
        &mut Flags::default(),
    )
    .unwrap();
    let expected = r#"# Applied once and then never edited: make a new migration instead.

# Create table unicorn
[[operation]]
op = "create_table"
table = "unicorn"
primary_key = ["id"]

[[operation.column]]
name = "id"
type = "big_int"
auto_increment = true

[[operation.column]]
name = "nick"
type = "text"

[[operation.column]]
name = "age"
type = "integer"

[[operation.index]]
name = "unicorn_nick_unique"
columns = ["nick"]
unique = true
"#;
    assert_eq!(made.text, expected);
}

#[test]
fn a_folder_that_does_not_fit_its_index_is_refused_and_an_edit_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Entities::new().add::<first::Entity>();
    make(folder.path(), &order(), &start(), &mut Flags::default()).unwrap();
    let stranger = folder.path().join("0002_mine.toml");
    std::fs::write(&stranger, "").unwrap();
    assert!(
        Folder::open(folder.path(), "stable").unwrap_err().to_string().contains("does not list it")
    );
    std::fs::remove_file(&stranger).unwrap();
    assert!(
        Folder::open(folder.path(), "other")
            .unwrap_err()
            .to_string()
            .contains("of stable, not of other")
    );

    let file = folder.path().join("0001_initial.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{text}# a remark\n")).unwrap();
    let check = Order { dry_run: true, ..order() };
    assert!(!make(folder.path(), &check, &start(), &mut Flags::default()).unwrap().is_up_to_date());
    assert_eq!(
        make(folder.path(), &order(), &start(), &mut Flags::default()).unwrap().edited,
        ["0001_initial"]
    );
    assert!(make(folder.path(), &check, &start(), &mut Flags::default()).unwrap().is_up_to_date());

    let empty = Order { empty: true, name: Some("count_horns".into()), ..order() };
    let made = make(folder.path(), &empty, &start(), &mut Flags::default()).unwrap();
    assert_eq!(made.name.as_deref(), Some("0002_count_horns"));
    std::fs::remove_file(made.path.unwrap()).unwrap();
    assert!(
        Folder::open(folder.path(), "stable")
            .unwrap_err()
            .to_string()
            .contains("0002_count_horns.toml")
    );
    let index = folder.path().join("index.toml");
    let conflict = format!("<<<<<<< HEAD\n{}", std::fs::read_to_string(&index).unwrap());
    std::fs::write(&index, conflict).unwrap();
    assert!(
        Folder::open(folder.path(), "stable")
            .unwrap_err()
            .to_string()
            .contains("keep the entries of both")
    );
}

#[test]
fn what_a_migration_cannot_hold_is_refused_with_a_way_out() {
    let id =
        |kind| Column { auto_increment: kind == ColumnType::BigInt, ..Column::new("id", kind) };
    let table = |kind| Table {
        columns: vec![id(kind)],
        primary_key: vec!["id".into()],
        ..Table::default()
    };
    let state = |kind| State { tables: [("a".to_owned(), table(kind))].into() };
    let refused = diff(&state(ColumnType::BigInt), &state(ColumnType::Uuid), &mut Flags::default())
        .unwrap_err();
    assert!(
        matches!(&refused, MigrationError::Entity(reason) if reason.contains("primary key of a")),
        "{refused}"
    );
    for wrong in [
        "op = \"create_tabel\"",
        "op = \"drop_table\"\ntable = \"a\"\nfoo = 1",
        "op = \"add_column\"\ntable = \"a\"\ncolumn = { name = \"b\", type = \"varchar\" }",
    ] {
        let refused = Migration::parse("0001_x", &format!("[[operation]]\n{wrong}\n")).unwrap_err();
        assert!(refused.to_string().starts_with("0001_x.toml"), "{refused}");
    }
}

/// Says yes to everything that is alike (but never makes a reference of a plain column), and fills with a value of the type.
struct Willing;

impl Answers for Willing {
    fn answer(&mut self, question: &Question) -> Answer {
        match question {
            Question::RenameTable { alike, .. } | Question::RenameColumn { alike, .. }
                if !alike =>
            {
                Answer::No
            }
            Question::RenameColumn { from, to, .. } if from.chars().next() != to.chars().next() => {
                Answer::No
            }
            Question::Fill { kind, .. } => Answer::Value(value(*kind)),
            _ => Answer::Yes,
        }
    }
}

fn value(kind: ColumnType) -> Literal {
    match kind {
        ColumnType::Boolean => Literal::Boolean(true),
        ColumnType::SmallInt | ColumnType::Integer | ColumnType::BigInt => Literal::Integer(7),
        ColumnType::Float | ColumnType::Double => Literal::Float(1.5),
        other => Literal::Text(sample(other).into()),
    }
}

/// A value of the type as both databases read it from text.
fn sample(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Boolean => "1",
        ColumnType::Text | ColumnType::String(_) => "it's",
        ColumnType::Date => "2020-02-29",
        ColumnType::Time => "06:30:00",
        ColumnType::DateTime => "2020-02-29 06:30:00",
        ColumnType::Timestamp => "2020-02-29 06:30:00+00:00",
        ColumnType::Uuid => "0190a8f0-0000-7000-8000-000000000000",
        ColumnType::Json => "{}",
        ColumnType::Binary => "00ff",
        _ => "7",
    }
}

fn any_column(name: String) -> impl Strategy<Value = Column> {
    use ColumnType::{
        BigInt, Binary, Boolean, Date, DateTime, Integer, Json, SmallInt, String, Text, Time,
        Timestamp, Uuid,
    };
    let kinds = vec![
        SmallInt,
        Integer,
        BigInt,
        Text,
        String(40),
        Boolean,
        Date,
        Time,
        DateTime,
        Timestamp,
        Uuid,
        Json,
        Binary,
    ];
    (proptest::sample::select(kinds), any::<bool>(), any::<bool>()).prop_map(
        move |(kind, nullable, default)| Column {
            name: name.clone(),
            kind,
            nullable,
            auto_increment: false,
            default: default.then(|| value(kind)),
        },
    )
}

/// Tables with a numbered key, any columns, indexes over them, and references to any table, in circles too.
fn any_state() -> impl Strategy<Value = State> {
    let columns = proptest::collection::vec(proptest::option::weighted(0.6, any::<u8>()), 4)
        .prop_flat_map(|present| {
            let there = present.iter().enumerate().filter(|(_, there)| there.is_some());
            there.map(|(at, _)| any_column(format!("c{at}"))).collect::<Vec<_>>()
        });
    let table =
        (columns, any::<[bool; 3]>(), proptest::collection::vec((0..4_usize, any::<bool>()), 0..3));
    proptest::collection::vec(proptest::option::weighted(0.7, table), 4).prop_map(|tables| {
        let there: Vec<bool> = tables.iter().map(Option::is_some).collect();
        let mut state = State::default();
        for (number, table) in tables.into_iter().enumerate() {
            let Some((mut columns, flags, keys)) = table else { continue };
            let name = format!("t{number}");
            let mut table = Table { primary_key: vec!["id".into()], ..Table::default() };
            let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
            for (at, unique) in [(0, flags[0]), (1, flags[1])] {
                if let Some(column) = names.get(at).filter(|_| flags[2]) {
                    let index = format!("{name}_{column}_{unique}");
                    table.indexes.push(Index {
                        name: index,
                        columns: vec![column.clone()],
                        unique,
                    });
                }
            }
            for (other, cascade) in
                keys.into_iter().filter(|(other, _)| there.get(*other) == Some(&true))
            {
                let column = format!("r{other}");
                if columns.iter().any(|known| known.name == column) {
                    continue;
                }
                columns.push(Column { nullable: true, ..Column::new(&column, ColumnType::BigInt) });
                table.foreign_keys.push(ForeignKey {
                    name: format!("{name}_{column}_foreign"),
                    columns: vec![column],
                    references: format!("t{other}"),
                    referenced_columns: vec!["id".into()],
                    on_delete: if cascade { Action::Cascade } else { Action::SetNull },
                    on_update: Action::NoAction,
                });
            }
            table.columns =
                vec![Column { auto_increment: true, ..Column::new("id", ColumnType::BigInt) }];
            table.columns.extend(columns);
            state.tables.insert(name, table);
        }
        state
    })
}

/// The operations from one state to another, through the text of a file.
fn way(from: &State, to: &State) -> (String, State) {
    let operations = diff(from, to, &mut Willing).unwrap();
    let text = Migration::text("x", &operations).unwrap();
    let read = Migration::parse("x", &text).unwrap();
    assert_eq!(read.operations, operations);
    let mut state = from.clone();
    read.operations.iter().for_each(|operation| state.apply(operation).unwrap());
    (text, state)
}

proptest! {
    #[test]
    fn after_the_operations_of_a_difference_there_is_none(a in any_state(), b in any_state()) {
        let (_, at_a) = way(&State::default(), &a);
        prop_assert_eq!(diff(&at_a, &a, &mut Flags::default()).unwrap(), vec![]);
        let (_, at_b) = way(&at_a, &b);
        prop_assert_eq!(diff(&at_b, &b, &mut Flags::default()).unwrap(), vec![]);
    }
}

/// A row in each table with a value in each column that takes one.
fn inserts(state: &State) -> Vec<String> {
    let insert = |(name, table): (&String, &Table)| {
        let given = table.columns.iter().filter(|column| column.name.starts_with('c'));
        let (mut names, mut values) = (vec!["id".to_owned()], vec!["1".to_owned()]);
        for column in given {
            names.push(column.name.clone());
            values.push(format!("'{}'", sample(column.kind).replace('\'', "''")));
        }
        format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", "))
    };
    state.tables.iter().map(insert).collect()
}

async fn there_and_back(options: &Options, a: &State, b: &State) {
    let (first, at_a) = way(&State::default(), a);
    let (second, _) = way(&at_a, b);
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let files = Box::leak(Box::new([("0001_a", leak(first)), ("0002_b", leak(second))]));
    let database = Database::connect(options).await.unwrap();
    let (one, both) = (Set { app: "any", files: &files[..1] }, Set { app: "any", files });
    migrate(&database, &[one], 1, &mut |_| {}).await.unwrap();
    let statements = inserts(a);
    execute(&database, &statements.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    migrate(&database, &[both], 2, &mut |_| {}).await.unwrap();
    for table in a.tables.keys().filter(|name| b.tables.contains_key(*name)) {
        assert_eq!(rows(&database, &format!("SELECT CAST(id AS text) FROM {table}")).await, ["1"]);
        execute(&database, &[&format!("DELETE FROM {table}")]).await.unwrap();
    }
    for table in b.tables.keys() {
        execute(&database, &[&format!("DELETE FROM {table}")]).await.unwrap();
    }
    unapply(&database, &[both], "any", &Target::Zero, &mut |_| {}).await.unwrap();
    database.close().await;
}

#[tokio::test]
async fn any_schema_can_be_reached_from_any_other_with_rows_in_it() {
    each(|options| async move {
        let mut runner = TestRunner::default();
        for _ in 0..16 {
            let mut draw = || any_state().new_tree(&mut runner).unwrap().current();
            let (a, b) = (draw(), draw());
            there_and_back(&options, &a, &b).await;
        }
    })
    .await;
}
