//! Failures of the identity context.

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER, header::WWW_AUTHENTICATE};
use chrono::{DateTime, TimeDelta, Utc};
use identity::{
    AcceptInvitationError, ArchiveWorkspaceError, ChangeMemberRoleError, ChoosePreferencesError,
    CreateWorkspaceError, DeclineInvitationError, DeleteWorkspaceError, FieldErrors,
    InviteMemberError, InviteMembersError, IssueTicketError, LeaveWorkspaceError, LogInByLinkError,
    LogInError, QueryError, RedeemTicketError, RegisterUserError, RemoveMemberError,
    RequestMagicLinkError, ResendInvitationError, RestoreWorkspaceError, RevokeInvitationError,
    TransferOwnershipError, UpdateWorkspaceError,
};

use super::{ApiError, FieldProblems, accounts::NOT_FRESH};

/// What nobody but the owner could undo, or only by giving the workspace away first.
const OWNER_PROTECTED: ApiError = ApiError::new(
    StatusCode::CONFLICT,
    "owner_protected",
    "The owner of a workspace keeps that role and stays",
);

pub(super) const WORKSPACE_ARCHIVED: ApiError =
    ApiError::new(StatusCode::CONFLICT, "workspace_archived", "The workspace is archived");

const ALREADY_MEMBER: ApiError = ApiError::new(
    StatusCode::CONFLICT,
    "already_member",
    "Already a member of the workspace, or invited to it",
);

const TOO_MANY_PENDING: ApiError = ApiError::new(
    StatusCode::CONFLICT,
    "too_many_invitations",
    "Too many invitations wait for an answer",
);

const INVITATION_EXPIRED: ApiError =
    ApiError::new(StatusCode::GONE, "invitation_expired", "The invitation has expired");

/// The same answer to every log-in that is refused, whatever it was tried with, and to every link that leads nowhere.
pub(super) fn log_in_refused() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "Invalid or expired credentials")
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

fn role_not_assignable() -> ApiError {
    ApiError::invalid_field("role", "cannot be assigned")
}

fn too_soon(code: &'static str, message: &'static str, again_at: DateTime<Utc>) -> ApiError {
    // The header knows whole seconds only, and whoever obeys it must not come too soon once more.
    let rounded_up = again_at + TimeDelta::nanoseconds(999_999_999);
    let date = rounded_up.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, code, message)
        .with_header(RETRY_AFTER, date.try_into().expect("a date is visible ASCII"))
}

impl From<IssueTicketError> for ApiError {
    fn from(error: IssueTicketError) -> Self {
        match error {
            // The session has ended since it was presented.
            IssueTicketError::Forbidden | IssueTicketError::SessionNotFound => {
                Self::unauthenticated()
            }
            IssueTicketError::Storage(error) => error.into(),
        }
    }
}

impl From<RedeemTicketError> for ApiError {
    fn from(error: RedeemTicketError) -> Self {
        match error {
            RedeemTicketError::Worthless => Self::unauthenticated(),
            RedeemTicketError::Storage(error) => error.into(),
        }
    }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        let mut fields = FieldProblems::new();
        for error in errors.iter() {
            fields.entry(error.field).or_default().push(error.problem.to_string());
        }
        Self::invalid(fields)
    }
}

/// The questions that can find nothing are all about one workspace.
impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden => Self::forbidden(),
            QueryError::NotFound => Self::workspace_not_found(),
            QueryError::Storage(error) => error.into(),
        }
    }
}

impl From<RegisterUserError> for ApiError {
    fn from(error: RegisterUserError) -> Self {
        match error {
            RegisterUserError::Invalid(fields) => fields.into(),
            RegisterUserError::Storage(error) => error.into(),
        }
    }
}

impl From<LogInByLinkError> for ApiError {
    fn from(error: LogInByLinkError) -> Self {
        match error {
            LogInByLinkError::InvalidToken => log_in_refused(),
            LogInByLinkError::Storage(error) => error.into(),
        }
    }
}

impl From<RequestMagicLinkError> for ApiError {
    fn from(error: RequestMagicLinkError) -> Self {
        match error {
            RequestMagicLinkError::Storage(error) => error.into(),
        }
    }
}

impl From<LogInError> for ApiError {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::Rejected => log_in_refused(),
            LogInError::Storage(error) => error.into(),
        }
    }
}

