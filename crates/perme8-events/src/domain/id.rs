//! Typed identifiers.

use std::{borrow::Cow, cmp, fmt, hash, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies an `A`; a UUID that cannot be mixed up with that of a `B`.
///
/// ```
/// use perme8_events::Id;
///
/// enum Project {}
/// let id: Id<Project> = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
/// assert_eq!(id.to_string(), "0199a1b2-0000-7000-8000-000000000001");
/// ```
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Id<A> {
    uuid: Uuid,
    #[serde(skip)]
    of: PhantomData<fn() -> A>,
}

/// Marks the ids of people, who live in the identity context.
#[derive(Debug)]
pub enum Person {}

/// Marks the ids of workspaces, the tenants of the platform.
#[derive(Debug)]
pub enum Tenant {}

/// Marks the ids of events.
#[derive(Debug)]
pub enum Occurrence {}

/// Marks the ids shared by everything that one outside request leads to.
#[derive(Debug)]
pub enum Correlation {}

/// Identifies a person.
pub type UserId = Id<Person>;
/// Identifies a workspace.
pub type WorkspaceId = Id<Tenant>;
/// Identifies one occurrence of an event.
pub type EventId = Id<Occurrence>;
/// Identifies everything that one outside request leads to.
pub type CorrelationId = Id<Correlation>;

impl<A> Id<A> {
    /// Claims that `uuid` identifies an `A`.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self { uuid, of: PhantomData }
    }

    /// Forgets what it identifies.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

impl<A> Clone for Id<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Id<A> {}

impl<A> PartialEq for Id<A> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<A> Eq for Id<A> {}

impl<A> PartialOrd for Id<A> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<A> Ord for Id<A> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<A> hash::Hash for Id<A> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<A> fmt::Debug for Id<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<A> fmt::Display for Id<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, f)
    }
}

impl<A> FromStr for Id<A> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new)
    }
}

impl<A> JsonSchema for Id<A> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Uuid::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::hash_map::RandomState, hash::BuildHasher as _};

    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_compared_and_shown_like_its_uuid() {
        let uuids = [3, 1, 2].map(Uuid::from_u128);
        let hashes = RandomState::new();
        for uuid in uuids {
            let id = UserId::new(uuid);
            assert_eq!(id.uuid(), uuid);
            assert_eq!(format!("{id} {id:?}"), format!("{uuid} {uuid}"));
            assert_eq!(hashes.hash_one(id), hashes.hash_one(uuid));
            for other in uuids {
                let both = (id, UserId::new(other));
                assert_eq!((both.0 == both.1, both.0 < both.1), (uuid == other, uuid < other));
            }
        }
    }

    #[test]
    fn an_id_has_the_schema_of_a_uuid_wherever_it_stands() {
        assert_eq!(
            schemars::schema_for!(UserId),
            json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "title": "Id",
                "type": "string",
                "format": "uuid",
            })
        );
        let many = schemars::schema_for!(Vec<UserId>).to_value();
        assert_eq!(many["items"], json!({ "type": "string", "format": "uuid" }));
    }
}
