//! The statements of lists, written once for entities and edges, and what they are asked with.
//!
//! All conditions of a list are met in one statement: their ranges come as rows of JSON (`asked`), and an item fulfils them if as
//! many of its values are in ranges as there are conditions that want one, and none is where none may be. A list is read
//! along an index of its order as long as much of it fulfils the conditions; if little does, what the narrowest condition finds is
//! sorted instead.

use chrono::{DateTime, Utc};
use perme8_events::{
    StorageError, WorkspaceId, sql,
    sql::{Bind, Db, Query},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    application::listing::{Cursor, ItemsPage, LARGEST_PAGE, ListPlace, Mark, Plan},
    domain::{filter::Condition, names::PropertyName, schema::SchemaDefinition, sort::SortKey},
};

/// The types that a workspace knows, once it has said so.
pub(crate) async fn definition(
    db: &Db,
    workspace: WorkspaceId,
) -> Result<Option<SchemaDefinition>, StorageError> {
    let query = db.query(sql!("SELECT definition FROM erm_schemas WHERE workspace_id = $1"));
    let row: Option<(String,)> = query.bind(workspace).opt().await?;
    let Some((definition,)) = row else { return Ok(None) };
    serde_json::from_str(&definition).map(Some).map_err(StorageError::new)
}

/// Outweighs everything that is fulfilled.
const NEVER: i64 = -1000;

/// If so few items fulfil the conditions, they are sorted; else the list is read in its order and what fails is skipped.
pub(crate) const FEW: i64 = 2000;

/// The conditions of a list, as statements take them.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Ranges of the narrowest condition that wants a value.
    pub(crate) narrowest: Option<String>,
    /// All others, with which this one may be asked.
    pub(crate) others: Ranges,
    /// All of them.
    pub(crate) all: Ranges,
}

/// Ranges, and how many of them an item has values in that fulfils the conditions.
#[derive(Debug)]
pub(crate) struct Ranges {
    pub(crate) json: String,
    pub(crate) needed: i64,
}

impl Asked {
    pub(crate) fn of(conditions: &[Condition]) -> Self {
        let positive = conditions.iter().filter(|condition| !condition.is_negated);
        let narrowest = positive.min_by_key(|condition| condition.breadth);
        let is_other = |condition: &&Condition| {
            narrowest.is_none_or(|narrowest| !std::ptr::eq(narrowest, *condition))
        };
        Self {
            narrowest: narrowest.map(|condition| Ranges::of([condition]).json),
            others: Ranges::of(conditions.iter().filter(is_other)),
            all: Ranges::of(conditions),
        }
    }
}

