//! Invitations into workspaces.

use perme8_events::Origin;

use super::{Identity, Refusal, in_person};
use crate::{
    application::{
        accept_invitation::{AcceptInvitation, AcceptInvitationError},
        decline_invitation::{DeclineInvitation, DeclineInvitationError},
        expire_invitations::{ExpireInvitations, ExpireInvitationsError},
        invite_member::{InviteMember, InviteMemberError},
        invite_members::{InviteMembers, InviteMembersError, RowOutcome},
        read_models::{InvitationOffer, InvitationSummary, QueryError, WorkspaceDetails},
        resend_invitation::{ResendInvitation, ResendInvitationError},
        revoke_invitation::{RevokeInvitation, RevokeInvitationError},
    },
    domain::{
        policy::Action,
        references::{InvitationId, WorkspaceRef},
    },
};

impl Identity {
    /// Asks an e-mail address to join a workspace.
    ///
    /// # Errors
    ///
    /// [`InviteMemberError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn invite_member(
        &self,
        origin: Origin,
        command: InviteMember,
    ) -> Result<InvitationSummary, InviteMemberError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Asks many e-mail addresses to join a workspace; gives what became of each, in their order.
    ///
    /// # Errors
    ///
    /// [`InviteMembersError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, rows = command.rows.len()))]
    pub async fn invite_members(
        &self,
        origin: Origin,
        command: InviteMembers,
    ) -> Result<Vec<RowOutcome>, InviteMembersError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Accepts an invitation to the confirmed address of the person who acts.
    ///
    /// # Errors
    ///
    /// [`AcceptInvitationError`].
    #[tracing::instrument(skip_all, fields(invitation = ?command.invitation))]
    pub async fn accept_invitation(
        &self,
        origin: Origin,
        command: AcceptInvitation,
    ) -> Result<WorkspaceDetails, AcceptInvitationError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Declines an invitation to the confirmed address of the person who acts.
    ///
    /// # Errors
    ///
    /// [`DeclineInvitationError`].
    #[tracing::instrument(skip_all, fields(invitation = ?command.invitation))]
    pub async fn decline_invitation(
        &self,
        origin: Origin,
        command: DeclineInvitation,
    ) -> Result<(), DeclineInvitationError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    ///
    /// [`RevokeInvitationError`].
    #[tracing::instrument(skip_all, fields(invitation.id = %command.invitation_id))]
    pub async fn revoke_invitation(
        &self,
        origin: Origin,
        command: RevokeInvitation,
    ) -> Result<(), RevokeInvitationError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Sends an invitation once more.
    ///
    /// # Errors
    ///
    /// [`ResendInvitationError`].
    #[tracing::instrument(skip_all, fields(invitation.id = %command.invitation_id))]
    pub async fn resend_invitation(
        &self,
        origin: Origin,
        command: ResendInvitation,
    ) -> Result<InvitationSummary, ResendInvitationError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Notes which invitations were not answered in time, and says how many. Only the system may.
    ///
    /// # Errors
    ///
    /// [`ExpireInvitationsError`].
    #[tracing::instrument(skip_all)]
    pub async fn expire_invitations(
        &self,
        origin: Origin,
        command: ExpireInvitations,
    ) -> Result<usize, ExpireInvitationsError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// The invitations into a workspace that can still be answered, for its managers, newest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn invitations(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Vec<InvitationSummary>, QueryError> {
        let workspace = self.seen(Action::ViewInvitations, origin, workspace).await?;
        Ok(self.queries.invitations(workspace.id).await?)
    }

    /// The invitations to the confirmed address of the person who acts that can still be answered, newest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn my_invitations(
        &self,
        origin: &Origin,
    ) -> Result<Vec<InvitationSummary>, QueryError> {
        Ok(self.queries.invitations_to(in_person(origin)?).await?)
    }

    /// What somebody is invited to who follows the link of the mail, while it can be accepted.
    ///
    /// Whoever has the id reads that mail, or manages the workspace: nobody else is told of it, and nobody guesses it. So it is
    /// shown without asking who asks.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(invitation.id = %id))]
    pub async fn invitation_offer(&self, id: InvitationId) -> Result<InvitationOffer, QueryError> {
        self.queries.offer(id).await?.ok_or(QueryError::NotFound)
    }
}
