//! The trail as a file: CSV for people and their tables, JSON Lines for programs.

use std::borrow::Cow;

use chrono::SecondsFormat;
use csv::{Terminator, WriterBuilder};

use super::{AuditActor, AuditEntry, AuditPerson};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditFormat {
    /// RFC 4180, with a header.
    Csv,
    /// A JSON document a line.
    JsonLines,
}

const HEADER: [&str; 20] = [
    "position",
    "event_id",
    "occurred_at",
    "event_type",
    "summary",
    "aggregate_type",
    "aggregate_id",
    "actor_kind",
    "actor_id",
    "actor_name",
    "actor_ref",
    "on_behalf_of_id",
    "on_behalf_of_name",
    "workspace_id",
    "correlation_id",
    "causation_id",
    "request_id",
    "address",
    "user_agent",
    "session_id",
];

impl AuditFormat {
    /// What the file is called behind the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }

    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    /// How the file begins.
    #[must_use]
    pub fn head(self) -> Vec<u8> {
        match self {
            Self::Csv => rows([HEADER.map(Cow::Borrowed)]),
            Self::JsonLines => Vec::new(),
        }
    }

    /// These entries as they stand in the file, each in a line that ends.
    #[must_use]
    pub fn lines(self, entries: &[AuditEntry]) -> Vec<u8> {
        match self {
            Self::Csv => rows(entries.iter().map(cells)),
            Self::JsonLines => json_lines(entries),
        }
    }
}

fn json_lines(entries: &[AuditEntry]) -> Vec<u8> {
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, entry).expect("entries are always JSON");
        lines.push(b'\n');
    }
    lines
}

fn rows<'r>(rows: impl IntoIterator<Item = [Cow<'r, str>; HEADER.len()]>) -> Vec<u8> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| guarded(cell));
        writer
            .write_record(cells.map(|cell| cell.into_owned().into_bytes()))
            .expect("a Vec takes everything, and every row has as many cells as the header");
    }
    writer.into_inner().expect("a Vec takes everything")
}

/// Keeps spreadsheets from taking a text for a formula.
fn guarded(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

fn cells(entry: &AuditEntry) -> [Cow<'_, str>; HEADER.len()] {
    let AuditEntry {
        position,
        event_id,
        occurred_at,
        event_type,
        summary,
        aggregate_type,
        aggregate_id,
        actor: AuditActor { kind, user_id, name, reference },
        on_behalf_of,
        workspace_id,
        // Scopes are for programs; the file has only what its reader may see.
        audience: _,
        correlation_id,
        causation_id,
        request_id,
        address,
        user_agent,
        session_id,
    } = entry;
    let person = |of: fn(&AuditPerson) -> Option<String>| {
        Cow::Owned(on_behalf_of.as_ref().and_then(of).unwrap_or_default())
    };
    [
        position.to_string().into(),
        event_id.to_string().into(),
        occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true).into(),
        event_type.into(),
        summary.into(),
        aggregate_type.into(),
        aggregate_id.into(),
        kind.into(),
        or_empty(*user_id),
        text(name.as_deref()),
        text(reference.as_deref()),
        person(|person| Some(person.user_id.to_string())),
        person(|person| person.name.clone()),
        or_empty(*workspace_id),
        correlation_id.to_string().into(),
        or_empty(*causation_id),
        text(request_id.as_deref()),
        text(address.as_deref()),
        text(user_agent.as_deref()),
        or_empty(*session_id),
    ]
}

fn or_empty(value: Option<impl ToString>) -> Cow<'static, str> {
    Cow::Owned(value.map(|value| value.to_string()).unwrap_or_default())
}

fn text(value: Option<&str>) -> Cow<'_, str> {
    Cow::Borrowed(value.unwrap_or_default())
}
