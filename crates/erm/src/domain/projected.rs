//! The things of a workspace that other contexts keep, as nodes and edges of a graph.

use perme8_events::{Id, WorkspaceId};
use sha2::{Digest, Sha256};
use uuid::Builder;

use crate::domain::references::{EdgeId, EntityId};

/// What a projected node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeKind {
    /// A project of the workspace.
    Project,
    /// A document of the workspace.
    Document,
    /// A person of the workspace.
    Member,
}

impl NodeKind {
    /// What nodes of it are called.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Document => "document",
            Self::Member => "member",
        }
    }
}

/// What a projected edge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdgeKind {
    /// From a document to the project that it is in.
    BelongsTo,
    /// From a member to what is theirs.
    Authored,
}

impl EdgeKind {
    /// What edges of it are called.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::BelongsTo => "belongs_to",
            Self::Authored => "authored",
        }
    }
}

/// The node that something is: it has the same id.
pub(crate) const fn node<A>(id: Id<A>) -> EntityId {
    EntityId::new(id.uuid())
}

/// The edge of this type between two nodes of a workspace: always the same, however often the graph is built.
pub(crate) fn edge(
    workspace: WorkspaceId,
    edge_type: EdgeKind,
    source: EntityId,
    target: EntityId,
) -> EdgeId {
    let mut hash = Sha256::new();
    hash.update(workspace.uuid().as_bytes());
    hash.update(source.uuid().as_bytes());
    hash.update(target.uuid().as_bytes());
    hash.update(edge_type.as_str());
    let hash: [u8; 32] = hash.finalize().into();
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    EdgeId::new(Builder::from_custom_bytes(id).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{COMPANY, ELSEWHERE, MEMBER, id};

    #[test]
    fn an_edge_has_the_same_id_whenever_it_is_made() {
        let (member, thing) = (node(MEMBER), id(8));
        let made = edge(COMPANY, EdgeKind::Authored, member, thing);
        expect_test::expect!["2973fbab-d670-8048-8dd8-f9ecb517bb4b"].assert_eq(&made.to_string());
        let others = [
            edge(ELSEWHERE, EdgeKind::Authored, member, thing),
            edge(COMPANY, EdgeKind::BelongsTo, member, thing),
            edge(COMPANY, EdgeKind::Authored, thing, member),
        ];
        assert!(!others.contains(&made));
    }
}
