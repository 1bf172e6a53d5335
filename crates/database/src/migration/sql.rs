//! The SQL of an operation for the database that is there, made by sea-query.
//!
//! SQLite cannot change a column or a reference of a table. Where it is needed the table is rebuilt as
//! <https://www.sqlite.org/lang_altertable.html#otheralter> says: a new table, the rows copied, the old one dropped, the
//! new one renamed, the indexes made again. That needs `foreign_keys=OFF`, which SQLite ignores inside a transaction.

use sea_orm::sea_query::{
    Alias, ColumnDef, Expr, ExprTrait, ForeignKey as ForeignKeyQuery, ForeignKeyAction,
    ForeignKeyCreateStatement, Index as IndexQuery, IndexCreateStatement, Keyword, Query,
    SqliteQueryBuilder, Table as TableQuery, TableCreateStatement,
};
use sea_orm::{DbBackend, StatementBuilder};

use super::literal::{Function, bytes};
use super::{Action, Column, ColumnType, ForeignKey, Index, Literal, Operation, State, Table};
use crate::Kind;

/// The statements of several operations, and whether references must be off meanwhile (SQLite).
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) statements: Vec<String>,
    pub(crate) without_foreign_keys: bool,
}

impl Script {
    /// Adds what `operation` needs; `before` and `after` are the schema around it.
    pub(crate) fn add(
        &mut self,
        kind: Kind,
        operation: &Operation,
        before: &State,
        after: &State,
    ) -> Result<(), String> {
        if kind == Kind::Sqlite
            && (rebuilds(operation) || matches!(operation, Operation::DropTable { .. }))
        {
            self.without_foreign_keys = true;
        }
        let statements = match kind {
            Kind::Sqlite if rebuilds(operation) => rebuild(operation, before, after)?,
            _ => plain(kind, operation, before)?,
        };
        self.statements.extend(statements);
        Ok(())
    }
}

/// Whether SQLite can do it only by building the table anew.
fn rebuilds(operation: &Operation) -> bool {
    match operation {
        Operation::AddColumn { column, fill, .. } => {
            let constant = !matches!(column.default, Some(Literal::Function { .. }));
            fill.is_some() || !constant || !(column.nullable || column.default.is_some())
        }
        Operation::DropColumn { .. }
        | Operation::AlterColumn { .. }
        | Operation::AddForeignKey { .. }
        | Operation::DropForeignKey { .. } => true,
        _ => false,
    }
}

fn plain(kind: Kind, operation: &Operation, before: &State) -> Result<Vec<String>, String> {
    let text = |statement: &dyn StatementBuilderText| statement.text(kind.backend());
    Ok(match operation {
        Operation::CreateTable { table, primary_key, columns, indexes, foreign_keys } => {
            let definition = Table {
                columns: columns.clone(),
                primary_key: primary_key.clone(),
                indexes: indexes.clone(),
                foreign_keys: foreign_keys.clone(),
            };
            let mut statements = vec![text(&create_table(kind, table, &definition))];
            statements.extend(indexes.iter().map(|index| text(&create_index(table, index))));
            statements
        }
        Operation::DropTable { table } => {
            vec![text(&TableQuery::drop().table(Alias::new(table)).take())]
        }
        Operation::RenameTable { from, to } => {
            vec![text(&TableQuery::rename().table(Alias::new(from), Alias::new(to)).take())]
        }
        Operation::AddColumn { table, column, fill } => {
            add_column(kind, table, column, fill.as_ref())
        }
        Operation::DropColumn { table, column } => {
            vec![text(&alter(table).drop_column(Alias::new(column)).take())]
        }
        Operation::RenameColumn { table, from, to } => {
            vec![text(&alter(table).rename_column(Alias::new(from), Alias::new(to)).take())]
        }
        Operation::AlterColumn { table, column, fill } => {
            let was = before.table(table)?.column(&column.name);
            let was = was.ok_or_else(|| format!("{table} has no column {}", column.name))?;
            alter_column(kind, table, was, column, fill.as_ref())
        }
        Operation::AddIndex { table, index } => vec![text(&create_index(table, index))],
        Operation::DropIndex { table, index } => {
            vec![text(&IndexQuery::drop().name(index).table(Alias::new(table)).to_owned())]
        }
        Operation::AddForeignKey { table, foreign_key } => {
            vec![text(&create_foreign_key(table, foreign_key))]
        }
        Operation::DropForeignKey { table, foreign_key } => {
            vec![text(
                &ForeignKeyQuery::drop().name(foreign_key).table(Alias::new(table)).to_owned(),
            )]
        }
        Operation::Sql { sqlite, postgres, .. } => {
            let own = if kind == Kind::Sqlite { sqlite } else { postgres };
            if own.trim().is_empty() { Vec::new() } else { vec![own.clone()] }
        }
    })
}

/// Any statement of the schema as text.
trait StatementBuilderText {
    fn text(&self, backend: DbBackend) -> String;
}

