//! Fields as their declarations alone make them: those of an action's input, which are no columns.
use sea_orm::sea_query::{DynIden, ValueType};

use super::{Declared, Field, Kind, choices, column_length, label_of};

impl Field {
    /// A field that is no column: of the input of an action. `index` is its place among the fields.
    pub fn of_type<T: ValueType>(index: usize, declared: &Declared, nullable: bool) -> Self {
        let column_type = T::column_type();
        let kind = Kind::of(&T::array_type(), &column_type);
        Self {
            column: declared.field,
            index,
            kind,
            primary_key: false,
            nullable,
            required: !nullable && declared.default.is_none(),
            unique: false,
            max_length: declared.max_length.or_else(|| column_length(&column_type)),
            choices: choices(declared, &column_type),
            reference: (DynIden::from(""), DynIden::from(declared.field)),
            decimal: None,
            enumeration: None,
            ..Self::declared(declared)
        }
    }

    /// What the declaration alone says.
    pub(super) fn declared(declared: &Declared) -> Self {
        Self {
            name: declared.name,
            column: declared.field,
            index: 0,
            kind: Kind::Opaque,
            label: declared.label.map_or_else(|| label_of(declared.name), str::to_owned),
            help: declared.help,
            primary_key: false,
            nullable: false,
            required: false,
            read_only: declared.read_only,
            write_only: declared.write_only,
            create_only: declared.create_only,
            deprecated: declared.deprecated,
            unique: false,
            allow_blank: declared.allow_blank,
            search: declared.search,
            filter: declared.filter,
            lookups: Vec::new(),
            order: declared.order,
            max_length: declared.max_length,
            min_length: declared.min_length,
            min: declared.min,
            max: declared.max,
            default: declared.default,
            choices: Vec::new(),
            shape: declared.shape,
            check: declared.check,
            reference: (DynIden::from(""), DynIden::from(declared.field)),
            decimal: None,
            enumeration: None,
        }
    }
}
