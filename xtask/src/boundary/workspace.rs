//! Loads the workspace: what Cargo knows of it, and the source of every crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::{
    config::TESTING,
    files::Files,
    loader::{self, Detail, Memory},
    migrations::{self, Migration},
    names::Surroundings,
    report::Place,
    source::Unit,
};

/// Everything that is checked.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) files: Files,
    /// What Cargo knows of it.
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) crates: Vec<Arc<Crate>>,
    pub(crate) migrations: Arc<Vec<Arc<Migration>>>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(crate) struct Crate {
    /// The name of its package.
    pub(crate) name: String,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) dependencies: Vec<Dependency>,
    /// Dependencies by path on crates that are no part of the workspace.
    pub(crate) strays: Vec<String>,
    pub(crate) surroundings: Surroundings,
    /// The library first.
    pub(crate) units: Vec<Unit>,
}

/// A `Cargo.toml`.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) path: Arc<str>,
    text: String,
    /// The name in code of the library, where it is another than that of the package.
    pub(crate) renamed_library: Option<String>,
    /// The crates whose fakes are there by default, among them its own.
    pub(crate) fakes_by_default: Vec<String>,
}

/// A dependency on another crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) rename: Option<String>,
    pub(crate) only_tests: bool,
    /// Whether it asks for the fakes of the other crate.
    pub(crate) with_fakes: bool,
}

impl Workspace {
    pub(crate) fn load(root: &Path, detail: Detail) -> Result<Self> {
        Self::read(root, (&Memory::default(), detail))
    }

    /// Loads the workspace, and keeps in memory what its files say.
    pub(crate) fn read(root: &Path, (memory, detail): (&Memory, Detail)) -> Result<Self> {
        let metadata = metadata(root)?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let files = Files::default();
        let packages = packages(&metadata);
        let targets: Vec<_> = packages.iter().flat_map(|package| &package.targets).collect();
        let mut units = loader::load((&root, &files), &targets, (memory, detail)).into_iter();
        let crates = packages.iter().map(|package| {
            let units = units.by_ref().take(package.targets.len()).collect();
            Crate::load((&root, &files), package, &metadata, units).map(Arc::new)
        });
        let crates = crates.collect::<Result<_>>()?;
        let migrations = Arc::new(migrations::load(&root, &files, &[]));
        Ok(Self { root, files, metadata: Arc::new(metadata), crates, migrations })
    }

    /// What the workspace would be if some files were different; `metadata` is what Cargo would know of it then.
    pub(crate) fn with(
        &self,
        files: Files,
        metadata: Option<Metadata>,
        memory: &Memory,
    ) -> Result<Self> {
        let is_other = metadata.is_some();
        let metadata = metadata.map_or_else(|| Arc::clone(&self.metadata), Arc::new);
        let root = &self.root;
        let has_changed = |folder: &Path| files.changed().any(|(path, _)| path.starts_with(folder));
        let crates = packages(&metadata).into_iter().map(|package| {
            let known = self.find(&package.name);
            if let Some(known) = known.filter(|known| !is_other && !has_changed(&known.folder)) {
                return Ok(Arc::clone(known));
            }
            let units = loader::load_again((root, &files), &package.targets, memory);
            Crate::load((root, &files), package, &metadata, units).map(Arc::new)
        });
        let crates = crates.collect::<Result<_>>()?;
        let migrations = if has_changed(&root.join(migrations::FOLDER)) {
            Arc::new(migrations::load(root, &files, &self.migrations))
        } else {
            Arc::clone(&self.migrations)
        };
        Ok(Self { root: root.clone(), files, metadata, crates, migrations })
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Crate>> {
        self.crates.iter().find(|krate| krate.name == name)
    }
}

fn metadata(root: &Path) -> Result<Metadata> {
    MetadataCommand::new()
        .current_dir(root)
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .context("cargo metadata does not understand this workspace")
}

fn packages(metadata: &Metadata) -> Vec<&Package> {
    let mut packages = metadata.workspace_packages();
    packages.sort_by(|one, other| one.name.cmp(&other.name));
    packages
}

impl Crate {
    fn load(
        (root, files): (&Path, &Files),
        package: &Package,
        metadata: &Metadata,
        units: Vec<Unit>,
    ) -> Result<Self> {
        let members: BTreeSet<&str> =
            metadata.workspace_packages().iter().map(|member| member.name.as_str()).collect();
        let is_member = |name: &str| members.contains(name);
        let dependencies = package
            .dependencies
            .iter()
            .filter(|dependency| is_member(&dependency.name))
            .map(|dependency| Dependency {
                name: dependency.name.clone(),
                rename: dependency.rename.clone(),
                only_tests: dependency.kind == DependencyKind::Development,
                with_fakes: asks_for_fakes(metadata, &dependency.name, &dependency.features),
            })
            .collect();
        let strays = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_some() && !is_member(&dependency.name))
            .map(|dependency| dependency.name.clone())
            .collect();
        let mut units = units;
        units.sort_by_key(|unit| !unit.is_library);
        let folder = package.manifest_path.as_std_path().parent().unwrap_or(root).to_owned();
        Ok(Self {
            name: package.name.to_string(),
            folder,
            manifest: Manifest::load((root, files), package, metadata)?,
            dependencies,
            strays,
            surroundings: surroundings(package, metadata),
            units,
        })
    }

