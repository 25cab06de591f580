//! Workspaces in `identity_workspaces`.

use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, sql, sql::Tx};

use crate::{
    application::ports::Workspaces,
    domain::{references::WorkspaceRef, role::Role, slug::Slug, workspace::Workspace},
    infrastructure::rows::{StandingRow, WorkspaceRow, select_standings, select_workspaces},
};

impl Load<Workspace> for Tx {
    async fn load(&mut self, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
        let query = self.query(sql!(select_workspaces!("WHERE id = $1")));
        Ok(query.bind(id).opt::<WorkspaceRow>().await?.map(Workspace::from))
    }
}

impl Store<Workspace> for Tx {
    async fn store(&mut self, workspace: &mut Workspace) -> Result<(), StorageError> {
        if workspace.is_gone {
            return delete(self, workspace).await;
        }
        let Workspace {
            id,
            name,
            slug,
            description,
            color,
            created_at,
            archived_at,
            is_gone: _,
            version,
        } = workspace;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO identity_workspaces
                    (id, name, slug, description, color, created_at, archived_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8 + 1)"
            )
        } else {
            sql!(
                "UPDATE identity_workspaces
                 SET name = $2, slug = $3, description = $4, color = $5, created_at = $6, archived_at = $7,
                     version = version + 1
                 WHERE id = $1 AND version = $8"
            )
        };
        self.query(statement)
            .bind(*id)
            .bind(name.as_str())
            .bind(slug.as_str())
            .bind(description.as_deref())
            .bind(color.as_deref())
            .bind(*created_at)
            .bind(*archived_at)
            .bind(*version)
            .write(version)
            .await
    }
}

/// With members and invitations, which nobody can add any more once the row is locked.
async fn delete(
    tx: &mut Tx,
    Workspace { id, version, .. }: &Workspace,
) -> Result<(), StorageError> {
    let lock =
        sql!("UPDATE identity_workspaces SET version = version + 1 WHERE id = $1 AND version = $2");
    if tx.query(lock).bind(*id).bind(*version).exec().await? != 1 {
        return Err(StorageError::conflict());
    }
    for statement in [
        sql!("DELETE FROM identity_invitations WHERE workspace_id = $1"),
        sql!("DELETE FROM identity_members WHERE workspace_id = $1"),
        sql!("DELETE FROM identity_workspaces WHERE id = $1"),
    ] {
        tx.query(statement).bind(*id).exec().await?;
    }
    Ok(())
}

impl Workspaces for Tx {
    async fn held_workspace(&mut self, id: WorkspaceId) -> Result<Option<Workspace>, StorageError> {
        let query = self.query(sql!(
            sqlite: select_workspaces!("WHERE id = $1"),
            postgres: select_workspaces!("WHERE id = $1 FOR SHARE")
        ));
        Ok(query.bind(id).opt::<WorkspaceRow>().await?.map(Workspace::from))
    }

    async fn workspace_by_slug(&mut self, slug: &Slug) -> Result<Option<Workspace>, StorageError> {
        let query = self.query(sql!(select_workspaces!("WHERE slug = $1")));
        Ok(query.bind(slug.as_str()).opt::<WorkspaceRow>().await?.map(Workspace::from))
    }

    async fn standing(
        &mut self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<(Workspace, Role)>, StorageError> {
        let (id, slug) = id_and_slug(workspace);
        let query = self.query(sql!(
            sqlite: select_standings!("AND (w.id = $2 OR w.slug = $3)"),
            postgres: select_standings!("AND (w.id = $2 OR w.slug = $3) FOR SHARE OF m, w")
        ));
        let row: Option<StandingRow> = query.bind(user).bind(id).bind(slug).opt().await?;
        row.map(TryInto::try_into).transpose()
    }
}

/// One of both; neither for a slug that no workspace can have.
pub(crate) fn id_and_slug(workspace: &WorkspaceRef) -> (Option<WorkspaceId>, Option<String>) {
    match workspace {
        WorkspaceRef::Id(id) => (Some(*id), None),
        WorkspaceRef::Slug(text) => (None, Slug::parse(text).map(|slug| slug.to_string())),
    }
}
