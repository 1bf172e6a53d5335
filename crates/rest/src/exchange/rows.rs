//! Rows as JSON: with what hangs on them, and with the members that were asked for only.
use sea_orm::QueryResult;

use crate::{
    Result,
    core::Rows,
    ctx::Ctx,
    list::pick,
    mounted::Mounted,
    relation::{Expansion, Look, Reader},
};

/// How rows are shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) mounted: &'a Mounted,
    pub(super) ctx: &'a Ctx,
    pub(super) expansion: &'a Expansion,
    /// The members that were asked for; all, if nothing was.
    pub(super) fields: Option<&'a [&'static str]>,
}

impl Shown<'_> {
    /// Appends the rows as a JSON list.
    pub(super) async fn list(self, rows: &[QueryResult], out: &mut Vec<u8>) -> Result<()> {
        out.push(b'[');
        if self.is_plain() {
            self.mounted.core.write_rows(rows, out)?;
        } else {
            out.extend(self.each(rows).await?.join(&b','));
        }
        out.push(b']');
        Ok(())
    }

    /// Each row for itself.
    pub(super) async fn each(self, rows: &[QueryResult]) -> Result<Vec<Vec<u8>>> {
        self.decoded(&*self.mounted.core.decode(rows)?).await
    }

    /// The same of rows that have their types already.
    pub(super) async fn decoded(self, rows: &dyn Rows) -> Result<Vec<Vec<u8>>> {
        let (facts, registry) = (&self.mounted.facts, &*self.mounted.registry);
        let look = Look { ctx: self.ctx, registry, reader: Reader::Pool(self.ctx.db()) };
        let members = look.members(facts, rows, self.expansion).await?;
        let each = members.iter().enumerate().map(|(row, members)| {
            let mut whole = Vec::with_capacity(128);
            rows.write(row, members, &mut whole)?;
            let Some(fields) = self.fields else { return Ok(whole) };
            let mut picked = Vec::with_capacity(64);
            pick(&whole, fields, &mut picked)?;
            Ok(picked)
        });
        each.collect()
    }

    /// Whether the rows are the table's and nothing else, which most are.
    fn is_plain(self) -> bool {
        self.fields.is_none()
            && self.expansion.is_empty()
            && !self.mounted.facts.relations.iter().any(|relation| relation.writable)
    }
}
