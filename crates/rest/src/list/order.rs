//! The order of rows. Rows without a value come last, and first when turned round, on every database.
use sea_orm::sea_query::{NullOrdering, Order, SelectStatement};

use super::read::invalid;
use crate::{Result, core::Facts, field::Field, nearest::nearest, parameter::MOST_ORDERINGS};

/// One name of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// The place of the field in [`Facts::fields`].
    pub place: usize,
    /// Whether the largest comes first.
    pub descending: bool,
}

impl Ordered {
    /// The same name the other way round.
    pub(crate) fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }
}

/// `name` or `-name`, taken apart.
pub(crate) fn direction(name: &str) -> (&str, bool) {
    name.strip_prefix('-').map_or((name, false), |bare| (bare, true))
}

/// What the resource says is its order. Names that it has no field for are left out, and told to its author.
pub(crate) fn declared(path: &str, fields: &[Field], ordering: &str) -> Vec<Ordered> {
    let mut order = Vec::new();
    for name in ordering.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let (bare, descending) = direction(name);
        if let Some(place) = fields.iter().position(|field| field.name == bare) {
            order.push(Ordered { place, descending });
        } else {
            tracing::error!(
                path,
                field = bare,
                "the ordering of a resource names a field that it does not have; it is left out"
            );
        }
    }
    order
}

/// The order with the key at its end, so that no two rows are equal in it.
pub(super) fn complete(facts: &Facts, mut order: Vec<Ordered>) -> Vec<Ordered> {
    if let Some(place) = facts.fields.iter().position(|field| field.primary_key)
        && !order.iter().any(|ordered| ordered.place == place)
    {
        order.push(Ordered { place, descending: false });
    }
    order
}

/// Reads `?ordering=`.
pub(super) fn read(fields: &[Field], value: &str) -> Result<Vec<Ordered>> {
    let mut order: Vec<Ordered> = Vec::new();
    // An input of a form that was left empty orders nothing; an empty name in a list is a mistake.
    let names = (!value.is_empty()).then(|| value.split(',').map(str::trim));
    for (index, name) in names.into_iter().flatten().enumerate() {
        if index == MOST_ORDERINGS {
            return Err(invalid("ordering", &format!("It has at most {MOST_ORDERINGS} names.")));
        }
        let (bare, descending) = direction(name);
        let Some(place) = fields.iter().position(|field| field.order && field.name == bare) else {
            let known: Vec<&str> =
                fields.iter().filter(|field| field.order).map(|field| field.name).collect();
            let meant = nearest(bare, &known).map(|meant| format!(" Did you mean `{meant}`?"));
            return Err(invalid(
                "ordering",
                &format!(
                    "Rows cannot be ordered by `{bare}`, only by: {}; a minus before a name turns it round.{}",
                    known.join(", "),
                    meant.unwrap_or_default()
                ),
            ));
        };
        if !order.iter().any(|known| known.place == place) {
            order.push(Ordered { place, descending });
        }
    }
    Ok(order)
}

/// Puts the order at the end of a statement's own.
pub(crate) fn apply(facts: &Facts, order: &[Ordered], select: &mut SelectStatement) {
    for ordered in order {
        let Some(field) = facts.fields.get(ordered.place) else { continue };
        let (order, nulls) = if ordered.descending {
            (Order::Desc, NullOrdering::First)
        } else {
            (Order::Asc, NullOrdering::Last)
        };
        if field.nullable {
            select.order_by_with_nulls(field.reference.clone(), order, nulls);
        } else {
            select.order_by(field.reference.clone(), order);
        }
    }
}
