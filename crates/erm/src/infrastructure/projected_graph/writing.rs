//! What is told of a graph, written into its rows.

use chrono::{DateTime, Utc};
use identity::Role;
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Rows};
use projects::ProjectId;

use super::told::{Change, Told};
use crate::domain::{
    projected::{EdgeKind, NodeKind, edge, node},
    references::EntityId,
};

/// The rows of the graph of one workspace, and since when they are what they are made to be.
pub(super) struct Writing<'r, 't> {
    pub(super) rows: &'r mut Rows<'t>,
    pub(super) workspace: WorkspaceId,
    pub(super) at: DateTime<Utc>,
}

/// A node that is there from now on.
struct NewNode<'n> {
    id: EntityId,
    node_type: NodeKind,
    private_to: Option<UserId>,
    name: Option<&'n str>,
    slug: Option<&'n str>,
    role: Option<Role>,
}

impl<'n> NewNode<'n> {
    const fn new(id: EntityId, node_type: NodeKind) -> Self {
        Self { id, node_type, private_to: None, name: None, slug: None, role: None }
    }

    const fn called(self, name: &'n str, slug: &'n str) -> Self {
        Self { name: Some(name), slug: Some(slug), ..self }
    }
}

impl Writing<'_, '_> {
    /// Writes what happened. To a workspace that is gone nothing happens any more, whatever was on its way.
    pub(super) async fn write(&mut self, told: Told) -> Result<(), StorageError> {
        match told {
            Told::Ended => self.end().await,
            _ if self.is_gone().await? => Ok(()),
            Told::Begun { owner } => self.member(owner, Role::Owner).await,
            Told::Member { id, role } => self.member(id, role).await,
            Told::Project { id, owner, name, slug } => {
                self.add(NewNode::new(id, NodeKind::Project).called(&name, &slug)).await?;
                self.author(id, owner).await
            }
            Told::ProjectUpdated { id, owner, name } => {
                if self.rename(id, &name).await? {
                    self.author(id, owner).await
                } else {
                    Ok(())
                }
            }
            Told::ProjectArchived { id, is_archived } => self.archive(id, is_archived).await,
            Told::Document { id, owner, private_to, project } => {
                self.add(NewNode { private_to, ..NewNode::new(id, NodeKind::Document) }).await?;
                self.author(id, owner).await?;
                self.place(id, project).await
            }
            Told::DocumentChanged { id, private_to, change } => {
                let is_trashed = match change {
                    Some(Change::Trashed(is_trashed)) => Some(is_trashed),
                    Some(Change::Project(_) | Change::Owner(_)) | None => None,
                };
                if !self.touch(id, private_to, is_trashed).await? {
                    return Ok(());
                }
                match change {
                    Some(Change::Project(project)) => self.place(id, project).await,
                    Some(Change::Owner(owner)) => self.author(id, owner).await,
                    Some(Change::Trashed(_)) | None => Ok(()),
                }
            }
            Told::Gone { id, node_type } => self.remove(id, node_type).await,
        }
    }

    /// Nothing is followed any more, for good. Its rows, of which nobody asks now that nobody is a member, are left to
    /// [`Deleted::purge_graphs`](crate::application::purge_deleted::Deleted::purge_graphs): there may be very many, and whoever
    /// follows events would have to remove all of them in one transaction.
    async fn end(&mut self) -> Result<(), StorageError> {
        let insert = sql!(
            "INSERT INTO erm_graph_workspaces (generation, workspace_id, is_gone) VALUES ($1, $2, true)
             ON CONFLICT (generation, workspace_id) DO UPDATE SET is_gone = excluded.is_gone"
        );
        self.rows.query(insert).bind(self.workspace).exec().await.map(drop)
    }

    /// Whether the workspace has ended. One of which nobody told that it began is followed all the same: in a host whose people
    /// live elsewhere nobody tells.
    async fn is_gone(&mut self) -> Result<bool, StorageError> {
        let exists = sql!(
            "SELECT EXISTS (SELECT 1 FROM erm_graph_workspaces WHERE generation = $1 AND workspace_id = $2 AND is_gone)"
        );
        self.rows.query(exists).bind(self.workspace).scalar().await
    }

    /// Somebody is this in the workspace. What they are called is theirs, and stands nowhere else but in their account.
    async fn member(&mut self, id: UserId, role: Role) -> Result<(), StorageError> {
        self.add(NewNode { role: Some(role), ..NewNode::new(node(id), NodeKind::Member) }).await
    }

    /// Adds a node; one that is there already has another role since then.
    async fn add(&mut self, new: NewNode<'_>) -> Result<(), StorageError> {
        let NewNode { id, node_type, private_to, name, slug, role } = new;
        let insert = sql!(
            "INSERT INTO erm_graph_nodes
               (generation, workspace_id, id, node_type, private_to, is_trashed, is_archived, name, slug, role,
                created_at, updated_at, version)
             VALUES ($1, $2, $3, $4, $5, false, false, $6, $7, $8, $9, $9, 1)
             ON CONFLICT (generation, workspace_id, id) DO UPDATE SET
               role = excluded.role, updated_at = excluded.updated_at, version = erm_graph_nodes.version + 1"
        );
        self.rows
            .query(insert)
            .bind(self.workspace)
            .bind(id)
            .bind(node_type.as_str())
            .bind(private_to)
            .bind(name)
            .bind(slug)
            .bind(role.map(Role::as_str))
            .bind(self.at)
            .exec()
            .await
            .map(drop)
    }

