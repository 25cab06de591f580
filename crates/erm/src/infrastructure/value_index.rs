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
    infrastructure::{
        most,
        value_store::{at_places, hex},
    },
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

/// The values of a property in `$2` under its old keys, as SQLite reads them.
macro_rules! old_sqlite {
    () => {
        "erm_values AS held
         WHERE held.workspace_id = $1 AND held.holder = asked.value->>'holder'
           AND held.item_type = asked.value->>'type' AND held.property = asked.value->>'property'
           AND held.key >= unhex(asked.value->>'low') AND held.key < unhex(asked.value->>'high')"
    };
}

/// The properties in `$2`, each with so many of its values under old keys at most, as PostgreSQL reads them.
///
/// Each is looked up by itself, and the order makes it take the index: it would rather read the whole table as long as it does
/// not know how few of them there are.
macro_rules! old_postgres {
    ($most:literal) => {
        concat!(
            "jsonb_to_recordset($2::jsonb)
               AS asked (place bigint, holder text, type text, property text, low text, high text)
             CROSS JOIN LATERAL
               (SELECT held.item_id FROM erm_values AS held
                WHERE held.workspace_id = $1 AND held.holder = asked.holder AND held.item_type = asked.type
                  AND held.property = asked.property
                  AND held.key >= decode(asked.low, 'hex') AND held.key < decode(asked.high, 'hex')
                ORDER BY held.key, held.item_id LIMIT ",
            $most,
            ") AS held"
        )
    };
}

/// The places of the properties in `$2` that have a value under an old key.
macro_rules! stale_sqlite {
    () => {
        concat!(
            "SELECT asked.key, 0 FROM json_each($2) AS asked WHERE EXISTS (SELECT 1 FROM ",
            old_sqlite!(),
            ")"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! stale_postgres {
    () => {
        concat!("SELECT asked.place, 0::bigint FROM ", old_postgres!("1"))
    };
}

/// How many values they have there, up to `$3`.
macro_rules! counted_sqlite {
    () => {
        concat!(
            "SELECT count(*) FROM (SELECT 1 FROM json_each($2) AS asked CROSS JOIN ",
            old_sqlite!(),
            " LIMIT $3) AS counted"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! counted_postgres {
    () => {
        concat!(
            "SELECT count(*) FROM (SELECT held.item_id FROM ",
            old_postgres!("$3"),
            " LIMIT $3) AS counted"
        )
    };
}

/// Values of a property under old keys, with what they are in the table of those who have them, as SQLite reads them.
macro_rules! misplaced_sqlite {
    ($table:literal) => {
        concat!(
            "SELECT held.item_id, held.key, item.properties ->> $4
             FROM erm_values AS held
             LEFT JOIN ",
            $table,
            " AS item INDEXED BY sqlite_autoindex_",
            $table,
            "_1 ON item.id = held.item_id AND +item.workspace_id = $1
             WHERE held.workspace_id = $1 AND held.holder = $2 AND held.item_type = $3 AND held.property = $4
               AND (held.key, held.item_id) > ($5, $6) AND held.key < $7
             ORDER BY held.key, held.item_id LIMIT $8"
        )
    };
}

/// The same for PostgreSQL, which looks up one after the other, and only those that are wanted.
macro_rules! misplaced_postgres {
    ($table:literal) => {
        concat!(
            "SELECT held.item_id, held.key, item.properties::jsonb ->> $4
             FROM (SELECT item_id, key FROM erm_values
                   WHERE workspace_id = $1 AND holder = $2 AND item_type = $3 AND property = $4
                     AND (key, item_id) > ($5, $6) AND key < $7
                   ORDER BY key, item_id LIMIT $8) AS held
             LEFT JOIN LATERAL (SELECT workspace_id, properties FROM ",
            $table,
            " WHERE id = held.item_id OFFSET 0) AS item ON item.workspace_id = $1
             ORDER BY held.key, held.item_id"
        )
    };
}

/// Values have the keys in `$3` from now on. That each is among them is said twice, so that no other is looked at even if the
/// table counts for so small that it comes first.
macro_rules! replaced_sqlite {
    () => {
        "UPDATE erm_values INDEXED BY erm_values_item SET key = unhex(new.value->>'key') FROM json_each($3) AS new
         WHERE +workspace_id = $1 AND property = $2 AND item_id = unhex(new.value->>'item', '-')
           AND item_id IN (SELECT unhex(value->>'item', '-') FROM json_each($3))"
    };
}

/// The same for PostgreSQL, which looks up one after the other where it stands in the table: a property of an item has one value.
/// Nobody moves it meanwhile, since whoever writes has the turn.
macro_rules! replaced_postgres {
    () => {
        "UPDATE erm_values AS held SET key = found.key
         FROM (SELECT there.place, decode(new.key, 'hex') AS key
               FROM jsonb_to_recordset($3::jsonb) AS new (item uuid, key text)
               CROSS JOIN LATERAL (SELECT workspace_id, ctid AS place FROM erm_values
                                   WHERE item_id = new.item AND item_id BETWEEN new.item AND new.item
                                     AND property = $2 LIMIT 1) AS there
               WHERE there.workspace_id = $1) AS found
         WHERE held.ctid = found.place"
    };
}

impl<'a> RetypedRow<'a> {
    /// Each with its place.
    fn all(of: &'a [Retyped]) -> Vec<Self> {
        let row = |(place, of): (usize, &'a Retyped)| {
            let (low, high) = of.old_keys();
            let Retyped { holder, item_type, property, property_type: _ } = of;
            Self {
                place,
                holder: holder.as_str(),
                item_type: item_type.as_str(),
                property: property.as_str(),
                low: hex(&low),
                high: hex(&high),
            }
        };
        of.iter().enumerate().map(row).collect()
    }
}

impl KeyRow {
    fn all(keys: &[(Uuid, Key)]) -> Vec<Self> {
        let row = |(item, key): &(Uuid, Key)| Self { item: *item, key: hex(key.as_bytes()) };
        keys.iter().map(row).collect()
    }
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
        let query = self.query(sql!(sqlite: stale_sqlite!(), postgres: stale_postgres!()));
        let query = query.bind(workspace).bind(Json(RetypedRow::all(retyped)));
        let rows: Vec<(i64, i64)> = query.all().await?;
        Ok(at_places(retyped, rows).into_iter().map(|(of, _)| of).collect())
    }

    async fn count_misplaced(
        &mut self,
        workspace: WorkspaceId,
        of: &[Retyped],
        limit: u64,
    ) -> Result<u64, StorageError> {
        if of.is_empty() {
            return Ok(0);
        }
        let query = self.query(sql!(sqlite: counted_sqlite!(), postgres: counted_postgres!()));
        let query = query.bind(workspace).bind(Json(RetypedRow::all(of))).bind(most(limit));
        let count: i64 = query.scalar().await?;
        u64::try_from(count).map_err(StorageError::new)
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
                sqlite: misplaced_sqlite!("erm_entities"),
                postgres: misplaced_postgres!("erm_entities")
            ),
            Holder::Edge => sql!(
                sqlite: misplaced_sqlite!("erm_edges"),
                postgres: misplaced_postgres!("erm_edges")
            ),
        });
        let query = query.bind(workspace).bind(holder.as_str()).bind(item_type.as_str());
        let query = query.bind(property.as_str()).bind(low).bind(item).bind(high.as_slice());
        let rows: Vec<(Uuid, Vec<u8>, Option<String>)> =
            query.bind(i64::from(AT_ONCE)).all().await?;
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
        let update = sql!(sqlite: replaced_sqlite!(), postgres: replaced_postgres!());
        let query = self.query(update).bind(workspace).bind(of.property.as_str());
        query.bind(Json(KeyRow::all(keys))).exec().await.map(drop)
    }
}

// Behind the macros, which it uses.
#[cfg(test)]
mod tests;
