//! Adds a name to the `use` declarations of a file, beside its neighbours; rustfmt sorts them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than are asked for here"
)]

use anyhow::{Context as _, Result};
use proc_macro2::LineColumn;
use syn::{File, Item, UseTree, spanned::Spanned as _};

/// Where a name is added.
enum Spot {
    /// Behind the brace of `a::{b, c}`.
    Group(LineColumn),
    /// At the `b` of `a::b`.
    Leaf(LineColumn, LineColumn),
}

/// The file with `use path::name`, `pub` or not; the same if it is there already.
pub(super) fn add(text: &str, visible: bool, path: &str, name: &str) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let uses = || uses(&file, visible);
    let wanted: Vec<&str> = path.split("::").collect();
    if uses().any(|tree| has(tree, &wanted, name)) {
        return Ok(text.to_owned());
    }
    let mut changed = text.to_owned();
    if let Some(spot) = uses().find_map(|tree| spot(tree, &wanted)) {
        match spot {
            Spot::Group(brace) => changed.insert_str(offset(text, brace), &format!("{name}, ")),
            Spot::Leaf(start, end) => {
                changed.insert_str(offset(text, end), &format!(", {name}}}"));
                changed.insert(offset(text, start), '{');
            }
        }
        return Ok(changed);
    }
    let visibility = if visible { "pub " } else { "" };
    let line = format!("{visibility}use {path}::{name};\n");
    let items = file.items.iter().filter_map(|item| as_use(item, visible).map(|tree| (item, tree)));
    let items: Vec<_> = items.collect();
    let is_own = wanted.first() == Some(&"crate");
    let siblings = items.iter().filter(|(_, tree)| (root_of(tree) == "crate") == is_own);
    let (at, line) =
        if let Some((item, _)) = siblings.max_by_key(|(_, tree)| nearness(tree, &wanted)) {
            (line_after(text, item.span().end()), line)
        } else if let Some((item, _)) = items.last().filter(|_| is_own) {
            (line_after(text, item.span().end()), format!("\n{line}"))
        } else if let Some(item) = file.items.iter().find(|item| !matches!(item, Item::Mod(_))) {
            (offset(text, LineColumn { column: 0, ..item.span().start() }), format!("{line}\n"))
        } else {
            (text.len(), format!("\n{line}"))
        };
    changed.insert_str(at, &line);
    Ok(changed)
}

/// The file with `pub use path::name`, in a part of its own if nothing of its kind is exported yet.
pub(super) fn export(text: &str, path: &str, name: &str, part: &str) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let wanted: Vec<&str> = path.split("::").collect();
    // More in common than the layer.
    if uses(&file, true).any(|tree| nearness(tree, &wanted) > 2) {
        return add(text, true, path, name);
    }
    Ok(format!("{}\n\n// {part}\npub use {path}::{name};\n", text.trim_end()))
}

/// The names that a file has at hand: what it imports and what it declares.
pub(super) fn at_hand(text: &str) -> Result<Vec<String>> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let mut names = Vec::new();
    for item in &file.items {
        match item {
            Item::Use(item) => leaves(&item.tree, &mut names),
            Item::Struct(item) => names.push(item.ident.to_string()),
            Item::Enum(item) => names.push(item.ident.to_string()),
            Item::Type(item) => names.push(item.ident.to_string()),
            _ => {}
        }
    }
    Ok(names)
}

/// The place in the text of what a parser says.
pub(super) fn offset(text: &str, at: LineColumn) -> usize {
    let before: usize = text.split_inclusive('\n').take(at.line - 1).map(str::len).sum();
    let line = &text[before..];
    before + line.char_indices().nth(at.column).map_or(line.len(), |(index, _)| index)
}

/// The beginning of the line behind a place.
pub(super) fn line_after(text: &str, at: LineColumn) -> usize {
    let from = offset(text, at);
    text[from..].find('\n').map_or(text.len(), |end| from + end + 1)
}

fn uses(file: &File, visible: bool) -> impl Iterator<Item = &UseTree> {
    file.items.iter().filter_map(move |item| as_use(item, visible))
}

fn as_use(item: &Item, visible: bool) -> Option<&UseTree> {
    match item {
        Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)) == visible => {
            Some(&item.tree)
        }
        _ => None,
    }
}

