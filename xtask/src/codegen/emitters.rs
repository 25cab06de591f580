//! Which use case emits which event: whoever makes it, or calls who does.
//!
//! A decision of the domain makes an event, and a use case calls the decision; both are found in what functions make and call.
//! A method is found by its name and the number of its arguments, and by what it is called of: the type where that is written
//! down, or else the name of the variable, or else the types that the module names. Where that does not say which method it is,
//! none is; the decision itself then stands for who emits. A decision that may record several events counts for each of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::boundary::{
    bodies::{Call, Receiver},
    config::Kind,
    declared::{Function, TakesSelf},
    events,
    source::{ModulePath, Name},
};

use super::{
    commands::{self, Commands},
    reader::{Part, Reader},
};

/// The layer that decides and does nothing by itself.
const DECIDES: &str = "domain";

/// Who emits an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Emitter {
    /// The command, the handler, or else the function.
    pub(crate) name: String,
    pub(crate) krate: String,
    pub(crate) file: Arc<str>,
    /// The full path of the command or the handler.
    pub(crate) path: Vec<String>,
}

/// Who emits each event.
pub(crate) fn of(reader: &Reader<'_>) -> BTreeMap<String, Vec<Emitter>> {
    let mut emitters: BTreeMap<String, BTreeSet<Emitter>> = BTreeMap::new();
    for part in reader.parts() {
        let calls = Calls::of(reader, part);
        for (index, function) in calls.functions.iter().enumerate() {
            for made in &function.body.makes {
                if let Some(event_type) = reader.event_at(part, &function.at.module, made) {
                    let found = emitters.entry(event_type.to_owned()).or_default();
                    found.extend(
                        calls.that_lead_to(index).into_iter().flat_map(|of| calls.emitters(of)),
                    );
                }
            }
        }
    }
    emitters.into_iter().map(|(event, found)| (event, found.into_iter().collect())).collect()
}

/// Which function of a unit calls which.
struct Calls<'a> {
    part: Part<'a>,
    functions: Vec<&'a Function>,
    /// The full path of the type that each function belongs to.
    owners: Vec<Option<Vec<String>>>,
    by_name: BTreeMap<&'a str, Vec<usize>>,
    /// The types that a module knows by name.
    scopes: BTreeMap<&'a ModulePath, BTreeSet<Vec<String>>>,
    callers: Vec<BTreeSet<usize>>,
    is_end: Vec<bool>,
    commands: Commands,
}

