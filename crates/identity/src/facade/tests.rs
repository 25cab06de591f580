//! What the compiler holds of the facade.

use perme8_events::{Clock as _, Id, testing::ManualClock};
use uuid::Uuid;

use super::*;
use crate::{
    AcceptInvitation, ArchiveWorkspace, ChangeMemberRole, ChoosePreferences, ConfirmUser,
    CreateWorkspace, DeclineInvitation, DeleteWorkspace, ExpireInvitations, InvitationEntry,
    InvitationId, InvitationSummary, InviteMember, InviteMembers, IssueConfirmation,
    IssueMagicLink, IssueTicket, LeaveWorkspace, ListMembers, ListWorkspaces, LogIn, LogInByLink,
    LogOut, MemberSummary, PurgeExpired, RedeemTicket, RegisterUser, RemoveMember,
    RequestMagicLink, ResendInvitation, RestoreWorkspace, RevokeInvitation, Role, Secret,
    TransferOwnership, UpdateWorkspace, UserEntry, UserProfile, WorkspaceRef,
};

fn sent<T: Send>(_: T) {}

/// Servers run each of these on whatever thread is free.
#[expect(dead_code, clippy::too_many_arguments, reason = "compiling it is the test")]
fn futures_are_send(
    identity: &Identity,
    origin: &Origin,
    workspace: &WorkspaceRef,
    token: &Secret,
    purge: PurgeExpired,
    id: InvitationId,
    tickets: (IssueTicket, RedeemTicket),
    users: (RegisterUser, IssueConfirmation, ConfirmUser, LogIn, LogOut),
    links: (RequestMagicLink, IssueMagicLink, LogInByLink),
    workspaces: (CreateWorkspace, ChangeMemberRole, RemoveMember, LeaveWorkspace),
    invitations: (InviteMember, ResendInvitation, RevokeInvitation, ExpireInvitations),
    answers: (AcceptInvitation, DeclineInvitation),
    asked: (ListMembers, InviteMembers, ChoosePreferences),
    fates: (
        UpdateWorkspace,
        ArchiveWorkspace,
        RestoreWorkspace,
        TransferOwnership,
        DeleteWorkspace,
    ),
) {
    let who = || origin.clone();
    sent(identity.register_user(who(), users.0));
    sent(identity.issue_confirmation(who(), users.1));
    sent(identity.confirm_user(who(), users.2));
    sent(identity.log_in(who(), users.3));
    sent(identity.log_out(who(), users.4));
    sent(identity.request_magic_link(who(), links.0));
    sent(identity.issue_magic_link(who(), links.1));
    sent(identity.log_in_by_link(who(), links.2));
    sent(identity.authenticate(token));
    sent(identity.session(origin, tickets.0.session_id));
    sent(identity.issue_ticket(who(), tickets.0));
    sent(identity.redeem_ticket(who(), tickets.1));
    sent(identity.purge_expired(who(), purge));
    sent(identity.create_workspace(who(), workspaces.0));
    sent(identity.change_member_role(who(), workspaces.1));
    sent(identity.remove_member(who(), workspaces.2));
    sent(identity.leave_workspace(who(), workspaces.3));
    sent(identity.update_workspace(who(), fates.0));
    sent(identity.archive_workspace(who(), fates.1));
    sent(identity.restore_workspace(who(), fates.2));
    sent(identity.transfer_ownership(who(), fates.3));
    sent(identity.delete_workspace(who(), fates.4));
    sent(identity.workspace(origin, workspace));
    sent(identity.my_workspaces(origin, ListWorkspaces { archived: false }));
    sent(identity.members(origin, workspace, asked.0));
    sent(identity.invite_members(who(), asked.1));
    sent(identity.choose_preferences(who(), asked.2));
    sent(identity.preferences(origin, workspace));
    sent(identity.selected_agents(origin));
    sent(identity.invite_member(who(), invitations.0));
    sent(identity.resend_invitation(who(), invitations.1));
    sent(identity.revoke_invitation(who(), invitations.2));
    sent(identity.expire_invitations(who(), invitations.3));
    sent(identity.accept_invitation(who(), answers.0));
    sent(identity.decline_invitation(who(), answers.1));
    sent(identity.invitations(origin, workspace));
    sent(identity.my_invitations(origin));
    sent(identity.invitation_offer(id));
}

