//! What people leave behind, in memory.

use perme8_events::{StorageError, UserId, testing::FakeTx};

use super::tables::Tables;
use crate::{application::ports::Estates, domain::member::Member};

impl Estates for FakeTx<Tables> {
    async fn memberships_of(&mut self, user: UserId) -> Result<Vec<Member>, StorageError> {
        let members = self.state.members.iter().filter(|member| member.id.user_id == user);
        let mut members: Vec<_> = members.cloned().collect();
        members.sort_by_key(|member| (member.joined_at, member.id.workspace_id));
        Ok(members)
    }

    async fn forget_invitations_of(&mut self, user: UserId) -> Result<(), StorageError> {
        let invitations = &mut self.state.invitations;
        invitations.retain(|invitation| invitation.invited_by != user || invitation.is_pending());
        for invitation in invitations.iter_mut().filter(|i| i.announced_to == Some(user)) {
            invitation.announced_to = None;
            invitation.version += 1;
        }
        Ok(())
    }
}
