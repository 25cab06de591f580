//! Lists of entities and edges in pages: what is asked, and where a page ends.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use perme8_events::StorageError;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{
    application::acting::from_not_acting_of_questions,
    domain::{
        filter::{Condition, Filter, FilterError, MOST_FILTERS},
        names::InvalidTypeName,
        schema::PropertyDefinition,
        sort::{Sort, SortKey},
    },
};

/// At most so many entities or edges make a page.
pub(crate) const LARGEST_PAGE: u16 = 500;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListPlace {
    /// So many entries before it.
    Offset(u64),
    /// Behind the end of another page of the same list, whatever came and went since.
    After(Cursor),
}

impl Default for ListPlace {
    fn default() -> Self {
        Self::Offset(0)
    }
}

/// The end of a page. It means nothing to callers, who hand it back as they got it.
#[derive(Clone, PartialEq, Eq, JsonSchema)]
#[schemars(from = "String", into = "String", inline)]
pub struct Cursor(pub(crate) Mark);

/// Behind which entry a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mark {
    /// One that was made then, in a list by time.
    Time(DateTime<Utc>, Uuid),
    /// One whose value has this key, in a list by values.
    Value(Vec<u8>, Uuid),
    /// One that has no value, at the end of a list by values.
    Lacking(DateTime<Utc>, Uuid),
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemsPage<T> {
    /// What there is.
    pub items: Vec<T>,
    /// How many there are in all pages.
    pub total: u64,
    /// Where the next page begins; nowhere after the last one.
    pub next: Option<Cursor>,
}

/// Why a list was not shown.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// There is no such workspace, or the person is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// Nobody asks whom the policy lets see it.
    #[error("the graph may not be seen")]
    Forbidden,
    /// No type can be called so.
    #[error(transparent)]
    InvalidType(#[from] InvalidTypeName),
    /// It cannot be filtered or sorted so.
    #[error("the list cannot be filtered or sorted so")]
    Invalid(Vec<FilterError>),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(ListError);

/// What is listed, and in which order, by the definitions of the type.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) conditions: Vec<Condition>,
    pub(crate) sort: Sort,
}

impl Plan {
    /// Reads filters and order, or tells everything that is wrong with them. Those that are deleted have no values that could be
    /// found.
    pub(crate) fn of(
        (filters, sort): (&[Filter], Option<&str>),
        definitions: Option<&[PropertyDefinition]>,
        include_deleted: bool,
        place: &ListPlace,
    ) -> Result<Self, ListError> {
        let mut errors = Vec::new();
        let mut note = |error| errors.push(error);
        if filters.len() > MOST_FILTERS {
            note(FilterError::new("filter", format!("has more than {MOST_FILTERS} conditions")));
        }
        let mut conditions = Vec::new();
        match definitions {
            None if !filters.is_empty() => note(FilterError::new("filter", "needs a type")),
            None => {}
            Some(definitions) => {
                for filter in filters.iter().take(MOST_FILTERS) {
                    match Condition::of(filter, definitions) {
                        Ok(condition) => conditions.push(condition),
                        Err(error) => note(error),
                    }
                }
            }
        }
        let sort = Sort::parse(sort, definitions).map_err(&mut note).unwrap_or(Sort::NEWEST);
        let is_by_values = matches!(sort.by, SortKey::Property(_));
        if include_deleted && (is_by_values || !conditions.is_empty()) {
            let message = "cannot be combined with a filter or an order by properties";
            note(FilterError::new("include_deleted", message));
        }
        if let ListPlace::After(Cursor(mark)) = place
            && is_by_values == matches!(mark, Mark::Time(..))
        {
            note(FilterError::new("after", "must be what meta.next said"));
        }
        if errors.is_empty() {
            Ok(Self { conditions, sort })
        } else {
            Err(ListError::Invalid(errors))
        }
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({self})")
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Mark::Time(at, id) => write!(f, "t{}{:016x}", id.simple(), at.timestamp_micros()),
            Mark::Lacking(at, id) => write!(f, "l{}{:016x}", id.simple(), at.timestamp_micros()),
            Mark::Value(key, id) => {
                write!(f, "v{}", id.simple())?;
                key.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// Digits of an id, and of a time.
const ID_DIGITS: usize = 32;
const TIME_DIGITS: usize = 16;
/// The longest key, in digits.
const MOST_DIGITS: usize = 2 * 600;

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.get(1..).ok_or(())?;
        // The parser of integers would also take a sign.
        if digits.len() < ID_DIGITS || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(());
        }
        let (id, rest) = digits.split_at(ID_DIGITS);
        let id = Uuid::try_parse(id).map_err(|_| ())?;
        let at = || {
            if rest.len() != TIME_DIGITS {
                return Err(());
            }
            let micros = i64::from_str_radix(rest, 16).map_err(|_| ())?;
            DateTime::from_timestamp_micros(micros).ok_or(())
        };
        let mark = match &text[..1] {
            "t" => Mark::Time(at()?, id),
            "l" => Mark::Lacking(at()?, id),
            "v" if rest.len() % 2 == 0 && rest.len() <= MOST_DIGITS => {
                let bytes = (0..rest.len()).step_by(2);
                let bytes = bytes.map(|at| u8::from_str_radix(&rest[at..at + 2], 16));
                Mark::Value(bytes.collect::<Result<_, _>>().map_err(|_| ())?, id)
            }
            _ => return Err(()),
        };
        Ok(Self(mark))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        let (at, id) = (DateTime::from_timestamp_micros(7).unwrap(), Uuid::from_u128(9));
        for mark in [Mark::Time(at, id), Mark::Lacking(at, id), Mark::Value(vec![2, 255], id)] {
            let text = Cursor(mark.clone()).to_string();
            assert_eq!(text.parse(), Ok(Cursor(mark)));
        }
        let text = Cursor(Mark::Time(at, id)).to_string();
        for other in [
            "",
            "t",
            "ü",
            "x0",
            &text[1..],
            &text[..40],
            &text.replacen('t', "v+", 1),
            &format!("{text}0"),
        ] {
            assert!(other.parse::<Cursor>().is_err(), "{other}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let filters = [Filter { property: "age".into(), operator: "eq".into(), value: "1".into() }];
        let time = Cursor(Mark::Time(DateTime::UNIX_EPOCH, Uuid::nil()));
        let told = |definitions, deleted, place| match Plan::of(
            (&filters, Some("age")),
            definitions,
            deleted,
            &place,
        ) {
            Err(ListError::Invalid(errors)) => errors.iter().map(ToString::to_string).collect(),
            other => vec![format!("{other:?}")],
        };
        assert_eq!(
            told(None, false, ListPlace::default()),
            ["filter needs a type", "sort by a property needs a type"]
        );
        let age = r#"[{"name": "age", "type": "integer", "required": false, "constraints": {}}]"#;
        let age: Vec<PropertyDefinition> = serde_json::from_str(age).unwrap();
        assert_eq!(
            told(Some(&age), true, ListPlace::After(time)),
            [
                "include_deleted cannot be combined with a filter or an order by properties",
                "after must be what meta.next said",
            ]
        );
    }
}
