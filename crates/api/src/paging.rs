//! Lists in pages: which part of a list a client asks for, and where the next part begins.

use std::{borrow::Cow, cmp::Ordering, fmt, num::NonZero, str::FromStr};

use chat::{MessagePlace, SessionPlace};
use chrono::{DateTime, Utc};
use documents::{DocumentPlace, FoundPlace};
use identity::{ApiKeySummary, InvitationSummary, MemberPlace, SessionSummary, WorkspaceDetails};
use perme8_events::Id;
use projects::ProjectPlace;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{
    fields::{Fields, FromFields},
    response::Data,
};

/// At most so many entries make a page.
pub(crate) const MOST: u8 = 100;

/// How many entries a client wants to see: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(NonZero<u8>);

impl Limit {
    /// As many as the query says, or nothing where it does not say.
    pub(crate) fn of(fields: &mut Fields) -> Option<Self> {
        fields.optional_parsed("limit", "must be a number, 1 to 100")
    }

    pub(crate) fn get(self) -> u8 {
        self.0.get()
    }
}

impl FromStr for Limit {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = text.parse().ok().filter(|number: &NonZero<u8>| number.get() <= MOST);
        number.map(Self).ok_or(())
    }
}

/// Where a page ends, as a query says it.
pub(crate) fn after<C: FromStr>(fields: &mut Fields) -> Option<C> {
    fields.optional_parsed("after", "must be what meta.next said")
}

/// No search is longer.
const LONGEST_SEARCH: usize = 200;

/// The words that a client looks for in a list.
pub(crate) fn search(fields: &mut Fields) -> Option<String> {
    let words = fields.optional_text("q")?;
    if words.chars().count() > LONGEST_SEARCH {
        return fields.note("q", "should be at most 200 character(s)");
    }
    Some(words)
}

/// Where the next page begins; nowhere after the last one.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Next<C = Place> {
    pub(crate) next: Option<C>,
}

/// The place of an entry in its list. It stays the same when other entries come and go, and also when this one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    at: DateTime<Utc>,
    id: Uuid,
}

/// An entry of a list that comes in pages.
pub(crate) trait Listed {
    /// How the place of a later entry of the list compares with that of an earlier one.
    const ORDER: Ordering;

    fn place(&self) -> Place;
}

/// Which part of a list a client wants to see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    limit: usize,
    after: Option<Place>,
}

impl FromFields for Page {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let limit = Limit::of(fields).map_or(MOST, Limit::get);
        Some(Self { limit: limit.into(), after: after(fields) })
    }
}

impl Page {
    /// This part of the list, each of its entries as JSON shows it.
    pub(crate) fn of<T: Listed, V: From<T>>(self, list: Vec<T>) -> Data<Vec<V>, Next> {
        self.map(list, V::from)
    }

    /// This part of the list, each of its entries as `show` makes it.
    pub(crate) fn map<T: Listed, V>(
        self,
        list: Vec<T>,
        show: impl FnMut(T) -> V,
    ) -> Data<Vec<V>, Next> {
        let follows =
            |entry: &T| self.after.is_none_or(|after| entry.place().cmp(&after) == T::ORDER);
        let mut rest = list.into_iter().filter(follows);
        let page: Vec<T> = rest.by_ref().take(self.limit).collect();
        let end = page.last().map(Listed::place);
        let next = end.filter(|_| rest.next().is_some());
        Data::with_meta(page.into_iter().map(show).collect(), Next { next })
    }
}

impl From<MemberPlace> for Place {
    fn from(MemberPlace { joined_at, user_id }: MemberPlace) -> Self {
        Self { at: joined_at, id: user_id.uuid() }
    }
}

impl From<Place> for MemberPlace {
    fn from(Place { at, id }: Place) -> Self {
        Self { joined_at: at, user_id: Id::new(id) }
    }
}

impl From<ProjectPlace> for Place {
    fn from(ProjectPlace { created_at, id }: ProjectPlace) -> Self {
        Self { at: created_at, id: id.uuid() }
    }
}

impl From<Place> for ProjectPlace {
    fn from(Place { at, id }: Place) -> Self {
        Self { created_at: at, id: Id::new(id) }
    }
}

impl From<SessionPlace> for Place {
    fn from(SessionPlace { last_message_at, id }: SessionPlace) -> Self {
        Self { at: last_message_at, id: id.uuid() }
    }
}

impl From<Place> for SessionPlace {
    fn from(Place { at, id }: Place) -> Self {
        Self { last_message_at: at, id: Id::new(id) }
    }
}

impl From<MessagePlace> for Place {
    fn from(MessagePlace { created_at, id }: MessagePlace) -> Self {
        Self { at: created_at, id: id.uuid() }
    }
}

impl From<Place> for MessagePlace {
    fn from(Place { at, id }: Place) -> Self {
        Self { created_at: at, id: Id::new(id) }
    }
}

/// The place of an entry in a list of which some come first: those that are pinned, or found by their titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForemostPlace {
    is_foremost: bool,
    place: Place,
}

impl From<DocumentPlace> for ForemostPlace {
    fn from(DocumentPlace { is_pinned, updated_at, id }: DocumentPlace) -> Self {
        Self { is_foremost: is_pinned, place: Place { at: updated_at, id: id.uuid() } }
    }
}

impl From<ForemostPlace> for DocumentPlace {
    fn from(
        ForemostPlace { is_foremost: is_pinned, place: Place { at, id } }: ForemostPlace,
    ) -> Self {
        Self { is_pinned, updated_at: at, id: Id::new(id) }
    }
}

