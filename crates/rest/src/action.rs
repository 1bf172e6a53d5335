//! Actions besides the usual six: `POST /v1/book/7/publish/`, written as functions with `#[action(…)]` or added by hand.
use std::marker::PhantomData;

use futures_util::future::BoxFuture;
use http::Method;
use sea_orm::{DatabaseTransaction, Value, sea_query::ValueType};
use serde::Serialize;

use crate::{
    Access, Ctx, Deprecation, Problem, Requirement, Result, ViewSet,
    core::Values,
    field::Field,
    resource::{Action, ModelOf},
};

/// What an action takes in its body: `#[derive(Input)]` on a struct of plain fields, or `()` for nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the input of an action",
    label = "not an input",
    note = "put `#[derive(Input)]` on a struct of plain fields (texts, numbers, dates, `Option`s of them), or take no input"
)]
pub trait Input: Sized + Send + 'static {
    /// The fields, in the order in which they are declared.
    fn fields() -> Vec<Field>;

    /// The input, from values that were checked against the fields.
    ///
    /// # Errors
    /// A fault of the program: the values are not those of the fields.
    fn from_values(values: Taken) -> Result<Self>;
}

impl Input for () {
    fn fields() -> Vec<Field> {
        Vec::new()
    }

    fn from_values(_: Taken) -> Result<Self> {
        Ok(())
    }
}

/// Checked values on their way into an [`Input`].
#[derive(Debug)]
pub struct Taken(Values);

impl Taken {
    fn find(&mut self, index: usize) -> Option<Value> {
        let place = self.0.iter().position(|(known, _)| *known == index)?;
        Some(self.0.swap_remove(place).1)
    }

    /// The value of a field that must be there.
    ///
    /// # Errors
    /// 500: the fields and the struct do not belong together.
    pub fn required<T: ValueType>(&mut self, index: usize) -> Result<T> {
        let value = self
            .find(index)
            .ok_or(Mismatch)
            .and_then(|value| <T as ValueType>::try_from(value).map_err(|_| Mismatch));
        value.map_err(|mismatch| Problem::internal(&mismatch))
    }

    /// The value of a field that may be absent or null.
    pub fn optional<T: ValueType>(&mut self, index: usize) -> Option<T> {
        <T as ValueType>::try_from(self.find(index)?).ok()
    }
}

/// A value is not what its field says.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the input of an action does not fit its fields")]
struct Mismatch;

/// What is known about an action without its types.
#[derive(Clone, Debug)]
pub struct ExtraFacts {
    /// The last part of its address.
    pub name: &'static str,
    /// A sentence for people; empty when there is none.
    pub help: &'static str,
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// Whether it is about one row.
    pub detail: bool,
    /// What it asks for.
    pub requirement: Requirement,
    /// What it takes.
    pub fields: Vec<Field>,
    /// Since when it should not be used; what its resource says where it says nothing itself.
    pub deprecation: Option<Deprecation>,
}

impl ExtraFacts {
    /// An action of this name, about one row or about the list, that asks for `A`.
    pub fn new<A: Access>(name: &'static str, method: Method, detail: bool) -> Self {
        Self {
            name,
            help: "",
            method,
            detail,
            requirement: A::REQUIREMENT,
            fields: Vec::new(),
            deprecation: None,
        }
    }

    /// Says what it is for.
    #[must_use]
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Says that it should not be used any more.
    #[must_use]
    pub fn deprecated(mut self, deprecation: Deprecation) -> Self {
        self.deprecation = Some(deprecation);
        self
    }

    /// How the author's steps see it.
    pub(crate) fn action(&self) -> Action {
        Action::Extra { name: self.name, safe: self.method == Method::GET }
    }
}

pub(crate) type Run<R> = Box<
    dyn for<'a> Fn(
            &'a Ctx,
            Option<&'a DatabaseTransaction>,
            Option<ModelOf<R>>,
            Values,
        ) -> BoxFuture<'a, Result<Vec<u8>>>
        + Send
        + Sync,
>;

/// The actions of a resource besides the usual ones.
pub struct Actions<R: ViewSet> {
    list: Vec<(ExtraFacts, Run<R>)>,
    resource: PhantomData<fn() -> R>,
}

impl<R: ViewSet> std::fmt::Debug for Actions<R> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.list.iter().map(|(facts, _)| facts.name)).finish()
    }
}

impl<R: ViewSet> Actions<R> {
    /// None.
    pub fn none() -> Self {
        Self { list: Vec::new(), resource: PhantomData }
    }

    /// Adds an action that reads: it is called without a transaction.
    #[must_use]
    pub fn reading<I, O, F>(self, facts: ExtraFacts, run: F) -> Self
    where
        I: Input,
        O: Serialize + Send + 'static,
        F: for<'a> Fn(&'a Ctx, Option<ModelOf<R>>, I) -> BoxFuture<'a, Result<O>>
            + Send
            + Sync
            + Copy
            + 'static,
    {
        self.add::<I>(
            facts,
            Box::new(move |ctx, _, row, values| {
                Box::pin(async move { json(&run(ctx, row, I::from_values(Taken(values))?).await?) })
            }),
        )
    }

    /// Adds an action that changes something: all that it does through the transaction is kept together, or not at all.
    #[must_use]
    pub fn changing<I, O, F>(self, facts: ExtraFacts, run: F) -> Self
    where
        I: Input,
        O: Serialize + Send + 'static,
        F: for<'a> Fn(
                &'a Ctx,
                &'a DatabaseTransaction,
                Option<ModelOf<R>>,
                I,
            ) -> BoxFuture<'a, Result<O>>
            + Send
            + Sync
            + Copy
            + 'static,
    {
        self.add::<I>(
            facts,
            Box::new(move |ctx, transaction, row, values| {
                Box::pin(async move {
                    let transaction = transaction.ok_or_else(|| Problem::internal(&Mismatch))?;
                    json(&run(ctx, transaction, row, I::from_values(Taken(values))?).await?)
                })
            }),
        )
    }

    fn add<I: Input>(mut self, mut facts: ExtraFacts, run: Run<R>) -> Self {
        facts.fields = I::fields();
        self.list.push((facts, run));
        self
    }

    pub(crate) fn into_facts(self) -> Vec<ExtraFacts> {
        self.list.into_iter().map(|(facts, _)| facts).collect()
    }

    /// What runs the action at this place.
    ///
    /// # Errors
    /// 404 without one.
    pub(crate) fn find(&self, place: usize) -> Result<&Run<R>> {
        self.list.get(place).map(|(_, run)| run).ok_or_else(Problem::not_found)
    }
}

/// The row that an action about one row is called with; `#[viewset]` writes calls of it.
///
/// # Errors
/// 404 without a row.
#[doc(hidden)]
pub fn row<M>(row: Option<M>) -> Result<M> {
    row.ok_or_else(Problem::not_found)
}

/// The answer as JSON; nothing for `()`.
fn json(output: &impl Serialize) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(output).map_err(|error| Problem::internal(&error))?;
    Ok(if json == b"null" { Vec::new() } else { json })
}
