//! Rule 4: the real export list of a crate equals the declared one.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a syntax tree has many more variants than the rules ask for"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, File, Item, ItemConst, ItemEnum, ItemMod, ItemStatic, ItemStruct, ItemTrait,
    ItemType, ItemUnion, UseTree, Visibility, ext::IdentExt as _, spanned::Spanned as _,
};

use super::{
    attributes,
    collector::Collector,
    config::{Boundaries, CrateRules, FILE, Kind, TESTING},
    report::{Report, Violation},
    rules::Rule,
    scope::{self, Scope},
    source::{At, Export, Name, Oddity, OddityKind, Unit},
    workspace::Crate,
};

/// What the root of a library makes visible, apart from macros; `sql::Db` in a `pub mod sql { … }`.
pub(crate) fn of_root(syntax: &File, collector: &Collector) -> Vec<Export> {
    let mut exports = Vec::new();
    of_items(&syntax.items, ("", Scope::Product), collector, &mut exports);
    exports
}

fn of_items(
    items: &[Item],
    (path, around): (&str, Scope),
    collector: &Collector,
    exports: &mut Vec<Export>,
) {
    for item in items {
        let mut leaves = Vec::new();
        let scope = around.max(scope::of(attributes::of(item)));
        match item {
            Item::Mod(ItemMod {
                vis: Visibility::Public(_),
                ident,
                content: Some(content),
                ..
            }) => {
                let path = format!("{path}{}::", ident.unraw());
                of_items(&content.1, (&path, scope), collector, exports);
            }
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => {
                leaves_of(&item.tree, &Name::new(Vec::new()), &mut leaves);
            }
            Item::ExternCrate(item) if matches!(item.vis, Visibility::Public(_)) => {
                leaves.push(named(item.rename.as_ref().map_or(&item.ident, |(_, ident)| ident)));
            }
            Item::Verbatim(tokens) if is_public(tokens) => {
                let span = tokens.span();
                leaves.push(Leaf { name: "*".to_owned(), origin: Name::new(Vec::new()), span });
            }
            Item::Fn(item) if matches!(item.vis, Visibility::Public(_)) => {
                leaves.push(procedural(&item.attrs).unwrap_or_else(|| named(&item.sig.ident)));
            }
            Item::Mod(ItemMod { vis: Visibility::Public(_), ident, .. })
            | Item::Struct(ItemStruct { vis: Visibility::Public(_), ident, .. })
            | Item::Enum(ItemEnum { vis: Visibility::Public(_), ident, .. })
            | Item::Union(ItemUnion { vis: Visibility::Public(_), ident, .. })
            | Item::Trait(ItemTrait { vis: Visibility::Public(_), ident, .. })
            | Item::Type(ItemType { vis: Visibility::Public(_), ident, .. })
            | Item::Const(ItemConst { vis: Visibility::Public(_), ident, .. })
            | Item::Static(ItemStatic { vis: Visibility::Public(_), ident, .. }) => {
                leaves.push(named(ident));
            }
            _ => {}
        }
        exports.extend(leaves.into_iter().map(|Leaf { name, origin, span }| {
            let mut at = collector.at(span, span);
            at.scope = at.scope.max(scope);
            Export { name: format!("{path}{name}"), origin, at }
        }));
    }
}

/// Whether an item that is not understood begins with `pub`.
fn is_public(tokens: &TokenStream) -> bool {
    matches!(tokens.clone().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "pub")
}

struct Leaf {
    name: String,
    origin: Name,
    span: proc_macro2::Span,
}

fn named(ident: &syn::Ident) -> Leaf {
    let name = ident.unraw().to_string();
    Leaf { origin: Name::new(vec![name.clone()]), name, span: ident.span() }
}

/// The macro that a function of a procedural-macro crate defines.
fn procedural(attributes: &[Attribute]) -> Option<Leaf> {
    let derive =
        attributes.iter().find(|attribute| attribute.path().is_ident("proc_macro_derive"))?;
    let list = derive.meta.require_list().ok()?;
    let first = list.tokens.clone().into_iter().next()?;
    syn::parse2::<syn::Ident>(first.into()).ok().map(|ident| named(&ident))
}

fn leaves_of(tree: &UseTree, prefix: &Name, into: &mut Vec<Leaf>) {
    let of = |ident: &syn::Ident| prefix.then(&[ident.unraw().to_string()]);
    let leaf = match tree {
        UseTree::Path(path) => return leaves_of(&path.tree, &of(&path.ident), into),
        UseTree::Group(group) => {
            return group.items.iter().for_each(|tree| leaves_of(tree, prefix, into));
        }
        UseTree::Name(leaf) if leaf.ident == "self" => {
            let name = prefix.segments.last().cloned().unwrap_or_default();
            Leaf { name, origin: prefix.clone(), span: leaf.span() }
        }
        UseTree::Name(leaf) => Leaf { origin: of(&leaf.ident), ..named(&leaf.ident) },
        UseTree::Rename(leaf) => Leaf { origin: of(&leaf.ident), ..named(&leaf.rename) },
        UseTree::Glob(glob) => {
            Leaf { name: "*".to_owned(), origin: prefix.clone(), span: glob.span() }
        }
    };
    into.push(leaf);
}

