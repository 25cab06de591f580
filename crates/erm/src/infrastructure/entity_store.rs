//! Entities in `erm_entities`: each table is written by one statement, however many there are.

use std::slice;

use chrono::{DateTime, Utc};
use perme8_events::{
    StorageError, Store, Transaction as _, WorkspaceId, sql,
    sql::{Tx, written_at},
};
use serde::Serialize;
use sqlx::types::Json;

use crate::{
    application::ports::items::{Entities, Holder},
    domain::{
        bulk::Batch,
        claims::KeyOfType,
        entity::Entity,
        names::{ExternalKey, TypeName},
        references::EntityId,
    },
    infrastructure::{
        item_rows::{EntityRow, select_entities},
        knowledge::words,
        value_store::{self, ValuesOf, at_places},
    },
};

impl Store<Entity> for Tx {
    async fn store(&mut self, entity: &mut Entity) -> Result<(), StorageError> {
        write(self, entity.workspace_id, slice::from_mut(entity)).await
    }
}

impl Store<Batch<EntityId>> for Tx {
    async fn store(&mut self, batch: &mut Batch<EntityId>) -> Result<(), StorageError> {
        delete(self, batch.workspace_id, &batch.items).await
    }
}

impl Store<Batch<Entity>> for Tx {
    async fn store(&mut self, batch: &mut Batch<Entity>) -> Result<(), StorageError> {
        write(self, batch.workspace_id, &mut batch.items).await
    }
}

/// An entity, as the database reads it; `properties` is a text within the JSON, so that it is kept to the letter.
#[derive(Serialize)]
struct WrittenRow<'a> {
    id: EntityId,
    #[serde(rename = "type")]
    entity_type: &'a str,
    key: Option<&'a str>,
    properties: String,
    gone: Option<String>,
    version: i64,
}

impl<'a> WrittenRow<'a> {
    fn of(entity: &'a Entity) -> Result<Self, StorageError> {
        Ok(Self {
            id: entity.id,
            entity_type: entity.entity_type.as_str(),
            key: entity.external_key.as_ref().map(ExternalKey::as_str),
            properties: serde_json::to_string(&entity.properties)?,
            gone: entity.deleted_at.map(written_at),
            version: entity.version,
        })
    }
}

/// Writes entities that are new, or entities that were loaded: each at the version that it has.
async fn write(
    tx: &mut Tx,
    workspace: WorkspaceId,
    entities: &mut [Entity],
) -> Result<(), StorageError> {
    let (new, known): (Vec<&Entity>, Vec<&Entity>) =
        entities.iter().partition(|entity| entity.version == 0);
    insert(tx, workspace, &new).await?;
    update(tx, workspace, &known).await?;
    let indexed: Vec<EntityId> =
        known.iter().filter(|entity| entity.was_live).map(|entity| entity.id).collect();
    value_store::forget(tx, workspace, &indexed).await?;
    let live = entities.iter().filter(|entity| entity.is_live()).map(|entity| ValuesOf {
        item: entity.id.uuid(),
        item_type: &entity.entity_type,
        values: &entity.values,
    });
    value_store::remember(tx, workspace, Holder::Entity, live).await?;
    let more =
        entities.iter().map(|entity| i64::from(entity.is_live()) - i64::from(entity.was_live));
    value_store::count(tx, workspace, Holder::Entity, more.sum()).await?;
    for entity in &*entities {
        words::keep(tx, entity).await?;
    }
    for entity in entities {
        entity.version += 1;
        entity.was_live = entity.is_live();
        entity.values.clear();
    }
    Ok(())
}

