//! Members in `identity_members`.

use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, sql, sql::Tx};

use crate::{
    application::ports::Members,
    domain::{
        email::Email,
        member::{Member, MemberId},
    },
    infrastructure::rows::{MemberRow, select_members},
};

impl Load<Member> for Tx {
    async fn load(&mut self, id: MemberId) -> Result<Option<Member>, StorageError> {
        let MemberId { workspace_id, user_id } = id;
        let query = self.query(sql!(select_members!("WHERE workspace_id = $1 AND user_id = $2")));
        let row: Option<MemberRow> = query.bind(workspace_id).bind(user_id).opt().await?;
        row.map(TryInto::try_into).transpose()
    }
}

impl Store<Member> for Tx {
    async fn store(&mut self, member: &mut Member) -> Result<(), StorageError> {
        let Member { id: MemberId { workspace_id, user_id }, role, joined_at, is_gone, version } =
            member;
        let query = match (*is_gone, *version) {
            (true, _) => self
                .query(sql!("DELETE FROM identity_members WHERE workspace_id = $1 AND user_id = $2 AND version = $3"))
                .bind(*workspace_id)
                .bind(*user_id)
                .bind(*version),
            (false, 0) => self
                .query(sql!(
                    "INSERT INTO identity_members (workspace_id, user_id, version, role, joined_at)
                     VALUES ($1, $2, $3 + 1, $4, $5)"
                ))
                .bind(*workspace_id)
                .bind(*user_id)
                .bind(*version)
                .bind(role.as_str())
                .bind(*joined_at),
            (false, _) => self
                .query(sql!(
                    "UPDATE identity_members SET role = $4, joined_at = $5, version = version + 1
                     WHERE workspace_id = $1 AND user_id = $2 AND version = $3"
                ))
                .bind(*workspace_id)
                .bind(*user_id)
                .bind(*version)
                .bind(role.as_str())
                .bind(*joined_at),
        };
        if query.exec().await? != 1 {
            return Err(StorageError::conflict());
        }
        *version += 1;
        Ok(())
    }
}

impl Members for Tx {
    async fn member_by_email(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> Result<Option<Member>, StorageError> {
        let query = self.query(sql!(select_members!(
            "WHERE workspace_id = $1 AND user_id = (SELECT id FROM identity_users WHERE email = $2)"
        )));
        let row: Option<MemberRow> = query.bind(workspace).bind(email.as_str()).opt().await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn managers(&mut self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError> {
        let query = self.query(sql!(
            "SELECT user_id FROM identity_members WHERE workspace_id = $1 AND role IN ('owner', 'admin')
             ORDER BY joined_at, user_id"
        ));
        let rows: Vec<(UserId,)> = query.bind(workspace).all().await?;
        Ok(rows.into_iter().map(|(user,)| user).collect())
    }
}
