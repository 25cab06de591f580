//! Several people at once.

use identity::{
    AcceptInvitation, AcceptInvitationError, InviteMemberError, RegisterUser, RegisterUserError,
};

use super::*;

/// How often each race is run: who is first differs.
const ROUNDS: usize = 8;

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
            let register = || {
                let command = RegisterUser {
                    email: format!("guest{round}@example.com"),
                    first_name: "Guest".to_owned(),
                    last_name: "Example".to_owned(),
                    password: None,
                };
                office.identity.register_user(Origin::system("api"), command)
            };
            let (one, other) = tokio::join!(register(), register());
            let outcomes = [one, other];
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
            for lost in outcomes.into_iter().filter_map(Result::err) {
                assert!(matches!(lost, RegisterUserError::Invalid(_)), "{lost:?}");
            }
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
