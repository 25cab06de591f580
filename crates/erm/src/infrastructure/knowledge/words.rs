//! The words of entries, in `erm_words`: they are kept wherever an entity is written, in the same transaction.

use std::collections::BTreeMap;

use perme8_events::{StorageError, WorkspaceId, sql, sql::Tx};
use sqlx::types::Json;

use crate::domain::{
    entity::Entity,
    knowledge::{ENTRY, searched::words_of},
    references::EntityId,
};

/// Forgets the words of these, which are there no more.
pub(crate) async fn forget(
    tx: &mut Tx,
    workspace: WorkspaceId,
    entities: &[EntityId],
) -> Result<(), StorageError> {
    let delete = sql!(
        sqlite: "DELETE FROM erm_words
                 WHERE +workspace_id = $1 AND entity_id IN (SELECT unhex(value, '-') FROM json_each($2))",
        postgres: "DELETE FROM erm_words
                   WHERE (workspace_id = $1) IS TRUE
                     AND entity_id = ANY (ARRAY(SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value))"
    );
    tx.query(delete).bind(workspace).bind(Json(entities)).exec().await.map(drop)
}

/// Keeps the words of an entity that is an entry, and those of no other; of what is not there, no word is kept.
pub(crate) async fn keep(tx: &mut Tx, entity: &Entity) -> Result<(), StorageError> {
    let Entity { id, workspace_id, entity_type, properties, .. } = entity;
    if *entity_type != *ENTRY {
        return Ok(());
    }
    let words = if entity.is_live() { words_of(properties) } else { BTreeMap::default() };
    let words: Vec<(String, i64)> = words.into_iter().collect();
    // Most changes are of a few words, and the others stay as they are.
    let query = tx.query(sql!(
        sqlite: "DELETE FROM erm_words WHERE entity_id = $1
                   AND word NOT IN (SELECT json_extract(said.value, '$[0]') FROM json_each($2) AS said)",
        postgres: "DELETE FROM erm_words WHERE entity_id = $1
                     AND word NOT IN (SELECT said ->> 0 FROM jsonb_array_elements($2::jsonb) AS said)"
    ));
    query.bind(*id).bind(Json(&words)).exec().await?;
    let query = tx.query(sql!(
        sqlite: "INSERT INTO erm_words (workspace_id, word, entity_id, weight)
                 SELECT $1, json_extract(said.value, '$[0]'), $2, json_extract(said.value, '$[1]')
                 FROM json_each($3) AS said WHERE true
                 ON CONFLICT (workspace_id, word, entity_id) DO UPDATE SET weight = excluded.weight
                 WHERE erm_words.weight <> excluded.weight",
        postgres: "INSERT INTO erm_words (workspace_id, word, entity_id, weight)
                   SELECT $1, said ->> 0, $2, (said ->> 1)::bigint FROM jsonb_array_elements($3::jsonb) AS said
                   ON CONFLICT (workspace_id, word, entity_id) DO UPDATE SET weight = excluded.weight
                   WHERE erm_words.weight <> excluded.weight"
    ));
    query.bind(*workspace_id).bind(*id).bind(Json(&words)).exec().await.map(drop)
}