impl From<FoundPlace> for ForemostPlace {
    fn from(FoundPlace { in_title, updated_at, id }: FoundPlace) -> Self {
        Self { is_foremost: in_title, place: Place { at: updated_at, id: id.uuid() } }
    }
}

impl From<ForemostPlace> for FoundPlace {
    fn from(ForemostPlace { is_foremost, place: Place { at, id } }: ForemostPlace) -> Self {
        Self { in_title: is_foremost, updated_at: at, id: Id::new(id) }
    }
}

impl Listed for SessionSummary {
    const ORDER: Ordering = Ordering::Less;

    fn place(&self) -> Place {
        Place { at: self.began_at, id: self.id.uuid() }
    }
}

impl Listed for ApiKeySummary {
    const ORDER: Ordering = Ordering::Less;

    fn place(&self) -> Place {
        Place { at: self.created_at, id: self.id.uuid() }
    }
}

impl Listed for InvitationSummary {
    const ORDER: Ordering = Ordering::Less;

    fn place(&self) -> Place {
        Place { at: self.created_at, id: self.id.uuid() }
    }
}

impl Listed for WorkspaceDetails {
    const ORDER: Ordering = Ordering::Less;

    fn place(&self) -> Place {
        Place { at: self.created_at, id: self.id.uuid() }
    }
}

/// Digits of the microseconds since 1970 and of the id, both hexadecimal.
const TIME_DIGITS: usize = 16;
const ID_DIGITS: usize = 32;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{}", self.at.timestamp_micros(), self.id.simple())
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // The parser of integers would also take a sign.
        if text.len() != TIME_DIGITS + ID_DIGITS || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(());
        }
        let (time, id) = text.split_at(TIME_DIGITS);
        let micros = i64::from_str_radix(time, 16).map_err(|_| ())?;
        let at = DateTime::from_timestamp_micros(micros).ok_or(())?;
        Ok(Self { at, id: Uuid::try_parse(id).map_err(|_| ())? })
    }
}

const FOREMOST: &str = "p";

impl fmt::Display for ForemostPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_foremost, place } = self;
        write!(f, "{}{place}", if *is_foremost { FOREMOST } else { "" })
    }
}

impl FromStr for ForemostPlace {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (is_foremost, place) = match text.strip_prefix(FOREMOST) {
            Some(place) => (true, place),
            None => (false, text),
        };
        Ok(Self { is_foremost, place: place.parse()? })
    }
}

/// Schemas of what is said as a word that means something to this host alone.
macro_rules! opaque {
    ($($Place:ident)*) => {$(
        impl JsonSchema for $Place {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($Place).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string" })
            }
        }
    )*};
}

opaque! { Place ForemostPlace }

impl Serialize for ForemostPlace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Listed from 9 down to 1; neighbours come at the same time.
    #[derive(Debug)]
    struct Entry(u8);

    impl Listed for Entry {
        const ORDER: Ordering = Ordering::Less;

        fn place(&self) -> Place {
            let at = DateTime::from_timestamp_micros(i64::from(self.0 / 2)).unwrap();
            Place { at, id: Uuid::from_u128(self.0.into()) }
        }
    }

    impl From<Entry> for u8 {
        fn from(entry: Entry) -> Self {
            entry.0
        }
    }

    fn page(limit: usize, after: Option<u8>, list: &[u8]) -> String {
        let after = after.map(|number| Entry(number).place());
        let data: Data<Vec<u8>, Next> =
            Page { limit, after }.of(list.iter().map(|number| Entry(*number)).collect());
        let next = |number: &u8| Entry(*number).place().to_string();
        let mut text = serde_json::to_string(&data).unwrap();
        for number in list {
            text = text.replace(&next(number), &number.to_string());
        }
        text
    }

    #[test]
    fn a_page_follows_its_place_whatever_came_and_went() {
        let list = [9, 8, 7, 5, 4];
        assert_eq!(page(2, None, &list), r#"{"data":[9,8],"meta":{"next":"8"}}"#);
        assert_eq!(page(2, Some(8), &list), r#"{"data":[7,5],"meta":{"next":"5"}}"#);
        assert_eq!(page(2, Some(6), &list), r#"{"data":[5,4],"meta":{"next":null}}"#);
        assert_eq!(page(2, Some(4), &list), r#"{"data":[],"meta":{"next":null}}"#);
        assert_eq!(page(9, None, &list), r#"{"data":[9,8,7,5,4],"meta":{"next":null}}"#);
    }

    #[test]
    fn a_place_reads_as_it_is_written() {
        let place = Entry(9).place();
        assert_eq!(place.to_string(), "000000000000000400000000000000000000000000000009");
        assert_eq!(place.to_string().parse(), Ok(place));
        let text = place.to_string();
        let beyond = "f".repeat(48);
        for other in ["", "9", &text[1..], &text.replacen('0', "+", 1), &beyond, &"ü".repeat(24)] {
            assert!(other.parse::<Place>().is_err(), "{other}");
        }
    }

    #[test]
    fn a_place_says_whether_it_is_among_those_that_come_first() {
        for is_foremost in [true, false] {
            let place = ForemostPlace { is_foremost, place: Entry(9).place() };
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for other in ["", "p", "x000000000000000400000000000000000000000000000009"] {
            assert!(other.parse::<ForemostPlace>().is_err(), "{other}");
        }
    }

    #[test]
    fn a_limit_has_limits() {
        for text in ["1", "100"] {
            assert_eq!(text.parse::<Limit>().unwrap().get().to_string(), text);
        }
        for text in ["", "0", "101", "1000", "-1", "1.5", "x"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
    }
}