async fn insert(tx: &mut Tx, workspace: WorkspaceId, new: &[&Entity]) -> Result<(), StorageError> {
    if new.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = new.iter().map(|entity| WrittenRow::of(entity)).collect::<Result<_, _>>()?;
    let insert = sql!(
        sqlite: "INSERT INTO erm_entities
                     (id, workspace_id, entity_type, external_key, properties, created_at, updated_at, version)
                 SELECT unhex(value->>'id', '-'), $1, value->>'type', value->>'key', value->>'properties', $2, $2, 1
                 FROM json_each($3)",
        postgres: "INSERT INTO erm_entities
                       (id, workspace_id, entity_type, external_key, properties, created_at, updated_at, version)
                   SELECT id, $1, type, key, properties, $2, $2, 1
                   FROM jsonb_to_recordset($3::jsonb) AS new (id uuid, type text, key text, properties text)"
    );
    let now = tx.now();
    tx.query(insert).bind(workspace).bind(now).bind(Json(rows)).exec().await.map(drop)
}

/// Entities are what the rows in `$3` say from now on, which SQLite reads once, because of the limit that is none.
macro_rules! updated_sqlite {
    () => {
        "UPDATE erm_entities INDEXED BY sqlite_autoindex_erm_entities_1
         SET properties = new.value->>'properties', updated_at = $2,
             deleted_at = new.value->>'gone', version = version + 1
         FROM (SELECT value FROM json_each($3) LIMIT -1) AS new
         WHERE erm_entities.id = unhex(new.value->>'id', '-') AND +workspace_id = $1
           AND version = new.value->>'version'"
    };
}

/// The same for PostgreSQL.
macro_rules! updated_postgres {
    () => {
        "UPDATE erm_entities AS old
         SET properties = new.properties, updated_at = $2,
             deleted_at = new.gone, version = old.version + 1
         FROM jsonb_to_recordset($3::jsonb) AS new (id uuid, properties text, gone timestamptz, version bigint)
         WHERE old.id = new.id AND (old.workspace_id = $1) IS TRUE AND old.version = new.version
           AND old.id = ANY (ARRAY(SELECT (value ->> 'id')::uuid FROM jsonb_array_elements($3::jsonb) AS value))"
    };
}

async fn update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    known: &[&Entity],
) -> Result<(), StorageError> {
    if known.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> =
        known.iter().map(|entity| WrittenRow::of(entity)).collect::<Result<_, _>>()?;
    let update = sql!(sqlite: updated_sqlite!(), postgres: updated_postgres!());
    let now = tx.now();
    let changed = tx.query(update).bind(workspace).bind(now).bind(Json(rows)).exec().await?;
    if changed == known.len() as u64 { Ok(()) } else { Err(StorageError::conflict()) }
}

/// Deletes live entities, and leaves what is known of them as it is.
async fn delete(
    tx: &mut Tx,
    workspace: WorkspaceId,
    entities: &[EntityId],
) -> Result<(), StorageError> {
    let now = tx.now();
    let delete = sql!(
        sqlite: "UPDATE erm_entities INDEXED BY sqlite_autoindex_erm_entities_1
                 SET deleted_at = $2, updated_at = $2, version = version + 1
                 WHERE +workspace_id = $1 AND deleted_at IS NULL
                   AND id IN (SELECT unhex(value, '-') FROM json_each($3))",
        postgres: "UPDATE erm_entities SET deleted_at = $2, updated_at = $2, version = version + 1
                   WHERE (workspace_id = $1) IS TRUE AND deleted_at IS NULL
                     AND id = ANY (ARRAY(SELECT value::uuid FROM jsonb_array_elements_text($3::jsonb) AS value))"
    );
    let deleted = tx.query(delete).bind(workspace).bind(now).bind(Json(entities)).exec().await?;
    if deleted != entities.len() as u64 {
        return Err(StorageError::conflict());
    }
    value_store::forget(tx, workspace, entities).await?;
    let fewer = i64::try_from(deleted).map_err(StorageError::new)?;
    value_store::count(tx, workspace, Holder::Entity, -fewer).await?;
    words::forget(tx, workspace, entities).await
}

