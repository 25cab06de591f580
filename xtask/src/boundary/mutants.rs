//! `cargo xtask boundary --mutants`: every kind of violation, planted in the workspace as it is, must be found.

mod edges;
mod emission;
mod events;
mod exports;
mod field;
mod grants;
mod ground;
mod kit;
mod layers;
mod plan;
mod statements;
mod tables;
mod verdict;
mod ways;

use std::path::Path;

use anyhow::{Result, ensure};

use self::{
    field::Field,
    ground::Ground,
    plan::{Change, Edit, Mutant, Plan},
    verdict::{Outcome, Verdict},
};
use super::{report::Violation, rules::Rule, side_by_side};

/// Plants every mutant, one at a time, and tells which of them the check finds; `without` one of its rules, where that is given.
pub(crate) fn run(root: &Path, only: Option<Rule>, without: Option<Rule>) -> Result<Verdict> {
    let field = Field::load(root)?;
    let report = super::check(&field.workspace, &field.boundaries);
    ensure!(report.violations.is_empty(), "mutants are planted where every boundary holds");
    let Plan { mutants, missing, .. } = plan(&field);
    let mutants: Vec<Mutant> =
        mutants.into_iter().filter(|mutant| only.is_none_or(|rule| mutant.rule == rule)).collect();
    let outcomes = side_by_side::map(&mutants, |mutant| judge(&field, mutant, without));
    Ok(Verdict { mutants, outcomes, missing })
}

/// All there is to plant.
fn plan(field: &Field) -> Plan<'_> {
    let mut plan = Plan::new(Ground { field });
    edges::plant(&mut plan);
    grants::plant(&mut plan);
    layers::plant(&mut plan);
    exports::plant(&mut plan);
    events::plant(&mut plan);
    tables::plant(&mut plan);
    emission::plant(&mut plan);
    plan
}

/// Whether the check does with a mutant what it must.
fn judge(field: &Field, mutant: &Mutant, without: Option<Rule>) -> Outcome {
    let mut found = match field.judge(mutant) {
        Ok(found) => found,
        Err(error) => return Outcome { is_right: false, told: Some(format!("{error:#}")) },
    };
    found.retain(|violation| Some(violation.rule) != without);
    // What is hidden from a rule may be forbidden for that alone, which is rule 2.
    let is_it = |violation: &&Violation| {
        let mut files = mutant.changes.iter().map(|change| &change.file).chain(&mutant.found_in);
        let is_here = files.any(|file| **file == *violation.place.file);
        (violation.rule == mutant.rule || violation.rule == Rule::Grants) && is_here
    };
    let first = if mutant.is_harmless { found.first() } else { found.iter().find(is_it) };
    let told = first.or(found.first());
    let told = told.map(|violation| format!("{}: {}", violation.rule, violation.message));
    Outcome { is_right: first.is_some() != mutant.is_harmless, told }
}

impl Change {
    /// What it does, in short.
    fn shown(&self) -> (&str, &str) {
        match &self.edit {
            Edit::Append(text) | Edit::Write(text) => (&self.file, text),
            Edit::Replace(_, to) => (&self.file, to),
            Edit::Remove => (&self.file, "(removed)"),
        }
    }
}
