//! Several people who write in one graph at once.
//!
//! What each of them finds out before writing stays true, since they take turns: without that, all of these fail on PostgreSQL but
//! for the one about keys, which an index holds as well (SQLite has one writer anyway).

use erm::{
    CreateEdge, CreateEntity, DeleteEntity, EdgeDetails, End, EntityDetails, EntityId, ErmOptions,
    ItemQueryError, ListEntities, ListPlace, Properties, PutEntityByKey, Quota, RestoreEntity,
    SchemaDraft, WriteError,
};
use futures_util::future::join_all;
use perme8_events::{
    Origin,
    testing::{TestDb, on_both_engines},
};
use serde_json::{Value, json};

use crate::office::{Office, engines};

/// How often each race is run: who is first differs.
const ROUNDS: usize = 8;

fn properties(object: Value) -> Properties {
    serde_json::from_value(object).unwrap()
}

/// People whose e-mail addresses are unique, and who have one boss.
async fn people(test: TestDb) -> Office {
    let office = Office::open(test).await;
    let person = json!([{ "name": "Person", "properties": [
        { "name": "email", "type": "string", "unique": true },
    ] }]);
    let edges = json!([{ "name": "LEADS", "cardinality": "one_to_many" }, { "name": "KNOWS" }]);
    office.put(SchemaDraft::from_json(Some(person), Some(edges)), None).await.unwrap();
    office
}

impl Office {
    async fn add(&self, object: Value) -> Result<EntityDetails, WriteError> {
        let command = CreateEntity {
            workspace: engines(),
            entity_type: "Person".to_owned(),
            external_key: None,
            properties: properties(object),
        };
        self.erm.create_entity(Origin::user(self.ben), command).await
    }

    async fn lead(
        &self,
        name: &str,
        source_id: EntityId,
        target_id: EntityId,
    ) -> Result<EdgeDetails, WriteError> {
        let command = CreateEdge {
            workspace: engines(),
            edge_type: name.to_owned(),
            source_id,
            target_id,
            properties: Properties::new(),
        };
        self.erm.create_edge(Origin::user(self.ben), command).await
    }

    /// How many edges went with it.
    async fn delete(&self, id: EntityId) -> u64 {
        let command = DeleteEntity { workspace: engines(), id, seen: None };
        self.erm.delete_entity(Origin::user(self.ada), command).await.unwrap().1
    }

    /// How many edges came back with it.
    async fn restore(&self, id: EntityId) -> u64 {
        let command = RestoreEntity { workspace: engines(), id, seen: None };
        self.erm.restore_entity(Origin::user(self.ben), command).await.unwrap().edges_restored
    }

    async fn is_there(&self, edge: &EdgeDetails) -> bool {
        let found = self.erm.edge(&Origin::user(self.gus), &engines(), edge.id, false).await;
        match found {
            Ok(_) => true,
            Err(ItemQueryError::NotFound) => false,
            Err(odd) => panic!("{odd:?}"),
        }
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &erm::MIGRATIONS];