    pub(crate) fn library(&self) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.is_library)
    }
}

impl Manifest {
    fn load(
        (root, files): (&Path, &Files),
        package: &Package,
        metadata: &Metadata,
    ) -> Result<Self> {
        let path = package.manifest_path.as_std_path();
        let text =
            files.read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let is_library = |kind| loader::LIBRARIES.contains(kind);
        let library = package.targets.iter().find(|target| target.kind.iter().any(is_library));
        let expected = in_code(&package.name);
        let renamed_library =
            library.map(|library| in_code(&library.name)).filter(|name| *name != expected);
        Ok(Self {
            path: loader::relative(root, path),
            text,
            renamed_library,
            fakes_by_default: fakes_by_default(package, metadata),
        })
    }

    /// Where the manifest speaks of a dependency, or its first line.
    pub(crate) fn place_of(&self, dependency: &str) -> Place {
        let quoted = format!("\"{dependency}\"");
        let mut in_dependencies = false;
        for (index, line) in self.text.lines().enumerate() {
            if let Some(section) = line.trim().strip_prefix('[') {
                in_dependencies = section.contains("dependencies");
            }
            let key = line.split(['=', '.']).next().unwrap_or_default().trim();
            let renamed = line.contains("package") && line.contains(&quoted);
            if in_dependencies && (key == dependency || renamed) {
                return Place::new(&self.path, index + 1, 1, line.chars().count());
            }
        }
        Place::new(&self.path, 1, 1, 1)
    }
}

/// Whether one of these features of a member brings its fakes with it.
fn asks_for_fakes(metadata: &Metadata, name: &str, features: &[String]) -> bool {
    let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
    let Some(package) = package else { return false };
    let mut waiting: Vec<&str> = features.iter().map(String::as_str).collect();
    let mut seen = BTreeSet::new();
    while let Some(feature) = waiting.pop() {
        if seen.insert(feature) {
            let more = package.features.get(feature).into_iter().flatten();
            waiting.extend(more.map(String::as_str));
        }
    }
    seen.contains(TESTING)
}

/// The crates whose fakes are there by default, among them its own.
fn fakes_by_default(package: &Package, metadata: &Metadata) -> Vec<String> {
    let mut waiting = vec!["default"];
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    while let Some(feature) = waiting.pop() {
        if feature == TESTING {
            found.push(package.name.to_string());
        } else if let Some((other, asked)) = feature.split_once('/') {
            let other = other.trim_end_matches('?');
            if asks_for_fakes(metadata, other, &[asked.to_owned()]) {
                found.push(other.to_owned());
            }
        } else if seen.insert(feature) {
            let more = package.features.get(feature).into_iter().flatten();
            waiting.extend(more.map(String::as_str));
        }
    }
    found
}

fn in_code(name: &str) -> String {
    name.replace('-', "_")
}

fn surroundings(package: &Package, metadata: &Metadata) -> Surroundings {
    let mut surroundings = Surroundings::default();
    surroundings.own.push(in_code(&package.name));
    for member in metadata.workspace_packages() {
        surroundings.members.insert(in_code(&member.name), member.name.to_string());
    }
    for name in ["std", "core", "alloc", "proc_macro", "test"] {
        surroundings.externals.insert(name.to_owned(), name.to_owned());
    }
    // What another member depends on may be named here by a macro that this one is given.
    let others = metadata.workspace_packages().into_iter().filter(|other| other.id != package.id);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for dependency in others.chain([package]).flat_map(|package| &package.dependencies) {
        let local = in_code(dependency.rename.as_ref().unwrap_or(&dependency.name));
        known.insert(local, dependency.name.clone());
    }
    for (local, name) in known {
        if surroundings.members.values().any(|member| *member == name) {
            surroundings.members.insert(local, name);
        } else {
            surroundings.externals.insert(local, in_code(&name));
        }
    }
    surroundings
}
