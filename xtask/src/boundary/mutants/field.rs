//! The workspace in which mutants are planted, one after another and side by side.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

use super::{Change, Edit, Mutant};
use crate::boundary::{
    Due, Shared, check_crate,
    config::{Boundaries, FILE},
    edges,
    emission::{self, Events, Uses},
    events,
    files::Files,
    golden,
    loader::{Detail, Memory},
    report::{Report, Violation},
    source::Fragment,
    tables,
    workspace::{Crate, Workspace},
};

/// The workspace as it is, and what was read of it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) workspace: Workspace,
    pub(crate) boundaries: Boundaries,
    memory: Memory,
    pub(super) shared: Shared,
    events: Events,
    uses: BTreeMap<String, Uses>,
}

impl Field {
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let memory = Memory::default();
        let workspace = Workspace::read(root, (&memory, Detail::Rules))?;
        let boundaries = Boundaries::load(&workspace.root)?;
        let shared = Shared::of(&workspace, &boundaries);
        let events = emission::published(&workspace, &boundaries);
        let uses = workspace
            .crates
            .iter()
            .map(|krate| (krate.name.clone(), emission::uses(&boundaries, krate, &events)));
        let uses = uses.collect();
        Ok(Self { workspace, boundaries, memory, shared, events, uses })
    }

    /// What the check says of the workspace with a mutant in it.
    pub(super) fn judge(&self, mutant: &Mutant) -> Result<Vec<Violation>> {
        let mut files = Files::default();
        for change in &mutant.changes {
            self.apply(change, &mut files)?;
        }
        let metadata = needs_cargo(&files).then(|| self.metadata(&files)).transpose()?;
        let declared = files.read(&self.workspace.root.join(FILE));
        let declared = declared.with_context(|| format!("{FILE} cannot be read"))?;
        let changed = (declared != self.boundaries.text()).then(|| Boundaries::parse(declared));
        let changed = changed.transpose()?;
        let boundaries = changed.as_ref().unwrap_or(&self.boundaries);
        let workspace = self.workspace.with(files, metadata, &self.memory)?;
        Ok(self.check(&workspace, boundaries, changed.is_some()))
    }

    /// Holds every rule, but nothing that is as it was against what it was held against before.
    fn check(&self, workspace: &Workspace, boundaries: &Boundaries, anew: bool) -> Vec<Violation> {
        let shared = Shared::of(workspace, boundaries);
        // What others define decides on statements and on calls, wherever they are.
        let by_others = Due {
            names: anew,
            calls: anew || shared.composers != self.shared.composers,
            statements: anew || shared.tables != self.shared.tables,
        };
        let mut report = Report::default();
        for krate in &workspace.crates {
            let known = self.workspace.find(&krate.name);
            let is_other = known.is_none_or(|known| !Arc::ptr_eq(known, krate));
            if !is_other && by_others == Due::NOTHING {
                continue;
            }
            // Where names mean what they meant, only files that are different can say something else.
            let is_same = |known: &&Arc<Crate>| {
                known.surroundings == krate.surroundings && known.dependencies == krate.dependencies
            };
            let same: HashSet<*const Fragment> = known
                .filter(is_same)
                .into_iter()
                .flat_map(|known| krate.units.iter().zip(&known.units))
                .filter(|(unit, known)| !is_other || unit.means_the_same(known))
                .flat_map(|(_, known)| known.fragments.iter().map(Arc::as_ptr))
                .collect();
            let due = |fragment: &Arc<Fragment>| {
                if same.contains(&Arc::as_ptr(fragment)) { by_others } else { Due::ALL }
            };
            check_crate((boundaries, &shared), krate, due, &mut report);
        }
        edges::check_crates(workspace, boundaries, &mut report);
        events::check(workspace, boundaries, &mut report);
        self.check_emission(workspace, boundaries, anew, &mut report);
        let is_other = !Arc::ptr_eq(&workspace.migrations, &self.workspace.migrations);
        if by_others.statements || is_other {
            tables::check_migrations(workspace, (boundaries, &shared.tables), &mut report);
        }
        if workspace.files.changed().any(|(path, _)| self.is_golden(path)) {
            events::check_history(workspace, &mut report);
        }
        report.sort();
        report.violations
    }

    fn check_emission(
        &self,
        workspace: &Workspace,
        boundaries: &Boundaries,
        anew: bool,
        report: &mut Report,
    ) {
        let events = emission::published(workspace, boundaries);
        let anew = anew || events != self.events;
        let uses: Vec<Cow<'_, Uses>> = workspace
            .crates
            .iter()
            .map(|krate| {
                let known = self.uses.get(&krate.name).filter(|_| !anew);
                let is_same =
                    self.workspace.find(&krate.name).is_some_and(|one| Arc::ptr_eq(one, krate));
                known.filter(|_| is_same).map_or_else(
                    || Cow::Owned(emission::uses(boundaries, krate, &events)),
                    Cow::Borrowed,
                )
            })
            .collect();
        let uses: Vec<&Uses> = uses.iter().map(Cow::as_ref).collect();
        emission::check(workspace, boundaries, &uses, report);
    }

    fn is_golden(&self, path: &Path) -> bool {
        path.starts_with(self.workspace.root.join(golden::FOLDER))
    }

    fn apply(&self, Change { file, edit }: &Change, files: &mut Files) -> Result<()> {
        let path = self.workspace.root.join(file);
        let text = || files.read(&path).with_context(|| format!("{file} cannot be read"));
        let text = match edit {
            Edit::Append(more) => Some(format!("{}\n{more}\n", text()?)),
            Edit::Write(text) => Some(text.clone()),
            Edit::Replace(from, to) => {
                let text = text()?;
                ensure!(text.contains(from.as_str()), "{file} does not say {from}");
                Some(text.replacen(from.as_str(), to, 1))
            }
            Edit::Remove => None,
        };
        files.change(path, text);
        Ok(())
    }

    /// What Cargo would know: asked of a folder with all manifests and an empty file for each target.
    fn metadata(&self, files: &Files) -> Result<Metadata> {
        let root = &self.workspace.root;
        let folder = tempfile::tempdir().context("there is no place for a copy")?;
        let copy = folder.path().canonicalize().context("there is no place for a copy")?;
        let packages = self.workspace.metadata.packages.iter();
        let sources = packages.clone().flat_map(|package| &package.targets);
        let sources = sources.map(|target| (target.src_path.as_std_path(), String::new()));
        let manifests = packages.map(|package| package.manifest_path.as_std_path());
        let top = root.join("Cargo.toml");
        let manifests = manifests.chain([top.as_path()]);
        let manifests = manifests.map(|path| (path, fs::read_to_string(path).unwrap_or_default()));
        let changed = files.changed();
        let changed = changed.map(|(path, text)| (path, text.unwrap_or_default().to_owned()));
        for (path, text) in sources.chain(manifests).chain(changed) {
            let Ok(below) = path.strip_prefix(root) else { continue };
            let path = copy.join(below);
            let parent = path.parent().unwrap_or(&copy);
            let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
            written.with_context(|| format!("{} cannot be written", path.display()))?;
        }
        for (path, _) in files.changed().filter(|(_, text)| text.is_none()) {
            let Ok(below) = path.strip_prefix(root) else { continue };
            fs::remove_file(copy.join(below)).context("a file of the copy cannot be removed")?;
        }
        let mut command = MetadataCommand::new();
        command.current_dir(&copy).no_deps().other_options(vec!["--offline".to_owned()]);
        let output = command.cargo_command().output().context("cargo does not start")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo does not understand the manifests: {complaint}");
        let text = String::from_utf8(output.stdout).context("cargo does not write text")?;
        let text = text.replace(&*copy.to_string_lossy(), &root.to_string_lossy());
        MetadataCommand::parse(text).context("cargo says something else than its metadata")
    }
}

/// Whether Cargo would know something else: a manifest is different, or there may be another target.
fn needs_cargo(files: &Files) -> bool {
    files.changed().any(|(path, text)| {
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        path.ends_with("Cargo.toml") || (is_source && text.is_some() != path.is_file())
    })
}
