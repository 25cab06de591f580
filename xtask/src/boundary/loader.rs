//! Reads the source of compilation units, each from its root file through its modules.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use cargo_metadata::{Target, TargetKind};

use super::{
    collector,
    files::Files,
    report::Place,
    scope::Scope,
    side_by_side,
    source::{At, Fragment, ModulePath, Oddity, OddityKind, OutOfLine, SourceFile, Unit},
};

/// What Cargo calls a library.
pub(crate) const LIBRARIES: [TargetKind; 3] =
    [TargetKind::Lib, TargetKind::ProcMacro, TargetKind::RLib];

/// What is to be noted of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What the rules want to know.
    Rules,
    /// That, and what the product declares, with what its functions do.
    Documentation,
}

/// What was read of files before, to be used again for all that are not said to be different.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    fragments: Mutex<HashMap<Key, Arc<Fragment>>>,
}

/// What a fragment depends on besides the text of its file.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    path: PathBuf,
    module: ModulePath,
    scope: Scope,
    is_library: bool,
}

impl Memory {
    fn recall(&self, key: &Key) -> Option<Arc<Fragment>> {
        let known = self.fragments.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).map(Arc::clone)
    }

    fn keep(&self, key: Key, fragment: &Arc<Fragment>) {
        let mut known = self.fragments.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, Arc::clone(fragment));
    }
}

/// Notes what a file says, or why it cannot be read.
fn read(file: SourceFile, module: ModulePath, is_library: bool, detail: Detail) -> Fragment {
    let file = Arc::new(file);
    let fragment = match syn::parse_file(&file.text) {
        Ok(syntax) => collector::collect(file, module, (is_library, detail), &syntax),
        Err(error) => {
            let start = error.span().start();
            let place = Place::new(&file.path, start.line, start.column + 1, 1);
            unreadable(file, module, place, error.to_string())
        }
    };
    // Nothing points into the source any more, so that the places of the next file are found sooner.
    proc_macro2::extra::invalidate_current_thread_spans();
    fragment
}

fn unreadable(file: Arc<SourceFile>, module: ModulePath, place: Place, error: String) -> Fragment {
    let scope = file.scope;
    let at = At { place, file: Arc::clone(&file), module: Arc::new(module), scope };
    let mut fragment = Fragment::new(file);
    fragment.oddities.push(Oddity { kind: OddityKind::Unreadable(error), at });
    fragment
}

/// Reads units side by side; they come back in the order of their targets.
pub(crate) fn load(
    (workspace, files): (&Path, &Files),
    targets: &[&Target],
    (memory, detail): (&Memory, Detail),
) -> Vec<Unit> {
    let loader = |target| Loader::new((workspace, files), target, (memory, detail));
    side_by_side::map(targets, |target| loader(target).load(target))
}

/// Reads units one after another, most of which are remembered.
pub(crate) fn load_again(
    (workspace, files): (&Path, &Files),
    targets: &[Target],
    memory: &Memory,
) -> Vec<Unit> {
    let known = (memory, Detail::Rules);
    let load = |target| Loader::new((workspace, files), target, known).load(target);
    targets.iter().map(load).collect()
}

/// The path below the root of the workspace.
pub(crate) fn relative(root: &Path, path: &Path) -> Arc<str> {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/").into()
}

/// Reads one compilation unit.
struct Loader<'a> {
    workspace: &'a Path,
    files: &'a Files,
    folder: PathBuf,
    memory: &'a Memory,
    detail: Detail,
    is_library: bool,
    seen: BTreeSet<PathBuf>,
    fragments: Vec<Arc<Fragment>>,
    oddities: Vec<Oddity>,
}

impl<'a> Loader<'a> {
    fn new(
        (workspace, files): (&'a Path, &'a Files),
        target: &Target,
        (memory, detail): (&'a Memory, Detail),
    ) -> Self {
        let folder = target.src_path.parent().map(|folder| folder.as_std_path().to_owned());
        Self {
            workspace,
            files,
            folder: folder.unwrap_or_default(),
            memory,
            detail,
            is_library: target.kind.iter().any(|kind| LIBRARIES.contains(kind)),
            seen: BTreeSet::new(),
            fragments: Vec::new(),
            oddities: Vec::new(),
        }
    }

    fn load(mut self, target: &Target) -> Unit {
        let tests = [TargetKind::Test, TargetKind::Bench, TargetKind::Example];
        let is_test = target.kind.iter().any(|kind| tests.contains(kind));
        let scope = if is_test { Scope::Test } else { Scope::Product };
        let folder = self.folder.clone();
        self.file(target.src_path.as_std_path(), Vec::new(), scope, &folder);
        if self.is_library {
            self.leftovers();
        }
        Unit::new(self.is_library, self.fragments, self.oddities)
    }

    /// Reads a file and then the modules whose files it points to, which lie in `children`.
    fn file(&mut self, path: &Path, module: ModulePath, scope: Scope, children: &Path) {
        if !self.seen.insert(path.to_owned()) {
            return;
        }
        let is_library = self.is_library;
        let key = Key { path: path.to_owned(), module, scope, is_library };
        let is_changed = self.files.is_changed(path);
        let known = if is_changed { None } else { self.memory.recall(&key) };
        let fragment = known.unwrap_or_else(|| {
            let fragment = Arc::new(self.read(&key));
            if !is_changed {
                self.memory.keep(key, &fragment);
            }
            fragment
        });
        self.fragments.push(Arc::clone(&fragment));
        for found in widest(&fragment.out_of_line) {
            self.out_of_line(found, children);
        }
    }

    fn read(&self, key: &Key) -> Fragment {
        let Key { path, module, scope, is_library } = key;
        let text = self.files.read(path);
        let file = SourceFile {
            path: relative(self.workspace, path),
            below_root: relative(&self.folder, path).to_string(),
            scope: *scope,
            text: text.as_ref().map_or_else(|_| String::new(), String::clone),
        };
        match text {
            Ok(_) => read(file, module.clone(), *is_library, self.detail),
            Err(error) => {
                let place = Place::new(&file.path, 1, 1, 1);
                unreadable(Arc::new(file), module.clone(), place, error.to_string())
            }
        }
    }

    fn out_of_line(&mut self, found: OutOfLine, children: &Path) {
        let OutOfLine { path, inline, at } = found;
        let Some(name) = path.last().cloned() else { return };
        let folder = inline.iter().fold(children.to_owned(), |folder, name| folder.join(name));
        let candidates = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
        if let Some(file) = candidates.iter().find(|file| self.files.is_file(file)) {
            self.file(file, path, at.scope, &folder.join(&name));
        } else {
            let kind = OddityKind::Unreadable(format!("there is no file for the module {name}"));
            self.oddities.push(Oddity { kind, at });
        }
    }

    /// Files beside the library that no `mod` reaches: a macro may declare them.
    fn leftovers(&mut self) {
        let mut folders = vec![self.folder.clone()];
        let mut files = BTreeMap::new();
        while let Some(folder) = folders.pop() {
            for path in self.files.entries(&folder) {
                if self.files.is_folder(&path) {
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

/// Each module once, in the most builds for which it is declared: `#[cfg(test)] mod x; #[cfg(not(test))] mod x;` is one.
fn widest(declared: &[OutOfLine]) -> Vec<OutOfLine> {
    let mut found: Vec<OutOfLine> = Vec::new();
    for module in declared {
        match found.iter_mut().find(|known| known.path == module.path) {
            Some(known) if known.at.scope <= module.at.scope => {}
            Some(known) => *known = module.clone(),
            None => found.push(module.clone()),
        }
    }
    found
}
