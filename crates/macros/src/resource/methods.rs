//! `methods(…)` of `#[resource(…)]`: what single methods ask for, where `read` and `write` are not enough.
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Path, Type, meta::ParseNestedMeta};

use crate::nearest::unknown_key;

const KEYS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// The methods that were named, each with its scopes.
#[derive(Default)]
pub(crate) struct Methods(Vec<(Ident, Type)>);

impl Methods {
    pub(crate) fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if !meta.input.peek(syn::token::Paren) {
            return Err(meta.error(
                "say what single methods ask for: `methods(delete = (Sell, Manage), post = AnyOf<(Sell, Manage)>)`",
            ));
        }
        meta.parse_nested_meta(|meta| {
            let known = meta.path.get_ident().filter(|name| KEYS.iter().any(|key| *name == key));
            let Some(method) = known.cloned() else {
                let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
                return Err(meta.error(unknown_key(&key, "`methods(…)`", KEYS)));
            };
            if self.0.iter().any(|(named, _)| *named == method) {
                let text = format!(
                    "`{method}` is there twice; scopes that are all needed are a tuple, `{method} = (A, B)`, and \
                     alternatives are `{method} = AnyOf<(A, B)>`"
                );
                return Err(meta.error(text));
            }
            self.0.push((method, meta.value()?.parse()?));
            Ok(())
        })
    }

    pub(crate) fn tokens(&self, library: &Path) -> Option<TokenStream> {
        let set = self
            .0
            .iter()
            .map(|(method, scopes)| quote!(#method: <#scopes as #library::Access>::REQUIREMENT));
        (!self.0.is_empty()).then(|| {
            quote! {
                const REQUIREMENTS: #library::Requirements = #library::Requirements {
                    #(#set,)*
                    ..#library::Requirements::of::<Self::Read, Self::Write>()
                };
            }
        })
    }
}
