//! Resolves a path as it is written to what it means.

use std::collections::BTreeMap;

use super::source::{Form, Mention, Name, Unit};

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Something in the same compilation unit, from its root.
    Own(Vec<String>),
    /// Something in another crate of the workspace; the crate by its package name.
    Member { krate: String, item: Vec<String> },
    /// Something in a crate from elsewhere, by its real name in code.
    External { krate: String, item: Vec<String> },
    /// A variable, a generic parameter, something of the prelude.
    Unknown,
}

/// What a path means, and how much of that an import says already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) target: Target,
    /// Where the path goes through an import: how many segments that has below the crate.
    imported: Option<usize>,
}

impl Resolved {
    /// `false` where an import names the item already, so that it is judged there.
    pub(crate) fn direct(&self) -> bool {
        self.imported.is_none_or(|below_crate| below_crate == 0)
    }

    /// The full path in a crate from elsewhere, and the part of it that an import has named.
    pub(crate) fn foreign_path(&self) -> Option<(String, Option<String>)> {
        let (Target::External { krate, item } | Target::Member { krate, item }) = &self.target
        else {
            return None;
        };
        let join = |item: &[String]| {
            let segments = std::iter::once(krate.replace('-', "_")).chain(item.iter().cloned());
            segments.collect::<Vec<_>>().join("::")
        };
        let imported = self.imported.map(|below_crate| join(&item[..below_crate.min(item.len())]));
        Some((join(item), imported))
    }
}

impl Target {
    fn depth(&self) -> usize {
        match self {
            Self::Own(path) => path.len(),
            Self::Member { item, .. } | Self::External { item, .. } => item.len(),
            Self::Unknown => 0,
        }
    }
}

/// The crates that a unit can name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Surroundings {
    /// Names in code of its own library.
    pub(crate) own: Vec<String>,
    /// Name in code to package, for crates of the workspace.
    pub(crate) members: BTreeMap<String, String>,
    /// Name in code to real name in code, for all others.
    pub(crate) externals: BTreeMap<String, String>,
}

/// Resolves the paths of one unit.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    unit: &'a Unit,
    surroundings: &'a Surroundings,
}

/// Imports that are being followed, so that none is followed twice.
type Trail<'a> = Vec<(&'a [String], &'a str)>;

/// What was found, and below an import how deep that one reaches.
type Found = (Target, Option<usize>);

impl<'a> Resolver<'a> {
    pub(crate) fn new(unit: &'a Unit, surroundings: &'a Surroundings) -> Self {
        Self { unit, surroundings }
    }

    /// Everything that the path may mean: several things where its first segment is imported more than once.
    pub(crate) fn resolve(&self, mention: &'a Mention) -> Vec<Resolved> {
        let Mention { name, form, at } = mention;
        // An import does not go through itself: `use async_trait::async_trait` names the crate.
        let brought = match form {
            Form::Use { rename: Some(rename), .. } => Some(rename),
            Form::Use { rename: None, .. } => name.segments.last(),
            Form::Path
            | Form::ExternCrate { .. }
            | Form::Completed
            | Form::Elsewhere
            | Form::Alias => None,
        };
        let mut trail: Trail<'a> =
            brought.map(|local| (at.module.as_slice(), local.as_str())).into_iter().collect();
        let mut resolved: Vec<Resolved> = Vec::new();
        for (target, imported) in self.relative(&at.module, name, &mut trail) {
            let found = Resolved { target, imported };
            if !resolved.contains(&found) {
                resolved.push(found);
            }
        }
        resolved
    }

    /// What a path means that is written in this module; one of several things, where it may mean those.
    pub(crate) fn meaning(&self, module: &[String], name: &Name) -> Target {
        let found = self.relative(module, name, &mut Trail::new()).into_iter().next();
        found.map_or(Target::Unknown, |(target, _)| target)
    }

    fn relative(&self, module: &[String], name: &Name, trail: &mut Trail<'a>) -> Vec<Found> {
        let Some((first, rest)) = name.segments.split_first() else {
            return vec![(Target::Unknown, None)];
        };
        if name.global {
            return in_full(self.krate(first, rest));
        }
        if first == "crate" {
            return in_full(self.absolute(rest, trail));
        }
        let is_up = |segment: &String| matches!(segment.as_str(), "self" | "super");
        if is_up(first) {
            let steps = name.segments.iter().take_while(|segment| is_up(segment)).count();
            let up = name.segments[..steps].iter().filter(|segment| *segment == "super").count();
            let kept = module.len().saturating_sub(up);
            let path = [&module[..kept], &name.segments[steps..]].concat();
            return in_full(self.absolute(&path, trail));
        }
        let krate = self.krate(first, rest);
        let is_hidden = |(target, _): &Found| {
            // A function may share its name with a crate and does not hide it.
            matches!(target, Target::External { .. } | Target::Unknown)
                && krate.iter().any(|krate| matches!(krate, Target::Member { .. }))
        };
        let mut found = self.in_scope(module, first, rest, trail);
        if found.is_empty() || found.iter().any(is_hidden) {
            found.retain(|found| !is_hidden(found));
            found.extend(in_full(krate));
        }
        found
    }

