//! Everything that the tables hold of a person.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql};
use sqlx::FromRow;

use crate::{
    application::{
        ports::Accounts as _,
        read_models::{AccountExport, ExportedInvitation, UserProfile, WorkspaceDetails},
    },
    domain::references::InvitationId,
    infrastructure::{
        queries::{Queries, details},
        rows::{StandingRow, role, select_standings},
    },
};

/// The columns of [`ExportedRow`], in a `SELECT`; `$name` is what the person may know of what the workspace is called today.
macro_rules! select_exported {
    ($name:literal, $rest:literal) => {
        concat!(
            "SELECT i.id, i.workspace_id, ",
            $name,
            " AS workspace_name, i.email, i.role, i.status, i.created_at, i.sent_at,
                    i.expires_at
             FROM identity_invitations i
             JOIN identity_workspaces w ON w.id = i.workspace_id ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct ExportedRow {
    id: InvitationId,
    workspace_id: WorkspaceId,
    workspace_name: Option<String>,
    email: String,
    role: String,
    status: String,
    created_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TryFrom<ExportedRow> for ExportedInvitation {
    type Error = StorageError;

    fn try_from(row: ExportedRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: row.id,
            workspace_id: row.workspace_id,
            workspace_name: row.workspace_name,
            email: row.email,
            role: role(&row.role)?,
            status: row.status,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
        })
    }
}

impl Queries {
    /// Everything of this person; nothing once the account is gone.
    pub(crate) async fn export(&self, user: UserId) -> Result<Option<AccountExport>, StorageError> {
        let Some(account) = self.db.account(user).await? else { return Ok(None) };
        let query = self.db.query(sql!(select_standings!("ORDER BY w.created_at, w.id")));
        let standings: Vec<StandingRow> = query.bind(user).all().await?;
        let (now, keys) = (self.now(), self.api_keys(user).await?);
        let workspaces: Result<Vec<WorkspaceDetails>, _> =
            standings.into_iter().map(details).collect();
        // What was answered may have been another's who had the address before.
        let received = self.db.query(sql!(select_exported!(
            "w.name",
            "WHERE i.email = $1 AND i.status = 'pending' ORDER BY i.created_at, i.id"
        )));
        let sent = self.db.query(sql!(select_exported!(
            "CASE WHEN EXISTS (SELECT 1 FROM identity_members m WHERE m.workspace_id = w.id AND m.user_id = $1) THEN w.name END",
            "WHERE i.invited_by = $1 ORDER BY i.created_at, i.id"
        )));
        Ok(Some(AccountExport {
            profile: UserProfile::from(&account),
            sessions: self.sessions(user).await?,
            api_keys: keys.into_iter().map(|found| found.summary(now)).collect(),
            workspaces: workspaces?,
            selected_agents: self.selected_agents(user).await?,
            invitations_received: invitations(received.bind(account.email.as_str()).all().await?)?,
            invitations_sent: invitations(sent.bind(user).all().await?)?,
        }))
    }
}

fn invitations(rows: Vec<ExportedRow>) -> Result<Vec<ExportedInvitation>, StorageError> {
    rows.into_iter().map(TryInto::try_into).collect()
}
