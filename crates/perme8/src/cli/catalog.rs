//! `perme8 events catalog`.

use perme8_events::EventDescriptor;
use schemars::Schema;
use serde::Serialize;

use crate::{
    catalogue,
    cli::{Paint, Report, tables::table},
};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Add the JSON Schema of each event's data
    #[arg(long)]
    pub(crate) schemas: bool,
}

/// Every type of event that this program knows.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Catalog {
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    event_type: &'static str,
    version: u16,
    aggregate_type: &'static str,
    rust_name: &'static str,
    summary: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Schema>,
}

pub(crate) fn catalog(args: &Args) -> Catalog {
    let entry = |event: &EventDescriptor| {
        let EventDescriptor {
            event_type,
            version,
            aggregate_type,
            rust_name,
            summary,
            schema,
            upcasters: _,
            check: _,
            parse: _,
        } = *event;
        Entry {
            event_type,
            version,
            aggregate_type,
            rust_name,
            summary,
            schema: args.schemas.then(schema),
        }
    };
    Catalog { entries: catalogue::events().map(entry).collect() }
}

impl Report for Catalog {
    fn text(&self, paint: Paint) -> String {
        if self.entries.iter().all(|entry| entry.schema.is_none()) {
            let rows =
                self.entries.iter().map(|entry| {
                    let Entry {
                        event_type,
                        version,
                        aggregate_type,
                        rust_name: _,
                        summary,
                        schema: _,
                    } = entry;
                    vec![
                        (*event_type).to_owned(),
                        version.to_string(),
                        (*aggregate_type).to_owned(),
                        (*summary).to_owned(),
                    ]
                });
            return table(&["event", "version", "aggregate", "meaning"], &[1], rows);
        }
        let shown = self.entries.iter().map(|entry| {
            let schema = entry.schema.as_ref().map(serde_json::to_string_pretty);
            let schema = schema.transpose().expect("schemas are JSON").unwrap_or_default();
            format!(
                "{} v{}\n{}\n{schema}",
                paint.event(entry.event_type),
                entry.version,
                entry.summary
            )
        });
        shown.collect::<Vec<_>>().join("\n\n")
    }
}
