//! People in Ada's workspace, as Ben writes, deletes and finds them.

use erm::{
    BulkError, BulkMode, BulkOutcome, CreateEdge, CreateEntities, DeleteEntities, DeleteEntity,
    EdgeDetails, EntityDetails, EntityId, Filter, ItemError, ListEntities, ListPlace, NewEntity,
    PurgeDeleted, RestoreEntity,
};
use perme8_events::{Origin, sql};
use serde_json::{Value, json};

use crate::office::{Office, engines};

pub(crate) fn person(name: &str) -> NewEntity {
    let properties = json!({ "full_name": name }).as_object().cloned().unwrap();
    NewEntity { entity_type: "Person".to_owned(), external_key: None, properties }
}

pub(crate) fn unreadable() -> ItemError {
    ItemError {
        field: Some("item".to_owned()),
        message: "must be an object".to_owned(),
        constraint: Some("type"),
    }
}

/// Where what was not written stands, and the first reason.
pub(crate) fn failures<T>(outcome: &BulkOutcome<T>) -> Vec<(usize, &str, Option<&str>)> {
    let first = outcome.failed.iter().map(|failure| (failure.index, &failure.errors[0]));
    first.map(|(index, error)| (index, error.message.as_str(), error.constraint)).collect()
}

impl Office {
    pub(crate) fn by_ben(&self) -> Origin {
        Origin::user(self.ben)
    }

    pub(crate) async fn write_people(
        &self,
        items: Vec<Result<NewEntity, ItemError>>,
        mode: BulkMode,
    ) -> Result<BulkOutcome<EntityDetails>, BulkError> {
        let create = CreateEntities { workspace: engines(), items, mode };
        self.erm.create_entities(self.by_ben(), create).await
    }

    pub(crate) async fn person(&self, name: &str) -> EntityId {
        self.write_people(vec![Ok(person(name))], BulkMode::Atomic).await.unwrap().done[0].id
    }

    pub(crate) async fn acquaint(&self, source_id: EntityId, target_id: EntityId) -> EdgeDetails {
        let (edge_type, properties) = ("KNOWS".to_owned(), serde_json::Map::new());
        let create =
            CreateEdge { workspace: engines(), edge_type, source_id, target_id, properties };
        self.erm.create_edge(self.by_ben(), create).await.unwrap()
    }

    pub(crate) async fn delete_one(&self, id: EntityId) -> u64 {
        let delete = DeleteEntity { workspace: engines(), id, seen: None };
        self.erm.delete_entity(self.by_ben(), delete).await.unwrap().1
    }

    /// How many edges come back, and whether there are more.
    pub(crate) async fn bring_back(&self, id: EntityId) -> (u64, bool) {
        let restore = RestoreEntity { workspace: engines(), id, seen: None };
        let restored = self.erm.restore_entity(self.by_ben(), restore).await.unwrap();
        (restored.edges_restored, restored.has_more_edges)
    }

    pub(crate) async fn delete_all(
        &self,
        ids: Vec<Result<String, ItemError>>,
        mode: BulkMode,
    ) -> BulkOutcome<EntityId> {
        let delete = DeleteEntities { workspace: engines(), ids, mode };
        self.erm.delete_entities(self.by_ben(), delete).await.unwrap()
    }

    pub(crate) async fn purge(&self) -> u64 {
        let purge = PurgeDeleted { limit: 1_000 };
        self.erm.purge_deleted(Origin::system("erm.test"), purge).await.unwrap()
    }

    /// What is written down as used, compared with what there is.
    pub(crate) async fn usage(&self) -> (i64, i64) {
        let used = self.test.db.query(sql!("SELECT entities, edges FROM erm_usage"));
        let counted = self.test.db.query(sql!(
            "SELECT (SELECT COUNT(*) FROM erm_entities WHERE deleted_at IS NULL),
                    (SELECT COUNT(*) FROM erm_edges WHERE deleted_at IS NULL)"
        ));
        let (used, counted): ((i64, i64), (i64, i64)) =
            (used.one().await.unwrap(), counted.one().await.unwrap());
        assert_eq!(used, counted);
        used
    }

    /// The names of people whom a filter finds.
    pub(crate) async fn those_found(&self, filter: (&str, &str, &str)) -> Vec<Value> {
        let (property, operator, value) = filter;
        let filter = Filter {
            property: property.to_owned(),
            operator: operator.to_owned(),
            value: value.to_owned(),
        };
        let asked = ListEntities {
            entity_type: Some("Person".to_owned()),
            filters: vec![filter],
            sort: Some("full_name".to_owned()),
            include_deleted: false,
            limit: 100,
            place: ListPlace::default(),
        };
        let page = self.erm.entities(&self.by_ben(), &engines(), asked).await.unwrap();
        page.items.into_iter().map(|mut person| person.properties["full_name"].take()).collect()
    }
}
