//! A whole list as CSV or as NDJSON, in constant memory: it is read in batches, each beginning where the one before ended.
//!
//! No row is held back and no connection held open between batches, so a slow reader costs one batch of memory and nothing
//! else; that is why the number of rows has no bound. Every batch asks the author's `permit` and `query` anew.
mod csv;

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, header};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{Answer, Exchange, list::after, rows::Shown};
use crate::{
    Result,
    ctx::Ctx,
    list::{self, ListQuery, cursor, cursor::Position},
    mounted::Mounted,
    negotiate::Format,
    relation::Expansion,
};

/// Rows that are read at once.
const BATCH: u64 = 500;

/// An export on its way.
struct Export {
    mounted: Arc<Mounted>,
    ctx: Ctx,
    query: ListQuery,
    expansion: Expansion,
    position: Option<Position>,
    /// The columns of CSV, known once the first batch is.
    columns: Option<Vec<String>>,
    format: Format,
    finished: bool,
}

/// Begins the export. What is wrong with the first batch is a problem; later the answer breaks off, which a client notices.
pub(super) async fn run(exchange: &Exchange, ctx: Ctx, query: ListQuery) -> Result<Answer> {
    if let Some(name) = &query.paging {
        let word = if exchange.format == Format::Csv { "csv" } else { "ndjson" };
        return Err(list::invalid(
            name,
            &format!("It does not go together with the format {word}, which is the whole list."),
        ));
    }
    let mut export = Export {
        mounted: Arc::clone(&exchange.mounted),
        ctx,
        expansion: exchange.expansion(query.expand.as_deref())?,
        query,
        position: None,
        columns: None,
        format: exchange.format,
        finished: false,
    };
    let (content_type, ending) = match export.format {
        Format::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        _ => ("application/x-ndjson", "ndjson"),
    };
    let first = export.batch().await?;
    let later = stream::try_unfold(export, |mut export| async move {
        if export.finished {
            return Ok(None);
        }
        let bytes = export.batch().await.inspect_err(|problem| {
            tracing::warn!(%problem, "an export broke off");
        })?;
        Ok::<_, crate::Problem>(Some((bytes, export)))
    });
    let whole = futures_util::StreamExt::chain(
        stream::once(std::future::ready(Ok::<_, crate::Problem>(first))),
        later,
    );
    let mut answer = Answer::ok(Vec::new());
    answer.stream = Some((HeaderValue::from_static(content_type), Body::from_stream(whole)));
    let name = exchange.mounted.facts.path.replace('/', "-");
    let name = format!("attachment; filename=\"{name}.{ending}\"");
    if let Ok(name) = HeaderValue::from_str(&name) {
        answer = answer.with(header::CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}

impl Export {
    async fn batch(&mut self) -> Result<Bytes> {
        let (facts, kind) = (&self.mounted.facts, self.ctx.database().kind());
        let mut select = self.mounted.core.select(&self.ctx).await?;
        self.query.narrow(facts, kind, &mut select);
        let mut select = after(&self.query, facts, kind, self.position.as_ref(), select);
        select.limit(BATCH);
        let rows = self.ctx.db().query_all(&select).await?;
        self.finished = (rows.len() as u64) < BATCH;
        if let Some(row) = rows.last() {
            let order = &self.query.ordering;
            let values = cursor::place_of(&*self.mounted.core, facts, order, row, kind)?;
            self.position = Some(Position { backward: false, values });
        }
        self.write(&rows).await.map(Bytes::from)
    }

    async fn write(&mut self, rows: &[QueryResult]) -> Result<Vec<u8>> {
        let shown = Shown {
            mounted: &self.mounted,
            ctx: &self.ctx,
            expansion: &self.expansion,
            fields: self.query.fields.as_deref(),
        };
        let lines = shown.each(rows).await?;
        let mut out = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
        if self.format == Format::Ndjson {
            for line in &lines {
                out.extend_from_slice(line);
                out.push(b'\n');
            }
            return Ok(out);
        }
        let rows = csv::rows(&lines)?;
        let columns = if let Some(columns) = self.columns.take() {
            columns
        } else {
            let columns = self.columns_of(&rows);
            csv::header(&columns, &mut out);
            columns
        };
        for row in &rows {
            csv::line(&columns, row, &mut out);
        }
        self.columns = Some(columns);
        Ok(out)
    }

    /// What was asked for, or what the first batch has; without rows, what the resource declares.
    fn columns_of(&self, rows: &[csv::Row]) -> Vec<String> {
        let shown = || self.mounted.facts.shown().map(|field| field.name.to_owned()).collect();
        match &self.query.fields {
            Some(fields) => fields.iter().map(|name| (*name).to_owned()).collect(),
            None if rows.is_empty() => shown(),
            None => csv::columns(rows),
        }
    }
}
