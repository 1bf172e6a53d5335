//! `#[viewset]`: functions with `#[action(…)]` inside an `impl ViewSet` become actions of the resource.
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Attribute, FnArg, Ident, ImplItem, ImplItemFn, ItemImpl, LitStr, Path, Type, ext::IdentExt,
    parse_quote,
};

use crate::{
    nearest::unknown_key,
    resource::{
        deprecation::{self, Deprecation},
        field,
    },
};

const KEYS: &[&str] = &[
    "detail",
    "list",
    "method",
    "scope",
    "path",
    "help",
    "deprecated",
    "sunset",
    "deprecation_link",
];

/// What the attribute makes of the implementation.
pub(crate) fn expand(arguments: TokenStream, mut item: ItemImpl) -> syn::Result<TokenStream> {
    let library: Path = if arguments.is_empty() {
        parse_quote!(::grantwell::rest)
    } else {
        syn::parse::Parser::parse2(
            |input: syn::parse::ParseStream<'_>| {
                input.parse::<syn::Token![crate]>()?;
                input.parse::<syn::Token![=]>()?;
                input.call(Path::parse_mod_style)
            },
            arguments,
        )?
    };
    let (mut actions, mut own, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for member in item.items {
        match member {
            ImplItem::Fn(mut function) => match take_action(&mut function)? {
                Some(attribute) => {
                    actions.push(Action::parse(&attribute, &function)?);
                    own.push(function);
                }
                None => rest.push(ImplItem::Fn(function)),
            },
            other => rest.push(other),
        }
    }
    let added = actions.iter().map(|action| action.tokens(&library));
    rest.push(parse_quote! {
        fn actions() -> #library::Actions<Self> {
            #library::Actions::none()#(#added)*
        }
    });
    item.items = rest;
    let target = &item.self_ty;
    Ok(quote! {
        #item
        impl #target { #(#own)* }
    })
}

fn take_action(function: &mut ImplItemFn) -> syn::Result<Option<Attribute>> {
    let place = function.attrs.iter().position(|attribute| attribute.path().is_ident("action"));
    let Some(place) = place else { return Ok(None) };
    let attribute = function.attrs.remove(place);
    if function.sig.asyncness.is_none() {
        return Err(syn::Error::new_spanned(&function.sig, "an action is an `async fn`"));
    }
    Ok(Some(attribute))
}

/// One action: what its attribute says, and what its function takes.
struct Action {
    ident: Ident,
    path: String,
    help: String,
    detail: bool,
    method: LitStr,
    scope: Type,
    deprecation: Deprecation,
    transaction: bool,
    row: bool,
    input: Option<Type>,
}

#[derive(Default)]
struct Found {
    detail: Option<bool>,
    method: Option<LitStr>,
    scope: Option<Type>,
    path: Option<LitStr>,
    help: Option<LitStr>,
    deprecation: Deprecation,
}

