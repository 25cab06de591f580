//! The ids of what this context keeps.

use perme8_events::Id;
use uuid::Uuid;

/// Marks the ids of entities, the nodes of a graph.
#[derive(Debug)]
pub enum GraphEntity {}

/// Identifies an entity.
pub type EntityId = Id<GraphEntity>;

/// Marks the ids of edges, which lead from one entity to another.
#[derive(Debug)]
pub enum GraphEdge {}

/// Identifies an edge.
pub type EdgeId = Id<GraphEdge>;

/// Marks the ids of schemas.
#[derive(Debug)]
pub enum WorkspaceSchema {}

/// Identifies the schema of a workspace.
pub type SchemaId = Id<WorkspaceSchema>;

/// Marks the ids of what is done to many entities or edges at once.
#[derive(Debug)]
pub enum BulkOperation {}

/// Identifies what was done to many entities or edges at once.
pub type BulkOperationId = Id<BulkOperation>;

/// Marks the ids of walks through a graph.
#[derive(Debug)]
pub enum GraphTraversal {}

/// Identifies a walk through a graph.
pub type TraversalId = Id<GraphTraversal>;

/// How many characters an id has.
const LENGTH: usize = 36;

/// The id that a text is: a UUID with its hyphens, in either case. No other spelling of a UUID is an id.
#[must_use]
pub fn parse_id<A>(text: &str) -> Option<Id<A>> {
    let is_long_enough = text.len() == LENGTH;
    Uuid::try_parse(text).ok().filter(|_| is_long_enough).map(Id::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_spelled_in_one_way_in_any_case() {
        let ours = "0199a1b2-0000-7000-8000-00000000000a";
        let parsed = |text: &str| parse_id(text).map(|id: EntityId| id.to_string());
        assert_eq!(parsed(ours).as_deref(), Some(ours));
        assert_eq!(parsed(&ours.to_uppercase()).as_deref(), Some(ours));
        let simple = ours.replace('-', "");
        let others = [
            "",
            "engines",
            &simple,
            &format!("{{{ours}}}"),
            &format!("urn:uuid:{ours}"),
            &ours[1..],
        ];
        for other in others {
            assert_eq!(parsed(other), None, "{other}");
        }
    }
}
