//! The relations of a resource: the fields of `ModelEx` that `#[resource(expand)]` opens to callers.
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Data, DeriveInput, Fields, GenericArgument, Ident, LitStr, Path, PathArguments, Type,
    ext::IdentExt, meta::ParseNestedMeta,
};

use super::{attributes::Attributes, field};
use crate::nearest::unknown_key;

const KEYS: &[&str] = &["expand", "write", "nested", "help", "label"];

/// What the derive writes for the `ModelEx` that `#[sea_orm::model]` makes: the list that the `Model` asks for.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let library = Attributes::stand_in(input).library;
    let (relations, error) = match parse(input) {
        Ok(relations) => (relations, None),
        Err(error) => (Vec::new(), Some(error.to_compile_error())),
    };
    let listed = relations.iter().map(|relation| relation.tokens(&library));
    quote! {
        #error
        impl ModelEx {
            #[doc(hidden)]
            pub fn resource_relations() -> ::std::vec::Vec<#library::relation::Relation> {
                ::std::vec![#(#listed),*]
            }
        }
    }
}

/// What the field's type says about the number of rows at the other end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    BelongsTo,
    HasOne,
    HasMany,
}

/// One relation.
struct Relation {
    ident: Ident,
    wrapper: Wrapper,
    entity: Path,
    /// The variant of the entity's `Relation` enum, where the field names one.
    variant: Option<Ident>,
    through: bool,
    write: bool,
    /// Whether callers send the rows at the other end; `true` where PUT removes those that are left out.
    nested: Option<bool>,
    help: String,
    label: Option<LitStr>,
}

fn parse(input: &DeriveInput) -> syn::Result<Vec<Relation>> {
    let Data::Struct(data) = &input.data else { return Ok(Vec::new()) };
    let Fields::Named(named) = &data.fields else { return Ok(Vec::new()) };
    named.named.iter().filter_map(|field| Relation::parse(field).transpose()).collect()
}

impl Relation {
    /// `None` for a column, and for a relation that is not opened.
    fn parse(source: &syn::Field) -> syn::Result<Option<Self>> {
        let (Some(ident), Some((wrapper, entity))) = (source.ident.clone(), wrapped(&source.ty))
        else {
            return Ok(None);
        };
        let mut relation = Self {
            ident,
            wrapper,
            entity,
            variant: None,
            through: false,
            write: false,
            nested: None,
            help: field::documentation(&source.attrs),
            label: None,
        };
        let mut open = false;
        for attribute in &source.attrs {
            if attribute.path().is_ident("resource") {
                attribute.parse_nested_meta(|meta| relation.read_key(&meta, &mut open))?;
            } else if attribute.path().is_ident("sea_orm") {
                // What sea-orm cannot read, sea-orm reports.
                drop(attribute.parse_nested_meta(|meta| relation.read_sea_orm(&meta)));
            }
        }
        relation.check(open)?;
        Ok(open.then_some(relation))
    }

