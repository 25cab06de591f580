//! An aggregate that records what happened to another kind of aggregate.

use perme8_events::{Aggregate, DomainEvent, Unsaved};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

struct Project {
    id: u8,
}

impl Aggregate for Project {
    const TYPE: &'static str = "project";
    type Id = u8;

    fn id(&self) -> u8 {
        self.id
    }
}

/// Emitted when a document is created.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "documents.document_created", aggregate = "document", audience(operators))]
struct DocumentCreated {
    #[event(aggregate_id)]
    document_id: u8,
}

fn main() {
    let _created = Unsaved::new(Project { id: 1 }).record(DocumentCreated { document_id: 1 });
}