impl Action {
    fn parse(attribute: &Attribute, function: &ImplItemFn) -> syn::Result<Self> {
        let mut found = Found::default();
        attribute.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match key.as_str() {
                "detail" => found.detail = Some(true),
                "list" => found.detail = Some(false),
                "method" => found.method = Some(method(&meta)?),
                "scope" => found.scope = Some(meta.value()?.parse()?),
                "path" => found.path = Some(meta.value()?.parse()?),
                "help" => found.help = Some(meta.value()?.parse()?),
                key if deprecation::KEYS.contains(&key) => found.deprecation.read(key, &meta)?,
                _ => return Err(meta.error(unknown_key(&key, "`#[action(…)]`", KEYS))),
            }
            Ok(())
        })?;
        found.deprecation.check()?;
        let missing = |what: &str| syn::Error::new_spanned(attribute, what);
        let ident = function.sig.ident.clone();
        let detail = found.detail.ok_or_else(|| {
            missing("is this action about one row or about the list? Add `detail` or `list`")
        })?;
        let scope = found.scope.ok_or_else(|| {
            missing(
                "who may call this action? Add `scope = SomeScope` with a type declared in `scopes! { … }`, or \
                 `scope = Public` to leave it open to everybody",
            )
        })?;
        let method = found.method.unwrap_or_else(|| LitStr::new("POST", ident.span()));
        let path = found
            .path
            .map_or_else(|| ident.unraw().to_string().replace('_', "-"), |path| path.value());
        let help =
            found.help.map_or_else(|| field::documentation(&function.attrs), |help| help.value());
        let mut action = Self {
            path,
            help,
            detail,
            method,
            scope,
            deprecation: found.deprecation,
            transaction: false,
            row: false,
            input: None,
            ident,
        };
        action.read_parameters(function)?;
        Ok(action)
    }

    /// `ctx: &Ctx`, then as wanted `transaction: &DatabaseTransaction`, `row: Model` (for `detail`), and an input.
    fn read_parameters(&mut self, function: &ImplItemFn) -> syn::Result<()> {
        let expected = "an action takes `ctx: &Ctx`, then, as far as it needs them and in this order, \
                        `transaction: &DatabaseTransaction`, `row: Model` (with `detail`) and its input";
        let mut parameters = function.sig.inputs.iter();
        match parameters.next() {
            Some(FnArg::Typed(first)) if matches!(&*first.ty, Type::Reference(_)) => {}
            _ => return Err(syn::Error::new_spanned(&function.sig, expected)),
        }
        for parameter in parameters {
            let FnArg::Typed(parameter) = parameter else {
                return Err(syn::Error::new_spanned(parameter, expected));
            };
            match &*parameter.ty {
                Type::Reference(_) if !self.transaction && !self.row && self.input.is_none() => {
                    self.transaction = true;
                }
                ty if !matches!(ty, Type::Reference(_)) && self.detail && !self.row => {
                    self.row = true;
                }
                ty if !matches!(ty, Type::Reference(_)) && self.input.is_none() => {
                    self.input = Some(ty.clone());
                }
                ty => return Err(syn::Error::new_spanned(ty, expected)),
            }
        }
        if self.detail && !self.row {
            return Err(syn::Error::new_spanned(
                &function.sig,
                "an action about one row (`detail`) takes it: `row: Model`",
            ));
        }
        if self.transaction && self.method.value() == "GET" {
            return Err(syn::Error::new_spanned(
                &function.sig,
                "an action that is called by GET changes nothing: read through `ctx.db()`, or choose another method",
            ));
        }
        Ok(())
    }

    fn tokens(&self, library: &Path) -> TokenStream {
        let Self { ident, path, help, detail, method, scope, .. } = self;
        let deprecated =
            self.deprecation.tokens(library).map(|deprecation| quote!(.deprecated(#deprecation)));
        let verb = format_ident!("{}", method.value(), span = method.span());
        let facts = quote! {
            #library::action::ExtraFacts::new::<#scope>(#path, #library::http::Method::#verb, #detail)
                .help(#help)#deprecated
        };
        let input = self.input.as_ref().map_or_else(|| quote!(()), |input| quote!(#input));
        let transaction = self.transaction.then(|| quote!(transaction,));
        let row = self.row.then(|| quote!(#library::action::row(row)?,));
        let sent = self.input.as_ref().map(|_| quote!(input,));
        let call = quote! {
            ::std::boxed::Box::pin(async move { Self::#ident(ctx, #transaction #row #sent).await })
        };
        if method.value() == "GET" {
            quote!(.reading::<#input, _, _>(#facts, |ctx, row, input| { let _ = (&row, &input); #call }))
        } else {
            quote! {
                .changing::<#input, _, _>(#facts, |ctx, transaction, row, input| {
                    let _ = (transaction, &row, &input);
                    #call
                })
            }
        }
    }
}

fn method(meta: &syn::meta::ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let name: LitStr = meta.value()?.parse()?;
    let upper = name.value().to_ascii_uppercase();
    if ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&upper.as_str()) {
        return Ok(LitStr::new(&upper, name.span()));
    }
    Err(syn::Error::new_spanned(
        name,
        "a method is \"get\", \"post\", \"put\", \"patch\" or \"delete\"",
    ))
}
