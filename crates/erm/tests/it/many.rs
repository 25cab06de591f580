//! Many entities and edges at once: what is told of each.

use erm::{
    BulkError, BulkMode, CreateEdges, EntityUpdate, ErmOptions, NewEdge, NewEntity, Quota,
    UpdateEntities,
};
use perme8_events::{Id, testing::on_both_engines};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    office::{Office, engines},
    people::{failures, person, unreadable},
};

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn what_could_not_be_read_is_told_with_everything_else_that_is_wrong(test: TestDb) {
        let office = Office::with_schema(test).await;
        let robot = NewEntity { entity_type: "Robot".to_owned(), ..person("R2") };
        let items = vec![Ok(robot), Err(unreadable()), Ok(person("Ada")), Ok(person(""))];
        let told = [
            (0, "type Robot is not defined in the schema", Some("type")),
            (1, "must be an object", Some("type")),
            (3, "must be at least 1 character(s)", Some("min_length")),
        ];
        let none = office.write_people(items.clone(), BulkMode::Atomic).await.unwrap();
        assert_eq!((none.done.len(), failures(&none)), (0, told.to_vec()));
        let some = office.write_people(items, BulkMode::Partial).await.unwrap();
        assert_eq!((some.done.len(), failures(&some)), (1, told.to_vec()));
        let none = office.write_people(vec![Err(unreadable())], BulkMode::Atomic).await.unwrap();
        assert_eq!(failures(&none).len(), 1);
        assert_eq!(office.usage().await, (1, 0));
    }

    async fn whoever_writes_many_is_told_that_there_is_no_room(test: TestDb) {
        let mut office = Office::with_schema(test).await;
        let quota = Quota { entities: 2, edges: 1 };
        office.erm = office.erm.with_options(ErmOptions { quota, ..ErmOptions::default() });
        let three = ["Ada", "Ben", "Cy"].map(|name| Ok(person(name)));
        let full = office.write_people(three.to_vec(), BulkMode::Atomic).await;
        assert!(matches!(full, Err(BulkError::QuotaExceeded { limit: 2, .. })), "{full:?}");
        let mut also_wrong = three.to_vec();
        also_wrong.push(Ok(person("")));
        let none = office.write_people(also_wrong, BulkMode::Atomic).await.unwrap();
        let told = failures(&none)
            .into_iter()
            .map(|(index, _, constraint)| (index, constraint))
            .collect::<Vec<_>>();
        assert_eq!(told, [(2, Some("quota")), (3, Some("min_length"))]);
        let some = office.write_people(three.to_vec(), BulkMode::Partial).await.unwrap();
        assert_eq!((some.done.len(), failures(&some)[0].2), (2, Some("quota")));
        // What is there already may change, however full it is.
        let update = EntityUpdate {
            id: some.done[0].id.to_string(),
            properties: person("Ava").properties,
            seen: Some(1),
        };
        let update = UpdateEntities { workspace: engines(), items: vec![Ok(update)], mode: BulkMode::Atomic };
        let updated = office.erm.update_entities(office.by_ben(), update.clone()).await.unwrap();
        assert_eq!(updated.done[0].version, 2);
        let stale = office.erm.update_entities(office.by_ben(), update).await.unwrap();
        assert_eq!((failures(&stale)[0].0, failures(&stale)[0].2), (0, Some("version")));
    }

    async fn ends_that_are_missing_are_told_apart(test: TestDb) {
        let office = Office::with_schema(test).await;
        let ada = office.person("Ada").await.to_string();
        let nobody = Uuid::from_u128(7).to_string();
        let edge = |source: &str, target: &str| {
            Ok(NewEdge {
                edge_type: "KNOWS".to_owned(),
                source_id: source.to_owned(),
                target_id: target.to_owned(),
                properties: serde_json::Map::new(),
            })
        };
        let items = vec![edge(&nobody, &ada), edge(&ada, &nobody), edge(&ada, &ada.replace('-', ""))];
        let create = CreateEdges { workspace: engines(), items, mode: BulkMode::Partial };
        let outcome = office.erm.create_edges(office.by_ben(), create).await.unwrap();
        assert_eq!(failures(&outcome), [
            (0, "source_not_found", Some("endpoint")),
            (1, "target_not_found", Some("endpoint")),
            (2, "must be a UUID", Some("type")),
        ]);
    }

    async fn whoever_is_named_twice_is_deleted_once_and_stays_as_it_was(test: TestDb) {
        let office = Office::with_schema(test).await;
        let (ada, ben) = (office.person("Ada").await, office.person("Ben").await);
        office.acquaint(ada, ben).await;
        let ids = [ada, ada, Id::new(Uuid::from_u128(7))].map(|id| Ok(id.to_string()));
        assert_eq!(office.delete_all(ids.to_vec(), BulkMode::Atomic).await.done, [ada]);
        assert_eq!(office.usage().await, (1, 0));
        let buried = office.erm.entity(&office.by_ben(), &engines(), ada, true).await.unwrap();
        assert_eq!((buried.version, &buried.properties), (2, &person("Ada").properties));
        assert!(buried.deleted_at.is_some());
        assert_eq!(office.those_found(("full_name", "eq", "Ada")).await, [] as [Value; 0]);
        let again = office.delete_all(vec![Ok(ada.to_string()), Err(unreadable())], BulkMode::Partial).await;
        assert_eq!(failures(&again), [(0, "not_found", None), (1, "must be an object", Some("type"))]);
        let spelled = office.delete_all(vec![Ok(ben.to_string().replace('-', ""))], BulkMode::Atomic).await;
        assert_eq!(failures(&spelled), [(0, "must be a UUID", Some("type"))]);
        assert_eq!(office.bring_back(ada).await, (1, false));
        assert_eq!(office.those_found(("full_name", "eq", "Ada")).await, ["Ada"]);
        assert_eq!(office.events().await[4..], ["bulk_entities_deleted", "entity_restored"]);
    }
}
