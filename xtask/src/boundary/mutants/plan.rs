//! What a mutant is.

use super::{
    ground::Ground,
    ways::{self, Kind},
};
use crate::boundary::{rules::Rule, source::SourceFile};

/// A change of the workspace that the check must notice, or that it must not.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// The rule that it breaks, or does not.
    pub(crate) rule: Rule,
    /// What is wrong, in a few words.
    pub(crate) what: &'static str,
    /// How it is written.
    pub(crate) way: &'static str,
    pub(crate) changes: Vec<Change>,
    /// Where it is found, if not where something changes.
    pub(crate) found_in: Option<String>,
    /// Whether it breaks nothing: a negative control.
    pub(crate) is_harmless: bool,
}

/// A change of one file.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Below the root of the workspace.
    pub(crate) file: String,
    pub(crate) edit: Edit,
}

#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Append(String),
    Write(String),
    /// Another text in the place of the first of its kind.
    Replace(String, String),
    Remove,
}

pub(crate) fn append(file: &str, text: impl Into<String>) -> Change {
    Change { file: file.to_owned(), edit: Edit::Append(text.into()) }
}

pub(crate) fn write(file: impl Into<String>, text: impl Into<String>) -> Change {
    Change { file: file.into(), edit: Edit::Write(text.into()) }
}

pub(crate) fn replace(file: &str, from: impl Into<String>, to: impl Into<String>) -> Change {
    Change { file: file.to_owned(), edit: Edit::Replace(from.into(), to.into()) }
}

pub(crate) fn remove(file: impl Into<String>) -> Change {
    Change { file: file.into(), edit: Edit::Remove }
}

/// All mutants that break one rule, and the controls.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) ground: Ground<'a>,
    pub(crate) mutants: Vec<Mutant>,
    /// What could not be planted, for want of something to plant it of.
    pub(crate) missing: Vec<&'static str>,
}

impl<'a> Plan<'a> {
    pub(crate) fn add(
        &mut self,
        rule: Rule,
        what: &'static str,
        way: &'static str,
        changes: impl Into<Vec<Change>>,
    ) {
        self.push((rule, what, way), changes.into(), false);
    }

    fn push(
        &mut self,
        (rule, what, way): (Rule, &'static str, &'static str),
        changes: Vec<Change>,
        is_harmless: bool,
    ) {
        self.mutants.push(Mutant { rule, what, way, changes, found_in: None, is_harmless });
    }

    /// Says that the last mutant is found in another file than in one that changes.
    pub(crate) fn found_in(&mut self, file: &str) {
        if let Some(last) = self.mutants.last_mut() {
            last.found_in = Some(file.to_owned());
        }
    }

    /// A negative control.
    pub(crate) fn spare(
        &mut self,
        rule: Rule,
        what: &'static str,
        way: &'static str,
        changes: impl Into<Vec<Change>>,
    ) {
        self.push((rule, what, way), changes.into(), true);
    }

    /// Something in every way in which a path can be written.
    pub(crate) fn in_every_way(
        &mut self,
        (rule, what): (Rule, &'static str),
        kind: Kind,
        (krate, item): (&str, &str),
        (file, root): (&SourceFile, &SourceFile),
    ) {
        for way in ways::all(kind) {
            let (here, at_root) = way.texts(krate, item);
            let texts = [(file, here), (root, at_root)];
            let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
            let changes: Vec<Change> = texts.map(|(file, text)| append(&file.path, text)).collect();
            self.add(rule, what, way.group, changes);
        }
    }

    /// What is there, or a note that mutants are left out for want of it.
    pub(crate) fn need<T>(&mut self, what: &'static str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.missing.contains(&what) {
            self.missing.push(what);
        }
        found
    }

    pub(crate) fn new(ground: Ground<'a>) -> Self {
        Self { ground, mutants: Vec::new(), missing: Vec::new() }
    }
}
