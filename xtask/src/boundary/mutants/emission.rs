//! Mutants of rule 7: events that nobody emits, that another emits, or that are for nobody.

use std::collections::BTreeMap;

use super::{
    ground::{event_of, fragments, in_code},
    kit::{IDENT, Kit, heard, record},
    plan::{Change, Edit, Plan, append},
};
use crate::boundary::{
    rules::Rule::Emission,
    source::{EventStruct, Fragment, Mention},
    workspace::Crate,
};

const UNTOLD: &str = "an event that nobody emits";
const UNHEARD: &str = "an event that is for nobody";
const FORGED: &str = "an event that another context emits";
const FICTION: &str = "a record of nothing";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    for here in ground.contexts() {
        if let Some((event, fragment, built)) = only_emission(here) {
            plan.add(Emission, UNTOLD, "its emission is gone", [unbuilt(fragment, built)]);
            plan.found_in(&event.at.file.path);
        }
    }
    let kit = ground.contexts().into_iter().find_map(|here| Some((here, Kit::of(ground, here)?)));
    let Some((here, kit)) = plan.need("an event", kit) else { return };
    for (way, text) in [
        ("plain use", String::new()),
        ("a test", format!("#[cfg(test)]\nfn planted() {{\n    {IDENT} {{}};\n}}")),
        ("a test", format!("#[test]\nfn planted() {{\n    {IDENT} {{}};\n}}")),
        ("a type", format!("fn planted(_: Option<{IDENT}>) {{}}")),
        ("a pattern", format!("fn planted(planted: u8) {{\n    let {IDENT} {{}} = planted;\n}}")),
        (
            "a pattern",
            format!("fn planted(planted: u8) {{\n    if let {IDENT} {{}} = planted {{}}\n}}"),
        ),
        (
            "a pattern",
            format!(
                "fn planted(planted: u8) {{\n    match planted {{\n        {IDENT} {{}} => {{}}\n    }}\n}}"
            ),
        ),
        (
            "a pattern",
            format!("fn planted(planted: u8) {{\n    matches!(planted, {IDENT} {{}});\n}}"),
        ),
        ("a pattern", format!("planted! {{ {IDENT} {{}} => None }}")),
        ("a pattern", format!("planted! {{ if let {IDENT} {{}} = planted {{}} }}")),
        ("a constant of it", format!("fn planted() {{\n    {IDENT}::TYPE;\n}}")),
        (
            "another of its name",
            format!(
                "mod planted {{\n    struct {IDENT} {{}}\n    fn planted() {{\n        {IDENT} {{}};\n    }}\n}}"
            ),
        ),
        ("a comment", format!("// {IDENT} {{}}")),
        ("a text", format!("const PLANTED: &str = \"{IDENT} {{}}\";")),
    ] {
        plan.add(Emission, UNTOLD, way, kit.emitted(text).changes());
    }
    let unheard = Kit { heard: None, ..kit.clone() };
    plan.add(Emission, UNHEARD, "in no list", unheard.changes());
    let Some(file) = plan.need("a file that may handle events", ground.widest_file(here)) else {
        return;
    };
    let with = |kit: &Kit, change: Option<Change>| {
        let mut changes = kit.changes();
        changes.extend(change);
        changes
    };
    let (core, path) = (&kit.core, format!("{}::{IDENT}", kit.module));
    for (way, text) in [
        ("awaited by a test", format!("#[cfg(test)]\n{}", heard(core, &kit.module))),
        ("named", format!("fn planted_too(_: Option<{path}>) {{}}")),
        ("named", format!("fn planted_too() {{\n    {core}::Planted::to::<{path}>();\n}}")),
    ] {
        plan.add(Emission, UNHEARD, way, with(&unheard, Some(append(&file.path, text))));
    }
    let declared = record(ground, here, IDENT);
    plan.add(Emission, FICTION, "of an event that is handled", with(&kit, declared.clone()));
    plan.spare(Emission, "an event that is a record", "a record", with(&unheard, declared));
    plan.spare(Emission, "an event that is handled", "a subscription", kit.changes());
    if let Some(change) = record(ground, here, "PlantedNever") {
        plan.add(Emission, FICTION, "of an event that is none", [change]);
    }
    forged(plan);
    controls(plan, &kit);
}

