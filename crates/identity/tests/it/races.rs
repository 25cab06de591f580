//! Several people at once.

use identity::{
    AcceptInvitation, AcceptInvitationError, ArchiveWorkspace, ConfirmUser, ConfirmUserError,
    CreateWorkspaceError, DeleteAccount, DeleteAccountError, DeleteWorkspace, InviteMemberError,
    IssueConfirmation, RegisterUser, RegisterUserError, RemoveMember, RemoveMemberError,
    WorkspaceRef,
    testing::{log_in, user_with_password},
};

use super::*;

/// How often each race is run: who is first differs.
const ROUNDS: usize = 8;

fn guest(number: usize) -> RegisterUser {
    RegisterUser {
        email: format!("guest{number}@example.com"),
        first_name: "Guest".to_owned(),
        last_name: "Example".to_owned(),
        password: None,
    }
}

impl Office {
    /// Somebody new, who manages the workspace.
    async fn admin(&self, number: usize) -> UserId {
        let email = guest(number).email;
        let user = confirmed_user(&self.identity, &email, "Guest", "Example").await;
        self.join(user, &email, Role::Admin).await;
        user
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn an_invitation_is_accepted_once(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let email = format!("guest{round}@example.com");
            let guest = confirmed_user(&office.identity, &email, "Guest", "Example").await;
            let invitation = office.invite(&email).await;
            let accept = || {
                let command = AcceptInvitation { invitation: invitation.id.into() };
                office.identity.accept_invitation(Origin::user(guest), command)
            };
            let (one, other, third) = tokio::join!(accept(), accept(), accept());
            let outcomes = [one, other, third];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
            for lost in outcomes.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, AcceptInvitationError::InvitationNotFound), "{lost:?}");
            }
        }
        let joined = event_types(&test).await.iter().filter(|name| *name == "member_joined").count();
        assert_eq!(joined, ROUNDS);
    }

    async fn nobody_joins_what_is_being_deleted_or_put_away(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let email = format!("guest{round}@example.com");
            let guest = confirmed_user(&office.identity, &email, "Guest", "Example").await;
            let by_ada = || Origin::user(office.ada);
            let workspace = office.identity.create_workspace(by_ada(), named("Looms")).await.unwrap();
            let invite = InviteMember { workspace: workspace.id.into(), email, role: Role::Guest };
            let invitation = office.identity.invite_member(by_ada(), invite).await.unwrap().id.into();
            let accept = AcceptInvitation { invitation };
            let accept = office.identity.accept_invitation(Origin::user(guest), accept);
            let workspace: WorkspaceRef = workspace.id.into();
            let accepted = if round % 2 == 0 {
                let session_id = office.session("ada").await;
                let delete = DeleteWorkspace { workspace, session_id };
                let (accepted, deleted) =
                    tokio::join!(accept, office.identity.delete_workspace(by_ada(), delete));
                deleted.unwrap();
                assert_eq!(office.workspaces(guest, false).await, []);
                accepted
            } else {
                let archive = ArchiveWorkspace { workspace };
                let (accepted, archived) =
                    tokio::join!(accept, office.identity.archive_workspace(by_ada(), archive));
                archived.unwrap();
                accepted
            };
            match accepted {
                Ok(_)
                | Err(AcceptInvitationError::InvitationNotFound | AcceptInvitationError::WorkspaceArchived) => {}
                Err(odd) => panic!("{odd:?}"),
            }
        }
    }

    async fn whoever_gives_the_account_up_founds_nothing_and_the_other_way_round(test: TestDb) {
        let office = Office::open(&test).await;
        let identity = &office.identity;
        for round in 0..ROUNDS {
            let email = guest(round).email;
            let guest = user_with_password(identity, &email, "Guest", "Example").await;
            let session_id = log_in(identity, &email).await.session_id;
            let (founded, deleted) = tokio::join!(
                identity.create_workspace(Origin::user(guest), named("Looms")),
                identity.delete_account(Origin::user(guest), DeleteAccount { session_id })
            );
            match (founded, deleted) {
                (Ok(_), Err(DeleteAccountError::OwnsWorkspaces(_))) | (Err(CreateWorkspaceError::Forbidden), Ok(())) => {}
                outcome => panic!("{outcome:?}"),
            }
        }
    }

    async fn an_address_is_invited_once(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let invite = |email: String| {
                let command = InviteMember { workspace: office.engines.id.into(), email, role: Role::Guest };
                office.identity.invite_member(Origin::user(office.ada), command)
            };
            let (one, other) = tokio::join!(
                invite(format!("guest{round}@example.com")),
                invite(format!("GUEST{round}@example.com"))
            );
            let outcomes = [one, other];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
            for lost in outcomes.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, InviteMemberError::AlreadyMember), "{lost:?}");
            }
        }
        let created = event_types(&test).await.iter().filter(|name| *name == "invitation_created").count();
        assert_eq!(created, ROUNDS);
    }

    async fn nobody_is_invited_anew_while_joining(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let email = format!("guest{round}@example.com");
            let guest = confirmed_user(&office.identity, &email, "Guest", "Example").await;
            let accept = AcceptInvitation { invitation: office.invite(&email).await.id.into() };
            let again = InviteMember { workspace: office.engines.id.into(), email, role: Role::Guest };
            let (joined, invited) = tokio::join!(
                office.identity.accept_invitation(Origin::user(guest), accept),
                office.identity.invite_member(Origin::user(office.ada), again)
            );
            joined.unwrap();
            assert!(matches!(invited, Err(InviteMemberError::AlreadyMember)));
        }
    }

    async fn an_address_is_registered_once(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let register = || office.identity.register_user(Origin::anonymous(), guest(round));
            let (one, other) = tokio::join!(register(), register());
            assert_eq!(one.unwrap().id, other.unwrap().id, "the second one makes the same account anew");
        }
        let registered = event_types(&test).await.iter().filter(|name| *name == "user_registered").count();
        assert_eq!(registered, ROUNDS + 3);
    }

    async fn an_account_is_confirmed_or_made_anew(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            office.identity.register_user(Origin::anonymous(), guest(round)).await.unwrap();
            let issue = IssueConfirmation { email: guest(round).email };
            let token = office.identity.issue_confirmation(Origin::system("identity.testing"), issue).await.unwrap();
            let confirm = ConfirmUser { token, password: None };
            let (confirmed, anew) = tokio::join!(
                office.identity.confirm_user(Origin::anonymous(), confirm),
                office.identity.register_user(Origin::anonymous(), guest(round))
            );
            match (confirmed, anew) {
                (Ok(_), Err(RegisterUserError::Invalid(_))) | (Err(ConfirmUserError::InvalidToken), Ok(_)) => {}
                outcome => panic!("{outcome:?}"),
            }
        }
    }

    async fn two_admins_do_not_remove_each_other(test: TestDb) {
        let office = Office::open(&test).await;
        // PostgreSQL ends each deadlock after a second, hence fewer rounds.
        for round in 0..3 {
            let (one, other) = (office.admin(2 * round).await, office.admin(2 * round + 1).await);
            let remove = |actor, member: UserId| {
                let command = RemoveMember { workspace: office.engines.id.into(), member: member.into() };
                office.identity.remove_member(Origin::user(actor), command)
            };
            let outcomes: [_; 2] = tokio::join!(remove(one, other), remove(other, one)).into();
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
            for lost in outcomes.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, RemoveMemberError::WorkspaceNotFound), "{lost:?}");
            }
        }
    }

    async fn whoever_is_being_removed_leaves_no_invitation_behind(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let admin = office.admin(round).await;
            let email = format!("back.door{round}@example.com");
            let invite = InviteMember { workspace: office.engines.id.into(), email, role: Role::Admin };
            let remove = RemoveMember { workspace: office.engines.id.into(), member: admin.into() };
            let (invited, removed) = tokio::join!(
                office.identity.invite_member(Origin::user(admin), invite),
                office.identity.remove_member(Origin::user(office.ada), remove)
            );
            removed.unwrap();
            assert!(matches!(invited, Ok(_) | Err(InviteMemberError::WorkspaceNotFound)), "{invited:?}");
            let pending = office.identity.invitations(&Origin::user(office.ada), &"engines".into()).await.unwrap();
            assert_eq!(pending, []);
        }
    }

    async fn two_workspaces_of_one_name_both_come_to_be(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..ROUNDS {
            let name = format!("Round {round}");
            let create = |user| office.identity.create_workspace(Origin::user(user), named(&name));
            let (one, other) = tokio::join!(create(office.ben), create(office.cyd));
            assert_ne!(one.unwrap().slug, other.unwrap().slug);
        }
    }
}
