//! Invitations, in memory.

use perme8_events::{StorageError, Transaction as _, UserId, WorkspaceId, testing::FakeTx};

use super::tables::Tables;
use crate::{
    application::ports::Invitations,
    domain::{email::Email, invitation::Invitation},
};

/// Those that fit.
fn oldest_first(tx: &FakeTx<Tables>, fits: impl Fn(&Invitation) -> bool) -> Vec<Invitation> {
    let mut found: Vec<_> = tx.state.invitations.iter().filter(|i| fits(i)).cloned().collect();
    found.sort_by_key(|invitation| (invitation.created_at, invitation.id));
    found
}

impl Invitations for FakeTx<Tables> {
    async fn pending_invitation(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> Result<Option<Invitation>, StorageError> {
        let fits =
            |i: &&Invitation| i.is_pending() && i.workspace_id == workspace && i.email == *email;
        Ok(self.state.invitations.iter().find(fits).cloned())
    }

    async fn latest_invitation(
        &mut self,
        workspace: WorkspaceId,
        email: &Email,
    ) -> Result<Option<Invitation>, StorageError> {
        let to_them = self
            .state
            .invitations
            .iter()
            .filter(|i| i.workspace_id == workspace && i.email == *email);
        Ok(to_them.max_by_key(|i| (i.sent_at, i.id)).cloned())
    }

    async fn pending_invitations_by(
        &mut self,
        workspace: WorkspaceId,
        inviter: UserId,
    ) -> Result<Vec<Invitation>, StorageError> {
        Ok(oldest_first(self, |i| {
            i.is_pending() && i.workspace_id == workspace && i.invited_by == inviter
        }))
    }

    async fn wait_for_room(&mut self, _workspace: WorkspaceId) -> Result<(), StorageError> {
        Ok(())
    }

    async fn count_open_invitations(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<i64, StorageError> {
        let now = self.now();
        let open =
            self.state.invitations.iter().filter(|i| i.is_open(now) && i.workspace_id == workspace);
        Ok(i64::try_from(open.count()).unwrap())
    }

    async fn open_invitations_of(
        &mut self,
        email: &Email,
    ) -> Result<Vec<Invitation>, StorageError> {
        let now = self.now();
        Ok(oldest_first(self, |i| i.is_open(now) && i.email == *email))
    }

    async fn pending_invitations_of(
        &mut self,
        email: &Email,
    ) -> Result<Vec<Invitation>, StorageError> {
        Ok(oldest_first(self, |i| i.is_pending() && i.email == *email))
    }

    async fn unannounced_invitations(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<Vec<Invitation>, StorageError> {
        let now = self.now();
        let mut waiting = oldest_first(self, |i| {
            i.is_open(now) && i.workspace_id == workspace && i.announced_to.is_none()
        });
        waiting.sort_by(|one, other| one.email.as_str().cmp(other.email.as_str()));
        Ok(waiting)
    }

    async fn overdue_invitations(&mut self, limit: u32) -> Result<Vec<Invitation>, StorageError> {
        let now = self.now();
        let mut overdue: Vec<Invitation> = self
            .state
            .invitations
            .iter()
            .filter(|i| i.is_pending() && i.is_overdue(now))
            .cloned()
            .collect();
        overdue.sort_by_key(|invitation| (invitation.expires_at, invitation.id));
        overdue.truncate(usize::try_from(limit).unwrap());
        Ok(overdue)
    }
}
