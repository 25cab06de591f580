//! What callers of the facade get to read.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::FromRow;

use crate::{
    application::read_models::{
        Authenticated, InvitationOffer, InvitationSummary, ListWorkspaces, SessionSummary,
        UserProfile, WorkspaceDetails,
    },
    domain::{
        references::{InvitationId, SessionId, WorkspaceRef},
        role::Role,
        secret::TokenHash,
        user::User,
        workspace::Workspace,
    },
    infrastructure::{
        rows::{StandingRow, UserRow, role, select_standings},
        workspace_store::id_and_slug,
    },
};

/// The read models, straight from the tables; who may ask is the facade's business.
#[derive(Debug, Clone)]
pub(crate) struct Queries {
    pub(super) db: Db,
}

#[derive(FromRow)]
struct SessionRow {
    #[sqlx(flatten)]
    user: UserRow,
    session_id: SessionId,
    authenticated_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct SessionSummaryRow {
    id: SessionId,
    began_at: DateTime<Utc>,
    authenticated_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    address: Option<String>,
    user_agent: Option<String>,
}

impl From<SessionSummaryRow> for SessionSummary {
    fn from(row: SessionSummaryRow) -> Self {
        let SessionSummaryRow {
            id,
            began_at,
            authenticated_at,
            last_used_at,
            expires_at,
            address,
            user_agent,
        } = row;
        Self { id, began_at, authenticated_at, last_used_at, expires_at, address, user_agent }
    }
}

impl From<SessionRow> for Authenticated {
    fn from(row: SessionRow) -> Self {
        let SessionRow { user, session_id, authenticated_at, last_used_at: _, expires_at } = row;
        let user = UserProfile::from(&User::from(user));
        Self { user, session_id, authenticated_at, expires_at }
    }
}

/// The columns of [`SessionRow`], in a `SELECT`.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT u.id, u.email, u.first_name, u.last_name, u.password_hash, u.registered_at, u.confirmed_at, u.version,
                    s.id AS session_id, s.authenticated_at, s.last_used_at, s.expires_at
             FROM identity_sessions s
             JOIN identity_users u ON u.id = s.user_id ",
            $rest
        )
    };
}

/// The columns of [`InvitationSummaryRow`], in a `SELECT`.
macro_rules! select_summaries {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.workspace_id, w.name AS workspace_name, w.slug AS workspace_slug, i.email, i.role,
                    i.invited_by, u.first_name || ' ' || u.last_name AS invited_by_name, i.created_at, i.sent_at,
                    i.expires_at
             FROM identity_invitations i
             JOIN identity_workspaces w ON w.id = i.workspace_id
             JOIN identity_users u ON u.id = i.invited_by ",
            $rest
        )
    };
}

#[derive(FromRow)]
struct InvitationSummaryRow {
    id: InvitationId,
    workspace_id: WorkspaceId,
    workspace_name: String,
    workspace_slug: String,
    email: String,
    role: String,
    invited_by: UserId,
    invited_by_name: String,
    created_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TryFrom<InvitationSummaryRow> for InvitationSummary {
    type Error = StorageError;

    fn try_from(row: InvitationSummaryRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: row.id,
            workspace_id: row.workspace_id,
            workspace_name: row.workspace_name,
            workspace_slug: row.workspace_slug,
            email: row.email,
            role: role(&row.role)?,
            invited_by: row.invited_by,
            invited_by_name: row.invited_by_name,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
        })
    }
}

#[derive(FromRow)]
struct OfferRow {
    id: InvitationId,
    workspace_name: String,
    invited_by_name: String,
    email: String,
    role: String,
    has_account: bool,
}

impl Queries {
    pub(crate) fn new(db: Db) -> Self {
        Self { db }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.db.clock().now()
    }

    /// Whose session it is, while it lasts, and when it was last used.
    pub(crate) async fn session(
        &self,
        token: &TokenHash,
    ) -> Result<Option<(Authenticated, DateTime<Utc>)>, StorageError> {
        let query =
            self.db.query(sql!(select_sessions!("WHERE s.token_hash = $1 AND s.expires_at > $2")));
        let row: Option<SessionRow> = query.bind(token.as_bytes()).bind(self.now()).opt().await?;
        Ok(row.map(|row| {
            let used_at = row.last_used_at;
            (row.into(), used_at)
        }))
    }

