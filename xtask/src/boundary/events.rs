//! Rule 5: events are named, catalogued and evolved with care.

use std::collections::BTreeMap;

use super::{
    config::{Boundaries, Kind},
    golden::{self, example_file, schema_file},
    report::{Place, Report, Violation},
    rules::Rule,
    source::{EventStruct, OddityKind, Unit},
    workspace::{Crate, Workspace},
};

/// The type of an event: `<context>.<snake_case of the struct>` unless it is named.
pub(crate) fn type_of(krate: &str, event: &EventStruct) -> String {
    let context = krate.replace('-', "_");
    event.says.name.clone().unwrap_or_else(|| format!("{context}.{}", snake_case(&event.ident)))
}

pub(crate) fn check(workspace: &Workspace, boundaries: &Boundaries, report: &mut Report) {
    let mut known: BTreeMap<(String, u64), Place> = BTreeMap::new();
    for krate in &workspace.crates {
        let kind = boundaries.rules(&krate.name).map(|rules| rules.kind);
        for unit in &krate.units {
            for event in unit.events() {
                let event_type = type_of(&krate.name, event);
                let is_product = !event.at.scope.is_test_code() && kind != Some(Kind::Tests);
                if is_product && check_name(krate, event, &event_type, report) {
                    check_published(workspace, (krate, unit), event, &event_type, report);
                }
                let key = (event_type.clone(), event.says.version);
                let place = event.at.place.clone();
                if let Some(first) = known.get(&key) {
                    add(
                        report,
                        krate,
                        place,
                        (
                            format!(
                                "the event `{event_type}` version {} exists twice",
                                event.says.version
                            ),
                            format!(
                                "a stored event must mean one thing; the other is at {}:{}",
                                first.file, first.line
                            ),
                            "give one of them another name, or a new version".into(),
                        ),
                    );
                } else {
                    known.insert(key, place);
                }
            }
            check_hidden(boundaries, krate, unit, report);
        }
    }
}

/// No golden file changed that was published or released.
pub(crate) fn check_history(workspace: &Workspace, report: &mut Report) {
    golden::check_history(workspace, report);
}

fn add(report: &mut Report, krate: &Crate, place: Place, texts: (String, String, String)) {
    let (message, why, help) = texts;
    let krate = krate.name.clone();
    report.add(Violation { rule: Rule::Events, krate, place, message, why, help });
}

/// Whether the type says to whom the event belongs; reports it if not.
fn check_name(krate: &Crate, event: &EventStruct, event_type: &str, report: &mut Report) -> bool {
    let context = krate.name.replace('-', "_");
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let fits =
        event_type.split_once('.').is_some_and(|(owner, word)| owner == context && is_word(word));
    if !fits {
        add(
            report,
            krate,
            event.at.place.clone(),
            (
                format!(
                    "the event type `{event_type}` is not of the form `{context}.<snake_case>`"
                ),
                "the type says which context decides the fact, and is stored for ever".into(),
                format!("name it `{context}.{}`", snake_case(&event.ident)),
            ),
        );
    }
    fits
}

/// What the product publishes is in the catalogue, and every version of it can be read.
fn check_published(
    workspace: &Workspace,
    (krate, unit): (&Crate, &Unit),
    event: &EventStruct,
    event_type: &str,
    report: &mut Report,
) {
    let place = &event.at.place;
    let listed = unit.catalogued().filter(|name| *name == event.ident).count();
    let is_product =
        |other: &&EventStruct| other.ident == event.ident && !other.at.scope.is_test_code();
    let mut refuse = |texts| add(report, krate, place.clone(), texts);
    if listed < unit.events().filter(is_product).count() {
        refuse((
            format!("the event `{event_type}` is in no catalogue"),
            "the host decodes, documents and checks the events of the catalogues".into(),
            format!("list `{}` in the `catalogue!` of {}", event.ident, krate.name),
        ));
    }
    for version in 1..=event.says.version {
        if let Some(texts) = missing_file(workspace, event, event_type, version) {
            refuse(texts);
        }
        if version < event.says.version && !event.says.upcast.contains(&version) {
            refuse((
                format!("the event `{event_type}` does not upcast version {version}"),
                "events of that version are stored, and nobody could read them".into(),
                format!(
                    "say `upcast(v{version} = …)`: a function from its data to those of version {}",
                    version + 1
                ),
            ));
        }
    }
    let later = schema_file(event_type, event.says.version + 1);
    if is_file(workspace, &later) {
        refuse((
            format!(
                "the event `{event_type}` has version {}, which is not its last",
                event.says.version
            ),
            format!("{later} says that a later one was published"),
            "raise the version again, or remove the file if it never was on the main line".into(),
        ));
    }
}

