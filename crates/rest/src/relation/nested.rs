//! Children that are written with their parent: which relations take them, and what a child is below a parent.
use std::sync::Arc;

use sea_orm::sea_query::DynIden;

use super::{Ends, Relation};
use crate::{core::Facts, field::Field, mounted::Mounted};

/// Rows below others that one row may bring, all levels together.
pub(crate) const MOST_CHILDREN: usize = 200;
/// Levels of rows below a row.
pub(crate) const DEEPEST: usize = 3;

/// What a list of children means for those that it leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// They stay.
    Append,
    /// PUT removes them; PATCH lets them stay.
    Replace,
}

impl Nesting {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Append => "append",
            Self::Replace => "replace",
        }
    }
}

/// A relation whose other end is written along.
#[derive(Clone)]
pub(crate) struct Nested {
    /// The relation's place among those of the parent.
    pub(crate) relation: usize,
    pub(crate) nesting: Nesting,
    /// The parent's column that the children name.
    pub(crate) own: String,
    /// The children's column that names it.
    pub(crate) far: (DynIden, DynIden),
    /// The resource of the children, as it is below this parent.
    pub(crate) mounted: Arc<Mounted>,
}

impl Nested {
    /// The children's field that names the parent.
    pub(crate) fn reference(&self) -> Option<&Field> {
        let column = self.far.1.to_string();
        self.mounted.facts.fields.iter().find(|field| field.column == column)
    }
}

impl Mounted {
    /// The resource with what is written along with its rows; `level` says how far below a request's own rows its rows are.
    pub(crate) fn with_nested(mut self, level: usize) -> Self {
        if level == DEEPEST {
            return self;
        }
        let relations = self.facts.relations.iter().enumerate();
        let nested = relations.filter_map(|(place, relation)| {
            let (nesting, own, far) = relation.children()?;
            let entry = self.registry.find(relation.target.id)?;
            let facts = child_of(entry.facts.clone(), &far.1)?;
            let path = format!("{}{}/", self.root, facts.path);
            let core = Arc::clone(&entry.core);
            let child = Self { facts, core, path, nested: Vec::new(), ..self.clone() };
            let mounted = Arc::new(child.with_nested(level + 1));
            Some(Nested {
                relation: place,
                nesting,
                own: own.to_owned(),
                far: far.clone(),
                mounted,
            })
        });
        self.nested = nested.collect();
        self
    }
}

impl Relation {
    /// How children are written through it, and by which columns they belong to their parent.
    pub(crate) fn children(&self) -> Option<(Nesting, &str, &(DynIden, DynIden))> {
        match (self.nesting, &self.ends) {
            (Some(nesting), Some(Ends::Direct { own, far, refers: false })) => {
                Some((nesting, own, far))
            }
            _ => None,
        }
    }

    /// What a child is below its parent, without its place in a program.
    pub(crate) fn child_facts(&self) -> Option<Facts> {
        let (_, _, far) = self.children()?;
        child_of(self.target_facts(), &far.1)
    }
}

/// A resource whose rows are below a parent: what names the parent comes from there, and need not be looked for.
fn child_of(mut facts: Facts, column: &DynIden) -> Option<Facts> {
    let column = column.to_string();
    let field = facts.fields.iter_mut().find(|field| field.column == column)?;
    field.read_only = true;
    field.required = false;
    for relation in &mut facts.relations {
        if relation.referring_column() == Some(column.as_str()) {
            relation.ends = None;
        }
    }
    Some(facts)
}
