//! `?expand=author,reviews.reader`: what hangs on the rows of an answer, one query for each relation and level.
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::BoxFuture;
use http::StatusCode;
use sea_orm::{
    QueryResult, Value,
    sea_query::{Expr, ExprTrait, Order, Query},
};

use super::{Cardinality, Ends, Entry, Reader, Registry, Relation};
use crate::{
    Problem, Result,
    core::{Facts, Rows},
    ctx::Ctx,
    field::written,
    guard,
    nearest::nearest,
    parameter::MOST_EXPANSIONS,
    resource::Action,
};

/// Levels of `expand` at most: `book.author.country` has three.
const DEEPEST: usize = 3;
/// Rows that one relation may bring into an answer.
const MOST_ROWS: u64 = 5000;
/// Pairs that one relation may bring into an answer; each is a key.
const MOST_PAIRS: u64 = 20_000;

/// A relation to expand, and what to expand of the rows at its other end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expansion(BTreeMap<&'static str, Self>);

impl Expansion {
    /// Reads the value of `expand`.
    ///
    /// # Errors
    /// 400 for a relation that is not there or not open, and for more than the bounds allow.
    pub(crate) fn parse(registry: &Registry, facts: &Facts, value: &str) -> Result<Self> {
        let mut tree = Self::default();
        let names: Vec<&str> =
            if value.is_empty() { Vec::new() } else { value.split(',').map(str::trim).collect() };
        if names.len() > MOST_EXPANSIONS {
            return Err(refuse(&format!(
                "At most {MOST_EXPANSIONS} relations can be expanded at once."
            )));
        }
        for name in names {
            tree.add(registry, facts, name, 1)?;
        }
        Ok(tree)
    }

    fn add(&mut self, registry: &Registry, facts: &Facts, path: &str, level: usize) -> Result<()> {
        let (name, rest) =
            path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let Some(relation) = facts.relations.iter().find(|relation| relation.name == name) else {
            return Err(refuse(&unknown(facts, name)));
        };
        if level > DEEPEST {
            return Err(refuse(&format!("Relations can be expanded {DEEPEST} levels deep.")));
        }
        let inner = self.0.entry(relation.name).or_default();
        match (rest, registry.find(relation.target.id)) {
            (Some(rest), Some(target)) => inner.add(registry, &target.facts, rest, level + 1),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn unknown(facts: &Facts, name: &str) -> String {
    let known: Vec<&str> = facts.relations.iter().map(|relation| relation.name).collect();
    let name = name.escape_default();
    if known.is_empty() {
        return format!("`{}` has no relations to expand.", facts.path);
    }
    match nearest(&name.to_string(), &known) {
        Some(meant) => format!("There is no relation `{name}`. Did you mean `{meant}`?"),
        None => format!("There is no relation `{name}`, only: {}.", known.join(", ")),
    }
}

fn refuse(what: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid_parameter",
        format!("The query parameter `expand` cannot be understood. {what}"),
    )
}

/// Everything that is needed to look at the rows of others.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) ctx: &'a Ctx,
    pub(crate) registry: &'a Registry,
    pub(crate) reader: Reader<'a>,
}

/// What each row gets besides its own members: `"author":{…},"tags":[1,2]`, empty for nothing.
type Members = Vec<Vec<u8>>;

impl<'a> Look<'a> {
    /// The members that relations add to the rows: the keys of what callers may write, and what was expanded.
    pub(crate) fn members(
        self,
        facts: &'a Facts,
        rows: &'a dyn Rows,
        wanted: &'a Expansion,
    ) -> BoxFuture<'a, Result<Members>> {
        Box::pin(async move {
            let mut members: Members = vec![Vec::new(); rows.len()];
            if rows.len() == 0 {
                return Ok(members);
            }
            for relation in &facts.relations {
                let expansion = wanted.0.get(relation.name);
                let Some(ends) = &relation.ends else { continue };
                let values = match (expansion, ends) {
                    (Some(inner), _) => self.rows_of(relation, ends, rows, inner).await?,
                    (None, Ends::Through { .. }) if relation.writable => {
                        self.keys_of(relation, ends, rows).await?
                    }
                    (None, _) => continue,
                };
                for (member, value) in members.iter_mut().zip(values) {
                    if !member.is_empty() {
                        member.push(b',');
                    }
                    member.extend_from_slice(format!("\"{}\":", relation.name).as_bytes());
                    member.extend_from_slice(&value);
                }
            }
            Ok(members)
        })
    }

