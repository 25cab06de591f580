//! Invitations in `identity_invitations`.

use perme8_events::{
    Load, StorageError, Store, Transaction as _, UserId, WorkspaceId, sql, sql::Tx,
};

use crate::{
    application::ports::Invitations,
    domain::{email::Email, invitation::Invitation, references::InvitationId},
    infrastructure::rows::{InvitationRow, select_invitations},
};

impl Load<Invitation> for Tx {
    async fn load(&mut self, id: InvitationId) -> Result<Option<Invitation>, StorageError> {
        let query = self.query(sql!(select_invitations!("WHERE id = $1")));
        let row: Option<InvitationRow> = query.bind(id).opt().await?;
        row.map(TryInto::try_into).transpose()
    }
}

impl Store<Invitation> for Tx {
    async fn store(&mut self, invitation: &mut Invitation) -> Result<(), StorageError> {
        let Invitation {
            id,
            workspace_id,
            email,
            role,
            invited_by,
            status,
            announced_to,
            created_at,
            sent_at,
            expires_at,
            version,
        } = invitation;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO identity_invitations
                    (id, workspace_id, email, role, invited_by, status, announced_to, created_at, sent_at, expires_at,
                     version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 + 1)"
            )
        } else {
            sql!(
                "UPDATE identity_invitations
                 SET workspace_id = $2, email = $3, role = $4, invited_by = $5, status = $6, announced_to = $7,
                     created_at = $8, sent_at = $9, expires_at = $10, version = version + 1
                 WHERE id = $1 AND version = $11"
            )
        };
        self.query(statement)
            .bind(*id)
            .bind(*workspace_id)
            .bind(email.as_str())
            .bind(role.as_str())
            .bind(*invited_by)
            .bind(status.as_str())
            .bind(*announced_to)
            .bind(*created_at)
            .bind(*sent_at)
            .bind(*expires_at)
            .bind(*version)
            .write(version)
            .await
    }
}

impl Invitations for Tx {
    async fn pending_invitation(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> Result<Option<Invitation>, StorageError> {
        let query = self.query(sql!(select_invitations!(
            "WHERE workspace_id = $1 AND email = $2 AND status = 'pending'"
        )));
        let row: Option<InvitationRow> = query.bind(workspace).bind(email.as_str()).opt().await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn latest_invitation(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> Result<Option<Invitation>, StorageError> {
        let query = self.query(sql!(select_invitations!(
            "WHERE workspace_id = $1 AND email = $2 ORDER BY sent_at DESC, id DESC LIMIT 1"
        )));
        let row: Option<InvitationRow> = query.bind(workspace).bind(email.as_str()).opt().await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn pending_invitations_by(
        &mut self,
        workspace: WorkspaceId,
        inviter: UserId,
    ) -> Result<Vec<Invitation>, StorageError> {
        let query = self.query(sql!(select_invitations!(
            "WHERE workspace_id = $1 AND invited_by = $2 AND status = 'pending' ORDER BY created_at, id"
        )));
        let rows: Vec<InvitationRow> = query.bind(workspace).bind(inviter).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn wait_for_room(&mut self, workspace: WorkspaceId) -> Result<(), StorageError> {
        self.take_turns(&format!("identity.invitations:{workspace}")).await
    }

    async fn count_open_invitations(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<i64, StorageError> {
        let now = self.now();
        let query = self.query(sql!(
            "SELECT count(*) FROM identity_invitations
             WHERE workspace_id = $1 AND status = 'pending' AND expires_at > $2"
        ));
        query.bind(workspace).bind(now).scalar().await
    }

    async fn open_invitations_of(
        &mut self,
        email: &Email,
    ) -> Result<Vec<Invitation>, StorageError> {
        let now = self.now();
        let query = self.query(sql!(select_invitations!(
            "WHERE email = $1 AND status = 'pending' AND expires_at > $2
             ORDER BY created_at, id"
        )));
        let rows: Vec<InvitationRow> = query.bind(email.as_str()).bind(now).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn pending_invitations_of(
        &mut self,
        email: &Email,
    ) -> Result<Vec<Invitation>, StorageError> {
        let query = self.query(sql!(select_invitations!(
            "WHERE email = $1 AND status = 'pending' ORDER BY created_at, id"
        )));
        let rows: Vec<InvitationRow> = query.bind(email.as_str()).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn unannounced_invitations(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<Vec<Invitation>, StorageError> {
        let now = self.now();
        let query = self.query(sql!(select_invitations!(
            "WHERE workspace_id = $1 AND status = 'pending' AND expires_at > $2 AND announced_to IS NULL
             ORDER BY email"
        )));
        let rows: Vec<InvitationRow> = query.bind(workspace).bind(now).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn overdue_invitations(&mut self, limit: u32) -> Result<Vec<Invitation>, StorageError> {
        let now = self.now();
        let query = self.query(sql!(select_invitations!(
            "WHERE status = 'pending' AND expires_at <= $1
             ORDER BY expires_at, id LIMIT $2"
        )));
        let rows: Vec<InvitationRow> = query.bind(now).bind(i64::from(limit)).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
