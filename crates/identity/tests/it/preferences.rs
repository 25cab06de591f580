//! What people prefer in their workspaces.

use identity::{
    AgentId, ChoosePreferences, ChoosePreferencesError, ExportAccount, LeaveWorkspace,
    PreferencesChanged, QueryError, SelectedAgent, WorkspacePreferences, WorkspaceRef,
};

use super::*;

fn agent(number: u8) -> AgentId {
    format!("0199a1b2-0000-7000-8000-0000000000{number:02x}").parse().unwrap()
}

impl Office {
    async fn select(
        &self,
        user: UserId,
        workspace: impl Into<WorkspaceRef>,
        selected_agent_id: Option<AgentId>,
    ) -> Result<WorkspacePreferences, ChoosePreferencesError> {
        let command = ChoosePreferences { workspace: workspace.into(), selected_agent_id };
        self.identity.choose_preferences(Origin::user(user), command).await
    }

    async fn selected(&self, user: UserId) -> Option<AgentId> {
        let asked = self.identity.preferences(&Origin::user(user), &self.engines.id.into()).await;
        asked.unwrap().selected_agent_id
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn an_agent_is_selected_in_each_workspace(test: TestDb) {
        let office = Office::open(&test).await;
        let by_ada = || Origin::user(office.ada);
        test.clock.advance(std::time::Duration::from_secs(1));
        let looms = office.identity.create_workspace(by_ada(), named("Looms")).await.unwrap();
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        assert_eq!(office.selected(office.ada).await, None);
        for (user, workspace, chosen) in
            [(office.ada, "engines", agent(1)), (office.ada, "looms", agent(2)), (office.ben, "engines", agent(3))]
        {
            let now = office.select(user, workspace, Some(chosen)).await.unwrap();
            assert_eq!(now.selected_agent_id, Some(chosen));
        }
        assert_eq!(office.selected(office.ada).await, Some(agent(1)));
        assert_eq!(office.selected(office.ben).await, Some(agent(3)));
        let entry = |of: &WorkspaceDetails, agent_id| {
            SelectedAgent { workspace_id: of.id, workspace_slug: of.slug.clone(), agent_id }
        };
        let selected = office.identity.selected_agents(&by_ada()).await.unwrap();
        assert_eq!(selected, [entry(&looms, agent(2)), entry(&office.engines, agent(1))]);
        let asked = ExportAccount { session_id: office.session("ada").await };
        let export = office.identity.export_account(&by_ada(), asked).await.unwrap();
        assert_eq!(export.selected_agents, selected);
        office.select(office.ada, "looms", None).await.unwrap();
        let selected = office.identity.selected_agents(&by_ada()).await.unwrap();
        assert_eq!(selected, [entry(&office.engines, agent(1))]);
    }

    async fn what_strangers_prefer_is_nothing(test: TestDb) {
        let office = Office::open(&test).await;
        let refused = office.select(office.ben, "engines", Some(agent(1))).await;
        assert!(matches!(refused, Err(ChoosePreferencesError::WorkspaceNotFound)));
        let asked = office.identity.preferences(&Origin::user(office.ben), &"engines".into()).await;
        assert!(matches!(asked, Err(QueryError::NotFound)));
        assert_eq!(office.identity.selected_agents(&Origin::user(office.ben)).await.unwrap(), []);
        let anybody = office.identity.selected_agents(&Origin::anonymous()).await;
        assert!(matches!(anybody, Err(QueryError::Forbidden)));
    }

    async fn whoever_comes_back_has_chosen_nothing(test: TestDb) {
        let office = Office::open(&test).await;
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        office.select(office.ben, "engines", Some(agent(1))).await.unwrap();
        let leave = LeaveWorkspace { workspace: "engines".into() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        assert_eq!(office.identity.selected_agents(&Origin::user(office.ben)).await.unwrap(), []);
        test.clock.advance(std::time::Duration::from_mins(1));
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        assert_eq!(office.selected(office.ben).await, None);
    }

    async fn no_choice_is_lost_among_others(test: TestDb) {
        let office = Office::open(&test).await;
        for round in 0..8 {
            let (one, other) = tokio::join!(
                office.select(office.ada, "engines", Some(agent(2 * round))),
                office.select(office.ada, "engines", Some(agent(2 * round + 1)))
            );
            one.unwrap();
            other.unwrap();
        }
        // Each choice knows the one before it, and the last one stands.
        let mut standing = None;
        for event in events(&test).await {
            let Some(PreferencesChanged { user_id, changes, .. }) = event.decode().unwrap() else { continue };
            let change = changes.selected_agent_id.unwrap();
            assert_eq!((user_id, change.from), (office.ada, standing));
            standing = change.to;
        }
        assert_eq!(standing, office.selected(office.ada).await);
    }
}
