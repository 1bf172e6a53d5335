//! What callers write of relations: the keys in a table of pairs, and the check that what a column refers to is there.
use std::collections::BTreeSet;

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, Value,
    sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement},
};

use super::{Ends, Entry, Registry, Relation};
use crate::{
    Problem, Result,
    core::{Facts, Values},
    ctx::Ctx,
    field::{Field, coerce, written},
    input::{Given, Submitted, validate::Mode},
    problem::FieldError,
    resource::Action,
};

/// Keys that one list may hold.
pub(crate) const MOST_KEYS: usize = 200;

/// The lists of keys that a caller sent, by relation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links(Vec<(usize, Vec<Value>)>);

impl Links {
    /// Takes the lists out of what was sent; what is left are the columns.
    pub(crate) fn take(
        facts: &Facts,
        registry: &Registry,
        submitted: &mut Submitted,
        mode: Mode,
    ) -> Result<Self, Vec<FieldError>> {
        let (mut links, mut errors) = (Vec::new(), Vec::new());
        for (place, relation) in facts.relations.iter().enumerate() {
            let given = submitted.take(relation.name);
            let target = registry.find(relation.target.id).and_then(|target| target.facts.key());
            let (true, Some(key)) = (relation.writable, target) else {
                // What was expanded comes back with a row that is sent whole; it changes nothing.
                continue;
            };
            match given {
                Some(given) => match keys(relation, key, given) {
                    Ok(keys) => links.push((place, keys)),
                    Err(wrong) => errors.extend(wrong),
                },
                None if mode == Mode::Replace => links.push((place, Vec::new())),
                None => {}
            }
        }
        if errors.is_empty() { Ok(Self(links)) } else { Err(errors) }
    }
}

/// A row on its way into the database: of which resource, by whom, in which transaction.
#[derive(Clone, Copy)]
pub(crate) struct Writing<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) registry: &'a Registry,
    pub(crate) ctx: &'a Ctx,
    pub(crate) transaction: &'a DatabaseTransaction,
}

