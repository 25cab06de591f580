//! Adds a name to the `use` declarations of a file, beside its neighbours; rustfmt sorts them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than are asked for here"
)]

use anyhow::{Context as _, Result};
use proc_macro2::LineColumn;
use syn::{File, Item, UseTree, spanned::Spanned as _};

/// Where a name is added, and what of its path is left to say there.
enum Spot<'a> {
    /// Behind the brace of `a::{b, c}`.
    Group(LineColumn, &'a [&'a str]),
    /// Beside the `b` of `a::b`, which gets a brace.
    Beside(LineColumn, LineColumn, &'a [&'a str]),
}

/// The file with `use path::name`, as one tree with whatever else it imports from there; the same if it is there already.
pub(super) fn add(text: &str, path: &str, name: &str) -> Result<String> {
    add_near(text, false, (path, name), path)
}

/// Where nothing is imported from the beginning of `path`, it stands behind what is nearest to the path `near`.
fn add_near(text: &str, visible: bool, (path, name): (&str, &str), near: &str) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    let wanted: Vec<&str> = path.split("::").collect();
    if uses(&file, visible).any(|tree| has(tree, &wanted, name)) {
        return Ok(text.to_owned());
    }
    let mut changed = text.to_owned();
    let spots = uses(&file, visible).filter_map(|tree| spot(tree, &wanted));
    // Exports stand in a line for each module.
    let spots = spots.filter(|spot| !visible || spot.rest().is_empty());
    if let Some(spot) = spots.min_by_key(|spot| spot.rest().len()) {
        let more = [spot.rest(), &[name]].concat().join("::");
        match spot {
            Spot::Group(brace, _) => {
                changed.insert_str(offset(text, brace), &format!("{more}, "));
            }
            Spot::Beside(start, end, _) => {
                changed.insert_str(offset(text, end), &format!(", {more}}}"));
                changed.insert(offset(text, start), '{');
            }
        }
        return Ok(changed);
    }
    let visibility = if visible { "pub " } else { "" };
    let line = format!("{visibility}use {path}::{name};\n");
    let items = file.items.iter().filter_map(|item| as_use(item, visible).map(|tree| (item, tree)));
    let items: Vec<_> = items.collect();
    let is_of_crate = |root: &str| matches!(root, "crate" | "self" | "super");
    let is_own = wanted.first().is_some_and(|root| is_of_crate(root));
    let near: Vec<&str> = near.split("::").collect();
    let siblings = items.iter().filter(|(_, tree)| is_of_crate(&root_of(tree)) == is_own);
    let (at, line) = if let Some((item, _)) = siblings.max_by_key(|(_, tree)| nearness(tree, &near))
    {
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

/// The file with `pub use path::name`: behind what it exports from the module `beside` or from one of the same kind, else in a
/// part of its own.
pub(super) fn export(
    text: &str,
    (path, name): (&str, &str),
    part: &str,
    beside: Option<&str>,
) -> Result<String> {
    let file = syn::parse_file(text).context("it is not Rust")?;
    if let Some(beside) = beside {
        return add_near(text, true, (path, name), beside);
    }
    let wanted: Vec<&str> = path.split("::").collect();
    // More in common than the layer.
    if uses(&file, true).any(|tree| nearness(tree, &wanted) > 2) {
        return add_near(text, true, (path, name), path);
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
        // What is imported on a condition is no neighbour.
        Item::Use(item)
            if item.attrs.is_empty()
                && matches!(item.vis, syn::Visibility::Public(_)) == visible =>
        {
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

impl<'a> Spot<'a> {
    fn rest(&self) -> &'a [&'a str] {
        match self {
            Self::Group(_, rest) | Self::Beside(_, _, rest) => rest,
        }
    }
}

fn spot<'a>(tree: &UseTree, path: &'a [&'a str]) -> Option<Spot<'a>> {
    match (tree, path) {
        (UseTree::Path(tree), [first, rest @ ..]) if tree.ident == first => {
            Some(inside(&tree.tree, rest))
        }
        _ => None,
    }
}

/// Where a path goes on, in what stands behind its beginning.
fn inside<'a>(tree: &UseTree, path: &'a [&'a str]) -> Spot<'a> {
    match tree {
        UseTree::Group(group) => {
            let deeper = group.items.iter().find_map(|tree| spot(tree, path));
            deeper.unwrap_or_else(|| Spot::Group(group.brace_token.span.open().end(), path))
        }
        UseTree::Path(_) | UseTree::Name(_) | UseTree::Rename(_) | UseTree::Glob(_) => {
            let span = tree.span();
            spot(tree, path).unwrap_or(Spot::Beside(span.start(), span.end(), path))
        }
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

    fn check(text: &str, path: &str, name: &str, expected: &Expect) {
        expected.assert_eq(&add(text, path, name).unwrap());
    }

    #[test]
    fn a_name_is_added_to_its_neighbours() {
        check(
            "//! A.\n\nuse a::{B, C};\n",
            "a",
            "D",
            &expect![[r"
            //! A.

            use a::{D, B, C};
        "]],
        );
        check(
            "use a::B;\nuse c::D;\n",
            "a",
            "é",
            &expect![[r"
            use a::{B, é};
            use c::D;
        "]],
        );
        check(
            "use crate::{a::{b::C}, d::E};\n",
            "crate::d",
            "F",
            &expect![[r"
            use crate::{a::{b::C}, d::{E, F}};
        "]],
        );
        check(
            "use a::{B, C};\n",
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
            "//! A.\n\nuse a::B;\n\nstruct C;\n",
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
            "d",
            "E",
            &expect![[r"
            //! A.

            use d::E;

            struct C;
        "]],
        );
    }

    #[test]
    fn what_is_deeper_joins_the_tree() {
        check(
            "use crate::{a::{b::C}, d::E};\n",
            "crate::a::f",
            "G",
            &expect![[r"
            use crate::{a::{f::G, b::C}, d::E};
        "]],
        );
        check(
            "#[cfg(test)]\nuse crate::d::F;\nuse crate::d::e::F;\n",
            "crate::d::g",
            "H",
            &expect![[r"
            #[cfg(test)]
            use crate::d::F;
            use crate::d::{e::F, g::H};
        "]],
        );
    }

    #[test]
    fn what_is_exported_has_a_line_for_each_module() {
        let text =
            "//! A.\n\nmod x;\n\n// Events.\npub use x::on_a::OnA;\n\n// Else.\npub use y::Z;\n";
        let exported = export(text, ("x::on_b", "OnB"), "Handlers.", None).unwrap();
        let exported = export(&exported, ("v::w", "W"), "Commands.", None).unwrap();
        let exported = export(&exported, ("v::u", "U"), "Commands.", Some("y")).unwrap();
        expect![[r"
            //! A.

            mod x;

            // Events.
            pub use x::on_a::OnA;
            pub use x::on_b::OnB;

            // Else.
            pub use y::Z;
            pub use v::u::U;

            // Commands.
            pub use v::w::W;
        "]]
        .assert_eq(&exported);
    }
}
