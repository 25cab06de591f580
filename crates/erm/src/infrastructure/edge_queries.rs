//! Lists of edges.

use chrono::{DateTime, Utc};
use perme8_events::{
    StorageError, WorkspaceId, sql,
    sql::{Db, Query},
};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    application::{ports::items::Holder, read_models::items::EdgeDetails},
    domain::{names::PropertyName, references::EntityId},
    infrastructure::{
        item_rows::EdgeRow,
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

/// Edges of a workspace: of one type, or of any; from somewhere, to somewhere, or wherever.
#[derive(Debug)]
pub(crate) struct Edges<'a> {
    pub(crate) db: &'a Db,
    pub(crate) workspace: WorkspaceId,
    pub(crate) edge_type: Option<&'a str>,
    pub(crate) source_id: Option<EntityId>,
    pub(crate) target_id: Option<EntityId>,
    pub(crate) include_deleted: bool,
}

/// An edge, and the key of the value by which it is sorted.
#[derive(FromRow)]
struct SortedRow {
    #[sqlx(flatten)]
    item: EdgeRow,
    sort_key: Vec<u8>,
}

/// The columns of [`EdgeRow`].
macro_rules! edge_columns {
    () => {
        "item.id, item.workspace_id, item.edge_type, item.source_id, item.target_id, item.properties, item.created_at,
         item.updated_at, item.deleted_at, item.deleted_with, item.version"
    };
}

/// Edges of any type, or of one, from `$source` to `$target`.
macro_rules! all_edges {
    ($source:literal, $target:literal) => {
        concat!(
            "erm_edges AS item
             WHERE item.workspace_id = $1 AND (item.edge_type = $2 OR $2 IS NULL) AND (item.deleted_at IS NULL OR $5)
               AND (item.source_id = ", $source, " OR ", $source, " IS NULL)
               AND (item.target_id = ", $target, " OR ", $target, " IS NULL)"
        )
    };
}

/// And those that begin at `$source`, or else end at `$target`.
macro_rules! at {
    ($asked:expr, $source:literal, $target:literal) => {
        concat!(
            $asked,
            ", found (item_id) AS MATERIALIZED
               (SELECT id FROM erm_edges
                WHERE workspace_id = $1 AND source_id = ",
            $source,
            " AND (target_id = ",
            $target,
            " OR ",
            $target,
            " IS NULL)
                  AND (edge_type = $2 OR $2 IS NULL) AND deleted_at IS NULL
                UNION ALL
                SELECT id FROM erm_edges
                WHERE ",
            $source,
            " IS NULL AND workspace_id = $1 AND target_id = ",
            $target,
            "
                  AND (edge_type = $2 OR $2 IS NULL) AND deleted_at IS NULL)"
        )
    };
}

