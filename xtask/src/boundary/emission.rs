//! Rule 7: every event is emitted by its own crate, and somebody handles it or it is kept as a record.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    config::{Boundaries, FILE, Kind},
    events,
    names::{Resolved, Resolver, Target},
    report::{Place, Report, Violation},
    rules::Rule,
    source::{EventStruct, ModulePath, Unit},
    workspace::{Crate, Workspace},
};

const KEPT: &str =
    "what nobody handles is kept for the trail and for readers elsewhere, on purpose";

/// The crate of an event, and its name in code.
type Key = (String, String);

/// The events of the product, each with the module that declares it.
pub(crate) type Events = BTreeMap<Key, ModulePath>;

/// What the product of one crate does with events.
#[derive(Debug, Default, Clone)]
pub(crate) struct Uses {
    emitted: BTreeSet<Key>,
    /// Each with a file that wants to be told of it.
    handled: BTreeMap<Key, String>,
    /// Events of others that it makes.
    forged: Vec<Violation>,
}

/// What the product of a crate declares.
fn declared<'a>(
    boundaries: &Boundaries,
    krate: &'a Crate,
) -> impl Iterator<Item = &'a EventStruct> {
    let kind = boundaries.rules(&krate.name).map(|rules| rules.kind);
    let units = krate.units.iter().filter(move |_| kind.is_some_and(|kind| kind != Kind::Tests));
    units.flat_map(Unit::events).filter(|event| !event.at.scope.is_test_code())
}

/// The events of the product.
pub(crate) fn published(workspace: &Workspace, boundaries: &Boundaries) -> Events {
    let events = workspace.crates.iter().flat_map(|krate| {
        declared(boundaries, krate).map(|event| {
            ((krate.name.clone(), event.ident.clone()), event.at.module.as_ref().clone())
        })
    });
    events.collect()
}

/// What the product of a crate does with them.
pub(crate) fn uses(boundaries: &Boundaries, krate: &Crate, events: &Events) -> Uses {
    let kind_of = |krate: &str| boundaries.rules(krate).map(|rules| rules.kind);
    let kind = kind_of(&krate.name);
    let mut uses = Uses::default();
    for unit in &krate.units {
        let names = Resolver::new(unit, &krate.surroundings);
        let leads_to = |resolved: &[Resolved], key: &Key, module: &ModulePath| {
            resolved.iter().any(|found| is_event(&krate.name, &found.target, key, module))
        };
        for (key, module) in events {
            let (owner, ident) = key;
            let is_own = *owner == krate.name;
            // What happens to the core happens to hosts, which tell it.
            let is_of_host = kind == Some(Kind::Host) && kind_of(owner) == Some(Kind::Core);
            for built in unit.built(ident) {
                if !leads_to(&names.resolve(built), key, module) {
                    continue;
                }
                if is_own || is_of_host {
                    uses.emitted.insert(key.clone());
                } else if !matches!(kind, Some(Kind::Tests | Kind::Example)) {
                    uses.forged.push(violation(
                        &krate.name,
                        built.at.place.clone(),
                        (
                            format!("`{}` makes the event `{ident}` of {owner}", krate.name),
                            "a fact is told by the context that decides it".into(),
                            format!("cause it by a command of {owner}, or tell a fact of your own"),
                        ),
                    ));
                }
            }
        }
        // Whoever shows or tests what can be handled keeps no promise of the product.
        let is_product = kind.is_some_and(Kind::is_product);
        for fragment in unit.fragments.iter().filter(|_| is_product) {
            for awaited in &fragment.awaited {
                let resolved = names.resolve(awaited);
                let awaits = events.iter().filter(|(key, module)| leads_to(&resolved, key, module));
                let file = || fragment.file.path.to_string();
                uses.handled.extend(awaits.map(|(key, _)| (key.clone(), file())));
            }
        }
    }
    uses
}

/// Whether a path leads to an event.
fn is_event(here: &str, target: &Target, (owner, ident): &Key, declared: &ModulePath) -> bool {
    match target {
        Target::Own(path) => {
            let (last, module) = path
                .split_last()
                .map_or(("", path.as_slice()), |(last, module)| (last.as_str(), module));
            here == owner && last == ident && module == declared
        }
        Target::Member { krate, item } => krate == owner && item.last() == Some(ident),
        Target::External { .. } | Target::Unknown => false,
    }
}

/// Holds the rule, given what every crate does with events.
pub(crate) fn check(
    workspace: &Workspace,
    boundaries: &Boundaries,
    all: &[&Uses],
    report: &mut Report,
) {
    report.violations.extend(all.iter().flat_map(|uses| &uses.forged).cloned());
    let is_emitted = |key: &Key| all.iter().any(|uses| uses.emitted.contains(key));
    let handler = |key: &Key| all.iter().find_map(|uses| uses.handled.get(key));
    for krate in &workspace.crates {
        let Some(rules) = boundaries.rules(&krate.name) else { continue };
        for event in declared(boundaries, krate) {
            let key = (krate.name.clone(), event.ident.clone());
            let ident = &event.ident;
            if !is_emitted(&key) {
                let event_type = events::type_of(&krate.name, event);
                report.add(violation(
                    &krate.name,
                    event.at.place.clone(),
                    (
                        format!("nobody emits the event `{event_type}`"),
                        "a promise that something will be told, and never is".into(),
                        format!("emit `{ident}` in a decision or a use case, or remove it"),
                    ),
                ));
            }
            let is_record = rules.records.iter().any(|record| record.get_ref() == ident);
            if !is_record && handler(&key).is_none() {
                let event_type = events::type_of(&krate.name, event);
                report.add(violation(
                    &krate.name,
                    event.at.place.clone(),
                    (
                        format!("nobody handles the event `{event_type}`, and it is no record"),
                        KEPT.into(),
                        format!(
                            "handle it, or list `{ident}` under `records` of [crates.{}] in {FILE}",
                            krate.name
                        ),
                    ),
                ));
            }
        }
        let exists = |record: &str| declared(boundaries, krate).any(|event| event.ident == record);
        for record in &rules.records {
            let key = (krate.name.clone(), record.get_ref().clone());
            let texts = if !exists(record.get_ref()) {
                (
                    format!(
                        "`{record}` is declared as a record, but {} has no such event",
                        krate.name
                    ),
                    "a declaration of nothing would be there for the next event of its name".into(),
                    "remove it from `records`".into(),
                )
            } else if let Some(file) = handler(&key) {
                (
                    format!("`{record}` is declared as a record, but somebody handles it"),
                    format!("{KEPT}; {file} wants to be told of it"),
                    "remove it from `records`".into(),
                )
            } else {
                continue;
            };
            report.add(violation(&krate.name, boundaries.place(record.span()), texts));
        }
    }
}

fn violation(krate: &str, place: Place, texts: (String, String, String)) -> Violation {
    let (message, why, help) = texts;
    Violation { rule: Rule::Emission, krate: krate.to_owned(), place, message, why, help }
}
