//! What there is in the workspace to plant mutants of: two contexts, a command, a table, an event.
//!
//! Nothing here knows a name; everything is chosen from `boundaries.toml` and the source.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::field::Field;
use crate::boundary::{
    config::{ALL, ANY, Boundaries, CrateRules, Kind, Layer, TESTING},
    migrations::Migration,
    source::{EventStruct, Fragment, SourceFile},
    workspace::Crate,
};

/// A way that is not granted: who must not name what of whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forbidden<'a> {
    pub(crate) from: &'a Crate,
    pub(crate) to: &'a Crate,
    pub(crate) group: &'a str,
    /// An export of that group.
    pub(crate) item: &'a str,
}

/// The workspace, asked for what mutants need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) field: &'a Field,
}

impl<'a> Ground<'a> {
    fn boundaries(self) -> &'a Boundaries {
        &self.field.boundaries
    }

    pub(crate) fn rules(self, krate: &Crate) -> Option<&'a CrateRules> {
        self.boundaries().rules(&krate.name)
    }

    /// The crates of a kind, those with the least source first.
    pub(crate) fn of_kind(self, kind: Kind) -> Vec<&'a Crate> {
        let is_it = |krate: &&Crate| self.rules(krate).is_some_and(|rules| rules.kind == kind);
        let crates = self.field.workspace.crates.iter().map(|krate| &**krate);
        let mut crates: Vec<&Crate> = crates.filter(is_it).collect();
        crates.sort_by_key(|krate| {
            krate.units.iter().map(|unit| unit.mentions().count()).sum::<usize>()
        });
        crates
    }

    pub(crate) fn is_context(self, krate: &Crate) -> bool {
        self.rules(krate).is_some_and(|rules| rules.kind == Kind::Context)
    }

    pub(crate) fn contexts(self) -> Vec<&'a Crate> {
        self.of_kind(Kind::Context)
    }

    pub(crate) fn find(self, name: &str) -> Option<&'a Crate> {
        self.field.workspace.find(name).map(|krate| &**krate)
    }

    /// Whether some member depends on a crate from elsewhere.
    pub(crate) fn is_used(self, external: &str) -> bool {
        let mut crates = self.field.workspace.crates.iter();
        crates.any(|krate| krate.surroundings.externals.contains_key(external))
    }

    pub(crate) fn has_feature(self, krate: &Crate, feature: &str) -> bool {
        let mut packages = self.field.workspace.metadata.packages.iter();
        let package = packages.find(|package| package.name.as_str() == krate.name);
        package.is_some_and(|package| package.features.contains_key(feature))
    }

    /// The folder of a crate, below the root of the workspace.
    pub(crate) fn below_root(self, krate: &Crate) -> String {
        let folder = krate.folder.strip_prefix(&self.field.workspace.root);
        folder.unwrap_or(&krate.folder).display().to_string()
    }

    /// The way from the folder of a crate to the root of the workspace.
    pub(crate) fn way_up(self, krate: &Crate) -> String {
        "../".repeat(self.below_root(krate).split('/').count())
    }

    /// The folder that another crate would have beside this one.
    pub(crate) fn beside(self, krate: &Crate, name: &str) -> String {
        let folder = self.below_root(krate);
        folder
            .rsplit_once('/')
            .map_or_else(|| name.to_owned(), |(parent, _)| format!("{parent}/{name}"))
    }

    /// The layers that do not see everything.
    pub(crate) fn layers(self) -> Vec<&'a Layer> {
        let layers = self.boundaries().layers.values();
        layers.filter(|layer| !layer.sees.iter().any(|seen| seen == ANY)).collect()
    }

    /// The name in code of what events and statements come from, and the path of its `sql!`.
    pub(crate) fn core(self) -> Option<(String, String)> {
        let core = self.of_kind(Kind::Core).pop()?;
        let name = in_code(core);
        let exports = self.rules(core)?.exports.values().flatten();
        let sql = exports
            .map(toml::Spanned::get_ref)
            .find(|export| *export == "sql" || export.ends_with("::sql"))?;
        let sql = format!("{name}::{sql}");
        Some((name, sql))
    }

    /// Every group of another context that an edge does not grant, with an export of it.
    pub(crate) fn forbidden(self) -> Vec<Forbidden<'a>> {
        let mut found = Vec::new();
        for from in self.contexts() {
            for to in self.contexts().into_iter().filter(|to| to.name != from.name) {
                let (Some(rules), Some(theirs)) = (self.rules(from), self.rules(to)) else {
                    continue;
                };
                let granted = rules.grants(&to.name, false);
                if granted.is_empty() || granted.contains(&ALL) {
                    continue;
                }
                for (group, exports) in &theirs.exports {
                    let is_free = granted.contains(&group.as_str()) || group == TESTING;
                    let names = exports.iter().map(|export| export.get_ref().as_str());
                    let item = names.into_iter().find(|name| is_type(name)).filter(|_| !is_free);
                    found.extend(item.map(|item| Forbidden { from, to, group, item }));
                }
            }
        }
        found
    }

    /// An export of another context that an edge grants, for every layer.
    pub(crate) fn permitted(self, from: &Crate) -> Option<(&'a Crate, &'a str)> {
        let rules = self.rules(from)?;
        self.contexts().into_iter().find_map(|to| {
            let granted = rules.grants(&to.name, false);
            let groups = granted.into_iter().filter(|group| self.boundaries().is_harmless(group));
            let exports = groups.filter_map(|group| self.rules(to)?.exports.get(group));
            let names = exports.flatten().map(|export| export.get_ref().as_str());
            names.into_iter().find(|name| is_type(name)).map(|item| (to, item))
        })
    }

    /// A context that another one has no edge to, and that does not need that one in turn.
    pub(crate) fn stranger(self, from: &Crate) -> Option<&'a Crate> {
        let has_edge = |from: &Crate, to: &Crate| {
            self.rules(from).is_some_and(|rules| {
                rules.uses.contains_key(to.name.as_str())
                    || rules.tests_use.contains_key(to.name.as_str())
            })
        };
        self.contexts()
            .into_iter()
            .find(|to| to.name != from.name && !has_edge(from, to) && !has_edge(to, from))
    }

    /// The first file of the product in a layer.
    pub(crate) fn file_in(self, krate: &'a Crate, layer: &str) -> Option<&'a SourceFile> {
        files(krate).find(|file| self.layer_of(file).is_some_and(|own| own.name == layer))
    }

    /// The file whose layer may name the most groups and still not everything.
    pub(crate) fn widest_file(self, krate: &'a Crate) -> Option<&'a SourceFile> {
        let is_closed = |layer: &&Layer| !layer.sees.iter().any(|seen| seen == ANY);
        files(krate)
            .filter_map(|file| Some((self.layer_of(file).filter(is_closed)?.groups.len(), file)))
            .max_by_key(|(groups, _)| *groups)
            .map(|(_, file)| file)
    }

    pub(crate) fn layer_of(self, file: &SourceFile) -> Option<&'a Layer> {
        self.boundaries().layer_of(&file.below_root)
    }

    /// A type of the product that a module of a layer declares: the path of the module, and its name.
    pub(crate) fn type_in(self, krate: &'a Crate, layer: &str) -> Option<(String, &'a str)> {
        fragments(krate)
            .filter(|fragment| !fragment.file.scope.is_test_code())
            .filter(|fragment| self.layer_of(&fragment.file).is_some_and(|own| own.name == layer))
            .flat_map(|fragment| &fragment.modules)
            .filter(|(path, _)| {
                path.first().is_some_and(|first| first == layer) && !is_of_tests(path)
            })
            .find_map(|(path, module)| {
                let name = module.declared.iter().find(|name| is_type(name))?;
                Some((format!("crate::{}", path.join("::")), name.as_str()))
            })
    }

    /// One table of each crate that has tables.
    pub(crate) fn tables(self) -> BTreeMap<&'a str, &'a str> {
        let mut tables = BTreeMap::new();
        for (table, owner) in &self.field.shared.tables {
            tables.entry(owner.as_str()).or_insert(table.as_str());
        }
        tables
    }

    /// A file of migrations of a crate.
    pub(crate) fn migration_of(self, krate: &Crate) -> Option<&'a str> {
        let rules = self.rules(krate)?;
        let folder = rules.migrations.as_ref().unwrap_or(&krate.name);
        let of_crate = |migration: &&Arc<Migration>| migration.folder == *folder;
        self.field.workspace.migrations.iter().find(of_crate).map(|migration| &*migration.path)
    }
}

