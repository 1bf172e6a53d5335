//! How many rows a list has: counted, estimated, or not asked.
use sea_orm::{
    ConnectionTrait, Statement,
    sea_query::{Asterisk, Expr, Func, Query, SelectStatement},
};

use crate::{Result, ctx::Ctx, listing::Total};

/// What is known about the number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Exact(u64),
    Estimated(u64),
    Unknown,
}

/// Finds it out for a narrowed statement. `known` is what the rows of the piece tell already, `least` how many there are at
/// least.
pub(crate) async fn find(
    ctx: &Ctx,
    total: Total,
    mut select: SelectStatement,
    known: Option<u64>,
    least: u64,
) -> Result<Count> {
    select.clear_order_by().reset_limit().reset_offset();
    let estimates = ctx.database().kind() == database::Kind::Postgres;
    Ok(match (total, known) {
        (Total::None, _) => Count::Unknown,
        (_, Some(known)) => Count::Exact(known),
        (Total::Estimated, None) if estimates => estimate(ctx, &select)
            .await?
            .map_or(Count::Unknown, |rows| Count::Estimated(rows.max(least))),
        (_, None) => Count::Exact(count(ctx, select).await?),
    })
}

/// `SELECT COUNT(*) FROM (…)`.
async fn count(ctx: &Ctx, select: SelectStatement) -> Result<u64> {
    let counting = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(select, "rows")
        .to_owned();
    let total: i64 = match ctx.db().query_one(&counting).await? {
        Some(row) => row.try_get_by_index(0)?,
        None => 0,
    };
    Ok(u64::try_from(total).unwrap_or_default())
}

/// What PostgreSQL's planner expects; it knows about filters, and reads no row.
async fn estimate(ctx: &Ctx, select: &SelectStatement) -> Result<Option<u64>> {
    let backend = ctx.database().kind().backend();
    let mut statement: Statement = backend.build(select);
    statement.sql.insert_str(0, "EXPLAIN (FORMAT JSON) ");
    let Some(row) = ctx.db().query_one_raw(statement).await? else { return Ok(None) };
    let plan: serde_json::Value = row.try_get_by_index(0)?;
    Ok(plan.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_u64))
}