/// Edges at an entity.
macro_rules! edges_at_sqlite {
    () => {
        "found CROSS JOIN erm_edges AS item INDEXED BY sqlite_autoindex_erm_edges_1
         WHERE item.id = found.item_id AND item.workspace_id = $1 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// The same on PostgreSQL, in this order whatever it believes of the sizes of tables.
macro_rules! edges_at_postgres {
    () => {
        "found CROSS JOIN LATERAL (SELECT * FROM erm_edges WHERE id = found.item_id OFFSET 0) AS item
         WHERE item.workspace_id = $1 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Edges of a type at an entity, and a property of each.
macro_rules! sorted_edges_at_sqlite {
    () => {
        "found CROSS JOIN erm_values AS sorted INDEXED BY erm_values_item
         CROSS JOIN erm_edges AS item INDEXED BY sqlite_autoindex_erm_edges_1
         WHERE sorted.item_id = found.item_id AND sorted.workspace_id = $1 AND sorted.property = $12
           AND item.id = sorted.item_id AND (item.deleted_at IS NULL OR $5)"
    };
}

/// The same on PostgreSQL, in this order whatever it believes of the sizes of tables.
macro_rules! sorted_edges_at_postgres {
    () => {
        "found CROSS JOIN LATERAL
           (SELECT * FROM erm_values WHERE item_id = found.item_id AND item_id BETWEEN found.item_id AND found.item_id
              AND property = $12 OFFSET 0) AS sorted
         CROSS JOIN LATERAL (SELECT * FROM erm_edges WHERE id = found.item_id OFFSET 0) AS item
         WHERE sorted.workspace_id = $1 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Edges of a type.
macro_rules! edges_of_type {
    () => {
        "erm_edges AS item
         WHERE item.workspace_id = $1 AND item.edge_type = $2 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// What ranges find of a type.
macro_rules! sought_edges_sqlite {
    ($json:literal, $needed:literal) => {
        found_sqlite!("edge", "erm_edges", "edge_type", $json, $needed)
    };
}

/// The same on PostgreSQL.
macro_rules! sought_edges_postgres {
    ($json:literal, $needed:literal) => {
        found_postgres!("edge", "erm_edges", "edge_type", $json, $needed)
    };
}

/// Edges that ranges find.
macro_rules! found_edges_sqlite {
    () => {
        "found CROSS JOIN erm_edges AS item INDEXED BY sqlite_autoindex_erm_edges_1
         WHERE item.id = found.item_id AND item.workspace_id = $1 AND item.edge_type = $2
           AND (item.deleted_at IS NULL OR $5)"
    };
}

/// The same on PostgreSQL, in this order whatever it believes of the sizes of tables.
macro_rules! found_edges_postgres {
    () => {
        "found CROSS JOIN LATERAL (SELECT * FROM erm_edges WHERE id = found.item_id OFFSET 0) AS item
         WHERE item.workspace_id = $1 AND item.edge_type = $2 AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Edges of a type along a property.
macro_rules! sorted_edges {
    () => {
        "erm_values AS sorted CROSS JOIN erm_edges AS item
         WHERE sorted.workspace_id = $1 AND sorted.holder = 'edge' AND sorted.item_type = $2 AND sorted.property = $10
           AND item.id = sorted.item_id AND (item.deleted_at IS NULL OR $5)"
    };
}

/// Edges that ranges find, and a property of each.
macro_rules! found_and_sorted_edges_sqlite {
    () => {
        "found CROSS JOIN erm_values AS sorted INDEXED BY erm_values_item
         CROSS JOIN erm_edges AS item INDEXED BY sqlite_autoindex_erm_edges_1
         WHERE sorted.item_id = found.item_id AND sorted.workspace_id = $1 AND sorted.item_type = $2
           AND sorted.property = $12 AND item.id = sorted.item_id AND (item.deleted_at IS NULL OR $5)"
    };
}

/// The same on PostgreSQL, in this order whatever it believes of the sizes of tables.
macro_rules! found_and_sorted_edges_postgres {
    () => {
        "found CROSS JOIN LATERAL
           (SELECT * FROM erm_values WHERE item_id = found.item_id AND item_id BETWEEN found.item_id AND found.item_id
              AND property = $12 OFFSET 0) AS sorted
         CROSS JOIN LATERAL (SELECT * FROM erm_edges WHERE id = found.item_id OFFSET 0) AS item
         WHERE sorted.workspace_id = $1 AND sorted.item_type = $2 AND (item.deleted_at IS NULL OR $5)"
    };
}

impl Edges<'_> {
    fn by_time(&self, source: &Source, is_descending: bool) -> Query<'_> {
        self.db.query(match (source, is_descending) {
            (Source::All, true) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), edge_columns!(), all_edges!("$10", "$11"), "<", "DESC"),
                postgres: page_by_time!(asked_postgres!(), edge_columns!(), all_edges!("$10", "$11"), "<", "DESC")
            ),
            (Source::All, false) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), edge_columns!(), all_edges!("$10", "$11"), ">", "ASC"),
                postgres: page_by_time!(asked_postgres!(), edge_columns!(), all_edges!("$10", "$11"), ">", "ASC")
            ),
            (Source::Own, true) => sql!(
                sqlite: page_by_time!(at!(asked_sqlite!(), "$10", "$11"), edge_columns!(), edges_at_sqlite!(), "<", "DESC"),
                postgres: page_by_time!(at!(asked_postgres!(), "$10", "$11"), edge_columns!(), edges_at_postgres!(), "<", "DESC")
            ),
            (Source::Own, false) => sql!(
                sqlite: page_by_time!(at!(asked_sqlite!(), "$10", "$11"), edge_columns!(), edges_at_sqlite!(), ">", "ASC"),
                postgres: page_by_time!(at!(asked_postgres!(), "$10", "$11"), edge_columns!(), edges_at_postgres!(), ">", "ASC")
            ),
            (Source::Type, true) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), edge_columns!(), edges_of_type!(), "<", "DESC"),
                postgres: page_by_time!(asked_postgres!(), edge_columns!(), edges_of_type!(), "<", "DESC")
            ),
            (Source::Type, false) => sql!(
                sqlite: page_by_time!(asked_sqlite!(), edge_columns!(), edges_of_type!(), ">", "ASC"),
                postgres: page_by_time!(asked_postgres!(), edge_columns!(), edges_of_type!(), ">", "ASC")
            ),
            (Source::Found(_), true) => sql!(
                sqlite: page_by_time!(sought_edges_sqlite!("$10", "$11"), edge_columns!(), found_edges_sqlite!(), "<", "DESC"),
                postgres: page_by_time!(sought_edges_postgres!("$10", "$11"), edge_columns!(), found_edges_postgres!(), "<", "DESC")
            ),
            (Source::Found(_), false) => sql!(
                sqlite: page_by_time!(sought_edges_sqlite!("$10", "$11"), edge_columns!(), found_edges_sqlite!(), ">", "ASC"),
                postgres: page_by_time!(sought_edges_postgres!("$10", "$11"), edge_columns!(), found_edges_postgres!(), ">", "ASC")
            ),
        })
    }

    fn by_value(&self, source: &Source, is_descending: bool) -> Query<'_> {
        self.db.query(match (source, is_descending) {
            (Source::All | Source::Type, true) => sql!(
                sqlite: page_by_value!(asked_sqlite!(), edge_columns!(), sorted_edges!(), "<", "DESC"),
                postgres: page_by_value!(asked_postgres!(), edge_columns!(), sorted_edges!(), "<", "DESC")
            ),
            (Source::All | Source::Type, false) => sql!(
                sqlite: page_by_value!(asked_sqlite!(), edge_columns!(), sorted_edges!(), ">", "ASC"),
                postgres: page_by_value!(asked_postgres!(), edge_columns!(), sorted_edges!(), ">", "ASC")
            ),
            (Source::Own, true) => sql!(
                sqlite: page_by_value!(at!(asked_sqlite!(), "$10", "$11"), edge_columns!(), sorted_edges_at_sqlite!(), "<", "DESC"),
                postgres: page_by_value!(at!(asked_postgres!(), "$10", "$11"), edge_columns!(), sorted_edges_at_postgres!(), "<", "DESC")
            ),
            (Source::Own, false) => sql!(
                sqlite: page_by_value!(at!(asked_sqlite!(), "$10", "$11"), edge_columns!(), sorted_edges_at_sqlite!(), ">", "ASC"),
                postgres: page_by_value!(at!(asked_postgres!(), "$10", "$11"), edge_columns!(), sorted_edges_at_postgres!(), ">", "ASC")
            ),
            (Source::Found(_), true) => sql!(
                sqlite: page_by_value!(sought_edges_sqlite!("$10", "$11"), edge_columns!(), found_and_sorted_edges_sqlite!(), "<", "DESC"),
                postgres: page_by_value!(sought_edges_postgres!("$10", "$11"), edge_columns!(), found_and_sorted_edges_postgres!(), "<", "DESC")
            ),
            (Source::Found(_), false) => sql!(
                sqlite: page_by_value!(sought_edges_sqlite!("$10", "$11"), edge_columns!(), found_and_sorted_edges_sqlite!(), ">", "ASC"),
                postgres: page_by_value!(sought_edges_postgres!("$10", "$11"), edge_columns!(), found_and_sorted_edges_postgres!(), ">", "ASC")
            ),
        })
    }
}

