//! The schema that sea-orm entities ask for.

use sea_orm::sea_query::{
    ColumnDef, Expr, ForeignKeyAction, IndexCreateStatement, Keyword, TableName, TableRef, Value,
};
use sea_orm::{DbBackend, EntityTrait, Schema};

use super::literal::Function;
use super::{
    Action, Column, ColumnType, Flags, ForeignKey, Index, Literal, MigrationError, State, Table,
};

/// A collection of entities, to be compared with the migrations.
#[derive(Debug, Default)]
pub struct Entities {
    tables: Vec<Result<(String, Table), String>>,
    renames: Flags,
}

impl Entities {
    /// No entities yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entity.
    #[must_use]
    pub fn add<E: EntityTrait>(mut self) -> Self {
        self.insert::<E>();
        self
    }

    /// Adds an entity.
    pub fn insert<E: EntityTrait>(&mut self) {
        let entity = E::default();
        // PostgreSQL's side of sea-orm tells more: SQLite's drops the schema of a table.
        let schema = Schema::new(DbBackend::Postgres);
        let create = schema.create_table_from_entity(entity);
        let indexes = schema.create_index_from_entity(entity);
        let name =
            create.get_table_name().map_or_else(|| Err("an entity without a table".into()), name);
        let table = name.and_then(|name| {
            for column in create.get_columns() {
                if let Some(from) = renamed_from(column) {
                    self.renames.rename(&format!("{name}.{from}={}", column.get_column_name()))?;
                }
            }
            let table = table(&name, &create, &indexes)?;
            Ok((name, table))
        });
        self.tables.push(table);
    }

    /// The schema that they ask for.
    ///
    /// # Errors
    /// [`MigrationError::Entity`] says which entity holds what cannot be put into a migration.
    pub fn state(&self) -> Result<State, MigrationError> {
        let mut state = State::default();
        for table in &self.tables {
            let (name, table) = table.clone().map_err(MigrationError::Entity)?;
            if state.tables.contains_key(&name) {
                return Err(MigrationError::Entity(format!("two entities have the table {name}")));
            }
            state.tables.insert(name, table);
        }
        Ok(state)
    }

    /// What `#[sea_orm(renamed_from = "…")]` says.
    pub fn renames(&self) -> &Flags {
        &self.renames
    }
}

fn name(table: &TableRef) -> Result<String, String> {
    match table {
        TableRef::Table(TableName(None, name), None) => Ok(name.to_string()),
        TableRef::Table(TableName(Some(_), name), _) => Err(format!(
            "the entity of {name} names a schema, which SQLite does not have: leave schema_name out"
        )),
        _ => Err("an entity is not a plain table".into()),
    }
}

/// sea-orm hands `renamed_from` on inside the comment of the column.
fn renamed_from(column: &ColumnDef) -> Option<String> {
    let comment = column.get_column_spec().comment.as_deref()?;
    let (_, rest) = comment.rsplit_once("renamed_from \"")?;
    rest.strip_suffix('"').map(ToOwned::to_owned)
}

fn table(
    name: &str,
    create: &sea_orm::sea_query::TableCreateStatement,
    indexes: &[IndexCreateStatement],
) -> Result<Table, String> {
    let mut table = Table::default();
    let mut unique = Vec::new();
    for definition in create.get_columns() {
        let column = column(name, definition)?;
        let spec = definition.get_column_spec();
        if spec.primary_key {
            table.primary_key.push(column.name.clone());
        }
        if spec.unique && !spec.primary_key {
            unique.push((vec![column.name.clone()], true));
        }
        table.columns.push(column);
    }
    for key in create.get_indexes().iter().filter(|index| index.is_primary_key()) {
        table.primary_key = key.get_index_spec().get_column_names();
    }
    let single = table.primary_key.len() == 1;
    for column in table.columns.iter_mut().filter(|column| column.auto_increment) {
        // sea-orm says so of every part of a key, and of keys that are no numbers.
        column.auto_increment = single && column.kind.is_integer();
    }
    let more = indexes
        .iter()
        .map(|index| (index.get_index_spec().get_column_names(), index.is_unique_key()));
    for (columns, is_unique) in unique.into_iter().chain(more) {
        let ending = if is_unique { "unique" } else { "index" };
        let index = Index {
            name: short(&format!("{name}_{}_{ending}", columns.join("_"))),
            columns,
            unique: is_unique,
        };
        if !table.indexes.contains(&index) {
            table.indexes.push(index);
        }
    }
    for foreign_key in create.get_foreign_key_create_stmts() {
        let definition = foreign_key.get_foreign_key();
        let columns = definition.get_columns();
        let references = definition
            .get_ref_table()
            .ok_or_else(|| format!("a relation of {name} has no table"))?;
        let key = ForeignKey {
            name: short(&format!("{name}_{}_foreign", columns.join("_"))),
            columns,
            references: self::name(references)?,
            referenced_columns: definition.get_ref_columns(),
            on_delete: action(definition.get_on_delete().as_ref()),
            on_update: action(definition.get_on_update().as_ref()),
        };
        if !table.foreign_keys.contains(&key) {
            table.foreign_keys.push(key);
        }
    }
    Ok(table)
}

