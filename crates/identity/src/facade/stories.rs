//! Whatever people do with a workspace in a database: it has one owner, and nobody is in it twice.

use std::fmt;

use perme8_events::{
    Origin, UserId,
    testing::{TestDb, on_both_engines},
};
use proptest::{
    sample::Index,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

use super::{Identity, matrix::World};
use crate::{
    AcceptInvitation, ArchiveWorkspace, ChangeMemberRole, DeclineInvitation, InvitationId,
    InvitationRef, InviteMember, InviteMembers, InviteRow, LeaveWorkspace, ListMembers, LogIn,
    RemoveMember, ResendInvitation, RestoreWorkspace, RevokeInvitation, Role, TransferOwnership,
    WorkspaceRef,
    testing::{Act, PASSWORD, PEOPLE, Who, stories},
};

/// So many stories on each engine.
const STORIES: usize = 12;

/// How a use case refused, if it did.
fn refusal<R, E: fmt::Debug>(outcome: Result<R, E>) -> Option<String> {
    outcome.err().map(|error| format!("{error:?}"))
}

struct Story<'a> {
    world: World,
    test: &'a TestDb,
}

impl Story<'_> {
    fn cast(&self) -> [(UserId, String); PEOPLE] {
        let World { owner, admin, member, guest, invited, unconfirmed, .. } = &self.world;
        [
            (*owner, "owner"),
            (*admin, "admin"),
            (*member, "member"),
            (*guest, "guest"),
            (*invited, "invited"),
            (*unconfirmed, "unconfirmed"),
        ]
        .map(|(id, name)| (id, self.world.address(name)))
    }

    fn workspace(&self) -> WorkspaceRef {
        self.world.company.into()
    }

    /// One that the actor sees, or that of the world.
    async fn invitation_at(&self, origin: &Origin, index: Index) -> InvitationId {
        match self.world.identity.invitations(origin, &self.workspace()).await {
            Ok(seen) if !seen.is_empty() => index.get(&seen).id,
            _ => self.world.invitation,
        }
    }

    /// Does it, if that is allowed; whatever is refused is refused with an error of the use case, never by the tables.
    async fn perform(&self, actor: Who, act: Act) {
        let (identity, workspace) = (&self.world.identity, self.workspace());
        let cast = self.cast();
        let origin = Origin::user(cast[actor].0);
        let own = || InvitationRef::Workspace(self.workspace());
        let email = |who: Who| cast[who].1.to_uppercase();
        let refused = match act {
            Act::Invite(who, role) => {
                let command = InviteMember { workspace, email: email(who), role };
                refusal(identity.invite_member(origin, command).await)
            }
            Act::InviteMany(rows) => {
                let row = |(who, role): (Who, Role)| InviteRow {
                    email: email(who),
                    role: role.to_string(),
                };
                let command =
                    InviteMembers { workspace, rows: rows.into_iter().map(row).collect() };
                refusal(identity.invite_members(origin, command).await)
            }
            Act::Accept => {
                let command = AcceptInvitation { invitation: own() };
                refusal(identity.accept_invitation(origin, command).await)
            }
            Act::Decline => {
                let command = DeclineInvitation { invitation: own() };
                refusal(identity.decline_invitation(origin, command).await)
            }
            Act::Revoke(index) => {
                let invitation_id = self.invitation_at(&origin, index).await;
                let command = RevokeInvitation { workspace, invitation_id };
                refusal(identity.revoke_invitation(origin, command).await)
            }
            Act::Resend(index) => {
                let invitation_id = self.invitation_at(&origin, index).await;
                let command = ResendInvitation { workspace, invitation_id };
                refusal(identity.resend_invitation(origin, command).await)
            }
            Act::Remove(who) => {
                let command = RemoveMember { workspace, member: cast[who].0.into() };
                refusal(identity.remove_member(origin, command).await)
            }
            Act::Leave => {
                refusal(identity.leave_workspace(origin, LeaveWorkspace { workspace }).await)
            }
            Act::ChangeRole(who, role) => {
                let command = ChangeMemberRole { workspace, member: email(who).into(), role };
                refusal(identity.change_member_role(origin, command).await)
            }
            Act::Transfer(who) => {
                // Whoever gives something away logs in before; who cannot is refused for that.
                let command = LogIn { email: cast[actor].1.clone(), password: PASSWORD.into() };
                let login = identity.log_in(Origin::anonymous(), command).await;
                let session_id = login.map_or(self.world.session, |login| login.session_id);
                let command = TransferOwnership { workspace, user_id: cast[who].0, session_id };
                refusal(identity.transfer_ownership(origin, command).await)
            }
            Act::Archive => {
                refusal(identity.archive_workspace(origin, ArchiveWorkspace { workspace }).await)
            }
            Act::Restore => {
                refusal(identity.restore_workspace(origin, RestoreWorkspace { workspace }).await)
            }
            Act::Wait(days) => {
                let days = u64::try_from(days).expect("time goes forwards");
                self.test.clock.advance(std::time::Duration::from_hours(24 * days));
                None
            }
            // The handler runs in a host; the tables in memory have it.
            Act::Confirmed(_) => None,
        };
        assert!(refused.as_ref().is_none_or(|error| !error.starts_with("Storage")), "{refused:?}");
    }

    async fn check(&self) {
        let mut members = Vec::new();
        for (id, _) in self.cast() {
            let asked = ListMembers { search: None, limit: 100, after: None };
            if let Ok(page) =
                self.world.identity.members(&Origin::user(id), &self.workspace(), asked).await
            {
                members = page.members;
                break;
            }
        }
        let owners = members.iter().filter(|member| member.role == Role::Owner).count();
        assert_eq!(owners, 1, "{members:?}");
        let mut people: Vec<_> = members.iter().map(|member| member.user_id).collect();
        people.sort();
        people.dedup();
        assert_eq!(people.len(), members.len(), "{members:?}");
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn no_story_ends_without_an_owner_or_with_two(test: TestDb) {
        let identity = Identity::with_cheap_passwords(test.db.clone());
        // The same stories every time: what happens by chance is the business of the tables in memory.
        let mut runner = TestRunner::deterministic();
        for number in 0..STORIES {
            let acts = stories(40).new_tree(&mut runner).expect("nothing is filtered").current();
            let world = World::new(&identity, number, false).await;
            let story = Story { world, test: &test };
            for (actor, act) in acts {
                story.perform(actor, act).await;
                story.check().await;
            }
        }
    }
}
