//! Invitations into a workspace, for those who invite and for those who are invited.

use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::{
    AcceptInvitation, DeclineInvitation, InvitationId, InvitationSummary, InviteMember, QueryError,
    ResendInvitation, RevokeInvitation, Role, WorkspaceDetails, WorkspaceRef,
};
use perme8_events::UserId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::invitations::Mails,
    members::NO_ROLE,
    paging::{Next, Page},
    path::{InvitationAt, WorkspaceAt},
    query::Query,
    response::{Created, Data, NoContent},
    state::Api,
};

/// An invitation that waits for an answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Invitation {
    id: InvitationId,
    workspace_name: String,
    workspace_slug: String,
    email: String,
    role: Role,
    invited_by: UserId,
    invited_by_name: String,
    created_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<InvitationSummary> for Invitation {
    fn from(summary: InvitationSummary) -> Self {
        let InvitationSummary {
            id,
            workspace_id: _, // workspaces are addressed by slug
            workspace_name,
            workspace_slug,
            email,
            role,
            invited_by,
            invited_by_name,
            created_at,
            sent_at,
            expires_at,
        } = summary;
        Self {
            id,
            workspace_name,
            workspace_slug,
            email,
            role,
            invited_by,
            invited_by_name,
            created_at,
            sent_at,
            expires_at,
        }
    }
}

/// What the invitee has become by accepting.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JoinedWorkspace")]
pub(crate) struct Joined {
    name: String,
    slug: String,
    role: Role,
}

impl From<WorkspaceDetails> for Joined {
    fn from(details: WorkspaceDetails) -> Self {
        Self { name: details.name, slug: details.slug, role: details.role }
    }
}

/// The body of an invitation.
#[derive(Debug)]
pub(crate) struct Invitee {
    email: String,
    role: Role,
}

impl FromFields for Invitee {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.text("email");
        let role = fields.parsed("role", NO_ROLE);
        Some(Self { email: email?, role: role? })
    }
}

/// `GET /api/workspaces/{slug}/invitations`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Query(page): Query<Page>,
) -> Result<Data<Vec<Invitation>, Next>, ApiError> {
    Ok(page.of(api.identity.invitations(&caller.origin, &workspace).await?))
}

/// `GET /api/me/invitations`
pub(crate) async fn mine(
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Data<Vec<Invitation>, Next>, ApiError> {
    Ok(page.of(api.identity.my_invitations(&caller.origin).await?))
}

/// Spends a mail by the caller to this address, which must get one.
async fn mail(
    api: &Api,
    caller: &Caller,
    workspace: &WorkspaceRef,
    email: &str,
) -> Result<Mails, ApiError> {
    let mails = api.mails(caller, workspace, std::iter::once(email)).await?;
    mails.wait(email).map_or(Ok(mails), |wait| Err(ApiError::rate_limited(wait)))
}

/// `POST /api/workspaces/{slug}/invitations`
pub(crate) async fn invite(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Body(Invitee { email, role }): Body<Invitee>,
) -> Result<Created<Data<Invitation>>, ApiError> {
    let mail = mail(&api, &caller, &workspace, &email).await?;
    let command = InviteMember { workspace, email, role };
    let invited = api.identity.invite_member(caller.origin, command).await;
    let sent = invited.iter().map(|invitation| invitation.email.as_str());
    mail.were_sent_to(sent).await;
    Ok(Created(Data::new(invited?.into())))
}

/// `DELETE /api/workspaces/{slug}/invitations/{id}`
pub(crate) async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    InvitationAt(invitation_id): InvitationAt,
) -> Result<NoContent, ApiError> {
    let command = RevokeInvitation { workspace, invitation_id };
    api.identity.revoke_invitation(caller.origin, command).await?;
    Ok(NoContent)
}

/// `POST /api/workspaces/{slug}/invitations/{id}/resend`
pub(crate) async fn resend(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    InvitationAt(invitation_id): InvitationAt,
) -> Result<Data<Invitation>, ApiError> {
    let mail = match api.identity.invitation_offer(invitation_id).await {
        Ok(offer) => mail(&api, &caller, &workspace, &offer.email).await?,
        // The facade says why there is nothing to send.
        Err(QueryError::NotFound | QueryError::Forbidden) => Mails::default(),
        Err(QueryError::Storage(error)) => return Err(error.into()),
    };
    let command = ResendInvitation { workspace, invitation_id };
    let resent = api.identity.resend_invitation(caller.origin, command).await;
    let sent = resent.iter().map(|invitation| invitation.email.as_str());
    mail.were_sent_to(sent).await;
    Ok(Data::new(resent?.into()))
}

/// `POST /api/workspaces/{slug}/invitations/accept`
pub(crate) async fn accept(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<Data<Joined>, ApiError> {
    let command = AcceptInvitation { invitation: workspace.into() };
    Ok(Data::new(api.identity.accept_invitation(caller.origin, command).await?.into()))
}

/// `POST /api/workspaces/{slug}/invitations/decline`
pub(crate) async fn decline(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<NoContent, ApiError> {
    let command = DeclineInvitation { invitation: workspace.into() };
    api.identity.decline_invitation(caller.origin, command).await?;
    Ok(NoContent)
}