impl Items for Edges<'_> {
    type Item = EdgeDetails;

    fn source(&self) -> Source {
        let is_at_one = self.source_id.is_some() || self.target_id.is_some();
        match self.edge_type {
            _ if is_at_one && !self.include_deleted => Source::Own,
            Some(_) if !is_at_one => Source::Type,
            _ => Source::All,
        }
    }

    fn values(&self) -> Option<Values<'_>> {
        let Self { db, workspace, edge_type, source_id, target_id, include_deleted: _ } = *self;
        let is_at_one = source_id.is_some() || target_id.is_some();
        let item_type = edge_type.filter(|_| !is_at_one)?;
        Some(Values { db, workspace, holder: Holder::Edge, item_type })
    }

    fn id(item: &EdgeDetails) -> Uuid {
        item.id.uuid()
    }

    fn created_at(item: &EdgeDetails) -> DateTime<Utc> {
        item.created_at
    }

    async fn count(&self, source: &Source, asked: &Ranges) -> Result<i64, StorageError> {
        let query = self.db.query(match source {
            Source::All => sql!(
                sqlite: count_items!(asked_sqlite!(), all_edges!("$6", "$7"), "item.id"),
                postgres: count_items!(asked_postgres!(), all_edges!("$6", "$7"), "item.id")
            ),
            Source::Own => sql!(
                sqlite: count_items!(at!(asked_sqlite!(), "$5", "$6"), "found WHERE TRUE", "found.item_id"),
                postgres: count_items!(at!(asked_postgres!(), "$5", "$6"), "found WHERE TRUE", "found.item_id")
            ),
            Source::Type => sql!(
                sqlite: count_items!(asked_sqlite!(), edges_of_type!(), "item.id"),
                postgres: count_items!(asked_postgres!(), edges_of_type!(), "item.id")
            ),
            Source::Found(_) => sql!(
                sqlite: count_items!(sought_edges_sqlite!("$5", "$6"), "found WHERE TRUE", "found.item_id"),
                postgres: count_items!(sought_edges_postgres!("$5", "$6"), "found WHERE TRUE", "found.item_id")
            ),
        });
        let query = query.bind(self.workspace).bind(self.edge_type);
        let query = query.bind(asked.json.as_str()).bind(asked.needed);
        match source {
            Source::Found(sought) => query.bind(sought.json.as_str()).bind(sought.needed),
            Source::Own => query.bind(self.source_id).bind(self.target_id),
            Source::All => {
                query.bind(self.include_deleted).bind(self.source_id).bind(self.target_id)
            }
            Source::Type => query.bind(self.include_deleted),
        }
        .scalar()
        .await
    }

    async fn page_by_time(
        &self,
        (source, asked): (&Source, &Ranges),
        is_descending: bool,
        part: &Part<DateTime<Utc>>,
    ) -> Result<Vec<EdgeDetails>, StorageError> {
        let query = self.by_time(source, is_descending).bind(self.workspace).bind(self.edge_type);
        let query = query.bind(asked.json.as_str()).bind(asked.needed).bind(self.include_deleted);
        let query = part.bind_to(query);
        let query = match source {
            Source::Found(sought) => query.bind(sought.json.as_str()).bind(sought.needed),
            Source::All | Source::Own => query.bind(self.source_id).bind(self.target_id),
            Source::Type => query,
        };
        query.all::<EdgeRow>().await?.into_iter().map(EdgeDetails::try_from).collect()
    }

    async fn page_by_value(
        &self,
        (source, asked): (&Source, &Ranges),
        (property, is_descending): (&PropertyName, bool),
        part: &Part<Vec<u8>>,
    ) -> Result<Vec<(EdgeDetails, Vec<u8>)>, StorageError> {
        let query = self.by_value(source, is_descending).bind(self.workspace).bind(self.edge_type);
        let query = query.bind(asked.json.as_str()).bind(asked.needed).bind(self.include_deleted);
        let query = part.bind_to(query);
        let query = match source {
            Source::Found(sought) => query.bind(sought.json.as_str()).bind(sought.needed),
            Source::Own => query.bind(self.source_id).bind(self.target_id),
            Source::All | Source::Type => query,
        };
        let rows: Vec<SortedRow> = query.bind(property.as_str()).all().await?;
        let sorted = |SortedRow { item, sort_key }| Ok((EdgeDetails::try_from(item)?, sort_key));
        rows.into_iter().map(sorted).collect()
    }
}
