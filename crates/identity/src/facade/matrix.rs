//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

mod world;

use expect_test::expect_file;
use perme8_events::{
    Actor, Origin,
    testing::{Asker, Question, in_two_states, matrix, on_both_engines, questions},
};

use super::Identity;
use crate::{
    AcceptInvitation, ArchiveWorkspace, ChangeEmail, ChangeMemberRole, ChangePassword,
    ChoosePreferences, ConfirmUser, CreateApiKey, CreateWorkspace, DeclineInvitation,
    DeleteAccount, DeleteWorkspace, ExpireInvitations, ExportAccount, InvitationRef, InviteMember,
    InviteMembers, InviteRow, IssueApiKey, IssueConfirmation, IssueMagicLink, IssuePasswordReset,
    IssueTicket, LeaveWorkspace, ListMembers, ListWorkspaces, LogIn, LogInByLink, LogOut, Proof,
    PurgeExpired, Reauthenticate, RedeemTicket, RegisterUser, RemoveMember, RequestEmailChange,
    RequestMagicLink, RequestPasswordReset, ResendInvitation, ResetPassword, RestoreWorkspace,
    RevokeApiKey, RevokeInvitation, Role, RotateApiKey, TransferOwnership, UpdateApiKey,
    UpdateProfile, UpdateWorkspace, WorkspaceRef, testing::PASSWORD,
};
pub(super) use world::World;

const ANOTHER: &str = "purple elephants sing at noon";

/// Who asks.
const ASKERS: [Asker<World>; 11] = [
    ("owner", |world| Origin::user(world.owner)),
    ("key of the owner", |world| {
        let actor = Actor::ApiKey { id: world.key.uuid(), user: world.owner };
        Origin::system("identity.matrix").of(actor)
    }),
    ("admin", |world| Origin::user(world.admin)),
    ("member", |world| Origin::user(world.member)),
    ("guest", |world| Origin::user(world.guest)),
    ("invited", |world| Origin::user(world.invited)),
    ("invited too long ago", |world| Origin::user(world.late)),
    ("invited, unconfirmed", |world| Origin::user(world.unconfirmed)),
    ("stranger", |world| Origin::user(world.stranger)),
    ("nobody", |_| Origin::anonymous()),
    ("system", |_| Origin::system("identity.matrix")),
];

const HEAD: &str = "\
# Who may do what

Every method of the facade, asked by everybody who could ask.
`cargo test -p identity` executes each cell on a workspace of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.
Whoever has the secret that a method takes is whom that secret proves, whoever asks.

## In a workspace that is in use

";

const ARCHIVED: &str = "
## In an archived workspace

Only what differs.