impl Ranges {
    fn of<'c>(conditions: impl IntoIterator<Item = &'c Condition>) -> Self {
        let (mut rows, mut needed) = (Vec::new(), 0);
        for condition in conditions {
            needed += i64::from(!condition.is_negated);
            let weight = if condition.is_negated { NEVER } else { 1 };
            rows.extend(condition.ranges.iter().map(|range| {
                json!({
                    "property": condition.property,
                    "weight": weight,
                    "low": hex(&range.from),
                    "high": hex(&range.until),
                })
            }));
        }
        Self { json: serde_json::Value::from(rows).to_string(), needed }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// From where items come.
#[derive(Debug)]
pub(crate) enum Source {
    /// From a whole workspace.
    All,
    /// From what the list itself keeps few: edges at an entity.
    Own,
    /// From what is of a type.
    Type,
    /// From what these ranges hold: those of the narrowest condition.
    Found(String),
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Part<M> {
    /// Behind which entry.
    pub(crate) behind: (M, Uuid),
    pub(crate) limit: i64,
    pub(crate) offset: i64,
}

impl<M> Part<M> {
    pub(crate) fn bind_to<'c, 'q>(&'q self, query: Query<'c>) -> Query<'c>
    where
        &'q M: Bind<'q>,
    {
        let Self { behind: (mark, id), limit, offset } = self;
        query.bind(mark).bind(*id).bind(*limit).bind(*offset)
    }
}

/// What can be listed.
pub(crate) trait Items: Sync {
    type Item: Send;

    /// From where they come if nothing narrower is known.
    fn source(&self) -> Source;

    fn id(item: &Self::Item) -> Uuid;

    fn created_at(item: &Self::Item) -> DateTime<Utc>;

    fn count(
        &self,
        source: &Source,
        asked: &Ranges,
    ) -> impl Future<Output = Result<i64, StorageError>> + Send;

    fn page_by_time(
        &self,
        from: (&Source, &Ranges),
        is_descending: bool,
        part: &Part<DateTime<Utc>>,
    ) -> impl Future<Output = Result<Vec<Self::Item>, StorageError>> + Send;

    fn page_by_value(
        &self,
        from: (&Source, &Ranges),
        by: (&PropertyName, bool),
        part: &Part<Vec<u8>>,
    ) -> impl Future<Output = Result<Vec<(Self::Item, Vec<u8>)>, StorageError>> + Send;
}

/// No time is later: the last second of the year 9999.
const END_OF_TIME: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("there is such a second");

/// Before and behind all keys.
const ENDS: [u8; 2] = [0x00, 0xFF];

/// A page of what fulfils the plan.
pub(crate) async fn page<I: Items>(
    items: &I,
    plan: &Plan,
    limit: u16,
    place: &ListPlace,
) -> Result<ItemsPage<I::Item>, StorageError> {
    let Plan { conditions, sort } = plan;
    let limit = i64::from(limit.clamp(1, LARGEST_PAGE));
    let (offset, mark) = match place {
        ListPlace::Offset(offset) => (i64::try_from(*offset).unwrap_or(i64::MAX), None),
        ListPlace::After(Cursor(mark)) => (0, Some(mark)),
    };
    let total = count(items, conditions).await?;
    let wanted = usize::try_from(limit).map_err(StorageError::new)?;
    let mut found = if total <= offset {
        Vec::new()
    } else {
        // One more than wanted tells whether another page follows.
        let reading = Reading { items, conditions, total, limit: limit + 1 };
        match &sort.by {
            SortKey::CreatedAt => reading.by_time(sort.is_descending, mark, offset).await?,
            SortKey::Property(property) => {
                reading.by_value((property, sort.is_descending), mark, offset).await?
            }
        }
    };
    let is_last = found.len() <= wanted;
    found.truncate(wanted);
    let next = found.last().filter(|_| !is_last).map(|(_, mark)| Cursor(mark.clone()));
    let items = found.into_iter().map(|(item, _)| item).collect();
    Ok(ItemsPage { items, total: u64::try_from(total).map_err(StorageError::new)?, next })
}

/// How many items fulfil the conditions.
async fn count<I: Items>(items: &I, conditions: &[Condition]) -> Result<i64, StorageError> {
    let asked = Asked::of(conditions);
    match (items.source(), asked.narrowest) {
        (source @ (Source::All | Source::Own), _) | (source, None) => {
            items.count(&source, &asked.all).await
        }
        (_, Some(ranges)) => items.count(&Source::Found(ranges), &asked.others).await,
    }
}

/// Reads items that fulfil conditions, each with its place.
struct Reading<'a, I> {
    items: &'a I,
    conditions: &'a [Condition],
    /// How many there are.
    total: i64,
    limit: i64,
}

type Marked<T> = Vec<(T, Mark)>;

impl<I: Items> Reading<'_, I> {
    /// From where they are best read, and what is left to ask.
    fn source(&self) -> (Source, Ranges) {
        let asked = Asked::of(self.conditions);
        match (self.items.source(), asked.narrowest) {
            (Source::Type, Some(ranges)) if self.total <= FEW => {
                (Source::Found(ranges), asked.others)
            }
            (source, _) => (source, asked.all),
        }
    }

    async fn by_time(
        &self,
        is_descending: bool,
        mark: Option<&Mark>,
        offset: i64,
    ) -> Result<Marked<I::Item>, StorageError> {
        let behind = match mark {
            Some(Mark::Time(at, id) | Mark::Lacking(at, id)) => (*at, *id),
            Some(Mark::Value(..)) | None if is_descending => (END_OF_TIME, Uuid::max()),
            Some(Mark::Value(..)) | None => (DateTime::UNIX_EPOCH, Uuid::nil()),
        };
        let (source, asked) = self.source();
        let part = Part { behind, limit: self.limit, offset };
        let found = self.items.page_by_time((&source, &asked), is_descending, &part).await?;
        let marked = |item| {
            let mark = Mark::Time(I::created_at(&item), I::id(&item));
            (item, mark)
        };
        Ok(found.into_iter().map(marked).collect())
    }

    /// Those that have a value, and then, newest first, those that have none.
    async fn by_value(
        &self,
        by: (&PropertyName, bool),
        mark: Option<&Mark>,
        offset: i64,
    ) -> Result<Marked<I::Item>, StorageError> {
        let mut found = Vec::new();
        if !matches!(mark, Some(Mark::Lacking(..))) {
            let [least, most] = ENDS;
            let behind = match mark {
                Some(Mark::Value(key, id)) => (key.clone(), *id),
                Some(Mark::Time(..) | Mark::Lacking(..)) | None if by.1 => {
                    (vec![most], Uuid::max())
                }
                Some(Mark::Time(..) | Mark::Lacking(..)) | None => (vec![least], Uuid::nil()),
            };
            let (source, asked) = self.source();
            let part = Part { behind, limit: self.limit, offset };
            let page = self.items.page_by_value((&source, &asked), by, &part).await?;
            found.extend(page.into_iter().map(|(item, key)| {
                let mark = Mark::Value(key, I::id(&item));
                (item, mark)
            }));
        }
        let missing = self.limit - i64::try_from(found.len()).map_err(StorageError::new)?;
        if missing == 0 {
            return Ok(found);
        }
        let with = |is_there| {
            let presence = Condition::presence(by.0, is_there);
            self.conditions.iter().cloned().chain([presence]).collect::<Vec<_>>()
        };
        let offset = if found.is_empty() && offset > 0 {
            offset - count(self.items, &with(true)).await?
        } else {
            0
        };
        let lacking = with(false);
        let rest = Reading { conditions: &lacking, limit: missing, ..*self };
        let rest = rest.by_time(true, mark, offset.max(0)).await?;
        found.extend(rest.into_iter().map(|(item, mark)| match mark {
            Mark::Time(at, id) => (item, Mark::Lacking(at, id)),
            mark @ (Mark::Lacking(..) | Mark::Value(..)) => (item, mark),
        }));
        Ok(found)
    }
}

