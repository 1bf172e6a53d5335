//! How a resource's rows hang together with those of others: what can be expanded, what is checked, what is written along.
mod expand;
mod links;
mod nested;

use std::{any::TypeId, fmt, sync::Arc};

use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, Identity, QueryResult,
    RelationDef, Value,
    sea_query::{DynIden, Expr, ExprTrait, Query, SelectStatement, TableRef},
};

pub(crate) use expand::{Expansion, Look};
pub(crate) use links::{Links, MOST_KEYS, Writing};
pub use nested::Nesting;
pub(crate) use nested::{DEEPEST, MOST_CHILDREN, Nested};

use crate::{
    Result, ViewSet,
    access::Requirement,
    core::{Core, Facts, Typed},
    field::label_of,
};

/// How many rows may be at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cardinality {
    /// One, or none.
    One,
    /// Any number.
    Many,
}

/// A relation of a resource that callers may see; `#[resource(expand)]` on a relation field of the model makes one.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The name in `?expand=` and in JSON.
    pub name: &'static str,
    /// The label in forms.
    pub label: String,
    /// A sentence for people; empty when there is none.
    pub help: &'static str,
    /// How many rows may be at the other end.
    pub cardinality: Cardinality,
    /// Whether callers send the keys at the other end, as a list.
    pub writable: bool,
    /// Whether callers send the rows at the other end, as a list of objects.
    pub nesting: Option<Nesting>,
    pub(crate) ends: Option<Ends>,
    pub(crate) target: Target,
}

/// The columns that hold a relation together; composite keys have none.
#[derive(Clone, Debug)]
pub(crate) enum Ends {
    /// A column here holds what a column there holds.
    Direct {
        /// Our column.
        own: String,
        /// The other table's column.
        far: (DynIden, DynIden),
        /// Whether it is ours that refers to the other.
        refers: bool,
    },
    /// A table of pairs.
    Through {
        /// Our column.
        own: String,
        pairs: DynIden,
        /// Where the table of pairs names us.
        near: DynIden,
        /// Where it names the other.
        away: DynIden,
        /// The other table's column.
        far: (DynIden, DynIden),
    },
}

impl Ends {
    pub(crate) fn own(&self) -> &str {
        match self {
            Self::Direct { own, .. } | Self::Through { own, .. } => own,
        }
    }
}

/// The resource at the other end.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) id: TypeId,
    pub(crate) path: &'static str,
    pub(crate) read: Requirement,
    pub(crate) make: fn() -> (Facts, Arc<dyn Core>),
}

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Target").field(&self.path).finish()
    }
}

fn make<R: ViewSet>() -> (Facts, Arc<dyn Core>) {
    (Facts::of::<R>(), Arc::new(Typed::<R>::new()))
}

impl Relation {
    /// A row here refers to one row there, by a column of its own.
    pub fn belongs_to<R: ViewSet>(name: &'static str, definition: &RelationDef) -> Self {
        Self::new::<R>(name, Cardinality::One, direct(definition, true))
    }

    /// One row there refers to a row here.
    pub fn to_one<R: ViewSet>(name: &'static str, definition: &RelationDef) -> Self {
        let refers = definition.is_owner;
        Self::new::<R>(name, Cardinality::One, direct(definition, refers))
    }

    /// Any number of rows there refer to a row here.
    pub fn to_many<R: ViewSet>(name: &'static str, definition: &RelationDef) -> Self {
        Self::new::<R>(name, Cardinality::Many, direct(definition, false))
    }

    /// Rows here and there are joined by a table of pairs: `to` leads from the pairs to the other table, `via` from this
    /// table to the pairs.
    pub fn through<R: ViewSet>(
        name: &'static str,
        to: &RelationDef,
        via: Option<&RelationDef>,
    ) -> Self {
        let ends = via.and_then(|via| through(to, via));
        Self::new::<R>(name, Cardinality::Many, ends)
    }

    fn new<R: ViewSet>(name: &'static str, cardinality: Cardinality, ends: Option<Ends>) -> Self {
        let target = Target {
            id: TypeId::of::<R>(),
            path: R::PATH,
            read: R::REQUIREMENTS.get,
            make: make::<R>,
        };
        Self {
            name,
            label: label_of(name),
            help: "",
            cardinality,
            writable: false,
            nesting: None,
            ends,
            target,
        }
    }

    /// Says what it is called, and what it is for.
    #[must_use]
    pub fn describe(mut self, label: Option<&'static str>, help: &'static str) -> Self {
        if let Some(label) = label {
            label.clone_into(&mut self.label);
        }
        self.help = help;
        self
    }

    /// Lets callers send the keys at the other end; only for relations through a table of pairs.
    #[must_use]
    pub fn writable(mut self, writable: bool) -> Self {
        self.writable = writable && matches!(self.ends, Some(Ends::Through { .. }));
        self
    }