impl From<CreateWorkspaceError> for ApiError {
    fn from(error: CreateWorkspaceError) -> Self {
        match error {
            CreateWorkspaceError::Forbidden => Self::forbidden(),
            CreateWorkspaceError::Invalid(fields) => fields.into(),
            CreateWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<UpdateWorkspaceError> for ApiError {
    fn from(error: UpdateWorkspaceError) -> Self {
        match error {
            UpdateWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            UpdateWorkspaceError::Forbidden => Self::forbidden(),
            UpdateWorkspaceError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            UpdateWorkspaceError::OtherVersion => Self::version_conflict(),
            UpdateWorkspaceError::Invalid(fields) => fields.into(),
            UpdateWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<ArchiveWorkspaceError> for ApiError {
    fn from(error: ArchiveWorkspaceError) -> Self {
        match error {
            ArchiveWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            ArchiveWorkspaceError::Forbidden => Self::forbidden(),
            ArchiveWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<RestoreWorkspaceError> for ApiError {
    fn from(error: RestoreWorkspaceError) -> Self {
        match error {
            RestoreWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            RestoreWorkspaceError::Forbidden => Self::forbidden(),
            RestoreWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<DeleteWorkspaceError> for ApiError {
    fn from(error: DeleteWorkspaceError) -> Self {
        match error {
            DeleteWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            DeleteWorkspaceError::Forbidden => Self::forbidden(),
            DeleteWorkspaceError::NotFresh => NOT_FRESH,
            DeleteWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<TransferOwnershipError> for ApiError {
    fn from(error: TransferOwnershipError) -> Self {
        match error {
            TransferOwnershipError::WorkspaceNotFound => Self::workspace_not_found(),
            TransferOwnershipError::Forbidden => Self::forbidden(),
            TransferOwnershipError::NotFresh => NOT_FRESH,
            TransferOwnershipError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            TransferOwnershipError::MemberNotFound => Self::member_not_found(),
            TransferOwnershipError::Storage(error) => error.into(),
        }
    }
}

impl From<ChangeMemberRoleError> for ApiError {
    fn from(error: ChangeMemberRoleError) -> Self {
        match error {
            ChangeMemberRoleError::RoleNotAssignable => role_not_assignable(),
            ChangeMemberRoleError::WorkspaceNotFound => Self::workspace_not_found(),
            ChangeMemberRoleError::Forbidden => Self::forbidden(),
            ChangeMemberRoleError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            ChangeMemberRoleError::MemberNotFound => Self::member_not_found(),
            ChangeMemberRoleError::OwnerProtected => OWNER_PROTECTED,
            ChangeMemberRoleError::Storage(error) => error.into(),
        }
    }
}

impl From<ChoosePreferencesError> for ApiError {
    fn from(error: ChoosePreferencesError) -> Self {
        match error {
            ChoosePreferencesError::WorkspaceNotFound => Self::workspace_not_found(),
            ChoosePreferencesError::Forbidden => Self::forbidden(),
            ChoosePreferencesError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            ChoosePreferencesError::Storage(error) => error.into(),
        }
    }
}

impl From<RemoveMemberError> for ApiError {
    fn from(error: RemoveMemberError) -> Self {
        match error {
            RemoveMemberError::WorkspaceNotFound => Self::workspace_not_found(),
            RemoveMemberError::Forbidden => Self::forbidden(),
            RemoveMemberError::MemberNotFound => Self::member_not_found(),
            RemoveMemberError::OwnerProtected => OWNER_PROTECTED,
            RemoveMemberError::Storage(error) => error.into(),
        }
    }
}

impl From<LeaveWorkspaceError> for ApiError {
    fn from(error: LeaveWorkspaceError) -> Self {
        match error {
            LeaveWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            LeaveWorkspaceError::Forbidden => Self::forbidden(),
            LeaveWorkspaceError::OwnerStays => OWNER_PROTECTED,
            LeaveWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<InviteMemberError> for ApiError {
    fn from(error: InviteMemberError) -> Self {
        match error {
            InviteMemberError::RoleNotAssignable => role_not_assignable(),
            InviteMemberError::WorkspaceNotFound => Self::workspace_not_found(),
            InviteMemberError::Forbidden => Self::forbidden(),
            InviteMemberError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            InviteMemberError::Invalid(fields) => fields.into(),
            InviteMemberError::AlreadyMember => ALREADY_MEMBER,
            InviteMemberError::TooManyPending => TOO_MANY_PENDING,
            InviteMemberError::TooSoon { again_at } => too_soon(
                "invited_too_soon",
                "The address was sent an invitation a moment ago",
                again_at,
            ),
            InviteMemberError::Storage(error) => error.into(),
        }
    }
}

impl From<InviteMembersError> for ApiError {
    fn from(error: InviteMembersError) -> Self {
        match error {
            InviteMembersError::WorkspaceNotFound => Self::workspace_not_found(),
            InviteMembersError::Forbidden => Self::forbidden(),
            InviteMembersError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            InviteMembersError::TooManyRows => {
                Self::invalid_field("csv", "should have at most 200 row(s)")
            }
            InviteMembersError::Storage(error) => error.into(),
        }
    }
}

impl From<AcceptInvitationError> for ApiError {
    fn from(error: AcceptInvitationError) -> Self {
        match error {
            AcceptInvitationError::Forbidden => Self::forbidden(),
            AcceptInvitationError::InvitationNotFound => Self::invitation_not_found(),
            AcceptInvitationError::Expired => INVITATION_EXPIRED,
            AcceptInvitationError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            AcceptInvitationError::AlreadyMember => ALREADY_MEMBER,
            AcceptInvitationError::Storage(error) => error.into(),
        }
    }
}

impl From<DeclineInvitationError> for ApiError {
    fn from(error: DeclineInvitationError) -> Self {
        match error {
            DeclineInvitationError::Forbidden => Self::forbidden(),
            DeclineInvitationError::InvitationNotFound => Self::invitation_not_found(),
            DeclineInvitationError::Storage(error) => error.into(),
        }
    }
}

impl From<RevokeInvitationError> for ApiError {
    fn from(error: RevokeInvitationError) -> Self {
        match error {
            RevokeInvitationError::WorkspaceNotFound => Self::workspace_not_found(),
            RevokeInvitationError::Forbidden => Self::forbidden(),
            RevokeInvitationError::InvitationNotFound => Self::invitation_not_found(),
            RevokeInvitationError::Storage(error) => error.into(),
        }
    }
}

impl From<ResendInvitationError> for ApiError {
    fn from(error: ResendInvitationError) -> Self {
        match error {
            ResendInvitationError::WorkspaceNotFound => Self::workspace_not_found(),
            ResendInvitationError::Forbidden => Self::forbidden(),
            ResendInvitationError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            ResendInvitationError::InvitationNotFound => Self::invitation_not_found(),
            ResendInvitationError::TooSoon { again_at } => {
                too_soon("resent_too_soon", "The invitation was sent a moment ago", again_at)
            }
            ResendInvitationError::Storage(error) => error.into(),
        }
    }
}
