//! Making, changing, sharing and seeing agents.

use std::collections::HashMap;

use agents::{
    AddAgentToWorkspace, CloneAgent, CloneAgentError, DeleteAgent, ListWorkspaceAgents, QueryError,
    RemoveAgentFromWorkspace, Temperature, UpdateAgent, UpdateAgentError, Visibility,
};
use identity::{AgentId, LeaveWorkspace, Role, Seen};
use perme8_events::{
    EventFilter, EventStore as _, Id, Origin, Position, StillFor, testing::on_both_engines,
};
use uuid::Uuid;

use crate::office::{Office, engines};

/// How often each race is run: who is first differs.
const ROUNDS: u32 = 8;

fn renamed(agent_id: AgentId, name: &str, seen: Option<Seen>) -> UpdateAgent {
    UpdateAgent {
        agent_id,
        name: Some(name.to_owned()),
        description: None,
        system_prompt: None,
        model: None,
        temperature: None,
        visibility: None,
        is_enabled: None,
        seen,
    }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &agents::MIGRATIONS];

    async fn an_agent_lives_from_its_beginning_to_its_end(test: TestDb) {
        let office = Office::open(test).await;
        let (agents, ben) = (&office.agents, || Origin::user(office.ben));
        let made = office.make(office.ben, "Scribe", Visibility::Shared, &["engines"]).await;
        let warm = UpdateAgent {
            temperature: Some(Temperature::try_from(1.5).unwrap()),
            ..renamed(made.id, "Poet", None)
        };
        let changed = agents.update_agent(ben(), warm).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.temperature.get(), changed.version), ("Poet", 1.5, 3));
        let late = agents.update_agent(ben(), renamed(made.id, "Late", Some(1.into()))).await;
        assert!(matches!(late, Err(UpdateAgentError::OtherVersion)));
        assert_eq!(agents.agent(&ben(), made.id).await.unwrap(), changed);
        let foreign = agents.agent(&Origin::user(office.ada), made.id).await;
        assert!(matches!(foreign, Err(QueryError::AgentNotFound)));
        let known = agents.directory().names(&[made.id, made.id]).await.unwrap();
        assert_eq!(known, [(made.id, "Poet".to_owned())].into());
        let exported = agents.export_agents(&ben()).await.unwrap();
        assert_eq!((exported.len(), exported[0].workspaces.len()), (1, 1));
        let deleted = agents.delete_agent(ben(), DeleteAgent { agent_id: made.id, seen: None }).await.unwrap();
        assert_eq!(deleted, changed);
        assert!(agents.directory().names(&[made.id]).await.unwrap().is_empty());
        assert_eq!(office.seen(office.ben).await, (Vec::new(), Vec::new()));
        let told = ["agent_created", "agent_added_to_workspace", "agent_updated", "agent_deleted"];
        assert_eq!(office.events().await, told);
    }

    async fn others_see_what_is_shared_as_long_as_its_owner_is_there(test: TestDb) {
        let office = Office::open(test).await;
        let shared = office.make(office.ben, "Shared", Visibility::Shared, &["engines"]).await;
        let private = office.make(office.ben, "Private", Visibility::Private, &["engines"]).await;
        office.make(office.ben, "Nowhere", Visibility::Shared, &[]).await;
        office.make(office.ada, "Loom", Visibility::Shared, &["looms"]).await;
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(office.seen(office.ben).await, (names(&["Private", "Shared"]), names(&[])));
        assert_eq!(office.seen(office.gus).await, (names(&[]), names(&["Shared"])));
        let (by_gus, all) = (Origin::user(office.gus), ListWorkspaceAgents::default());
        let listed = office.agents.workspace_agents(&by_gus, &engines(), all).await.unwrap();
        let of_ben = &listed.of_others[0];
        assert_eq!((of_ben.owner_id, of_ben.owner_name.as_str()), (office.ben, "Ben Franklin"));
        let directory = office.agents.directory();
        for (person, is_usable) in [(office.gus, true), (office.ben, true), (Id::new(Uuid::nil()), false)] {
            assert_eq!(directory.usable(shared.id, person).await.unwrap().is_some(), is_usable);
        }
        let readers = directory.readers(&[shared.id, private.id, Id::new(Uuid::nil())]).await.unwrap();
        let readers: HashMap<_, _> = readers.into_iter().collect();
        let expected = [(shared.id, StillFor::Everybody), (private.id, StillFor::Only(office.ben))];
        assert_eq!(readers, expected.into());
        let leave = LeaveWorkspace { workspace: engines() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        assert_eq!(office.seen(office.gus).await, (names(&[]), names(&[])));
        assert!(directory.usable(shared.id, office.gus).await.unwrap().is_none());
        assert!(directory.usable(shared.id, office.ben).await.unwrap().is_some());
        let copy = CloneAgent { agent_id: shared.id, workspace: None };
        let refused = office.agents.clone_agent(Origin::user(office.gus), copy).await;
        assert!(matches!(refused, Err(CloneAgentError::AgentNotFound)));
    }

    async fn an_agent_is_told_of_in_every_workspace_where_it_is_seen(test: TestDb) {
        let office = Office::open(test).await;
        office.join(&"looms".into(), office.ben, "ben@example.com", Role::Member).await;
        let made = office.make(office.ben, "Scribe", Visibility::Shared, &["engines", "looms"]).await;
        office.agents.update_agent(Origin::user(office.ben), renamed(made.id, "Poet", None)).await.unwrap();
        let hidden = UpdateAgent { visibility: Some(Visibility::Private), ..renamed(made.id, "Secret", None) };
        office.agents.update_agent(Origin::user(office.ben), hidden).await.unwrap();
        let filter = EventFilter::Type("agents.agent_updated".to_owned());
        let told = office.test.db.read(&filter, Position::START, 10).await.unwrap();
        let scopes: Vec<_> = told.iter().map(|event| event.audience.scopes().len()).collect();
        assert_eq!(scopes, [3, 3, 1], "the owner and both workspaces, and then the owner alone");
        assert!(!told[1].data.get().contains("Secret"), "{}", told[1].data.get());
    }

    async fn an_agent_is_where_whoever_was_last_has_put_it(test: TestDb) {
        let office = Office::open(test).await;
        office.join(&"looms".into(), office.ben, "ben@example.com", Role::Member).await;
        let made = office.make(office.ben, "Scribe", Visibility::Shared, &[]).await;
        for _ in 0..ROUNDS {
            let there = office.place(office.ben, made.id, &["engines"]);
            let also = office.place(office.ben, made.id, &["engines", "looms"]);
            let (one, other) = tokio::join!(there, also);
            let places = office.agents.agent_workspaces(&Origin::user(office.ben), made.id).await.unwrap();
            let places: Vec<_> = places.into_iter().map(|place| place.workspace_slug).collect();
            assert!([one.workspaces, other.workspaces].contains(&places), "{places:?}");
            office.place(office.ben, made.id, &[]).await;
        }
    }

    async fn managers_take_out_what_is_shared_and_nothing_is_added_twice(test: TestDb) {
        let office = Office::open(test).await;
        let made = office.make(office.ben, "Scribe", Visibility::Shared, &["engines"]).await;
        let add = || AddAgentToWorkspace { agent_id: made.id, workspace: engines() };
        office.agents.add_agent_to_workspace(Origin::user(office.ben), add()).await.unwrap();
        let remove = RemoveAgentFromWorkspace { agent_id: made.id, workspace: engines() };
        office.agents.remove_agent_from_workspace(Origin::user(office.ada), remove).await.unwrap();
        assert!(office.agents.agent_workspaces(&Origin::user(office.ben), made.id).await.unwrap().is_empty());
        let told = ["agent_created", "agent_added_to_workspace", "agent_removed_from_workspace"];
        assert_eq!(office.events().await, told);
    }
}
