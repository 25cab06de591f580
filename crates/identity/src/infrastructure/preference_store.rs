//! What people prefer, in `identity_preferences`.

use perme8_events::{
    Load, StorageError, Store, UserId, WorkspaceId, sql,
    sql::{Db, Tx},
};
use sqlx::FromRow;

use crate::{
    application::read_models::{SelectedAgent, WorkspacePreferences},
    domain::{member::MemberId, preferences::Preferences, references::AgentId},
    infrastructure::{directory::Directory, queries::Queries},
};

impl Load<Preferences> for Tx {
    async fn load(&mut self, id: MemberId) -> Result<Option<Preferences>, StorageError> {
        let MemberId { workspace_id, user_id } = id;
        let query = self.query(sql!(
            "SELECT selected_agent_id, version FROM identity_preferences WHERE workspace_id = $1 AND user_id = $2"
        ));
        let row: Option<(Option<AgentId>, i64)> =
            query.bind(workspace_id).bind(user_id).opt().await?;
        Ok(row.map(|(selected_agent, version)| Preferences { id, selected_agent, version }))
    }
}

impl Store<Preferences> for Tx {
    async fn store(&mut self, preferences: &mut Preferences) -> Result<(), StorageError> {
        let Preferences { id: MemberId { workspace_id, user_id }, selected_agent, version } =
            preferences;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO identity_preferences (workspace_id, user_id, selected_agent_id, version)
                 VALUES ($1, $2, $3, $4 + 1)"
            )
        } else {
            sql!(
                "UPDATE identity_preferences SET selected_agent_id = $3, version = version + 1
                 WHERE workspace_id = $1 AND user_id = $2 AND version = $4"
            )
        };
        self.query(statement)
            .bind(*workspace_id)
            .bind(*user_id)
            .bind(*selected_agent)
            .bind(*version)
            .write(version)
            .await
    }
}

#[derive(FromRow)]
struct SelectedAgentRow {
    workspace_id: WorkspaceId,
    workspace_slug: String,
    agent_id: AgentId,
}

impl From<SelectedAgentRow> for SelectedAgent {
    fn from(row: SelectedAgentRow) -> Self {
        let SelectedAgentRow { workspace_id, workspace_slug, agent_id } = row;
        Self { workspace_id, workspace_slug, agent_id }
    }
}

async fn selected_agent(
    db: &Db,
    user: UserId,
    workspace: WorkspaceId,
) -> Result<Option<AgentId>, StorageError> {
    let query = db.query(sql!(
        "SELECT selected_agent_id FROM identity_preferences WHERE user_id = $1 AND workspace_id = $2"
    ));
    let row: Option<(Option<AgentId>,)> = query.bind(user).bind(workspace).opt().await?;
    Ok(row.and_then(|(selected_agent_id,)| selected_agent_id))
}

impl Directory {
    /// The agent that a member has selected in a workspace, whatever has become of it since.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn selected_agent(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<AgentId>, StorageError> {
        selected_agent(&self.db, user, workspace).await
    }
}

impl Queries {
    /// What a member prefers in a workspace.
    pub(crate) async fn preferences(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<WorkspacePreferences, StorageError> {
        let selected_agent_id = selected_agent(&self.db, user, workspace).await?;
        Ok(WorkspacePreferences { selected_agent_id })
    }

    /// The agents that a person has selected, in the newest workspace first.
    pub(crate) async fn selected_agents(
        &self,
        user: UserId,
    ) -> Result<Vec<SelectedAgent>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT w.id AS workspace_id, w.slug AS workspace_slug, p.selected_agent_id AS agent_id
             FROM identity_preferences p
             JOIN identity_workspaces w ON w.id = p.workspace_id
             WHERE p.user_id = $1 AND p.selected_agent_id IS NOT NULL
             ORDER BY w.created_at DESC, w.id DESC"
        ));
        let rows: Vec<SelectedAgentRow> = query.bind(user).all().await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}
