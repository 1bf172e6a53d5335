//! Cursors: the place of a row in the order of a list, written so that nobody else can make one or use it for another list.
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use database::Kind as DatabaseKind;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use sea_orm::{
    QueryResult, Value,
    sea_query::{Condition, Expr, ExprTrait, SelectStatement},
};
use sha2::Sha256;

use super::{ListQuery, Ordered};
use crate::{
    Problem, Result,
    core::{Core, Facts},
    field::{Field, Kind, coerce, written},
};

/// Bytes of the HMAC-SHA-256 before the payload.
const TAG: usize = 32;

/// A place between rows: beyond the row with these values, in the order of the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Position {
    /// Whether the rows before it are meant, and not those after it.
    pub(crate) backward: bool,
    /// One for each name of the order; null where the row has no value.
    pub(crate) values: Vec<Value>,
}

/// The lists that a cursor is good for, and the key that says so.
pub(crate) struct Seal<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) query: &'a ListQuery,
    pub(crate) database: DatabaseKind,
    pub(crate) key: &'a [u8; 32],
}

impl Seal<'_> {
    /// The cursor. It holds the values in plain sight of whoever decodes it, and is authenticated.
    ///
    /// # Errors
    /// 500 when the order is by a field whose values have no text.
    pub(crate) fn write(&self, position: &Position) -> Result<String> {
        let texts: Vec<Option<String>> = position.values.iter().map(written).collect();
        let payload = serde_json::to_vec(&(position.backward, texts))
            .map_err(|error| Problem::internal(&error))?;
        let mut cursor: Vec<u8> = self.mac(&payload).finalize().into_bytes().to_vec();
        cursor.extend_from_slice(&payload);
        Ok(URL_SAFE_NO_PAD.encode(cursor))
    }

    /// Reads a cursor that [`write`](Self::write) made for this very list.
    ///
    /// # Errors
    /// 400 for every other text.
    pub(crate) fn read(&self, cursor: &str) -> Result<Position> {
        self.open(cursor).ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                "This cursor does not belong to this list: it was changed on the way, or the ordering, the search or the filters are not those of the answer that it is from. Take the first page again, without `cursor`.",
            )
        })
    }

    fn open(&self, cursor: &str) -> Option<Position> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (tag, payload) = bytes.split_at_checked(TAG)?;
        self.mac(payload).verify_slice(tag).ok()?;
        let (backward, texts): (bool, Vec<Option<String>>) =
            serde_json::from_slice(payload).ok()?;
        if texts.len() != self.query.ordering.len() {
            return None;
        }
        let fields = self.query.ordering.iter().map(|one| self.facts.fields.get(one.place));
        let values = fields.zip(texts).map(|(field, text)| {
            let field = field?;
            match text {
                None => Some(field.kind.null()),
                Some(text) if is_raw(field, self.database) => Some(Value::from(text)),
                Some(text) => coerce::unlimited_text(field, &text).ok(),
            }
        });
        Some(Position { backward, values: values.collect::<Option<_>>()? })
    }

    /// Over everything that the cursor is bound to: resource, order, search and filters. None of them can hold a zero byte.
    fn mac(&self, payload: &[u8]) -> Hmac<Sha256> {
        let mut narrowing: Vec<&(String, String)> = self.query.narrowing.iter().collect();
        narrowing.sort();
        let narrowing =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(narrowing).finish();
        // A key of 32 bytes, padded to the block of the hash (RFC 2104 §2).
        let mut block = [0_u8; 64];
        block.iter_mut().zip(self.key).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        let order = ordering_text(self.facts, &self.query.ordering);
        for part in ["list cursor", self.facts.path, &order, &narrowing] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac.update(payload);
        mac
    }
}

/// `-age,name`.
pub(crate) fn ordering_text(facts: &Facts, order: &[Ordered]) -> String {
    let names = order.iter().filter_map(|one| {
        let name = facts.fields.get(one.place)?.name;
        Some(if one.descending { format!("-{name}") } else { name.to_owned() })
    });
    names.collect::<Vec<_>>().join(",")
}

