//! Entities and edges, one by one, for callers of the facade.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};

use crate::{
    domain::{
        edge::Edge,
        entity::Entity,
        references::{EdgeId, EntityId},
    },
    infrastructure::item_rows::{EdgeRow, EntityRow, select_edges, select_entities},
};

/// An entity of a workspace, deleted or not.
pub(crate) async fn entity(
    db: &Db,
    workspace: WorkspaceId,
    id: EntityId,
) -> Result<Option<Entity>, StorageError> {
    let query = db.query(sql!(select_entities!("WHERE id = $1 AND workspace_id = $2")));
    let row: Option<EntityRow> = query.bind(id).bind(workspace).opt().await?;
    row.map(Entity::try_from).transpose()
}

/// An edge of a workspace, deleted or not.
pub(crate) async fn edge(
    db: &Db,
    workspace: WorkspaceId,
    id: EdgeId,
) -> Result<Option<Edge>, StorageError> {
    let query = db.query(sql!(select_edges!("WHERE id = $1 AND workspace_id = $2")));
    let row: Option<EdgeRow> = query.bind(id).bind(workspace).opt().await?;
    row.map(Edge::try_from).transpose()
}