fn column(table: &str, definition: &ColumnDef) -> Result<Column, String> {
    let (name, spec) = (definition.get_column_name(), definition.get_column_spec());
    let query =
        definition.get_column_type().ok_or_else(|| format!("{table}.{name} has no type"))?;
    let kind = ColumnType::of_query(query).ok_or_else(|| {
        format!(
            "{table}.{name} has the type {query:?}, which SQLite and PostgreSQL do not both have. Choose another with \
             #[sea_orm(column_type = \"…\")]; for an enum that is a text or a number (db_type in DeriveActiveEnum)."
        )
    })?;
    if spec.extra.is_some() || spec.check.is_some() || spec.generated.is_some() {
        return Err(format!(
            "{table}.{name} has `extra`, a check or a generated value. Leave it out of the entity and put it into an sql \
             operation of a migration."
        ));
    }
    let default = spec.default.as_ref().map(|default| literal(default, kind)).transpose();
    let default = default.map_err(|reason| format!("the default of {table}.{name}: {reason}"))?;
    let nullable = spec.nullable.unwrap_or(true) && !spec.primary_key;
    Ok(Column { name, kind, nullable, auto_increment: spec.auto_increment, default })
}

/// A default of an entity as a value of a migration.
fn literal(default: &Expr, kind: ColumnType) -> Result<Literal, String> {
    let unknown = || {
        format!(
            "{default:?} cannot be written into a migration; a plain value or the current time can"
        )
    };
    let literal = match default {
        Expr::Keyword(Keyword::CurrentTimestamp) => {
            Literal::Function { function: Function::Timestamp }
        }
        Expr::Keyword(Keyword::CurrentDate) => Literal::Function { function: Function::Date },
        Expr::Keyword(Keyword::CurrentTime) => Literal::Function { function: Function::Time },
        Expr::Value(value) | Expr::Constant(value) => of_value(value, kind).ok_or_else(unknown)?,
        _ => return Err(unknown()),
    };
    literal.fits(kind).map(|()| literal)
}

fn of_value(value: &Value, kind: ColumnType) -> Option<Literal> {
    let float = matches!(kind, ColumnType::Float | ColumnType::Double);
    // sea-orm takes any literal of Rust for any column; the type of the column decides.
    let integer = |number: i64| match kind {
        ColumnType::Boolean => Literal::Boolean(number != 0),
        _ => Literal::Integer(number),
    };
    Some(match value {
        Value::Bool(value) => Literal::Boolean((*value)?),
        Value::TinyInt(value) => integer((*value)?.into()),
        Value::SmallInt(value) => integer((*value)?.into()),
        Value::Int(Some(value)) if float => Literal::Float((*value).into()),
        Value::Int(value) => integer((*value)?.into()),
        Value::BigInt(value) => integer((*value)?),
        Value::TinyUnsigned(value) => integer((*value)?.into()),
        Value::SmallUnsigned(value) => integer((*value)?.into()),
        Value::Unsigned(value) => integer((*value)?.into()),
        Value::BigUnsigned(value) => integer(i64::try_from((*value)?).ok()?),
        Value::Float(value) => Literal::Float((*value)?.into()),
        Value::Double(value) => Literal::Float((*value)?),
        Value::String(value) => Literal::Text(value.as_ref()?.clone()),
        Value::Char(value) => Literal::Text((*value)?.to_string()),
        Value::Uuid(value) => Literal::Text(value.as_ref()?.to_string()),
        Value::Json(value) => Literal::Text(value.as_ref()?.to_string()),
        Value::Decimal(value) => Literal::Text(value.as_ref()?.to_string()),
        Value::ChronoDate(value) => Literal::Text(value.as_ref()?.to_string()),
        Value::ChronoTime(value) => Literal::Text(value.as_ref()?.to_string()),
        _ => return None,
    })
}

fn action(action: Option<&ForeignKeyAction>) -> Action {
    match action {
        Some(ForeignKeyAction::Restrict) => Action::Restrict,
        Some(ForeignKeyAction::Cascade) => Action::Cascade,
        Some(ForeignKeyAction::SetNull) => Action::SetNull,
        Some(ForeignKeyAction::SetDefault) => Action::SetDefault,
        _ => Action::NoAction,
    }
}

/// A name that PostgreSQL does not cut: a long one keeps its beginning and gets a checksum.
fn short(name: &str) -> String {
    if name.len() <= 60 {
        return name.to_owned();
    }
    let begin: String = name
        .chars()
        .scan(0, |length, c| {
            *length += c.len_utf8();
            (*length <= 48).then_some(c)
        })
        .collect();
    let sum: String = super::file::checksum(name).chars().take(8).collect();
    format!("{begin}_{sum}")
}
