//! Lists of entities and edges in pages, and how what they hold is found.
//!
//! All conditions of a list are met in one statement. If few values fulfil one of them, what they belong to is found first and then
//! asked for the others; else the values that fulfil each are counted by item. A page is read along an index of its order as long as
//! much of the list fulfils the conditions, and what fails is skipped; if little does, that is found and sorted.

use chrono::{DateTime, Utc};
use perme8_events::{
    StorageError,
    sql::{Bind, Query},
};
use uuid::Uuid;

use self::ranges::{Ranges, Values};
use crate::{
    application::listing::{Cursor, ItemsPage, LARGEST_PAGE, ListPlace, Mark, Plan},
    domain::{filter::Condition, names::PropertyName, sort::SortKey},
    infrastructure::most,
};

pub(crate) mod ranges;
pub(crate) mod statements;

/// If so few values fulfil a condition, the others are asked of what has them; and if so few items fulfil all, they are sorted.
/// Tests, whose lists are short, see what comes of both with few items.
const FEW: i64 = if cfg!(test) { 12 } else { 2000 };

/// From where items come.
#[derive(Debug)]
pub(crate) enum Source {
    /// From a whole workspace.
    All,
    /// From what the list itself keeps few: edges at an entity.
    Own,
    /// From what is of a type.
    Type,
    /// From what has values in as many of these ranges as it needs.
    Found(Ranges),
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

/// An item with the key of the value by which it is sorted.
type Sorted<I> = (I, Vec<u8>);

/// What can be listed.
pub(crate) trait Items: Sync {
    type Item: Send;

    /// From where they come if nothing narrower is known.
    fn source(&self) -> Source;

    /// The values of what is listed, where that is everything of a type.
    fn values(&self) -> Option<Values<'_>>;

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
    ) -> impl Future<Output = Result<Vec<Sorted<Self::Item>>, StorageError>> + Send;
}

/// No time is later: the last second of the year 9999.
const END_OF_TIME: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("there is such a second");

/// Before and behind all keys.
const ENDS: [u8; 2] = [0x00, 0xFF];

/// How what fulfils conditions is found: from where it comes, and what is asked of each item that comes from there.
#[derive(Debug)]
struct Search {
    source: Source,
    asked: Ranges,
}

impl Search {
    /// Along the list.
    fn along<I: Items>(items: &I, conditions: &[Condition]) -> Self {
        Self { source: items.source(), asked: Ranges::of(conditions) }
    }

    /// All at once, where there is an index for it.
    async fn at_once<I: Items>(items: &I, conditions: &[Condition]) -> Result<Self, StorageError> {
        let (Some(values), false) = (items.values(), conditions.is_empty()) else {
            return Ok(Self::along(items, conditions));
        };
        let positive: Vec<&Condition> =
            conditions.iter().filter(|condition| !condition.is_negated).collect();
        // Where there is but one, nothing is left to be asked for afterwards.
        let narrowest = if conditions.len() == 1 {
            None
        } else {
            values.narrowest(&positive, FEW).await?.map(|place| positive[place])
        };
        let (sought, asked): (Vec<&Condition>, Vec<&Condition>) =
            conditions.iter().partition(|condition| {
                narrowest.is_none_or(|narrowest| std::ptr::eq(narrowest, *condition))
            });
        Ok(Self { source: Source::Found(Ranges::of(sought)), asked: Ranges::of(asked) })
    }

    /// How many items there are.
    async fn count<I: Items>(&self, items: &I) -> Result<i64, StorageError> {
        items.count(&self.source, &self.asked).await
    }
}

/// A page of what fulfils the plan.
pub(crate) async fn page<I: Items>(
    items: &I,
    plan: &Plan,
    limit: u16,
    place: &ListPlace,
) -> Result<ItemsPage<I::Item>, StorageError> {
    let conditions = &plan.conditions;
    let search = Search::at_once(items, conditions).await?;
    let total = search.count(items).await?;
    let (items, next) = match place {
        ListPlace::Offset(offset) if total <= most(*offset) => (Vec::new(), None),
        ListPlace::Offset(_) | ListPlace::After(_) => {
            let search = if total <= FEW { search } else { Search::along(items, conditions) };
            read(items, plan, (limit, place), (search, total)).await?
        }
    };
    Ok(ItemsPage { items, total: u64::try_from(total).map_err(StorageError::new)?, next })
}

/// The same for those who do not ask how many there are, and believe that there are so many: what is read, and where the next
/// part begins.
pub(crate) async fn part<I: Items>(
    items: &I,
    plan: &Plan,
    limit: u16,
    place: &ListPlace,
    total: i64,
) -> Result<(Vec<I::Item>, Option<Cursor>), StorageError> {
    let search = Search::along(items, &plan.conditions);
    read(items, plan, (limit, place), (search, total)).await
}

