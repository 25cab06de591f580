//! Which exported types are commands.

use std::collections::{BTreeMap, BTreeSet};

use crate::boundary::declared::{Function, TakesSelf};

use super::reader::Part;

/// What the function of a use case is called. It changes something: one of its parameters is `&mut`.
const USE_CASE: &str = "execute";
/// Jobs, and the constant that says in which queue they wait.
const JOB: (&str, &str) = ("Job", "QUEUE");

/// The commands and the jobs of a library, by their full paths.
#[derive(Debug, Default)]
pub(crate) struct Commands {
    known: BTreeSet<Vec<String>>,
    /// What is executed in the place of a command, and that.
    stand_ins: BTreeMap<Vec<String>, Vec<String>>,
    /// With their queues.
    pub(crate) jobs: BTreeMap<Vec<String>, String>,
}

/// A function that other crates can call, and the type that it belongs to.
#[derive(Debug, Clone)]
pub(crate) struct WayIn<'a> {
    pub(crate) of: Vec<String>,
    pub(crate) function: &'a Function,
    /// The types that it takes, by their full paths.
    pub(crate) takes: BTreeSet<Vec<String>>,
}

impl Commands {
    /// A command is executed itself, or something of its own module in its place: what it has become once it was prepared.
    pub(crate) fn of(part: Part<'_>) -> Self {
        let exported = exported(part);
        let jobs = jobs(part);
        let executed: BTreeSet<Vec<String>> = functions(part)
            .filter(|(_, function)| is_use_case(function))
            .map(|(path, _)| path)
            .filter(|path| !jobs.contains_key(path))
            .collect();
        let is_direct = |path: &Vec<String>| executed.contains(path) && exported.contains(path);
        let mut known: BTreeSet<_> =
            executed.iter().filter(|path| is_direct(path)).cloned().collect();
        let mut stand_ins = BTreeMap::new();
        let taken = ways_in(part).into_iter().flat_map(|way| way.takes);
        for path in taken.filter(|path| exported.contains(path) && !is_direct(path)) {
            let is_beside = |other: &&Vec<String>| {
                !exported.contains(*other)
                    && other.split_last().map(|(_, at)| at) == path.split_last().map(|(_, at)| at)
            };
            for other in executed.iter().filter(is_beside) {
                known.insert(path.clone());
                stand_ins.insert(other.clone(), path.clone());
            }
        }
        Self { known, stand_ins, jobs }
    }

    pub(crate) fn contains(&self, path: &[String]) -> bool {
        self.known.contains(path)
    }

    /// Every command.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Vec<String>> {
        self.known.iter()
    }

    /// The command that is executed where the use case of this type is.
    pub(crate) fn behind<'s>(&'s self, path: &'s Vec<String>) -> Option<&'s Vec<String>> {
        self.stand_ins.get(path).or_else(|| self.known.get(path))
    }
}

/// Whether a function does what a command says.
pub(crate) fn is_use_case(function: &Function) -> bool {
    function.name == USE_CASE && function.trait_name().is_none() && function.changes_something
}

/// The types that other crates can name, by their full paths.
pub(crate) fn exported(part: Part<'_>) -> BTreeSet<Vec<String>> {
    let exports = part.unit.exports().filter(|export| !export.at.scope.is_test_code());
    exports.filter_map(|export| part.path_of(&[], &export.origin)).collect()
}

/// The questions and wishes that other crates can bring: public, asynchronous, on something shared.
pub(crate) fn ways_in(part: Part<'_>) -> Vec<WayIn<'_>> {
    let exported = exported(part);
    let public = functions(part).filter(|(path, function)| {
        let is_open =
            function.is_public && function.is_async && function.takes_self == TakesSelf::Shared;
        is_open && function.trait_name().is_none() && exported.contains(path)
    });
    let ways = public.map(|(of, function)| {
        let takes = function.takes.iter().flatten();
        let takes = takes.filter_map(|name| part.path_of(&function.at.module, name)).collect();
        WayIn { of, function, takes }
    });
    ways.collect()
}

/// Functions of types, with the full paths of those.
fn functions(part: Part<'_>) -> impl Iterator<Item = (Vec<String>, &Function)> {
    part.unit.functions().filter_map(move |function| {
        let path = part.path_of_owner(&function.at.module, function.owner.as_ref()?)?;
        Some((path, function))
    })
}

fn jobs(part: Part<'_>) -> BTreeMap<Vec<String>, String> {
    let queues = part.unit.constants().filter_map(|constant| {
        let owner = constant.owner.as_ref()?;
        let is_queue = owner.of_trait.as_deref() == Some(JOB.0) && constant.name == JOB.1;
        let module = &constant.at.module;
        let path = part.path_of_owner(module, owner).filter(|_| is_queue)?;
        Some((path, part.text((module, Some(owner)), &constant.value.read()?)?))
    });
    queues.collect()
}
