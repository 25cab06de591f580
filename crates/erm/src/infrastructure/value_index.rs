//! Where values are found that are something else since the schema has changed.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Tx};
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::{
        ports::items::Holder,
        reindexing::{AT_ONCE, Index, Misplaced, Retyped},
    },
    domain::values::Key,
    infrastructure::value_store::{at_places, hex},
};

/// A property, as the database reads it.
#[derive(Serialize)]
struct RetypedRow<'a> {
    place: usize,
    holder: &'a str,
    #[serde(rename = "type")]
    item_type: &'a str,
    property: &'a str,
    low: String,
    high: String,
}

/// A key of an entity or edge, as the database reads it.
#[derive(Serialize)]
struct KeyRow {
    item: Uuid,
    key: String,
}

/// Values under old keys, with what they are in the table of those who have them.
macro_rules! misplaced {
    ($table:literal, $value:literal) => {
        concat!(
            "SELECT held.item_id, held.key, ",
            $value,
            " FROM erm_values AS held JOIN ",
            $table,
            " AS item ON item.id = held.item_id AND item.workspace_id = held.workspace_id
             WHERE held.workspace_id = $1 AND held.holder = $2 AND held.item_type = $3 AND held.property = $4
               AND (held.key, held.item_id) > ($5, $6) AND held.key < $7
             ORDER BY held.key, held.item_id LIMIT $8"
        )
    };
}

impl Index for Tx {
    async fn stale(
        &mut self,
        workspace: WorkspaceId,
        retyped: &[Retyped],
    ) -> Result<Vec<Retyped>, StorageError> {
        if retyped.is_empty() {
            return Ok(Vec::new());
        }
        let asked = retyped.iter().enumerate().map(|(place, of)| {
            let (low, high) = of.old_keys();
            RetypedRow {
                place,
                holder: of.holder.as_str(),
                item_type: of.item_type.as_str(),
                property: of.property.as_str(),
                low: hex(&low),
                high: hex(&high),
            }
        });
        let asked: Vec<RetypedRow<'_>> = asked.collect();
        let query = self.query(sql!(
            sqlite: "SELECT asked.key, 0 FROM json_each($2) AS asked
                     WHERE EXISTS (SELECT 1 FROM erm_values AS held
                                   WHERE held.workspace_id = $1 AND held.holder = asked.value->>'holder'
                                     AND held.item_type = asked.value->>'type'
                                     AND held.property = asked.value->>'property'
                                     AND held.key >= unhex(asked.value->>'low')
                                     AND held.key < unhex(asked.value->>'high'))",
            postgres: "SELECT asked.place, 0::bigint
                       FROM jsonb_to_recordset($2::jsonb)
                         AS asked (place bigint, holder text, type text, property text, low text, high text)
                       WHERE EXISTS (SELECT 1 FROM erm_values AS held
                                     WHERE held.workspace_id = $1 AND held.holder = asked.holder
                                       AND held.item_type = asked.type AND held.property = asked.property
                                       AND held.key >= decode(asked.low, 'hex') AND held.key < decode(asked.high, 'hex'))"
        ));
        let rows: Vec<(i64, i64)> = query.bind(workspace).bind(Json(asked)).all().await?;
        Ok(at_places(retyped, rows).into_iter().map(|(of, _)| of).collect())
    }

    async fn misplaced(
        &mut self,
        workspace: WorkspaceId,
        of: &Retyped,
        after: Option<&Misplaced>,
    ) -> Result<Vec<Misplaced>, StorageError> {
        let Retyped { holder, item_type, property, property_type: _ } = of;
        let (low, high) = of.old_keys();
        let (low, item) = match after {
            Some(Misplaced { item, key, text: _ }) => (key.as_slice(), *item),
            None => (low.as_slice(), Uuid::nil()),
        };
        let query = self.query(match holder {
            Holder::Entity => sql!(
                sqlite: misplaced!("erm_entities", "item.properties ->> $4"),
                postgres: misplaced!("erm_entities", "item.properties::jsonb ->> $4")
            ),
            Holder::Edge => sql!(
                sqlite: misplaced!("erm_edges", "item.properties ->> $4"),
                postgres: misplaced!("erm_edges", "item.properties::jsonb ->> $4")
            ),
        });
        let query = query.bind(workspace).bind(holder.as_str()).bind(item_type.as_str());
        let query = query.bind(property.as_str()).bind(low).bind(item).bind(high.as_slice());
        let rows: Vec<(Uuid, Vec<u8>, String)> = query.bind(i64::from(AT_ONCE)).all().await?;
        Ok(rows.into_iter().map(|(item, key, text)| Misplaced { item, key, text }).collect())
    }

    async fn replace(
        &mut self,
        workspace: WorkspaceId,
        of: &Retyped,
        keys: &[(Uuid, Key)],
    ) -> Result<(), StorageError> {
        if keys.is_empty() {
            return Ok(());
        }
        let row = |(item, key): &(Uuid, Key)| KeyRow { item: *item, key: hex(key.as_bytes()) };
        let rows: Vec<KeyRow> = keys.iter().map(row).collect();
        let update = sql!(
            sqlite: "UPDATE erm_values SET key = unhex(new.value->>'key') FROM json_each($3) AS new
                     WHERE +workspace_id = $1 AND property = $2 AND item_id = unhex(new.value->>'item', '-')",
            postgres: "UPDATE erm_values AS held SET key = decode(new.key, 'hex')
                       FROM jsonb_to_recordset($3::jsonb) AS new (item uuid, key text)
                       WHERE held.workspace_id = $1 AND held.property = $2 AND held.item_id = new.item"
        );
        let query = self.query(update).bind(workspace).bind(of.property.as_str());
        query.bind(Json(rows)).exec().await.map(drop)
    }
}
