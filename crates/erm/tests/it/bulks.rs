//! Many entities and edges at once: all of them or none, or as many as can be.

use erm::{
    BulkMode, BulkOutcome, CreateEdges, CreateEntities, DeleteEntities, EntityDetails,
    EntityUpdate, ListEntities, ListPlace, NewEdge, NewEntity, Properties, UpdateEntities,
};
use perme8_events::{Origin, testing::on_both_engines};
use serde_json::{Value, json};

use crate::office::{Office, engines};

fn properties(object: Value) -> Properties {
    serde_json::from_value(object).unwrap()
}

fn person(object: Value) -> NewEntity {
    let entity_type = "Person".to_owned();
    NewEntity { entity_type, external_key: None, properties: properties(object) }
}

/// Fifty people, of whom the one in this place is none.
fn fifty(odd: Option<usize>) -> Vec<NewEntity> {
    let object = |number| {
        if odd == Some(number) {
            json!({ "age": 300 })
        } else {
            json!({ "full_name": format!("Person {number}"), "age": number })
        }
    };
    (0..50).map(|number| person(object(number))).collect()
}

fn places<T>(outcome: &BulkOutcome<T>) -> Vec<usize> {
    outcome.failed.iter().map(|failure| failure.index).collect()
}

impl Office {
    async fn create(&self, items: Vec<NewEntity>, mode: BulkMode) -> BulkOutcome<EntityDetails> {
        let create = CreateEntities {
            workspace: engines(),
            items: items.into_iter().map(Ok).collect(),
            mode,
        };
        self.erm.create_entities(Origin::user(self.ben), create).await.unwrap()
    }

    /// How many people there are.
    async fn people(&self) -> u64 {
        let asked = ListEntities {
            entity_type: Some("Person".to_owned()),
            filters: Vec::new(),
            sort: None,
            include_deleted: false,
            limit: 1,
            place: ListPlace::default(),
        };
        self.erm.entities(&Origin::user(self.gus), &engines(), asked).await.unwrap().total
    }

    /// What was told last, and of which.
    async fn last_told(&self, ids: &str) -> (String, Vec<String>) {
        let event = self.envelopes().await.pop().unwrap();
        let mut data: Value = serde_json::from_str(event.data.get()).unwrap();
        (event.event_type, serde_json::from_value(data[ids].take()).unwrap())
    }
}

