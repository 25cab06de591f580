//! Members of a workspace.

use axum::extract::State;
use identity::{
    ChangeMemberRole, LeaveWorkspace, ListMembers, MemberSummary, MembersPage, RemoveMember, Role,
};

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, Limit, MOST, Next, Place},
    path::{MemberAt, WorkspaceAt},
    query::Query,
    response::{Data, NoContent},
    state::Api,
};

/// What is wrong with a text that should be a role.
pub(crate) const NO_ROLE: &str = "must be guest, member or admin";

/// The body of a change of role.
#[derive(Debug)]
pub(crate) struct NewRole {
    role: Role,
}

impl FromFields for NewRole {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { role: fields.parsed("role", NO_ROLE)? })
    }
}

impl FromFields for ListMembers {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let search = paging::search(fields);
        let limit = Limit::of(fields).map_or(MOST, Limit::get);
        let after = paging::after(fields).map(|place: Place| place.into());
        Some(Self { search, limit, after })
    }
}

/// `GET /api/workspaces/{slug}/members`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Query(asked): Query<ListMembers>,
) -> Result<Data<Vec<MemberSummary>, Next>, ApiError> {
    let MembersPage { members, next } =
        api.identity.members(&caller.origin, &workspace, asked).await?;
    Ok(Data::with_meta(members, Next { next: next.map(Place::from) }))
}

/// `PATCH /api/workspaces/{slug}/members/{member}`
pub(crate) async fn change_role(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    MemberAt(member): MemberAt,
    Body(NewRole { role }): Body<NewRole>,
) -> Result<Data<MemberSummary>, ApiError> {
    let command = ChangeMemberRole { workspace, member, role };
    Ok(Data::new(api.identity.change_member_role(caller.origin, command).await?))
}

/// `DELETE /api/workspaces/{slug}/members/{member}`
pub(crate) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    MemberAt(member): MemberAt,
) -> Result<NoContent, ApiError> {
    api.identity.remove_member(caller.origin, RemoveMember { workspace, member }).await?;
    Ok(NoContent)
}

/// `POST /api/workspaces/{slug}/leave`
pub(crate) async fn leave(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<NoContent, ApiError> {
    api.identity.leave_workspace(caller.origin, LeaveWorkspace { workspace }).await?;
    Ok(NoContent)
}
