//! The macros that declare scopes, resources and migrations.
mod input;
mod migrations;
mod nearest;
mod resource;
mod scopes;
mod viewset;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemImpl, parse_macro_input};

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
/// or `Public`), `name` (the heading of its page), `page_size` (rows in one answer, default 100), `output` (a type that is
/// made `From<Model>` and shown in its place), `bulk = 100` (so many rows may be made, changed or removed by one request),
/// `require_if_match` (changes must say what they change), `idempotency` (`"optional"`, `"required"` or `"refused"`: whether
/// POST and PATCH have an `Idempotency-Key`), `deprecated = "2027-01-01"` with `sunset` and `deprecation_link` (since when it should not be used, until when it is there, where to
/// read more), `own_behavior` (you write `impl ActiveModelBehavior for
/// ActiveModel` yourself), `crate` (where the library is, default `::grantwell::rest`).
///
/// On a field: `read_only`, `write_only`, `create_only`, `label`, `help`, `max_length`, `min_length`, `min`, `max`,
/// `choices = ["a", "b"]`, `format = "email"` (`url`, `slug`), `pattern = "^…$"`, `validate = path::to::function` (a
/// `fn(&T) -> Result<(), String>`), `default`, `allow_blank`, `search`, `filter`, `order`, `deprecated`.
///
/// On a relation (`BelongsTo`, `HasOne`, `HasMany`): `expand` (callers may ask for `?expand=name`, and what a column refers to
/// must be there), `write` (callers send the keys at the other end; with `via`), `label`, `help`.
#[proc_macro_derive(Resource, attributes(resource))]
pub fn resource(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    resource::expand(&input).into()
}

/// Makes functions with `#[action(…)]` inside `impl ViewSet for Model` actions of the resource, at `/v1/book/{id}/publish/`:
///
/// `#[action(detail, scope = Write)] async fn publish(ctx: &Ctx, transaction: &DatabaseTransaction, row: Model, input: Publish)
/// -> Result<Model>`. Keys: `detail` (about one row) or `list`, `scope`, `method` (default `"post"`), `path` (default: the
/// function's name with hyphens), `help` (default: its doc comment),
/// `deprecated`, `sunset` and `deprecation_link` as on a resource. The input is a struct with `#[derive(Input)]`; row, input
/// and transaction may be left out. `#[viewset(crate = path)]` changes where the library is.
#[proc_macro_attribute]
pub fn viewset(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    viewset::expand(arguments.into(), item).unwrap_or_else(|wrong| wrong.to_compile_error()).into()
}

/// Makes a struct of plain fields the input of an action. Its fields take the same `#[resource(…)]` keys as those of a
/// resource; an `Option` may be left out.
#[proc_macro_derive(Input, attributes(resource))]
pub fn input(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    input::expand(&input).into()
}

/// The migrations of this crate: `migrations!()` for the folder `migrations` beside `Cargo.toml`, or
/// `migrations!("folder")`. A second argument names the module that has `Set`; without it that is
/// `::grantwell::database::migration`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    migrations::expand(input.into()).unwrap_or_else(|wrong| wrong.to_compile_error()).into()
}