/// What is logged of commands and answers names nobody.
#[test]
fn debug_shows_no_address_and_no_name() {
    let (email, name) = (|| "ada@example.com".to_owned(), || "Lovelace".to_owned());
    let (id, instant) = (Id::new(Uuid::from_u128(1)), ManualClock::monday_morning().now());
    let register =
        RegisterUser { email: email(), first_name: name(), last_name: name(), password: None };
    let invite = InviteMember { workspace: "engines".into(), email: email(), role: Role::Guest };
    let profile = UserProfile {
        id,
        email: email(),
        first_name: name(),
        last_name: name(),
        has_password: true,
        confirmed_at: None,
        registered_at: instant,
    };
    let member = MemberSummary {
        user_id: id,
        email: email(),
        first_name: name(),
        last_name: name(),
        role: Role::Guest,
        joined_at: instant,
    };
    let invitation = InvitationSummary {
        id: Id::new(id.uuid()),
        workspace_id: Id::new(id.uuid()),
        workspace_name: "Engines".to_owned(),
        workspace_slug: "engines".to_owned(),
        email: email(),
        role: Role::Guest,
        invited_by: id,
        invited_by_name: name(),
        created_at: instant,
        sent_at: instant,
        expires_at: instant,
    };
    let entry = UserEntry { id, name: name(), email: email(), confirmed: true };
    let shown = [
        format!("{register:?}"),
        format!("{:?}", LogIn { email: email(), password: "of Ada Lovelace".into() }),
        format!("{:?}", IssueConfirmation { email: email() }),
        format!("{invite:?}"),
        format!("{profile:?}"),
        format!("{member:?}"),
        format!("{invitation:?}"),
        format!("{entry:?}"),
        format!("{:?}", InvitationEntry { invited_by: id, email: email() }),
    ]
    .join("\n");
    assert!(!shown.contains("ada@") && !shown.contains("Lovelace"), "{shown}");
    assert!(
        shown.contains("InviteMember { workspace: Slug(engines), role: Guest, .. }"),
        "{shown}"
    );
}

/// The handler runs on the transaction of the database.
#[expect(dead_code, reason = "compiling it is the test")]
fn the_handler_fits_the_transaction() {
    fn handles<H: perme8_events::EventHandler<perme8_events::sql::Tx>>(_: H) {}
    handles(crate::OnUserConfirmed);
    handles(crate::OnWorkspaceRestored);
}

mod turns {
    use std::sync::Mutex;

    use perme8_events::{Origin, StorageError, sql::UnitOfWork, testing::on_both_engines};
    use tokio::sync::Notify;

    use super::super::*;
    use crate::{
        ConfirmUser, IssueConfirmation, LogIn, RegisterUser,
        application::ports::Users as _,
        domain::email::Email,
        testing::{PASSWORD, user_with_password},
    };

    on_both_engines! {
        migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

        async fn nobody_confirms_an_address_while_it_is_being_invited(test: TestDb) {
            let identity = Identity::with_cheap_passwords(test.db.clone());
            let system = || Origin::system("identity.testing");
            let (email, name) = (|| "ada@example.com".to_owned(), || "Ada".to_owned());
            let register =
                RegisterUser { email: email(), first_name: name(), last_name: name(), password: None };
            identity.register_user(Origin::anonymous(), register).await.unwrap();
            let issue = IssueConfirmation { email: email() };
            let token = identity.issue_confirmation(system(), issue).await.unwrap();

            let (order, begun) = (Mutex::new(Vec::new()), Notify::new());
            let uow = UnitOfWork::new(test.db.clone());
            let inviting = uow.run(system(), async |tx| {
                let email = Email::parse(&email()).unwrap();
                tx.wait_for_turn(&email).await?;
                begun.notify_one();
                // Time enough for a confirmation that would not wait.
                for _ in 0..50 {
                    let user = tx.user_by_email(&email).await?.unwrap();
                    assert!(!user.is_confirmed());
                }
                order.lock().unwrap().push("invited");
                Ok::<_, StorageError>(())
            });
            let confirming = async {
                begun.notified().await;
                identity.confirm_user(Origin::anonymous(), ConfirmUser { token, password: None }).await.unwrap();
                order.lock().unwrap().push("confirmed");
            };
            let (invited, ()) = tokio::join!(inviting, confirming);
            invited.unwrap();
            assert_eq!(order.into_inner().unwrap(), ["invited", "confirmed"]);
        }

        async fn nobody_logs_in_with_a_password_while_it_is_being_changed(test: TestDb) {
            let identity = Identity::with_cheap_passwords(test.db.clone());
            let system = || Origin::system("identity.testing");
            let email = || "ada@example.com".to_owned();
            user_with_password(&identity, &email(), "Ada", "Ada").await;

            let (order, begun) = (Mutex::new(Vec::new()), Notify::new());
            let uow = UnitOfWork::new(test.db.clone());
            let changing = uow.run(system(), async |tx| {
                let email = Email::parse(&email()).unwrap();
                tx.wait_for_turn(&email).await?;
                begun.notify_one();
                // Time enough for a log-in that would not wait.
                for _ in 0..500 {
                    tx.user_by_email(&email).await?;
                }
                order.lock().unwrap().push("changed");
                Ok::<_, StorageError>(())
            });
            let logging_in = async {
                begun.notified().await;
                let command = LogIn { email: email(), password: PASSWORD.into() };
                identity.log_in(Origin::anonymous(), command).await.unwrap();
                order.lock().unwrap().push("logged in");
            };
            let (changed, ()) = tokio::join!(changing, logging_in);
            changed.unwrap();
            assert_eq!(order.into_inner().unwrap(), ["changed", "logged in"]);
        }
    }
}

