//! The keys of `#[resource(…)]` on a field.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Expr, ExprArray, ExprLit, ExprUnary, GenericArgument, Ident, Lit, LitInt, LitStr, Path,
    PathArguments, Type, UnOp, ext::IdentExt, meta::ParseNestedMeta,
};

use super::lookups;
use crate::nearest::unknown_key;

const KEYS: &[&str] = &[
    "read_only",
    "write_only",
    "create_only",
    "label",
    "help",
    "max_length",
    "min_length",
    "min",
    "max",
    "choices",
    "format",
    "pattern",
    "validate",
    "default",
    "allow_blank",
    "search",
    "filter",
    "order",
    "deprecated",
];

/// The keys that have no value.
const FLAGS: &[&str] =
    &["read_only", "write_only", "create_only", "allow_blank", "search", "order", "deprecated"];

/// One field's attributes.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) primary_key: bool,
    name: String,
    help: String,
    label: Option<LitStr>,
    flags: Vec<&'static str>,
    max_length: Option<LitInt>,
    min_length: Option<LitInt>,
    min: Option<Expr>,
    max: Option<Expr>,
    default: Option<Expr>,
    choices: Vec<LitStr>,
    format: Option<Ident>,
    pattern: Option<LitStr>,
    validate: Option<Path>,
    ty: Type,
    lookups: Vec<Ident>,
}

impl Field {
    pub(crate) fn parse(source: &syn::Field) -> syn::Result<Self> {
        let Some(ident) = source.ident.clone() else {
            return Err(syn::Error::new_spanned(source, "a resource needs named fields"));
        };
        let mut field = Self {
            name: ident.unraw().to_string(),
            ident,
            primary_key: false,
            help: documentation(&source.attrs),
            label: None,
            flags: Vec::new(),
            max_length: None,
            min_length: None,
            min: None,
            max: None,
            default: None,
            choices: Vec::new(),
            format: None,
            pattern: None,
            validate: None,
            ty: inner_type(&source.ty).clone(),
            lookups: Vec::new(),
        };
        let mut serialised = true;
        for attribute in &source.attrs {
            if attribute.path().is_ident("resource") {
                attribute.parse_nested_meta(|meta| field.read_key(&meta))?;
            } else if attribute.path().is_ident("sea_orm") {
                drop(attribute.parse_nested_meta(|meta| {
                    field.primary_key |= meta.path.is_ident("primary_key");
                    skip_value(&meta)
                }));
            } else if attribute.path().is_ident("serde") {
                drop(attribute.parse_nested_meta(|meta| field.read_serde(&meta, &mut serialised)));
            }
        }
        field.check(serialised)?;
        lookups::check(&field.lookups, &source.ty)?;
        refuse_unsigned(&source.ty)?;
        Ok(field)
    }

    fn read_key(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match key.as_str() {
            "label" => self.label = Some(meta.value()?.parse()?),
            "help" => self.help = meta.value()?.parse::<LitStr>()?.value(),
            "max_length" => self.max_length = Some(meta.value()?.parse()?),
            "min_length" => self.min_length = Some(meta.value()?.parse()?),
            "min" => self.min = Some(meta.value()?.parse()?),
            "max" => self.max = Some(meta.value()?.parse()?),
            "default" => self.default = Some(meta.value()?.parse()?),
            "choices" => self.choices = choices(meta)?,
            "format" => self.format = Some(format_of(&meta.value()?.parse()?)?),
            "pattern" => self.pattern = Some(pattern(meta.value()?.parse()?)?),
            "validate" => self.validate = Some(meta.value()?.parse()?),
            "filter" => {
                self.lookups = lookups::read(meta)?;
                self.flags.push("filter");
            }
            _ => match FLAGS.iter().find(|flag| **flag == key) {
                Some(flag) => self.flags.push(flag),
                None => {
                    return Err(meta.error(unknown_key(&key, "`#[resource(…)]` on a field", KEYS)));
                }
            },
        }
        Ok(())
    }

    fn read_serde(&mut self, meta: &ParseNestedMeta<'_>, serialised: &mut bool) -> syn::Result<()> {
        if meta.path.is_ident("rename") && meta.input.peek(syn::Token![=]) {
            self.name = meta.value()?.parse::<LitStr>()?.value();
            return Ok(());
        }
        if meta.path.is_ident("skip") || meta.path.is_ident("skip_serializing") {
            *serialised = false;
        }
        skip_value(meta)
    }

