//! What becomes of agents when their owners or the workspaces that they are in are gone.

use agents::Visibility;
use identity::{LeaveWorkspace, RemoveMember, Role};
use perme8_events::{Origin, testing::on_both_engines};

use crate::office::{Office, engines};

const ADDED_AND_REMOVED: [&str; 3] =
    ["agent_created", "agent_added_to_workspace", "agent_removed_from_workspace"];

impl Office {
    async fn remove_ben(&self) {
        let remove = RemoveMember { workspace: engines(), member: self.ben.into() };
        self.identity.remove_member(Origin::user(self.ada), remove).await.unwrap();
    }

    /// In how many workspaces Ben's agents are, whether he may look there or not.
    async fn places_of_ben(&self) -> Vec<usize> {
        let agents = self.agents.export_agents(&Origin::user(self.ben)).await.unwrap();
        agents.into_iter().map(|agent| agent.workspaces.len()).collect()
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &agents::MIGRATIONS];

    async fn the_agents_of_a_former_member_leave_the_workspace(test: TestDb) {
        let office = Office::open(test).await;
        office.make(office.ben, "Scribe", Visibility::Shared, &["engines"]).await;
        office.make(office.ada, "Poet", Visibility::Shared, &["engines"]).await;
        office.remove_ben().await;
        office.settle().await;
        assert_eq!(office.places_of_ben().await, [0]);
        assert_eq!(office.seen(office.ada).await.0, ["Poet"]);
        assert_eq!(office.events().await.last().unwrap(), "agent_removed_from_workspace");
        assert_eq!(office.repair().await, 0, "there is nothing left to find");
    }

    async fn what_somebody_adds_who_has_come_back_stays(test: TestDb) {
        let office = Office::open(test).await;
        let made = office.make(office.ben, "Scribe", Visibility::Shared, &["engines"]).await;
        let leave = LeaveWorkspace { workspace: engines() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        office.test.clock.advance(std::time::Duration::from_mins(1));
        office.join(&engines(), office.ben, "ben@example.com", Role::Member).await;
        office.place(office.ben, made.id, &[]).await;
        office.place(office.ben, made.id, &["engines"]).await;
        office.settle().await;
        assert_eq!(office.places_of_ben().await, [1]);
    }

    async fn agents_leave_a_workspace_that_is_gone_and_go_with_their_owner(test: TestDb) {
        let office = Office::open(test).await;
        office.make(office.ben, "Scribe", Visibility::Shared, &["engines"]).await;
        office.end_workspace().await;
        office.settle().await;
        assert_eq!(office.places_of_ben().await, [0]);
        assert_eq!(office.events().await, ADDED_AND_REMOVED);
        office.end_account(office.ben, "ben@example.com").await;
        office.settle().await;
        assert_eq!(office.places_of_ben().await, Vec::<usize>::new());
        assert_eq!(office.events().await.last().unwrap(), "agent_deleted");
    }

    async fn what_no_event_has_told_is_found_and_seen_to(test: TestDb) {
        let office = Office::open(test).await;
        office.make(office.ben, "Scribe", Visibility::Shared, &["engines"]).await;
        office.make(office.gus, "Clerk", Visibility::Private, &[]).await;
        assert_eq!(office.repair().await, 0, "everybody is there");
        office.remove_ben().await;
        assert_eq!(office.repair().await, 1);
        assert_eq!(office.places_of_ben().await, [0]);
        office.end_account(office.gus, "gus@example.com").await;
        assert_eq!(office.repair().await, 1);
        assert!(office.agents.agents(&Origin::user(office.gus)).await.unwrap().is_empty());
        assert_eq!(office.repair().await, 0);
        let told = office.events().await;
        assert_eq!(told[told.len() - 2..], ["agent_removed_from_workspace", "agent_deleted"]);
    }
}
