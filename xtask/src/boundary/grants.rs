//! Rule 2: per edge, only the granted export groups are named, and nothing hides a name.

use std::collections::BTreeSet;

use super::{
    config::{ALL, Boundaries, CrateRules, Kind, TESTING},
    names::{Resolved, Resolver, Target},
    report::{Report, Violation},
    rules::Rule,
    source::{Form, Fragment, Mention, Oddity, OddityKind, Unit},
    workspace::{Crate, Workspace},
};

const NO_INCLUDE: &str = "make it a module, or data (`include_str!`)";
const HIDES: &str = "one thing has one name, which both the next reader and this check can follow";

/// Whether a mention stays within what its edge grants; reports it if not.
pub(crate) fn check(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    (mention, resolved): (&Mention, &Resolved),
    report: &mut Report,
) -> bool {
    let refuse = |report: &mut Report, message: String, why: String, help: String| {
        let (krate, place) = (krate.name.clone(), mention.at.place.clone());
        report.add(Violation { rule: Rule::Grants, krate, place, message, why, help });
        false
    };
    let (to, item) = match &resolved.target {
        Target::Member { krate: to, item } if *to != krate.name => (to, item),
        Target::External { krate: named, item } => {
            return match hiding_of_external(mention, named, item) {
                Some((what, instead)) => {
                    let message = format!("{what} `{}`", join(named, item));
                    refuse(report, message, HIDES.into(), instead.into())
                }
                None => true,
            };
        }
        Target::Member { .. } | Target::Own(_) | Target::Unknown => return true,
    };
    let path = join(to, item).replace('-', "_");
    let target = boundaries.rules(to);
    let groups = target.map(|target| target.groups_of_path(item));
    let groups = groups.unwrap_or_default();
    let shown = (rules, unit, item.is_empty());
    if let Some((what, instead)) = hiding(boundaries, shown, mention, (target, &groups)) {
        return refuse(report, format!("{what} `{path}`"), HIDES.into(), instead.into());
    }
    let in_tests = mention.at.scope.is_test_code();
    let granted = rules.grants(to, in_tests);
    let is_granted = |group: &str| {
        granted.contains(&group)
            || (group != TESTING && granted.contains(&ALL))
            || (group == TESTING && in_tests)
    };
    let has_edge =
        rules.uses.contains_key(to.as_str()) || rules.tests_use.contains_key(to.as_str());
    let writes_for_core =
        rules.kind == Kind::Tool && target.is_some_and(|target| matches!(target.kind, Kind::Core));
    let depends = krate.dependencies.iter().any(|edge| edge.name == *to);
    if !has_edge && !depends && !writes_for_core {
        return refuse(
            report,
            format!("`{}` names `{path}`, on which it does not depend", krate.name),
            "what is written here is compiled in another crate, where this edge may be forbidden"
                .into(),
            "let the crate name it that uses it".into(),
        );
    }
    // Names that are exported but not declared are violations of rule 4, once for all, and so are
    // edges that are not declared of rule 1.
    let mut judged = groups.into_iter().filter(|_| has_edge && resolved.direct());
    let Some(group) = judged.find(|group| !is_granted(group)) else { return true };
    let contents = boundaries.groups.get(group).map_or("", String::as_str);
    let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
    refuse(
        report,
        format!("`{}` names `{path}`, which is of the group {group}", krate.name),
        format!("the edge {} → {to} grants {granted}; {group} means {contents}", krate.name),
        if in_tests { advice_for_tests(to, group) } else { advice(group).into() },
    )
}

