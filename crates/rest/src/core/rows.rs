//! Rows with their types, seen without them: shown as JSON, asked for what a column holds.
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, Value};

use crate::{
    field::Kind,
    problem::{Problem, Result},
    resource::{ModelOf, Resource},
};

/// Rows with their types, seen without them.
pub(crate) trait Rows: Send + Sync {
    fn len(&self) -> usize;
    /// Appends a row as JSON; `members` are more of the object's members, already written, without the comma before them.
    fn write(&self, row: usize, members: &[u8], out: &mut Vec<u8>) -> Result<()>;
    /// What a column of a row holds.
    fn value(&self, row: usize, column: &str) -> Option<Value>;
    /// The kind of values in a column.
    fn kind(&self, column: &str) -> Kind;
}

/// Rows of one resource.
pub(super) struct Models<R: Resource>(pub(super) Vec<ModelOf<R>>);

fn column<R: Resource>(name: &str) -> Option<<R::Entity as EntityTrait>::Column> {
    <R::Entity as EntityTrait>::Column::iter().find(|column| column.as_str() == name)
}

impl<R: Resource> Rows for Models<R> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn write(&self, row: usize, members: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let Some(model) = self.0.get(row) else { return Ok(()) };
        append::<R>(model.clone(), out)?;
        // An author's own `Output` may be no object; then there is nowhere to put members.
        if !members.is_empty() && out.pop_if(|last| *last == b'}').is_some() {
            if out.last().is_some_and(|last| *last != b'{') {
                out.push(b',');
            }
            out.extend_from_slice(members);
            out.push(b'}');
        }
        Ok(())
    }

    fn value(&self, row: usize, name: &str) -> Option<Value> {
        Some(self.0.get(row)?.get(column::<R>(name)?))
    }

    fn kind(&self, name: &str) -> Kind {
        column::<R>(name).map_or(Kind::Opaque, |column| {
            let definition = column.def();
            Kind::of(&ModelOf::<R>::get_value_type(column), definition.get_column_type())
        })
    }
}

/// Appends a row as JSON.
pub(super) fn append<R: Resource>(model: ModelOf<R>, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, &R::Output::from(model)).map_err(|error| Problem::internal(&error))
}