impl<'a> Calls<'a> {
    fn of(reader: &Reader<'_>, part: Part<'a>) -> Self {
        let functions: Vec<&Function> = part.unit.functions().collect();
        let owner =
            |function: &Function| part.path_of_owner(&function.at.module, function.owner.as_ref()?);
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, function) in functions.iter().enumerate() {
            by_name.entry(&function.name).or_default().push(index);
        }
        let exported = commands::exported(part);
        let owners: Vec<_> = functions.iter().copied().map(owner).collect();
        let is_exported = |owner: &Option<Vec<String>>| {
            owner.as_ref().is_some_and(|path| exported.contains(path))
        };
        let ends = functions.iter().zip(&owners);
        let ends = ends.map(|(function, owner)| is_end(reader, part, function, is_exported(owner)));
        let is_end = ends.collect();
        let (scopes, commands) = (scopes(part), Commands::of(part));
        let callers = vec![BTreeSet::new(); functions.len()];
        let mut calls =
            Self { part, functions, owners, by_name, scopes, callers, is_end, commands };
        for (caller, function) in calls.functions.clone().into_iter().enumerate() {
            for call in &function.body.calls {
                for called in calls.meant(caller, call) {
                    calls.callers[called].insert(caller);
                }
            }
        }
        calls
    }

    /// The functions that a call may mean.
    fn meant(&self, caller: usize, call: &Call) -> Vec<usize> {
        match call {
            Call::Path(name) => self.at_path(caller, name).into_iter().collect(),
            Call::Method { name, arguments, receiver } => {
                let is_such = |index: &usize| {
                    let function = &self.functions[*index];
                    function.takes_self != TakesSelf::No
                        && function.takes.len() == *arguments
                        && function.trait_name().is_none()
                };
                let named = self.by_name.get(name.as_str()).into_iter().flatten().copied();
                let such: Vec<usize> = named.filter(is_such).collect();
                self.narrowed(caller, &such, receiver)
            }
        }
    }

    /// Those of some methods of one name that a caller can mean: of the type of the receiver, where that is written; of its own
    /// type; of the type that the receiver is called after; or of those that its module names.
    fn narrowed(&self, caller: usize, methods: &[usize], receiver: &Receiver) -> Vec<usize> {
        let those = |is: &dyn Fn(&usize) -> bool| -> Vec<usize> {
            methods.iter().copied().filter(is).collect()
        };
        let module = &*self.functions[caller].at.module;
        let name = match receiver {
            Receiver::Of(name) if name.segments != ["Self"] => {
                let of = self.part.path_of(module, name);
                let found = those(&|index| of.is_some() && self.owners[*index] == of);
                return self.of_named_types(module, found);
            }
            Receiver::Of(_) => "self",
            Receiver::Named(name) => name,
            Receiver::Unknown => "",
        };
        let is_called_after = |index: &usize| {
            let owner = self.owners[*index].as_ref().and_then(|owner| owner.last());
            owner.is_some_and(|owner| events::snake_case(owner) == name)
        };
        let found = match name {
            "self" => those(&|index| self.owners[*index] == self.owners[caller]),
            _ => those(&is_called_after),
        };
        // Too many types are executed for a guess.
        let is_use_case = |index: &usize| commands::is_use_case(self.functions[*index]);
        if !found.is_empty() || methods.iter().any(is_use_case) {
            return found;
        }
        self.in_scope(module, methods)
    }

    /// Those of some methods whose types a module names.
    fn in_scope(&self, module: &ModulePath, methods: &[usize]) -> Vec<usize> {
        let is_named = |index: &usize| {
            let owner = self.owners[*index].as_ref();
            owner.is_some_and(|owner| self.names(module, owner))
        };
        let found = methods.iter().copied().filter(is_named).collect();
        self.of_named_types(module, found)
    }

    /// Those of some methods of generic types where a module also names what stands in the angle brackets; all if there are none.
    fn of_named_types(&self, module: &ModulePath, methods: Vec<usize>) -> Vec<usize> {
        let is_such = |index: &usize| {
            let function = &self.functions[*index];
            let mut of_types = function.owner.iter().flat_map(|owner| &owner.of_types);
            of_types.all(|name| {
                let path = self.part.path_of(&function.at.module, name);
                path.is_none_or(|path| self.names(module, &path))
            })
        };
        let precise: Vec<usize> = methods.iter().copied().filter(is_such).collect();
        if precise.is_empty() { methods } else { precise }
    }

    /// Whether a module declares or imports a type.
    fn names(&self, module: &ModulePath, path: &[String]) -> bool {
        self.scopes.get(module).is_some_and(|scope| scope.contains(path))
    }

    /// The function at a path.
    fn at_path(&self, caller: usize, name: &Name) -> Option<usize> {
        let (last, before) = name.segments.split_last()?;
        let named = self.by_name.get(last.as_str())?;
        let module = &*self.functions[caller].at.module;
        let path = match before {
            [] => [module.as_slice(), std::slice::from_ref(last)].concat(),
            [of] if of == "Self" => {
                let owner = self.owners[caller].as_ref()?;
                [owner.as_slice(), std::slice::from_ref(last)].concat()
            }
            _ => self.part.path_of(module, name)?,
        };
        self.among(named, &path).or_else(|| self.among(named, &self.part.path_of(module, name)?))
    }

    /// The one of some functions that is at this path.
    fn among(&self, functions: &[usize], path: &[String]) -> Option<usize> {
        let (_, within) = path.split_last()?;
        functions.iter().copied().find(|index| match &self.owners[*index] {
            Some(owner) => owner == within,
            None => {
                self.functions[*index].owner.is_none()
                    && *self.functions[*index].at.module == within
            }
        })
    }

    /// The functions on the ways up from one that stand for a wish or a reaction, the first of each way, and also those that
    /// execute a command of somebody else; the last function where there is none.
    fn that_lead_to(&self, index: usize) -> BTreeSet<usize> {
        let (mut found, mut seen, mut open) =
            (BTreeSet::new(), BTreeSet::from([index]), vec![index]);
        while let Some(next) = open.pop() {
            let (function, callers) = (&self.functions[next], &self.callers[next]);
            if self.is_end[next] || callers.is_empty() {
                found.insert(next);
            }
            if !self.is_end[next] || commands::is_use_case(function) {
                open.extend(callers.iter().copied().filter(|caller| seen.insert(*caller)));
            }
        }
        found
    }

    /// Whom an end of a way stands for: a command that is executed or taken, the type that reacts, or the function itself.
    fn emitters(&self, index: usize) -> Vec<Emitter> {
        let function = &self.functions[index];
        let path = self.owners[index].clone().unwrap_or_default();
        if commands::is_use_case(function)
            && let Some(command) = self.commands.behind(&path)
        {
            return self.command(command).into_iter().collect();
        }
        let taken = function.takes.iter().flatten();
        let taken = taken.filter_map(|name| self.part.path_of(&function.at.module, name));
        let taken: Vec<Vec<String>> = taken.filter(|path| self.commands.contains(path)).collect();
        if function.trait_name().is_none() && !taken.is_empty() {
            return taken.iter().filter_map(|path| self.command(path)).collect();
        }
        let speaks_for_type = commands::is_use_case(function) || function.trait_name().is_some();
        let name = match path.last() {
            Some(owner) if speaks_for_type => owner.clone(),
            Some(owner) => format!("{owner}::{}", function.name),
            None => function.name.clone(),
        };
        let file = Arc::clone(&function.at.place.file);
        vec![Emitter { name, krate: self.part.krate.name.clone(), file, path }]
    }

    fn command(&self, path: &[String]) -> Option<Emitter> {
        let declared = self.part.declared_type(path)?;
        let (name, file) = (declared.name.clone(), Arc::clone(&declared.at.place.file));
        Some(Emitter { name, krate: self.part.krate.name.clone(), file, path: path.to_vec() })
    }
}

/// Whether nobody asks who calls a function: it executes a command, reacts to something, or is a way in. Outside of contexts
/// that is every function.
fn is_end(reader: &Reader<'_>, part: Part<'_>, function: &Function, is_exported: bool) -> bool {
    let layer =
        reader.boundaries.layer_of(&function.at.file.below_root).map(|layer| layer.name.as_str());
    let is_way_in = is_exported && (function.is_public || commands::is_use_case(function));
    part.kind != Kind::Context
        || (layer != Some(DECIDES) && (function.trait_name().is_some() || is_way_in))
}

/// The types that each module declares or imports.
fn scopes(part: Part<'_>) -> BTreeMap<&ModulePath, BTreeSet<Vec<String>>> {
    let of_module = |path: &ModulePath| {
        let module = &part.unit.modules[path];
        let imported =
            module.imports.values().flatten().filter_map(|name| part.path_of(path, name));
        let declared = module
            .declared
            .iter()
            .map(|name| path.iter().chain(std::iter::once(name)).cloned().collect::<Vec<String>>());
        imported.chain(declared).collect()
    };
    part.unit.modules.keys().map(|path| (path, of_module(path))).collect()
}
