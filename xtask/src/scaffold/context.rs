//! The context to which something is added, and its list of exports, in `lib.rs` and in `boundaries.toml`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use toml::Spanned;

use crate::boundary::{
    config::{Boundaries, CrateRules, FILE, Kind},
    source::{EventStruct, Unit},
    workspace::{Crate, Workspace},
};

use super::{imports, plan::Plan, records};

/// A bounded context, and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) boundaries: &'a Boundaries,
    pub(super) krate: &'a Crate,
    pub(super) library: &'a Unit,
    pub(super) rules: &'a CrateRules,
}

impl<'a> Context<'a> {
    pub(super) fn find(
        workspace: &'a Workspace,
        boundaries: &'a Boundaries,
        name: &str,
    ) -> Result<Self> {
        let contexts: Vec<&str> = boundaries.contexts().collect();
        if !contexts.contains(&name) {
            bail!("there is no context `{name}`; there are {}", contexts.join(", "));
        }
        let krate = workspace.find(name).with_context(|| format!("there is no crate {name}"))?;
        let library = krate.library().with_context(|| format!("{name} has no library"))?;
        let rules = boundaries.rules(name).with_context(|| format!("{FILE} has no {name}"))?;
        Ok(Self { workspace, boundaries, krate, library, rules })
    }

    /// The name of the event core, as declared.
    pub(super) fn core(&self) -> Result<&'a str> {
        let mut crates = self.boundaries.crates.iter();
        let core = crates.find(|(_, rules)| rules.kind == Kind::Core);
        core.map(|(name, _)| name.get_ref().as_str())
            .with_context(|| format!("{FILE} declares no crate of the kind `core`"))
    }

    /// The folder of the source, `crates/projects/src`.
    pub(super) fn source(&self) -> &'a str {
        let library = self.library.files().next();
        library.and_then(|file| file.path.rsplit_once('/')).map_or("src", |(folder, _)| folder)
    }

    /// The folder of the crate, `crates/projects`.
    pub(super) fn folder(&self) -> &'a str {
        self.source().trim_end_matches("/src")
    }

    pub(super) fn file(&self, below: &str) -> String {
        format!("{}/{below}", self.source())
    }

    /// The events of the product.
    pub(super) fn events(&self) -> impl Iterator<Item = &'a EventStruct> + use<'a> {
        self.library.events().filter(|event| !event.at.scope.is_test_code())
    }

    /// Where this crate declares something that it exports: `domain::references` for example.
    pub(super) fn module_of(&self, export: &str) -> Option<String> {
        let export = self.library.exports().find(|known| known.name == export)?;
        let (name, module) = export.origin.segments.split_last()?;
        let module = module.strip_prefix(&["crate".to_owned()]).unwrap_or(module);
        (*name == export.name).then(|| module.join("::"))
    }

    /// Plans the export of something from a module in a group; `part` is what `lib.rs` says above the first of its kind, and
    /// others of its kind are exported from the module `beside`, if that is known.
    pub(super) fn export(
        &self,
        plan: &mut Plan<'_>,
        group: &str,
        (module, name): (&str, &str),
        (part, beside): (&str, Option<&str>),
    ) -> Result<()> {
        if self.library.exports().any(|known| known.name == name) {
            bail!("{} exports `{name}` already: choose another name", self.krate.name);
        }
        plan.change(&self.file("lib.rs"), |text| {
            imports::export(text, (module, name), part, beside)
        })?;
        plan.change(FILE, |text| declare(text, &self.krate.name, group, name))
    }
}

/// The parts of `boundaries.toml` that say what is exported.
#[derive(Deserialize)]
struct Declared {
    groups: BTreeMap<Spanned<String>, String>,
    crates: BTreeMap<Spanned<String>, DeclaredCrate>,
}

#[derive(Deserialize)]
struct DeclaredCrate {
    #[serde(default)]
    exports: BTreeMap<String, Vec<Spanned<String>>>,
}

/// `boundaries.toml` with one more export, in its place.
fn declare(text: &str, krate: &str, group: &str, name: &str) -> Result<String> {
    let Declared { groups, crates } = toml::from_str(text).context("it is not understood")?;
    let Some(DeclaredCrate { exports }) = crates.get(krate) else { bail!("it has no {krate}") };
    if let Some(names) = exports.get(group).filter(|names| !names.is_empty()) {
        return Ok(records::listed(text, names, name));
    }
    if exports.contains_key(group) {
        bail!("the group `{group}` of {krate} is empty there: remove it first");
    }
    // Groups stand in the order in which they are explained.
    let place = |word: &str| {
        let spans = groups.keys().find(|known| known.get_ref() == word).map(Spanned::span);
        spans.map(|span| span.start)
    };
    let Some(own) = place(group) else { bail!("it explains no group `{group}`") };
    let before = exports.iter().filter(|(other, _)| place(other).is_some_and(|at| at < own));
    let ends = before.filter_map(|(_, names)| names.last().map(|last| last.span().end));
    let header = format!("[crates.{krate}.exports]");
    let mut changed = text.to_owned();
    let list = format!("{group} = [\n    \"{name}\",\n]\n");
    if let Some(end) = ends.max() {
        let closing = text[end..].find(']').context("a list has no end")?;
        let line = text[end + closing..].find('\n').map_or(text.len(), |to| end + closing + to + 1);
        changed.insert_str(line, &list);
    } else if let Some(at) = text.find(&header) {
        changed.insert_str(at + header.len(), &format!("\n{}", list.trim_end()));
    } else {
        bail!("it has no `{header}`: write that line first");
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const TEXT: &str = "\
[groups]
language = \"ids\"
events = \"facts\"
commands = \"the facade\"

[crates.orders.exports]
language = [
    \"OrderId\",
]
commands = [\"MIGRATIONS\", \"Orders\"] # All of them.
";

    fn check(group: &str, name: &str, expected: &Expect) {
        let text = declare(TEXT, "orders", group, name).unwrap();
        expected.assert_eq(text.split_once("exports]\n").unwrap().1);
    }

    #[test]
    fn an_export_stands_in_its_place() {
        check(
            "language",
            "Line",
            &expect![[r#"
            language = [
                "Line",
                "OrderId",
            ]
            commands = ["MIGRATIONS", "Orders"] # All of them.
        "#]],
        );
        check(
            "language",
            "Price",
            &expect![[r#"
            language = [
                "OrderId",
                "Price",
            ]
            commands = ["MIGRATIONS", "Orders"] # All of them.
        "#]],
        );
        check(
            "commands",
            "OnPaid",
            &expect![[r#"
            language = [
                "OrderId",
            ]
            commands = ["MIGRATIONS", "OnPaid", "Orders"] # All of them.
        "#]],
        );
    }

    #[test]
    fn a_group_stands_where_it_is_explained() {
        check(
            "events",
            "OrderPlaced",
            &expect![[r#"
            language = [
                "OrderId",
            ]
            events = [
                "OrderPlaced",
            ]
            commands = ["MIGRATIONS", "Orders"] # All of them.
        "#]],
        );
        let error = declare(TEXT, "orders", "ports", "Members").unwrap_err();
        assert_eq!(error.to_string(), "it explains no group `ports`");
    }
}
