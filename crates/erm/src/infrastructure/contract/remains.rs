//! What is forgotten, and what stays.

use std::time::Duration;

use perme8_events::testing::promises;
use serde_json::json;

use super::graphs::{Ports, edge, person};
use crate::{
    domain::{names::TypeName, references::EntityId},
    testing::{COMPANY, ELSEWHERE, MEMBER, Tables},
};

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    what_was_deleted_long_ago_is_forgotten_step_by_step
    what_lives_is_not_forgotten
    the_graph_of_a_workspace_is_cleared_step_by_step
}

/// Two people who know each other, and themselves.
async fn couple<T: Ports>(tx: &mut T, workspace: perme8_events::WorkspaceId) -> [EntityId; 2] {
    let mut ids = Vec::new();
    for name in ["Ada", "Ben"] {
        ids.push(person(tx, workspace, json!({ "name": name })).await.unwrap().id);
    }
    let [ada, ben] = <[EntityId; 2]>::try_from(ids).expect("two were added");
    for ends in [(ada, ben), (ben, ada), (ben, ben)] {
        edge(tx, workspace, "KNOWS", ends, json!({})).await;
    }
    [ada, ben]
}

async fn what_was_deleted_long_ago_is_forgotten_step_by_step<T: Ports>(tx: &mut T) {
    let both = couple(tx, COMPANY).await;
    tx.delete_edges_at(COMPANY, &both).await.unwrap();
    let now = tx.now();
    for entity in tx.entities(COMPANY, &both).await.unwrap() {
        tx.save(entity.delete(0, MEMBER, now)).await.unwrap();
    }
    assert_eq!(tx.purge_edges(now, 100).await.unwrap(), 0);
    assert_eq!(tx.purge_entities(now, 100).await.unwrap(), []);
    let later = now + Duration::from_secs(1);
    for forgotten in [2, 1, 0] {
        assert_eq!(tx.purge_edges(later, 2).await.unwrap(), forgotten);
    }
    let mut purged = Vec::new();
    for forgotten in [1, 1, 0] {
        let gone = tx.purge_entities(later, 1).await.unwrap();
        assert_eq!(gone.len(), forgotten);
        purged.extend(gone);
    }
    assert!(purged.iter().all(|gone| {
        gone.workspace_id == COMPANY && gone.entity_type == TypeName::parse("Person").unwrap()
    }));
    assert_eq!(purged.iter().map(|gone| gone.id).collect::<Vec<_>>(), both);
    assert_eq!(tx.entities(COMPANY, &both).await.unwrap(), []);
}

async fn what_lives_is_not_forgotten<T: Ports>(tx: &mut T) {
    let both = couple(tx, COMPANY).await;
    let later = tx.now() + Duration::from_secs(1);
    assert_eq!(tx.purge_edges(later, 100).await.unwrap(), 0);
    assert_eq!(tx.purge_entities(later, 100).await.unwrap(), []);
    assert_eq!(tx.entities(COMPANY, &both).await.unwrap().len(), 2);
}

async fn the_graph_of_a_workspace_is_cleared_step_by_step<T: Ports>(tx: &mut T) {
    let both = couple(tx, COMPANY).await;
    let others = couple(tx, ELSEWHERE).await;
    let mut rows = 0;
    loop {
        let cleared = tx.clear(COMPANY, 2).await.unwrap();
        assert!(cleared <= 2, "{cleared}");
        rows += cleared;
        if cleared == 0 {
            break;
        }
    }
    // Two names, two entities and three edges, at least.
    assert!(rows >= 7, "{rows}");
    assert_eq!(tx.entities(COMPANY, &both).await.unwrap(), []);
    let usage = tx.usage(COMPANY).await.unwrap();
    assert_eq!((usage.entities, usage.edges), (0, 0));
    assert_eq!(tx.live_entities(ELSEWHERE, &others).await.unwrap().len(), 2);
    assert_eq!(tx.usage(ELSEWHERE).await.unwrap().edges, 3);
}