impl<S: StatementBuilder> StatementBuilderText for S {
    fn text(&self, backend: DbBackend) -> String {
        backend.build(self).to_string()
    }
}

fn alter(table: &str) -> sea_orm::sea_query::TableAlterStatement {
    TableQuery::alter().table(Alias::new(table)).take()
}

/// A column is added, filled, and only then forbidden to be null.
fn add_column(kind: Kind, table: &str, column: &Column, fill: Option<&Literal>) -> Vec<String> {
    let backend = kind.backend();
    let Some(fill) = fill else {
        return vec![alter(table).add_column(column_definition(kind, column)).text(backend)];
    };
    let open = Column { nullable: true, ..column.clone() };
    let mut statements = vec![
        alter(table).add_column(column_definition(kind, &open)).text(backend),
        Query::update()
            .table(Alias::new(table))
            .value(Alias::new(&column.name), expression(kind, fill, column.kind))
            .take()
            .text(backend),
    ];
    if !column.nullable {
        statements.push(
            alter(table)
                .modify_column(ColumnDef::new(Alias::new(&column.name)).not_null())
                .text(backend),
        );
    }
    statements
}

/// Only what differs is changed (PostgreSQL).
fn alter_column(
    kind: Kind,
    table: &str,
    was: &Column,
    now: &Column,
    fill: Option<&Literal>,
) -> Vec<String> {
    let backend = kind.backend();
    let mut statements = Vec::new();
    if let Some(fill) = fill {
        statements.push(
            Query::update()
                .table(Alias::new(table))
                .value(Alias::new(&now.name), expression(kind, fill, now.kind))
                .and_where(Expr::col(Alias::new(&now.name)).is_null())
                .take()
                .text(backend),
        );
    }
    let name = || Alias::new(&now.name);
    let mut modify =
        |change: &mut ColumnDef| statements.push(alter(table).modify_column(change).text(backend));
    if was.kind != now.kind {
        modify(&mut ColumnDef::new_with_type(name(), now.kind.to_query(kind)));
    }
    if was.nullable != now.nullable {
        let mut change = ColumnDef::new(name());
        modify(if now.nullable { change.null() } else { change.not_null() });
    }
    if was.default != now.default {
        match &now.default {
            Some(value) => {
                modify(ColumnDef::new(name()).default(expression(kind, value, now.kind)));
            }
            // sea-query has no DROP DEFAULT; SET DEFAULT NULL would leave a default behind.
            None => {
                modify(ColumnDef::new(name()).extra(format!(
                    "ALTER COLUMN \"{}\" DROP DEFAULT",
                    now.name.replace('"', "\"\"")
                )));
            }
        }
    }
    statements
}

/// Builds the table of `operation` anew on SQLite and keeps its rows and the numbers it has given out.
fn rebuild(operation: &Operation, before: &State, after: &State) -> Result<Vec<String>, String> {
    let (name, filled) = match operation {
        Operation::AddColumn { table, column, fill }
        | Operation::AlterColumn { table, column, fill } => {
            (table, fill.as_ref().map(|fill| (column, fill)))
        }
        Operation::DropColumn { table, .. }
        | Operation::AddForeignKey { table, .. }
        | Operation::DropForeignKey { table, .. } => (table, None),
        _ => return Err("it needs no rebuild".into()),
    };
    let (old, new) = (before.table(name)?, after.table(name)?);
    let temporary = format!("grantwell_new_{name}");
    let mut select = Query::select().from(Alias::new(name)).take();
    let mut columns = Vec::new();
    for column in &new.columns {
        let exists = old.column(&column.name).is_some();
        let fill = filled.filter(|(filled, _)| filled.name == column.name).map(|(_, fill)| fill);
        let value = match (exists, fill) {
            (true, None) => Expr::col(Alias::new(&column.name)),
            (true, Some(fill)) => Expr::col(Alias::new(&column.name)).if_null(expression(
                Kind::Sqlite,
                fill,
                column.kind,
            )),
            (false, Some(fill)) => expression(Kind::Sqlite, fill, column.kind),
            (false, None) => continue,
        };
        columns.push(Alias::new(&column.name));
        select.expr(value);
    }
    let mut copy = Query::insert().into_table(Alias::new(&temporary)).columns(columns).take();
    copy.select_from(select).map_err(|failed| failed.to_string())?;
    let backend = DbBackend::Sqlite;
    let mut statements = vec![
        create_table_as(Kind::Sqlite, &temporary, name, new).text(backend),
        copy.text(backend),
    ];
    if new.columns.iter().any(|column| column.auto_increment) {
        statements.extend(keep_sequence(name, &temporary)?);
    }
    statements.push(TableQuery::drop().table(Alias::new(name)).take().text(backend));
    statements.push(
        TableQuery::rename().table(Alias::new(&temporary), Alias::new(name)).take().text(backend),
    );
    statements.extend(new.indexes.iter().map(|index| create_index(name, index).text(backend)));
    Ok(statements)
}

