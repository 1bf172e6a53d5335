//! `#[derive(Resource)]`: the facts about a sea-orm `Model` that make it a REST resource.
mod attributes;
mod contract;
pub(crate) mod deprecation;
pub(crate) mod field;
mod listing;
mod lookups;
mod methods;
mod relation;

use attributes::Attributes;
use field::Field;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, spanned::Spanned};

/// What the derive writes; on the `ModelEx` that `#[sea_orm::model]` makes from the same derives, only its relations.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    if input.ident == "ModelEx" {
        return relation::expand(input);
    }
    match parse(input) {
        Ok((attributes, fields)) => implementation(&attributes, &fields),
        Err(error) => {
            let message = error.to_compile_error();
            // Without an implementation a second error ("is not a resource") would bury the first.
            let stand_in = implementation(&Attributes::stand_in(input), &[]);
            quote!(#message #stand_in)
        }
    }
}

fn parse(input: &DeriveInput) -> syn::Result<(Attributes, Vec<Field>)> {
    if input.ident != "Model" {
        return Err(syn::Error::new_spanned(
            &input.ident,
            format!(
                "`#[derive(Resource)]` goes on a sea-orm entity, whose struct is called `Model`, not `{}`. \
                 For another type write `impl Resource for {} {{ … }}` by hand",
                input.ident, input.ident
            ),
        ));
    }
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "only a struct can be a resource"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(syn::Error::new(input.span(), "a resource needs named fields"));
    };
    let attributes = Attributes::parse(input)?;
    let fields = named.named.iter().map(Field::parse).collect::<syn::Result<Vec<_>>>()?;
    attributes.listing.check(&fields)?;
    let keys: Vec<&Field> = fields.iter().filter(|field| field.primary_key).collect();
    match keys.as_slice() {
        [_] => Ok((attributes, fields)),
        [] => Err(syn::Error::new_spanned(
            &input.ident,
            "a resource needs a key for its URLs: mark one field `#[sea_orm(primary_key)]`",
        )),
        [_, second, ..] => Err(syn::Error::new_spanned(
            &second.ident,
            "a resource has one key column in its URLs; for a composite key write a plain axum handler with `Scoped<…>`, \
             or give the table a key of its own",
        )),
    }
}

fn implementation(attributes: &Attributes, fields: &[Field]) -> TokenStream {
    let Attributes {
        path,
        name,
        read,
        write,
        methods,
        library,
        page_size,
        own_behavior,
        output,
        description,
        ..
    } = attributes;
    let methods = methods.tokens(library);
    let listing = attributes.listing.tokens(library);
    let contract = attributes.contract.tokens(library);
    let declared = fields.iter().map(|field| field.tokens(library));
    let name = name.as_ref().map(|name| quote!(const NAME: &'static str = #name;));
    let page_size = page_size.as_ref().map(|size| quote!(const PAGE_SIZE: u64 = #size;));
    let shows_model = output.is_none();
    let output = output.as_ref().map_or_else(|| quote!(Self), |output| quote!(#output));
    let relations = attributes.has_relations.then(|| {
        quote! {
            fn relations() -> ::std::vec::Vec<#library::relation::Relation> {
                ModelEx::resource_relations()
            }
        }
    });
    let require_if_match = attributes.require_if_match.then(|| {
        quote!(
            const REQUIRE_IF_MATCH: bool = true;
        )
    });
    let bulk = attributes.bulk.as_ref().map(|most| quote!(const BULK: usize = #most;));
    let behavior = (!own_behavior)
        .then(|| quote!(impl #library::sea_orm::ActiveModelBehavior for ActiveModel {}));
    quote! {
        #behavior
        impl #library::Resource for Model {
            type Entity = Entity;
            type Output = #output;
            type Read = #read;
            type Write = #write;
            #methods
            const PATH: &'static str = #path;
            #name
            #page_size
            const DESCRIPTION: &'static str = #description;
            const SHOWS_MODEL: bool = #shows_model;
            #require_if_match
            #bulk
            #relations
            #listing
            #contract
            fn fields() -> &'static [#library::field::Declared] {
                const FIELDS: &[#library::field::Declared] = &[#(#declared),*];
                FIELDS
            }
        }
    }
}
