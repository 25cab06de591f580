//! Lists of entities.

use chrono::{DateTime, Utc};
use perme8_events::{
    StorageError, WorkspaceId, sql,
    sql::{Db, Query},
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    application::{ports::items::Holder, read_models::items::EntityDetails},
    domain::names::PropertyName,
    infrastructure::{
        item_rows::EntityRow,
        listing::{
            Items, Part, Source,
            ranges::{Ranges, Values},
            statements::{
                asked_postgres, asked_sqlite, count_items, found_postgres, found_sqlite, fulfils,
                page_by_time, page_by_value, ranges_postgres, ranges_sqlite,
            },
        },
    },
};

/// Entities of a workspace: of one type, or of any.
#[derive(Debug)]
pub(crate) struct Entities<'a> {
    pub(crate) db: &'a Db,
    pub(crate) workspace: WorkspaceId,
    pub(crate) entity_type: Option<&'a str>,
    pub(crate) include_deleted: bool,
}

/// An entity, and the key of the value by which it is sorted.
#[derive(FromRow)]
struct SortedRow {
    #[sqlx(flatten)]
    item: EntityRow,
    sort_key: Vec<u8>,
}

/// The columns of [`EntityRow`].
macro_rules! entity_columns {
    () => {
        "item.id, item.workspace_id, item.entity_type, item.external_key, item.properties, item.created_at,
         item.updated_at, item.deleted_at, item.version"
    };
}

/// Entities of any type.
macro_rules! all_entities {
    () => {
        "erm_entities AS item
         WHERE item.workspace_id = $1 AND (item.entity_type = $2 OR $2 IS NULL) AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Entities of a type.
macro_rules! entities_of_type {
    () => {
        "erm_entities AS item
         WHERE item.workspace_id = $1 AND item.entity_type = $2 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// What ranges find of a type.
macro_rules! sought_entities_sqlite {
    ($json:literal, $needed:literal) => {
        found_sqlite!("entity", "erm_entities", "entity_type", $json, $needed)
    };
}

/// The same on PostgreSQL.
macro_rules! sought_entities_postgres {
    ($json:literal, $needed:literal) => {
        found_postgres!("entity", "erm_entities", "entity_type", $json, $needed)
    };
}

/// Entities that ranges find.
macro_rules! found_entities_sqlite {
    () => {
        "found CROSS JOIN erm_entities AS item INDEXED BY sqlite_autoindex_erm_entities_1
         WHERE item.id = found.item_id AND item.workspace_id = $1 AND item.entity_type = $2
           AND (item.deleted_at IS NULL OR $5)"
    };
}

/// The same on PostgreSQL, in this order whatever it believes of the sizes of tables.
macro_rules! found_entities_postgres {
    () => {
        "found CROSS JOIN LATERAL (SELECT * FROM erm_entities WHERE id = found.item_id OFFSET 0) AS item
         WHERE item.workspace_id = $1 AND item.entity_type = $2 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Entities of a type along a property.
macro_rules! sorted_entities {
    () => {
        "erm_values AS sorted CROSS JOIN erm_entities AS item
         WHERE sorted.workspace_id = $1 AND sorted.holder = 'entity' AND sorted.item_type = $2 AND sorted.property = $10
           AND item.id = sorted.item_id AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Entities that ranges find, and a property of each.
macro_rules! found_and_sorted_entities_sqlite {
    () => {
        "found CROSS JOIN erm_values AS sorted INDEXED BY erm_values_item
         CROSS JOIN erm_entities AS item INDEXED BY sqlite_autoindex_erm_entities_1
         WHERE sorted.item_id = found.item_id AND sorted.workspace_id = $1 AND sorted.item_type = $2
           AND sorted.property = $12 AND item.id = sorted.item_id AND (item.deleted_at IS NULL OR $5)"
    };
}

/// The same on PostgreSQL, in this order whatever it believes of the sizes of tables.
macro_rules! found_and_sorted_entities_postgres {
    () => {
        "found CROSS JOIN LATERAL
           (SELECT * FROM erm_values WHERE item_id = found.item_id AND item_id BETWEEN found.item_id AND found.item_id
              AND property = $12 OFFSET 0) AS sorted
         CROSS JOIN LATERAL (SELECT * FROM erm_entities WHERE id = found.item_id OFFSET 0) AS item
         WHERE sorted.workspace_id = $1 AND sorted.item_type = $2 AND (item.deleted_at IS NULL OR $5)"
    };
}

impl Entities<'_> {
    fn by_time(&self, source: &Source, is_descending: bool) -> Query<'_> {
        self.db.query(match (source, is_descending) {
            (Source::All | Source::Own, true) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), entity_columns!(), all_entities!(), "<", "DESC"),
                postgres: page_by_time!(asked_postgres!(), entity_columns!(), all_entities!(), "<", "DESC")
            ),
            (Source::All | Source::Own, false) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), entity_columns!(), all_entities!(), ">", "ASC"),
                postgres: page_by_time!(asked_postgres!(), entity_columns!(), all_entities!(), ">", "ASC")
            ),
            (Source::Type, true) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), entity_columns!(), entities_of_type!(), "<", "DESC"),
                postgres: page_by_time!(asked_postgres!(), entity_columns!(), entities_of_type!(), "<", "DESC")
            ),
            (Source::Type, false) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), entity_columns!(), entities_of_type!(), ">", "ASC"),
                postgres: page_by_time!(asked_postgres!(), entity_columns!(), entities_of_type!(), ">", "ASC")
            ),
            (Source::Found(_), true) => sql!(
                sqlite: page_by_time!(sought_entities_sqlite!("$10", "$11"), entity_columns!(), found_entities_sqlite!(), "<", "DESC"),
                postgres: page_by_time!(sought_entities_postgres!("$10", "$11"), entity_columns!(), found_entities_postgres!(), "<", "DESC")
            ),
            (Source::Found(_), false) => sql!(
                sqlite: page_by_time!(sought_entities_sqlite!("$10", "$11"), entity_columns!(), found_entities_sqlite!(), ">", "ASC"),
                postgres: page_by_time!(sought_entities_postgres!("$10", "$11"), entity_columns!(), found_entities_postgres!(), ">", "ASC")
            ),
        })
    }

    fn by_value(&self, source: &Source, is_descending: bool) -> Query<'_> {
        self.db.query(match (source, is_descending) {
            (Source::All | Source::Own | Source::Type, true) => sql!(
                sqlite: page_by_value!(asked_sqlite!(), entity_columns!(), sorted_entities!(), "<", "DESC"),
                postgres: page_by_value!(asked_postgres!(), entity_columns!(), sorted_entities!(), "<", "DESC")
            ),
            (Source::All | Source::Own | Source::Type, false) => sql!(
                sqlite: page_by_value!(asked_sqlite!(), entity_columns!(), sorted_entities!(), ">", "ASC"),
                postgres: page_by_value!(asked_postgres!(), entity_columns!(), sorted_entities!(), ">", "ASC")
            ),
            (Source::Found(_), true) => sql!(
                sqlite: page_by_value!(sought_entities_sqlite!("$10", "$11"), entity_columns!(), found_and_sorted_entities_sqlite!(), "<", "DESC"),
                postgres: page_by_value!(sought_entities_postgres!("$10", "$11"), entity_columns!(), found_and_sorted_entities_postgres!(), "<", "DESC")
            ),
            (Source::Found(_), false) => sql!(
                sqlite: page_by_value!(sought_entities_sqlite!("$10", "$11"), entity_columns!(), found_and_sorted_entities_sqlite!(), ">", "ASC"),
                postgres: page_by_value!(sought_entities_postgres!("$10", "$11"), entity_columns!(), found_and_sorted_entities_postgres!(), ">", "ASC")
            ),
        })
    }
}

