//! Children that come with their parent: each goes the way of its own resource, in the parent's transaction.
use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use http::StatusCode;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, Value,
    sea_query::{Expr, ExprTrait, SelectStatement},
};
use serde_json::Value as Json;

use crate::{
    Problem, Result,
    core::{Facts, Rows},
    ctx::Ctx,
    field::{Field, coerce, written},
    guard,
    input::{self, Given, Submitted, validate::Mode},
    mounted::Mounted,
    problem::FieldError,
    relation::{MOST_CHILDREN, Nested, Nesting},
    resource::Action,
};

use super::{
    precondition::Precondition,
    write::{Draft, Work},
};

/// The children that a caller sent with a row: lists, by the place of the relation among those that take children.
#[derive(Clone, Debug, Default)]
pub(super) struct Children {
    lists: Vec<(usize, Vec<Child>)>,
    /// Whether the row was sent whole, so that a list may be meant to be all there is.
    whole: bool,
}

/// A row that is to be below another.
#[derive(Clone, Debug)]
struct Child {
    key: Option<Value>,
    /// What it says itself about whose it is.
    parent: Option<Value>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    New(Draft),
    Changed(Draft),
    /// It has a key that callers make up, so only the table knows whether it is new.
    Either {
        new: Result<Draft, Vec<FieldError>>,
        changed: Result<Draft, Vec<FieldError>>,
    },
}

impl Children {
    /// Takes the lists out of what was sent and checks every row in them; `left` is how many rows there may be still.
    pub(super) fn take(
        mounted: &Mounted,
        submitted: &mut Submitted,
        mode: Mode,
        left: &mut usize,
    ) -> Result<Self, Vec<FieldError>> {
        let (mut lists, mut errors) = (Vec::new(), Vec::new());
        for (place, nested) in mounted.nested.iter().enumerate() {
            let Some(name) = mounted.facts.relations.get(nested.relation).map(|one| one.name)
            else {
                continue;
            };
            let Some(given) = submitted.take(name) else { continue };
            match list(nested, given, left) {
                Ok(list) => lists.push((place, list)),
                Err(wrong) => errors.extend(wrong.into_iter().map(|one| one.inside(name))),
            }
        }
        let whole = mode == Mode::Replace;
        if errors.is_empty() { Ok(Self { lists, whole }) } else { Err(errors) }
    }
}

/// The rows of one list, or every error, each with its place in the list.
fn list(nested: &Nested, given: Given, left: &mut usize) -> Result<Vec<Child>, Vec<FieldError>> {
    let whole = |code: &'static str, detail: String| {
        vec![FieldError { pointer: String::new(), code: code.into(), detail: detail.into() }]
    };
    let Given::Json(Json::Array(rows)) = given else {
        let detail = "This must be a list of objects, in JSON: one for each row.";
        return Err(whole("type", detail.to_owned()));
    };
    if rows.len() > *left {
        let detail = format!("One request brings {MOST_CHILDREN} rows below others at most.");
        return Err(whole("max_length", detail));
    }
    *left -= rows.len();
    let (mut children, mut errors, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, row) in rows.into_iter().enumerate() {
        let read = match row {
            Json::Object(map) => {
                child(&nested.mounted, nested.reference(), &input::object(map), left)
            }
            _ => Err(whole("type", "Each row is an object.".to_owned())),
        };
        let key = read.as_ref().ok().and_then(|child| written(child.key.as_ref()?));
        let read = if key.is_none_or(|key| seen.insert(key)) {
            read
        } else {
            Err(whole("repeated", "Each row can be there once.".to_owned()))
        };
        match read {
            Ok(child) => children.push(child),
            Err(wrong) => {
                errors.extend(wrong.into_iter().map(|one| one.inside(&index.to_string())));
            }
        }
    }
    if errors.is_empty() { Ok(children) } else { Err(errors) }
}

fn child(
    mounted: &Mounted,
    reference: Option<&Field>,
    row: &Submitted,
    left: &mut usize,
) -> Result<Child, Vec<FieldError>> {
    let named = mounted.facts.key();
    let key = sent(named, row)?;
    let parent = sent(reference, row)?;
    let content = match (&key, named.is_some_and(Field::writable)) {
        (None, _) => Content::New(Draft::within(mounted, row, Mode::Create, left)?),
        (Some(_), false) => Content::Changed(Draft::within(mounted, row, Mode::Partial, left)?),
        (Some(_), true) => {
            // The rows below it are counted once.
            let new = Draft::within(mounted, row, Mode::Create, &mut left.clone());
            let changed = Draft::within(mounted, row, Mode::Partial, left);
            if let (Err(_), Err(wrong)) = (&new, &changed) {
                return Err(wrong.clone());
            }
            Content::Either { new, changed }
        }
    };
    Ok(Child { key, parent, content })
}