    fn read_key(&mut self, meta: &ParseNestedMeta<'_>, open: &mut bool) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match key.as_str() {
            "expand" => *open = true,
            "write" => self.write = true,
            "nested" => self.nested = Some(nested(meta)?),
            "help" => self.help = meta.value()?.parse::<LitStr>()?.value(),
            "label" => self.label = Some(meta.value()?.parse()?),
            _ => return Err(meta.error(unknown_key(&key, "`#[resource(…)]` on a relation", KEYS))),
        }
        Ok(())
    }

    fn read_sea_orm(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        if meta.path.is_ident("relation_enum") {
            let name = meta.value()?.parse::<LitStr>()?;
            self.variant = Some(format_ident!("{}", name.value(), span = name.span()));
            return Ok(());
        }
        self.through |= meta.path.is_ident("via");
        field::skip_value(meta)
    }

    fn check(&self, open: bool) -> syn::Result<()> {
        if self.write && !open {
            return Err(syn::Error::new_spanned(
                &self.ident,
                "a relation that callers may write is also one that they may see: `#[resource(expand, write)]`",
            ));
        }
        if self.nested.is_some() && !open {
            return Err(syn::Error::new_spanned(
                &self.ident,
                "rows that callers send with this one are also rows that they may see: `#[resource(expand, nested)]`",
            ));
        }
        if self.nested.is_some() && (self.through || self.wrapper != Wrapper::HasMany) {
            return Err(syn::Error::new_spanned(
                &self.ident,
                "`nested` is for rows that refer to this one (`#[sea_orm(has_many)]` without `via`), which callers send as a \
                 list of objects; the keys of a relation through a table of pairs are taken by `write`, and a `BelongsTo` is \
                 written by its column, such as `author_id`",
            ));
        }
        if self.write && !(self.through && self.wrapper == Wrapper::HasMany) {
            return Err(syn::Error::new_spanned(
                &self.ident,
                "`write` is for relations through a table of pairs (`#[sea_orm(has_many, via = \"…\")]`), whose keys callers \
                 send as a list; the rows of another `HasMany` are taken by `nested`, and a `BelongsTo` is written by its column, such as `author_id`",
            ));
        }
        Ok(())
    }

    fn tokens(&self, library: &Path) -> TokenStream {
        let Self { entity, help, write, .. } = self;
        let name = self.ident.unraw().to_string();
        let label = field::option(self.label.as_ref().map(|label| quote!(#label)));
        let target = quote!(<#entity as #library::sea_orm::EntityTrait>::Model);
        let related = quote!(<Entity as #library::sea_orm::Related<#entity>>);
        let to = if let Some(variant) = &self.variant {
            quote!(&#library::sea_orm::RelationTrait::def(&Relation::#variant))
        } else {
            quote!(&#related::to())
        };
        let kind = match (self.wrapper, self.through) {
            (Wrapper::HasMany, true) => {
                return quote! {
                    #library::relation::Relation::through::<#target>(#name, &#related::to(), #related::via().as_ref())
                        .describe(#label, #help).writable(#write)
                };
            }
            (Wrapper::HasMany, false) => quote!(to_many),
            (Wrapper::HasOne, _) => quote!(to_one),
            (Wrapper::BelongsTo, _) => quote!(belongs_to),
        };
        let nested = self.nested.map(|replaces| {
            let nesting = format_ident!("{}", if replaces { "Replace" } else { "Append" });
            quote!(.nested(#library::relation::Nesting::#nesting))
        });
        quote! {
            #library::relation::Relation::#kind::<#target>(#name, #to).describe(#label, #help)#nested
        }
    }
}

/// `nested`, or `nested = "replace"`.
fn nested(meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
    if !meta.input.peek(syn::Token![=]) {
        return Ok(false);
    }
    let word: LitStr = meta.value()?.parse()?;
    if word.value() == "replace" {
        return Ok(true);
    }
    Err(syn::Error::new_spanned(
        word,
        "write `nested`, which keeps the rows that a list leaves out, or `nested = \"replace\"`, by which PUT removes them",
    ))
}

/// The entity inside `BelongsTo<…>`, `BelongsTo<Option<…>>`, `HasOne<…>` and `HasMany<…>`.
fn wrapped(ty: &Type) -> Option<(Wrapper, Path)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let wrapper = match last.ident.to_string().as_str() {
        "BelongsTo" => Wrapper::BelongsTo,
        "HasOne" => Wrapper::HasOne,
        "HasMany" => Wrapper::HasMany,
        _ => return None,
    };
    let inner = argument(&last.arguments)?;
    let last = inner.segments.last()?;
    if last.ident == "Option" {
        return Some((wrapper, argument(&last.arguments)?.clone()));
    }
    Some((wrapper, inner.clone()))
}

fn argument(arguments: &PathArguments) -> Option<&Path> {
    let PathArguments::AngleBracketed(inner) = arguments else { return None };
    match inner.args.first()? {
        GenericArgument::Type(Type::Path(path)) => Some(&path.path),
        _ => None,
    }
}