    /// Lets callers send the rows at the other end; only for rows that refer to the row here.
    #[must_use]
    pub fn nested(mut self, nesting: Nesting) -> Self {
        self.nesting = Some(nesting).filter(|_| self.cardinality == Cardinality::Many);
        self
    }

    /// The path of the resource at the other end, below its prefix.
    pub fn target_path(&self) -> &'static str {
        self.target.path
    }

    /// What is known about the resource at the other end.
    pub(crate) fn target_facts(&self) -> Facts {
        (self.target.make)().0
    }

    /// What reading at the other end asks for.
    pub fn target_read(&self) -> Requirement {
        self.target.read
    }

    /// The column here that refers to the other end, for a relation that belongs to one.
    pub fn referring_column(&self) -> Option<&str> {
        match &self.ends {
            Some(Ends::Direct { own, refers: true, .. }) => Some(own),
            _ => None,
        }
    }
}

fn direct(definition: &RelationDef, refers: bool) -> Option<Ends> {
    Some(Ends::Direct {
        own: single(&definition.from_col)?.to_string(),
        far: (table(&definition.to_tbl)?, single(&definition.to_col)?),
        refers,
    })
}

fn through(to: &RelationDef, via: &RelationDef) -> Option<Ends> {
    Some(Ends::Through {
        own: single(&via.from_col)?.to_string(),
        pairs: table(&via.to_tbl)?,
        near: single(&via.to_col)?,
        away: single(&to.from_col)?,
        far: (table(&to.to_tbl)?, single(&to.to_col)?),
    })
}

fn single(identity: &Identity) -> Option<DynIden> {
    match identity {
        Identity::Unary(column) => Some(column.clone()),
        _ => None,
    }
}

fn table(reference: &TableRef) -> Option<DynIden> {
    match reference {
        TableRef::Table(name, _) => Some(name.1.clone()),
        _ => None,
    }
}

/// Where rows are read: from the pool, or inside a transaction that has changed some.
#[derive(Clone, Copy)]
pub(crate) enum Reader<'a> {
    Pool(&'a DatabaseConnection),
    Transaction(&'a DatabaseTransaction),
}

impl Reader<'_> {
    pub(crate) async fn all(self, select: &SelectStatement) -> Result<Vec<QueryResult>> {
        Ok(match self {
            Self::Pool(pool) => pool.query_all(select).await?,
            Self::Transaction(transaction) => transaction.query_all(select).await?,
        })
    }
}

/// A resource as others find it.
pub(crate) struct Entry {
    id: TypeId,
    pub(crate) facts: Facts,
    pub(crate) core: Arc<dyn Core>,
}

/// All resources below one prefix, and those that they relate to.
pub(crate) struct Registry {
    all: Vec<Entry>,
    /// How many of them, from the first, have addresses below the prefix.
    mounted: usize,
}

impl Registry {
    /// Those that were added, and what they lead to.
    pub(crate) fn new(added: impl Iterator<Item = Entry>) -> Self {
        let all: Vec<Entry> = added.collect();
        let mut registry = Self { mounted: all.len(), all };
        let mut next = 0;
        while let Some(entry) = registry.all.get(next) {
            let targets: Vec<Target> =
                entry.facts.relations.iter().map(|relation| relation.target).collect();
            for target in targets {
                if registry.find(target.id).is_none() {
                    let (facts, core) = (target.make)();
                    registry.all.push(Entry { id: target.id, facts, core });
                }
            }
            next += 1;
        }
        registry
    }

    pub(crate) fn find(&self, id: TypeId) -> Option<&Entry> {
        self.all.iter().find(|entry| entry.id == id)
    }

    /// A resource that callers can ask.
    pub(crate) fn mounted(&self, id: TypeId) -> Option<&Entry> {
        self.all.iter().take(self.mounted).find(|entry| entry.id == id)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.all
    }
}

impl Entry {
    /// Statements that find a row here which refers to a row of the other resource.
    pub(crate) fn references_to(&self, other: &Facts, key: &Value) -> Vec<SelectStatement> {
        let Some(table) = other.key().map(|key| &key.reference.0) else { return Vec::new() };
        let ours = self.facts.key().map(|key| &key.reference.0);
        let referring = self.facts.relations.iter().filter_map(|relation| match &relation.ends {
            Some(Ends::Direct { own, far, refers: true }) if far.0 == *table => {
                Some((ours?.clone(), DynIden::from(own.clone())))
            }
            Some(Ends::Through { pairs, away, far, .. }) if far.0 == *table => {
                Some((pairs.clone(), away.clone()))
            }
            _ => None,
        });
        referring
            .map(|(table, column)| {
                Query::select()
                    .expr(Expr::val(1))
                    .from(table)
                    .and_where(Expr::col(column).eq(key.clone()))
                    .limit(1)
                    .to_owned()
            })
            .collect()
    }

    pub(crate) fn new(id: TypeId, facts: Facts, core: Arc<dyn Core>) -> Self {
        Self { id, facts, core }
    }
}