/// The rows of the conditions, out of the JSON in `$3`, on SQLite.
macro_rules! asked_sqlite {
    () => {
        "WITH asked (property, weight, low, high) AS MATERIALIZED
           (SELECT value ->> 'property', value ->> 'weight', unhex(value ->> 'low'), unhex(value ->> 'high')
            FROM json_each($3))"
    };
}

/// The same on PostgreSQL.
macro_rules! asked_postgres {
    () => {
        "WITH asked (property, weight, low, high) AS MATERIALIZED
           (SELECT value ->> 'property', (value ->> 'weight')::bigint, decode(value ->> 'low', 'hex'),
                   decode(value ->> 'high', 'hex')
            FROM jsonb_array_elements($3::jsonb) AS value)"
    };
}

/// And what the narrowest condition finds, out of its ranges in `$json`, on SQLite.
macro_rules! found_sqlite {
    ($holder:literal, $json:literal) => {
        concat!(
            asked_sqlite!(),
            ", found (item_id) AS MATERIALIZED
               (SELECT held.item_id FROM json_each(",
            $json,
            ") AS one CROSS JOIN erm_values AS held
                WHERE held.workspace_id = $1 AND held.holder = '",
            $holder,
            "' AND held.item_type = $2 AND held.property = one.value ->> 'property'
                  AND held.key >= unhex(one.value ->> 'low') AND held.key < unhex(one.value ->> 'high'))"
        )
    };
}

/// The same on PostgreSQL, which asks range by range whatever it believes of the sizes of tables.
macro_rules! found_postgres {
    ($holder:literal, $json:literal) => {
        concat!(
            asked_postgres!(),
            ", found (item_id) AS MATERIALIZED
               (SELECT held.item_id FROM jsonb_array_elements(",
            $json,
            "::jsonb) AS one (value) CROSS JOIN LATERAL
                  (SELECT item_id FROM erm_values
                   WHERE workspace_id = $1 AND holder = '",
            $holder,
            "' AND item_type = $2 AND property = one.value ->> 'property'
                     AND key >= decode(one.value ->> 'low', 'hex') AND key < decode(one.value ->> 'high', 'hex') OFFSET 0) AS held)"
        )
    };
}

/// Whether the item of this id fulfils the conditions, `$4` of which want a value.
macro_rules! fulfils {
    ($id:literal) => {
        concat!(
            "($3 = '[]' OR (SELECT coalesce(sum(asked.weight), 0) FROM asked CROSS JOIN erm_values AS held
                            WHERE held.item_id = ",
            $id,
            " AND held.property = asked.property AND held.key >= asked.low AND held.key < asked.high) = $4)"
        )
    };
}

/// How many items of `$from`, where they have this id, fulfil the conditions.
macro_rules! count_items {
    ($asked:expr, $from:expr, $id:literal) => {
        concat!($asked, " SELECT count(*) FROM ", $from, " AND ", fulfils!($id))
    };
}

/// A page by time of what is in `$from`: behind `$6` and `$7`, `$8` items after `$9` others.
macro_rules! page_by_time {
    ($asked:expr, $columns:expr, $from:expr, $than:literal, $order:literal) => {
        concat!(
            $asked,
            " SELECT ",
            $columns,
            " FROM ",
            $from,
            " AND ",
            fulfils!("item.id"),
            " AND (item.created_at, item.id) ",
            $than,
            " ($6, $7)
              ORDER BY item.created_at ",
            $order,
            ", item.id ",
            $order,
            " LIMIT $8 OFFSET $9"
        )
    };
}

/// A page by value, where that is `sorted` in `$from`.
macro_rules! page_by_value {
    ($asked:expr, $columns:expr, $from:expr, $than:literal, $order:literal) => {
        concat!(
            $asked,
            " SELECT ",
            $columns,
            ", sorted.key AS sort_key FROM ",
            $from,
            " AND ",
            fulfils!("sorted.item_id"),
            " AND (sorted.key, sorted.item_id) ",
            $than,
            " ($6, $7)
              ORDER BY sorted.key ",
            $order,
            ", sorted.item_id ",
            $order,
            " LIMIT $8 OFFSET $9"
        )
    };
}

pub(crate) use {
    asked_postgres, asked_sqlite, count_items, found_postgres, found_sqlite, fulfils, page_by_time,
    page_by_value,
};

#[cfg(test)]
mod tests;
