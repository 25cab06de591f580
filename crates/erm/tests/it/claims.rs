//! What only one may have, or only whoever has seen it may overwrite, and under what values are found.

use erm::{
    BulkMode, CreateEdge, EntityId, Filter, ListEdges, ListPlace, NewEntity, PutEntityByKey,
    ReplaceEntity, RestoreEntity, SchemaDraft, WriteError,
};
use identity::Seen;
use perme8_events::{Id, testing::on_both_engines};
use serde_json::json;
use uuid::Uuid;

use crate::{
    office::{Office, engines},
    people::{failures, person},
};

/// People of whom is known since when they are there, and who is called how.
fn dated(property_type: &str) -> SchemaDraft {
    let text = |name: &str| json!({ "name": name, "type": "string" });
    let since = json!({ "name": "since", "type": property_type, "unique": true });
    let entity_types = json!([{ "name": "Person", "properties": [text("full_name"), since] }]);
    let edge_types =
        json!([{ "name": "KNOWS", "properties": [{ "name": "since", "type": property_type }] }]);
    SchemaDraft::from_json(Some(entity_types), Some(edge_types))
}

fn since(name: &str, since: &str) -> NewEntity {
    let properties = json!({ "full_name": name, "since": since });
    NewEntity { properties: properties.as_object().cloned().unwrap(), ..person(name) }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn values_that_were_shared_before_they_had_to_be_unique_are_of_nobody(test: TestDb) {
        let office = Office::open(test).await;
        let schema = |unique: bool| {
            let name = json!({ "name": "full_name", "type": "string", "unique": unique });
            let age = json!({ "name": "age", "type": "integer" });
            SchemaDraft::from_json(Some(json!([{ "name": "Person", "properties": [name, age] }])), None)
        };
        office.put(schema(false), None).await.unwrap();
        let twins = [office.person("Ada").await, office.person("Ada").await];
        office.put(schema(true), None).await.unwrap();
        let aged = |id, name: &str| {
            let properties = json!({ "full_name": name, "age": 36 }).as_object().cloned().unwrap();
            let replace = ReplaceEntity { workspace: engines(), id, properties, seen: None };
            office.erm.replace_entity(office.by_ben(), replace)
        };
        for twin in twins {
            let taken = aged(twin, "Ada").await;
            assert!(matches!(&taken, Err(WriteError::Invalid(errors)) if errors[0].constraint == "unique"), "{taken:?}");
        }
        aged(twins[0], "Eve").await.unwrap();
        aged(twins[1], "Ada").await.unwrap();
    }

    async fn whoever_writes_by_key_overwrites_nothing_that_was_not_seen(test: TestDb) {
        let office = Office::with_schema(test).await;
        let put = |name: &str, seen: Option<Seen>| {
            let put = PutEntityByKey {
                workspace: engines(),
                entity_type: "Person".to_owned(),
                external_key: "crm:7".to_owned(),
                properties: person(name).properties,
                seen,
            };
            office.erm.put_entity_by_key(office.by_ben(), put)
        };
        let seen = |id: EntityId, version| Some(Seen { id: Some(id.uuid()), version });
        let nobody = Id::new(Uuid::from_u128(7));
        let none = put("Ada", seen(nobody, 1)).await;
        assert!(matches!(none, Err(WriteError::OtherVersion)), "{none:?}");
        let (ada, is_new) = put("Ada", None).await.unwrap();
        assert!(is_new);
        let (renamed, is_new) = put("Ava", seen(ada.id, 1)).await.unwrap();
        assert_eq!((renamed.version, is_new), (2, false));
        for other in [seen(ada.id, 1), seen(nobody, 2), Some(Seen::from(1))] {
            let stale = put("Eve", other).await;
            assert!(matches!(stale, Err(WriteError::OtherVersion)), "{stale:?}");
        }
        office.delete_one(ada.id).await;
        let restore = RestoreEntity { workspace: engines(), id: ada.id, seen: Some(2) };
        let stale = office.erm.restore_entity(office.by_ben(), restore.clone()).await;
        assert!(matches!(stale, Err(WriteError::OtherVersion)), "{stale:?}");
        office.erm.restore_entity(office.by_ben(), RestoreEntity { seen: Some(3), ..restore }).await.unwrap();
    }

    async fn an_external_key_says_who_is_meant_before_unique_values_do(test: TestDb) {
        let office = Office::open(test).await;
        office.put(dated("string"), None).await.unwrap();
        let keyed = |since: NewEntity| Ok(NewEntity { external_key: Some("crm:7".to_owned()), ..since });
        office.write_people(vec![keyed(since("Ada", "long"))], BulkMode::Atomic).await.unwrap();
        let again = office.write_people(vec![keyed(since("Ada", "long"))], BulkMode::Partial).await.unwrap();
        assert_eq!(again.failed[0].errors[0].field.as_deref(), Some("external_key"));
    }

    async fn values_are_found_as_what_they_are_since_the_schema_has_changed(test: TestDb) {
        let office = Office::open(test).await;
        office.put(dated("string"), None).await.unwrap();
        let dates = ["2024-01-15T01:00:00+01:00", "2024-01-14T23:00:00-02:00", "some day", "2023-06-01T00:00:00Z"];
        let people: Vec<_> = ["Ada", "Ben", "Cy", "Dan"].into_iter().zip(dates).map(|(name, date)| Ok(since(name, date))).collect();
        let done = office.write_people(people, BulkMode::Atomic).await.unwrap().done;
        let properties = json!({ "since": dates[0] }).as_object().cloned().unwrap();
        let create = CreateEdge {
            workspace: engines(), edge_type: "KNOWS".to_owned(), source_id: done[0].id, target_id: done[1].id, properties,
        };
        office.erm.create_edge(office.by_ben(), create).await.unwrap();
        let edges = async |value: &str| {
            let filter = Filter { property: "since".to_owned(), operator: "eq".to_owned(), value: value.to_owned() };
            let asked = ListEdges {
                edge_type: Some("KNOWS".to_owned()), source_id: None, target_id: None, filters: vec![filter],
                sort: None, include_deleted: false, limit: 10, place: ListPlace::default(),
            };
            office.erm.edges(&office.by_ben(), &engines(), asked).await.unwrap().total
        };
        let midnight = "2024-01-15T00:00:00Z";
        assert_eq!((office.those_found(("since", "eq", midnight)).await.len(), edges(midnight).await), (0, 0));

        office.put(dated("datetime"), None).await.unwrap();
        assert_eq!(office.those_found(("since", "eq", midnight)).await, ["Ada"]);
        assert_eq!(office.those_found(("since", "gte", midnight)).await, ["Ada", "Ben"]);
        assert_eq!(office.those_found(("since", "lt", midnight)).await, ["Dan"]);
        assert_eq!(edges(midnight).await, 1);
        // What is unique is so as what it is.
        let twin = office.write_people(vec![Ok(since("Eve", midnight))], BulkMode::Atomic).await.unwrap();
        assert_eq!(failures(&twin)[0].2, Some("unique"));

        // Not even a type that was away for a while is mistaken.
        office.put(SchemaDraft::from_json(Some(json!([{ "name": "Robot" }])), None), None).await.unwrap();
        office.put(dated("string"), None).await.unwrap();
        assert_eq!(office.those_found(("since", "eq", dates[0])).await, ["Ada"]);
        assert_eq!(office.those_found(("since", "prefix", "20")).await, ["Ada", "Ben", "Dan"]);
        assert_eq!((edges(dates[0]).await, edges(midnight).await), (1, 0));
    }
}
