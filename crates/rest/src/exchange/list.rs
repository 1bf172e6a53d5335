//! Answers a list: one piece of the rows, their count, the links to the other pieces.
use http::{HeaderName, StatusCode, header};
use sea_orm::{ConnectionTrait, QueryResult, sea_query::SelectStatement};

use super::{Answer, Exchange, answer::Listed, export, rows::Shown};
use crate::{
    Problem, Result,
    ctx::Ctx,
    list::{
        self, ListQuery, Start,
        cursor::{self, Position, Seal},
        links::{self, Links},
        total::{self, Count},
    },
    listing::{Shape, Total},
    negotiate::Format,
};

const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
/// An estimate has a name of its own, so that nobody takes it for a count.
const ESTIMATED: HeaderName = HeaderName::from_static("x-estimated-count");

/// A piece of a list.
struct Piece {
    rows: Vec<QueryResult>,
    count: Count,
    links: Links,
}

/// The list, as the parameters ask for it.
pub(super) async fn run(exchange: &Exchange) -> Result<Answer> {
    let facts = &exchange.mounted.facts;
    let query = ListQuery::parse(facts, exchange.parts.uri.query())?;
    let ctx = exchange.ctx();
    if matches!(exchange.format, Format::Csv | Format::Ndjson) {
        return export::run(exchange, ctx, query).await;
    }
    let mut select = exchange.mounted.core.select(&ctx).await?;
    query.narrow(facts, ctx.database().kind(), &mut select);
    let piece = match &query.start {
        Start::Cursor(cursor) => {
            by_cursor(exchange, &ctx, &query, cursor.as_deref(), select).await?
        }
        _ => by_number(exchange, &ctx, &query, select).await?,
    };
    let mut answer = Answer::ok(json(exchange, &ctx, &query, &piece).await?);
    match piece.count {
        Count::Exact(total) => answer = answer.with(TOTAL, total.into()),
        Count::Estimated(total) => answer = answer.with(ESTIMATED, total.into()),
        Count::Unknown => {}
    }
    if let Some(link) = links::header(&piece.links) {
        answer = answer.with(header::LINK, link);
    }
    let text = links::place(&query, piece.count, piece.rows.len() as u64);
    answer.list = Some(Listed { text, links: piece.links });
    Ok(answer)
}

/// A page, or so many rows from a place on.
async fn by_number(
    exchange: &Exchange,
    ctx: &Ctx,
    query: &ListQuery,
    mut select: SelectStatement,
) -> Result<Piece> {
    let facts = &exchange.mounted.facts;
    let whole = query.start == Start::Whole;
    let asked = facts.lists.total();
    // Where rows are not counted, one row more tells whether others follow.
    let one_more = whole || asked != Total::Exact;
    query.piece_of(facts, query.size + u64::from(one_more), &mut select);
    let mut rows = ctx.db().query_all(&select).await?;
    let mut more = rows.len() as u64 > query.size;
    if whole && more {
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "too_many_rows",
            format!(
                "This list is answered in one piece, and there are more than {} rows. Narrow it by filters, or take it as `?format=ndjson`.",
                query.size
            ),
        ));
    }
    if more {
        rows.pop();
    }
    let here = rows.len() as u64;
    let end = query.offset().saturating_add(here);
    let known = if one_more && more { None } else { query.total_from(here) };
    let known = known.or_else(|| (one_more && !more && here > 0).then_some(end));
    let count = total::find(ctx, asked, select, known, end + u64::from(more)).await?;
    if let Count::Exact(total) = count {
        more = end < total;
    }
    let links = links::numbered(&exchange.mounted.path, query, count, more);
    Ok(Piece { rows, count, links })
}

