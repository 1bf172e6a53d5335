//! The keys of `#[resource(…)]` on the struct that say what callers can rely on.
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, LitStr, Path, meta::ParseNestedMeta};

use super::deprecation::Deprecation;
use crate::nearest::unknown_word;

/// The words of `idempotency`, and the variants behind them.
const IDEMPOTENCY: &[(&str, &str)] =
    &[("optional", "Optional"), ("required", "Required"), ("refused", "Refused")];

/// What was said.
#[derive(Default)]
pub(crate) struct Contract {
    idempotency: Option<Ident>,
    deprecation: Deprecation,
}

impl Contract {
    /// Reads the value of one of the keys.
    pub(crate) fn read(&mut self, key: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if key != "idempotency" {
            return self.deprecation.read(key, meta);
        }
        let word: LitStr = meta.value()?.parse()?;
        let text = word.value();
        let Some((_, variant)) = IDEMPOTENCY.iter().find(|(known, _)| *known == text) else {
            let known: Vec<&str> = IDEMPOTENCY.iter().map(|(known, _)| *known).collect();
            let message = unknown_word(&text, "`idempotency = \"…\"`", &known);
            return Err(syn::Error::new_spanned(word, message));
        };
        self.idempotency = Some(format_ident!("{variant}"));
        Ok(())
    }

    /// What was said fits together.
    pub(crate) fn check(&self) -> syn::Result<()> {
        self.deprecation.check()
    }

    /// The constants of the resource.
    pub(crate) fn tokens(&self, library: &Path) -> TokenStream {
        let idempotency = self.idempotency.as_ref().map(|variant| {
            quote! {
                const IDEMPOTENCY: #library::Idempotency = #library::Idempotency::#variant;
            }
        });
        let deprecation = self.deprecation.tokens(library).map(|deprecation| {
            quote! {
                const DEPRECATION: ::core::option::Option<#library::Deprecation> =
                    ::core::option::Option::Some(#deprecation);
            }
        });
        quote!(#idempotency #deprecation)
    }
}
