//! Rule 7: every event is emitted by its own crate, and somebody handles it or it is kept as a record.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    config::{Boundaries, FILE, Kind},
    events,
    names::{Resolver, Target},
    report::{Place, Report, Violation},
    rules::Rule,
    source::{EventStruct, Fragment, Mention, Unit},
    workspace::{Crate, Workspace},
};

const KEPT: &str =
    "what nobody handles is kept for the trail and for readers elsewhere, on purpose";

/// The crate of an event, and its name in code.
type Key<'a> = (&'a str, &'a str);

/// What the product does with events.
#[derive(Debug, Default)]
struct Uses<'a> {
    emitted: BTreeSet<Key<'a>>,
    handled: BTreeMap<Key<'a>, &'a str>,
}

pub(crate) fn check(workspace: &Workspace, boundaries: &Boundaries, report: &mut Report) {
    let events = published(workspace, boundaries);
    let mut uses = Uses::default();
    for krate in &workspace.crates {
        for unit in &krate.units {
            note(boundaries, (krate, unit), &events, &mut uses, report);
        }
    }
    for ((krate, ident), event) in &events {
        let Some(rules) = boundaries.rules(krate) else { continue };
        let event_type = events::type_of(krate, event);
        let place = event.at.place.clone();
        if !uses.emitted.contains(&(*krate, *ident)) {
            report.add(violation(
                krate,
                place.clone(),
                (
                    format!("nobody emits the event `{event_type}`"),
                    "a promise that something will be told, and never is".into(),
                    format!("emit `{ident}` in a decision or a use case, or remove it"),
                ),
            ));
        }
        let is_record = rules.records.iter().any(|record| record.get_ref() == ident);
        if !is_record && !uses.handled.contains_key(&(*krate, *ident)) {
            report.add(violation(
                krate,
                place,
                (
                    format!("nobody handles the event `{event_type}`, and it is no record"),
                    KEPT.into(),
                    format!(
                        "handle it, or list `{ident}` under `records` of [crates.{krate}] in {FILE}"
                    ),
                ),
            ));
        }
    }
    check_records(boundaries, &events, &uses, report);
}

fn violation(krate: &str, place: Place, texts: (String, String, String)) -> Violation {
    let (message, why, help) = texts;
    Violation { rule: Rule::Emission, krate: krate.to_owned(), place, message, why, help }
}

/// The events of the product.
fn published<'a>(
    workspace: &'a Workspace,
    boundaries: &Boundaries,
) -> BTreeMap<Key<'a>, &'a EventStruct> {
    let is_product = |krate: &Crate| {
        boundaries.rules(&krate.name).is_some_and(|rules| rules.kind != Kind::Tests)
    };
    let crates = workspace.crates.iter().filter(|krate| is_product(krate));
    let events = crates.flat_map(|krate| {
        let events = krate.units.iter().flat_map(Unit::events);
        let events = events.filter(|event| !event.at.scope.is_test_code());
        events.map(|event| ((krate.name.as_str(), event.ident.as_str()), event))
    });
    events.collect()
}

/// Notes which events the product of a unit emits and handles.
fn note<'a>(
    boundaries: &Boundaries,
    (krate, unit): (&Crate, &'a Unit),
    events: &BTreeMap<Key<'a>, &'a EventStruct>,
    uses: &mut Uses<'a>,
    report: &mut Report,
) {
    let names = Resolver::new(unit, &krate.surroundings);
    let kind_of = |krate: &str| boundaries.rules(krate).map(|rules| rules.kind);
    let is_host = kind_of(&krate.name) == Some(Kind::Host);
    let is_tests = kind_of(&krate.name) == Some(Kind::Tests);
    let known: BTreeSet<&str> = events.keys().map(|(_, ident)| *ident).collect();
    let of = |mention: &'a Mention| -> Vec<Key<'a>> {
        let last = mention.name.segments.last().map(String::as_str).unwrap_or_default();
        if !known.contains(last) && mention.name.segments.len() > 1 {
            return Vec::new();
        }
        let targets = names.resolve(mention).into_iter();
        targets.filter_map(|found| event_of(&krate.name, &found.target, events)).collect()
    };
    let all = |select: fn(&Fragment) -> &Vec<Mention>| {
        unit.fragments.iter().flat_map(move |fragment| select(fragment))
    };
    for built in all(|fragment| &fragment.built) {
        for key in of(built) {
            if key.0 == krate.name || (is_host && kind_of(key.0) == Some(Kind::Core)) {
                uses.emitted.insert(key);
            } else if !is_tests {
                let place = built.at.place.clone();
                report.add(violation(
                    &krate.name,
                    place,
                    (
                        format!("`{}` makes the event `{}` of {}", krate.name, key.1, key.0),
                        "a fact is told by the context that decides it".into(),
                        format!("cause it by a command of {}, or tell a fact of your own", key.0),
                    ),
                ));
            }
        }
    }
    for awaited in all(|fragment| &fragment.awaited) {
        for key in of(awaited) {
            uses.handled.entry(key).or_insert_with(|| awaited.at.file.path.as_ref());
        }
    }
}

/// The event to which a path leads.
fn event_of<'a>(
    here: &str,
    target: &Target,
    events: &BTreeMap<Key<'a>, &'a EventStruct>,
) -> Option<Key<'a>> {
    let (krate, path) = match target {
        Target::Own(path) => (here, path),
        Target::Member { krate, item } => (krate.as_str(), item),
        Target::External { .. } | Target::Unknown => return None,
    };
    let (ident, module) = path.split_last()?;
    let (key, event) = events.iter().find(|(key, _)| **key == (krate, ident.as_str()))?;
    let is_it =
        krate != here || matches!(target, Target::Member { .. }) || *event.at.module == module;
    is_it.then_some(*key)
}

/// What is declared as a record is an event that nobody handles.
fn check_records(
    boundaries: &Boundaries,
    events: &BTreeMap<Key<'_>, &EventStruct>,
    uses: &Uses<'_>,
    report: &mut Report,
) {
    for (krate, rules) in &boundaries.crates {
        let krate = krate.get_ref().as_str();
        for record in &rules.records {
            let key = (krate, record.get_ref().as_str());
            let texts = if !events.contains_key(&key) {
                (
                    format!("`{record}` is declared as a record, but {krate} has no such event"),
                    "a declaration of nothing would be there for the next event of its name".into(),
                    "remove it from `records`".into(),
                )
            } else if let Some(file) = uses.handled.get(&key) {
                (
                    format!("`{record}` is declared as a record, but somebody handles it"),
                    format!("{KEPT}; {file} wants to be told of it"),
                    "remove it from `records`".into(),
                )
            } else {
                continue;
            };
            report.add(violation(krate, boundaries.place(record.span()), texts));
        }
    }
}
