//! How much a workspace may hold.

use std::fmt;

/// How much the graph of a workspace may hold, without what is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// So many entities.
    pub entities: u64,
    /// So many edges.
    pub edges: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Self { entities: 50_000, edges: 200_000 }
    }
}

/// How many live entities and edges a workspace holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Usage {
    pub(crate) entities: u64,
    pub(crate) edges: u64,
}

/// What a quota is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Nodes.
    Entities,
    /// What leads from one to another.
    Edges,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entities => "entities",
            Self::Edges => "edges",
        })
    }
}

/// How many more of a kind there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) of: Counted,
    pub(crate) limit: u64,
    left: u64,
}

impl Room {
    /// What a quota leaves beside what is used already; nothing if that is more, as it may be after the quota was lowered.
    pub(crate) const fn left(of: Counted, quota: Quota, usage: Usage) -> Self {
        let (limit, used) = match of {
            Counted::Entities => (quota.entities, usage.entities),
            Counted::Edges => (quota.edges, usage.edges),
        };
        Self { of, limit, left: limit.saturating_sub(used) }
    }

    /// Whether there is room for one more.
    pub(crate) const fn has_room(&self) -> bool {
        self.left > 0
    }

    /// One more is there.
    pub(crate) const fn take(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_until_the_quota_is_used_up() {
        let quota = Quota { entities: 3, edges: 1 };
        let usage = Usage { entities: 1, edges: 5 };
        let mut room = Room::left(Counted::Entities, quota, usage);
        for has_room in [true, true, false, false] {
            assert_eq!(room.has_room(), has_room);
            room.take();
        }
        assert!(!Room::left(Counted::Edges, quota, usage).has_room());
    }
}
