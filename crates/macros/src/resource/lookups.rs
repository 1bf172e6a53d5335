//! `filter(gte, lte, …)` on a field: which comparisons a query parameter may ask for.
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    GenericArgument, Ident, Path, PathArguments, Token, Type, ext::IdentExt, meta::ParseNestedMeta,
    punctuated::Punctuated,
};

use crate::nearest::unknown_word;

/// Comparisons of texts, whose names say what they do.
const TEXT: &[&str] =
    &["iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"];
/// Comparisons that need an order of the values.
const ORDER: &[&str] = &["gt", "gte", "lt", "lte", "range"];
const OTHERS: &[&str] = &["exact", "in", "isnull"];

/// Reads the list, if there is one.
pub(crate) fn read(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Ident>> {
    if !meta.input.peek(syn::token::Paren) {
        return Ok(Vec::new());
    }
    let content;
    syn::parenthesized!(content in meta.input);
    // `in` is a keyword, and a lookup.
    let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)?;
    let all: Vec<&str> = [OTHERS, ORDER, TEXT].concat();
    for name in &names {
        let text = name.to_string();
        if !all.contains(&text.as_str()) {
            let message = unknown_word(&text, "`filter(…)`", &all);
            return Err(syn::Error::new_spanned(name, message));
        }
    }
    Ok(names.into_iter().collect())
}

/// Whether values of the type can be compared so, as far as its name tells. Of a type of somebody's own it does not; there the
/// library looks when the program starts.
pub(crate) fn check(names: &[Ident], ty: &Type) -> syn::Result<()> {
    let kind = type_name(ty);
    for name in names {
        let text = name.to_string();
        let fits = match kind.as_str() {
            "bool" | "Uuid" => OTHERS.contains(&text.as_str()),
            "Json" | "JsonValue" => text == "isnull",
            "i8"
            | "i16"
            | "i32"
            | "i64"
            | "f32"
            | "f64"
            | "Decimal"
            | "Date"
            | "Time"
            | "DateTime"
            | "DateTimeUtc"
            | "DateTimeWithTimeZone" => !TEXT.contains(&text.as_str()),
            // A text, or a type of somebody's own.
            _ => true,
        };
        if !fits {
            return Err(syn::Error::new_spanned(
                name,
                format!("values of the type `{kind}` cannot be compared by `{text}`: remove it"),
            ));
        }
    }
    Ok(())
}

/// The constants.
pub(crate) fn tokens(names: &[Ident], library: &Path) -> TokenStream {
    let variants = names.iter().map(|name| {
        let text = name.to_string();
        let (first, rest) = text.split_at(1);
        let variant = format_ident!("{}{rest}", first.to_uppercase());
        quote!(#library::field::Lookup::#variant)
    });
    quote!(&[#(#variants),*])
}

/// The last part of its path, below `Option`.
fn type_name(ty: &Type) -> String {
    let Type::Path(path) = ty else { return String::new() };
    let Some(last) = path.path.segments.last() else { return String::new() };
    if let (true, PathArguments::AngleBracketed(inner)) = (last.ident == "Option", &last.arguments)
        && let Some(GenericArgument::Type(inner)) = inner.args.first()
    {
        return type_name(inner);
    }
    match &last.arguments {
        // `DateTime<Utc>` is something else than sea-orm's `DateTime`; both have an order.
        PathArguments::None | PathArguments::AngleBracketed(_) => last.ident.to_string(),
        PathArguments::Parenthesized(_) => String::new(),
    }
}