fn join(first: &str, rest: &[String]) -> String {
    std::iter::once(first).chain(rest.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
}

/// What a mention does that would keep a crate from elsewhere from being recognised, and what to do instead.
fn hiding_of_external(
    mention: &Mention,
    named: &str,
    item: &[String],
) -> Option<(&'static str, &'static str)> {
    let is_include = matches!(named, "std" | "core") && *item == ["include"];
    match &mention.form {
        Form::Use { .. } if is_include => Some(("source is hidden from the check by", NO_INCLUDE)),
        Form::Use { rename: Some(rename), .. } if rename != "_" && item.is_empty() => {
            Some(("an import renames the crate", "use the name that its owner gave it"))
        }
        Form::ExternCrate { rename: Some(_) } => {
            Some(("`extern crate` renames", "use the name that its owner gave it"))
        }
        Form::Use { .. }
        | Form::ExternCrate { rename: None }
        | Form::Path
        | Form::Completed
        | Form::Elsewhere
        | Form::Alias => None,
    }
}

/// What a mention does that would keep a name from being recognised, and what to do instead.
fn hiding(
    boundaries: &Boundaries,
    (rules, unit, is_whole): (&CrateRules, &Unit, bool),
    mention: &Mention,
    (target, groups): (Option<&CrateRules>, &BTreeSet<&str>),
) -> Option<(&'static str, &'static str)> {
    let is_root =
        unit.is_library && mention.at.file.below_root == "lib.rs" && mention.at.module.is_empty();
    match &mention.form {
        Form::Use { glob: true, .. } => {
            Some(("a glob imports everything of", "import item by item"))
        }
        Form::Use { rename: Some(rename), .. } if rename != "_" => {
            Some(("an import renames", "use the name that its owner gave it"))
        }
        Form::ExternCrate { rename: Some(_) } => {
            Some(("`extern crate` renames", "use the name that its owner gave it"))
        }
        Form::Use { visible: true, .. } if rules.kind != Kind::Core || !is_root => {
            Some(("a re-export passes on", "let everybody import it from its owner"))
        }
        Form::Alias => {
            let is_context = target.is_some_and(|target| target.kind == Kind::Context);
            let is_open = groups.iter().all(|group| boundaries.is_harmless(group));
            (is_context && !is_open)
                .then_some(("an alias passes on", "let everybody import it from its owner"))
        }
        Form::Completed if is_whole => {
            Some(("a macro completes a path of", "write the path, or give the macro a type"))
        }
        Form::Use { .. }
        | Form::ExternCrate { rename: None }
        | Form::Path
        | Form::Completed
        | Form::Elsewhere => None,
    }
}

fn advice_for_tests(to: &str, group: &str) -> String {
    format!("do without it, or grant it to tests alone: tests_use.{to} = [\"{group}\"]")
}

fn advice(group: &str) -> &'static str {
    match group {
        "commands" => {
            "cause the effect by an event that the other context handles,\n\
             or ask through its queries in a gateway"
        }
        "queries" => "ask through a gateway that implements a port of the application",
        TESTING => "use it in test code alone",
        _ => "do without it, or grant the group in boundaries.toml",
    }
}

/// Things in the source that would hide names altogether.
pub(crate) fn check_oddity(krate: &Crate, oddity: &Oddity, report: &mut Report) {
    let in_place = "source stands where its module path says, so that layers can be told by folder";
    let (message, why, help) = match oddity.kind {
        OddityKind::PathAttribute => (
            "`#[path]` puts a module where nobody looks for it",
            in_place,
            "move the file to its place",
        ),
        OddityKind::Include => ("`include!` hides source from the check", in_place, NO_INCLUDE),
        OddityKind::MacroUse => (
            "`#[macro_use]` brings every macro of a crate, and nobody names them",
            HIDES,
            "import the macros that are used",
        ),
        OddityKind::MacroOfAllLayers
        | OddityKind::MacroInExports
        | OddityKind::HandWrittenEvent
        | OddityKind::EventInMacro
        | OddityKind::Unreadable(_) => return,
    };
    report.add(Violation {
        rule: Rule::Grants,
        krate: krate.name.clone(),
        place: oddity.at.place.clone(),
        message: message.into(),
        why: why.into(),
        help: help.into(),
    });
}

/// Macros that compose paths of what they are called with, by name.
pub(crate) fn composers(workspace: &Workspace) -> BTreeSet<String> {
    let units = workspace.crates.iter().flat_map(|krate| &krate.units);
    let fragments = units.flat_map(|unit| &unit.fragments);
    let all: BTreeSet<&(String, Option<String>)> =
        fragments.flat_map(|fragment| &fragment.composers).collect();
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (name, through) in &all {
            if through.as_ref().is_none_or(|other| found.contains(other)) {
                found.insert(name.clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// No crate is handed to a macro that makes a path of it.
pub(crate) fn check_calls(
    (boundaries, composers): (&Boundaries, &BTreeSet<String>),
    (krate, fragment): (&Crate, &Fragment),
    names: &Resolver<'_>,
    report: &mut Report,
) {
    let is_guarded = |other: &String| {
        matches!(other.as_str(), "std" | "core" | "alloc") || boundaries.only_in.contains_key(other)
    };
    for call in fragment.calls.iter().filter(|call| composers.contains(&call.name)) {
        for handed in &call.handed {
            for found in names.resolve(handed) {
                let other = match &found.target {
                    Target::Member { krate: other, item }
                        if item.is_empty() && *other != krate.name =>
                    {
                        other
                    }
                    Target::External { krate: other, item }
                        if item.is_empty() && is_guarded(other) =>
                    {
                        other
                    }
                    Target::Member { .. }
                    | Target::External { .. }
                    | Target::Own(_)
                    | Target::Unknown => continue,
                };
                report.add(Violation {
                    rule: Rule::Grants,
                    krate: krate.name.clone(),
                    place: handed.at.place.clone(),
                    message: format!(
                        "the macro `{}` makes a path of the crate `{other}`",
                        call.name
                    ),
                    why: "neither the macro nor its call says then what is named".into(),
                    help: "hand it the whole path, or call what it is handed by another name"
                        .into(),
                });
            }
        }
    }
}