/// The file of the module that has the name of a layer.
pub(crate) fn named_file<'a>(krate: &'a Crate, layer: &str) -> Option<&'a SourceFile> {
    files(krate).find(|file| file.below_root == format!("{layer}.rs"))
}

/// The root of a library.
pub(crate) fn root_of(krate: &Crate) -> Option<&SourceFile> {
    fragments(krate).map(|fragment| &*fragment.file).next()
}

fn files(krate: &Crate) -> impl Iterator<Item = &SourceFile> {
    let files = fragments(krate).map(|fragment| &*fragment.file);
    files.filter(|file| !file.scope.is_test_code())
}

/// A type of the product that is not exported: its path.
pub(crate) fn hidden_type(krate: &Crate) -> Option<String> {
    let exported: BTreeSet<&str> =
        krate.library()?.exports().map(|export| export.name.as_str()).collect();
    fragments(krate)
        .filter(|fragment| !fragment.file.scope.is_test_code())
        .flat_map(|fragment| &fragment.modules)
        .filter(|(path, _)| !path.is_empty() && !is_of_tests(path))
        .find_map(|(path, module)| {
            let is_hidden = |name: &&String| is_type(name) && !exported.contains(name.as_str());
            let name = module.declared.iter().find(is_hidden)?;
            Some(format!("{}::{name}", path.join("::")))
        })
}

/// An event of the product, with the fragment that declares it.
pub(crate) fn event_of(krate: &Crate) -> Option<(&Fragment, &EventStruct)> {
    let is_plain = |event: &EventStruct| {
        !event.at.scope.is_test_code() && event.says.name.is_none() && event.says.version == 1
    };
    fragments(krate)
        .flat_map(|fragment| fragment.events.iter().map(move |event| (fragment, event)))
        .find(|(_, event)| is_plain(event))
}

/// What the files of a library say.
pub(crate) fn fragments(krate: &Crate) -> impl Iterator<Item = &Fragment> {
    krate.library().into_iter().flat_map(|unit| &unit.fragments).map(|fragment| &**fragment)
}

/// The root of the tests beside a library.
pub(crate) fn tests_of(krate: &Crate) -> Option<&SourceFile> {
    let mut files = krate.units.iter().filter_map(|unit| unit.files().next());
    files.find(|file| file.scope.is_test_code())
}

/// The name of a crate in code.
pub(crate) fn in_code(krate: &Crate) -> String {
    krate.name.replace('-', "_")
}

/// Whether a name is that of a type, and of no constant.
fn is_type(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_uppercase());
    starts && name.chars().any(|c| c.is_ascii_lowercase()) && !name.contains("::")
}

fn is_of_tests(path: &[String]) -> bool {
    path.iter().any(|segment| segment.contains("test"))
}
