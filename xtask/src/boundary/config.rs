//! `boundaries.toml`: the declared architecture.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    ops::Range,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{patterns::matches, report::Place};

/// The file that declares the architecture.
pub(crate) const FILE: &str = "boundaries.toml";
/// Grants every group of a crate except [`TESTING`].
pub(crate) const ALL: &str = "all";
/// The group of what a crate exports under `feature = "testing"`.
pub(crate) const TESTING: &str = "testing";
/// Stands for "any" in the lists of a layer.
pub(crate) const ANY: &str = "*";

/// What a crate is to the architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A bounded context.
    Context,
    /// Serves contexts and knows none of them.
    Support,
    /// The event core: the only one that speaks to the engines themselves.
    Core,
    /// Shows facades to the outside.
    Interface,
    /// Wires everything together.
    Host,
    /// Stands for a program elsewhere that embeds crates of this workspace.
    Example,
    /// Tests across crates.
    Tests,
    /// Works on source, such as derive macros and what checks this workspace.
    Tool,
}

impl Kind {
    /// Whether it is a part of what this workspace makes, and does not test, build or show it.
    pub(crate) fn is_product(self) -> bool {
        match self {
            Self::Context | Self::Support | Self::Core | Self::Interface | Self::Host => true,
            Self::Example | Self::Tests | Self::Tool => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Context => "context",
            Self::Support => "support",
            Self::Core => "core",
            Self::Interface => "interface",
            Self::Host => "host",
            Self::Example => "example",
            Self::Tests => "tests",
            Self::Tool => "tool",
        })
    }
}

/// The whole of `boundaries.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Boundaries {
    /// The export groups there are, each with a sentence about its contents.
    pub(crate) groups: BTreeMap<String, String>,
    /// Kinds of crates whose modules are layers.
    pub(crate) layered: Vec<Kind>,
    pub(crate) layers: BTreeMap<String, Layer>,
    /// External crates that only these layers and kinds may name.
    #[serde(default)]
    pub(crate) only_in: BTreeMap<String, Vec<String>>,
    pub(crate) sql: Sql,
    pub(crate) crates: BTreeMap<Spanned<String>, CrateRules>,
    #[serde(skip)]
    text: String,
}

/// A layer: which files it is made of and what they may name.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    /// One sentence that says what the layer is for; printed with violations.
    pub(crate) why: String,
    /// Everything the other layer may name, this one may name as well.
    pub(crate) extends: Option<String>,
    /// Patterns below `src`; by default the module of the layer's own name.
    #[serde(default)]
    pub(crate) files: Vec<String>,
    /// Modules of its own crate.
    #[serde(default)]
    pub(crate) sees: Vec<String>,
    /// External crates, by the names they have in code.
    #[serde(default)]
    pub(crate) crates: Vec<String>,
    /// Parts of those crates that stay out of reach.
    #[serde(default)]
    pub(crate) except: Vec<String>,
    /// Export groups of other crates of the workspace.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    #[serde(skip)]
    pub(crate) name: String,
    /// This layer and those it extends.
    #[serde(skip)]
    pub(crate) lineage: Vec<String>,
}

/// What the check knows about SQL.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sql {
    /// Ways to run a statement that is not in `sql!`.
    pub(crate) raw: Vec<String>,
    /// Layers of the core that may do so, besides its tests.
    pub(crate) raw_in: Vec<String>,
    /// Names that belong to the database systems; for the core alone.
    pub(crate) catalogs: Vec<String>,
}

/// What is declared of one crate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateRules {
    pub(crate) kind: Kind,
    /// Prefixes of the tables it owns.
    #[serde(default)]
    pub(crate) tables: Vec<String>,
    /// The folder below `migrations/`, where it is not the name of the crate.
    pub(crate) migrations: Option<String>,
    /// External crates that its domain may name besides the usual ones.
    #[serde(default)]
    pub(crate) domain_crates: Vec<String>,
    /// External crates that its application may name besides the usual ones.
    #[serde(default)]
    pub(crate) application_crates: Vec<String>,
    /// Events that nobody handles, kept for the trail and for readers elsewhere.
    #[serde(default)]
    pub(crate) records: Vec<Spanned<String>>,
    /// Edges: crate to granted groups.
    #[serde(default)]
    pub(crate) uses: BTreeMap<Spanned<String>, Vec<String>>,
    /// Edges of its tests alone.
    #[serde(default)]
    pub(crate) tests_use: BTreeMap<Spanned<String>, Vec<String>>,
    #[serde(default)]
    pub(crate) exports: BTreeMap<String, Vec<Spanned<String>>>,
}