fn is_file(workspace: &Workspace, file: &str) -> bool {
    workspace.files.is_file(&workspace.root.join(file))
}

/// What to say when a golden file of a version is not there.
fn missing_file(
    workspace: &Workspace,
    event: &EventStruct,
    event_type: &str,
    version: u64,
) -> Option<(String, String, String)> {
    let files = [
        ("schema", schema_file(event_type, version), "is what readers of stored events rely on"),
        (
            "example",
            example_file(event_type, version),
            "stands for data that are stored, and is read by a test",
        ),
    ];
    let (what, file, why) = files.into_iter().find(|(_, file, _)| !is_file(workspace, file))?;
    let help = if version == event.says.version {
        "write it with `cargo xtask codegen` and commit it".into()
    } else {
        format!("it was written when that version was current: `git log --all -- {file}` finds it")
    };
    Some((
        format!("the event `{event_type}` has no {what} for version {version}"),
        format!("{file} {why}"),
        help,
    ))
}

/// Events that this check would not see.
fn check_hidden(boundaries: &Boundaries, krate: &Crate, unit: &Unit, report: &mut Report) {
    // What derives events writes such an implementation.
    let is_core = boundaries
        .rules(&krate.name)
        .is_some_and(|rules| matches!(rules.kind, Kind::Core | Kind::Tool));
    for oddity in unit.oddities() {
        let message = match oddity.kind {
            OddityKind::HandWrittenEvent if !is_core => "`DomainEvent` is implemented by hand",
            OddityKind::EventInMacro if !is_core => "an event is derived within a macro",
            OddityKind::HandWrittenEvent
            | OddityKind::EventInMacro
            | OddityKind::PathAttribute
            | OddityKind::Include
            | OddityKind::MacroUse
            | OddityKind::MacroOfAllLayers
            | OddityKind::MacroInExports
            | OddityKind::Unreadable(_) => continue,
        };
        if !oddity.at.scope.is_test_code() {
            add(report, krate, oddity.at.place.clone(), (
                message.into(),
                "an event that is not a derived struct escapes catalogue, schema and this check".into(),
                "write a struct with `#[derive(DomainEvent)]`".into(),
            ));
        }
    }
}

/// `ProjectCreated` → `project_created`, `APIKeyUsed` → `api_key_used`.
pub(crate) fn snake_case(ident: &str) -> String {
    let chars: Vec<char> = ident.chars().collect();
    let mut text = String::new();
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let after_small = before.is_some_and(|before| !before.is_uppercase() && *before != '_');
        let before_small = chars.get(index + 1).is_some_and(|next| next.is_lowercase());
        let after_capital = before.is_some_and(|before| before.is_uppercase());
        if c.is_uppercase() && (after_small || (after_capital && before_small)) {
            text.push('_');
        }
        text.extend(c.to_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_types_are_spelled_in_snake_case() {
        assert_eq!(snake_case("ProjectCreated"), "project_created");
        assert_eq!(snake_case("APIKeyUsed"), "api_key_used");
        assert_eq!(snake_case("Renamed"), "renamed");
        assert_eq!(snake_case("V2Created"), "v2_created");
    }
}
