//! Whether the type of a field is an enumeration, asked where the type is known and nothing else: by what a derive writes.
use std::marker::PhantomData;

use sea_orm::ActiveEnum;

/// Asks about a type. Of the two traits below the compiler takes [`Listed`] where it can, and [`Unlisted`] otherwise.
#[derive(Debug)]
pub struct Variants<T>(PhantomData<fn() -> T>);

impl<T> Variants<T> {
    /// The question.
    pub const fn of() -> Self {
        Self(PhantomData)
    }
}

/// Enumerations that are kept as texts.
pub trait Listed {
    /// The texts.
    fn texts(&self) -> Vec<String>;
}

impl<T: ActiveEnum<Value = String>> Listed for Variants<T> {
    fn texts(&self) -> Vec<String> {
        T::values()
    }
}

/// Every other type.
pub trait Unlisted {
    /// None.
    fn texts(&self) -> Vec<String>;
}

impl<T> Unlisted for &Variants<T> {
    fn texts(&self) -> Vec<String> {
        Vec::new()
    }
}