/// A key of a type, as the database reads it.
#[derive(Serialize)]
struct KeyRow<'a> {
    place: usize,
    #[serde(rename = "type")]
    entity_type: &'a str,
    key: &'a str,
}

impl Entities for Tx {
    async fn entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> Result<Vec<Entity>, StorageError> {
        let query = self.query(sql!(
            sqlite: select_entities!(
                "INDEXED BY sqlite_autoindex_erm_entities_1
                 WHERE +workspace_id = $1 AND id IN (SELECT unhex(value, '-') FROM json_each($2))"
            ),
            postgres: select_entities!(
                "WHERE (workspace_id = $1) IS TRUE
                   AND id = ANY (ARRAY(SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value))"
            )
        ));
        let rows: Vec<EntityRow> = query.bind(workspace).bind(Json(ids)).all().await?;
        rows.into_iter().map(Entity::try_from).collect()
    }

    async fn live_entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> Result<Vec<(EntityId, TypeName)>, StorageError> {
        let query = self.query(sql!(
            sqlite: "SELECT id, entity_type FROM erm_entities INDEXED BY sqlite_autoindex_erm_entities_1
                     WHERE +workspace_id = $1 AND deleted_at IS NULL
                       AND id IN (SELECT unhex(value, '-') FROM json_each($2))",
            postgres: "SELECT id, entity_type FROM erm_entities
                       WHERE (workspace_id = $1) IS TRUE AND deleted_at IS NULL
                         AND id = ANY (ARRAY(SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value))"
        ));
        let rows: Vec<(EntityId, String)> = query.bind(workspace).bind(Json(ids)).all().await?;
        Ok(rows.into_iter().map(|(id, name)| (id, TypeName::stored(name))).collect())
    }

    async fn deleted_entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> Result<Vec<(EntityId, DateTime<Utc>)>, StorageError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = self.query(sql!(
            sqlite: "SELECT id, deleted_at FROM erm_entities INDEXED BY sqlite_autoindex_erm_entities_1
                     WHERE +workspace_id = $1 AND deleted_at IS NOT NULL
                       AND id IN (SELECT unhex(value, '-') FROM json_each($2))",
            postgres: "SELECT id, deleted_at FROM erm_entities
                       WHERE (workspace_id = $1) IS TRUE AND deleted_at IS NOT NULL
                         AND id = ANY (ARRAY(SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value))"
        ));
        query.bind(workspace).bind(Json(ids)).all().await
    }

    async fn entities_by_keys(
        &mut self,
        workspace: WorkspaceId,
        keys: &[KeyOfType],
    ) -> Result<Vec<(KeyOfType, EntityId)>, StorageError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let asked = keys.iter().enumerate().map(|(place, KeyOfType { entity_type, key })| KeyRow {
            place,
            entity_type: entity_type.as_str(),
            key: key.as_str(),
        });
        let asked: Vec<KeyRow<'_>> = asked.collect();
        let query = self.query(sql!(
            sqlite: "SELECT asked.key, entity.id
                     FROM json_each($2) AS asked
                     CROSS JOIN erm_entities AS entity
                     WHERE entity.workspace_id = $1 AND entity.entity_type = asked.value->>'type'
                       AND entity.external_key = asked.value->>'key'
                       AND entity.external_key IS NOT NULL AND entity.deleted_at IS NULL",
            postgres: "SELECT asked.place, entity.id
                       FROM jsonb_to_recordset($2::jsonb) AS asked (place bigint, type text, key text)
                       CROSS JOIN LATERAL
                         (SELECT id FROM erm_entities
                          WHERE workspace_id = $1 AND entity_type = asked.type AND external_key = asked.key
                            AND external_key IS NOT NULL AND deleted_at IS NULL OFFSET 0) AS entity"
        ));
        let rows: Vec<(i64, EntityId)> = query.bind(workspace).bind(Json(asked)).all().await?;
        Ok(at_places(keys, rows))
    }
}

// Behind the macros, which it uses.
#[cfg(test)]
mod tests;