fn root_of(tree: &UseTree) -> String {
    match tree {
        UseTree::Path(path) => path.ident.to_string(),
        UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) | UseTree::Group(_) => {
            String::new()
        }
    }
}

fn has(tree: &UseTree, path: &[&str], name: &str) -> bool {
    match (tree, path) {
        (UseTree::Path(tree), [first, rest @ ..]) => {
            tree.ident == first && has(&tree.tree, rest, name)
        }
        (UseTree::Group(group), _) => group.items.iter().any(|tree| has(tree, path, name)),
        (UseTree::Name(leaf), []) => leaf.ident == name,
        _ => false,
    }
}

fn spot(tree: &UseTree, path: &[&str]) -> Option<Spot> {
    match (tree, path) {
        (UseTree::Path(tree), [first, rest @ ..]) if tree.ident == first => spot(&tree.tree, rest),
        (UseTree::Group(group), []) => Some(Spot::Group(group.brace_token.span.open().end())),
        (UseTree::Group(group), _) => group.items.iter().find_map(|tree| spot(tree, path)),
        (UseTree::Name(leaf), []) => {
            Some(Spot::Leaf(leaf.ident.span().start(), leaf.ident.span().end()))
        }
        _ => None,
    }
}

/// Two for each segment that the tree has in common with the path, and one for the same first word of the next:
/// `on_order_paid` is near `on_order_placed`.
fn nearness(tree: &UseTree, path: &[&str]) -> usize {
    let word = |name: &str| name.split('_').next().unwrap_or_default().to_owned();
    match (tree, path) {
        (UseTree::Path(tree), [first, rest @ ..]) if tree.ident == first => {
            2 + nearness(&tree.tree, rest)
        }
        (UseTree::Path(tree), [first, ..]) => {
            usize::from(word(&tree.ident.to_string()) == word(first))
        }
        (UseTree::Group(group), _) => {
            group.items.iter().map(|tree| nearness(tree, path)).max().unwrap_or(0)
        }
        _ => 0,
    }
}

fn leaves(tree: &UseTree, into: &mut Vec<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, into),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, into)),
        UseTree::Name(leaf) => into.push(leaf.ident.to_string()),
        UseTree::Rename(leaf) => into.push(leaf.rename.to_string()),
        UseTree::Glob(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, visible: bool, path: &str, name: &str, expected: &Expect) {
        expected.assert_eq(&add(text, visible, path, name).unwrap());
    }

    #[test]
    fn a_name_is_added_to_its_neighbours() {
        check(
            "//! A.\n\nuse a::{B, C};\n",
            false,
            "a",
            "D",
            &expect![[r"
            //! A.

            use a::{D, B, C};
        "]],
        );
        check(
            "use a::B;\nuse c::D;\n",
            false,
            "a",
            "é",
            &expect![[r"
            use a::{B, é};
            use c::D;
        "]],
        );
        check(
            "use crate::{a::{b::C}, d::E};\n",
            false,
            "crate::d",
            "F",
            &expect![[r"
            use crate::{a::{b::C}, d::{E, F}};
        "]],
        );
        check(
            "use a::{B, C};\n",
            false,
            "a",
            "B",
            &expect![[r"
            use a::{B, C};
        "]],
        );
    }

    #[test]
    fn a_path_without_neighbours_gets_a_line() {
        check(
            "//! A.\n\nmod x;\n\n// Events.\npub use x::on_a::OnA;\n\n// Else.\npub use y::Z;\n",
            true,
            "x::on_b",
            "OnB",
            &expect![[r"
            //! A.

            mod x;

            // Events.
            pub use x::on_a::OnA;
            pub use x::on_b::OnB;

            // Else.
            pub use y::Z;
        "]],
        );
        check(
            "//! A.\n\nuse a::B;\n\nstruct C;\n",
            false,
            "crate::d",
            "E",
            &expect![[r"
            //! A.

            use a::B;

            use crate::d::E;

            struct C;
        "]],
        );
        check(
            "//! A.\n\nstruct C;\n",
            false,
            "d",
            "E",
            &expect![[r"
            //! A.

            use d::E;

            struct C;
        "]],
        );
    }
}