/// An event of a context that is made in one place, and that place.
fn only_emission(here: &Crate) -> Option<(&EventStruct, &Fragment, &Mention)> {
    let built = fragments(here)
        .flat_map(|fragment| fragment.built.iter().map(move |mention| (fragment, mention)));
    let mut by_name: BTreeMap<&str, Vec<(&Fragment, &Mention)>> = BTreeMap::new();
    for (fragment, mention) in built {
        let last = mention.name.segments.last().map(String::as_str).unwrap_or_default();
        by_name.entry(last).or_default().push((fragment, mention));
    }
    let mut events = fragments(here).flat_map(|fragment| &fragment.events);
    events.find_map(|event| match by_name.get(event.ident.as_str())?.as_slice() {
        [(fragment, mention)] => Some((event, *fragment, *mention)),
        _ => None,
    })
}

/// Makes something else in the place of an event.
fn unbuilt(fragment: &Fragment, built: &Mention) -> Change {
    let (line, column) = (built.at.place.line - 1, built.at.place.column - 1);
    let lines = fragment.file.text.split_inclusive('\n').enumerate();
    let text = lines.map(|(index, text)| {
        let (before, rest): (String, String) =
            (text.chars().take(column).collect(), text.chars().skip(column).collect());
        let ident = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').count();
        let after: String = rest.chars().skip(ident).collect();
        if index == line { format!("{before}Unplanted{after}") } else { text.to_owned() }
    });
    Change { file: fragment.file.path.to_string(), edit: Edit::Write(text.collect()) }
}

/// A context that tells what another decides.
fn forged(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    let found = ground.contexts().into_iter().find_map(|here| {
        let granted = here.dependencies.iter().filter_map(|edge| ground.find(&edge.name));
        let mut granted = granted.filter_map(|there| {
            let rules = ground.rules(here)?;
            let (_, event) = event_of(there)?;
            let is_granted = rules.grants(&there.name, false).contains(&"events");
            is_granted.then(|| (in_code(there), event.ident.as_str()))
        });
        Some((ground.widest_file(here)?, granted.next()?))
    });
    let Some((file, (krate, ident))) = plan.need("an edge that grants events", found) else {
        return;
    };
    for (way, text) in [
        ("full path", format!("fn planted() {{\n    {krate}::{ident} {{}};\n}}")),
        ("full path", format!("fn planted() {{\n    ::{krate}::{ident} {{}};\n}}")),
        (
            "plain use",
            format!(
                "mod planted {{\n    use {krate}::{ident};\n    fn planted() {{\n        {ident} {{}};\n    }}\n}}"
            ),
        ),
        (
            "plain use",
            format!("fn planted() {{\n    use {krate}::{ident};\n    Some({ident} {{}});\n}}"),
        ),
        ("plain use", format!("use {krate};\nfn planted() {{\n    {krate}::{ident} {{}};\n}}")),
        ("macro tokens", format!("planted!({krate}::{ident} {{}});")),
        ("macro tokens", format!("fn planted() {{\n    vec![{krate}::{ident} {{}}];\n}}")),
        (
            "macro tokens",
            format!(
                "macro_rules! planted {{\n    () => {{\n        {krate}::{ident} {{}}\n    }};\n}}"
            ),
        ),
    ] {
        plan.add(Emission, FORGED, way, [append(&file.path, text)]);
    }
    let text =
        format!("fn planted(planted: u8) {{\n    let {krate}::{ident} {{ .. }} = planted;\n}}");
    plan.spare(
        Emission,
        "an event of another that is read",
        "a pattern",
        [append(&file.path, text)],
    );
    let text = format!("#[cfg(test)]\nfn planted() {{\n    {krate}::{ident} {{}};\n}}");
    plan.spare(Emission, "an event of another in a test", "a test", [append(&file.path, text)]);
}

fn controls(plan: &mut Plan<'_>, kit: &Kit) {
    let told = "an event that is emitted";
    for (way, text) in [
        ("plain use", kit.emitted.clone()),
        ("full path", format!("fn planted() {{\n    self::{IDENT} {{}};\n}}")),
        (
            "plain use",
            format!(
                "mod planted {{\n    use super::*;\n    fn planted() {{\n        Some({IDENT} {{}});\n    }}\n}}"
            ),
        ),
        (
            "plain use",
            format!(
                "mod planted {{\n    use super::{IDENT};\n    fn planted() {{\n        Some({IDENT} {{}});\n    }}\n}}"
            ),
        ),
        (
            "its constructor",
            format!("impl {IDENT} {{\n    fn planted() -> Self {{\n        Self {{}}\n    }}\n}}"),
        ),
        ("macro tokens", format!("fn planted() {{\n    vec![{IDENT} {{}}];\n}}")),
    ] {
        plan.spare(Emission, told, way, kit.emitted(text).changes());
    }
}
