//! Invitations into workspaces, from sending to the answer.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    email::Email,
    events::{
        InvitationCreated, InvitationDeclined, InvitationExpired, InvitationResent,
        InvitationRevoked, InvitationUnannounced, MemberInvited,
    },
    references::InvitationId,
    role::Role,
    user::User,
    workspace::Workspace,
};

/// How long an invitation can be answered after it was sent.
const LIFETIME: TimeDelta = TimeDelta::days(14);

/// How long it takes until an address can be sent an invitation into the same workspace once more.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// So many invitations into one workspace may wait for an answer.
pub(crate) const MAX_PENDING: i64 = 500;

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationStatus {
    /// Waits for an answer.
    Pending,
    /// Led to a membership.
    Accepted,
    /// The invitee did not want.
    Declined,
    /// A manager took it back.
    Revoked,
    /// Nobody answered in time.
    Expired,
}

impl InvitationStatus {
    const ALL: [Self; 5] =
        [Self::Pending, Self::Accepted, Self::Declined, Self::Revoked, Self::Expired];

    /// The stable word: `pending`, `accepted`, `declined`, `revoked` or `expired`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// The status of that word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// An e-mail address is asked to join a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) email: Email,
    pub(crate) role: Role,
    pub(crate) invited_by: UserId,
    pub(crate) status: InvitationStatus,
    /// Whom [`MemberInvited`] told of it; nobody else is told while that person has the address.
    pub(crate) announced_to: Option<UserId>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) sent_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Who asks whom.
#[derive(Debug)]
pub(crate) struct NewInvitation<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) inviter: &'a User,
    pub(crate) email: Email,
    pub(crate) role: Role,
    /// The confirmed account of that address, if there is one.
    pub(crate) invitee: Option<UserId>,
}

/// An invitation was sent less than a minute ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooSoon {
    pub(crate) again_at: DateTime<Utc>,
}

impl Aggregate for Invitation {
    const TYPE: &'static str = "workspace_invitation";
    type Id = InvitationId;

    fn id(&self) -> InvitationId {
        self.id
    }
}

impl Invitation {
    /// A new invitation; if the invitee has an account, [`announcement`](Self::announcement) belongs to it.
    pub(crate) fn create(
        id: InvitationId,
        new: NewInvitation<'_>,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let NewInvitation { workspace, inviter, email, role, invitee } = new;
        let event = InvitationCreated {
            invitation_id: id,
            workspace_id: workspace.id,
            workspace_name: workspace.name.clone(),
            email: email.to_string().into(),
            role,
            invited_by: Some(inviter.id),
            invited_by_name: inviter.full_name().into(),
            user_id: invitee,
        };
        let invitation = Self {
            id,
            workspace_id: workspace.id,
            email,
            role,
            invited_by: inviter.id,
            status: InvitationStatus::Pending,
            announced_to: invitee,
            created_at: now,
            sent_at: now,
            expires_at: now + LIFETIME,
            version: 0,
        };
        Unsaved::new(invitation).record(event)
    }

    /// Tells the invitee of it. An event of the membership to come, hence not recorded here.
    pub(crate) fn announcement(
        &self,
        to: UserId,
        workspace: &Workspace,
        inviter: &User,
    ) -> MemberInvited {
        MemberInvited {
            user_id: to,
            workspace_id: self.workspace_id,
            workspace_name: workspace.name.clone(),
            invited_by: Some(inviter.id),
            invited_by_name: inviter.full_name().into(),
            role: self.role,
            invitation_id: self.id,
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.status == InvitationStatus::Pending
    }

    pub(crate) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now
    }

    /// Whether it can be answered now. Overdue ones cannot, whether or not anybody has noted that they expired.
    pub(crate) fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.is_pending() && !self.is_overdue(now)
    }

    /// Remembers whom it was announced to.
    pub(crate) fn announced(self, to: UserId) -> Unsaved<Self> {
        Unsaved::new(Self { announced_to: Some(to), ..self })
    }

    /// The person whom it was announced to has the address no longer, and whoever has it next is told of it anew.
    pub(crate) fn unannounced(self) -> Unsaved<Self> {
        let Some(user_id) = self.announced_to else { return Unsaved::new(self) };
        let (invitation_id, workspace_id) = (self.id, self.workspace_id);
        let event = InvitationUnannounced { invitation_id, workspace_id, user_id };
        Unsaved::new(Self { announced_to: None, ..self }).record(event)
    }

    /// The membership that follows tells of it.
    pub(crate) fn accept(self) -> Unsaved<Self> {
        self.close(InvitationStatus::Accepted)
    }

    pub(crate) fn decline(self, by: UserId) -> Unsaved<Self> {
        let (invitation_id, workspace_id, user_id) = (self.id, self.workspace_id, Some(by));
        let event = InvitationDeclined { invitation_id, workspace_id, user_id };
        self.close(InvitationStatus::Declined).record(event)
    }

    pub(crate) fn revoke(self) -> Unsaved<Self> {
        let (invitation_id, workspace_id, user_id) =
            (self.id, self.workspace_id, self.announced_to);
        let event = InvitationRevoked { invitation_id, workspace_id, user_id };
        self.close(InvitationStatus::Revoked).record(event)
    }

    pub(crate) fn expire(self) -> Unsaved<Self> {
        let (invitation_id, workspace_id, user_id) =
            (self.id, self.workspace_id, self.announced_to);
        let event = InvitationExpired { invitation_id, workspace_id, user_id };
        self.close(InvitationStatus::Expired).record(event)
    }

    fn close(self, status: InvitationStatus) -> Unsaved<Self> {
        Unsaved::new(Self { status, ..self })
    }

    /// Whether the address can be sent an invitation again, be it this one or another.
    pub(crate) fn pause(&self, now: DateTime<Utc>) -> Result<(), TooSoon> {
        let again_at = self.sent_at + PAUSE;
        if now < again_at { Err(TooSoon { again_at }) } else { Ok(()) }
    }

    /// Sends it once more, which gives the invitee the full time again.
    pub(crate) fn resend(
        self,
        workspace: &Workspace,
        inviter: &User,
        now: DateTime<Utc>,
    ) -> Result<Unsaved<Self>, TooSoon> {
        self.pause(now)?;
        let event = InvitationResent {
            invitation_id: self.id,
            workspace_id: self.workspace_id,
            workspace_name: workspace.name.clone(),
            email: self.email.to_string().into(),
            role: self.role,
            invited_by: Some(inviter.id),
            invited_by_name: inviter.full_name().into(),
            user_id: self.announced_to,
        };
        Ok(Unsaved::new(Self { sent_at: now, expires_at: now + LIFETIME, ..self }).record(event))
    }
}
