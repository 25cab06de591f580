//! Inviting, answering, revoking, resending, expiring.

use std::time::Duration;

use identity::{
    AcceptInvitation, AcceptInvitationError, DeclineInvitation, ExpireInvitations,
    ExpireInvitationsError, InviteMemberError, InviteMembers, InviteRow, MemberInvited,
    MemberJoined, QueryError, ResendInvitation, ResendInvitationError, RevokeInvitation,
    RowOutcome, WorkspaceRef,
};

use super::*;

const FORTNIGHT: Duration = Duration::from_hours(14 * 24);

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn two_lists_at_once_invite_everybody_once(test: TestDb) {
        let office = Office::open(&test).await;
        let list = |numbers: Vec<usize>| {
            let row = |number| InviteRow { email: format!("guest{number}@example.com"), role: "guest".to_owned() };
            let command = InviteMembers { workspace: "engines".into(), rows: numbers.into_iter().map(row).collect() };
            office.identity.invite_members(Origin::user(office.ada), command)
        };
        let (one, other) = tokio::join!(list((0..20).collect()), list((0..20).rev().collect()));
        let outcomes: Vec<RowOutcome> = [one.unwrap(), other.unwrap()].concat();
        let invited = outcomes.iter().filter(|outcome| matches!(outcome, RowOutcome::Invited(_))).count();
        let already = outcomes.iter().filter(|outcome| **outcome == RowOutcome::AlreadyInvited).count();
        assert_eq!((invited, already), (20, 20), "{outcomes:?}");
        let created = event_types(&test).await.iter().filter(|name| *name == "invitation_created").count();
        assert_eq!(created, 20);
    }

    async fn somebody_is_invited_and_joins(test: TestDb) {
        let office = Office::open(&test).await;
        let invitation = office.invite("BEN@example.com").await;
        let to_ben = office.identity.my_invitations(&Origin::user(office.ben)).await.unwrap();
        assert_eq!(to_ben, std::slice::from_ref(&invitation));
        assert_eq!((invitation.workspace_slug.as_str(), invitation.invited_by_name.as_str()), ("engines", "Ada Lovelace"));
        let entry = office.directory.invitation(invitation.id).await.unwrap().unwrap();
        assert_eq!((entry.invited_by, entry.email.as_str()), (office.ada, "ben@example.com"));
        let accept = AcceptInvitation { invitation: WorkspaceRef::from("engines").into() };
        let joined = office.identity.accept_invitation(Origin::user(office.ben), accept).await.unwrap();
        assert_eq!((joined.id, joined.role), (office.engines.id, Role::Member));
        assert_eq!(office.identity.my_invitations(&Origin::user(office.ben)).await.unwrap(), []);
        let events = events(&test).await;
        let [.., created, invited, joined] = events.as_slice() else { panic!("three more events") };
        assert_eq!(created.event_type, "identity.invitation_created");
        let invited: MemberInvited = invited.decode().unwrap().unwrap();
        assert_eq!((invited.user_id, invited.invitation_id), (office.ben, invitation.id));
        let joined: MemberJoined = joined.decode().unwrap().unwrap();
        assert_eq!((joined.user_id, joined.invitation_id), (office.ben, Some(invitation.id)));
    }

    async fn only_managers_see_what_is_pending(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.cyd, "cyd@example.com", Role::Member).await;
        test.clock.advance(Duration::from_secs(1));
        let known = office.invite("ben@example.com").await;
        test.clock.advance(Duration::from_secs(1));
        let unknown = office.invite("somebody@example.com").await;
        let engines = WorkspaceRef::from("engines");
        let seen = office.identity.invitations(&Origin::user(office.ada), &engines).await.unwrap();
        assert_eq!(seen, [unknown, known]);
        let by_member = office.identity.invitations(&Origin::user(office.cyd), &engines).await;
        assert!(matches!(by_member, Err(QueryError::Forbidden)));
        let by_stranger = office.identity.invitations(&Origin::user(office.ben), &engines).await;
        assert!(matches!(by_stranger, Err(QueryError::NotFound)));
    }

    async fn declined_and_revoked_invitations_are_over(test: TestDb) {
        let office = Office::open(&test).await;
        let declined = office.invite("ben@example.com").await;
        let decline = DeclineInvitation { invitation: declined.id.into() };
        office.identity.decline_invitation(Origin::user(office.ben), decline).await.unwrap();
        let command = InviteMember { workspace: "engines".into(), email: "ben@example.com".to_owned(), role: Role::Guest };
        let at_once = office.identity.invite_member(Origin::user(office.ada), command).await;
        let Err(InviteMemberError::TooSoon { again_at }) = at_once else { panic!("Ben has just had a mail") };
        test.clock.advance_to(again_at);
        let revoked = office.invite("ben@example.com").await;
        assert_ne!(declined.id, revoked.id, "an invitation made anew is a new one");
        let revoke = RevokeInvitation { workspace: "engines".into(), invitation_id: revoked.id };
        office.identity.revoke_invitation(Origin::user(office.ada), revoke).await.unwrap();
        for invitation in [declined.id, revoked.id] {
            let accept = AcceptInvitation { invitation: invitation.into() };
            let outcome = office.identity.accept_invitation(Origin::user(office.ben), accept).await;
            assert!(matches!(outcome, Err(AcceptInvitationError::InvitationNotFound)));
        }
        let types = event_types(&test).await;
        let of_invitations: Vec<_> = types.iter().filter(|name| !name.starts_with("user_")).collect();
        assert_eq!(of_invitations, [
            "workspace_created", "invitation_created", "member_invited", "invitation_declined",
            "invitation_created", "member_invited", "invitation_revoked",
        ]);
    }

    async fn invitations_expire_once_and_only_by_the_system(test: TestDb) {
        let office = Office::open(&test).await;
        let overdue = office.invite("ben@example.com").await;
        office.invite("somebody@example.com").await;
        test.clock.advance(FORTNIGHT);
        let accept = AcceptInvitation { invitation: overdue.id.into() };
        let late = office.identity.accept_invitation(Origin::user(office.ben), accept).await;
        assert!(matches!(late, Err(AcceptInvitationError::Expired)));
        assert_eq!(office.identity.my_invitations(&Origin::user(office.ben)).await.unwrap(), []);
        for nobody in [Origin::user(office.ada), Origin::anonymous()] {
            let refused = office.identity.expire_invitations(nobody, ExpireInvitations { limit: 9 }).await;
            assert!(matches!(refused, Err(ExpireInvitationsError::Forbidden)));
        }
        for expired in [1, 1, 0] {
            let system = Origin::system("identity.expiry");
            let done = office.identity.expire_invitations(system, ExpireInvitations { limit: 1 }).await;
            assert_eq!(done.unwrap(), expired);
        }
        let types = event_types(&test).await;
        assert_eq!(types.iter().filter(|name| *name == "invitation_expired").count(), 2);
    }

    async fn resending_prolongs_at_most_once_a_minute(test: TestDb) {
        let office = Office::open(&test).await;
        let sent = office.invite("ben@example.com").await;
        let resend = || ResendInvitation { workspace: "engines".into(), invitation_id: sent.id };
        let again = office.identity.resend_invitation(Origin::user(office.ada), resend()).await;
        let Err(ResendInvitationError::TooSoon { again_at }) = again else { panic!("it was just sent") };
        test.clock.advance_to(again_at);
        let prolonged = office.identity.resend_invitation(Origin::user(office.ada), resend()).await.unwrap();
        assert_eq!(prolonged.expires_at, sent.expires_at + Duration::from_mins(1));
        let types = event_types(&test).await;
        assert_eq!(types.iter().filter(|name| *name == "member_invited").count(), 1);
        assert_eq!(types.last().unwrap(), "invitation_resent");
    }

    async fn a_refused_invitation_leaves_nothing(test: TestDb) {
        let office = Office::open(&test).await;
        office.invite("ben@example.com").await;
        let before = events(&test).await.len();
        let command = |email: &str| InviteMember {
            workspace: "engines".into(),
            email: email.to_owned(),
            role: Role::Guest,
        };
        let twice = office.identity.invite_member(Origin::user(office.ada), command("BEN@EXAMPLE.COM")).await;
        assert!(matches!(twice, Err(InviteMemberError::AlreadyMember)));
        let herself = office.identity.invite_member(Origin::user(office.ada), command("Ada@Example.com")).await;
        assert!(matches!(herself, Err(InviteMemberError::AlreadyMember)));
        let nobody = office.identity.invite_member(Origin::user(office.ada), command("a\0@b")).await;
        assert!(matches!(nobody, Err(InviteMemberError::Invalid(_))));
        let stranger = office.identity.invite_member(Origin::user(office.ben), command("cyd@example.com")).await;
        assert!(matches!(stranger, Err(InviteMemberError::WorkspaceNotFound)));
        assert_eq!(events(&test).await.len(), before);
    }
}