    async fn a_unique_value_is_had_once(test: TestDb) {
        let office = people(test).await;
        for round in 0..ROUNDS {
            let add = || office.add(json!({ "email": format!("{round}@example.com") }));
            let outcomes: [_; 3] = tokio::join!(add(), add(), add()).into();
            assert_eq!(outcomes.iter().flatten().count(), 1, "{outcomes:?}");
            for lost in outcomes.into_iter().filter_map(Result::err) {
                let WriteError::Invalid(errors) = lost else { panic!("{lost:?}") };
                let errors: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.constraint)).collect();
                assert_eq!(errors, [("email", "unique")]);
            }
        }
    }

    async fn what_is_put_by_a_key_is_added_once(test: TestDb) {
        let office = people(test).await;
        for round in 0..ROUNDS {
            let put = async |email: &str| {
                let command = PutEntityByKey {
                    workspace: engines(),
                    entity_type: "Person".to_owned(),
                    external_key: format!("crm:{round}"),
                    properties: properties(json!({ "email": format!("{email}{round}@example.com") })),
                    seen: None,
                };
                office.erm.put_entity_by_key(Origin::user(office.ben), command).await.unwrap()
            };
            let ((one, is_new), (other, is_other_new)) = tokio::join!(put("a"), put("b"));
            assert_eq!(one.id, other.id);
            assert!(is_new != is_other_new, "{one:?} {other:?}");
        }
    }

    async fn the_only_edge_at_an_end_is_led_once(test: TestDb) {
        let office = people(test).await;
        let [ada, ben] = [office.add(json!({})).await.unwrap().id, office.add(json!({})).await.unwrap().id];
        for _ in 0..ROUNDS {
            let led = office.add(json!({})).await.unwrap().id;
            let outcomes: [_; 2] = tokio::join!(office.lead("LEADS", ada, led), office.lead("LEADS", ben, led)).into();
            assert_eq!(outcomes.iter().flatten().count(), 1, "{outcomes:?}");
            for lost in outcomes.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, WriteError::Endpoint { end: End::Target, .. }), "{lost:?}");
            }
        }
    }

    async fn no_edge_leads_to_what_is_deleted(test: TestDb) {
        let office = people(test).await;
        let ada = office.add(json!({})).await.unwrap().id;
        for _ in 0..ROUNDS {
            let ben = office.add(json!({})).await.unwrap().id;
            let (led, gone) = tokio::join!(office.lead("KNOWS", ada, ben), office.delete(ben));
            match led {
                Ok(edge) => assert!(gone == 1 && !office.is_there(&edge).await, "{edge:?}"),
                Err(WriteError::EndMissing(End::Target)) => assert_eq!(gone, 0),
                Err(odd) => panic!("{odd:?}"),
            }
        }
    }

    async fn no_edge_comes_back_to_what_is_deleted(test: TestDb) {
        let office = people(test).await;
        for _ in 0..ROUNDS {
            let [ada, ben] = [office.add(json!({})).await.unwrap().id, office.add(json!({})).await.unwrap().id];
            let edge = office.lead("KNOWS", ada, ben).await.unwrap();
            assert_eq!(office.delete(ada).await, 1);
            let (back, gone) = tokio::join!(office.restore(ada), office.delete(ben));
            assert_eq!(back, gone);
            assert!(!office.is_there(&edge).await);
            // It waits for the one that is not there.
            assert_eq!((office.restore(ben).await, office.is_there(&edge).await), (1, true));
        }
    }

    async fn nobody_writes_beyond_the_quota(test: TestDb) {
        let office = people(test).await;
        let quota = Quota { entities: 5, edges: 5 };
        let erm = office.erm.clone().with_options(ErmOptions { quota, ..ErmOptions::default() });
        let office = Office { erm, ..office };
        let outcomes = join_all((0..10).map(|_| office.add(json!({})))).await;
        let (there, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((there.len(), lost.len()), (5, 5));
        for lost in lost {
            assert!(matches!(lost, Err(WriteError::QuotaExceeded { limit: 5, .. })), "{lost:?}");
        }
        let ada = there[0].as_ref().unwrap().id;
        let outcomes = join_all((0..10).map(|_| office.lead("KNOWS", ada, ada))).await;
        assert_eq!(outcomes.iter().flatten().count(), 5, "{outcomes:?}");
        let asked = ListEntities {
            entity_type: None,
            filters: Vec::new(),
            sort: None,
            include_deleted: true,
            limit: 1,
            place: ListPlace::default(),
        };
        let page = office.erm.entities(&Origin::user(office.gus), &engines(), asked).await.unwrap();
        assert_eq!(page.total, 5);
        // Those that go make room again, and those that come back take it.
        assert_eq!(office.delete(ada).await, 5);
        let (one, other, back) = tokio::join!(office.add(json!({})), office.add(json!({})), async {
            let command = RestoreEntity { workspace: engines(), id: ada, seen: None };
            office.erm.restore_entity(Origin::user(office.ben), command).await
        });
        let there = [one.is_ok(), other.is_ok(), back.is_ok()];
        assert_eq!(there.into_iter().filter(|is_there| *is_there).count(), 1, "{there:?}");
    }
}
