//! The macros that declare scopes, resources and migrations.
mod migrations;
mod nearest;
mod resource;
mod scopes;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares OAuth scopes as types: `scopes! { pub Read = "read" => "See your unicorns" }`.
///
/// Each line gives visibility, type name, the scope token on the wire (RFC 6749 §3.3) and the words that people read when
/// they are asked for consent. Every type implements `Scope`; nothing else in a program has to repeat the name or the words.
/// `crate = path;` as the first words changes where the macro looks for `Scope` (default `::grantwell::rest`).
#[proc_macro]
pub fn scopes(input: TokenStream) -> TokenStream {
    let declarations = parse_macro_input!(input as scopes::Declarations);
    scopes::expand(&declarations).into()
}

/// Makes a sea-orm `Model` a REST resource: `#[resource(path = "unicorn", read = Read, write = Write)]`.
///
/// On the struct: `path` (the URL segments below the prefix), `read` and `write` (who may: a scope declared with `scopes!`,
/// or `Public`), `name` (the heading of its page), `page_size` (rows in one answer, default 100), `own_behavior` (you write
/// `impl ActiveModelBehavior for ActiveModel` yourself), `crate` (where the library is, default `::grantwell::rest`).
///
/// On a field: `read_only`, `write_only`, `label`, `help`, `max_length`, `min_length`, `min`, `max`, `choices = ["a", "b"]`,
/// `default`, `allow_blank`, `search`, `filter`, `order`.
#[proc_macro_derive(Resource, attributes(resource))]
pub fn resource(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    resource::expand(&input).into()
}

/// The migrations of this crate: `migrations!()` for the folder `migrations` beside `Cargo.toml`, or
/// `migrations!("folder")`. A second argument names the module that has `Set`; without it that is
/// `::grantwell::database::migration`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    migrations::expand(input.into()).unwrap_or_else(|wrong| wrong.to_compile_error()).into()
}