/// The rows beyond a cursor.
async fn by_cursor(
    exchange: &Exchange,
    ctx: &Ctx,
    query: &ListQuery,
    cursor: Option<&str>,
    select: SelectStatement,
) -> Result<Piece> {
    let mounted = &*exchange.mounted;
    let (facts, kind) = (&mounted.facts, ctx.database().kind());
    let key = mounted.state.cursor_key()?;
    let seal = Seal { facts, query, database: kind, key: &key };
    let position = cursor.map(|cursor| seal.read(cursor)).transpose()?;
    let backward = position.as_ref().is_some_and(|position| position.backward);
    let mut reading = after(query, facts, kind, position.as_ref(), select.clone());
    reading.limit(query.size + 1);
    let mut rows = ctx.db().query_all(&reading).await?;
    let more = rows.len() as u64 > query.size;
    if more {
        rows.pop();
    }
    if backward {
        rows.reverse();
    }
    let place = |row: Option<&QueryResult>, backward: bool| -> Result<Option<String>> {
        let Some(row) = row else { return Ok(None) };
        let values = cursor::place_of(&*mounted.core, facts, &query.ordering, row, kind)?;
        seal.write(&Position { backward, values }).map(Some)
    };
    let has_previous = if backward { more } else { position.is_some() };
    let previous = place(rows.first().filter(|_| has_previous), true)?;
    let next = place(rows.last().filter(|_| more || backward), false)?;
    let here = rows.len() as u64;
    let known = (position.is_none() && !more).then_some(here);
    let count =
        total::find(ctx, facts.lists.total(), select, known, here + u64::from(more)).await?;
    let links = links::by_cursor(&mounted.path, query, previous, next);
    Ok(Piece { rows, count, links })
}

/// The statement for the rows beyond a place. The order is the list's alone: one of the author's own would contradict it.
pub(super) fn after(
    query: &ListQuery,
    facts: &crate::Facts,
    kind: database::Kind,
    position: Option<&Position>,
    mut select: SelectStatement,
) -> SelectStatement {
    let mut order = query.ordering.clone();
    if position.is_some_and(|position| position.backward) {
        order = order.into_iter().map(list::Ordered::reversed).collect();
    }
    select.clear_order_by();
    cursor::prepare(facts, &order, kind, &mut select);
    if let Some(position) = position {
        select.cond_where(cursor::beyond(facts, &order, &position.values, kind));
    }
    list::order::apply(facts, &order, &mut select);
    select
}

async fn json(exchange: &Exchange, ctx: &Ctx, query: &ListQuery, piece: &Piece) -> Result<Vec<u8>> {
    let mounted = &*exchange.mounted;
    let mut json = Vec::with_capacity(64 + piece.rows.len() * 64);
    let envelope = mounted.facts.lists.shape() == Shape::Envelope;
    if envelope {
        open_envelope(mounted.state.public_url(), piece, &mut json)?;
    }
    let expansion = exchange.expansion(query.expand.as_deref())?;
    let shown = Shown { mounted, ctx, expansion: &expansion, fields: query.fields.as_deref() };
    shown.list(&piece.rows, &mut json).await?;
    if envelope {
        json.push(b'}');
    }
    Ok(json)
}

/// `{"count":…,"next":…,"previous":…,"results":`; the addresses with the host, where it is known.
fn open_envelope(host: &str, piece: &Piece, json: &mut Vec<u8>) -> Result<()> {
    let link = |wanted: &str| {
        let found = piece.links.iter().find(|(relation, _)| *relation == wanted);
        found.map(|(_, address)| format!("{host}{address}"))
    };
    let mut members = serde_json::Map::new();
    match piece.count {
        Count::Exact(total) => drop(members.insert("count".to_owned(), total.into())),
        Count::Estimated(total) => drop(members.insert("estimated_count".to_owned(), total.into())),
        Count::Unknown => {}
    }
    members.insert("next".to_owned(), link("next").into());
    members.insert("previous".to_owned(), link("prev").into());
    serde_json::to_writer(&mut *json, &members).map_err(|error| Problem::internal(&error))?;
    json.pop();
    json.extend_from_slice(b",\"results\":");
    Ok(())
}