impl Items for Entities<'_> {
    type Item = EntityDetails;

    fn source(&self) -> Source {
        if self.entity_type.is_some() { Source::Type } else { Source::All }
    }

    fn values(&self) -> Option<Values<'_>> {
        let Self { db, workspace, entity_type, include_deleted: _ } = *self;
        Some(Values { db, workspace, holder: Holder::Entity, item_type: entity_type? })
    }

    fn id(item: &EntityDetails) -> Uuid {
        item.id.uuid()
    }

    fn created_at(item: &EntityDetails) -> DateTime<Utc> {
        item.created_at
    }

    async fn count(&self, source: &Source, asked: &Ranges) -> Result<i64, StorageError> {
        let query = self.db.query(match source {
            Source::All | Source::Own => sql!(
                sqlite: count_items!(asked_sqlite!(), all_entities!(), "item.id"),
                postgres: count_items!(asked_postgres!(), all_entities!(), "item.id")
            ),
            Source::Type => sql!(
                sqlite: count_items!(asked_sqlite!(), entities_of_type!(), "item.id"),
                postgres: count_items!(asked_postgres!(), entities_of_type!(), "item.id")
            ),
            Source::Found(_) => sql!(
                sqlite: count_items!(sought_entities_sqlite!("$5", "$6"), "found WHERE TRUE", "found.item_id"),
                postgres: count_items!(sought_entities_postgres!("$5", "$6"), "found WHERE TRUE", "found.item_id")
            ),
        });
        let query = query.bind(self.workspace).bind(self.entity_type);
        let query = query.bind(asked.json.as_str()).bind(asked.needed);
        match source {
            Source::Found(sought) => query.bind(sought.json.as_str()).bind(sought.needed),
            Source::All | Source::Own | Source::Type => query.bind(self.include_deleted),
        }
        .scalar()
        .await
    }

    async fn page_by_time(
        &self,
        (source, asked): (&Source, &Ranges),
        is_descending: bool,
        part: &Part<DateTime<Utc>>,
    ) -> Result<Vec<EntityDetails>, StorageError> {
        let query = self.by_time(source, is_descending).bind(self.workspace).bind(self.entity_type);
        let query = query.bind(asked.json.as_str()).bind(asked.needed).bind(self.include_deleted);
        let query = part.bind_to(query);
        let query = match source {
            Source::Found(sought) => query.bind(sought.json.as_str()).bind(sought.needed),
            Source::All | Source::Own | Source::Type => query,
        };
        query.all::<EntityRow>().await?.into_iter().map(EntityDetails::try_from).collect()
    }

    async fn page_by_value(
        &self,
        (source, asked): (&Source, &Ranges),
        (property, is_descending): (&PropertyName, bool),
        part: &Part<Vec<u8>>,
    ) -> Result<Vec<(EntityDetails, Vec<u8>)>, StorageError> {
        let query =
            self.by_value(source, is_descending).bind(self.workspace).bind(self.entity_type);
        let query = query.bind(asked.json.as_str()).bind(asked.needed).bind(self.include_deleted);
        let query = part.bind_to(query);
        let query = match source {
            Source::Found(sought) => query.bind(sought.json.as_str()).bind(sought.needed),
            Source::All | Source::Own | Source::Type => query,
        };
        let rows: Vec<SortedRow> = query.bind(property.as_str()).all().await?;
        let sorted = |SortedRow { item, sort_key }| Ok((EntityDetails::try_from(item)?, sort_key));
        rows.into_iter().map(sorted).collect()
    }
}
