//! Many rows in one request: made, changed or removed together, or not at all, with the errors of each row.
use std::{collections::BTreeSet, sync::Arc};

use http::StatusCode;
use sea_orm::{Value, sea_query::SelectStatement};

use crate::{
    Problem, Result,
    ctx::Ctx,
    field::{coerce, written},
    input::{Given, Submitted, validate::Mode},
    pairs,
    problem::FieldError,
};

use super::{
    Answer, Exchange,
    precondition::Precondition,
    write::{Draft, Work},
};

impl Exchange {
    /// POST of a list.
    pub(super) async fn create_many(&self, rows: &[Submitted]) -> Result<Answer> {
        self.check_bulk(rows.len())?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let mut drafts = Vec::with_capacity(rows.len());
        let mut errors = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            match Draft::of(&self.mounted, row, Mode::Create) {
                Ok(draft) => drafts.push(draft),
                Err(wrong) => {
                    errors.extend(wrong.into_iter().map(|one| one.inside(&index.to_string())));
                }
            }
        }
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        self.change(move |transaction| {
            Box::pin(async move {
                let (ctx, mounted, condition) = (&ctx, &*mounted, condition.as_ref());
                let work = Work { ctx, mounted, transaction, condition };
                let mut written = Vec::with_capacity(drafts.len());
                for (index, draft) in drafts.into_iter().enumerate() {
                    let row = work.insert(draft).await;
                    written.push(row.map_err(|problem| problem.of_row(index))?.json);
                }
                let mut answer = Answer::ok(list(&written));
                answer.status = StatusCode::CREATED;
                Ok(answer)
            })
        })
        .await
    }

    /// PATCH of a list: each row names its key.
    pub(super) async fn change_many(&self) -> Result<Answer> {
        crate::list::check_item_query(self.parts.uri.query())?;
        let Some(rows) = &self.submitted.rows else {
            return Err(Problem::malformed(
                "The body must be a JSON list of rows, each with its key and the fields that change.",
            ));
        };
        self.check_bulk(rows.len())?;
        self.check_no_precondition()?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let mut changes = Vec::with_capacity(rows.len());
        let (mut errors, mut seen) = (Vec::new(), BTreeSet::new());
        for (index, row) in rows.iter().enumerate() {
            match self.change_of(&ctx, row, &mut seen).await {
                Ok(Ok(change)) => changes.push(change),
                Ok(Err(wrong)) => {
                    errors.extend(wrong.into_iter().map(|one| one.inside(&index.to_string())));
                }
                Err(problem) => return Err(problem),
            }
        }
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        self.change(move |transaction| {
            Box::pin(async move {
                let (ctx, mounted, condition) = (&ctx, &*mounted, condition.as_ref());
                let work = Work { ctx, mounted, transaction, condition };
                let mut written = Vec::with_capacity(changes.len());
                for (index, (select, draft)) in changes.into_iter().enumerate() {
                    let row = work.change(&select, draft, &Precondition::default()).await;
                    written.push(row.map_err(|problem| problem.of_row(index))?.json);
                }
                Ok(Answer::ok(list(&written)))
            })
        })
        .await
    }

    /// DELETE of a list: `?keys=1,2,3`.
    pub(super) async fn delete_many(&self) -> Result<Answer> {
        let keys = self.keys()?;
        self.check_bulk(keys.len())?;
        self.check_no_precondition()?;
        let (ctx, mounted) = (self.ctx(), Arc::clone(&self.mounted));
        let condition = mounted.core.permit(&ctx).await?;
        let mut selects = Vec::with_capacity(keys.len());
        for key in keys {
            selects.push(self.select_by(&ctx, key).await?);
        }
        let database = ctx.database().clone();
        database
            .write::<_, Problem, _>(move |transaction| {
                Box::pin(async move {
                    let (ctx, mounted, condition) = (&ctx, &*mounted, condition.as_ref());
                    let work = Work { ctx, mounted, transaction, condition };
                    for (index, select) in selects.iter().enumerate() {
                        let gone = work.remove(select, &Precondition::default()).await;
                        gone.map_err(|problem| problem.of_row(index))?;
                    }
                    Ok(())
                })
            })
            .await?;
        let mut answer = Answer::ok(Vec::new());
        answer.status = StatusCode::NO_CONTENT;
        Ok(answer)
    }

    /// One row of a PATCH: which it is, and what changes; or what is wrong with it.
    async fn change_of(
        &self,
        ctx: &Ctx,
        row: &Submitted,
        seen: &mut BTreeSet<String>,
    ) -> Result<Result<(SelectStatement, Draft), Vec<FieldError>>> {
        let Some(field) = self.mounted.facts.key() else { return Err(Problem::not_found()) };
        let wrong = |code: &'static str, detail: String| {
            Ok(Err(vec![FieldError::new(field.name, code, detail)]))
        };
        let key = match row.find(field.name) {
            None => return wrong("required", "Each row names its key.".to_owned()),
            Some(Given::Json(value)) => coerce::json(field, value),
            Some(Given::Text(text)) => coerce::unlimited_text(field, text),
        };
        let key = match key {
            Ok(key) => key,
            Err(refusal) => return wrong("type", refusal.detail.into_owned()),
        };
        if !written(&key).is_some_and(|text| seen.insert(text)) {
            return wrong("repeated", "Each row can be there once.".to_owned());
        }
        let draft = match Draft::of(&self.mounted, row, Mode::Partial) {
            Ok(draft) => draft,
            Err(errors) => return Ok(Err(errors)),
        };
        Ok(Ok((self.select_by(ctx, key).await?, draft)))
    }

    /// The keys in the query string, each once.
    fn keys(&self) -> Result<Vec<Value>> {
        let Some(field) = self.mounted.facts.key() else { return Err(Problem::not_found()) };
        let wrong = |what: &str| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid_parameter",
                format!("The query parameter `keys` cannot be understood. {what}"),
            )
        };
        let query = self.parts.uri.query().unwrap_or_default();
        let pairs = pairs::parse(query.as_bytes()).map_err(|what| {
            Problem::malformed(format!("The query string cannot be read. {what}"))
        })?;
        let [(name, list)] = pairs.as_slice() else {
            return Err(wrong("Say which rows are to go, and nothing else: `?keys=1,2,3`."));
        };
        if name != "keys" {
            return Err(wrong("Say which rows are to go, and nothing else: `?keys=1,2,3`."));
        }
        let mut seen = BTreeSet::new();
        let texts =
            list.split(',').map(str::trim).filter(|text| !text.is_empty() && seen.insert(*text));
        texts
            .map(|text| {
                coerce::unlimited_text(field, text).map_err(|refusal| wrong(&refusal.detail))
            })
            .collect()
    }

    fn check_bulk(&self, rows: usize) -> Result<()> {
        match (self.mounted.facts.bulk, rows) {
            (0, _) => Err(crate::input::not_an_object("The body", "list")),
            (_, 0) => Err(Problem::malformed("The list is empty: there is nothing to do.")),
            (most, rows) if rows > most => Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("One request is about {most} rows at most; these are {rows}."),
            )),
            _ => Ok(()),
        }
    }

    /// One tag cannot speak for many rows.
    fn check_no_precondition(&self) -> Result<()> {
        if Precondition::of(&self.parts.headers, self.mounted.facts.require_if_match)?.is_given() {
            return Err(Problem::malformed(
                "`If-Match` speaks about one row; change the rows one by one to use it.",
            ));
        }
        Ok(())
    }
}

/// Rows as a JSON list.
fn list(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut json = vec![b'['];
    json.extend(rows.join(&b','));
    json.push(b']');
    json
}
