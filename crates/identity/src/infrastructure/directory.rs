//! What other contexts may ask about people and workspaces.

use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::FromRow;

use crate::{
    domain::{
        email::Email, invitation::InvitationStatus, references::InvitationId, role::Role,
        slug::Slug,
    },
    infrastructure::rows,
};

/// Answers the questions of other contexts; changes nothing, and does not ask who asks.
///
/// The gateways of other contexts hold one. Whoever shows an answer to a person checks the rights of that person first.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
}

/// What somebody is in a workspace, read together with the state of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// As what.
    pub role: Role,
    /// Whether the workspace is put away, so that nothing in it changes.
    pub workspace_archived: bool,
}

/// A workspace, for other contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceEntry {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether it is put away.
    pub archived: bool,
}

/// A person, for other contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// Who.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// The e-mail address, in lower case.
    pub email: String,
    /// Whether the address is proven to be theirs.
    pub confirmed: bool,
}

/// An invitation, for other contexts; also when it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationEntry {
    /// Which.
    pub id: InvitationId,
    /// Into what.
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub workspace_name: String,
    /// Who invited.
    pub invited_by: UserId,
    /// Who was told of it, if anybody.
    pub announced_to: Option<UserId>,
    /// As what.
    pub role: Role,
    /// What became of it.
    pub status: InvitationStatus,
}

#[derive(FromRow)]
struct InvitationEntryRow {
    id: InvitationId,
    workspace_id: WorkspaceId,
    workspace_name: String,
    invited_by: UserId,
    announced_to: Option<UserId>,
    role: String,
    status: String,
}

impl Directory {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// What a person is in a workspace; nothing for strangers, invitees and former members.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn role_of(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Role>, StorageError> {
        Ok(self.membership(user, workspace).await?.map(|membership| membership.role))
    }

    /// The same, together with the state of the workspace.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn membership(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Membership>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT m.role, w.archived_at IS NOT NULL AS archived
             FROM identity_members m
             JOIN identity_workspaces w ON w.id = m.workspace_id
             WHERE m.user_id = $1 AND m.workspace_id = $2"
        ));
        let row: Option<(String, bool)> = query.bind(user).bind(workspace).opt().await?;
        row.map(|(role, workspace_archived)| {
            Ok(Membership { role: rows::role(&role)?, workspace_archived })
        })
        .transpose()
    }

    /// Everybody in a workspace, oldest members first.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn members(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(UserId, Role)>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT user_id, role FROM identity_members WHERE workspace_id = $1 ORDER BY joined_at, user_id"
        ));
        let rows: Vec<(UserId, String)> = query.bind(workspace).all().await?;
        rows.into_iter().map(|(user, role)| Ok((user, rows::role(&role)?))).collect()
    }

    /// The owner and the admins of a workspace, oldest members first.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn managers(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        let members = self.members(workspace).await?;
        Ok(members
            .into_iter()
            .filter(|(_, role)| role.is_manager())
            .map(|(user, _)| user)
            .collect())
    }

    /// A workspace by its id.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn workspace(&self, id: WorkspaceId) -> Result<Option<WorkspaceEntry>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT id, name, slug, archived_at IS NOT NULL AS archived FROM identity_workspaces WHERE id = $1"
        ));
        Ok(query.bind(id).opt().await?.map(workspace_entry))
    }

    /// A workspace by its slug.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn workspace_by_slug(
        &self,
        slug: &str,
    ) -> Result<Option<WorkspaceEntry>, StorageError> {
        let Some(slug) = Slug::parse(slug) else { return Ok(None) };
        let query = self.db.query(sql!(
            "SELECT id, name, slug, archived_at IS NOT NULL AS archived FROM identity_workspaces WHERE slug = $1"
        ));
        Ok(query.bind(slug.as_str()).opt().await?.map(workspace_entry))
    }

    /// A person by id, confirmed or not.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn user(&self, id: UserId) -> Result<Option<UserEntry>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT id, first_name || ' ' || last_name AS name, email, confirmed_at IS NOT NULL AS confirmed
             FROM identity_users WHERE id = $1"
        ));
        Ok(query.bind(id).opt().await?.map(user_entry))
    }

    /// The person who has confirmed the e-mail address, in any letter case.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn confirmed_user_by_email(
        &self,
        email: &str,
    ) -> Result<Option<UserEntry>, StorageError> {
        let Ok(email) = Email::parse(email) else { return Ok(None) };
        let query = self.db.query(sql!(
            "SELECT id, first_name || ' ' || last_name AS name, email, confirmed_at IS NOT NULL AS confirmed
             FROM identity_users WHERE email = $1 AND confirmed_at IS NOT NULL"
        ));
        Ok(query.bind(email.as_str()).opt().await?.map(user_entry))
    }

    /// An invitation, also when it is over.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn invitation(
        &self,
        id: InvitationId,
    ) -> Result<Option<InvitationEntry>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT i.id, i.workspace_id, w.name AS workspace_name, i.invited_by, i.announced_to, i.role, i.status
             FROM identity_invitations i
             JOIN identity_workspaces w ON w.id = i.workspace_id
             WHERE i.id = $1"
        ));
        let row: Option<InvitationEntryRow> = query.bind(id).opt().await?;
        row.map(|row| {
            let InvitationEntryRow {
                id,
                workspace_id,
                workspace_name,
                invited_by,
                announced_to,
                role,
                status,
            } = row;
            let (role, status) = (rows::role(&role)?, rows::status(&status)?);
            Ok(InvitationEntry {
                id,
                workspace_id,
                workspace_name,
                invited_by,
                announced_to,
                role,
                status,
            })
        })
        .transpose()
    }
}

fn workspace_entry(
    (id, name, slug, archived): (WorkspaceId, String, String, bool),
) -> WorkspaceEntry {
    WorkspaceEntry { id, name, slug, archived }
}

fn user_entry((id, name, email, confirmed): (UserId, String, String, bool)) -> UserEntry {
    UserEntry { id, name, email, confirmed }
}
