//! What there is to document: events with who sees, emits and handles them, and the contexts that they belong to.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use serde_json::Value;

use crate::{
    boundary::{attributes::Viewers, config::Kind},
    catalogue::Entry,
};

use super::{
    canvas::{self, Canvas},
    emitters::{self, Emitter},
    handlers::{self, Handler},
    reader::Reader,
};

/// Everything that the documents are made of.
#[derive(Debug)]
pub(crate) struct Landscape {
    /// By their types.
    pub(crate) events: BTreeMap<String, Event>,
    /// By their names.
    pub(crate) handlers: Vec<Handler>,
    /// The crates that have a canvas, by their names.
    pub(crate) canvases: Vec<Canvas>,
}

/// One event type.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its type, as it is stored.
    pub(crate) name: String,
    pub(crate) version: u64,
    /// The crate that owns it.
    pub(crate) krate: String,
    /// Its Rust type.
    pub(crate) ident: String,
    /// Where that is.
    pub(crate) file: Arc<str>,
    pub(crate) aggregate_type: String,
    /// The field, or the fields in braces, that say to which one it happened.
    pub(crate) identified_by: Option<String>,
    pub(crate) audience: Vec<Viewers>,
    /// The schema of its data.
    pub(crate) schema: Value,
    pub(crate) emitters: Vec<Emitter>,
}

impl Event {
    /// What it means, as its documentation says.
    pub(crate) fn docs(&self) -> &str {
        self.schema.get("description").and_then(Value::as_str).unwrap_or_default()
    }
}

impl Landscape {
    /// What source, boundaries and the catalogue of the host say together.
    pub(crate) fn of(reader: &Reader<'_>, catalogue: Vec<Entry>) -> anyhow::Result<Self> {
        let mut emitters = emitters::of(reader);
        let mut events = BTreeMap::new();
        for Entry { event_type, version, schema } in catalogue {
            let known = reader.event(&event_type).with_context(|| {
                format!("the catalogue has {event_type}, of which the source knows nothing")
            })?;
            let event = Event {
                version,
                krate: known.krate.name.clone(),
                ident: known.event.ident.clone(),
                file: Arc::clone(&known.event.at.place.file),
                aggregate_type: known.event.says.aggregate.clone().unwrap_or_default(),
                identified_by: known.event.identified_by.clone(),
                audience: known.event.says.audience.clone(),
                schema,
                emitters: emitters.remove(&event_type).unwrap_or_default(),
                name: event_type.clone(),
            };
            events.insert(event_type, event);
        }
        let handlers = handlers::of(reader)?;
        let canvases = canvas::of(reader, &events, &handlers)?;
        Ok(Self { events, handlers, canvases })
    }

    /// The events that belong to a crate.
    pub(crate) fn events_of(&self, krate: &str) -> impl Iterator<Item = &Event> {
        self.events.values().filter(move |event| event.krate == krate)
    }

    /// The handlers that want this event and not simply all of them.
    pub(crate) fn handlers_of(&self, event: &Event) -> impl Iterator<Item = &Handler> {
        self.handlers.iter().filter(|handler| handler.wants_some(event))
    }

    /// The handlers that want every event there is.
    pub(crate) fn handlers_of_all(&self) -> impl Iterator<Item = &Handler> {
        self.handlers.iter().filter(|handler| handler.wants_all())
    }

    /// The crates that own events, with how many there are.
    pub(crate) fn owners(&self) -> BTreeMap<&str, usize> {
        let mut owners = BTreeMap::new();
        for event in self.events.values() {
            *owners.entry(event.krate.as_str()).or_default() += 1;
        }
        owners
    }

    /// The canvases of contexts, and those of everything else.
    pub(crate) fn contexts(&self, are_contexts: bool) -> impl Iterator<Item = &Canvas> {
        self.canvases.iter().filter(move |canvas| (canvas.kind == Kind::Context) == are_contexts)
    }
}