impl Writing<'_> {
    /// Makes the tables of pairs say what the caller sent. Links that are new must lead to rows that the caller may see.
    ///
    /// # Errors
    /// 422 that names the keys behind which there is nothing.
    pub(crate) async fn store(self, links: &Links, own: &Value) -> Result<()> {
        let Self { facts, registry, ctx, transaction } = self;
        let mut errors = Vec::new();
        for (place, keys) in &links.0 {
            let Some(relation) = facts.relations.get(*place) else { continue };
            let (Some(ends @ Ends::Through { .. }), Some(target)) =
                (&relation.ends, registry.find(relation.target.id))
            else {
                continue;
            };
            let pairs = Pairs { ends, own };
            let known = pairs.known(target, transaction).await?;
            for (index, key) in keys.iter().enumerate() {
                if !written(key).is_some_and(|key| known.contains(&key))
                    && !is_there(target, ctx, transaction, key).await?
                {
                    let pointer = format!("{}/{index}", relation.name);
                    errors.push(FieldError::at(
                        &pointer,
                        "does_not_exist",
                        nothing_there(target, key),
                    ));
                }
            }
            if errors.is_empty() {
                pairs.replace(transaction, keys, &known).await?;
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }

    /// Checks that what the columns refer to is there, and is the caller's to see.
    ///
    /// # Errors
    /// 422 that names each field behind which there is nothing.
    pub(crate) async fn check_targets(self, values: &Values) -> Result<()> {
        let Self { facts, registry, ctx, transaction } = self;
        let mut errors = Vec::new();
        for relation in &facts.relations {
            let (Some(column), Some(target)) =
                (relation.referring_column(), registry.find(relation.target.id))
            else {
                continue;
            };
            let Some(field) = facts.fields.iter().find(|field| field.column == column) else {
                continue;
            };
            let sent =
                values.iter().find(|(index, _)| *index == field.index).map(|(_, value)| value);
            let Some(value) = sent.filter(|value| written(value).is_some()) else { continue };
            if !is_there_by(target, ctx, transaction, relation, value).await? {
                errors.push(FieldError::new(
                    field.name,
                    "does_not_exist",
                    nothing_there(target, value),
                ));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
    }
}

/// The keys of a list: JSON, or a text with commas from a form.
fn keys(relation: &Relation, key: &Field, given: Given) -> Result<Vec<Value>, Vec<FieldError>> {
    let wrong =
        |code: &'static str, detail: String| vec![FieldError::new(relation.name, code, detail)];
    let values: Vec<Result<Value, coerce::Refusal>> = match given {
        Given::Json(serde_json::Value::Array(list)) => {
            list.iter().map(|value| coerce::json(key, value)).collect()
        }
        Given::Json(_) => {
            return Err(wrong(
                "type",
                "This must be a list of keys, for example [1, 2].".to_owned(),
            ));
        }
        Given::Text(text) => text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| coerce::text(key, text))
            .collect(),
    };
    if values.len() > MOST_KEYS {
        return Err(wrong("max_length", format!("A list has at most {MOST_KEYS} keys.")));
    }
    let (mut keys, mut errors, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, value) in values.into_iter().enumerate() {
        match value {
            Ok(value) if written(&value).is_none_or(|text| seen.insert(text)) => keys.push(value),
            Ok(_) => {}
            Err(coerce::Refusal { code, detail }) => {
                errors.push(FieldError::at(&format!("{}/{index}", relation.name), code, detail));
            }
        }
    }
    if errors.is_empty() { Ok(keys) } else { Err(errors) }
}

/// The table of pairs, seen from one row.
struct Pairs<'a> {
    ends: &'a Ends,
    own: &'a Value,
}

impl Pairs<'_> {
    async fn known(
        &self,
        target: &Entry,
        transaction: &DatabaseTransaction,
    ) -> Result<BTreeSet<String>> {
        let (Ends::Through { pairs, near, away, .. }, Some(key)) = (self.ends, target.facts.key())
        else {
            return Ok(BTreeSet::new());
        };
        let select = Query::select()
            .column(away.clone())
            .from(pairs.clone())
            .and_where(Expr::col(near.clone()).eq(self.own.clone()))
            .to_owned();
        let rows = transaction.query_all(&select).await?;
        let mut known = BTreeSet::new();
        for row in &rows {
            known.extend(written(&key.kind.read(row, 0)?));
        }
        Ok(known)
    }

    async fn replace(
        &self,
        transaction: &DatabaseTransaction,
        keys: &[Value],
        known: &BTreeSet<String>,
    ) -> Result<()> {
        let Ends::Through { pairs, near, away, .. } = self.ends else { return Ok(()) };
        let mut gone = Query::delete();
        gone.from_table(pairs.clone()).and_where(Expr::col(near.clone()).eq(self.own.clone()));
        if !keys.is_empty() {
            gone.and_where(Expr::col(away.clone()).is_not_in(keys.iter().cloned()));
        }
        if !known.is_empty() {
            transaction.execute(&gone).await?;
        }
        let new = keys.iter().filter(|key| !written(key).is_some_and(|key| known.contains(&key)));
        let new: Vec<&Value> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut insert = Query::insert();
        insert.into_table(pairs.clone()).columns([near.clone(), away.clone()]);
        for key in new {
            insert
                .values([Expr::val(self.own.clone()), Expr::val(key.clone())])
                .map_err(|error| Problem::internal(&error))?;
        }
        // Somebody else may have linked the same two a moment ago; that is what both wanted.
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        transaction.execute(&insert).await?;
        Ok(())
    }
}

fn nothing_there(target: &Entry, key: &Value) -> String {
    let key = written(key).unwrap_or_default();
    format!("There is no `{}` with the key {key}, or it is not yours to see.", target.facts.path)
}

async fn is_there(
    target: &Entry,
    ctx: &Ctx,
    transaction: &DatabaseTransaction,
    key: &Value,
) -> Result<bool> {
    let Some(field) = target.facts.key() else { return Ok(false) };
    let mut select = visible(target, ctx).await?;
    select.and_where(Expr::col(field.reference.clone()).eq(key.clone())).limit(1);
    Ok(transaction.query_one(&select).await?.is_some())
}

async fn is_there_by(
    target: &Entry,
    ctx: &Ctx,
    transaction: &DatabaseTransaction,
    relation: &Relation,
    value: &Value,
) -> Result<bool> {
    let Some(Ends::Direct { far, .. }) = &relation.ends else { return Ok(true) };
    let mut select = visible(target, ctx).await?;
    select.and_where(Expr::col(far.clone()).eq(value.clone())).limit(1);
    Ok(transaction.query_one(&select).await?.is_some())
}

async fn visible(target: &Entry, ctx: &Ctx) -> Result<SelectStatement> {
    target.core.select(&ctx.for_others(Action::List)).await
}
