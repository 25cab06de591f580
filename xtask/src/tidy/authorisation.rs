//! Every public method of the facade of a context is asked by everybody, in the matrix of its rights.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use syn::{ImplItem, Item, Visibility, spanned::Spanned as _};

use super::{files::File, finding::Finding};

const RULE: &str = "authorisation";

/// Looks at the facades of these contexts, and at the matrix beside each.
pub(super) fn check<'a>(
    files: &[File],
    contexts: impl Iterator<Item = &'a str>,
) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for name in contexts {
        let root = Path::new("crates").join(name);
        let matrix = root.join("AUTHORISATION.md");
        let rows = rows(files, &matrix);
        let methods = methods(files, &root)?;
        for (method, (path, line)) in &methods {
            if !rows.contains_key(method) {
                let what = format!("nobody says who may `{method}`");
                let help = "add it to the questions in `src/facade/matrix.rs`, and run that test with UPDATE_EXPECT=1";
                findings.push(Finding::error(RULE, path, *line, what, help));
            }
        }
        for (row, line) in rows.iter().filter(|(row, _)| !methods.contains_key(*row)) {
            let what = format!("there is no method `{row}`");
            let help =
                "rows are written by the test in `src/facade/matrix.rs`, run with UPDATE_EXPECT=1";
            findings.push(Finding::error(RULE, &matrix, *line, what, help));
        }
    }
    Ok(findings)
}

/// The methods that have a row, and where its first one is.
fn rows(files: &[File], matrix: &Path) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    let text = files.iter().find(|file| file.path == matrix).map_or("", |file| &file.text);
    for (at, line) in text.lines().enumerate() {
        let method = line.strip_prefix("| `").and_then(|rest| rest.split_once('`'));
        if let Some((method, _)) = method {
            rows.entry(method.to_owned()).or_insert(at + 1);
        }
    }
    rows
}

/// Public methods that somebody waits for: those that ask or tell. Others only put things together.
fn methods(files: &[File], root: &Path) -> anyhow::Result<BTreeMap<String, (PathBuf, usize)>> {
    let facade = root.join("src/facade");
    let mut methods = BTreeMap::new();
    for File { path, text } in files {
        if !path.starts_with(&facade) && *path != facade.with_extension("rs") {
            continue;
        }
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        if !is_source {
            continue;
        }
        let file =
            syn::parse_file(text).with_context(|| format!("{} is not Rust", path.display()))?;
        for item in file.items {
            let Item::Impl(item) = item else { continue };
            for member in item.items {
                let ImplItem::Fn(method) = member else { continue };
                let is_public = matches!(method.vis, Visibility::Public(_));
                if is_public && method.sig.asyncness.is_some() {
                    let line = method.sig.span().start().line;
                    methods.insert(method.sig.ident.to_string(), (path.clone(), line));
                }
            }
        }
    }
    Ok(methods)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{super::finding::in_short, *};

    fn found(files: &[(&str, &str)]) -> String {
        let files: Vec<File> = files
            .iter()
            .map(|(path, text)| File { path: path.into(), text: (*text).to_owned() })
            .collect();
        in_short(&check(&files, ["shop"].into_iter()).unwrap())
    }

    const FACADE: (&str, &str) = (
        "crates/shop/src/facade.rs",
        "impl Shop {\n    pub fn new() {}\n    pub async fn buy(&self) {}\n    async fn hidden() {}\n}\n",
    );
    const PART: (&str, &str) = (
        "crates/shop/src/facade/selling.rs",
        "impl Shop {\n    pub async fn sell(&self) {}\n    pub(crate) async fn inner(&self) {}\n}\n",
    );
    const MATRIX: &str = "crates/shop/AUTHORISATION.md";

    #[test]
    fn a_facade_with_a_row_for_each_method_is_tidy() {
        let rows = "| | owner |\n|---|---|\n| `buy` | yes |\n| `sell` a hat | yes |\n| `sell` a cat | Forbidden |\n";
        let support = ("crates/mail/src/facade.rs", "impl Mail { pub async fn send(&self) {} }");
        assert_eq!(found(&[FACADE, PART, (MATRIX, rows), support]), "");
    }

    #[test]
    fn a_method_without_a_row_and_a_row_without_a_method_are_found() {
        let rows = "| `buy` | yes |\n| `rent` | yes |\n";
        expect![[r"
            error[authorisation] crates/shop/src/facade/selling.rs:2: nobody says who may `sell`
            error[authorisation] crates/shop/AUTHORISATION.md:2: there is no method `rent`
        "]]
        .assert_eq(&found(&[FACADE, PART, (MATRIX, rows)]));
    }

    #[test]
    fn a_facade_without_a_matrix_is_found() {
        expect![[r"
            error[authorisation] crates/shop/src/facade.rs:3: nobody says who may `buy`
        "]]
        .assert_eq(&found(&[FACADE]));
    }
}
