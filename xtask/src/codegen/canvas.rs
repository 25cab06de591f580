//! What a context offers, takes and keeps.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::Arc,
};

use crate::boundary::{
    config::{CrateRules, Kind},
    declared::DeclaredType,
};

use super::{
    commands::{self, Commands, WayIn},
    handlers::Handler,
    landscape::Event,
    reader::{Part, Reader},
    tables,
};

/// One crate as its users see it.
#[derive(Debug)]
pub(crate) struct Canvas {
    pub(crate) krate: String,
    pub(crate) kind: Kind,
    /// Where the crate is.
    pub(crate) folder: String,
    /// What its README begins with.
    pub(crate) purpose: String,
    pub(crate) commands: Vec<Command>,
    pub(crate) queries: Vec<Query>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) tables: BTreeSet<String>,
    /// What it uses of other crates, by groups.
    pub(crate) uses: BTreeMap<String, Vec<String>>,
}

/// What can be wished for.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) ident: String,
    pub(crate) docs: String,
    pub(crate) file: Arc<str>,
    /// The methods that take it.
    pub(crate) through: BTreeSet<String>,
    /// The types of the events that it may lead to.
    pub(crate) emits: BTreeSet<String>,
}

/// What can be asked.
#[derive(Debug)]
pub(crate) struct Query {
    /// Type and method.
    pub(crate) name: String,
    /// The export group of the type.
    pub(crate) group: String,
    pub(crate) docs: String,
    pub(crate) file: Arc<str>,
}

/// What is done later.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) ident: String,
    pub(crate) queue: String,
    pub(crate) docs: String,
    pub(crate) file: Arc<str>,
}

/// The canvases of all contexts, and of other crates that own events, handlers or tables.
pub(crate) fn of(
    reader: &Reader<'_>,
    events: &BTreeMap<String, Event>,
    handlers: &[Handler],
) -> anyhow::Result<Vec<Canvas>> {
    let mut canvases = Vec::new();
    for krate in &reader.workspace.crates {
        let Some(rules) = reader.boundaries.rules(&krate.name) else { continue };
        let has_events = events.values().any(|event| event.krate == krate.name);
        let has_handlers = handlers.iter().any(|handler| handler.krate == krate.name);
        let folder = rules.migrations.as_deref().unwrap_or(&krate.name);
        let tables = tables::of(&reader.workspace.root.join("migrations").join(folder))?;
        let is_shown =
            rules.kind == Kind::Context || has_events || has_handlers || !tables.is_empty();
        if !rules.kind.is_product() || !is_shown {
            continue;
        }
        let folder = krate.manifest.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut canvas = Canvas {
            krate: krate.name.clone(),
            kind: rules.kind,
            folder: folder.to_owned(),
            purpose: purpose(&reader.workspace.root.join(folder)),
            commands: Vec::new(),
            queries: Vec::new(),
            jobs: Vec::new(),
            tables,
            uses: uses(rules),
        };
        if let (Some(unit), Kind::Context | Kind::Support) = (krate.library(), rules.kind) {
            let part = Part { krate, unit, kind: rules.kind };
            Offer::of(part, rules).onto(&mut canvas, events);
        }
        canvases.push(canvas);
    }
    canvases.sort_by(|one, other| one.krate.cmp(&other.krate));
    Ok(canvases)
}

/// The first paragraph of the README below its title.
fn purpose(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    let lines = text.lines().skip_while(|line| line.starts_with('#') || line.trim().is_empty());
    lines.take_while(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

fn uses(rules: &CrateRules) -> BTreeMap<String, Vec<String>> {
    let uses = rules.uses.iter();
    uses.map(|(to, groups)| (to.get_ref().clone(), groups.clone())).collect()
}

/// What a library exports, and what can be done with it.
struct Offer<'a> {
    part: Part<'a>,
    rules: &'a CrateRules,
    /// Exported types by their full paths, with the names that they are exported by.
    types: BTreeMap<Vec<String>, (String, &'a DeclaredType)>,
    ways_in: Vec<WayIn<'a>>,
    commands: Commands,
}

impl<'a> Offer<'a> {
    fn of(part: Part<'a>, rules: &'a CrateRules) -> Self {
        let exports = part.unit.exports().filter(|export| !export.at.scope.is_test_code());
        let types = exports.filter_map(|export| {
            let path = part.path_of(&[], &export.origin)?;
            let declared = part.declared_type(&path)?;
            Some((path, (export.name.clone(), declared)))
        });
        let (ways_in, commands) = (commands::ways_in(part), Commands::of(part));
        Self { part, rules, types: types.collect(), ways_in, commands }
    }

    /// Puts everything on a canvas.
    fn onto(&self, canvas: &mut Canvas, events: &BTreeMap<String, Event>) {
        let commands = self.commands.all();
        canvas.commands = commands.filter_map(|path| self.command(path, events)).collect();
        canvas.queries = self.ways_in.iter().filter_map(|way| self.query(way)).collect();
        let jobs = self.commands.jobs.iter();
        canvas.jobs = jobs.filter_map(|(path, queue)| self.job(path, queue)).collect();
        canvas.commands.sort_by(|one, other| one.ident.cmp(&other.ident));
        canvas.queries.sort_by(|one, other| one.name.cmp(&other.name));
        canvas.jobs.sort_by(|one, other| one.ident.cmp(&other.ident));
    }

    /// Type and method, as others call it.
    fn name_of(&self, way: &WayIn<'_>) -> Option<String> {
        let (export, _) = self.types.get(&way.of)?;
        Some(format!("{export}::{}", way.function.name))
    }

    fn command(&self, path: &Vec<String>, events: &BTreeMap<String, Event>) -> Option<Command> {
        let (export, declared) = self.types.get(path)?;
        let taking = self.ways_in.iter().filter(|way| way.takes.contains(path));
        let is_by_it = |event: &&Event| {
            let mut emitters = event.emitters.iter();
            emitters.any(|by| by.krate == self.part.krate.name && by.path == *path)
        };
        let emitted = events.values().filter(is_by_it);
        Some(Command {
            ident: export.clone(),
            docs: declared.docs.clone(),
            file: Arc::clone(&declared.at.place.file),
            through: taking.filter_map(|way| self.name_of(way)).collect(),
            emits: emitted.map(|event| event.name.clone()).collect(),
        })
    }

    /// What is asked, unless a command is brought.
    fn query(&self, way: &WayIn<'_>) -> Option<Query> {
        if way.takes.iter().any(|path| self.commands.contains(path)) {
            return None;
        }
        let (export, _) = self.types.get(&way.of)?;
        Some(Query {
            group: self.rules.group_of_export(export).unwrap_or_default().to_owned(),
            name: self.name_of(way)?,
            docs: way.function.docs.clone(),
            file: Arc::clone(&way.function.at.place.file),
        })
    }

    fn job(&self, path: &[String], queue: &str) -> Option<Job> {
        let declared = self.part.declared_type(path)?;
        Some(Job {
            ident: declared.name.clone(),
            queue: queue.to_owned(),
            docs: declared.docs.clone(),
            file: Arc::clone(&declared.at.place.file),
        })
    }
}
