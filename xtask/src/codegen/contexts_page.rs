//! `docs/contexts.md`: a map of the contexts, and a canvas of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::boundary::config::Kind;

use super::{
    MARK,
    canvas::{Canvas, Command, Job, Query},
    events_page,
    handlers::Handler,
    landscape::{Event, Landscape},
    markdown::{count, first, rebased, sentence, table, to_file, to_heading},
};

/// The file, and where it lies.
pub(crate) const FILE: &str = "docs/contexts.md";

/// What is said of all of them.
const ABOUT: &str = "\
A context decides about its own facts and tells the others by events; nobody calls the commands of another context.
A solid arrow says how many types of events of one are handled by another, a dotted one who asks whom.
What is declared stands in [boundaries.toml](../boundaries.toml), every event in [events.md](events.md).
";

/// The group of the facades that other contexts ask.
const QUERIES: &str = "queries";

/// The whole page.
pub(crate) fn page(landscape: &Landscape) -> String {
    let mut text = format!("{MARK}\n# Contexts\n\n{ABOUT}\n");
    map(&mut text, landscape);
    let of_all: Vec<String> = landscape.handlers_of_all().map(shown).collect();
    if !of_all.is_empty() {
        let _ =
            writeln!(text, "\n{} handles every event and is not on the map.", of_all.join(", "));
    }
    text.push_str("\n## Contents\n\n");
    for canvas in landscape.contexts(true).chain(landscape.contexts(false)) {
        let name = to_heading(&canvas.krate, "", &canvas.krate);
        let _ = match canvas.purpose.lines().next() {
            Some(first) => writeln!(text, "- {name}: {}", sentence(first)),
            None => writeln!(text, "- {name}"),
        };
    }
    for canvas in landscape.contexts(true).chain(landscape.contexts(false)) {
        draw(&mut text, landscape, canvas);
    }
    text
}

/// The context map.
fn map(text: &mut String, landscape: &Landscape) {
    text.push_str("```mermaid\nflowchart LR\n");
    let flows = flows(landscape);
    let asks = asks(landscape);
    let named = |krate: &str| {
        flows.keys().chain(&asks).any(|(one, other)| *one == krate || *other == krate)
    };
    for canvas in &landscape.canvases {
        let events = landscape.events_of(&canvas.krate).count();
        if canvas.kind != Kind::Context && !named(&canvas.krate) {
            continue;
        }
        let label = match events {
            0 => canvas.krate.clone(),
            _ => format!("{}<br/>{}", canvas.krate, count(events, "event")),
        };
        let (open, close) = if canvas.kind == Kind::Context { ("(", ")") } else { ("[[", "]]") };
        let _ = writeln!(text, "    {}{open}\"{label}\"{close}", node(&canvas.krate));
    }
    for ((from, to), events) in &flows {
        let events = count(events.len(), "event");
        let _ = writeln!(text, "    {} -->|{events}| {}", node(from), node(to));
    }
    for (from, to) in &asks {
        let _ = writeln!(text, "    {} -.->|asks| {}", node(from), node(to));
    }
    text.push_str("```\n");
}

/// What the map calls a crate, where a hyphen is a part of an arrow.
fn node(krate: &str) -> String {
    krate.replace('-', "_")
}

/// The types of events that go from one crate to another.
fn flows(landscape: &Landscape) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
    let mut flows: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for event in landscape.events.values() {
        for handler in landscape.handlers_of(event).filter(|handler| handler.krate != event.krate) {
            let way = (event.krate.as_str(), handler.krate.as_str());
            flows.entry(way).or_default().insert(event.name.as_str());
        }
    }
    flows
}

/// Which context asks which.
fn asks(landscape: &Landscape) -> BTreeSet<(&str, &str)> {
    let contexts = landscape.contexts(true);
    let asked = contexts.flat_map(|canvas| {
        let uses =
            canvas.uses.iter().filter(|(_, groups)| groups.iter().any(|group| group == QUERIES));
        uses.map(|(to, _)| (canvas.krate.as_str(), to.as_str()))
    });
    asked.collect()
}