fn ids(entities: &[EntityDetails]) -> Vec<String> {
    entities.iter().map(|entity| entity.id.to_string()).collect()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn of_fifty_of_which_one_is_wrong_none_or_the_others_are_written(test: TestDb) {
        let office = Office::with_schema(test).await;
        let outcome = office.create(fifty(Some(17)), BulkMode::Atomic).await;
        assert_eq!((outcome.done.len(), places(&outcome)), (0, vec![17]));
        let fields: Vec<_> = outcome.failed[0].errors.iter().map(|error| (error.field.as_deref(), error.constraint)).collect();
        assert_eq!(fields, [(Some("full_name"), Some("required")), (Some("age"), Some("max"))]);
        assert_eq!((office.people().await, office.events().await.len()), (0, 1));
        let outcome = office.create(fifty(Some(17)), BulkMode::Partial).await;
        assert_eq!((outcome.done.len(), places(&outcome)), (49, vec![17]));
        assert_eq!((office.people().await, office.events().await.len()), (49, 2));
        let told = office.last_told("entity_ids").await;
        assert_eq!(told, ("erm.bulk_entities_created".to_owned(), ids(&outcome.done)));
        let ages = outcome.done.iter().map(|entity| entity.properties["age"].as_u64().unwrap());
        assert!(ages.eq((0..50).filter(|age| *age != 17)));
    }

    async fn many_change_and_go_at_once(test: TestDb) {
        let office = Office::with_schema(test).await;
        let by_ben = || Origin::user(office.ben);
        let people = office.create(fifty(None), BulkMode::Atomic).await.done;
        let older = |odd: Option<usize>| {
            let update = |(number, entity): (usize, &EntityDetails)| {
                let age = if odd == Some(number) { json!("old") } else { json!(100) };
                let properties = properties(json!({ "full_name": "Somebody", "age": age }));
                Ok(EntityUpdate { id: entity.id.to_string(), properties, seen: None })
            };
            people.iter().enumerate().map(update).collect::<Vec<_>>()
        };
        let update = |odd, mode| UpdateEntities { workspace: engines(), items: older(odd), mode };
        let outcome = office.erm.update_entities(by_ben(), update(Some(3), BulkMode::Atomic)).await.unwrap();
        assert_eq!((outcome.done.len(), places(&outcome), office.events().await.len()), (0, vec![3], 2));
        let outcome = office.erm.update_entities(by_ben(), update(Some(3), BulkMode::Partial)).await.unwrap();
        assert_eq!((outcome.done.len(), places(&outcome)), (49, vec![3]));
        assert!(outcome.done.iter().all(|entity| entity.version == 2));
        // Only one is another now, and it alone is told of.
        let outcome = office.erm.update_entities(by_ben(), update(None, BulkMode::Atomic)).await.unwrap();
        assert_eq!(ids(&outcome.done), ids(&people));
        let told = office.last_told("entity_ids").await;
        assert_eq!(told, ("erm.bulk_entities_updated".to_owned(), vec![people[3].id.to_string()]));
        let mut gone = ids(&people[..10]);
        "nobody".clone_into(&mut gone[4]);
        let delete = |mode| DeleteEntities { workspace: engines(), ids: gone.iter().cloned().map(Ok).collect(), mode };
        let outcome = office.erm.delete_entities(by_ben(), delete(BulkMode::Atomic)).await.unwrap();
        assert_eq!((outcome.done.len(), places(&outcome), office.people().await), (0, vec![4], 50));
        let outcome = office.erm.delete_entities(by_ben(), delete(BulkMode::Partial)).await.unwrap();
        assert_eq!((outcome.done.len(), places(&outcome), office.people().await), (9, vec![4], 41));
        let told = office.last_told("entity_ids").await;
        let done: Vec<_> = outcome.done.iter().map(ToString::to_string).collect();
        assert_eq!(told, ("erm.bulk_entities_deleted".to_owned(), done));
    }

    async fn many_edges_are_led_at_once(test: TestDb) {
        let office = Office::with_schema(test).await;
        let people = ids(&office.create(fifty(None), BulkMode::Atomic).await.done);
        let knows = |mode| {
            let mut items: Vec<_> = people.windows(2).map(|pair| NewEdge {
                edge_type: "KNOWS".to_owned(),
                source_id: pair[0].clone(),
                target_id: pair[1].clone(),
                properties: Properties::new(),
            }).collect();
            "00000000-0000-0000-0000-000000000007".clone_into(&mut items[7].target_id);
            CreateEdges { workspace: engines(), items: items.into_iter().map(Ok).collect(), mode }
        };
        let outcome = office.erm.create_edges(Origin::user(office.ben), knows(BulkMode::Atomic)).await.unwrap();
        assert_eq!((outcome.done.len(), places(&outcome), office.events().await.len()), (0, vec![7], 2));
        let outcome = office.erm.create_edges(Origin::user(office.ben), knows(BulkMode::Partial)).await.unwrap();
        assert_eq!((outcome.done.len(), places(&outcome), office.events().await.len()), (48, vec![7], 3));
        let told = office.last_told("edge_ids").await;
        let done: Vec<_> = outcome.done.iter().map(|edge| edge.id.to_string()).collect();
        assert_eq!(told, ("erm.bulk_edges_created".to_owned(), done));
        // They go with the entities at which they begin and end, each once.
        let delete = DeleteEntities { workspace: engines(), ids: people.into_iter().map(Ok).collect(), mode: BulkMode::Atomic };
        office.erm.delete_entities(Origin::user(office.ben), delete).await.unwrap();
        let event = office.envelopes().await.pop().unwrap();
        let data: Value = serde_json::from_str(event.data.get()).unwrap();
        assert_eq!((&data["count"], &data["edges_deleted"]), (&json!(50), &json!(48)));
    }
}