/// What is read, and where the next part begins.
async fn read<I: Items>(
    items: &I,
    Plan { conditions, sort }: &Plan,
    (limit, place): (u16, &ListPlace),
    (search, total): (Search, i64),
) -> Result<(Vec<I::Item>, Option<Cursor>), StorageError> {
    let limit = i64::from(limit.clamp(1, LARGEST_PAGE));
    let (offset, mark) = match place {
        ListPlace::Offset(offset) => (most(*offset), None),
        ListPlace::After(Cursor(mark)) => (0, Some(mark)),
    };
    // One more than wanted tells whether another page follows.
    let reading = Reading { items, search, limit: limit + 1, offset };
    let mut found = match &sort.by {
        SortKey::CreatedAt => reading.by_time(sort.is_descending, mark).await?,
        SortKey::Property(property) => {
            let by = (property, sort.is_descending);
            reading.by_value_or_none(by, mark, (conditions, total)).await?
        }
    };
    let wanted = usize::try_from(limit).map_err(StorageError::new)?;
    let is_last = found.len() <= wanted;
    found.truncate(wanted);
    let next = found.last().filter(|_| !is_last).map(|(_, mark)| Cursor(mark.clone()));
    Ok((found.into_iter().map(|(item, _)| item).collect(), next))
}

/// Reads items that fulfil conditions, each with its place.
struct Reading<'a, I> {
    items: &'a I,
    search: Search,
    limit: i64,
    offset: i64,
}

type Marked<T> = Vec<(T, Mark)>;

impl<I: Items> Reading<'_, I> {
    async fn by_time(
        &self,
        is_descending: bool,
        mark: Option<&Mark>,
    ) -> Result<Marked<I::Item>, StorageError> {
        let behind = match mark {
            Some(Mark::Time(at, id) | Mark::Lacking(at, id)) => (*at, *id),
            Some(Mark::Value(..)) | None if is_descending => (END_OF_TIME, Uuid::max()),
            Some(Mark::Value(..)) | None => (DateTime::UNIX_EPOCH, Uuid::nil()),
        };
        let Self { items, search: Search { source, asked }, limit, offset } = self;
        let part = Part { behind, limit: *limit, offset: *offset };
        let found = items.page_by_time((source, asked), is_descending, &part).await?;
        let marked = |item| {
            let mark = Mark::Time(I::created_at(&item), I::id(&item));
            (item, mark)
        };
        Ok(found.into_iter().map(marked).collect())
    }

    async fn by_value(
        &self,
        by: (&PropertyName, bool),
        mark: Option<&Mark>,
    ) -> Result<Marked<I::Item>, StorageError> {
        let [least, most] = ENDS;
        let behind = match mark {
            Some(Mark::Value(key, id)) => (key.clone(), *id),
            Some(Mark::Time(..) | Mark::Lacking(..)) | None if by.1 => (vec![most], Uuid::max()),
            Some(Mark::Time(..) | Mark::Lacking(..)) | None => (vec![least], Uuid::nil()),
        };
        let Self { items, search: Search { source, asked }, limit, offset } = self;
        let part = Part { behind, limit: *limit, offset: *offset };
        let found = items.page_by_value((source, asked), by, &part).await?;
        let marked = |(item, key)| {
            let mark = Mark::Value(key, I::id(&item));
            (item, mark)
        };
        Ok(found.into_iter().map(marked).collect())
    }

    /// Those that have a value, and then, newest first, those of the `total` that have none.
    async fn by_value_or_none(
        self,
        by: (&PropertyName, bool),
        mark: Option<&Mark>,
        (conditions, total): (&[Condition], i64),
    ) -> Result<Marked<I::Item>, StorageError> {
        let mut found = if matches!(mark, Some(Mark::Lacking(..))) {
            Vec::new()
        } else {
            self.by_value(by, mark).await?
        };
        let missing = self.limit - i64::try_from(found.len()).map_err(StorageError::new)?;
        if missing == 0 {
            return Ok(found);
        }
        let with = |is_there| {
            let presence = Condition::presence(by.0, is_there);
            conditions.iter().cloned().chain([presence]).collect::<Vec<_>>()
        };
        let there = Search::at_once(self.items, &with(true)).await?.count(self.items).await?;
        let lacking = total - there;
        if lacking <= 0 {
            return Ok(found);
        }
        let search = if lacking <= FEW {
            Search::at_once(self.items, &with(false)).await?
        } else {
            Search::along(self.items, &with(false))
        };
        let offset = if found.is_empty() { (self.offset - there).max(0) } else { 0 };
        let rest = Reading { search, limit: missing, offset, ..self };
        let rest = rest.by_time(true, mark).await?;
        found.extend(rest.into_iter().map(|(item, mark)| match mark {
            Mark::Time(at, id) => (item, Mark::Lacking(at, id)),
            mark @ (Mark::Lacking(..) | Mark::Value(..)) => (item, mark),
        }));
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
