//! `scopes!`: types that stand for OAuth scopes.
use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Ident, LitStr, Path, Token, Visibility,
    parse::{Parse, ParseStream},
    parse_quote,
};

/// One line: `pub Read = "read" => "See your unicorns"`.
struct Declaration {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    token: LitStr,
    description: LitStr,
}

/// The whole call.
pub(crate) struct Declarations {
    library: Path,
    list: Vec<Declaration>,
}

impl Parse for Declaration {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let token: LitStr = input.parse()?;
        if input.is_empty() || !input.peek(Token![=>]) {
            return Err(syn::Error::new_spanned(
                &token,
                format!(
                    "say what this scope lets an application do, in words for the person who is asked: \
                     `{name} = \"{}\" => \"See your things\"`",
                    token.value()
                ),
            ));
        }
        input.parse::<Token![=>]>()?;
        Ok(Self { attributes, visibility, name, token, description: input.parse()? })
    }
}

impl Parse for Declarations {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut library: Path = parse_quote!(::grantwell::rest);
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            library = input.parse()?;
            input.parse::<Token![;]>()?;
        }
        let list: Vec<Declaration> =
            input.parse_terminated(Declaration::parse, Token![,])?.into_iter().collect();
        for (index, one) in list.iter().enumerate() {
            check_token(&one.token)?;
            if list.iter().take(index).any(|earlier| earlier.token.value() == one.token.value()) {
                return Err(syn::Error::new_spanned(
                    &one.token,
                    format!("the scope \"{}\" is declared twice", one.token.value()),
                ));
            }
        }
        Ok(Self { library, list })
    }
}

/// RFC 6749 §3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
fn check_token(token: &LitStr) -> syn::Result<()> {
    let text = token.value();
    let wrong = text.chars().find(|c| !matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e'));
    let message = match wrong {
        _ if text.is_empty() => "a scope needs a name, for example \"read\"".to_owned(),
        Some(' ') => format!(
            "\"{text}\" holds a space, which separates scopes on the wire (RFC 6749 §3.3): declare two scopes, or write \"{}\"",
            text.trim().replace(' ', "_")
        ),
        Some(c) => format!(
            "{c:?} cannot be in a scope name: use printable ASCII without quotes and backslashes (RFC 6749 §3.3)"
        ),
        None => return Ok(()),
    };
    Err(syn::Error::new_spanned(token, message))
}

/// The types and their `impl Scope`.
pub(crate) fn expand(declarations: &Declarations) -> TokenStream {
    let library = &declarations.library;
    let items = declarations.list.iter().map(|one| {
        let Declaration { attributes, visibility, name, token, description } = one;
        let doc = format!("The scope `{}`: {}.", token.value(), description.value());
        quote! {
            #(#attributes)*
            #[doc = #doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #visibility struct #name;
            impl #library::Scope for #name {
                const NAME: &'static str = #token;
                const DESCRIPTION: &'static str = #description;
            }
        }
    });
    quote!(#(#items)*)
}

#[cfg(test)]
mod tests {
    use super::Declarations;

    #[test]
    fn scope_names_are_checked_where_they_are_written() {
        for (source, message) in [
            (r#"pub Read = "read" => "See""#, None),
            (r#"crate = rest; pub Read = "read" => "See", Write = "write" => "Change","#, None),
            (r#"pub Read = "" => "See""#, Some("needs a name")),
            (r#"pub Read = "read all" => "See""#, Some("\"read_all\"")),
            (r#"pub Read = "re\"ad" => "See""#, Some("cannot be in a scope name")),
            (r#"A = "a" => "See", B = "a" => "See""#, Some("declared twice")),
            (r#"A = "a""#, Some("say what this scope lets")),
        ] {
            let parsed = syn::parse_str::<Declarations>(source);
            match (parsed, message) {
                (Ok(_), None) => {}
                (Err(error), Some(words)) => {
                    assert!(error.to_string().contains(words), "{source}: {error}");
                }
                (parsed, _) => panic!("{source}: {:?}", parsed.err()),
            }
        }
    }
}