";

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn everybody_may_what_is_written_down(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        let active = asked(&identity, false, 0).await;
        let archived = asked(&identity, true, 1_000).await;
        let text = in_two_states(HEAD, &active, ARCHIVED, &archived);
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

/// A line per method; worlds are numbered from `number` on.
async fn asked(identity: &Identity, archived: bool, mut number: usize) -> Vec<String> {
    let fresh = async || {
        number += 1;
        World::new(identity, number, archived).await
    };
    let mut rows = rows();
    rows.extend(rows_of_keys());
    matrix(&ASKERS, &rows, fresh).await
}

/// Everybody asks the same, mostly of others: what is protected by whom it is done to has rows of its own.
fn rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.identity;
        register_user(origin, RegisterUser {
            email: world.address("new"),
            first_name: "New".to_owned(),
            last_name: "Example".to_owned(),
            password: None,
        });
        issue_confirmation(origin, IssueConfirmation { email: world.address("unconfirmed") });
        confirm_user(origin, ConfirmUser { token: world.confirmation.clone(), password: None });
        request_magic_link(origin, RequestMagicLink { email: world.address("owner") });
        issue_magic_link(origin, IssueMagicLink { email: world.address("owner") });
        log_in_by_link(origin, LogInByLink { token: world.link.clone(), password: None });
        log_in(origin, LogIn { email: world.address("owner"), password: PASSWORD.into() });
        authenticate(&world.token);
        session "of the owner" (&origin, world.session);
        issue_ticket "for the session of the owner" (origin, IssueTicket { session_id: world.session });
        redeem_ticket(origin, RedeemTicket { ticket: world.ticket.clone() });
        log_out "of the session of the owner" (origin, LogOut { session_id: world.session });
        update_profile "of the own" (origin, UpdateProfile { first_name: Some("New".to_owned()), last_name: None });
        change_password "in the session of the owner" (origin, ChangePassword {
            session_id: world.session, password: ANOTHER.into(), current_password: None,
        });
        change_password "by the one that all have" (origin, ChangePassword {
            session_id: world.session, password: ANOTHER.into(), current_password: Some(PASSWORD.into()),
        });
        request_password_reset(origin, RequestPasswordReset { email: world.address("owner") });
        issue_password_reset(origin, IssuePasswordReset { email: world.address("owner") });
        reset_password(origin, ResetPassword { token: world.reset.clone(), password: ANOTHER.into() });
        request_email_change "in the session of the owner" (origin, RequestEmailChange {
            session_id: world.session, email: world.address("elsewhere"),
        });
        change_email "of the owner" (origin, ChangeEmail { token: world.moving.clone() });
        delete_account "in the session of the owner" (origin, DeleteAccount { session_id: world.session });
        export_account "in the session of the owner" (&origin, ExportAccount { session_id: world.session });
        sessions "of the own" (&origin);
        reauthenticate "in the session of the owner" (origin, Reauthenticate {
            session_id: world.session, proof: Proof::Password(PASSWORD.into()),
        });
        purge_expired(origin, PurgeExpired { limit: 1 });

        create_workspace(origin, CreateWorkspace { name: "Company".to_owned(), description: None, color: None });
        workspace(&origin, &company(world));
        update_workspace(origin, UpdateWorkspace {
            workspace: company(world),
            name: Some("Firm".to_owned()),
            description: None,
            color: None,
            seen: None,
        });
        may_update_workspace(&origin, &company(world));
        archive_workspace(origin, ArchiveWorkspace { workspace: company(world) });
        restore_workspace(origin, RestoreWorkspace { workspace: company(world) });
        transfer_ownership "in the session of the owner" (origin, TransferOwnership {
            workspace: company(world), user_id: world.guest, session_id: world.session,
        });
        delete_workspace "in the session of the owner" (origin, DeleteWorkspace {
            workspace: company(world), session_id: world.session,
        });
        my_workspaces(&origin, ListWorkspaces { archived: false });
        members(&origin, &company(world), ListMembers { search: None, limit: 100, after: None });
        change_member_role "of a guest" (origin, ChangeMemberRole {
            workspace: company(world), member: world.guest.into(), role: Role::Member,
        });
        change_member_role "of the owner" (origin, ChangeMemberRole {
            workspace: company(world), member: world.owner.into(), role: Role::Member,
        });
        change_member_role "to owner" (origin, ChangeMemberRole {
            workspace: company(world), member: world.guest.into(), role: Role::Owner,
        });
        remove_member "a guest" (origin, RemoveMember { workspace: company(world), member: world.guest.into() });
        remove_member "the owner" (origin, RemoveMember { workspace: company(world), member: world.owner.into() });
        leave_workspace(origin, LeaveWorkspace { workspace: company(world) });
        choose_preferences(origin, ChoosePreferences { workspace: company(world), selected_agent_id: None });
        preferences(&origin, &company(world));
        selected_agents "of the own" (&origin);

        invite_member(origin, InviteMember {
            workspace: company(world), email: world.address("new"), role: Role::Member,
        });
        invite_member "as owner" (origin, InviteMember {
            workspace: company(world), email: world.address("new"), role: Role::Owner,
        });
        invite_members(origin, InviteMembers {
            workspace: company(world),
            rows: vec![InviteRow { email: world.address("new"), role: "member".to_owned() }],
        });
        resend_invitation(origin, ResendInvitation { workspace: company(world), invitation_id: world.invitation });
        revoke_invitation(origin, RevokeInvitation { workspace: company(world), invitation_id: world.invitation });
        accept_invitation "into the workspace" (origin, AcceptInvitation { invitation: into_company(world) });
        accept_invitation "of somebody" (origin, AcceptInvitation { invitation: world.invitation.into() });
        decline_invitation "into the workspace" (origin, DeclineInvitation { invitation: into_company(world) });
        decline_invitation "of somebody" (origin, DeclineInvitation { invitation: world.invitation.into() });
        expire_invitations(origin, ExpireInvitations { limit: 1 });
        invitations(&origin, &company(world));
        my_invitations(&origin);
        invitation_offer(world.invitation);
    }
    .into()
}

fn rows_of_keys() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.identity;
        create_api_key "in the session of the owner" (origin, CreateApiKey {
            session_id: Some(world.session),
            name: "Robot".to_owned(),
            description: None,
            permissions: None,
            workspace_access: vec![],
            expires_at: None,
        });
        issue_api_key "to the owner" (origin, IssueApiKey {
            email: world.address("owner"),
            key: CreateApiKey {
                session_id: None,
                name: "Robot".to_owned(),
                description: None,
                permissions: None,
                workspace_access: vec![],
                expires_at: None,
            },
        });
        update_api_key "of the owner" (origin, UpdateApiKey {
            id: world.key,
            session_id: Some(world.session),
            name: None,
            description: None,
            permissions: None,
            workspace_access: None,
            expiry: None,
        });
        rotate_api_key "of the owner" (origin, RotateApiKey {
            id: world.key, session_id: Some(world.session), overlap_seconds: 0,
        });
        revoke_api_key "of the owner" (origin, RevokeApiKey { id: world.key });
        api_keys "of the own" (&origin);
        api_key "of the owner" (&origin, world.key);
        authenticate_key(&world.key_token);
    }
    .into()
}

fn company(world: &World) -> WorkspaceRef {
    world.company.into()
}

fn into_company(world: &World) -> InvitationRef {
    company(world).into()
}
