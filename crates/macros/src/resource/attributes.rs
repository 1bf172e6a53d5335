//! The keys of `#[resource(…)]` on the struct.
use syn::{DeriveInput, LitInt, LitStr, Path, Type, meta::ParseNestedMeta, parse_quote};

use super::{contract::Contract, listing::Listing, methods::Methods};
use crate::nearest::unknown_key;

const KEYS: &[&str] = &[
    "path",
    "read",
    "write",
    "methods",
    "name",
    "page_size",
    "pagination",
    "shape",
    "total",
    "ordering",
    "output",
    "bulk",
    "require_if_match",
    "idempotency",
    "deprecated",
    "sunset",
    "deprecation_link",
    "own_behavior",
    "crate",
];

/// The struct's attributes, complete and checked.
pub(crate) struct Attributes {
    pub(crate) path: LitStr,
    pub(crate) name: Option<LitStr>,
    pub(crate) read: Type,
    pub(crate) write: Type,
    pub(crate) methods: Methods,
    pub(crate) library: Path,
    pub(crate) page_size: Option<LitInt>,
    pub(crate) listing: Listing,
    pub(crate) contract: Contract,
    pub(crate) own_behavior: bool,
    pub(crate) output: Option<Type>,
    /// The first paragraph of the doc comment.
    pub(crate) description: String,
    pub(crate) bulk: Option<LitInt>,
    pub(crate) require_if_match: bool,
    /// Whether `#[sea_orm::model]` made a `ModelEx`, which knows the relations.
    pub(crate) has_relations: bool,
}

#[derive(Default)]
struct Found {
    path: Option<LitStr>,
    name: Option<LitStr>,
    read: Option<Type>,
    write: Option<Type>,
    methods: Methods,
    library: Option<Path>,
    page_size: Option<LitInt>,
    listing: Listing,
    contract: Contract,
    own_behavior: bool,
    output: Option<Type>,
    bulk: Option<LitInt>,
    require_if_match: bool,
    has_relations: bool,
}

impl Attributes {
    pub(crate) fn parse(input: &DeriveInput) -> syn::Result<Self> {
        let mut found = Found::default();
        for attribute in
            input.attrs.iter().filter(|attribute| attribute.path().is_ident("resource"))
        {
            attribute.parse_nested_meta(|meta| found.read_key(&meta))?;
        }
        if let Some(attribute) = input.attrs.iter().find(|attribute| serde_rename_all(attribute)) {
            return Err(syn::Error::new_spanned(
                attribute,
                "`rename_all` would give the JSON other names than the resource accepts: put `#[serde(rename = \"…\")]` on the fields",
            ));
        }
        found.has_relations = input.attrs.iter().any(has_model_ex);
        found.complete(input)
    }

