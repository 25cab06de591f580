//! What only one entity or edge may have: unique values, external keys, the one end of a cardinality.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    sync::Arc,
};

use uuid::Uuid;

use crate::domain::{
    names::{ExternalKey, PropertyName, TypeName},
    properties::{IndexedValue, PropertyError},
    references::EntityId,
    schema::EdgeType,
    values::Key,
};

/// A value of a property that no other entity or edge of the type may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct UniqueValue {
    pub(crate) item_type: TypeName,
    pub(crate) property: PropertyName,
    pub(crate) key: Key,
}

impl UniqueValue {
    /// Those among the values of an entity or edge.
    pub(crate) fn among(item_type: &TypeName, values: &[IndexedValue]) -> Vec<Self> {
        let unique = values.iter().filter(|value| value.unique);
        let claim = |value: &IndexedValue| Self {
            item_type: item_type.clone(),
            property: value.property.clone(),
            key: value.key.clone(),
        };
        unique.map(claim).collect()
    }
}

/// What an entity of a type is called elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KeyOfType {
    pub(crate) entity_type: TypeName,
    pub(crate) key: ExternalKey,
}

/// The end of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// Where it begins.
    Source,
    /// Where it ends.
    Target,
}

impl End {
    /// What the entity there is called in an edge.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Source => "source_id",
            Self::Target => "target_id",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "Source",
            Self::Target => "Target",
        })
    }
}

/// The only edge of a type that begins, or ends, at an entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct OnlyEdge {
    pub(crate) edge_type: TypeName,
    pub(crate) end: End,
    pub(crate) entity: EntityId,
}

impl OnlyEdge {
    /// What an edge of this type is the only one of.
    pub(crate) fn of(edge_type: &EdgeType, source: EntityId, target: EntityId) -> Vec<Self> {
        let EdgeType { name, cardinality, .. } = edge_type;
        let only = |end, entity| Self { edge_type: name.clone(), end, entity };
        let source = cardinality.is_one_per_source().then(|| only(End::Source, source));
        let target = cardinality.is_one_per_target().then(|| only(End::Target, target));
        source.into_iter().chain(target).collect()
    }
}

/// Who has what only one may have, as far as it was asked, and as it is while one after another is written.
///
/// Several may have it: those who had it before only one was allowed to.
#[derive(Debug)]
pub(crate) struct Claims<C> {
    /// Who has each.
    holders: HashMap<Arc<C>, Vec<Uuid>>,
    /// What each holder has, so that nobody looks through what all others have to find it.
    claims: HashMap<Uuid, Vec<Arc<C>>>,
}

impl<C: Eq + Hash> Claims<C> {
    /// These have them.
    pub(crate) fn held(by: impl IntoIterator<Item = (C, Uuid)>) -> Self {
        let mut claims = Self { holders: HashMap::new(), claims: HashMap::new() };
        for (claim, holder) in by {
            claims.take(holder, [claim]);
        }
        claims
    }

    /// Who has it, the first one if there are several.
    pub(crate) fn holder(&self, claim: &C) -> Option<Uuid> {
        self.holders.get(claim)?.first().copied()
    }

    /// Whether somebody else has it.
    pub(crate) fn is_taken(&self, claim: &C, by_others_than: Uuid) -> bool {
        let holders = self.holders.get(claim);
        holders.is_some_and(|holders| holders.iter().any(|holder| *holder != by_others_than))
    }

    /// From now on these are what this one has, and no others.
    pub(crate) fn settle(&mut self, item: Uuid, claims: impl IntoIterator<Item = C>) {
        self.release(item);
        self.take(item, claims);
    }

    /// This one has these, too.
    pub(crate) fn take(&mut self, item: Uuid, claims: impl IntoIterator<Item = C>) {
        for claim in claims {
            let claim = Arc::new(claim);
            self.holders.entry(Arc::clone(&claim)).or_default().push(item);
            self.claims.entry(item).or_default().push(claim);
        }
    }

    /// This one has nothing any more.
    pub(crate) fn release(&mut self, item: Uuid) {
        for claim in self.claims.remove(&item).unwrap_or_default() {
            if let Entry::Occupied(mut holders) = self.holders.entry(claim) {
                holders.get_mut().retain(|holder| *holder != item);
                if holders.get().is_empty() {
                    holders.remove();
                }
            }
        }
    }
}

impl Claims<UniqueValue> {
    /// Which of these values others have already.
    pub(crate) fn conflicts(&self, item: Uuid, values: &[UniqueValue]) -> Vec<PropertyError> {
        let taken = values.iter().filter(|value| self.is_taken(value, item));
        taken.map(|value| PropertyError::not_unique(&value.property)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_has_no_other_may_have_until_it_is_given_up() {
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let mut claims = Claims::held([("a", one)]);
        assert!(claims.is_taken(&"a", other) && !claims.is_taken(&"a", one));
        claims.settle(one, ["b"]);
        assert!(!claims.is_taken(&"a", other) && claims.is_taken(&"b", other));
        claims.take(one, ["c"]);
        assert_eq!([claims.holder(&"b"), claims.holder(&"c")], [Some(one); 2]);
        claims.release(one);
        assert_eq!(claims.holder(&"b"), None);
    }

    #[test]
    fn of_those_who_shared_it_before_nobody_has_it_alone() {
        let [one, other, third] = [1, 2, 3].map(Uuid::from_u128);
        for shared in [[("a", one), ("a", other)], [("a", other), ("a", one)]] {
            let mut claims = Claims::held(shared);
            assert!([one, other, third].iter().all(|item| claims.is_taken(&"a", *item)));
            claims.settle(one, ["b"]);
            assert!(!claims.is_taken(&"a", other) && claims.is_taken(&"a", one));
        }
    }

    #[test]
    fn who_gives_up_everything_leaves_nothing_behind() {
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let mut claims = Claims::held([("a", one), ("a", other)]);
        claims.take(one, ["b", "b"]);
        claims.release(one);
        assert_eq!([claims.holder(&"a"), claims.holder(&"b")], [Some(other), None]);
        for item in [one, other] {
            claims.release(item);
        }
        assert!(claims.holders.is_empty() && claims.claims.is_empty());
    }
}