fn draw(text: &mut String, landscape: &Landscape, canvas: &Canvas) {
    let Canvas { krate, kind, folder, purpose, commands, queries, jobs, tables, uses } = canvas;
    let _ = writeln!(text, "\n## {krate}\n");
    let (purpose, source) = (rebased(purpose, folder), to_file(&format!("`{folder}`"), folder));
    let what = if *kind == Kind::Context {
        String::new()
    } else {
        format!("; no context, but of the kind *{kind}*")
    };
    if !purpose.is_empty() {
        let _ = writeln!(text, "{purpose}\n");
    }
    let _ = writeln!(text, "Source: {source}{what}.");
    if !uses.is_empty() {
        let uses = uses.iter().map(|(to, groups)| format!("`{to}` ({})", groups.join(", ")));
        let _ = writeln!(text, "Uses {}.", uses.collect::<Vec<_>>().join(", "));
    }
    let rows: Vec<_> = commands.iter().map(|command| command_row(landscape, command)).collect();
    part(text, "Commands", &["command", "meaning", "through", "may emit"], &rows);
    let (of_others, of_interfaces): (Vec<&Query>, Vec<&Query>) =
        queries.iter().partition(|query| query.group == QUERIES);
    let of_queries = |queries: Vec<&Query>| queries.into_iter().map(query_row).collect::<Vec<_>>();
    let title = "Queries, and what else can be asked for";
    part(text, title, &["method", "meaning"], &of_queries(of_interfaces));
    part(text, "Queries of other contexts", &["method", "meaning"], &of_queries(of_others));
    let rows: Vec<_> = landscape.events_of(krate).map(|event| out_row(landscape, event)).collect();
    part(text, "Events out", &["event", "meaning", "handled by"], &rows);
    part(text, "Events in", &["event", "from", "handled by"], &in_rows(landscape, canvas));
    let own = landscape.handlers.iter().filter(|handler| handler.krate == *krate);
    let rows: Vec<_> = own.map(|handler| handler_row(landscape, handler)).collect();
    part(text, "Handlers", &["handler", "what", "meaning", "events"], &rows);
    let rows: Vec<_> = jobs.iter().map(job_row).collect();
    part(text, "Jobs", &["job", "queue", "meaning"], &rows);
    if !tables.is_empty() {
        let tables: Vec<String> = tables.iter().map(|table| format!("`{table}`")).collect();
        let _ = writeln!(text, "\n**Tables**\n\n{}", tables.join(", "));
    }
}

/// A part of a canvas, unless there is nothing in it.
fn part(text: &mut String, title: &str, head: &[&str], rows: &[Vec<String>]) {
    if !rows.is_empty() {
        let _ = write!(text, "\n**{title}**\n\n{}", table(head, rows));
    }
}

fn command_row(landscape: &Landscape, command: &Command) -> Vec<String> {
    let Command { ident, docs, file, through, emits } = command;
    let code = |text: &String| format!("`{text}`");
    let emitted = emits.iter().filter_map(|event_type| landscape.events.get(event_type));
    vec![
        to_file(&code(ident), file),
        first(docs),
        through.iter().map(code).collect::<Vec<_>>().join(", "),
        emitted.map(short).collect::<Vec<_>>().join(", "),
    ]
}

fn query_row(Query { name, docs, file, .. }: &Query) -> Vec<String> {
    vec![to_file(&format!("`{name}`"), file), first(docs)]
}

fn job_row(Job { ident, queue, docs, file }: &Job) -> Vec<String> {
    vec![to_file(&format!("`{ident}`"), file), format!("`{queue}`"), first(docs)]
}

fn out_row(landscape: &Landscape, event: &Event) -> Vec<String> {
    let by = landscape.handlers_of(event).map(|handler| format!("`{}`", handler.name));
    vec![long(event), sentence(event.docs()), by.collect::<Vec<_>>().join(", ")]
}

/// The events that its handlers want, one by one.
fn in_rows(landscape: &Landscape, canvas: &Canvas) -> Vec<Vec<String>> {
    let rows = landscape.events.values().filter_map(|event| {
        let by = landscape.handlers_of(event).filter(|handler| handler.krate == canvas.krate);
        let by: Vec<String> = by.map(|handler| format!("`{}`", handler.name)).collect();
        (!by.is_empty()).then(|| vec![long(event), event.krate.clone(), by.join(", ")])
    });
    rows.collect()
}

fn handler_row(landscape: &Landscape, handler: &Handler) -> Vec<String> {
    let wanted = if handler.wants_all() {
        "every event".to_owned()
    } else {
        count(landscape.events.values().filter(|event| handler.wants_some(event)).count(), "type")
    };
    vec![shown(handler), handler.kind.to_owned(), first(&handler.docs), wanted]
}

fn shown(handler: &Handler) -> String {
    to_file(&format!("`{}`", handler.name), &handler.file)
}

/// An event by its type.
fn long(event: &Event) -> String {
    let heading = events_page::heading(event);
    to_heading(&heading, "events.md", &heading)
}

/// An event by its Rust type.
fn short(event: &Event) -> String {
    to_heading(&format!("`{}`", event.ident), "events.md", &events_page::heading(event))
}
