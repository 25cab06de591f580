//! What is deleted, what comes back with what, and how much of it is counted.

use std::time::Duration;

use erm::{
    BulkMode, Counted, DeleteEdge, EntityId, EntityRestored, ErmOptions, Quota, RestoreEdge,
    RestoreEntity, SchemaDraft, WriteError,
};
use perme8_events::{Origin, StorageError, sql, sql::UnitOfWork, testing::on_both_engines};
use serde_json::json;

use crate::{
    office::{Office, engines},
    people::person,
};

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// Puts an entity into the tables from which so many edges lead to one other.
async fn hub(office: &Office, edges: i64) -> EntityId {
    let (hub, end) = (office.person("Hub").await, office.person("End").await);
    let insert = sql!(
        sqlite: "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $3)
                 INSERT INTO erm_edges
                     (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
                 SELECT randomblob(16), workspace_id, 'KNOWS', id, $2, '{}', created_at, created_at, 1
                 FROM erm_entities, numbers WHERE id = $1",
        postgres: "INSERT INTO erm_edges
                       (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
                   SELECT gen_random_uuid(), workspace_id, 'KNOWS', id, $2, '{}', created_at, created_at, 1
                   FROM erm_entities, generate_series(1, $3) WHERE id = $1"
    );
    let count = sql!("UPDATE erm_usage SET edges = edges + $1");
    let uow = UnitOfWork::new(office.test.db.clone());
    uow.run(Origin::system("erm.test"), async |tx| {
        tx.query(insert).bind(hub).bind(end).bind(edges).exec().await?;
        tx.query(count).bind(edges).exec().await?;
        Ok::<_, StorageError>(())
    })
    .await
    .unwrap();
    hub
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn what_is_used_is_what_is_there(test: TestDb) {
        let office = Office::with_schema(test).await;
        let [ada, ben, cy, dan] = {
            let items = ["Ada", "Ben", "Cy", "Dan"].map(|name| Ok(person(name))).to_vec();
            let done = office.write_people(items, BulkMode::Atomic).await.unwrap().done;
            <[_; 4]>::try_from(done.iter().map(|entity| entity.id).collect::<Vec<_>>()).unwrap()
        };
        let first = office.acquaint(ada, ben).await;
        for (source, target) in [(ada, ada), (ben, cy), (cy, ada), (dan, cy)] {
            office.acquaint(source, target).await;
        }
        assert_eq!(office.usage().await, (4, 5));
        assert_eq!(office.delete_one(ada).await, 3);
        assert_eq!(office.usage().await, (3, 2));
        assert_eq!(office.delete_all(vec![Ok(ben.to_string()), Ok(dan.to_string())], BulkMode::Atomic).await.done.len(), 2);
        assert_eq!(office.usage().await, (1, 0));
        // The edge between both comes back with the second of them.
        assert_eq!(office.bring_back(ada).await, (2, false));
        assert_eq!(office.usage().await, (2, 2));
        assert_eq!(office.bring_back(ben).await, (2, false));
        assert_eq!(office.usage().await, (3, 4));
        let delete = DeleteEdge { workspace: engines(), id: first.id, seen: None };
        office.erm.delete_edge(office.by_ben(), delete).await.unwrap();
        assert_eq!(office.usage().await, (3, 3));
        let restore = RestoreEdge { workspace: engines(), id: first.id, seen: Some(1) };
        let stale = office.erm.restore_edge(office.by_ben(), restore.clone()).await;
        assert!(matches!(stale, Err(WriteError::OtherVersion)), "{stale:?}");
        office.erm.restore_edge(office.by_ben(), RestoreEdge { seen: None, ..restore }).await.unwrap();
        assert_eq!(office.usage().await, (3, 4));
        office.delete_one(cy).await;
        office.test.clock.advance(31 * DAY);
        // Two entities, and three edges that were at them.
        assert_eq!(office.purge().await, 5);
        assert_eq!(office.usage().await, (2, 2));
        let events = office.events().await;
        assert_eq!(events.iter().filter(|event| *event == "entity_purged").count(), 2);
    }

    async fn an_edge_waits_for_its_other_end_as_long_as_that_can_come_back(test: TestDb) {
        let office = Office::with_schema(test).await;
        let (ada, ben, cy) = (office.person("Ada").await, office.person("Ben").await, office.person("Cy").await);
        office.acquaint(ada, ben).await;
        office.acquaint(cy, ada).await;
        office.delete_one(ada).await;
        office.test.clock.advance(DAY);
        office.delete_one(cy).await;
        office.test.clock.advance(9 * DAY);
        office.delete_one(ben).await;
        office.test.clock.advance(2 * DAY);
        assert_eq!(office.bring_back(ada).await, (0, false));
        office.test.clock.advance(21 * DAY);
        // Cy is forgotten, and the edge there.
        assert_eq!(office.purge().await, 2);
        assert_eq!(office.bring_back(ben).await, (1, false));
        assert_eq!(office.usage().await, (2, 1));
    }

    async fn an_edge_that_may_be_there_no_more_comes_back_by_itself_alone(test: TestDb) {
        let office = Office::with_schema(test).await;
        let (ada, ben) = (office.person("Ada").await, office.person("Ben").await);
        let edge = office.acquaint(ada, ben).await;
        office.delete_one(ada).await;
        let schema = json!([{ "name": "Person", "properties": [{ "name": "full_name", "type": "string" }] }]);
        office.put(SchemaDraft::from_json(Some(schema.clone()), None), None).await.unwrap();
        assert_eq!(office.bring_back(ada).await, (0, false));
        office.put(SchemaDraft::from_json(Some(schema), Some(json!([{ "name": "KNOWS" }]))), None).await.unwrap();
        assert_eq!(office.bring_back(ada).await, (0, false));
        let restore = RestoreEdge { workspace: engines(), id: edge.id, seen: None };
        assert_eq!(office.erm.restore_edge(office.by_ben(), restore).await.unwrap().deleted_at, None);
        assert_eq!(office.usage().await, (2, 1));
    }

    async fn of_very_many_edges_the_first_come_back_at_once_and_then_the_others(test: TestDb) {
        let office = Office::with_schema(test).await;
        let hub = hub(&office, 10_500).await;
        assert_eq!(office.delete_one(hub).await, 10_500);
        assert_eq!(office.bring_back(hub).await, (10_000, true));
        assert_eq!(office.usage().await, (2, 10_000));
        assert_eq!(office.bring_back(hub).await, (500, false));
        assert_eq!(office.bring_back(hub).await, (0, false));
        assert_eq!(office.usage().await, (2, 10_500));
        let events = office.envelopes().await;
        let restored = events.iter().filter(|event| event.event_type == "erm.entity_restored");
        let told = restored.map(|event| serde_json::from_str::<EntityRestored>(event.data.get()).unwrap());
        assert!(told.map(|event| event.edges_restored).eq([10_000, 500]));
    }

    async fn edges_for_which_there_is_no_room_wait_until_there_is(test: TestDb) {
        let mut office = Office::with_schema(test).await;
        let (ada, ben) = (office.person("Ada").await, office.person("Ben").await);
        for _ in 0..3 {
            office.acquaint(ada, ben).await;
        }
        office.delete_one(ada).await;
        let with_room_for = |erm: &erm::Erm, edges| {
            let quota = Quota { entities: 10, edges };
            erm.clone().with_options(ErmOptions { quota, ..ErmOptions::default() })
        };
        office.erm = with_room_for(&office.erm, 2);
        assert_eq!(office.bring_back(ada).await, (2, true));
        let restore = RestoreEntity { workspace: engines(), id: ada, seen: None };
        let full = office.erm.restore_entity(office.by_ben(), restore).await;
        assert!(matches!(full, Err(WriteError::QuotaExceeded { of: Counted::Edges, limit: 2 })), "{full:?}");
        assert_eq!(office.usage().await, (2, 2));
        office.erm = with_room_for(&office.erm, 3);
        assert_eq!(office.bring_back(ada).await, (1, false));
        assert_eq!(office.usage().await, (2, 3));
    }
}
