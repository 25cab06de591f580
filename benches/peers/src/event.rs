//! What each store is given: the same text, and the number by which it is known again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What happened to a document, some 330 bytes of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Change {
    pub(crate) number: u64,
    title: String,
    owner: String,
    tags: Vec<String>,
    changed: Vec<String>,
    preview: String,
    actor: Uuid,
    workspace: Uuid,
}

impl Change {
    pub(crate) fn new(number: u64) -> Self {
        Self {
            number,
            title: "Quarterly planning notes".to_owned(),
            owner: "owner@example.com".to_owned(),
            tags: ["planning", "q3", "shared"].map(str::to_owned).to_vec(),
            changed: ["title", "body"].map(str::to_owned).to_vec(),
            preview: "Collect the figures of the last three months, and write a page on what should change"
                .to_owned(),
            actor: Uuid::from_u128(1),
            workspace: Uuid::from_u128(2),
        }
    }
}

/// A document of its own for each transaction, so that no store has two writers of one.
pub(crate) fn fresh() -> Uuid {
    Uuid::now_v7()
}
