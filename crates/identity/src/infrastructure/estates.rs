//! What people leave behind, in the tables of members and invitations.

use perme8_events::{StorageError, UserId, sql, sql::Tx};

use crate::{
    application::ports::Estates,
    domain::member::Member,
    infrastructure::rows::{MemberRow, select_members},
};

impl Estates for Tx {
    async fn memberships_of(&mut self, user: UserId) -> Result<Vec<Member>, StorageError> {
        let query = self
            .query(sql!(select_members!("WHERE user_id = $1 ORDER BY joined_at, workspace_id")));
        let rows: Vec<MemberRow> = query.bind(user).all().await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn forget_invitations_of(&mut self, user: UserId) -> Result<(), StorageError> {
        let delete =
            sql!("DELETE FROM identity_invitations WHERE invited_by = $1 AND status <> 'pending'");
        self.query(delete).bind(user).exec().await?;
        let update = sql!(
            "UPDATE identity_invitations SET announced_to = NULL, version = version + 1 WHERE announced_to = $1"
        );
        self.query(update).bind(user).exec().await.map(drop)
    }
}
