//! `migrations!`: puts the migration files of a crate into the program.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitStr, Token};

/// `migrations!()`, `migrations!("folder")`, `migrations!("folder", crate::path::to::migration)`.
struct Input {
    folder: LitStr,
    /// The module that has `Set`.
    module: syn::Path,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut folder = LitStr::new("migrations", Span::call_site());
        let mut module = syn::parse_quote!(::grantwell::database::migration);
        if input.peek(LitStr) {
            folder = input.parse()?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if !input.is_empty() {
            module = input.parse()?;
        }
        Ok(Self { folder, module })
    }
}

/// Reads `index.toml` in the folder and includes every file that it lists, so that a change of any of them makes cargo
/// build the crate again. A folder that is not there yet is an empty set.
pub(crate) fn expand(input: TokenStream) -> syn::Result<TokenStream> {
    let Input { folder, module } = syn::parse2(input)?;
    let root = std::env::var("CARGO_MANIFEST_DIR").map_err(|_| {
        Error::new(folder.span(), "migrations! needs CARGO_MANIFEST_DIR, which cargo sets")
    })?;
    let path = Path::new(&root).join(folder.value());
    if !path.is_dir() {
        return Ok(empty(&module, &root));
    }
    let index = path.join("index.toml");
    let text = std::fs::read_to_string(&index).map_err(|failed| {
        let told = format!("{}: {failed}. `makemigrations` writes this file.", index.display());
        Error::new(folder.span(), told)
    })?;
    let (app, names) = entries(&text)
        .map_err(|wrong| Error::new(folder.span(), format!("{}: {wrong}", index.display())))?;
    let files = names.iter().map(|name| {
        let file = path.join(format!("{name}.toml"));
        if !file.is_file() {
            let told =
                format!("{} lists {name}, but there is no {}", index.display(), file.display());
            return Err(Error::new(folder.span(), told));
        }
        let file = literal(&file);
        Ok(quote!((#name, include_str!(#file))))
    });
    let files = files.collect::<syn::Result<Vec<_>>>()?;
    let index = literal(&index);
    Ok(quote!({
        // Only so that cargo watches it.
        const _: &str = include_str!(#index);
        #module::Set { app: #app, files: &[#(#files),*] }
    }))
}

/// The manifest is watched in place of the folder: a folder that appears later comes with a build anyway.
fn empty(module: &syn::Path, root: &str) -> TokenStream {
    let manifest = literal(&Path::new(root).join("Cargo.toml"));
    quote!({
        const _: &str = include_str!(#manifest);
        #module::Set { app: env!("CARGO_PKG_NAME"), files: &[] }
    })
}

fn literal(path: &Path) -> LitStr {
    let path: PathBuf = path.to_owned();
    LitStr::new(&path.to_string_lossy(), Span::call_site())
}

/// The app and the names in order. The file is written by `makemigrations`, so reading `key = "value"` lines is enough.
fn entries(text: &str) -> Result<(String, Vec<String>), String> {
    let mut app = None;
    let mut names = Vec::new();
    for (number, line) in (1..).zip(text.lines()).map(|(number, line)| (number, line.trim())) {
        if line.is_empty() || line.starts_with('#') || line == "[[migration]]" {
            continue;
        }
        let value =
            |rest: &str| rest.trim().strip_prefix('"')?.strip_suffix('"').map(ToOwned::to_owned);
        let pair = line.split_once('=').and_then(|(key, rest)| Some((key.trim(), value(rest)?)));
        match pair {
            Some(("app", value)) if app.is_none() && names.is_empty() => app = Some(value),
            Some(("name", value)) if is_name(&value) && !names.contains(&value) => {
                names.push(value);
            }
            Some(("checksum", _)) => {}
            _ => {
                return Err(format!(
                    "line {number} is not understood: {line}. Conflicts of a merge show here: keep the lines of both sides."
                ));
            }
        }
    }
    Ok((app.ok_or("the line app = \"…\" is missing")?, names))
}

/// A file name without folders.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_read_in_order() {
        let text = "# words\napp = \"unicorn\"\n\n[[migration]]\nname = \"0001_initial\"\nchecksum = \"00\"\n\n\
                    [[migration]]\nname = \"0002_add_unicorn_horn\"\nchecksum = \"11\"\n";
        let (app, names) = entries(text).unwrap();
        assert_eq!(
            (app.as_str(), names),
            ("unicorn", vec!["0001_initial".into(), "0002_add_unicorn_horn".into()])
        );
    }

    #[test]
    fn a_conflict_a_double_entry_and_a_foreign_path_are_refused() {
        for (text, expected) in [
            ("app = \"a\"\n<<<<<<< HEAD\n", "line 2"),
            ("app = \"a\"\nname = \"0001_x\"\nname = \"0001_x\"\n", "line 3"),
            ("app = \"a\"\nname = \"../../etc/passwd\"\n", "line 2"),
            ("name = \"0001_x\"\n", "app"),
        ] {
            let refused = entries(text).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }

    #[test]
    fn a_missing_folder_is_an_empty_set() {
        let expanded = expand(quote!("no-such-folder", here)).unwrap().to_string();
        assert!(
            expanded.contains("here :: Set") && expanded.contains("files : & []"),
            "{expanded}"
        );
    }
}
