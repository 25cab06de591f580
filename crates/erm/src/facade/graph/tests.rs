//! What members are told of graphs, on both engines.

use perme8_events::{
    EventFilter, EventStore as _, Position, UserId,
    testing::{TestDb, on_both_engines},
};

use super::*;
use crate::{
    Bounds, Depth, Direction, EntityId, ErmOptions, GraphBound, GraphLimit, PathMode,
    application::ports::MockMembers,
    testing::{COMPANY, ELSEWHERE, GUEST, Planted, STRANGER, Shape, plant},
};

/// The company has streets of 6 × 5 crossings, between which the edges lead right and down.
async fn town(test: &TestDb, options: ErmOptions) -> (Erm, Planted) {
    let planted = plant(&test.db, COMPANY, Shape::Grid { width: 6, height: 5 }, 0).await.unwrap();
    let erm = Erm::new(test.db.clone(), MockMembers::everywhere(false)).with_options(options);
    (erm, planted)
}

fn asks(user: UserId) -> Origin {
    Origin::user(user)
}

/// The numbers that planted entities know of themselves.
fn numbers<'e>(entities: impl IntoIterator<Item = &'e crate::EntityDetails>) -> Vec<u64> {
    entities.into_iter().map(|entity| entity.properties["number"].as_u64().unwrap()).collect()
}