    /// What `first::rest` means if the module itself knows `first`; nothing if it does not.
    fn in_scope(
        &self,
        module: &[String],
        first: &str,
        rest: &[String],
        trail: &mut Trail<'a>,
    ) -> Vec<Found> {
        let Some((path, scope)) = self.unit.modules.get_key_value(module) else {
            return Vec::new();
        };
        if let Some((local, imports)) = scope.imports.get_key_value(first)
            && !trail.contains(&(path, local))
        {
            trail.push((path, local));
            let found = self.through(path, imports, rest, trail);
            trail.pop();
            let below_crate = |target: &Target| target.depth().saturating_sub(rest.len());
            return found
                .into_iter()
                .map(|target| (below_crate(&target), target))
                .map(|(below_crate, target)| (target, Some(below_crate)))
                .collect();
        }
        if scope.declared.contains(first) {
            let path = [module, &[first.to_owned()], rest].concat();
            return in_full(self.absolute(&path, trail));
        }
        let found = self.through_globs(path, first, rest, trail).into_iter();
        // What a glob brings of its own crate is judged where the glob is.
        let is_judged = |found: Found| match found {
            (Target::Own(path), _) => (Some(path.len()), Target::Own(path)),
            (target, imported) => (imported, target),
        };
        found.map(is_judged).map(|(imported, target)| (target, imported)).collect()
    }

    /// What lies behind the imports of one name.
    fn through(
        &self,
        module: &'a [String],
        imports: &[Name],
        rest: &[String],
        trail: &mut Trail<'a>,
    ) -> Vec<Target> {
        let found = imports.iter().flat_map(|import| {
            let found = self.relative(module, &import.then(rest), trail);
            found.into_iter().map(|(target, _)| target).collect::<Vec<_>>()
        });
        found.collect()
    }

    /// What the first glob brings that knows the name.
    fn through_globs(
        &self,
        path: &'a [String],
        first: &str,
        rest: &[String],
        trail: &mut Trail<'a>,
    ) -> Vec<Found> {
        let Some(scope) = self.unit.modules.get(path) else { return Vec::new() };
        if trail.contains(&(path, "*")) {
            return Vec::new();
        }
        for glob in &scope.globs {
            trail.push((path, "*"));
            let inside = self.relative(path, glob, trail);
            let found = inside.into_iter().flat_map(|(target, _)| match target {
                Target::Own(inside) => self.in_scope(&inside, first, rest, trail),
                Target::Member { .. } | Target::External { .. } | Target::Unknown => Vec::new(),
            });
            let found: Vec<Found> = found.collect();
            trail.pop();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Follows a path from the root of the unit, through modules and what they re-export.
    fn absolute(&self, path: &[String], trail: &mut Trail<'a>) -> Vec<Target> {
        // `crate::sql!` is the macro even where there is a module of that name.
        if let [single] = path
            && let Some(exported) = self.unit.macros().find(|known| known.name == *single)
        {
            return vec![Target::Own([exported.at.module.as_slice(), path].concat())];
        }
        for index in 0..path.len() {
            if self.unit.modules.contains_key(&path[..=index]) {
                continue;
            }
            let (module, first, rest) = (&path[..index], &path[index], &path[index + 1..]);
            let Some((module, scope)) = self.unit.modules.get_key_value(module) else { break };
            if let Some((local, imports)) = scope.imports.get_key_value(first)
                && !trail.contains(&(module, local))
            {
                trail.push((module, local));
                let found = self.through(module, imports, rest, trail);
                trail.pop();
                return found;
            }
            if !scope.declared.contains(first) {
                let found = self.through_globs(module, first, rest, trail);
                if !found.is_empty() {
                    return found.into_iter().map(|(target, _)| target).collect();
                }
            }
            break;
        }
        vec![Target::Own(path.to_vec())]
    }

    fn krate(&self, name: &str, rest: &[String]) -> Vec<Target> {
        let Surroundings { own, members, externals } = self.surroundings;
        let is_own = own.iter().any(|known| known == name) || self.unit.own_names.contains(name);
        if is_own && self.unit.is_library {
            self.absolute(rest, &mut Trail::new())
        } else if let Some(krate) = members.get(name) {
            vec![Target::Member { krate: krate.clone(), item: rest.to_vec() }]
        } else if let Some(krate) = externals.get(name) {
            vec![Target::External { krate: krate.clone(), item: rest.to_vec() }]
        } else {
            vec![Target::Unknown]
        }
    }
}

/// Found by a path that is written out.
fn in_full(targets: Vec<Target>) -> Vec<Found> {
    targets.into_iter().map(|target| (target, None)).collect()
}

#[cfg(test)]
mod tests;
