//! `#[derive(Input)]`: a struct of plain fields as the body of an action.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Path, Type, parse_quote, spanned::Spanned};

use crate::resource::field::{Field, inner_type, skip_value};

/// What the derive writes.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let library = library(input);
    let name = &input.ident;
    let (fields, error) = match parse(input) {
        Ok(fields) => (fields, None),
        Err(error) => (Vec::new(), Some(error.to_compile_error())),
    };
    if let Some(error) = error {
        // Without an implementation a second error ("cannot be the input") would bury the first.
        return quote! {
            #error
            impl #library::Input for #name {
                fn fields() -> ::std::vec::Vec<#library::field::Field> { ::std::vec::Vec::new() }
                fn from_values(_: #library::action::Taken) -> #library::Result<Self> {
                    ::core::unreachable!()
                }
            }
        };
    }
    let declared = fields.iter().enumerate().map(|(index, (field, ty, nullable))| {
        let (tokens, inner) = (field.tokens(&library), inner_type(ty));
        quote!({
            const DECLARED: #library::field::Declared = #tokens;
            #library::field::Field::of_type::<#inner>(#index, &DECLARED, #nullable)
        })
    });
    let taken = fields.iter().enumerate().map(|(index, (field, ty, nullable))| {
        let (ident, inner) = (&field.ident, inner_type(ty));
        if *nullable {
            quote!(#ident: values.optional::<#inner>(#index))
        } else {
            quote!(#ident: values.required::<#inner>(#index)?)
        }
    });
    quote! {
        impl #library::Input for #name {
            fn fields() -> ::std::vec::Vec<#library::field::Field> {
                ::std::vec![#(#declared),*]
            }
            fn from_values(mut values: #library::action::Taken) -> #library::Result<Self> {
                ::core::result::Result::Ok(Self { #(#taken),* })
            }
        }
    }
}

fn parse(input: &DeriveInput) -> syn::Result<Vec<(Field, Type, bool)>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "only a struct can be the input of an action"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(syn::Error::new(input.span(), "an input needs named fields"));
    };
    let fields = named.named.iter().map(|source| {
        let nullable = !std::ptr::eq(inner_type(&source.ty), &raw const source.ty);
        Ok((Field::parse(source)?, source.ty.clone(), nullable))
    });
    fields.collect()
}

/// `#[resource(crate = …)]` on the struct says where the library is.
fn library(input: &DeriveInput) -> Path {
    let mut library: Path = parse_quote!(::grantwell::rest);
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("resource")) {
        drop(attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                library = meta.value()?.parse()?;
                return Ok(());
            }
            skip_value(&meta)
        }));
    }
    library
}