/// What was sent for a field; null is nothing.
fn sent(field: Option<&Field>, row: &Submitted) -> Result<Option<Value>, Vec<FieldError>> {
    let Some(field) = field else { return Ok(None) };
    match row.find(field.name) {
        None | Some(Given::Json(Json::Null) | Given::Text(_)) => Ok(None),
        Some(Given::Json(value)) => match coerce::json(field, value) {
            Ok(value) => Ok(Some(value)),
            Err(refusal) => Err(vec![FieldError::new(field.name, refusal.code, refusal.detail)]),
        },
    }
}

impl Work<'_> {
    /// Writes the children of a row that has been written, and shows them as members of it.
    pub(super) fn write_children<'a>(
        self,
        rows: &'a dyn Rows,
        children: Children,
    ) -> BoxFuture<'a, Result<Vec<u8>>>
    where
        Self: 'a,
    {
        Box::pin(async move {
            let mut members = Vec::new();
            for (place, list) in children.lists {
                let Some(nested) = self.mounted.nested.get(place) else { continue };
                let relation = self.mounted.facts.relations.get(nested.relation);
                let (Some(relation), Some(parent)) = (relation, rows.value(0, &nested.own)) else {
                    continue;
                };
                let family = Family {
                    nested,
                    parent: &parent,
                    ctx: self.ctx,
                    transaction: self.transaction,
                };
                let others_go = children.whole && nested.nesting == Nesting::Replace;
                let written = family.write(list, others_go).await;
                let written = written.map_err(|problem| problem.inside(relation.name))?;
                if !members.is_empty() {
                    members.push(b',');
                }
                members.extend_from_slice(format!("\"{}\":[", relation.name).as_bytes());
                members.extend(written.join(&b','));
                members.push(b']');
            }
            Ok(members)
        })
    }
}

/// The children of one row.
#[derive(Clone, Copy)]
struct Family<'a> {
    nested: &'a Nested,
    /// What the children hold that belong to it.
    parent: &'a Value,
    ctx: &'a Ctx,
    transaction: &'a DatabaseTransaction,
}