    /// The same, of a session that was shown before.
    pub(crate) async fn session_by_id(
        &self,
        id: SessionId,
    ) -> Result<Option<Authenticated>, StorageError> {
        let query = self.db.query(sql!(select_sessions!("WHERE s.id = $1 AND s.expires_at > $2")));
        let row: Option<SessionRow> = query.bind(id).bind(self.now()).opt().await?;
        Ok(row.map(Authenticated::from))
    }

    /// The sessions of a person that last, those that began last first.
    pub(crate) async fn sessions(&self, user: UserId) -> Result<Vec<SessionSummary>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT id, began_at, authenticated_at, last_used_at, expires_at, address, user_agent
             FROM identity_sessions WHERE user_id = $1 AND expires_at > $2
             ORDER BY began_at DESC, id DESC"
        ));
        let rows: Vec<SessionSummaryRow> = query.bind(user).bind(self.now()).all().await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// A workspace, for one of its members.
    pub(crate) async fn workspace(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<WorkspaceDetails>, StorageError> {
        let (id, slug) = id_and_slug(workspace);
        let query = self.db.query(sql!(select_standings!("AND (w.id = $2 OR w.slug = $3)")));
        let row: Option<StandingRow> = query.bind(user).bind(id).bind(slug).opt().await?;
        row.map(details).transpose()
    }

    /// The workspaces of a person, newest first.
    pub(crate) async fn workspaces(
        &self,
        user: UserId,
        ListWorkspaces { archived }: ListWorkspaces,
    ) -> Result<Vec<WorkspaceDetails>, StorageError> {
        let query = self.db.query(sql!(select_standings!(
            "AND (w.archived_at IS NOT NULL) = $2 ORDER BY w.created_at DESC, w.id DESC"
        )));
        let rows: Vec<StandingRow> = query.bind(user).bind(archived).all().await?;
        rows.into_iter().map(details).collect()
    }

    /// The invitations into a workspace that can still be answered, newest first.
    pub(crate) async fn invitations(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<InvitationSummary>, StorageError> {
        let query = self.db.query(sql!(select_summaries!(
            "WHERE i.workspace_id = $1 AND i.status = 'pending' AND i.expires_at > $2
             ORDER BY i.created_at DESC, i.id DESC"
        )));
        let rows: Vec<InvitationSummaryRow> = query.bind(workspace).bind(self.now()).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The invitations to the confirmed address of a person that can still be answered, newest first.
    pub(crate) async fn invitations_to(
        &self,
        user: UserId,
    ) -> Result<Vec<InvitationSummary>, StorageError> {
        let query = self.db.query(sql!(select_summaries!(
            "WHERE i.email = (SELECT email FROM identity_users WHERE id = $1 AND confirmed_at IS NOT NULL)
               AND i.status = 'pending' AND i.expires_at > $2 AND w.archived_at IS NULL
             ORDER BY i.created_at DESC, i.id DESC"
        )));
        let rows: Vec<InvitationSummaryRow> = query.bind(user).bind(self.now()).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// An invitation that can be accepted now.
    pub(crate) async fn offer(
        &self,
        id: InvitationId,
    ) -> Result<Option<InvitationOffer>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT i.id, w.name AS workspace_name, u.first_name || ' ' || u.last_name AS invited_by_name, i.email, i.role,
                    EXISTS (SELECT 1 FROM identity_users a WHERE a.email = i.email AND a.confirmed_at IS NOT NULL)
                        AS has_account
             FROM identity_invitations i
             JOIN identity_workspaces w ON w.id = i.workspace_id
             JOIN identity_users u ON u.id = i.invited_by
             WHERE i.id = $1 AND i.status = 'pending' AND i.expires_at > $2 AND w.archived_at IS NULL"
        ));
        let row: Option<OfferRow> = query.bind(id).bind(self.now()).opt().await?;
        let Some(row) = row else { return Ok(None) };
        let OfferRow { id, workspace_name, invited_by_name, email, role: word, has_account } = row;
        let role = role(&word)?;
        Ok(Some(InvitationOffer { id, workspace_name, invited_by_name, email, role, has_account }))
    }
}

pub(super) fn details(row: StandingRow) -> Result<WorkspaceDetails, StorageError> {
    let (workspace, role): (Workspace, Role) = row.try_into()?;
    Ok(WorkspaceDetails::of(workspace, role))
}