    /// A project is called so; whether it is there.
    async fn rename(&mut self, project: EntityId, name: &str) -> Result<bool, StorageError> {
        let update = sql!(
            "UPDATE erm_graph_nodes SET name = $4, updated_at = $5, version = version + 1
             WHERE generation = $1 AND workspace_id = $2 AND id = $3"
        );
        let query = self.rows.query(update).bind(self.workspace).bind(project);
        Ok(query.bind(name).bind(self.at).exec().await? > 0)
    }

    async fn archive(&mut self, project: EntityId, is_archived: bool) -> Result<(), StorageError> {
        let update = sql!(
            "UPDATE erm_graph_nodes SET is_archived = $4, updated_at = $5, version = version + 1
             WHERE generation = $1 AND workspace_id = $2 AND id = $3"
        );
        let query = self.rows.query(update).bind(self.workspace).bind(project);
        query.bind(is_archived).bind(self.at).exec().await.map(drop)
    }

    /// A document is another; whether it is in the trash is the same if that is not said. Gives whether it is there.
    async fn touch(
        &mut self,
        document: EntityId,
        private_to: Option<UserId>,
        is_trashed: Option<bool>,
    ) -> Result<bool, StorageError> {
        let update = sql!(
            "UPDATE erm_graph_nodes
             SET private_to = $4, is_trashed = coalesce($5, is_trashed), updated_at = $6, version = version + 1
             WHERE generation = $1 AND workspace_id = $2 AND id = $3"
        );
        let query = self.rows.query(update).bind(self.workspace).bind(document).bind(private_to);
        Ok(query.bind(is_trashed).bind(self.at).exec().await? > 0)
    }

    /// A thing is this person's, and nobody else's.
    async fn author(&mut self, thing: EntityId, author: UserId) -> Result<(), StorageError> {
        let delete = sql!(
            "DELETE FROM erm_graph_edges
             WHERE generation = $1 AND workspace_id = $2 AND target_id = $3 AND edge_type = $4 AND source_id <> $5"
        );
        let author = node(author);
        let query = self.rows.query(delete).bind(self.workspace).bind(thing);
        query.bind(EdgeKind::Authored.as_str()).bind(author).exec().await?;
        self.join(EdgeKind::Authored, author, thing).await
    }

    /// A document is in this project and in no other.
    async fn place(
        &mut self,
        document: EntityId,
        project: Option<ProjectId>,
    ) -> Result<(), StorageError> {
        let delete = sql!(
            "DELETE FROM erm_graph_edges
             WHERE generation = $1 AND workspace_id = $2 AND source_id = $3 AND edge_type = $4"
        );
        let query = self.rows.query(delete).bind(self.workspace).bind(document);
        query.bind(EdgeKind::BelongsTo.as_str()).exec().await?;
        match project {
            Some(project) => self.join(EdgeKind::BelongsTo, document, node(project)).await,
            None => Ok(()),
        }
    }

    /// Joins two nodes. What is joined has to be there; whoever authored it is waited for.
    async fn join(
        &mut self,
        edge_type: EdgeKind,
        source: EntityId,
        target: EntityId,
    ) -> Result<(), StorageError> {
        let insert = sql!(
            "INSERT INTO erm_graph_edges (generation, workspace_id, id, edge_type, source_id, target_id, created_at)
             SELECT generation, workspace_id, $3, $4, $5, id, $7 FROM erm_graph_nodes
             WHERE generation = $1 AND workspace_id = $2 AND id = $6
             ON CONFLICT (generation, workspace_id, id) DO NOTHING"
        );
        self.rows
            .query(insert)
            .bind(self.workspace)
            .bind(edge(self.workspace, edge_type, source, target))
            .bind(edge_type.as_str())
            .bind(source)
            .bind(target)
            .bind(self.at)
            .exec()
            .await
            .map(drop)
    }

    /// Removes a node. What somebody has authored waits for them, and joins them again if they come back; the edges of
    /// anything else go with it.
    async fn remove(&mut self, id: EntityId, node_type: NodeKind) -> Result<(), StorageError> {
        let node = sql!(
            "DELETE FROM erm_graph_nodes WHERE generation = $1 AND workspace_id = $2 AND id = $3"
        );
        self.rows.query(node).bind(self.workspace).bind(id).exec().await?;
        if node_type == NodeKind::Member {
            return Ok(());
        }
        for delete in [
            sql!(
                "DELETE FROM erm_graph_edges WHERE generation = $1 AND workspace_id = $2 AND source_id = $3"
            ),
            sql!(
                "DELETE FROM erm_graph_edges WHERE generation = $1 AND workspace_id = $2 AND target_id = $3"
            ),
        ] {
            self.rows.query(delete).bind(self.workspace).bind(id).exec().await?;
        }
        Ok(())
    }
}

/// Removes some rows of a generation that nobody reads any more; how many.
pub(super) async fn remove(rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
    let mut removed = 0;
    for delete in [
        sql!(
            "DELETE FROM erm_graph_edges WHERE generation = $1 AND (workspace_id, id) IN
               (SELECT workspace_id, id FROM erm_graph_edges WHERE generation = $1 LIMIT $2)"
        ),
        sql!(
            "DELETE FROM erm_graph_nodes WHERE generation = $1 AND (workspace_id, id) IN
               (SELECT workspace_id, id FROM erm_graph_nodes WHERE generation = $1 LIMIT $2)"
        ),
        sql!(
            "DELETE FROM erm_graph_workspaces WHERE generation = $1 AND workspace_id IN
               (SELECT workspace_id FROM erm_graph_workspaces WHERE generation = $1 LIMIT $2)"
        ),
    ] {
        removed += rows.query(delete).bind(limit).exec().await?;
    }
    Ok(removed)
}