    /// The name in JSON.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    fn check(&self, serialised: bool) -> syn::Result<()> {
        let wrong = |message: &str| Err(syn::Error::new_spanned(&self.ident, message));
        if self.has("write_only") && self.has("read_only") {
            return wrong(
                "a field that is both `read_only` and `write_only` can neither be sent nor be shown: remove one",
            );
        }
        if self.has("create_only") && self.has("read_only") {
            return wrong(
                "a field that is `read_only` cannot be sent on create either: remove one",
            );
        }
        if self.format.is_some() && self.pattern.is_some() {
            return wrong("a field has a `format` or a `pattern`, not both");
        }
        if self.has("write_only") && serialised {
            return wrong(
                "a `write_only` field must not be in the answers: add `#[serde(skip_serializing)]` to it (serde writes the JSON)",
            );
        }
        if self.has("write_only") && ["search", "filter", "order"].iter().any(|flag| self.has(flag))
        {
            return wrong(
                "a `write_only` field cannot be searched, filtered or ordered by: the rows that come, and their order, would tell \
                 what it holds",
            );
        }
        if !self.has("write_only") && !serialised && !self.has("read_only") {
            return wrong(
                "this field is left out of the answers by serde: say that it is `#[resource(write_only)]`",
            );
        }
        Ok(())
    }

    /// The constant that describes the field.
    pub(crate) fn tokens(&self, library: &Path) -> TokenStream {
        let (ident, name, help) = (self.ident.unraw().to_string(), &self.name, &self.help);
        let flag = |name: &str| self.has(name);
        let (read_only, write_only, allow_blank) =
            (flag("read_only"), flag("write_only"), flag("allow_blank"));
        let (search, filter, order) = (flag("search"), flag("filter"), flag("order"));
        let label = option(self.label.as_ref().map(|label| quote!(#label)));
        let max_length = option(self.max_length.as_ref().map(|length| quote!(#length)));
        let min_length = option(self.min_length.as_ref().map(|length| quote!(#length)));
        let min = option(self.min.as_ref().map(|value| constant(library, value)));
        let max = option(self.max.as_ref().map(|value| constant(library, value)));
        let default = option(self.default.as_ref().map(|value| constant(library, value)));
        let choices = &self.choices;
        let (shape, check) = (option(self.shape(library)), option(self.check_tokens(library)));
        let create_only = flag("create_only");
        let deprecated = flag("deprecated");
        let ty = &self.ty;
        let lookups = lookups::tokens(&self.lookups, library);
        quote! {
            #library::field::Declared {
                field: #ident, name: #name, help: #help, label: #label,
                read_only: #read_only, write_only: #write_only, create_only: #create_only, deprecated: #deprecated, allow_blank: #allow_blank,
                search: #search, filter: #filter, lookups: #lookups, order: #order,
                max_length: #max_length, min_length: #min_length, min: #min, max: #max, default: #default,
                choices: &[#(#choices),*],
                variants: || {
                    #[allow(unused_imports, reason = "one of the two answers")]
                    use #library::field::variants::{Listed as _, Unlisted as _};
                    (&#library::field::variants::Variants::<#ty>::of()).texts()
                },
                shape: #shape, check: #check,
            }
        }
    }

    fn shape(&self, library: &Path) -> Option<TokenStream> {
        if let Some(format) = &self.format {
            return Some(quote!(#library::field::Shape::#format));
        }
        self.pattern.as_ref().map(|source| {
            quote!({
                // The pattern has been compiled once already, by the macro.
                static REGEX: ::std::sync::LazyLock<#library::regex::Regex> =
                    ::std::sync::LazyLock::new(|| {
                        #library::regex::Regex::new(#source)
                            .unwrap_or_else(|error| ::std::panic!("{error}"))
                    });
                #library::field::Shape::Pattern { source: #source, regex: &REGEX }
            })
        })
    }

    /// The author's function, which takes the field's own type, behind one that takes any value.
    fn check_tokens(&self, library: &Path) -> Option<TokenStream> {
        let ty = &self.ty;
        self.validate.as_ref().map(|function| {
            quote!(|value: &#library::sea_orm::Value| {
                match <#ty as #library::sea_orm::sea_query::ValueType>::try_from(value.clone()) {
                    ::core::result::Result::Ok(value) => {
                        #function(&value).map_err(::std::string::String::from)
                    }
                    // Null, which has been allowed before.
                    ::core::result::Result::Err(_) => ::core::result::Result::Ok(()),
                }
            })
        })
    }
}

/// The `T` of an `Option<T>`, or the type itself.
pub(crate) fn inner_type(ty: &Type) -> &Type {
    let Type::Path(path) = ty else { return ty };
    let Some(last) = path.path.segments.last() else { return ty };
    match (&last.arguments, last.ident == "Option") {
        (PathArguments::AngleBracketed(inner), true) => match inner.args.first() {
            Some(GenericArgument::Type(inner)) => inner,
            _ => ty,
        },
        _ => ty,
    }
}

/// The formats by their names in JSON Schema, where it has one.
fn format_of(name: &LitStr) -> syn::Result<Ident> {
    let variant = match name.value().as_str() {
        "email" => "Email",
        "url" | "uri" => "Url",
        "slug" => "Slug",
        _ => {
            return Err(syn::Error::new_spanned(
                name,
                "a format is \"email\", \"url\" or \"slug\"; for anything else give a `pattern` or a `validate` function",
            ));
        }
    };
    Ok(Ident::new(variant, name.span()))
}

/// A regular expression for the whole text, which compiles.
fn pattern(source: LitStr) -> syn::Result<LitStr> {
    let text = source.value();
    if let Err(error) = regex::Regex::new(&text) {
        return Err(syn::Error::new_spanned(
            &source,
            format!("this pattern cannot be read: {error}"),
        ));
    }
    if !(text.starts_with('^') && text.ends_with('$')) {
        return Err(syn::Error::new_spanned(
            &source,
            "a pattern is for the whole text: begin it with `^` and end it with `$`",
        ));
    }
    Ok(source)
}

/// On PostgreSQL sea-orm reads no unsigned numbers: the first row would be an error 500.
fn refuse_unsigned(ty: &Type) -> syn::Result<()> {
    let Type::Path(path) = ty else { return Ok(()) };
    let Some(last) = path.path.segments.last() else { return Ok(()) };
    if let (true, PathArguments::AngleBracketed(inner)) = (last.ident == "Option", &last.arguments)
    {
        return inner.args.iter().try_for_each(|argument| match argument {
            GenericArgument::Type(ty) => refuse_unsigned(ty),
            _ => Ok(()),
        });
    }
    let name = last.ident.to_string();
    let signed = match name.as_str() {
        "u8" => "i16",
        "u16" => "i32",
        "u32" | "u64" => "i64",
        _ => return Ok(()),
    };
    Err(syn::Error::new_spanned(
        ty,
        format!(
            "PostgreSQL has no unsigned numbers, so `{name}` cannot be read from it: use `{signed}` with \
             `#[resource(min = 0)]`"
        ),
    ))
}

pub(crate) fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

/// A literal as the library's constant: whole numbers, decimal numbers, text, true and false.
fn constant(library: &Path, value: &Expr) -> TokenStream {
    let inner = match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => expr,
        other => other,
    };
    match inner {
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => {
            quote!(#library::field::Constant::Integer(#value))
        }
        Expr::Lit(ExprLit { lit: Lit::Float(_), .. }) => {
            quote!(#library::field::Constant::Float(#value))
        }
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => {
            quote!(#library::field::Constant::Boolean(#value))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => {
            quote!(#library::field::Constant::Text(#value))
        }
        // A path to a constant: whole numbers are what limits are almost always.
        _ => quote!(#library::field::Constant::Integer(#value)),
    }
}

fn choices(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<LitStr>> {
    let list: ExprArray = meta.value()?.parse()?;
    list.elems
        .iter()
        .map(|element| match element {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            other => Err(syn::Error::new_spanned(
                other,
                "choices are texts: `choices = [\"small\", \"large\"]`",
            )),
        })
        .collect()
}

/// The first paragraph of the doc comment is the help text.
pub(crate) fn documentation(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Reads over the value of a key that belongs to somebody else.
pub(crate) fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if meta.input.peek(syn::Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if meta.input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in meta.input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}