/// Whether the value in the database is a text that the same value, written again, need not equal: SQLite's times may have
/// been written by the database itself (`CURRENT_TIMESTAMP`), and are compared as they stand.
fn is_raw(field: &Field, database: DatabaseKind) -> bool {
    database == DatabaseKind::Sqlite
        && matches!(
            field.kind,
            Kind::Date | Kind::Time | Kind::LocalDateTime | Kind::Instant | Kind::ZonedInstant
        )
}

fn alias(place: usize) -> String {
    format!("grantwell_position_{place}")
}

/// Lets the rows tell their place exactly.
pub(crate) fn prepare(
    facts: &Facts,
    order: &[Ordered],
    database: DatabaseKind,
    select: &mut SelectStatement,
) {
    for ordered in order {
        if let Some(field) = facts.fields.get(ordered.place)
            && is_raw(field, database)
        {
            let column = Expr::col(field.reference.clone());
            select.expr_as(column.cast_as("text"), alias(ordered.place));
        }
    }
}

/// The place of a row of a [prepared](prepare) statement.
pub(crate) fn place_of(
    core: &dyn Core,
    facts: &Facts,
    order: &[Ordered],
    row: &QueryResult,
    database: DatabaseKind,
) -> Result<Vec<Value>> {
    let fields: Vec<&Field> =
        order.iter().filter_map(|ordered| facts.fields.get(ordered.place)).collect();
    let columns: Vec<usize> = fields.iter().map(|field| field.index).collect();
    let values = core.values_of(row, &columns)?;
    let places = order.iter().map(|ordered| ordered.place);
    fields
        .into_iter()
        .zip(values)
        .zip(places)
        .map(|((field, value), place)| -> Result<Value> {
            if is_raw(field, database) {
                return Ok(Value::from(row.try_get::<Option<String>>("", &alias(place))?));
            }
            Ok(value)
        })
        .collect()
}

/// The condition that a row comes after these values, in this order.
pub(crate) fn beyond(
    facts: &Facts,
    order: &[Ordered],
    values: &[Value],
    database: DatabaseKind,
) -> Condition {
    let parts: Vec<(&Field, bool, &Value)> = order
        .iter()
        .zip(values)
        .filter_map(|(ordered, value)| {
            Some((facts.fields.get(ordered.place)?, ordered.descending, value))
        })
        .collect();
    let mut any = Condition::any();
    for (index, (field, descending, value)) in parts.iter().enumerate() {
        let Some(after) = after(field, *descending, value, database) else { continue };
        let mut all = Condition::all();
        for (field, _, value) in parts.iter().take(index) {
            all = all.add(same(field, value, database));
        }
        any = any.add(all.add(after));
    }
    any
}

fn same(field: &Field, value: &Value, database: DatabaseKind) -> Expr {
    let column = Expr::col(field.reference.clone());
    if is_null(value) { column.is_null() } else { column.eq(field.bound(value.clone(), database)) }
}

/// `None` where nothing comes after: no value is the greatest of all.
fn after(
    field: &Field,
    descending: bool,
    value: &Value,
    database: DatabaseKind,
) -> Option<Condition> {
    let column = || Expr::col(field.reference.clone());
    let bound = || field.bound(value.clone(), database);
    match (descending, is_null(value)) {
        (false, true) => None,
        (true, true) => Some(Condition::all().add(column().is_not_null())),
        (true, false) => Some(Condition::all().add(column().lt(bound()))),
        (false, false) if field.nullable => {
            Some(Condition::any().add(column().gt(bound())).add(column().is_null()))
        }
        (false, false) => Some(Condition::all().add(column().gt(bound()))),
    }
}

fn is_null(value: &Value) -> bool {
    *value == value.as_null()
}
