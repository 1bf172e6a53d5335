//! The macros that declare scopes, resources and migrations.

mod migrations;

/// The migrations of this crate: `migrations!()` for the folder `migrations` beside `Cargo.toml`, or
/// `migrations!("folder")`. A second argument names the module that has `Set`; without it that is
/// `::grantwell::database::migration`.
#[proc_macro]
pub fn migrations(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    migrations::expand(input.into()).unwrap_or_else(|wrong| wrong.to_compile_error()).into()
}
