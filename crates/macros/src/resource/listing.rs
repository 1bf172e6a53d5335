//! The keys of `#[resource(…)]` on the struct that say how its list is answered.
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, LitStr, Path, meta::ParseNestedMeta};

use super::field::Field;
use crate::nearest::unknown_word;

/// A word, and the variant that it means.
type Word = (&'static str, &'static str);

/// Each key with its type, its words and the variants behind them.
const WORDS: &[(&str, &str, &[Word])] = &[
    (
        "pagination",
        "Pagination",
        &[
            ("page", "Page"),
            ("limit_offset", "LimitOffset"),
            ("cursor", "Cursor"),
            ("none", "None"),
        ],
    ),
    ("shape", "Shape", &[("array", "Array"), ("envelope", "Envelope")]),
    ("total", "Total", &[("exact", "Exact"), ("estimated", "Estimated"), ("none", "None")]),
];

/// What was said about the list.
#[derive(Default)]
pub(crate) struct Listing {
    chosen: Vec<(Ident, Ident, Ident)>,
    ordering: Option<LitStr>,
}

impl Listing {
    /// Reads the value of one of the keys.
    pub(crate) fn read(&mut self, key: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let word: LitStr = meta.value()?.parse()?;
        let Some((key, kind, words)) = WORDS.iter().find(|(known, ..)| *known == key) else {
            self.ordering = Some(word);
            return Ok(());
        };
        let text = word.value();
        let Some((_, variant)) = words.iter().find(|(known, _)| *known == text) else {
            let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
            let message = unknown_word(&text, &format!("`{key} = \"…\"`"), &known);
            return Err(syn::Error::new_spanned(word, message));
        };
        let ident = |text: &str| format_ident!("{text}");
        self.chosen.push((ident(key), ident(kind), ident(variant)));
        Ok(())
    }

    /// The order names fields that there are.
    pub(crate) fn check(&self, fields: &[Field]) -> syn::Result<()> {
        let Some(ordering) = &self.ordering else { return Ok(()) };
        let known: Vec<&str> = fields.iter().map(Field::name).collect();
        for name in ordering.value().split(',').map(str::trim) {
            let bare = name.strip_prefix('-').unwrap_or(name);
            if !known.contains(&bare) {
                let message = unknown_word(bare, "`ordering = \"…\"`", &known);
                return Err(syn::Error::new_spanned(ordering, message));
            }
        }
        Ok(())
    }

    /// The constants of the resource.
    pub(crate) fn tokens(&self, library: &Path) -> TokenStream {
        let members = self.chosen.iter().map(|(key, kind, variant)| {
            quote!(#key: ::core::option::Option::Some(#library::#kind::#variant),)
        });
        let listing = (!self.chosen.is_empty()).then(|| {
            quote! {
                const LISTING: #library::Listing =
                    #library::Listing { #(#members)* ..#library::Listing::DEFAULT };
            }
        });
        let ordering =
            self.ordering.as_ref().map(|text| quote!(const ORDERING: &'static str = #text;));
        quote!(#listing #ordering)
    }
}