fn depth(depth: i64) -> Depth {
    Depth::of(depth).unwrap()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn neighbours_come_in_pages_and_are_counted(test: TestDb) {
        let (erm, town) = town(&test, ErmOptions::default()).await;
        let ask = async |asked| {
            erm.neighbours(&asks(GUEST), &COMPANY.into(), GraphName::Own, asked).await
        };
        let all = Neighbours::of(town.entity(8));
        let page = ask(all.clone()).await.unwrap();
        assert_eq!((numbers(&page.items), page.total), (vec![2, 7, 9, 14], 4));
        for (direction, expected) in [(Direction::Out, [9, 14]), (Direction::In, [2, 7])] {
            let page = ask(Neighbours { direction, ..all.clone() }).await.unwrap();
            assert_eq!((numbers(&page.items), page.total), (expected.to_vec(), 2));
        }
        let limit = GraphLimit::of(2).unwrap();
        let page = ask(Neighbours { limit, offset: 1, ..all.clone() }).await.unwrap();
        assert_eq!((numbers(&page.items), page.total), (vec![7, 9], 4));
        let page = ask(Neighbours { offset: u64::MAX, ..all.clone() }).await.unwrap();
        assert_eq!((numbers(&page.items), page.total), (vec![], 4));
        let entity_type = Some("Company".to_owned());
        let page = ask(Neighbours { entity_type, ..all.clone() }).await.unwrap();
        assert_eq!((numbers(&page.items), page.total), (vec![7, 9], 2));
        let edge_type = Some("NOTHING".to_owned());
        let page = ask(Neighbours { edge_type, ..all.clone() }).await.unwrap();
        assert_eq!((numbers(&page.items), page.total), (vec![], 0));
        let edge_type = Some("no type".to_owned());
        let odd = ask(Neighbours { edge_type, ..all }).await;
        assert!(matches!(odd, Err(GraphError::InvalidType(_))));
    }

    async fn a_traversal_tells_the_nearest_and_the_edges_among_them(test: TestDb) {
        let (erm, town) = town(&test, ErmOptions::default()).await;
        let ask = async |asked| {
            erm.traverse(&asks(GUEST), &COMPANY.into(), GraphName::Own, asked).await.unwrap()
        };
        let near = Traverse { depth: depth(2), ..Traverse::from(town.entity(0)) };
        let found = ask(near.clone()).await;
        assert_eq!(numbers(&found.nodes), [0, 1, 6, 2, 7, 12]);
        let between = found.edges.iter().map(|edge| {
            let end = |id| found.nodes.iter().find(|node| node.id == id).unwrap();
            numbers([end(edge.source_id), end(edge.target_id)])
        });
        let mut between: Vec<_> = between.collect();
        between.sort();
        assert_eq!(between, [[0, 1], [0, 6], [1, 2], [1, 7], [6, 7], [6, 12]]);
        let found = ask(Traverse { limit: GraphLimit::of(4).unwrap(), ..near.clone() }).await;
        assert_eq!((numbers(&found.nodes).len(), found.edges.len()), (4, 3));
        let found = ask(Traverse { direction: Direction::In, ..near.clone() }).await;
        assert_eq!((numbers(&found.nodes), found.edges.len()), (vec![0], 0));
        let found = ask(Traverse { entity_types: vec!["Company".to_owned()], ..near.clone() }).await;
        assert_eq!(numbers(&found.nodes), [0, 1, 7]);
        let all = Traverse { depth: depth(10), ..Traverse::from(town.entity(14)) };
        let found = ask(all).await;
        assert_eq!((found.nodes.len(), found.edges.len()), (30, 49));
    }

    async fn paths_tell_their_entities_and_edges_in_order(test: TestDb) {
        let (erm, town) = town(&test, ErmOptions::default()).await;
        let ask = async |asked| {
            erm.paths(&asks(GUEST), &COMPANY.into(), GraphName::Own, asked).await.unwrap()
        };
        let across = FindPaths { depth: depth(4), ..FindPaths::between(town.entity(0), town.entity(13)) };
        let paths = ask(across.clone()).await;
        let ways: Vec<_> = paths.iter().map(|path| numbers(&path.nodes)).collect();
        assert_eq!(ways, [[0, 1, 7, 13], [0, 6, 7, 13], [0, 6, 12, 13]]);
        for path in &paths {
            for (edge, ends) in path.edges.iter().zip(path.nodes.windows(2)) {
                assert_eq!([edge.source_id, edge.target_id], [ends[0].id, ends[1].id]);
            }
        }
        let longer = ask(FindPaths { mode: PathMode::AllSimple, depth: depth(5), ..across.clone() }).await;
        assert_eq!(longer[..3], paths);
        assert!(longer[3..].iter().all(|path| path.nodes.len() == 6 && path.edges.len() == 5));
        for none in [
            FindPaths { depth: depth(2), ..across.clone() },
            FindPaths { direction: Direction::In, ..across.clone() },
            FindPaths { target: across.source, ..across.clone() },
        ] {
            assert_eq!(ask(none).await, []);
        }
        let back = FindPaths { source: across.target, target: across.source, ..across };
        assert_eq!(ask(FindPaths { direction: Direction::In, ..back }).await.len(), 3);
    }

    async fn who_is_not_there_is_not_found(test: TestDb) {
        let (erm, town) = town(&test, ErmOptions::default()).await;
        let (here, nobody): (EntityId, EntityId) = (town.entity(0), town.entity(99));
        let (origin, company) = (asks(GUEST), COMPANY.into());
        let own = GraphName::Own;
        let found = erm.neighbours(&origin, &company, own, Neighbours::of(nobody)).await;
        assert!(matches!(found, Err(GraphError::StartNotFound)));
        let found = erm.traverse(&origin, &company, own, Traverse::from(nobody)).await;
        assert!(matches!(found, Err(GraphError::StartNotFound)));
        let found = erm.paths(&origin, &company, own, FindPaths::between(nobody, here)).await;
        assert!(matches!(found, Err(GraphError::StartNotFound)));
        let found = erm.paths(&origin, &company, own, FindPaths::between(here, nobody)).await;
        assert!(matches!(found, Err(GraphError::TargetNotFound)));
        // In another workspace there is nobody of this one, and strangers see none.
        let found = erm.traverse(&origin, &ELSEWHERE.into(), own, Traverse::from(here)).await;
        assert!(matches!(found, Err(GraphError::StartNotFound)));
        let found = erm.traverse(&asks(STRANGER), &company, own, Traverse::from(here)).await;
        assert!(matches!(found, Err(GraphError::WorkspaceNotFound)));
    }

    async fn walks_end_at_their_bounds(test: TestDb) {
        let default = ErmOptions::default();
        let narrow = ErmOptions { bounds: Bounds { visited: 10, ..default.bounds }, ..default };
        let (erm, town) = town(&test, narrow).await;
        let ask = async |erm: &Erm, depth| {
            let asked = Traverse { depth, ..Traverse::from(town.entity(0)) };
            erm.traverse(&asks(GUEST), &COMPANY.into(), GraphName::Own, asked).await
        };
        assert!(ask(&erm, depth(2)).await.is_ok());
        assert!(matches!(ask(&erm, depth(9)).await, Err(GraphError::TooLarge { of: GraphBound::Entities, limit: 10 })));
        let lonely = ErmOptions { bounds: Bounds { visited: 3, ..default.bounds }, ..default };
        for (options, is_told) in [(narrow, true), (lonely, false)] {
            let (erm, asked) = (erm.clone().with_options(options), Neighbours::of(town.entity(8)));
            match erm.neighbours(&asks(GUEST), &COMPANY.into(), GraphName::Own, asked).await {
                Ok(page) => assert!(is_told && page.total == 4),
                Err(GraphError::TooLarge { of: GraphBound::Entities, limit: 3 }) => assert!(!is_told),
                Err(error) => panic!("{error}"),
            }
        }
        let hasty = ErmOptions { bounds: Bounds { time: Duration::ZERO, ..default.bounds }, ..default };
        let erm = erm.with_options(hasty);
        assert!(matches!(ask(&erm, depth(2)).await, Err(GraphError::TimedOut)));
    }

    async fn walks_are_told_if_that_is_wanted(test: TestDb) {
        let (erm, town) = town(&test, ErmOptions::default()).await;
        let walk = async |erm: &Erm| {
            let asked = Traverse { depth: depth(3), ..Traverse::from(town.entity(0)) };
            erm.traverse(&asks(GUEST), &COMPANY.into(), GraphName::Own, asked).await.unwrap();
        };
        walk(&erm).await;
        let all = ErmOptions { sampled_traversals: 1.0, ..ErmOptions::default() };
        walk(&erm.with_options(all)).await;
        let events = test.db.read(&EventFilter::All, Position::START, 10).await.unwrap();
        let told: Vec<_> = events.iter().map(|event| {
            let data = serde_json::to_value(&event.data).unwrap();
            (event.event_type.as_str(), data["kind"].clone(), data["depth"].clone(), data["visited"].clone())
        }).collect();
        assert_eq!(told, [("erm.traversal_executed", "traverse".into(), 3.into(), 10.into())]);
    }
}

#[test]
fn as_many_walks_are_sampled_as_are_wanted() {
    let ids = (0..10_000_u128).map(|number| {
        let chance = number.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        TraversalId::new(uuid::Uuid::from_u128(chance))
    });
    let ids: Vec<TraversalId> = ids.collect();
    let sampled = |part| ids.iter().filter(|id| is_sampled(**id, part)).count();
    assert_eq!((sampled(0.0), sampled(1.0)), (0, 10_000));
    assert!((900..1_100).contains(&sampled(0.1)), "{}", sampled(0.1));
}
