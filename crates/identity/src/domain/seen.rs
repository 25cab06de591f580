//! What somebody has seen of a thing before they change it.

use perme8_events::Id;
use uuid::Uuid;

/// What somebody has seen of a thing, and wants to change as it was then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which thing it was, if that is known: what has its name by now may be another one.
    pub id: Option<Uuid>,
    /// Which version of it; the first one is 1.
    pub version: i64,
}

impl Seen {
    /// Whether it is this thing, in this version.
    #[must_use]
    pub fn is<A>(self, id: Id<A>, version: i64) -> bool {
        let Self { id: seen, version: seen_version } = self;
        seen.is_none_or(|seen| seen == id.uuid()) && seen_version == version
    }
}

/// A version of whatever has the name.
impl From<i64> for Seen {
    fn from(version: i64) -> Self {
        Self { id: None, version }
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::WorkspaceId;

    use super::*;

    #[test]
    fn another_thing_is_as_stale_as_another_version() {
        let [mill, loom] = [1, 2].map(|number| WorkspaceId::new(Uuid::from_u128(number)));
        let seen = Seen { id: Some(mill.uuid()), version: 3 };
        assert!(seen.is(mill, 3));
        assert!(!seen.is(mill, 4));
        assert!(!seen.is(loom, 3));
        assert!(Seen::from(3).is(loom, 3));
        assert!(!Seen::from(3).is(loom, 4));
    }
}