impl Boundaries {
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        Self::parse(text)
    }

    pub(crate) fn parse(text: String) -> Result<Self> {
        let mut boundaries: Self = toml::from_str(&text)
            .map_err(|error| anyhow!("{FILE}: {}", error.to_string().trim_end()))?;
        boundaries.text = text;
        boundaries.inherit()?;
        boundaries.check_words()?;
        Ok(boundaries)
    }

    /// The file itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn rules(&self, krate: &str) -> Option<&CrateRules> {
        self.crates.get(krate)
    }

    /// The crates that are bounded contexts.
    pub(crate) fn contexts(&self) -> impl Iterator<Item = &str> {
        let contexts = self.crates.iter().filter(|(_, rules)| rules.kind == Kind::Context);
        contexts.map(|(name, _)| name.get_ref().as_str())
    }

    /// The place of something that this file declares.
    pub(crate) fn place(&self, span: Range<usize>) -> Place {
        Place::of_bytes(&Arc::from(FILE), &self.text, span)
    }

    /// The layer that owns a file below `src`: the one with the most precise pattern.
    pub(crate) fn layer_of(&self, below_src: &str) -> Option<&Layer> {
        self.layers
            .values()
            .flat_map(|layer| layer.files.iter().map(move |pattern| (pattern, layer)))
            .filter(|(pattern, _)| matches(pattern, below_src))
            .max_by_key(|(pattern, _)| pattern.len())
            .map(|(_, layer)| layer)
    }

    /// Whether every layer may name the group, so that nothing can be smuggled in it.
    pub(crate) fn is_harmless(&self, group: &str) -> bool {
        self.layers.values().all(|layer| layer.may_use_group(group))
    }

    /// Fills each layer with what it inherits.
    fn inherit(&mut self) -> Result<()> {
        let declared = self.layers.clone();
        for (name, layer) in &mut self.layers {
            name.clone_into(&mut layer.name);
            if layer.files.is_empty() {
                layer.files = vec![format!("{name}.rs"), format!("{name}/**")];
            }
            layer.lineage.push(name.clone());
            let mut ancestor = declared.get(name).and_then(|layer| layer.extends.as_ref());
            while let Some(parent) = ancestor {
                if layer.lineage.contains(parent) {
                    bail!("{FILE}: the layer {name} extends itself");
                }
                let Some(inherited) = declared.get(parent) else {
                    bail!("{FILE}: the layer {name} extends {parent}, which is not declared");
                };
                layer.sees.extend_from_slice(&inherited.sees);
                layer.crates.extend_from_slice(&inherited.crates);
                layer.groups.extend_from_slice(&inherited.groups);
                layer.lineage.push(parent.clone());
                ancestor = inherited.extends.as_ref();
            }
        }
        Ok(())
    }

    /// Refuses words that mean nothing, which would otherwise silently allow or forbid.
    fn check_words(&self) -> Result<()> {
        let group = |word: &str| match word {
            ALL | ANY | TESTING => true,
            other => self.groups.contains_key(other),
        };
        let refuse = |place: &str, word: &str, what: &str| -> Result<()> {
            bail!("{FILE}: {place} names {word:?}, which is no {what}")
        };
        for layer in self.layers.values() {
            if let Some(word) = layer.groups.iter().find(|word| !group(word)) {
                refuse(&format!("layers.{}", layer.name), word, "group")?;
            }
        }
        for (name, places) in &self.only_in {
            let known = |place: &str| {
                self.layers.contains_key(place)
                    || self.crates.values().any(|rules| rules.kind.to_string() == place)
                    || toml::Value::String(place.to_owned()).try_into::<Kind>().is_ok()
            };
            if let Some(word) = places.iter().find(|place| !known(place)) {
                refuse(&format!("only_in.{name}"), word, "layer and no kind")?;
            }
        }
        for (name, rules) in &self.crates {
            for (to, groups) in rules.uses.iter().chain(&rules.tests_use) {
                if let Some(word) = groups.iter().find(|word| !group(word)) {
                    refuse(&format!("the edge {name} → {to}"), word, "group")?;
                }
            }
            if let Some(word) = rules.exports.keys().find(|word| !group(word) || *word == ALL) {
                refuse(&format!("crates.{name}.exports"), word, "group")?;
            }
        }
        self.check_prefixes()
    }

    /// A prefix within another would make a table belong to two crates.
    fn check_prefixes(&self) -> Result<()> {
        let owned: Vec<(&str, &str)> = self
            .crates
            .iter()
            .flat_map(|(name, rules)| {
                rules.tables.iter().map(move |prefix| (name.get_ref().as_str(), prefix.as_str()))
            })
            .collect();
        for (index, (one, prefix)) in owned.iter().enumerate() {
            if prefix.is_empty() {
                bail!("{FILE}: {one} claims an empty table prefix, that is, every table");
            }
            for (other, longer) in owned.iter().skip(index + 1) {
                if one != other && (longer.starts_with(prefix) || prefix.starts_with(longer)) {
                    bail!(
                        "{FILE}: {one} and {other} claim the same tables ({prefix:?}, {longer:?})"
                    );
                }
            }
        }
        Ok(())
    }
}

