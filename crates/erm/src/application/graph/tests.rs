//! What is told of a graph that changes while somebody walks through it.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::{
    find_paths::FindPaths,
    traverse::{Subgraph, Traverse},
    *,
};
use crate::{
    Depth, PathMode,
    domain::graph::oracle::Picture,
    testing::{COMPANY, id},
};

/// A graph of which something goes between a walk and the look at what was found.
struct Changing {
    picture: Picture,
    gone_nodes: Vec<EntityId>,
    gone_edges: Vec<EdgeId>,
}

#[async_trait]
impl Graph for Changing {
    async fn hop(&self, hop: &Hop<'_>) -> Result<Vec<Link>, StorageError> {
        Ok(self.picture.hop(hop))
    }

    async fn those_of(
        &self,
        nodes: &[EntityId],
        types: &[String],
    ) -> Result<Vec<EntityId>, StorageError> {
        Ok(nodes.iter().copied().filter(|node| self.picture.is_of(*node, types)).collect())
    }

    async fn nodes(&self, ids: &[EntityId]) -> Result<Vec<EntityDetails>, StorageError> {
        let there = ids.iter().filter(|id| !self.gone_nodes.contains(id));
        Ok(there.map(|id| entity(*id)).collect())
    }

    async fn edges(&self, ids: &[EdgeId]) -> Result<Vec<EdgeDetails>, StorageError> {
        let links: BTreeMap<EdgeId, &Link> = self.picture.links.iter().map(|l| (l.id, l)).collect();
        let there = ids.iter().filter(|id| !self.gone_edges.contains(id));
        Ok(there.map(|id| edge(links[id])).collect())
    }
}

fn entity(id: EntityId) -> EntityDetails {
    EntityDetails {
        id,
        workspace_id: COMPANY,
        entity_type: "A".to_owned(),
        external_key: None,
        properties: serde_json::Map::new(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        deleted_at: None,
        version: 1,
    }
}

fn edge(link: &Link) -> EdgeDetails {
    EdgeDetails {
        id: link.id,
        workspace_id: COMPANY,
        edge_type: link.edge_type.clone(),
        source_id: link.source,
        target_id: link.target,
        properties: serde_json::Map::new(),
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
        deleted_at: None,
        version: 1,
    }
}

/// A square with a diagonal: 0 → 1 → 3 and 0 → 2 → 3, and 0 → 3.
fn square() -> Picture {
    Picture::of(4, [(0, 1), (1, 3), (0, 2), (2, 3), (0, 3)])
}

#[tokio::test]
async fn an_edge_is_not_told_without_its_ends() {
    let graph = Changing { picture: square(), gone_nodes: vec![id(3)], gone_edges: vec![] };
    let asked = Traverse::from(id(0));
    let Subgraph { nodes, edges } = asked.execute(&graph, 100).await.unwrap().answer;
    assert_eq!(nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [id(0), id(1), id(2)]);
    let ends = edges.iter().map(|edge| (edge.source_id, edge.target_id));
    assert_eq!(ends.collect::<Vec<_>>(), [(id(0), id(1)), (id(0), id(2))]);
}

#[tokio::test]
async fn a_way_of_which_something_went_is_none() {
    let asked = FindPaths {
        depth: Depth::of(2).unwrap(),
        mode: PathMode::AllSimple,
        ..FindPaths::between(id(0), id(3))
    };
    for (gone_nodes, gone_edges, left) in [
        (vec![], vec![], 3),
        (vec![id(1)], vec![], 2),
        (vec![], vec![id(0xE004)], 2),
        (vec![id(3)], vec![], 0),
    ] {
        let graph = Changing { picture: square(), gone_nodes, gone_edges };
        let walked = asked.clone().execute(&graph, 100).await.unwrap();
        assert_eq!(walked.answer.len(), left);
    }
}
