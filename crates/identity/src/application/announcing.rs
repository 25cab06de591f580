//! Telling people of invitations that were there before they were.

use perme8_events::{Load, Save, StorageError, UserId};

use crate::{
    application::ports::Workspaces,
    domain::{invitation::Invitation, user::User},
};

/// Tells a person of an invitation that nobody was told of, unless its workspace is put away: it takes nobody in, and once it
/// is taken out again, the person is told.
pub(crate) async fn announce<T>(
    tx: &mut T,
    invitation: Invitation,
    to: UserId,
) -> Result<(), StorageError>
where
    T: Workspaces + Load<User> + Save<Invitation>,
{
    if invitation.announced_to.is_some() {
        return Ok(());
    }
    let workspace = tx.held_workspace(invitation.workspace_id).await?;
    let workspace = workspace.filter(|workspace| !workspace.is_archived());
    let inviter = Load::<User>::load(tx, invitation.invited_by).await?;
    let (Some(workspace), Some(inviter)) = (workspace, inviter) else { return Ok(()) };
    let invitation = tx.save(invitation.announced(to)).await?;
    tx.emit(invitation.announcement(to, &workspace, &inviter));
    Ok(())
}
