//! What there is of live entities and edges: their values in `erm_values`, and how many there are in `erm_usage`.

use std::fmt::Write as _;

use perme8_events::{Id, StorageError, WorkspaceId, sql, sql::Tx};
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::ports::items::{Holder, Holdings},
    domain::{claims::UniqueValue, names::TypeName, properties::IndexedValue, quota::Usage},
};

/// A value, as the database reads it.
#[derive(Serialize)]
struct ValueRow<'a> {
    item: Option<Uuid>,
    place: usize,
    #[serde(rename = "type")]
    item_type: &'a str,
    property: &'a str,
    key: String,
}

/// The values that an entity or edge has from now on.
pub(crate) struct ValuesOf<'a> {
    pub(crate) item: Uuid,
    pub(crate) item_type: &'a TypeName,
    pub(crate) values: &'a [IndexedValue],
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(digits, "{byte:02x}").expect("texts grow");
    }
    digits
}

/// The values of these items go.
macro_rules! forgotten_sqlite {
    ($ids:expr) => {
        concat!("DELETE FROM erm_values WHERE +workspace_id = $1 AND item_id IN (", $ids, ")")
    };
}

/// The same for PostgreSQL, which looks up one after the other where its values stand in the table. None has as many as the limit
/// says, which keeps it from reading all there are; and nobody moves them meanwhile, since whoever writes has the turn.
macro_rules! forgotten_postgres {
    ($ids:expr) => {
        concat!(
            "DELETE FROM erm_values
             WHERE ctid = ANY (ARRAY(
               SELECT there.place FROM (",
            $ids,
            ") AS item
               CROSS JOIN LATERAL (SELECT workspace_id, ctid AS place FROM erm_values
                                   WHERE item_id = item.id AND item_id BETWEEN item.id AND item.id
                                   ORDER BY property LIMIT 1000) AS there
               WHERE there.workspace_id = $1))"
        )
    };
}

/// The ids in `$2`, as SQLite reads them.
macro_rules! ids_sqlite {
    () => {
        "SELECT unhex(value, '-') AS id FROM json_each($2)"
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! ids_postgres {
    () => {
        "SELECT value::uuid AS id FROM jsonb_array_elements_text($2::jsonb) AS value"
    };
}

pub(crate) use {forgotten_postgres, forgotten_sqlite};

/// Forgets the values of these.
pub(crate) async fn forget<A: Sync>(
    tx: &mut Tx,
    workspace: WorkspaceId,
    items: &[Id<A>],
) -> Result<(), StorageError> {
    if items.is_empty() {
        return Ok(());
    }
    let delete = sql!(
        sqlite: forgotten_sqlite!(ids_sqlite!()),
        postgres: forgotten_postgres!(ids_postgres!())
    );
    tx.query(delete).bind(workspace).bind(Json(items)).exec().await.map(drop)
}

/// Remembers the values of these, which have none yet.
pub(crate) async fn remember(
    tx: &mut Tx,
    workspace: WorkspaceId,
    holder: Holder,
    items: impl Iterator<Item = ValuesOf<'_>>,
) -> Result<(), StorageError> {
    let rows = items.flat_map(|ValuesOf { item, item_type, values }| {
        values.iter().map(move |IndexedValue { property, key, unique: _ }| ValueRow {
            item: Some(item),
            place: 0,
            item_type: item_type.as_str(),
            property: property.as_str(),
            key: hex(key.as_bytes()),
        })
    });
    let rows: Vec<ValueRow<'_>> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let insert = sql!(
        sqlite: "INSERT INTO erm_values (workspace_id, holder, item_type, property, key, item_id)
                 SELECT $1, $2, value->>'type', value->>'property', unhex(value->>'key'), unhex(value->>'item', '-')
                 FROM json_each($3)",
        postgres: "INSERT INTO erm_values (workspace_id, holder, item_type, property, key, item_id)
                   SELECT $1, $2, type, property, decode(key, 'hex'), item
                   FROM jsonb_to_recordset($3::jsonb) AS new (type text, property text, key text, item uuid)"
    );
    let query = tx.query(insert).bind(workspace).bind(holder.as_str());
    query.bind(Json(rows)).exec().await.map(drop)
}

/// So many more live ones are there, or fewer.
pub(crate) async fn count(
    tx: &mut Tx,
    workspace: WorkspaceId,
    holder: Holder,
    more: i64,
) -> Result<(), StorageError> {
    if more == 0 {
        return Ok(());
    }
    let (entities, edges) = match holder {
        Holder::Entity => (more, 0),
        Holder::Edge => (0, more),
    };
    let add = sql!(
        "INSERT INTO erm_usage (workspace_id, entities, edges) VALUES ($1, $2, $3)
         ON CONFLICT (workspace_id) DO UPDATE
         SET entities = erm_usage.entities + excluded.entities, edges = erm_usage.edges + excluded.edges"
    );
    tx.query(add).bind(workspace).bind(entities).bind(edges).exec().await.map(drop)
}

impl Holdings for Tx {
    async fn usage(&mut self, workspace: WorkspaceId) -> Result<Usage, StorageError> {
        let query =
            self.query(sql!("SELECT entities, edges FROM erm_usage WHERE workspace_id = $1"));
        let row: Option<(i64, i64)> = query.bind(workspace).opt().await?;
        let (entities, edges) = row.unwrap_or_default();
        let number = |count: i64| u64::try_from(count).map_err(StorageError::new);
        Ok(Usage { entities: number(entities)?, edges: number(edges)? })
    }

    async fn holders_of_values(
        &mut self,
        workspace: WorkspaceId,
        holder: Holder,
        values: &[UniqueValue],
    ) -> Result<Vec<(UniqueValue, Uuid)>, StorageError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let asked = values.iter().enumerate().map(|(place, value)| {
            let UniqueValue { item_type, property, key } = value;
            let (item_type, property, key) =
                (item_type.as_str(), property.as_str(), hex(key.as_bytes()));
            ValueRow { item: None, place, item_type, property, key }
        });
        let asked: Vec<ValueRow<'_>> = asked.collect();
        let query = self.query(sql!(
            sqlite: "SELECT asked.key, held.item_id
                     FROM json_each($3) AS asked
                     CROSS JOIN erm_values AS held
                     WHERE held.workspace_id = $1 AND held.holder = $2 AND held.item_type = asked.value->>'type'
                       AND held.property = asked.value->>'property' AND held.key = unhex(asked.value->>'key')",
            postgres: "SELECT asked.place, held.item_id
                       FROM jsonb_to_recordset($3::jsonb) AS asked (place bigint, type text, property text, key text)
                       CROSS JOIN LATERAL
                         (SELECT item_id FROM erm_values
                          WHERE workspace_id = $1 AND holder = $2 AND item_type = asked.type
                            AND property = asked.property AND key = decode(asked.key, 'hex')
                            AND key BETWEEN decode(asked.key, 'hex') AND decode(asked.key, 'hex') OFFSET 0) AS held"
        ));
        let query = query.bind(workspace).bind(holder.as_str()).bind(Json(asked));
        let rows: Vec<(i64, Uuid)> = query.all().await?;
        Ok(at_places(values, rows))
    }
}

/// What was asked at these places, with what was answered there.
pub(crate) fn at_places<Q: Clone, A>(
    asked: &[Q],
    answers: impl IntoIterator<Item = (i64, A)>,
) -> Vec<(Q, A)> {
    let at = |place| usize::try_from(place).ok().and_then(|place: usize| asked.get(place));
    answers.into_iter().filter_map(|(place, answer)| Some((at(place)?.clone(), answer))).collect()
}

// Behind the macros, which it uses.
#[cfg(test)]
mod tests;