/// A number that was given out is never given out again, even if its row is gone.
fn keep_sequence(name: &str, temporary: &str) -> Result<[String; 2], String> {
    let (sequence, owner, last) =
        (Alias::new("sqlite_sequence"), Alias::new("name"), Alias::new("seq"));
    let forget = Query::delete()
        .from_table(sequence.clone())
        .and_where(Expr::col(owner.clone()).eq(temporary))
        .to_string(SqliteQueryBuilder);
    let select = Query::select()
        .expr(Expr::val(temporary))
        .column(last.clone())
        .from(sequence.clone())
        .and_where(Expr::col(owner.clone()).eq(name))
        .take();
    let mut keep = Query::insert().into_table(sequence).columns([owner, last]).take();
    keep.select_from(select).map_err(|failed| failed.to_string())?;
    Ok([forget, keep.to_string(SqliteQueryBuilder)])
}

fn create_table(kind: Kind, name: &str, table: &Table) -> TableCreateStatement {
    create_table_as(kind, name, name, table)
}

/// A table called `name`, whose references to itself go to `itself`.
fn create_table_as(kind: Kind, name: &str, itself: &str, table: &Table) -> TableCreateStatement {
    let mut create = TableQuery::create().table(Alias::new(name)).take();
    let single = matches!(table.primary_key.as_slice(), [_]);
    for column in &table.columns {
        let mut definition = column_definition(kind, column);
        if single && table.primary_key.contains(&column.name) {
            definition.primary_key();
        }
        create.col(definition);
    }
    if !single {
        let mut key = IndexQuery::create();
        for column in &table.primary_key {
            key.col(Alias::new(column));
        }
        create.primary_key(&mut key);
    }
    for key in &table.foreign_keys {
        create.foreign_key(&mut create_foreign_key(itself, key));
    }
    create
}

fn column_definition(kind: Kind, column: &Column) -> ColumnDef {
    // SQLite numbers rows only in a column whose type is exactly INTEGER.
    let counts = column.auto_increment && kind == Kind::Sqlite;
    let column_type = if counts { ColumnType::Integer } else { column.kind };
    let mut definition =
        ColumnDef::new_with_type(Alias::new(&column.name), column_type.to_query(kind));
    if column.nullable {
        definition.null();
    } else {
        definition.not_null();
    }
    if column.auto_increment {
        definition.auto_increment();
    }
    if let Some(default) = &column.default {
        definition.default(expression(kind, default, column.kind));
    }
    definition
}

fn create_index(table: &str, index: &Index) -> IndexCreateStatement {
    let mut create = IndexQuery::create().name(&index.name).table(Alias::new(table)).take();
    for column in &index.columns {
        create.col(Alias::new(column));
    }
    if index.unique {
        create.unique();
    }
    create
}

fn create_foreign_key(table: &str, key: &ForeignKey) -> ForeignKeyCreateStatement {
    let mut create = ForeignKeyQuery::create().name(&key.name).from_tbl(Alias::new(table)).take();
    create.to_tbl(Alias::new(&key.references));
    for column in &key.columns {
        create.from_col(Alias::new(column));
    }
    for column in &key.referenced_columns {
        create.to_col(Alias::new(column));
    }
    if let Some(action) = action(key.on_delete) {
        create.on_delete(action);
    }
    if let Some(action) = action(key.on_update) {
        create.on_update(action);
    }
    create
}

fn action(action: Action) -> Option<ForeignKeyAction> {
    match action {
        Action::NoAction => None,
        Action::Restrict => Some(ForeignKeyAction::Restrict),
        Action::Cascade => Some(ForeignKeyAction::Cascade),
        Action::SetNull => Some(ForeignKeyAction::SetNull),
        Action::SetDefault => Some(ForeignKeyAction::SetDefault),
    }
}

/// The value as sea-orm itself would store it in a column of that type.
fn expression(kind: Kind, value: &Literal, column: ColumnType) -> Expr {
    match value {
        Literal::Boolean(value) => Expr::val(*value),
        Literal::Integer(value) => Expr::val(*value),
        Literal::Float(value) => Expr::val(*value),
        Literal::Text(text) if column == ColumnType::Binary => {
            Expr::val(bytes(text).unwrap_or_default())
        }
        Literal::Text(text) if column == ColumnType::Uuid && kind == Kind::Sqlite => {
            let id = sea_orm::prelude::Uuid::parse_str(text).unwrap_or_default();
            Expr::val(id.as_bytes().to_vec())
        }
        Literal::Text(text) => Expr::val(text.as_str()),
        Literal::Function { function } => Expr::Keyword(match function {
            Function::Timestamp => Keyword::CurrentTimestamp,
            Function::Date => Keyword::CurrentDate,
            Function::Time => Keyword::CurrentTime,
        }),
    }
}
