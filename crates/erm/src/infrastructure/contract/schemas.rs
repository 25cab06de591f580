//! Schemas, and whether a workspace is gone.

use perme8_events::{Save, StorageError, WorkspaceId, testing::promises};
use serde_json::json;

use crate::{
    application::ports::{Edition, Schemas, Workspaces},
    domain::schema::{Schema, SchemaDefinition, Writing, draft::SchemaDraft},
    testing::{ADMIN, COMPANY, ELSEWHERE, OWNER, Tables, id},
};

/// Every port at once.
trait Ports: Schemas + Workspaces + Save<Schema> {}

impl<T: Schemas + Workspaces + Save<Schema>> Ports for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    schemas_come_back_as_they_were_saved
    a_workspace_has_one_schema
    a_schema_changes_one_version_after_another
    a_workspace_is_gone_once_and_for_all
}

fn definition(name: &str) -> SchemaDefinition {
    let entity_types = json!([{ "name": name, "properties": [
        { "name": "name", "type": "string", "required": true, "unique": true,
          "constraints": { "min_length": 1, "pattern": "^[A-ZÄÖÜ]", "enum": ["Ünïcode \"quoted\""] } },
        { "name": "age", "type": "float", "constraints": { "min": -0.5, "max": 9_007_199_254_740_993_i64 } },
    ] }]);
    let edge_types = json!([{ "name": "KNOWS", "sources": [name], "cardinality": "one_to_one" }]);
    SchemaDraft::from_json(Some(entity_types), Some(edge_types)).check().unwrap()
}

async fn write<T: Ports>(tx: &mut T, workspace: WorkspaceId) -> Result<Schema, StorageError> {
    let writing = Writing { by: OWNER, now: tx.now() };
    let schema = Schema::create(tx.new_id(), workspace, definition("Person"), writing);
    tx.save(schema).await
}

async fn schemas_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let schema = write(tx, COMPANY).await.unwrap();
    assert_eq!(schema.version, 1);
    assert_eq!(tx.load(schema.id).await.unwrap().as_ref(), Some(&schema));
    assert_eq!(tx.edition_of(COMPANY).await.unwrap(), Some(Edition::of(&schema)));
    assert_eq!(tx.schema_of(COMPANY).await.unwrap(), Some(schema));
    assert_eq!(tx.schema_of(ELSEWHERE).await.unwrap(), None);
    assert_eq!(tx.edition_of(ELSEWHERE).await.unwrap(), None);
    assert_eq!(tx.load(id(99)).await.unwrap(), None);
}

async fn a_workspace_has_one_schema<T: Ports>(tx: &mut T) {
    write(tx, COMPANY).await.unwrap();
    write(tx, ELSEWHERE).await.unwrap();
    assert!(write(tx, COMPANY).await.is_err_and(|error| error.is_conflict()));
}

async fn a_schema_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let first = write(tx, COMPANY).await.unwrap();
    let writing = Writing { by: ADMIN, now: tx.now() };
    let replaced = |schema: &Schema, name| {
        schema.replace(definition(name), None, writing).unwrap().expect("no version was seen")
    };
    let second = tx.save(replaced(&first, "Company")).await.unwrap();
    assert_eq!((second.version, second.written_by), (2, ADMIN));
    assert_eq!(tx.edition_of(COMPANY).await.unwrap(), Some(Edition::of(&second)));
    assert_eq!(tx.schema_of(COMPANY).await.unwrap(), Some(second));
    let stale = tx.save(replaced(&first, "Robot")).await;
    assert!(stale.is_err_and(|error| error.is_conflict()));
}

async fn a_workspace_is_gone_once_and_for_all<T: Ports>(tx: &mut T) {
    assert!(tx.is_there(COMPANY).await.unwrap());
    assert!(tx.enter(COMPANY).await.unwrap());
    for _ in 0..2 {
        tx.remember_gone(COMPANY).await.unwrap();
        assert!(!tx.enter(COMPANY).await.unwrap());
        assert!(!tx.is_there(COMPANY).await.unwrap());
    }
    assert!(tx.enter(ELSEWHERE).await.unwrap());
    assert!(tx.is_there(ELSEWHERE).await.unwrap());
}
