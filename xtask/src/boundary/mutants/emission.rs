//! Mutants of rule 7: events that nobody emits, that another emits, or that are for nobody.

use std::collections::BTreeMap;

use super::{
    ground::in_code,
    kit::{IDENT, Kit, record},
    plan::{Change, Edit, Plan, append},
};
use crate::boundary::{
    rules::Rule::Emission,
    source::{Fragment, Mention},
    workspace::Crate,
};

const UNTOLD: &str = "an event that nobody emits";
const UNHEARD: &str = "an event that is for nobody";
const FORGED: &str = "an event that another context emits";
const FICTION: &str = "a record of nothing";

pub(super) fn plant(plan: &mut Plan<'_>) {
    let ground = plan.ground;
    for here in ground.contexts() {
        if let Some((fragment, built)) = only_emission(plan, here) {
            plan.add(Emission, UNTOLD, "its emission is gone", [unbuilt(fragment, built)]);
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
        ("a pattern", format!("fn planted(planted: u8) {{\n    if let {IDENT} {{}} = planted {{}}\n}}")),
        ("a pattern", format!("fn planted(planted: u8) {{\n    match planted {{\n        {IDENT} {{}} => {{}}\n    }}\n}}")),
        ("a pattern", format!("fn planted(planted: u8) {{\n    matches!(planted, {IDENT} {{}});\n}}")),
        ("a pattern", format!("planted! {{ {IDENT} {{}} => None }}")),
        ("a pattern", format!("planted! {{ if let {IDENT} {{}} = planted {{}} }}")),
        ("a constant of it", format!("fn planted() {{\n    {IDENT}::TYPE;\n}}")),
        ("another of its name", format!("mod planted {{\n    struct {IDENT} {{}}\n    fn planted() {{\n        {IDENT} {{}};\n    }}\n}}")),
        ("a comment", format!("// {IDENT} {{}}")),
        ("a text", format!("const PLANTED: &str = \"{IDENT} {{}}\";")),
    ] {
        plan.add(Emission, UNTOLD, way, kit.emitted(text).changes());
    }
    plan.add(Emission, UNHEARD, "in no list", Kit { record: None, ..kit.clone() }.changes());
    let core = &kit.core;
    let awaited = format!("fn planted_too() {{\n    {core}::Subscription::to::<{IDENT}>();\n}}");
    let with = |more: &str| format!("{}\n{more}", kit.emitted);
    for (way, text) in [
        ("awaited by a test", format!("#[cfg(test)]\n{awaited}")),
        ("named", format!("fn planted_too(_: Option<{IDENT}>) {{}}")),
    ] {
        let kit = Kit { record: None, ..kit.emitted(with(&text)) };
        plan.add(Emission, UNHEARD, way, kit.changes());
    }
    plan.add(Emission, FICTION, "of an event that is handled", kit.emitted(with(&awaited)).changes());
    if let Some(change) = record(ground, here, "PlantedNever") {
        plan.add(Emission, FICTION, "of an event that is none", [change]);
    }
    forged(plan);
    controls(plan, &kit, &awaited);
}

/// An event of a context that is made in one place, and that place.
fn only_emission<'a>(plan: &Plan<'a>, here: &'a Crate) -> Option<(&'a Fragment, &'a Mention)> {
    let ground = plan.ground;
    let (_, event) = ground.event_of(here)?;
    let built = ground.fragments(here).flat_map(|fragment| {
        fragment.built.iter().map(move |mention| (fragment, mention))
    });
    let mut by_name: BTreeMap<&str, Vec<(&Fragment, &Mention)>> = BTreeMap::new();
    for (fragment, mention) in built {
        let last = mention.name.segments.last().map(String::as_str).unwrap_or_default();
        by_name.entry(last).or_default().push((fragment, mention));
    }
    let idents = ground.fragments(here).flat_map(|fragment| &fragment.events);
    let idents = std::iter::once(event).chain(idents).map(|event| event.ident.as_str());
    idents.into_iter().find_map(|ident| match by_name.get(ident)?.as_slice() {
        [only] => Some(*only),
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
            let (_, event) = ground.event_of(there)?;
            let is_granted = rules.grants(&there.name, false).contains(&"events");
            is_granted.then(|| (in_code(there), event.ident.as_str()))
        });
        Some((ground.widest_file(here)?, granted.next()?))
    });
    let Some((file, (krate, ident))) = plan.need("an edge that grants events", found) else { return };
    for (way, text) in [
        ("full path", format!("fn planted() {{\n    {krate}::{ident} {{}};\n}}")),
        ("full path", format!("fn planted() {{\n    ::{krate}::{ident} {{}};\n}}")),
        ("plain use", format!("mod planted {{\n    use {krate}::{ident};\n    fn planted() {{\n        {ident} {{}};\n    }}\n}}")),
        ("plain use", format!("fn planted() {{\n    use {krate}::{ident};\n    Some({ident} {{}});\n}}")),
        ("plain use", format!("use {krate};\nfn planted() {{\n    {krate}::{ident} {{}};\n}}")),
        ("macro tokens", format!("planted!({krate}::{ident} {{}});")),
        ("macro tokens", format!("fn planted() {{\n    vec![{krate}::{ident} {{}}];\n}}")),
        ("macro tokens", format!("macro_rules! planted {{\n    () => {{\n        {krate}::{ident} {{}}\n    }};\n}}")),
    ] {
        plan.add(Emission, FORGED, way, [append(&file.path, text)]);
    }
    let text = format!("fn planted(planted: u8) {{\n    let {krate}::{ident} {{ .. }} = planted;\n}}");
    plan.spare(Emission, "an event of another that is read", "a pattern", [append(&file.path, text)]);
    let text = format!("#[cfg(test)]\nfn planted() {{\n    {krate}::{ident} {{}};\n}}");
    plan.spare(Emission, "an event of another in a test", "a test", [append(&file.path, text)]);
}

fn controls(plan: &mut Plan<'_>, kit: &Kit, awaited: &str) {
    let told = "an event that is emitted";
    for (way, text) in [
        ("plain use", kit.emitted.clone()),
        ("full path", format!("fn planted() {{\n    self::{IDENT} {{}};\n}}")),
        ("plain use", format!("mod planted {{\n    use super::*;\n    fn planted() {{\n        Some({IDENT} {{}});\n    }}\n}}")),
        ("plain use", format!("mod planted {{\n    use super::{IDENT};\n    fn planted() {{\n        Some({IDENT} {{}});\n    }}\n}}")),
        ("its constructor", format!("impl {IDENT} {{\n    fn planted() -> Self {{\n        Self {{}}\n    }}\n}}")),
        ("macro tokens", format!("fn planted() {{\n    vec![{IDENT} {{}}];\n}}")),
    ] {
        plan.spare(Emission, told, way, kit.emitted(text).changes());
    }
    let handled = format!("{}\n{awaited}", kit.emitted);
    let handled = Kit { record: None, ..kit.emitted(handled) };
    plan.spare(Emission, "an event that is handled", "a subscription", handled.changes());
}
