//! Rows as both engines give them, and what they mean.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId};
use sqlx::FromRow;

use crate::domain::{
    email::Email,
    invitation::{Invitation, InvitationStatus},
    member::{Member, MemberId},
    references::InvitationId,
    role::Role,
    secret::PasswordHash,
    slug::Slug,
    user::User,
    workspace::Workspace,
};

/// The columns of [`UserRow`], in a `SELECT`.
macro_rules! select_users {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, first_name, last_name, password_hash, registered_at, confirmed_at, version
             FROM identity_users ",
            $rest
        )
    };
}

/// The columns of [`WorkspaceRow`], in a `SELECT`.
macro_rules! select_workspaces {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, slug, description, color, created_at, archived_at, version
             FROM identity_workspaces ",
            $rest
        )
    };
}

/// The columns of [`StandingRow`], in a `SELECT`; whose standing is `$1`.
macro_rules! select_standings {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.name, w.slug, w.description, w.color, w.created_at, w.archived_at, w.version, m.role
             FROM identity_workspaces w
             JOIN identity_members m ON m.workspace_id = w.id
             WHERE m.user_id = $1 ",
            $rest
        )
    };
}

/// The columns of [`MemberRow`], in a `SELECT`.
macro_rules! select_members {
    ($rest:literal) => {
        concat!(
            "SELECT workspace_id, user_id, role, joined_at, version
             FROM identity_members ",
            $rest
        )
    };
}

/// The columns of [`InvitationRow`], in a `SELECT`.
macro_rules! select_invitations {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace_id, email, role, invited_by, status, announced_to, created_at, sent_at, expires_at,
                    version
             FROM identity_invitations ",
            $rest
        )
    };
}

pub(crate) use {
    select_invitations, select_members, select_standings, select_users, select_workspaces,
};

/// What a column says of a role.
pub(crate) fn role(text: &str) -> Result<Role, StorageError> {
    text.parse().map_err(StorageError::new)
}

/// What a column says of the status of an invitation.
pub(crate) fn status(text: &str) -> Result<InvitationStatus, StorageError> {
    InvitationStatus::named(text)
        .ok_or_else(|| StorageError::new(format!("`{text}` is no status of an invitation")))
}

/// A row of `identity_users`.
#[derive(FromRow)]
pub(crate) struct UserRow {
    id: UserId,
    email: String,
    first_name: String,
    last_name: String,
    password_hash: Option<String>,
    registered_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    version: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow {
            id,
            email,
            first_name,
            last_name,
            password_hash,
            registered_at,
            confirmed_at,
            version,
        } = row;
        let (email, password_hash) = (Email::stored(email), password_hash.map(PasswordHash::new));
        Self {
            id,
            email,
            first_name,
            last_name,
            password_hash,
            registered_at,
            confirmed_at,
            is_gone: false,
            version,
        }
    }
}

/// A row of `identity_workspaces`.
#[derive(FromRow)]
pub(crate) struct WorkspaceRow {
    id: WorkspaceId,
    name: String,
    slug: String,
    description: Option<String>,
    color: Option<String>,
    created_at: DateTime<Utc>,
    archived_at: Option<DateTime<Utc>>,
    version: i64,
}

impl From<WorkspaceRow> for Workspace {
    fn from(row: WorkspaceRow) -> Self {
        let WorkspaceRow { id, name, slug, description, color, created_at, archived_at, version } =
            row;
        Self {
            id,
            name,
            slug: Slug::stored(slug),
            description,
            color,
            created_at,
            archived_at,
            is_gone: false,
            version,
        }
    }
}

/// A row of `identity_workspaces`, with the role of somebody in it.
#[derive(FromRow)]
pub(crate) struct StandingRow {
    #[sqlx(flatten)]
    workspace: WorkspaceRow,
    role: String,
}

impl TryFrom<StandingRow> for (Workspace, Role) {
    type Error = StorageError;

    fn try_from(row: StandingRow) -> Result<Self, StorageError> {
        Ok((row.workspace.into(), role(&row.role)?))
    }
}

/// A row of `identity_members`.
#[derive(FromRow)]
pub(crate) struct MemberRow {
    workspace_id: WorkspaceId,
    user_id: UserId,
    role: String,
    joined_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<MemberRow> for Member {
    type Error = StorageError;

    fn try_from(row: MemberRow) -> Result<Self, StorageError> {
        let MemberRow { workspace_id, user_id, role: word, joined_at, version } = row;
        let id = MemberId { workspace_id, user_id };
        Ok(Self { id, role: role(&word)?, joined_at, is_gone: false, version })
    }
}

/// A row of `identity_invitations`.
#[derive(FromRow)]
pub(crate) struct InvitationRow {
    id: InvitationId,
    workspace_id: WorkspaceId,
    email: String,
    role: String,
    invited_by: UserId,
    status: String,
    announced_to: Option<UserId>,
    created_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StorageError;

    fn try_from(row: InvitationRow) -> Result<Self, StorageError> {
        Ok(Self {
            id: row.id,
            workspace_id: row.workspace_id,
            email: Email::stored(row.email),
            role: role(&row.role)?,
            invited_by: row.invited_by,
            status: status(&row.status)?,
            announced_to: row.announced_to,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
            version: row.version,
        })
    }
}
