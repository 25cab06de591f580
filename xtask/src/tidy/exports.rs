//! `lib.rs` is the export list and nothing else.

use std::path::Path;

use anyhow::Context as _;
use syn::{Attribute, Item, ItemMod, UseTree, spanned::Spanned as _};

use super::finding::Finding;

/// Looks at one `lib.rs`.
pub(super) fn check(path: &Path, text: &str) -> anyhow::Result<Vec<Finding>> {
    let file = syn::parse_file(text).with_context(|| format!("{} is not Rust", path.display()))?;
    let mut findings = Vec::new();
    look_at(&file.items, path, text, &mut findings);
    Ok(findings)
}

fn look_at(items: &[Item], path: &Path, text: &str, findings: &mut Vec<Finding>) {
    for item in items {
        let line = item.span().start().line;
        if let Item::Mod(ItemMod { content: Some((_, items)), .. }) = item {
            look_at(items, path, text, findings);
        }
        if matches!(item, Item::Use(item) if has_glob(&item.tree)) {
            let what = "a glob hides what is exported";
            let help = "name each item; the list is what others may rely on";
            findings.push(Finding::error("glob-export", path, line, what, help));
        }
        if !is_of_the_list(item) {
            let first = text.lines().nth(line - 1).unwrap_or_default().trim();
            let what = format!("lib.rs holds more than names: `{first}`");
            let help = "move it to a module and export it by name: lib.rs is the export list";
            findings.push(Finding::error("export-list", path, line, what, help));
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a new kind of item is no name either")]
fn is_of_the_list(item: &Item) -> bool {
    match item {
        Item::Use(_) | Item::Mod(_) => true,
        // So that what the derive writes also compiles in the crate that owns the trait.
        Item::ExternCrate(item) => item.ident == "self",
        // The compiler wants the entry of a derive at the root of its crate.
        Item::Fn(item) => item.attrs.iter().any(is_proc_macro),
        _ => false,
    }
}

fn has_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Glob(_) => true,
        UseTree::Path(path) => has_glob(&path.tree),
        UseTree::Group(group) => group.items.iter().any(has_glob),
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

fn is_proc_macro(attribute: &Attribute) -> bool {
    attribute.path().get_ident().is_some_and(|name| name.to_string().starts_with("proc_macro"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::{super::finding::in_short, *};

    #[test]
    fn an_export_list_is_modules_and_names() {
        let text = "//! Projects.\n#[cfg(feature = \"testing\")]\npub mod testing;\nmod facade;\n\
                    extern crate self as projects;\n\
                    pub mod sql {\npub use crate::infrastructure::tx::Tx;\n}\npub use facade::{Projects, ProjectsError};\n\
                    #[proc_macro_derive(DomainEvent)]\npub fn derive(input: TokenStream) -> TokenStream { x }\n";
        assert_eq!(check(Path::new("src/lib.rs"), text).unwrap(), []);
    }

    #[test]
    fn everything_else_is_found() {
        let text = "pub use facade::*;\npub use a::{b, c::*};\n#[macro_export]\nmacro_rules! m { () => {} }\n\
                    pub struct S;\npub fn f() {}\nmod inline {\nfn g() {} }\nimpl S {}\npub const C: u8 = 1;\n";
        expect![[r"
            error[glob-export] src/lib.rs:1: a glob hides what is exported
            error[glob-export] src/lib.rs:2: a glob hides what is exported
            error[export-list] src/lib.rs:3: lib.rs holds more than names: `#[macro_export]`
            error[export-list] src/lib.rs:5: lib.rs holds more than names: `pub struct S;`
            error[export-list] src/lib.rs:6: lib.rs holds more than names: `pub fn f() {}`
            error[export-list] src/lib.rs:8: lib.rs holds more than names: `fn g() {} }`
            error[export-list] src/lib.rs:9: lib.rs holds more than names: `impl S {}`
            error[export-list] src/lib.rs:10: lib.rs holds more than names: `pub const C: u8 = 1;`
        "]]
        .assert_eq(&in_short(&check(Path::new("src/lib.rs"), text).unwrap()));
    }

    #[test]
    fn a_file_that_is_not_rust_is_an_error() {
        assert_eq!(
            check(Path::new("src/lib.rs"), "pub use;").unwrap_err().to_string(),
            "src/lib.rs is not Rust"
        );
    }
}