mod room {
    use perme8_events::{
        Load, Origin, Save, StorageError, Transaction as _, sql::UnitOfWork,
        testing::on_both_engines,
    };

    use super::super::*;
    use crate::{
        CreateWorkspace, InviteMember, InviteMemberError, Role,
        domain::{
            email::Email,
            invitation::{Invitation, MAX_PENDING, NewInvitation},
            user::User,
            workspace::Workspace,
        },
        testing::confirmed_user,
    };

    on_both_engines! {
        migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

        async fn the_last_place_is_had_once(test: TestDb) {
            let identity = Identity::with_cheap_passwords(test.db.clone());
            let ada = confirmed_user(&identity, "ada@example.com", "Ada", "Lovelace").await;
            let command =
                CreateWorkspace { name: "Engines".to_owned(), description: None, color: None };
            let engines = identity.create_workspace(Origin::user(ada), command).await.unwrap().id;
            let uow = UnitOfWork::new(test.db.clone());
            let filling = uow.run(Origin::user(ada), async |tx| {
                let workspace = Load::<Workspace>::load(tx, engines).await?.unwrap();
                let inviter = Load::<User>::load(tx, ada).await?.unwrap();
                for number in 1..MAX_PENDING {
                    let email = Email::parse(&format!("guest{number}@example.com")).unwrap();
                    let (workspace, inviter) = (&workspace, &inviter);
                    let new = NewInvitation { workspace, inviter, email, role: Role::Guest, invitee: None };
                    let (id, now) = (tx.new_id(), tx.now());
                    Save::<Invitation>::save(tx, Invitation::create(id, new, now)).await?;
                }
                Ok::<_, StorageError>(())
            });
            filling.await.unwrap();
            let invite = |name: &str| {
                let email = format!("{name}@example.com");
                let command = InviteMember { workspace: engines.into(), email, role: Role::Guest };
                identity.invite_member(Origin::user(ada), command)
            };
            let (one, two, three) = tokio::join!(invite("ben"), invite("cyd"), invite("dan"));
            let outcomes = [one, two, three];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
            for lost in outcomes.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, InviteMemberError::TooManyPending), "{lost:?}");
            }
        }
    }
}

mod atomicity {
    use perme8_events::{
        EventFilter, EventStore as _, Origin, Position, StorageError, sql::UnitOfWork,
        testing::on_both_engines,
    };

    use super::super::*;
    use crate::{CreateWorkspace, InviteMember, ListWorkspaces, Role, testing::confirmed_user};

    on_both_engines! {
        migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

        async fn what_is_not_committed_leaves_neither_state_nor_events(test: TestDb) {
            let identity = Identity::with_cheap_passwords(test.db.clone());
            let ada = confirmed_user(&identity, "ada@example.com", "Ada", "Lovelace").await;
            let before = test.db.read(&EventFilter::All, Position::START, 100).await.unwrap().len();
            let uow = UnitOfWork::new(test.db.clone());
            let undone = uow.run(Origin::user(ada), async |tx| {
                let command =
                    CreateWorkspace { name: "Engines".to_owned(), description: None, color: None };
                let workspace = command.execute(tx).await.unwrap().id.into();
                let email = "ben@example.com".to_owned();
                let invite = InviteMember { workspace, email, role: Role::Guest };
                invite.execute(tx).await.unwrap();
                Err::<(), _>(StorageError::conflict())
            });
            assert!(undone.await.is_err());
            let asked = ListWorkspaces { archived: false };
            assert_eq!(identity.my_workspaces(&Origin::user(ada), asked).await.unwrap(), []);
            let workspace = identity.directory().workspace_by_slug("engines").await.unwrap();
            assert_eq!(workspace, None);
            let after = test.db.read(&EventFilter::All, Position::START, 100).await.unwrap().len();
            assert_eq!(after, before);
        }
    }
}