    /// Open attributes for a struct whose real ones have an error, so that only that error is shown.
    pub(crate) fn stand_in(input: &DeriveInput) -> Self {
        let mut found = Found::default();
        for attribute in
            input.attrs.iter().filter(|attribute| attribute.path().is_ident("resource"))
        {
            // The error has been reported; what could be read before it decides where the library is.
            drop(attribute.parse_nested_meta(|meta| {
                found.read_key(&meta).or_else(|_| super::field::skip_value(&meta))
            }));
        }
        let library = found.library.unwrap_or_else(default_library);
        Self {
            path: parse_quote!("stand-in"),
            name: None,
            read: parse_quote!(#library::Public),
            write: parse_quote!(#library::Public),
            methods: Methods::default(),
            library,
            page_size: None,
            listing: Listing::default(),
            contract: Contract::default(),
            own_behavior: found.own_behavior,
            output: None,
            description: String::new(),
            bulk: None,
            require_if_match: false,
            has_relations: false,
        }
    }
}

impl Found {
    fn read_key(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match key.as_str() {
            "path" => self.path = Some(meta.value()?.parse()?),
            "name" => self.name = Some(meta.value()?.parse()?),
            "read" => self.read = Some(meta.value()?.parse()?),
            "write" => self.write = Some(meta.value()?.parse()?),
            "methods" => self.methods.read(meta)?,
            "crate" => self.library = Some(meta.value()?.parse()?),
            "page_size" => self.page_size = Some(meta.value()?.parse()?),
            "pagination" | "shape" | "total" | "ordering" => self.listing.read(&key, meta)?,
            "own_behavior" => self.own_behavior = true,
            "output" => self.output = Some(meta.value()?.parse()?),
            "bulk" => self.bulk = Some(meta.value()?.parse()?),
            "idempotency" | "deprecated" | "sunset" | "deprecation_link" => {
                self.contract.read(&key, meta)?;
            }
            "require_if_match" => self.require_if_match = true,
            _ => return Err(meta.error(unknown_key(&key, "`#[resource(…)]` on a struct", KEYS))),
        }
        Ok(())
    }

    fn complete(self, input: &DeriveInput) -> syn::Result<Attributes> {
        let attribute = input.attrs.iter().find(|attribute| attribute.path().is_ident("resource"));
        let missing = |message: String| match attribute {
            Some(attribute) => syn::Error::new_spanned(attribute, message),
            None => syn::Error::new_spanned(&input.ident, message),
        };
        let who = |verb: &str, key: &str| {
            missing(format!(
                "who may {verb} this resource? Add `{key} = SomeScope` with a type declared in `scopes! {{ … }}`, \
                 or `{key} = Public` to leave it open to everybody"
            ))
        };
        let Some(path) = self.path else {
            return Err(missing(
                "where is this resource? Add a path: `#[resource(path = \"unicorn\", read = Read, write = Write)]`".to_owned(),
            ));
        };
        check_path(&path)?;
        self.contract.check()?;
        Ok(Attributes {
            path,
            name: self.name,
            read: self.read.ok_or_else(|| who("read", "read"))?,
            write: self.write.ok_or_else(|| who("change", "write"))?,
            methods: self.methods,
            library: self.library.unwrap_or_else(default_library),
            page_size: self.page_size,
            listing: self.listing,
            contract: self.contract,
            own_behavior: self.own_behavior,
            output: self.output,
            description: super::field::documentation(&input.attrs),
            bulk: self.bulk,
            require_if_match: self.require_if_match,
            has_relations: self.has_relations,
        })
    }
}

fn default_library() -> Path {
    parse_quote!(::grantwell::rest)
}

/// A path is one or more plain segments, without slashes at its ends: the prefix and both slash forms are added by the router.
fn check_path(path: &LitStr) -> syn::Result<()> {
    let text = path.value();
    let plain = |segment: &str| {
        !segment.is_empty()
            && segment.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
            })
            && segment != "."
            && segment != ".."
    };
    if text.split('/').all(plain) {
        return Ok(());
    }
    let last = text.trim_matches('/').rsplit('/').next().unwrap_or("things");
    let suggestion = last.to_lowercase().replace([' ', '{', '}'], "-");
    Err(syn::Error::new_spanned(
        path,
        format!(
            "a resource's path is letters, digits and `-_.~`, without a slash at the start or the end (the prefix, such as \
             `/v1`, is given to `Project::resources`): for example `path = \"{suggestion}\"`"
        ),
    ))
}

/// `#[sea_orm::model]` marks the struct beside which it has made a `ModelEx`.
fn has_model_ex(attribute: &syn::Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("sea_orm") {
        // What sea-orm cannot read, sea-orm reports.
        drop(attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("model_ex");
            super::field::skip_value(&meta)
        }));
    }
    found
}

fn serde_rename_all(attribute: &syn::Attribute) -> bool {
    let mut found = false;
    if attribute.path().is_ident("serde") {
        // What serde cannot read, serde reports.
        drop(attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("rename_all");
            super::field::skip_value(&meta)
        }));
    }
    found
}
