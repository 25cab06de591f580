//! What other contexts may ask about people and workspaces.

use std::collections::HashMap;

use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::{
        email::Email,
        references::{InvitationId, WorkspaceRef},
        role::Role,
        slug::Slug,
    },
    infrastructure::{rows, workspace_store::id_and_slug},
};

mod entries;
mod lasting;

pub use entries::{InvitationEntry, MemberEntry, UserEntry, WorkspaceEntry};

/// The columns of a [`UserEntry`], in a `SELECT`.
macro_rules! select_entries {
    ($rest:literal) => {
        concat!(
            "SELECT id, first_name || ' ' || last_name AS name, email, confirmed_at IS NOT NULL AS confirmed
             FROM identity_users ",
            $rest
        )
    };
}

/// Answers the questions of other contexts; changes nothing, and does not ask who asks.
///
/// The gateways of other contexts hold one. Whoever shows an answer to a person checks the rights of that person first.
#[derive(Debug, Clone)]
pub struct Directory {
    pub(super) db: Db,
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
        let query = self.db.query(sql!(
            "SELECT role FROM identity_members WHERE user_id = $1 AND workspace_id = $2"
        ));
        let row: Option<(String,)> = query.bind(user).bind(workspace).opt().await?;
        row.map(|(role,)| rows::role(&role)).transpose()
    }

    /// What some people are in a workspace; only those who are something there.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn roles_of(
        &self,
        users: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<Vec<(UserId, Role)>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT user_id, role FROM identity_members WHERE workspace_id = $1 AND user_id IN
                        (SELECT unhex(value) FROM json_each($2))",
            postgres: "SELECT user_id, role FROM identity_members WHERE workspace_id = $1 AND user_id IN
                        (SELECT value::uuid FROM json_array_elements_text($2::json))"
        ));
        let ids: Vec<String> =
            users.iter().map(|user| format!("\"{}\"", user.uuid().simple())).collect();
        let ids = format!("[{}]", ids.join(","));
        let rows: Vec<(UserId, String)> = query.bind(workspace).bind(ids).all().await?;
        rows.into_iter().map(|(user, role)| Ok((user, rows::role(&role)?))).collect()
    }

    /// Who is `at_least` this in a workspace: the first `limit` of those behind `after`, in the order of their ids.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn people(
        &self,
        workspace: WorkspaceId,
        at_least: Role,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT user_id FROM identity_members
                     WHERE workspace_id = $1 AND role IN (SELECT value FROM json_each($2)) AND user_id > $3
                     ORDER BY user_id LIMIT $4",
            postgres: "SELECT user_id FROM identity_members
                       WHERE workspace_id = $1 AND user_id > $3
                         AND role IN (SELECT value FROM jsonb_array_elements_text($2::jsonb) AS value)
                       ORDER BY user_id LIMIT $4"
        ));
        let roles: Vec<_> = Role::ALL.into_iter().filter(|role| *role >= at_least).collect();
        let after = after.unwrap_or(UserId::new(Uuid::nil()));
        let rows: Vec<(UserId,)> = query
            .bind(workspace)
            .bind(Json(roles))
            .bind(after)
            .bind(i64::from(limit))
            .all()
            .await?;
        Ok(rows.into_iter().map(|(user,)| user).collect())
    }

    /// Who owns these workspaces; those that are gone are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn owners(
        &self,
        workspaces: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT workspace_id, user_id FROM identity_members
                     WHERE role = 'owner' AND workspace_id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT workspace_id, user_id FROM identity_members
                       WHERE role = 'owner'
                         AND workspace_id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(WorkspaceId, UserId)> = query.bind(Json(workspaces)).all().await?;
        Ok(rows.into_iter().collect())
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

    /// A workspace and what a person is there, read together; nothing for strangers, invitees and former members.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn membership(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<(WorkspaceEntry, Role)>, StorageError> {
        let (id, slug) = id_and_slug(workspace);
        let query = self.db.query(sql!(
            "SELECT w.id, w.name, w.slug, w.archived_at IS NOT NULL AS archived, m.role
             FROM identity_workspaces w JOIN identity_members m ON m.workspace_id = w.id
             WHERE m.user_id = $1 AND (w.id = $2 OR w.slug = $3)"
        ));
        let row: Option<MembershipRow> = query.bind(user).bind(id).bind(slug).opt().await?;
        row.map(membership).transpose()
    }

    /// These workspaces, and what a person is there; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn workspaces_seen_by(
        &self,
        user: UserId,
        workspaces: &[WorkspaceId],
    ) -> Result<Vec<(WorkspaceEntry, Option<Role>)>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT w.id, w.name, w.slug, w.archived_at IS NOT NULL AS archived, m.role
                     FROM identity_workspaces w
                     LEFT JOIN identity_members m ON m.workspace_id = w.id AND m.user_id = $1
                     WHERE w.id IN (SELECT unhex(value, '-') FROM json_each($2))",
            postgres: "SELECT w.id, w.name, w.slug, w.archived_at IS NOT NULL AS archived, m.role
                       FROM identity_workspaces w
                       LEFT JOIN identity_members m ON m.workspace_id = w.id AND m.user_id = $1
                       WHERE w.id IN (SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value)"
        ));
        let rows: Vec<(WorkspaceId, String, String, bool, Option<String>)> =
            query.bind(user).bind(Json(workspaces)).all().await?;
        let seen = rows.into_iter().map(|(id, name, slug, archived, role)| {
            let role = role.map(|role| rows::role(&role)).transpose()?;
            Ok((workspace_entry((id, name, slug, archived)), role))
        });
        seen.collect()
    }

    /// The workspaces of a person, and what that person is there.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn workspaces_of(
        &self,
        user: UserId,
    ) -> Result<Vec<(WorkspaceEntry, Role)>, StorageError> {
        let query = self.db.query(sql!(
            "SELECT w.id, w.name, w.slug, w.archived_at IS NOT NULL AS archived, m.role
             FROM identity_members m JOIN identity_workspaces w ON w.id = m.workspace_id
             WHERE m.user_id = $1 ORDER BY w.slug"
        ));
        let rows: Vec<MembershipRow> = query.bind(user).all().await?;
        rows.into_iter().map(membership).collect()
    }

    /// Which of these people are in which of these workspaces.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn members_among(
        &self,
        users: &[UserId],
        workspaces: &[WorkspaceId],
    ) -> Result<Vec<MemberEntry>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT m.workspace_id, m.user_id, u.first_name || ' ' || u.last_name
                     FROM identity_members m JOIN identity_users u ON u.id = m.user_id
                     WHERE m.user_id IN (SELECT unhex(value, '-') FROM json_each($1))
                       AND m.workspace_id IN (SELECT unhex(value, '-') FROM json_each($2))",
            postgres: "SELECT m.workspace_id, m.user_id, u.first_name || ' ' || u.last_name
                       FROM identity_members m JOIN identity_users u ON u.id = m.user_id
                       WHERE m.user_id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)
                         AND m.workspace_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value)"
        ));
        let rows: Vec<(WorkspaceId, UserId, String)> =
            query.bind(Json(users)).bind(Json(workspaces)).all().await?;
        Ok(rows
            .into_iter()
            .map(|(workspace_id, user_id, name)| MemberEntry { workspace_id, user_id, name })
            .collect())
    }

    /// A person by id, confirmed or not.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn user(&self, id: UserId) -> Result<Option<UserEntry>, StorageError> {
        let query = self.db.query(sql!(select_entries!("WHERE id = $1")));
        Ok(query.bind(id).opt().await?.map(user_entry))
    }

    /// These people, confirmed or not; those who do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn users(&self, users: &[UserId]) -> Result<Vec<UserEntry>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: select_entries!("WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))"),
            postgres: select_entries!(
                "WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
            )
        ));
        let rows: Vec<(UserId, String, String, bool)> = query.bind(Json(users)).all().await?;
        Ok(rows.into_iter().map(user_entry).collect())
    }

    /// First and last names of these people; those who do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn names(&self, users: &[UserId]) -> Result<HashMap<UserId, String>, StorageError> {
        if users.is_empty() {
            return Ok(HashMap::new());
        }
        let query = self.db.query(sql!(
            sqlite: "SELECT id, first_name || ' ' || last_name FROM identity_users
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, first_name || ' ' || last_name FROM identity_users
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(UserId, String)> = query.bind(Json(users)).all().await?;
        Ok(rows.into_iter().collect())
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
        let query =
            self.db.query(sql!(select_entries!("WHERE email = $1 AND confirmed_at IS NOT NULL")));
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
        let query =
            self.db.query(sql!("SELECT invited_by, email FROM identity_invitations WHERE id = $1"));
        let row: Option<(UserId, String)> = query.bind(id).opt().await?;
        Ok(row.map(|(invited_by, email)| InvitationEntry { invited_by, email }))
    }
}

/// A workspace, and the role of somebody there.
type MembershipRow = (WorkspaceId, String, String, bool, String);

fn membership(
    (id, name, slug, archived, role): MembershipRow,
) -> Result<(WorkspaceEntry, Role), StorageError> {
    Ok((workspace_entry((id, name, slug, archived)), rows::role(&role)?))
}

fn workspace_entry(
    (id, name, slug, archived): (WorkspaceId, String, String, bool),
) -> WorkspaceEntry {
    WorkspaceEntry { id, name, slug, archived }
}

fn user_entry((id, name, email, confirmed): (UserId, String, String, bool)) -> UserEntry {
    UserEntry { id, name, email, confirmed }
}