impl Family<'_> {
    async fn write(self, list: Vec<Child>, others_go: bool) -> Result<Vec<Vec<u8>>> {
        // First, so that a new child may have what an old one has to itself.
        if others_go {
            self.remove_others(&list).await?;
        }
        let fields = &self.facts().fields;
        let mut written = Vec::with_capacity(list.len());
        for (index, child) in list.into_iter().enumerate() {
            let row = self.write_one(child).await;
            written.push(
                row.map_err(|problem| problem.rename_columns(fields).inside(&index.to_string()))?,
            );
        }
        Ok(written)
    }

    fn facts(&self) -> &Facts {
        &self.nested.mounted.facts
    }

    async fn write_one(self, child: Child) -> Result<Vec<u8>> {
        let Child { key, parent, content } = child;
        self.check_parent(parent.as_ref())?;
        match (key, content) {
            (_, Content::New(draft)) => self.create(draft).await,
            (Some(key), Content::Changed(draft)) => self.change(&key, draft).await,
            (Some(key), Content::Either { new, changed }) => {
                let select =
                    self.select(&self.ctx.for_others(Action::Retrieve), Some(&key)).await?;
                match self.transaction.query_one(&select).await? {
                    Some(_) => self.change(&key, changed.map_err(Problem::invalid)?).await,
                    None => self.create(new.map_err(Problem::invalid)?).await,
                }
            }
            (None, Content::Changed(_) | Content::Either { .. }) => Err(Problem::not_found()),
        }
    }

    /// A child that says whose it is has to be this row's.
    fn check_parent(self, said: Option<&Value>) -> Result<()> {
        let (Some(field), Some(said)) = (self.nested.reference(), said) else { return Ok(()) };
        if written(said) == written(self.parent) {
            return Ok(());
        }
        let detail =
            "It is sent as a part of another row; leave this out, or send it at its own address.";
        Err(Problem::invalid(vec![FieldError::new(field.name, "other_parent", detail)]))
    }

    async fn create(self, mut draft: Draft) -> Result<Vec<u8>> {
        let (ctx, condition) = self.may(Action::Create).await?;
        if let Some(field) = self.nested.reference() {
            let place = draft.values.partition_point(|(index, _)| *index < field.index);
            draft.values.insert(place, (field.index, self.parent.clone()));
        }
        Ok(self.work(&ctx, condition.as_ref()).insert(draft).await?.json)
    }

    async fn change(self, key: &Value, draft: Draft) -> Result<Vec<u8>> {
        self.check_precondition()?;
        let (ctx, condition) = self.may(Action::PartialUpdate).await?;
        let select = self.select(&ctx, Some(key)).await?;
        let work = self.work(&ctx, condition.as_ref());
        let changed = work.change(&select, draft, &Precondition::default()).await;
        Ok(changed.map_err(|problem| self.absent(key, problem))?.json)
    }

    /// Removes the children that the list leaves out, as far as the caller may see them.
    async fn remove_others(self, list: &[Child]) -> Result<()> {
        let Some(field) = self.facts().key() else { return Ok(()) };
        let kept: Vec<Value> = list.iter().filter_map(|child| child.key.clone()).collect();
        let mut select = self.select(&self.ctx.for_others(Action::List), None).await?;
        if !kept.is_empty() {
            select.and_where(Expr::col(field.reference.clone()).is_not_in(kept));
        }
        select.limit(MOST_CHILDREN as u64 + 1);
        let gone = self.transaction.query_all(&select).await?;
        if gone.is_empty() {
            return Ok(());
        }
        if gone.len() > MOST_CHILDREN {
            return Err(Problem::conflict(format!(
                "This would remove more than {MOST_CHILDREN} rows of `{}`; remove them at their own address first.",
                self.facts().path
            )));
        }
        self.check_precondition()?;
        let (ctx, condition) = self.may(Action::Delete).await?;
        let rows = self.nested.mounted.core.decode(&gone)?;
        for row in 0..rows.len() {
            let Some(key) = rows.value(row, field.column) else { continue };
            let select = self.select(&ctx, Some(&key)).await?;
            let work = self.work(&ctx, condition.as_ref());
            work.remove(&select, &Precondition::default()).await?;
        }
        Ok(())
    }

    /// The children that the caller may see, or the one with a key.
    async fn select(self, ctx: &Ctx, key: Option<&Value>) -> Result<SelectStatement> {
        let mut select = self.nested.mounted.core.select(ctx).await?;
        select.and_where(Expr::col(self.nested.far.clone()).eq(self.parent.clone()));
        if let (Some(field), Some(key)) = (self.facts().key(), key) {
            select.and_where(field.equals(key.clone(), ctx.database().kind()));
        }
        Ok(select)
    }

    /// Asks the children's resource, as a request for it would: the scope, then the permission.
    async fn may(self, action: Action) -> Result<(Ctx, Option<sea_orm::Condition>)> {
        let ctx = self.ctx.for_others(action);
        guard::require(self.facts().requirement(action), ctx.principal(), ctx.metadata())?;
        let condition = self.nested.mounted.core.permit(&ctx).await?;
        Ok((ctx, condition))
    }

    /// Rows that change only for who says what they saw cannot be changed from here: there is one `If-Match`, the parent's.
    fn check_precondition(self) -> Result<()> {
        if !self.facts().require_if_match {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "precondition_required",
            format!(
                "A change of `{}` must say in `If-Match` which state it is about: change or remove the row at its own address.",
                self.facts().path
            ),
        ))
    }

    fn absent(self, key: &Value, problem: Problem) -> Problem {
        let (Some(field), StatusCode::NOT_FOUND) = (self.facts().key(), problem.status()) else {
            return problem;
        };
        let key = written(key).unwrap_or_default();
        let path = self.facts().path;
        let detail = format!(
            "There is no `{path}` with the key {key} in this row, or it is not yours to see."
        );
        Problem::invalid(vec![FieldError::new(field.name, "does_not_exist", detail)])
    }

    fn work<'w>(&'w self, ctx: &'w Ctx, condition: Option<&'w sea_orm::Condition>) -> Work<'w> {
        Work { ctx, mounted: &self.nested.mounted, transaction: self.transaction, condition }
    }
}
