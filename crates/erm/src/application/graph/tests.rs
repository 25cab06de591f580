//! What is told of a graph that changes while somebody walks through it.

use std::collections::BTreeMap;

use chrono::DateTime;

use super::{
    find_paths::FindPaths,
    neighbours::Neighbours,
    traverse::{Subgraph, Traverse},
    *,
};
use crate::{
    Depth, PathMode,
    domain::graph::oracle::Picture,
    testing::{COMPANY, id},
};

/// A graph of which something goes between a walk and the look at what was found, and of which so many bytes are known each.
struct Changing {
    picture: Picture,
    gone_nodes: Vec<EntityId>,
    gone_edges: Vec<EdgeId>,
    bytes: usize,
}

impl Changing {
    fn without(gone_nodes: Vec<EntityId>, gone_edges: Vec<EdgeId>) -> Self {
        Self { picture: square(), gone_nodes, gone_edges, bytes: 2 }
    }

    /// A graph that stays as it is.
    fn staying(picture: Picture, bytes: usize) -> Self {
        Self { picture, gone_nodes: vec![], gone_edges: vec![], bytes }
    }

    /// As much as there is room for, and one more.
    fn weighed<T>(&self, items: impl Iterator<Item = T>, room: usize) -> Vec<Weighed<T>> {
        let bytes = self.bytes;
        items.take(room / bytes + 1).map(|item| Weighed { item, bytes }).collect()
    }
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

    async fn beside(&self, beside: &Beside<'_>) -> Result<BesidePage, StorageError> {
        let Beside { node, direction, edge_types, entity_types, limit, offset, .. } = *beside;
        let all = self.picture.beside(node, direction, edge_types, entity_types);
        let looked_at = self.picture.edges_at(node, direction, edge_types).min(beside.edges + 1);
        let total = all.len().min(beside.nodes + 1);
        let nodes = all.into_iter().skip(usize::try_from(offset).unwrap());
        let nodes = nodes.take(limit.get().into()).collect();
        Ok(BesidePage { nodes, total, looked_at })
    }

    async fn nodes(
        &self,
        ids: &[EntityId],
        room: usize,
    ) -> Result<Vec<Weighed<EntityDetails>>, StorageError> {
        let there = ids.iter().filter(|id| !self.gone_nodes.contains(id));
        Ok(self.weighed(there.map(|id| entity(*id)), room))
    }

    async fn edges(
        &self,
        ids: &[EdgeId],
        room: usize,
    ) -> Result<Vec<Weighed<EdgeDetails>>, StorageError> {
        let links: BTreeMap<EdgeId, &Link> = self.picture.links.iter().map(|l| (l.id, l)).collect();
        let there = ids.iter().filter(|id| !self.gone_edges.contains(id));
        Ok(self.weighed(there.map(|id| edge(links[id])), room))
    }

    async fn among(&self, among: &Among<'_>) -> Result<Vec<Weighed<EdgeDetails>>, StorageError> {
        let links = self.picture.among(among.nodes, among.edge_types).into_iter();
        let there = links.filter(|link| !self.gone_edges.contains(&link.id)).take(among.limit);
        Ok(self.weighed(there.map(edge), among.room))
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
    let graph = Changing::without(vec![id(3)], vec![]);
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
        let graph = Changing::without(gone_nodes, gone_edges);
        let walked = asked.clone().execute(&graph, 100).await.unwrap();
        assert_eq!(walked.answer.len(), left);
    }
}

#[tokio::test]
async fn neighbours_that_went_are_not_told() {
    let graph = Changing::without(vec![id(2)], vec![]);
    let page = Neighbours::of(id(0)).execute(&graph, 100).await.unwrap().answer;
    assert_eq!(page.items.iter().map(|node| node.id).collect::<Vec<_>>(), [id(1), id(3)]);
}

#[tokio::test]
async fn no_more_neighbours_are_counted_than_a_walk_may_visit() {
    let ask = |edges: Vec<(u8, u8)>, visited| async move {
        let graph = Changing::staying(Picture::of(9, edges), 2);
        Neighbours::of(id(0)).execute(&graph, visited).await.map(|walked| walked.answer.total)
    };
    let star: Vec<(u8, u8)> = (1..=8).map(|far| (0, far)).collect();
    assert!(matches!(ask(star.clone(), 8).await, Ok(8)));
    let refused = ask(star, 7).await;
    let Err(GraphError::TooLarge { of: GraphBound::Entities, limit: 7 }) = refused else {
        panic!("{refused:?}")
    };
    // Of very many edges beside each other there is one neighbour.
    assert!(matches!(ask(vec![(0, 1); 10], 2).await, Ok(1)));
    let refused = ask(vec![(0, 1); 11], 2).await;
    let Err(GraphError::TooLarge { of: GraphBound::Edges, limit: 10 }) = refused else {
        panic!("{refused:?}")
    };
}

#[tokio::test]
async fn no_more_is_told_than_there_is_room_for() {
    // Four nodes and five edges; with each way what is on it is told again.
    let traverse = |part| async move {
        let graph = Changing::staying(square(), BYTES / part);
        Traverse::from(id(0)).execute(&graph, 100).await.map(drop)
    };
    let paths = |part, limit| async move {
        let graph = Changing::staying(square(), BYTES / part);
        let asked = FindPaths {
            depth: Depth::of(2).unwrap(),
            mode: PathMode::AllSimple,
            limit: GraphLimit::of(limit).unwrap(),
            ..FindPaths::between(id(0), id(3))
        };
        asked.execute(&graph, 100).await.map(drop)
    };
    let neighbours = |part| async move {
        let graph = Changing::staying(square(), BYTES / part);
        Neighbours::of(id(0)).execute(&graph, 100).await.map(drop)
    };
    assert!(traverse(9).await.is_ok() && paths(13, 3).await.is_ok() && neighbours(3).await.is_ok());
    assert!(paths(8, 2).await.is_ok());
    for refused in [traverse(8).await, paths(12, 3).await, paths(8, 3).await, neighbours(2).await] {
        assert!(
            matches!(refused, Err(GraphError::TooLarge { of: GraphBound::Bytes, limit: BYTES })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn no_more_edges_are_told_than_anybody_reads() {
    for (edges, is_told) in [(EDGES, true), (EDGES + 1, false)] {
        let picture = Picture::of(2, std::iter::repeat_n((0, 1), edges));
        let graph = Changing::staying(picture, 2);
        let told = Traverse::from(id(0)).execute(&graph, 100_000).await;
        let told = told.map(|walked| walked.answer.edges.len());
        match told {
            Ok(told) => assert!(is_told && told == EDGES),
            Err(GraphError::TooLarge { of: GraphBound::EdgesAmong, limit: EDGES }) => {
                assert!(!is_told);
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn whoever_asks_for_too_much_is_told_of_what() {
    let all = [
        GraphBound::Entities,
        GraphBound::Edges,
        GraphBound::EdgesAmong,
        GraphBound::Steps,
        GraphBound::Bytes,
    ];
    let said = all.map(|of| GraphError::TooLarge { of, limit: 100 }.to_string());
    expect_test::expect![[r#"
        more than 100 entities would be visited; ask for less
        more than 100 edges would be looked at; ask for less
        more than 100 edges are among the entities that were found; ask for less
        more than 100 steps would be tried; ask for less
        more than 100 bytes of properties would be told; ask for less"#]]
    .assert_eq(&said.join("\n"));
}