    /// For each row the keys at the other end, as a JSON list.
    async fn keys_of(&self, relation: &Relation, ends: &Ends, rows: &dyn Rows) -> Result<Members> {
        let pairs = self.pairs(relation, ends, rows).await?;
        Ok((0..rows.len())
            .map(|row| {
                let keys = rows.value(row, ends.own()).as_ref().and_then(written);
                let keys = keys.and_then(|key| pairs.get(&key));
                let keys = keys.into_iter().flatten().map(|key| json_key(&key.value));
                format!("[{}]", keys.collect::<Vec<_>>().join(",")).into_bytes()
            })
            .collect())
    }

    /// For each row the rows at the other end, as JSON: one object or null, or a list.
    async fn rows_of(
        &self,
        relation: &Relation,
        ends: &Ends,
        rows: &dyn Rows,
        inner: &Expansion,
    ) -> Result<Members> {
        let Some(target) = self.registry.find(relation.target.id) else { return Ok(Vec::new()) };
        let ctx = self.ctx.for_others(Action::List);
        guard::require(target.facts.requirements.get, ctx.principal(), ctx.metadata())?;
        let (pairs, far) = match ends {
            Ends::Direct { far, .. } => (None, far),
            Ends::Through { far, .. } => (Some(self.pairs(relation, ends, rows).await?), far),
        };
        let wanted: BTreeMap<String, Value> = match &pairs {
            Some(pairs) => {
                pairs.values().flatten().map(|key| (key.text.clone(), key.value.clone())).collect()
            }
            None => own_values(rows, ends.own()),
        };
        let found = self.fetch(target, far, wanted, &ctx).await?;
        let objects = self.objects(target, &*found, inner, &ctx).await?;
        let by_key = grouped(&*found, &far.1.to_string());
        let of_row = |row: usize| -> Vec<&[u8]> {
            let Some(own) = rows.value(row, ends.own()).as_ref().and_then(written) else {
                return Vec::new();
            };
            let places: BTreeSet<usize> = match &pairs {
                Some(pairs) => pairs
                    .get(&own)
                    .into_iter()
                    .flatten()
                    .filter_map(|key| by_key.get(&key.text))
                    .flatten()
                    .copied()
                    .collect(),
                None => by_key.get(&own).into_iter().flatten().copied().collect(),
            };
            places.into_iter().filter_map(|place| objects.get(place)).map(Vec::as_slice).collect()
        };
        Ok((0..rows.len())
            .map(|row| match relation.cardinality {
                Cardinality::One => {
                    of_row(row).first().map_or_else(|| b"null".to_vec(), |one| one.to_vec())
                }
                Cardinality::Many => {
                    let mut list = vec![b'['];
                    list.extend(of_row(row).join(&b','));
                    list.push(b']');
                    list
                }
            })
            .collect())
    }

    /// The visible rows of the other resource that hold one of these values.
    async fn fetch(
        &self,
        target: &Entry,
        far: &(sea_orm::sea_query::DynIden, sea_orm::sea_query::DynIden),
        wanted: BTreeMap<String, Value>,
        ctx: &Ctx,
    ) -> Result<Box<dyn Rows>> {
        if wanted.is_empty() {
            return target.core.decode(&[]);
        }
        let mut select = target.core.select(ctx).await?;
        select.and_where(Expr::col(far.clone()).is_in(wanted.into_values()));
        if let Some(key) = target.facts.key() {
            select.order_by(key.reference.clone(), Order::Asc);
        }
        select.limit(MOST_ROWS + 1);
        let found = self.reader.all(&select).await?;
        if found.len() as u64 > MOST_ROWS {
            return Err(refuse(&format!(
                "It would bring more than {MOST_ROWS} rows of `{}`; ask for a smaller page, or list them at their own address.",
                target.facts.path
            )));
        }
        target.core.decode(&found)
    }