/// Everything a library exports, macros included, without what exists in its own tests alone.
fn real(library: &Unit) -> impl Iterator<Item = (&str, &At)> {
    let items = library.exports().map(|export| (export.name.as_str(), &export.at));
    let macros = library.macros().map(|exported| (exported.name.as_str(), &exported.at));
    items.chain(macros).filter(|(_, at)| at.scope != Scope::Test)
}

/// Compares the real list with the declared one.
pub(crate) fn check(
    boundaries: &Boundaries,
    krate: &Crate,
    rules: &CrateRules,
    report: &mut Report,
) {
    let Some(library) = krate.library() else { return };
    let mut violation = |place, message: String, help: String| {
        report.add(Violation {
            rule: Rule::Exports,
            krate: krate.name.clone(),
            place,
            message,
            why: "an export is a promise to other crates, so it is declared and seen in review"
                .into(),
            help,
        });
    };
    let is_hidden = |oddity: &&Oddity| {
        oddity.kind == OddityKind::MacroInExports && oddity.at.scope != Scope::Test
    };
    for oddity in library.oddities().filter(is_hidden) {
        violation(
            oddity.at.place.clone(),
            "a macro among the exports may export anything".into(),
            "write out what it writes".into(),
        );
    }
    let mut found = BTreeSet::new();
    for (name, at) in real(library) {
        if name == "*" || name.ends_with("::*") {
            violation(
                at.place.clone(),
                "the export list contains a glob".into(),
                "export item by item, so that the list can be read".into(),
            );
            continue;
        }
        found.insert(name);
        let is_testing = at.scope == Scope::Testing;
        match rules.group_of_export(name) {
            None => violation(
                at.place.clone(),
                format!("`{name}` is exported but not declared"),
                format!(
                    "make it private, or list it under [crates.{0}.exports] in {FILE}\n\
                     (`cargo xtask boundary --exports {0}` prints the real list)",
                    krate.name
                ),
            ),
            Some(group) if is_testing != (group == TESTING) => violation(
                at.place.clone(),
                format!("`{name}` is declared in the group {group}, which does not fit its `cfg`"),
                format!(
                    "what exists under `feature = \"testing\"` alone is of the group {TESTING}"
                ),
            ),
            Some(_) => {}
        }
    }
    let mut seen = BTreeMap::new();
    for (group, name) in
        rules.exports.iter().flat_map(|(group, names)| names.iter().map(move |name| (group, name)))
    {
        if !found.contains(name.get_ref().as_str()) {
            violation(
                boundaries.place(name.span()),
                format!("`{name}` is declared as an export of {} but does not exist", krate.name),
                "remove it from the list, or export it from lib.rs".into(),
            );
        }
        if let Some(other) = seen.insert(name.get_ref().as_str(), group) {
            violation(
                boundaries.place(name.span()),
                format!("`{name}` is declared in two groups, {other} and {group}"),
                "keep the one that says who may use it".into(),
            );
        }
    }
}

/// The real list in the form in which it is declared, with the groups guessed.
pub(crate) fn print(krate: &Crate, kind: Kind) -> String {
    let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    if let Some(library) = krate.library() {
        let events: BTreeSet<&str> = library.events().map(|event| event.ident.as_str()).collect();
        let listed = |name: &str| library.catalogued().any(|known| known == name);
        let origins: BTreeMap<&str, String> = library
            .exports()
            .map(|export| (export.name.as_str(), export.origin.segments.join("::")))
            .collect();
        for (name, at) in real(library) {
            let origin = origins.get(name).map(String::as_str).unwrap_or_default();
            let group = match at.scope {
                Scope::Testing | Scope::Test => TESTING,
                // The catalogue itself is listed with its contents.
                Scope::Product if events.contains(name) || listed(name) => "events",
                Scope::Product => guess(kind, name, origin),
            };
            groups.entry(group).or_default().insert(name);
        }
    }
    let mut text = format!("[crates.{}.exports]\n", krate.name);
    for (group, names) in groups {
        let _ = writeln!(text, "{group} = [");
        for name in names {
            let _ = writeln!(text, "    \"{name}\",");
        }
        text.push_str("]\n");
    }
    text
}

fn guess(kind: Kind, name: &str, origin: &str) -> &'static str {
    let origin = origin.trim_start_matches("crate::");
    let of = |layer: &str| origin == layer || origin.starts_with(&format!("{layer}::"));
    let asks = |text: &str| {
        let text = text.to_lowercase();
        text.contains("quer") || text.contains("directory")
    };
    match kind {
        Kind::Core if name.split("::").next() == Some("sql") => "storage",
        Kind::Core if of("application") => "ports",
        Kind::Core if of("infrastructure") => "runtime",
        Kind::Context if asks(name) || asks(origin) => "queries",
        Kind::Context if of("application") || of("facade") || of("infrastructure") => "commands",
        Kind::Interface | Kind::Host | Kind::Example | Kind::Tests => "commands",
        Kind::Context | Kind::Core | Kind::Support if name.ends_with("Error") && !of("domain") => {
            "commands"
        }
        Kind::Context | Kind::Core | Kind::Support | Kind::Tool => "language",
    }
}
