//! `docs/events.md`: every event.

use std::fmt::Write as _;

use crate::boundary::{
    attributes::Viewers,
    golden::{example_file, schema_file},
};

use super::{
    MARK,
    fields::{self, Field},
    landscape::{Event, Landscape},
    markdown::{count, first, prose, sentence, table, to_file, to_heading},
};

/// The file, and where it lies.
pub(crate) const FILE: &str = "docs/events.md";

/// What is said of all of them.
const ABOUT: &str = "\
An event says what has happened, in the past tense, and is stored with whatever it changed in one commit.
Its data are below; the envelope around them says who did it, when and because of what, and is described in [asyncapi.json](asyncapi.json).
Types and versions are stored for ever: a schema only grows, and what would break a reader becomes the next version.

*Seen by* says for whom an event is; whether somebody still is a member is asked again whenever it is delivered.
*Emitted by* names the commands and handlers that may lead to it, as their source says; a decision that may tell of several \
events counts for each of them.
Fields that are *optional* may be missing or `null`; those that are *personal* become `{\"$forgotten\": true}` when the person whom the event names is forgotten.
What is personal of somebody whom the event does not name stays as it was written.
";

/// The whole page.
pub(crate) fn page(landscape: &Landscape) -> String {
    let mut text = format!("{MARK}\n# Events\n\n");
    let owners = landscape.owners();
    let _ = writeln!(
        text,
        "{} of {}; [contexts.md](contexts.md) shows how they flow between these.",
        count(landscape.events.len(), "event"),
        count(owners.len(), "crate"),
    );
    text.push_str(ABOUT);
    let of_all: Vec<String> = landscape.handlers_of_all().map(handler).collect();
    if !of_all.is_empty() {
        let _ = writeln!(
            text,
            "Every event is also handled by {}, which is not repeated below.",
            of_all.join(", ")
        );
    }
    text.push_str("\n## Contents\n\n");
    for (owner, number) in &owners {
        let _ = writeln!(text, "- {}: {}", to_heading(owner, "", owner), count(*number, "event"));
        for event in landscape.events_of(owner) {
            let heading = heading(event);
            let _ = writeln!(
                text,
                "  - {}: {}",
                to_heading(&heading, "", &heading),
                sentence(event.docs())
            );
        }
    }
    for owner in owners.keys() {
        let _ = writeln!(text, "\n## {owner}");
        for event in landscape.events_of(owner) {
            text.push('\n');
            section(&mut text, landscape, event);
        }
    }
    text
}

/// The heading under which an event stands.
pub(crate) fn heading(event: &Event) -> String {
    format!("`{}`", event.name)
}

fn section(text: &mut String, landscape: &Landscape, event: &Event) {
    let _ = writeln!(text, "### {}\n", heading(event));
    for paragraph in prose(event.docs()) {
        let _ = writeln!(text, "{paragraph}\n");
    }
    let said = |what: &str, how: String| vec![what.to_owned(), how];
    let subject = match &event.identified_by {
        Some(id) => format!("`{}`, by `{id}`", event.aggregate_type),
        None => format!("`{}`", event.aggregate_type),
    };
    let facts = [
        said("in Rust", to_file(&format!("`{}`", event.ident), &event.file)),
        said("version", versions(event)),
        said("happens to", subject),
        said("seen by", seen_by(event)),
        said("emitted by", emitted_by(event)),
        said("handled by", handled_by(landscape, event)),
    ];
    text.push_str(&table(&["", ""], &facts));
    let fields: Vec<Vec<String>> = fields::of(&event.schema).into_iter().map(row).collect();
    if !fields.is_empty() {
        text.push('\n');
        text.push_str(&table(&["field", "form", "meaning"], &fields));
    }
}

/// Every version with its golden files, the present one first.
fn versions(event: &Event) -> String {
    let of = |version: u64| {
        let schema = to_file("schema", &schema_file(&event.name, version));
        let example = to_file("example", &example_file(&event.name, version));
        format!("{version} ({schema}, {example})")
    };
    (1..=event.version).rev().map(of).collect::<Vec<_>>().join(", before ")
}

/// Who sees an event, in words.
pub(crate) fn seen_by(event: &Event) -> String {
    let words = |viewers: &Viewers| match viewers {
        Viewers::Workspace => "the members of the workspace".to_owned(),
        Viewers::Managers => "the managers of the workspace".to_owned(),
        Viewers::User(field) => format!("the person in `{field}`"),
        Viewers::Each(field) => format!("everybody in `{field}`"),
        Viewers::EachWorkspace(field) => format!("the members of every workspace in `{field}`"),
        Viewers::WorkspaceIf(field, otherwise) => {
            format!(
                "the members of the workspace if `{field}`, otherwise the person in `{otherwise}`"
            )
        }
        Viewers::Operators => "operators".to_owned(),
    };
    match event.audience.as_slice() {
        [] => "nobody".to_owned(),
        viewers => viewers.iter().map(words).collect::<Vec<_>>().join("; "),
    }
}

fn emitted_by(event: &Event) -> String {
    if event.emitters.is_empty() {
        return "nobody".to_owned();
    }
    let shown = event.emitters.iter().map(|by| {
        let link = to_file(&format!("`{}`", by.name), &by.file);
        if by.krate == event.krate { link } else { format!("{link} of {}", by.krate) }
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn handled_by(landscape: &Landscape, event: &Event) -> String {
    let shown: Vec<String> = landscape.handlers_of(event).map(handler).collect();
    if shown.is_empty() { "nobody: it is a record".to_owned() } else { shown.join(", ") }
}

fn handler(handler: &super::handlers::Handler) -> String {
    to_file(&format!("`{}`", handler.name), &handler.file)
}

fn row(field: Field) -> Vec<String> {
    let Field { name, form, is_optional, is_personal, meaning, words } = field;
    let marks = [(is_optional, ", optional"), (is_personal, ", personal")];
    let marks: String =
        marks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, mark)| mark).collect();
    let words = words.into_iter().map(|(word, meaning)| match meaning.as_str() {
        "" => format!("`{word}`"),
        _ => format!("`{word}`: {}", first(&meaning)),
    });
    let meaning = std::iter::once(prose(&meaning).join(" ")).filter(|meaning| !meaning.is_empty());
    let meaning = meaning.chain(words).collect::<Vec<_>>().join("<br>");
    vec![format!("`{name}`"), format!("{form}{marks}"), meaning]
}
