//! Loads the workspace: what Cargo knows of it, and the source of every crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, Target, TargetKind};

use super::{
    collector::{self, OutOfLine},
    names::Surroundings,
    report::Place,
    scope::Scope,
    source::{At, ModulePath, Oddity, OddityKind, SourceFile, Unit},
};

/// Everything that is checked.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) crates: Vec<Crate>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(crate) struct Crate {
    /// The name of its package.
    pub(crate) name: String,
    pub(crate) manifest: Manifest,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) surroundings: Surroundings,
    /// The library first.
    pub(crate) units: Vec<Unit>,
}

/// A `Cargo.toml`.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) path: Rc<str>,
    text: String,
}

/// A dependency on another crate of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) rename: Option<String>,
    pub(crate) only_tests: bool,
}

impl Workspace {
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .no_deps()
            .other_options(vec!["--offline".to_owned()])
            .exec()
            .context("cargo metadata does not understand this workspace")?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        let mut packages = metadata.workspace_packages();
        packages.sort_by(|one, other| one.name.cmp(&other.name));
        let crates = packages
            .iter()
            .map(|package| Crate::load(&root, package, &metadata))
            .collect::<Result<_>>()?;
        Ok(Self { root, crates })
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|krate| krate.name == name)
    }
}

impl Crate {
    fn load(root: &Path, package: &Package, metadata: &Metadata) -> Result<Self> {
        let manifest = package.manifest_path.as_std_path();
        let text = fs::read_to_string(manifest)
            .with_context(|| format!("{} cannot be read", manifest.display()))?;
        let manifest = Manifest { path: relative(root, manifest), text };
        let members: BTreeSet<&str> =
            metadata.workspace_packages().iter().map(|member| member.name.as_str()).collect();
        let dependencies: Vec<Dependency> = package
            .dependencies
            .iter()
            .filter(|dependency| members.contains(dependency.name.as_str()))
            .map(|dependency| Dependency {
                name: dependency.name.clone(),
                rename: dependency.rename.clone(),
                only_tests: dependency.kind == DependencyKind::Development,
            })
            .collect();
        let mut units: Vec<Unit> =
            package.targets.iter().map(|target| Loader::new(root, target).load(target)).collect();
        units.sort_by_key(|unit| !unit.is_library);
        let surroundings = surroundings(package, metadata);
        Ok(Self { name: package.name.to_string(), manifest, dependencies, surroundings, units })
    }

    pub(crate) fn library(&self) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.is_library)
    }
}

impl Manifest {
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

fn surroundings(package: &Package, metadata: &Metadata) -> Surroundings {
    let in_code = |name: &str| name.replace('-', "_");
    let mut surroundings = Surroundings::default();
    surroundings.own.push(in_code(&package.name));
    for member in metadata.workspace_packages() {
        surroundings.members.insert(in_code(&member.name), member.name.to_string());
    }
    for name in ["std", "core", "alloc", "proc_macro", "test"] {
        surroundings.externals.insert(name.to_owned(), name.to_owned());
    }
    for dependency in &package.dependencies {
        let local = in_code(dependency.rename.as_ref().unwrap_or(&dependency.name));
        if surroundings.members.values().any(|member| *member == dependency.name) {
            surroundings.members.insert(local, dependency.name.clone());
        } else {
            surroundings.externals.insert(local, in_code(&dependency.name));
        }
    }
    surroundings
}

fn relative(root: &Path, path: &Path) -> Rc<str> {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/").into()
}

/// Reads one compilation unit, from its root file through its modules.
struct Loader<'a> {
    workspace: &'a Path,
    folder: PathBuf,
    seen: BTreeSet<PathBuf>,
    unit: Unit,
}

impl<'a> Loader<'a> {
    fn new(workspace: &'a Path, target: &Target) -> Self {
        let libraries = [TargetKind::Lib, TargetKind::ProcMacro, TargetKind::RLib];
        let is_library = target.kind.iter().any(|kind| libraries.contains(kind));
        let folder = target.src_path.parent().map(|folder| folder.as_std_path().to_owned());
        Self {
            workspace,
            folder: folder.unwrap_or_default(),
            seen: BTreeSet::new(),
            unit: Unit::new(is_library),
        }
    }

    fn load(mut self, target: &Target) -> Unit {
        let tests = [TargetKind::Test, TargetKind::Bench, TargetKind::Example];
        let is_test = target.kind.iter().any(|kind| tests.contains(kind));
        let scope = if is_test { Scope::Test } else { Scope::Product };
        let folder = self.folder.clone();
        self.file(target.src_path.as_std_path(), Vec::new(), scope, &folder);
        if self.unit.is_library {
            self.leftovers();
        }
        self.unit
    }

    /// Reads a file and then the modules whose files it points to, which lie in `children`.
    fn file(&mut self, path: &Path, module: ModulePath, scope: Scope, children: &Path) {
        if !self.seen.insert(path.to_owned()) {
            return;
        }
        let text = fs::read_to_string(path).map_err(|error| error.to_string());
        let file = self.unit.files.len();
        self.unit.files.push(SourceFile {
            path: relative(self.workspace, path),
            below_root: relative(&self.folder, path).to_string(),
            scope,
            text: text.clone().unwrap_or_default(),
        });
        let syntax = text.map_err(|error| (1, 1, error)).and_then(|text| {
            syn::parse_file(&text).map_err(|error| {
                let start = error.span().start();
                (start.line, start.column + 1, error.to_string())
            })
        });
        match syntax {
            Ok(syntax) => {
                for found in collector::collect(&mut self.unit, file, module, scope, &syntax) {
                    self.out_of_line(found, children);
                }
            }
            Err((line, column, error)) => {
                let place = Place::new(&self.unit.files[file].path, line, column, 1);
                let at = At { place, file, module: Rc::new(module), scope };
                self.unit.oddities.push(Oddity { kind: OddityKind::Unreadable(error), at });
            }
        }
    }

    fn out_of_line(&mut self, found: OutOfLine, children: &Path) {
        let OutOfLine { path, inline, at } = found;
        let Some(name) = path.last().cloned() else { return };
        let folder = inline.iter().fold(children.to_owned(), |folder, name| folder.join(name));
        let candidates = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
        if let Some(file) = candidates.iter().find(|file| file.is_file()) {
            self.file(file, path, at.scope, &folder.join(&name));
        } else {
            let kind = OddityKind::Unreadable(format!("there is no file for the module {name}"));
            self.unit.oddities.push(Oddity { kind, at });
        }
    }

    /// Files beside the library that no `mod` reaches: a macro may declare them.
    fn leftovers(&mut self) {
        let mut folders = vec![self.folder.clone()];
        let mut files = BTreeMap::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    // Binaries are units of their own.
                    let is_binaries = path.file_name().is_some_and(|name| name == "bin");
                    folders.extend(Some(path).filter(|_| !is_binaries));
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let below = relative(&self.folder, &path.with_extension("")).to_string();
                    files.insert(path, below);
                }
            }
        }
        files.retain(|path, below| !self.seen.contains(path) && below != "main");
        for (path, below) in files {
            let module = below.split('/').map(str::to_owned).collect();
            self.file(&path, module, Scope::Product, &path.with_extension(""));
        }
    }
}