impl Sql {
    /// Whether the crate is one of those that run statements, by its name in code or that of its package.
    pub(crate) fn is_of_raw(&self, krate: &str) -> bool {
        let crates = self.raw.iter().filter_map(|pattern| pattern.split("::").next());
        crates.into_iter().any(|named| named == krate || named == krate.replace('-', "_"))
    }
}

impl Layer {
    pub(crate) fn may_use_group(&self, group: &str) -> bool {
        self.groups.iter().any(|allowed| allowed == group || allowed == ANY)
    }

    pub(crate) fn may_see(&self, module: &str) -> bool {
        self.sees.iter().any(|allowed| allowed == module || allowed == ANY)
    }

    pub(crate) fn may_name(&self, krate: &str, rules: &CrateRules) -> bool {
        let extra = [("domain", &rules.domain_crates), ("application", &rules.application_crates)]
            .into_iter()
            .filter(|(layer, _)| self.lineage.iter().any(|name| name == layer))
            .flat_map(|(_, crates)| crates);
        self.crates.iter().chain(extra).any(|allowed| allowed == krate || allowed == ANY)
    }
}

impl CrateRules {
    /// Whether a table has one of its prefixes.
    pub(crate) fn owns(&self, table: &str) -> bool {
        self.tables.iter().any(|prefix| table.starts_with(prefix))
    }

    /// The groups granted towards another crate, by what an edge of this crate says.
    pub(crate) fn grants(&self, to: &str, in_tests: bool) -> Vec<&str> {
        let own = self.uses.get(to).into_iter();
        let of_tests = self.tests_use.get(to).into_iter().filter(|_| in_tests);
        own.chain(of_tests).flatten().map(String::as_str).collect()
    }

    /// The group in which a crate declares an export.
    pub(crate) fn group_of_export(&self, export: &str) -> Option<&str> {
        self.declared().find(|(name, _)| *name == export).map(|(_, group)| group)
    }

    /// The groups that a path into the crate touches: that of the export it leads to, and where it
    /// stops at a module those of everything within.
    pub(crate) fn groups_of_path(&self, item: &[String]) -> BTreeSet<&str> {
        let path = item.join("::");
        if path.is_empty() {
            // The bare crate says nothing yet about what is used of it.
            return BTreeSet::new();
        }
        let leads_to = self
            .declared()
            .filter(|(name, _)| is_within(&path, name))
            .max_by_key(|(name, _)| name.len());
        let within = self.declared().filter(|(name, _)| *name != path && is_within(name, &path));
        leads_to.into_iter().chain(within).map(|(_, group)| group).collect()
    }

    fn declared(&self) -> impl Iterator<Item = (&str, &str)> {
        self.exports.iter().flat_map(|(group, names)| {
            names.iter().map(move |name| (name.get_ref().as_str(), group.as_str()))
        })
    }
}

/// Whether `path` is `outer` or something below it.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
