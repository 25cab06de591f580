//! Rule 1: crates depend on each other exactly as declared.

use std::ops::Range;

use super::{
    config::{Boundaries, CrateRules, FILE, Kind, TESTING},
    report::{Place, Report, Violation},
    rules::Rule,
    workspace::{Crate, Workspace},
};

const WHY: &str = "an edge between crates is a decision, so manifest and declaration say the same";

/// Every crate is declared, and every declared crate exists.
pub(crate) fn check_crates(workspace: &Workspace, boundaries: &Boundaries, report: &mut Report) {
    for krate in &workspace.crates {
        if boundaries.rules(&krate.name).is_none() {
            report.add(Violation {
                rule: Rule::Edges,
                krate: krate.name.clone(),
                place: krate.manifest.place_of("name"),
                message: format!("the crate `{}` is not declared", krate.name),
                why: "what is not declared cannot be held to anything".into(),
                help: format!("add [crates.{}] with its kind and its edges to {FILE}", krate.name),
            });
        }
    }
    for name in boundaries.crates.keys() {
        if workspace.find(name.get_ref()).is_none() {
            report.add(Violation {
                rule: Rule::Edges,
                krate: name.get_ref().clone(),
                place: boundaries.place(name.span()),
                message: format!("the crate `{name}` is declared but does not exist"),
                why: "a declaration without a crate would be granted to the next crate of its name"
                    .into(),
                help: format!("remove [crates.{name}]"),
            });
        }
    }
}

/// The edges of one crate equal the declared ones.
pub(crate) fn check(
    boundaries: &Boundaries,
    krate: &Crate,
    rules: &CrateRules,
    report: &mut Report,
) {
    let mut violation = |place: Place, message: String, help: String| {
        let krate = krate.name.clone();
        report.add(Violation { rule: Rule::Edges, krate, place, message, why: WHY.into(), help });
    };
    let name = &krate.name;
    let is_edge = |to: &str, only_tests: bool| {
        krate.dependencies.iter().any(|edge| edge.name == to && edge.only_tests == only_tests)
    };
    for edge in &krate.dependencies {
        let to = &edge.name;
        let place = krate.manifest.place_of(to);
        if let Some(rename) = &edge.rename {
            violation(
                place.clone(),
                format!("`{name}` renames its dependency `{to}` to `{rename}`"),
                format!("depend on it as `{to}.workspace = true`"),
            );
        }
        if !edge.only_tests && !rules.uses.contains_key(to.as_str()) {
            violation(
                place,
                format!("`{name}` depends on `{to}`, which is not declared"),
                format!("remove the dependency, or declare uses.{to} under [crates.{name}]"),
            );
        } else if edge.only_tests
            && to != name
            && !rules.uses.contains_key(to.as_str())
            && !rules.tests_use.contains_key(to.as_str())
        {
            violation(
                place,
                format!("the tests of `{name}` depend on `{to}`, which is not declared"),
                format!("remove the dependency, or declare tests_use.{to} under [crates.{name}]"),
            );
        }
    }
    for stray in &krate.strays {
        violation(
            krate.manifest.place_of(stray),
            format!("`{name}` depends on `{stray}`, which lies beside the workspace"),
            "make it a member of the workspace, and declare it".into(),
        );
    }
    if let Some(library) = &krate.manifest.renamed_library {
        violation(
            krate.manifest.place_of("name"),
            format!("`{name}` calls its library `{library}`"),
            "let the library have the name of its package".into(),
        );
    }
    let fakes = krate.dependencies.iter().filter(|edge| edge.with_fakes && !edge.only_tests);
    let fakes = fakes.map(|edge| &edge.name).chain(&krate.manifest.fakes_by_default);
    for of in fakes {
        if rules.kind != Kind::Tests && !rules.grants(of, false).contains(&TESTING) {
            violation(
                krate.manifest.place_of(of),
                format!("the product of `{name}` contains the fakes of `{of}`"),
                format!("ask for the feature `{TESTING}` among the dev-dependencies"),
            );
        }
    }
    let mut unused = |to: &str, span: Range<usize>, what: &str| {
        violation(
            boundaries.place(span),
            format!("{what} `{name}` → `{to}` is declared, but the manifest does not have it"),
            "remove the declaration; an edge is granted when it is needed".into(),
        );
    };
    for to in rules.uses.keys().filter(|to| !is_edge(to.get_ref(), false)) {
        unused(to.get_ref(), to.span(), "the edge");
    }
    for to in rules.tests_use.keys() {
        if !is_edge(to.get_ref(), true) && !is_edge(to.get_ref(), false) {
            unused(to.get_ref(), to.span(), "the edge of tests");
        }
    }
}