    async fn objects(
        &self,
        target: &Entry,
        found: &dyn Rows,
        inner: &Expansion,
        ctx: &Ctx,
    ) -> Result<Members> {
        let deeper = Look { ctx, ..*self };
        let members = deeper.members(&target.facts, found, inner).await?;
        members
            .into_iter()
            .enumerate()
            .map(|(row, members)| {
                let mut object = Vec::with_capacity(128);
                found.write(row, &members, &mut object)?;
                Ok(object)
            })
            .collect()
    }

    /// The pairs of a relation, by the key of the row here.
    async fn pairs(
        &self,
        relation: &Relation,
        ends: &Ends,
        rows: &dyn Rows,
    ) -> Result<BTreeMap<String, Vec<Key>>> {
        let (Ends::Through { own, pairs, near, away, .. }, Some(target)) =
            (ends, self.registry.find(relation.target.id))
        else {
            return Ok(BTreeMap::new());
        };
        let owned = own_values(rows, own);
        let (Some(near_kind), Some(away_kind)) =
            (owned.values().next().map(|_| rows.kind(own)), target.facts.key().map(|key| key.kind))
        else {
            return Ok(BTreeMap::new());
        };
        let select = Query::select()
            .column((pairs.clone(), near.clone()))
            .column((pairs.clone(), away.clone()))
            .from(pairs.clone())
            .and_where(Expr::col((pairs.clone(), near.clone())).is_in(owned.into_values()))
            .order_by((pairs.clone(), away.clone()), Order::Asc)
            .limit(MOST_PAIRS + 1)
            .to_owned();
        let found = self.reader.all(&select).await?;
        if found.len() as u64 > MOST_PAIRS {
            return Err(refuse(&format!(
                "The rows have more than {MOST_PAIRS} `{}` together; ask for a smaller page.",
                relation.name
            )));
        }
        let mut by_row: BTreeMap<String, Vec<Key>> = BTreeMap::new();
        for row in &found {
            let Some(near) = written(&near_kind.read(row, 0)?) else { continue };
            by_row.entry(near).or_default().extend(Key::read(row, away_kind)?);
        }
        Ok(by_row)
    }
}

/// A key at the other end.
struct Key {
    text: String,
    value: Value,
}

impl Key {
    fn read(row: &QueryResult, kind: crate::field::Kind) -> Result<Option<Self>> {
        let value = kind.read(row, 1)?;
        Ok(written(&value).map(|text| Self { text, value }))
    }
}

/// A key as JSON: a number stays one.
fn json_key(value: &Value) -> String {
    let text = written(value).unwrap_or_default();
    match value {
        Value::String(_) | Value::Uuid(_) | Value::ChronoDate(_) => {
            serde_json::Value::from(text).to_string()
        }
        _ => text,
    }
}

/// The values of a column, each once; null is none.
fn own_values(rows: &dyn Rows, column: &str) -> BTreeMap<String, Value> {
    (0..rows.len())
        .filter_map(|row| rows.value(row, column))
        .filter_map(|value| Some((written(&value)?, value)))
        .collect()
}

/// The places of the rows by what a column of theirs holds.
fn grouped(rows: &dyn Rows, column: &str) -> BTreeMap<String, Vec<usize>> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..rows.len() {
        if let Some(text) = rows.value(row, column).as_ref().and_then(written) {
            places.entry(text).or_default().push(row);
        }
    }
    places
}
