//! Rule 2: per edge, only the granted export groups are named, and nothing hides a name.

use std::collections::BTreeSet;

use super::{
    config::{ALL, Boundaries, CrateRules, Kind, TESTING},
    names::{Resolved, Target},
    report::{Report, Violation},
    rules::Rule,
    source::{Form, Mention, Oddity, OddityKind, Unit},
    workspace::Crate,
};

const HIDES: &str = "one thing has one name, which both the next reader and this check can follow";

/// Whether a mention stays within what its edge grants; reports it if not.
pub(crate) fn check(
    boundaries: &Boundaries,
    (krate, rules, unit): (&Crate, &CrateRules, &Unit),
    (mention, resolved): (&Mention, &Resolved),
    report: &mut Report,
) -> bool {
    let Target::Member { krate: to, item } = &resolved.target else { return true };
    if *to == krate.name {
        return true;
    }
    let path = [std::slice::from_ref(to), item].concat().join("::").replace('-', "_");
    let mut violation = |message: String, why: String, help: String| {
        let (krate, place) = (krate.name.clone(), mention.at.place.clone());
        report.add(Violation { rule: Rule::Grants, krate, place, message, why, help });
        false
    };
    let target = boundaries.rules(to);
    let groups = target.map(|target| target.groups_of_path(item));
    let groups = groups.unwrap_or_default();
    if let Some((what, instead)) = hiding(boundaries, (rules, unit), mention, (target, &groups)) {
        return violation(format!("{what} `{path}`"), HIDES.into(), instead.into());
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
    // Names that are exported but not declared are violations of rule 4, once for all, and so are
    // edges that are not declared of rule 1.
    let mut judged = groups.into_iter().filter(|_| has_edge && resolved.direct());
    let Some(group) = judged.find(|group| !is_granted(group)) else { return true };
    let contents = boundaries.groups.get(group).map_or("", String::as_str);
    let granted = if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
    violation(
        format!("`{}` names `{path}`, which is of the group {group}", krate.name),
        format!("the edge {} → {to} grants {granted}; {group} means {contents}", krate.name),
        if in_tests { advice_for_tests(to, group) } else { advice(group).into() },
    )
}

/// What a mention does that would keep a name from being recognised, and what to do instead.
fn hiding(
    boundaries: &Boundaries,
    (rules, unit): (&CrateRules, &Unit),
    mention: &Mention,
    (target, groups): (Option<&CrateRules>, &BTreeSet<&str>),
) -> Option<(&'static str, &'static str)> {
    let is_root =
        unit.files[mention.at.file].below_root == "lib.rs" && mention.at.module.is_empty();
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
        Form::Use { .. } | Form::ExternCrate { rename: None } | Form::Path => None,
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
    let (message, help) = match oddity.kind {
        OddityKind::PathAttribute => {
            ("`#[path]` puts a module where nobody looks for it", "move the file to its place")
        }
        OddityKind::Include => {
            ("`include!` hides source from the check", "make it a module, or data (`include_str!`)")
        }
        OddityKind::HandWrittenEvent | OddityKind::EventInMacro | OddityKind::Unreadable(_) => {
            return;
        }
    };
    report.add(Violation {
        rule: Rule::Grants,
        krate: krate.name.clone(),
        place: oddity.at.place.clone(),
        message: message.into(),
        why: "source stands where its module path says, so that layers can be told by folder"
            .into(),
        help: help.into(),
    });
}
