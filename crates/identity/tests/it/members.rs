//! Changing roles, removing, leaving.

use std::collections::BTreeSet;

use identity::{
    AcceptInvitation, AcceptInvitationError, ChangeMemberRole, ChangeMemberRoleError,
    LeaveWorkspace, LeaveWorkspaceError, RemoveMember, RemoveMemberError,
};

use perme8_events::WorkspaceId;

use super::*;

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn roles_change_and_show_everywhere(test: TestDb) {
        let office = Office::open(&test).await;
        test.clock.advance(std::time::Duration::from_secs(1));
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        let command = |role| ChangeMemberRole {
            workspace: "engines".into(),
            member: "BEN@example.com".into(),
            role,
        };
        let changed = office.identity.change_member_role(Origin::user(office.ada), command(Role::Admin)).await.unwrap();
        assert_eq!((changed.user_id, changed.role), (office.ben, Role::Admin));
        let members = office.identity.members(&Origin::user(office.ben), &"engines".into(), everybody()).await.unwrap().members;
        let members: Vec<_> = members.into_iter().map(|member| (member.first_name, member.role)).collect();
        assert_eq!(members, [("Ada".to_owned(), Role::Owner), ("Ben".to_owned(), Role::Admin)]);
        let workspace = office.engines.id;
        assert_eq!(office.directory.role_of(office.ben, workspace).await.unwrap(), Some(Role::Admin));
        assert_eq!(office.directory.role_of(office.cyd, workspace).await.unwrap(), None);
        let owners = office.directory.owners(&[workspace, WorkspaceId::new(uuid::Uuid::nil())]).await.unwrap();
        assert_eq!(owners.into_iter().collect::<Vec<_>>(), [(workspace, office.ada)]);
        let managers = office.directory.people(workspace, Role::Admin, None, 10).await.unwrap();
        assert_eq!(BTreeSet::from_iter(managers), BTreeSet::from([office.ada, office.ben]));
        assert_eq!(office.directory.role_of(office.ada, workspace).await.unwrap(), Some(Role::Owner));
        let before = events(&test).await.len();
        office.identity.change_member_role(Origin::user(office.ada), command(Role::Admin)).await.unwrap();
        assert_eq!(events(&test).await.len(), before, "what changes nothing is no event");
        let outcome = office.identity.change_member_role(Origin::user(office.cyd), command(Role::Guest)).await;
        assert!(matches!(outcome, Err(ChangeMemberRoleError::WorkspaceNotFound)));
    }

    async fn members_come_in_pages_and_are_searched_for(test: TestDb) {
        let office = Office::open(&test).await;
        for (number, (first_name, last_name)) in
            [("Ägir", "Östlund"), ("Bo", "Berg"), ("Bea", "Östberg"), ("Bo", "Äng")].into_iter().enumerate()
        {
            let email = format!("guest{number}@example.com");
            let guest = confirmed_user(&office.identity, &email, first_name, last_name).await;
            office.join(guest, &email, Role::Guest).await;
            test.clock.advance(std::time::Duration::from_secs(1));
        }
        let page = async |search: Option<&str>, limit, after| {
            let asked = ListMembers { search: search.map(str::to_owned), limit, after };
            let page = office.identity.members(&Origin::user(office.ada), &"engines".into(), asked).await.unwrap();
            let names: Vec<_> = page.members.into_iter().map(|m| format!("{} {}", m.first_name, m.last_name)).collect();
            (names.join(", "), page.next)
        };
        let (first, next) = page(None, 2, None).await;
        let (second, next_but_one) = page(None, 3, next).await;
        let (all, end) = page(None, 100, None).await;
        assert_eq!(format!("{first}, {second}"), all);
        assert_eq!((next_but_one, end), (None, None));
        // Letters are folded, also those that SQLite does not know, and every word counts.
        assert_eq!(page(Some("  ÖST "), 9, None).await.0, "Ägir Östlund, Bea Östberg");
        assert_eq!(page(Some("bo a\u{308}"), 9, None).await.0, "Bo Äng");
        assert_eq!(page(Some("GUEST1@"), 9, None).await.0, "Bo Berg");
        assert_eq!(page(Some("nobody"), 9, None).await, (String::new(), None));
        let (one, next) = page(Some("bo"), 1, None).await;
        let (other, end) = page(Some("bo"), 1, next).await;
        assert_eq!((one.as_str(), other.as_str(), end), ("Bo Berg", "Bo Äng", None));
    }

    async fn the_directory_knows_who_sees_what(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        let looms = office.identity.create_workspace(Origin::user(office.cyd), named("Looms")).await.unwrap();
        let gone = WorkspaceId::new(uuid::Uuid::from_u128(1));
        let workspaces = [office.engines.id, looms.id, gone];
        let seen = office.directory.workspaces_seen_by(office.ben, &workspaces).await.unwrap();
        let mut seen: Vec<_> = seen.into_iter().map(|(entry, role)| (entry.slug, role)).collect();
        seen.sort();
        assert_eq!(seen, [("engines".to_owned(), Some(Role::Guest)), ("looms".to_owned(), None)]);
        assert_eq!(office.directory.workspaces_seen_by(office.ben, &[]).await.unwrap(), []);
        let of_ben = office.directory.workspaces_of(office.ben).await.unwrap();
        let of_ben: Vec<_> = of_ben.into_iter().map(|(entry, role)| (entry.slug, role)).collect();
        assert_eq!(of_ben, [("engines".to_owned(), Role::Guest)]);
        let everybody = BTreeSet::from([office.ada, office.ben]);
        let people = async |role, after, limit| office.directory.people(office.engines.id, role, after, limit).await.unwrap();
        let in_order: Vec<_> = everybody.into_iter().collect();
        assert_eq!(people(Role::Guest, None, 9).await, in_order);
        assert_eq!(people(Role::Guest, None, 1).await, in_order[..1]);
        assert_eq!(people(Role::Guest, Some(in_order[0]), 9).await, in_order[1..]);
        assert_eq!(people(Role::Admin, None, 9).await, [office.ada]);
        assert_eq!(people(Role::Guest, Some(in_order[1]), 9).await, []);
        let people = [office.ben, office.cyd];
        let found = office.directory.members_among(&people, &workspaces).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|member| (member.name, member.workspace_id)).collect();
        found.sort();
        assert_eq!(found, [("Ben Franklin".to_owned(), office.engines.id), ("Cyd Charisse".to_owned(), looms.id)]);
    }

    async fn who_is_removed_can_be_invited_anew(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Member).await;
        let remove = || RemoveMember { workspace: "engines".into(), member: office.ben.into() };
        let by_ben = office.identity.remove_member(Origin::user(office.ben), remove()).await;
        assert!(matches!(by_ben, Err(RemoveMemberError::Forbidden)));
        office.identity.remove_member(Origin::user(office.ada), remove()).await.unwrap();
        assert_eq!(office.directory.role_of(office.ben, office.engines.id).await.unwrap(), None);
        let again = office.identity.remove_member(Origin::user(office.ada), remove()).await;
        assert!(matches!(again, Err(RemoveMemberError::MemberNotFound)));
        test.clock.advance(std::time::Duration::from_mins(1));
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        assert_eq!(office.directory.role_of(office.ben, office.engines.id).await.unwrap(), Some(Role::Guest));
        let owner = RemoveMember { workspace: "engines".into(), member: office.ada.into() };
        let outcome = office.identity.remove_member(Origin::user(office.ada), owner).await;
        assert!(matches!(outcome, Err(RemoveMemberError::OwnerProtected)));
    }

    async fn the_directory_knows_who_is_still_there(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        let (nobody, nowhere) = (UserId::new(uuid::Uuid::nil()), WorkspaceId::new(uuid::Uuid::nil()));
        let asked = [office.cyd, nobody, office.ben, office.ben];
        let found = office.directory.existing(&asked).await.unwrap();
        assert_eq!(found, [office.cyd, office.ben].into());
        assert!(office.directory.existing(&[]).await.unwrap().is_empty());
        let engines = office.engines.id;
        let asked = [(office.ben, engines), (office.cyd, engines), (office.ben, nowhere), (nobody, engines)];
        let found = office.directory.belonging(&asked).await.unwrap();
        assert_eq!(found, [(office.ben, engines)].into());
        assert!(office.directory.belonging(&[]).await.unwrap().is_empty());
        let leave = LeaveWorkspace { workspace: engines.into() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        assert!(office.directory.belonging(&asked).await.unwrap().is_empty());
    }

    async fn nobody_comes_in_through_an_invitation_of_a_former_manager(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Admin).await;
        let invite = InviteMember {
            workspace: "engines".into(),
            email: "cyd@example.com".to_owned(),
            role: Role::Admin,
        };
        let back_door = office.identity.invite_member(Origin::user(office.ben), invite).await.unwrap();
        let kept = office.invite("dan@example.com").await;
        let remove = RemoveMember { workspace: "engines".into(), member: office.ben.into() };
        office.identity.remove_member(Origin::user(office.ada), remove).await.unwrap();
        let accept = AcceptInvitation { invitation: back_door.id.into() };
        let outcome = office.identity.accept_invitation(Origin::user(office.cyd), accept).await;
        assert!(matches!(outcome, Err(AcceptInvitationError::InvitationNotFound)));
        let pending = office.identity.invitations(&Origin::user(office.ada), &"engines".into()).await.unwrap();
        assert_eq!(pending, [kept]);
        let events = events(&test).await;
        let [.., removed, revoked] = events.as_slice() else { panic!("two more events") };
        assert_eq!(removed.event_type, "identity.member_removed");
        assert_eq!((revoked.event_type.as_str(), revoked.actor.user()), ("identity.invitation_revoked", Some(office.ada)));
    }

    async fn everybody_leaves_but_the_owner(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Admin).await;
        let leave = || LeaveWorkspace { workspace: "engines".into() };
        office.identity.leave_workspace(Origin::user(office.ben), leave()).await.unwrap();
        let again = office.identity.leave_workspace(Origin::user(office.ben), leave()).await;
        assert!(matches!(again, Err(LeaveWorkspaceError::WorkspaceNotFound)));
        let owner = office.identity.leave_workspace(Origin::user(office.ada), leave()).await;
        assert!(matches!(owner, Err(LeaveWorkspaceError::OwnerStays)));
        assert_eq!(event_types(&test).await.last().unwrap(), "member_left");
    }
}
